"""The simulator's own process: `python -m apacheta.app.simulator SPEC.json`.

It gets a world, a sector and a plan, and hands out what the world would: transport streams, telemetry and, apart,
the truth. Nothing comes back from the watch to it but back-pressure.
"""

import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import msgspec

from ..core.plan import sorties_of
from ..formats.plan_json import decode_plan
from ..sim.night import NightSimulator, serve
from ..sim.world import load_world
from .answer import Answer, run_to_answer, show
from .loading import load_fleet, load_sector

SCHEMA = "apacheta/simulator/1"


class SimulatorSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What one run of the simulator is told. Streams go to inherited descriptors or, live, to UDP ports."""

    world: str
    sector: str
    plan: str
    truth: str
    seed: int
    from_utc_ns: int
    minutes: float
    width_px: int
    height_px: int
    with_crossers: bool
    paced: bool
    fleet: tuple[str, ...]
    stream_fds: dict[str, int]
    udp_ports: dict[str, int]
    fix_fd: int


def main(argv: Sequence[str]) -> int:
    """Run one simulated night to its end. What failed goes to stderr; the exit code says whose fault it is."""
    answer = run_to_answer(Answer(SCHEMA), lambda _: _run(Path(argv[0])))
    return show(answer, as_json=False)


def _run(spec_path: Path) -> None:
    spec = msgspec.json.decode(spec_path.read_bytes(), type=SimulatorSpec)
    simulator = _simulator_of(spec)
    with suppress(BrokenPipeError), ExitStack() as ends:  # a reader that has gone is how a watch ends a simulation
        fixes = ends.enter_context(os.fdopen(spec.fix_fd, "w", encoding="utf-8", buffering=1))
        streams = {name: os.fdopen(fd, "wb", buffering=0) for name, fd in spec.stream_fds.items()}
        writers: dict[str, Any] = {name: ends.enter_context(stream) for name, stream in streams.items()}
        serve(simulator, writers, fixes, Path(spec.truth), paced=spec.paced, udp_ports=spec.udp_ports)


def _simulator_of(spec: SimulatorSpec) -> NightSimulator:
    sector = load_sector(Path(spec.sector))
    plan = decode_plan(Path(spec.plan).read_bytes(), spec.plan)
    return NightSimulator(
        world=load_world(Path(spec.world)),
        sorties=tuple(s for s in sorties_of(plan) if s.aircraft in spec.fleet),
        aircraft=load_fleet(sector, Path(spec.sector)),
        sector=sector,
        from_utc_ns=spec.from_utc_ns,
        minutes=spec.minutes,
        seed=spec.seed,
        width_px=spec.width_px,
        height_px=spec.height_px,
        with_crossers=spec.with_crossers,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
