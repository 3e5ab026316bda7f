"""The simulator of a live night: `python -m apacheta.app.demo.simulate NIGHT.json`.

The night's place on the clock is given to it once, when a core is ready to watch. Started again, it keeps that place.
"""

import sys
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from ...core.instant import NS
from ...sim.night import NightSimulator
from .. import simulator
from ..answer import Answer, run_to_answer, show
from ..files import write_whole
from ..simulator import SimulatorSpec
from .settings import NightSpec, RunFolder, spec_of

TRUTH_FILE = "truth.jsonl"
LEAD_S = 1.0
"""From when both core and simulator are ready to the night's first instant."""
LOOK_S = 0.1


def main(argv: Sequence[str]) -> int:
    """Simulate to the end of the night. What failed goes to stderr; the exit code says whose fault it is."""
    night = spec_of(Path(argv[0]))
    answer = run_to_answer(Answer(simulator.SCHEMA), lambda _: _simulate(night, RunFolder(night.settings.post)))
    return show(answer, as_json=False)


def _simulate(night: NightSpec, run: RunFolder) -> None:
    made = None if run.simulator.exists() else _begun(night, run)
    simulator.run(run.simulator, made)


def _begun(night: NightSpec, run: RunFolder) -> NightSimulator:
    """A simulator that has flown up to the first instant, when a core is ready, too: the night has its place then."""
    made = simulator.simulator_of(simulator_spec(night, 0))
    made.fly_up()
    while not run.ready.exists():
        time.sleep(LOOK_S)
    epoch_utc_ns = time.time_ns() + round(LEAD_S * NS)
    write_whole(run.simulator, msgspec.json.encode(simulator_spec(night, epoch_utc_ns)), durable=True)
    return made


def simulator_spec(night: NightSpec, epoch_utc_ns: int) -> SimulatorSpec:
    """What the simulator is told: paced, over UDP, and to go on from its snapshot."""
    asked, sockets = night.settings, night.held()
    return SimulatorSpec(
        world=night.world,
        sector=night.sector,
        plan=str(asked.post / "plans" / "plan.json"),
        truth=str(asked.post / "truth" / TRUTH_FILE),
        seed=asked.seed,
        from_utc_ns=night.from_utc_ns,
        minutes=asked.minutes,
        width_px=asked.width_px,
        height_px=asked.height_px,
        crossers_per_hour=asked.crossers_per_hour,
        paced=True,
        fleet=night.fleet,
        stream_fds={},
        udp_ports={name: held.port for name, held in zip(night.fleet, sockets.streams, strict=False)},
        fix_fd=None,
        fix_port=sockets.fixes.port,
        epoch_utc_ns=epoch_utc_ns,
        snapshot=str(RunFolder(asked.post).snapshot),
        rate_hz=asked.rate_hz,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
