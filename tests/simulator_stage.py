"""The simulator's process with the small stage for a night: `python simulator_stage.py SPEC.json`."""

import sys
from pathlib import Path

import msgspec
import night_stage as stage

from apacheta.app import simulator
from apacheta.app.simulator import SimulatorSpec
from apacheta.sim.night import Cast, NightSimulator


def simulator_of(spec: SimulatorSpec, cast: Cast | None = None) -> NightSimulator:
    """One sortie over the small pass; times, size and seed as specified."""
    sizes = {"width_px": spec.width_px, "height_px": spec.height_px, "rate_hz": 4.0}
    times = {"from_utc_ns": spec.from_utc_ns, "minutes": spec.minutes, "seed": spec.seed}
    return stage.simulator(stage.world(), **sizes, **times, cast=cast or Cast(()))


def spec_of(folder: Path, **fields: object) -> Path:
    """A live night of the stage written down: streams and fixes to ports, truth and snapshot in the folder."""
    stays = {"world": "", "sector": "", "plan": "", "seed": 1, "width_px": 64, "height_px": 48, "paced": True,
             "crossers_per_hour": 0.0, "fleet": ("a1",), "stream_fds": {}, "fix_fd": None, "minutes": 20.0,
             "truth": str(folder / "truth.jsonl"), "snapshot": str(folder / "snapshot.json")}  # fmt: skip
    path = folder / "spec.json"
    path.write_bytes(msgspec.json.encode(SimulatorSpec(**(stays | fields))))  # type: ignore[arg-type]
    return path


if __name__ == "__main__":
    simulator.simulator_of = simulator_of
    sys.exit(simulator.main(sys.argv[1:]))
