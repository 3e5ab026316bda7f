"""The simulator's way out: transport streams to files or UDP ports, fixes and truth as JSON lines, paced or not."""

import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import msgspec

from ...core.instant import NS
from .night import NightSimulator, Tick
from .pace import Pace, Stop
from .snapshot import State
from .truth import Line
from .truth_file import TruthFile

DATAGRAM_BYTES = 7 * 188
"""Seven packets: the usual load of a transport stream over UDP."""
SNAPSHOT_NS = 10 * NS
BURST, BREATH_S = 32, 0.002
"""After so many fixes in a row their reader has a moment: a socket holds some hundreds, the way out of a flight is
thousands."""


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
    epoch_utc_ns: int | None = None,
    udp_ports: Mapping[str, int] | None = None,
    keep: Callable[[State], None] | None = None,
    last: State | None = None,
) -> int:
    """Run the night to its end, to SIGINT or SIGTERM, or until nobody reads. Returns the frames sent.

    writers: binary files by stream name, which hold the simulation back when they block; udp_ports: loopback ports
    by stream name. A reader that closes its end ends the night quietly: the truth so far is whole, but for the count of
    pictures, of which nobody knows how many it took.

    epoch_utc_ns: the clock's UTC at which the night's first instant is due (`Pace`). keep: is given a snapshot at the
    beginning and every 10 s of the night; last: such a one, from which an ended run goes on, in the same truth.
    """
    truth = None if truth_path is None else TruthFile(truth_path, last and last["truth_bytes"])
    if last is not None:
        simulator.resume(last, truth.told_utc_ns if truth else 0)
    step_ns = round(NS / simulator.rate_hz)
    pace = Pace(simulator.from_utc_ns, epoch_utc_ns, step_ns) if paced else None
    out = _Out(writers, _sender(dict(udp_ports or {})), fixes, truth)
    try:
        with suppress(BrokenPipeError), Stop() as stop:  # a reader that has gone is how a watch ends a simulation
            for tick in simulator.run(pace.is_missed) if pace else simulator.run():
                if pace:
                    pace.wait(tick.utc_ns, stop)
                out.take(tick)
                if keep and (tick.utc_ns - simulator.from_utc_ns) % SNAPSHOT_NS < step_ns:
                    keep(simulator.snapshot() | {"truth_bytes": truth.bytes_told if truth else 0})
                if stop.asked:
                    out.tell([simulator.count_line()])
                    break
    finally:
        if truth:
            truth.close()
    return out.sent


class _Out:
    """Where a tick goes: truth first, so that nothing is sent that it does not know."""

    def __init__(
        self,
        writers: Mapping[str, BinaryIO],
        sender: Callable[[str, bytes], None],
        fixes: TextOut | None,
        truth: TruthFile | None,
    ) -> None:
        self.sent = 0
        self._writers, self._sender, self._fixes, self._truth = writers, sender, fixes, truth

    def take(self, tick: Tick) -> None:
        self.tell(tick.truth)
        for name, data in tick.streams.items():
            self._send(name, data)
        self._report(tick)

    def tell(self, truth: list[Line]) -> None:
        """Truth alone."""
        if self._truth:
            self._truth.write(truth)

    def _send(self, name: str, data: bytes) -> None:
        self.sent += 1
        writer = self._writers.get(name)
        if writer is None:
            self._sender(name, data)
            return
        left = memoryview(data)
        while left:  # an unbuffered pipe may take a part only
            left = left[writer.write(left) or 0 :]
        writer.flush()

    def _report(self, tick: Tick) -> None:
        """Fixes that have not gone out before."""
        new = [f for f in tick.fixes if not (self._truth and self._truth.has_told_fix(f.aircraft, f.utc_ns))]
        if self._fixes and new:
            self._fixes.write("".join(msgspec.json.encode(fix).decode() + "\n" for fix in new))
            self._fixes.flush()


def _sender(ports: dict[str, int]) -> Callable[[str, bytes], None]:
    """Sends a frame's packets as datagrams; streams without a port are let go."""
    channel = socket.socket(socket.AF_INET, socket.SOCK_DGRAM) if ports else None

    def send(name: str, data: bytes) -> None:
        if channel is None or name not in ports:
            return
        for at in range(0, len(data), DATAGRAM_BYTES):
            with suppress(ConnectionRefusedError):  # nobody listens: that is UDP
                channel.sendto(data[at : at + DATAGRAM_BYTES], ("127.0.0.1", ports[name]))

    return send


class FixDatagrams:
    """Fixes to a loopback port, one line of JSON a datagram."""

    def __init__(self, port: int) -> None:
        self._channel = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._address = ("127.0.0.1", port)

    def write(self, text: str, /) -> None:
        for number, line in enumerate(text.splitlines(keepends=True), 1):
            with suppress(ConnectionRefusedError):
                self._channel.sendto(line.encode(), self._address)
            if number % BURST == 0:
                time.sleep(BREATH_S)

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        self._channel.close()
