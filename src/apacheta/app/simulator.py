"""The simulator's own process: `python -m apacheta.app.simulator SPEC.json`.

It gets a world, a sector and a plan, and hands out what the world would: transport streams, telemetry and, apart,
the truth. Nothing comes back from the watch to it but back-pressure. Started again with the same specification, it goes
on at the present instant, from the snapshot that it keeps beside the truth.
"""

import hashlib
import json
import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack, closing, suppress
from pathlib import Path
from typing import Any

import msgspec

from ..core.instant import NS
from ..core.plan import Sortie, sorties_of
from ..formats.plan_json import decode_plan
from ..sim.night import Cast, FixDatagrams, NightSimulator, serve
from ..sim.world import bytes_of, load_world, parties_in
from .answer import Answer, run_to_answer, show
from .files import write_whole
from .loading import load_fleet, load_sector

SCHEMA = "apacheta/simulator/1"
CAST_FILE = "cast.json"
LANDED_NS = 1_200 * NS
"""So long after its planned end a sortie is on the ground whatever the wind did, and its pad is free."""


class SimulatorSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What one night's simulator is told. Streams go to inherited descriptors or, live, to UDP ports; so do fixes.

    epoch_utc_ns: the clock's UTC at which a paced night's first instant is due, by which it keeps its place. snapshot:
    the file from which it goes on should it be started again; it needs an epoch, which is another in each night.
    rate_hz: pictures a second; None: the cameras' own.
    """

    world: str
    sector: str
    plan: str
    truth: str
    seed: int
    from_utc_ns: int
    minutes: float
    width_px: int
    height_px: int
    crossers_per_hour: float
    paced: bool
    fleet: tuple[str, ...]
    stream_fds: dict[str, int]
    udp_ports: dict[str, int]
    fix_fd: int | None
    fix_port: int | None = None
    epoch_utc_ns: int | None = None
    snapshot: str | None = None
    rate_hz: float | None = None

    def __post_init__(self) -> None:
        if self.snapshot is not None and (self.epoch_utc_ns is None or not self.paced):
            raise ValueError("a snapshot needs a paced night with an epoch")
        if (self.fix_fd is None) is (self.fix_port is None):
            raise ValueError("fixes go to a descriptor or to a port")


class Snapshots:
    """The files from which one night goes on: its last snapshot, and beside its truth its cast, which takes seconds to
    make. Those of another night are not taken."""

    def __init__(self, path: Path, truth: Path, night: bytes) -> None:
        self._path, self._night = path, hashlib.sha256(night).hexdigest()
        self._cast = truth.with_name(CAST_FILE)

    def cast(self) -> Cast | None:
        """Who is out in this night; None where that is not kept."""
        try:
            night, _, parties = self._cast.read_bytes().partition(b"\n")
            return Cast(parties_in(parties)) if night.decode() == self._night else None
        except (OSError, ValueError):
            return None

    def keep_cast(self, cast: Cast) -> None:
        """Replace it, whole."""
        write_whole(self._cast, self._night.encode() + b"\n" + bytes_of(cast.parties))

    def last(self) -> dict[str, Any] | None:
        """The last one; None where there is none of this night."""
        try:
            found = json.loads(self._path.read_bytes())
        except (OSError, ValueError):
            return None
        return found if found.get("night_sha256") == self._night else None

    def keep(self, state: dict[str, Any]) -> None:
        """Replace it, whole."""
        write_whole(self._path, json.dumps(state | {"night_sha256": self._night}).encode())


def main(argv: Sequence[str]) -> int:
    """Run one simulated night to its end. What failed goes to stderr; the exit code says whose fault it is."""
    answer = run_to_answer(Answer(SCHEMA), lambda _: run(Path(argv[0])))
    return show(answer, as_json=False)


def run(spec_path: Path, made: NightSimulator | None = None) -> None:
    """Simulate what the file specifies; `made`: by a simulator that was made for the same night, and waited."""
    told = spec_path.read_bytes()
    spec = msgspec.json.decode(told, type=SimulatorSpec)
    snapshots = Snapshots(Path(spec.snapshot), Path(spec.truth), told) if spec.snapshot else None
    cast = snapshots.cast() if snapshots else None
    simulator = made or simulator_of(spec, cast)
    if snapshots and cast is None:
        snapshots.keep_cast(simulator.cast)
    with suppress(BrokenPipeError), ExitStack() as ends:  # a reader that has gone is how a watch ends a simulation
        fixes = ends.enter_context(_fixes_of(spec))
        streams = {name: os.fdopen(fd, "wb", buffering=0) for name, fd in spec.stream_fds.items()}
        writers: dict[str, Any] = {name: ends.enter_context(stream) for name, stream in streams.items()}
        serve(
            simulator,
            writers,
            fixes,
            Path(spec.truth),
            paced=spec.paced,
            epoch_utc_ns=spec.epoch_utc_ns,
            udp_ports=spec.udp_ports,
            keep=snapshots.keep if snapshots else None,
            last=snapshots.last() if snapshots else None,
        )


def _fixes_of(spec: SimulatorSpec) -> AbstractContextManager[Any]:
    """Where fixes go."""
    if spec.fix_port is not None:
        return closing(FixDatagrams(spec.fix_port))
    assert spec.fix_fd is not None
    return os.fdopen(spec.fix_fd, "w", encoding="utf-8", buffering=1)


def simulator_of(spec: SimulatorSpec, cast: Cast | None = None) -> NightSimulator:
    """The night's simulator; `cast`: who is out, where that is known already."""
    sector = load_sector(Path(spec.sector))
    plan = decode_plan(Path(spec.plan).read_bytes(), spec.plan)
    return NightSimulator(
        world=load_world(Path(spec.world)),
        sorties=tuple(s for s in sorties_of(plan) if s.aircraft in spec.fleet and not has_landed(s, spec.from_utc_ns)),
        aircraft=load_fleet(sector, Path(spec.sector)),
        sector=sector,
        from_utc_ns=spec.from_utc_ns,
        minutes=spec.minutes,
        seed=spec.seed,
        width_px=spec.width_px,
        height_px=spec.height_px,
        crossers_per_hour=spec.crossers_per_hour,
        rate_hz=spec.rate_hz,
        cast=cast,
    )


def has_landed(sortie: Sortie, from_utc_ns: int) -> bool:
    """Whether a sortie is over long before a night's first instant, so that nothing of it is to be told."""
    return sortie.launch_utc_ns + round(sortie.tour.duration_s * NS) + LANDED_NS < from_utc_ns


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
