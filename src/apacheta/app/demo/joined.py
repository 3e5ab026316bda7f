"""A simulation that the supervisor keeps, as the core sees it: sockets that are there, a clock, a status file."""

import os
import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from ...adapters.stream import UdpStream
from ...adapters.telemetry import DatagramLink
from ...adapters.video import ApartDecoder
from ...core.instant import NS
from ...ports import StreamSource
from ..chain import Chain
from ..engine import read_status
from ..engine.status import resident_mb
from ..simulator import SimulatorSpec
from .settings import NightSpec, RunFolder

TRUTH_WAIT_S = 20.0
"""So long the simulator may take, after the night's last instant, to write the rest of the truth down and end."""
LAST_NS = NS
"""What is under way when the night's last instant is due."""


class JoinedSimulation:
    """The streams and fixes of a simulator that others start, and start again. It has ended when the night's minutes
    are over by the clock."""

    def __init__(self, night: NightSpec, run: RunFolder) -> None:
        sockets = night.held()
        held = zip(night.fleet, sockets.streams, strict=False)
        self.streams: dict[str, StreamSource] = {name: UdpStream.of_descriptor(one.fd) for name, one in held}
        self.link = DatagramLink(sockets.fixes.fd, "simulator")
        self._run, self._end_utc_ns = run, 0

    def pids(self) -> list[int]:
        """All processes of the night but ours."""
        return [os.getppid(), *(row["pid"] for row in rows_of(self._run) if row.get("pid") not in (None, os.getpid()))]

    def has_ended(self) -> bool:
        """Whether the night's last instant has gone by."""
        if self._end_utc_ns == 0 and self._run.simulator.exists():
            spec = msgspec.json.decode(self._run.simulator.read_bytes(), type=SimulatorSpec)
            assert spec.epoch_utc_ns is not None
            self._end_utc_ns = spec.epoch_utc_ns + round(spec.minutes * 60 * NS) + LAST_NS
        return 0 < self._end_utc_ns < time.time_ns()

    def stop(self, telemetry_is_read: bool) -> None:
        """Read no more; the simulator is the supervisor's to end."""
        self.link.close()

    def wait(self) -> int:
        """Wait until the simulator is down, and its truth whole; 0, for whatever failed was started again."""
        end_s = time.monotonic() + TRUTH_WAIT_S
        while self._is_simulating() and time.monotonic() < end_s:
            time.sleep(0.1)
        self.link.close()
        return 0

    def close(self) -> None:
        """Let the descriptors go; the supervisor has its own."""
        for source in self.streams.values():
            source.close()
        self.link.close()

    def _is_simulating(self) -> bool:
        row: Mapping[str, Any] = next((r for r in rows_of(self._run) if r["name"] == "simulator"), {})
        return row.get("state") != "down" or row.get("last_end") != "exit code 0"


def rows_of(run: RunFolder) -> list[dict[str, Any]]:
    """How the supervisor's processes are; none where it has not said so yet."""
    status = read_status(run.processes)
    return [] if status is None else status["processes"]


def health_rows(run: RunFolder, chains: Mapping[str, Chain]) -> Callable[[], list[dict[str, Any]]]:
    """The rows of `health`: the supervisor's processes, and a decoder for each stream that has one."""

    def rows() -> list[dict[str, Any]]:
        told = [{k: row[k] for k in ("name", "state", "restarts", "rss_mb")} for row in rows_of(run)]
        decoders = ((name, chain.decoder) for name, chain in chains.items())
        return told + [_decoder_row(name, d) for name, d in decoders if isinstance(d, ApartDecoder)]

    return rows


def _decoder_row(stream: str, decoder: ApartDecoder) -> dict[str, Any]:
    pid = decoder.pid
    return {
        "name": f"decoder {stream}",
        "state": "down" if pid is None else "up",
        "restarts": decoder.restarts,
        "rss_mb": None if pid is None else round(resident_mb(pid), 1),
    }
