"""The simulator's way out: transport streams to files or UDP ports, fixes and truth as JSON lines, paced or not."""

import json
import signal
import socket
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any, BinaryIO, Protocol

import msgspec

from ...core.instant import NS
from .night import NightSimulator

DATAGRAM_BYTES = 7 * 188
"""Seven packets: the usual load of a transport stream over UDP."""
LATE_S = 5.0
"""Paced, a simulator that is later than this gives the time up rather than rush to catch up."""


class TextOut(Protocol):
    """Anything that takes text and can flush it."""

    def write(self, text: str, /) -> Any: ...

    def flush(self) -> None: ...


def serve(
    simulator: NightSimulator,
    writers: Mapping[str, BinaryIO],
    fixes: TextOut | None,
    truth_path: Path | None,
    *,
    paced: bool,
    udp_ports: Mapping[str, int] | None = None,
) -> int:
    """Run the night to its end, to SIGINT or SIGTERM, or until nobody reads. Returns the frames sent.

    writers: binary files by stream name, which hold the simulation back when they block; udp_ports: loopback ports
    by stream name. A reader that closes its end ends the night quietly: the truth so far is whole.
    """
    stop = _Stop()
    sender = _sender(dict(udp_ports or {}))
    sent = 0
    truth = truth_path.open("w", encoding="utf-8", buffering=1 << 16) if truth_path else None
    pace = _Pace(simulator.from_utc_ns) if paced else None
    try:
        with stop:
            for tick in simulator.run():
                if pace:
                    pace.wait(tick.utc_ns)
                if truth and tick.truth:
                    truth.write("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in tick.truth))
                for name, data in tick.streams.items():
                    _send(name, data, writers, sender)
                    sent += 1
                if fixes and tick.fixes:
                    fixes.write("".join(msgspec.json.encode(fix).decode() + "\n" for fix in tick.fixes))
                    fixes.flush()
                if stop.asked:
                    break
    except BrokenPipeError:
        pass  # the reader has gone: that is how a watch ends a simulation
    finally:
        if truth:
            truth.close()
    return sent


def _send(name: str, data: bytes, writers: Mapping[str, BinaryIO], sender: Callable[[str, bytes], None]) -> None:
    writer = writers.get(name)
    if writer is None:
        sender(name, data)
        return
    left = memoryview(data)
    while left:  # an unbuffered pipe may take a part only
        left = left[writer.write(left) or 0 :]
    writer.flush()


def _sender(ports: dict[str, int]) -> Callable[[str, bytes], None]:
    """Sends a frame's packets as datagrams; streams without a port are let go."""
    channel = socket.socket(socket.AF_INET, socket.SOCK_DGRAM) if ports else None

    def send(name: str, data: bytes) -> None:
        if channel is None or name not in ports:
            return
        for at in range(0, len(data), DATAGRAM_BYTES):
            try:
                channel.sendto(data[at : at + DATAGRAM_BYTES], ("127.0.0.1", ports[name]))
            except ConnectionRefusedError:  # nobody listens: that is UDP
                return

    return send


class _Pace:
    """Lets simulated time run no faster than the clock."""

    def __init__(self, from_utc_ns: int) -> None:
        self._from_utc_ns = from_utc_ns
        self._begun_s: float | None = None

    def wait(self, utc_ns: int) -> None:
        """Sleep until the instant is due."""
        now = time.monotonic()
        due_s = (utc_ns - self._from_utc_ns) / NS
        if self._begun_s is None or now - self._begun_s - due_s > LATE_S:
            self._begun_s = now - due_s
        time.sleep(max(0.0, self._begun_s + due_s - now))


class _Stop:
    """Turns the first SIGINT or SIGTERM into a request; restores the handlers afterwards."""

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "_Stop":
        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                self._before[number] = signal.signal(number, self._ask)
            except ValueError:  # not the main thread: the owner stops us by closing the pipe
                return self
        return self

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
