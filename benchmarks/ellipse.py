"""The 90 % ellipse over many draws of a pose's errors: how often it holds the truth, and how much one sortie's share
says.

A sortie's squares share one attitude bias, so a night of two sorties is two draws however many squares it has. Here
each sortie of a planned night is flown once (small pictures, exact pose), and its squares are then told with fresh
errors of receiver and attitude many times over; terrain model, pose errors and covariance are those of the night.
`--quick` is one seed and few draws; it never counts as met.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from _common import inputs_sha256, row, say

from apacheta.app.demo.night import sigmas_of
from apacheta.app.exercise import generated_pass
from apacheta.app.loading import load_fleet, load_mandate, load_sector, load_world
from apacheta.app.plan import make_plan
from apacheta.app.score.markers import ellipse_hits
from apacheta.core.instant import NS
from apacheta.core.plan import sorties_of
from apacheta.core.sight import CameraPose
from apacheta.geo import Dem
from apacheta.see import PoseSigmas
from apacheta.sim.night import NightSimulator
from apacheta.sim.night.attitude import rotation_of
from apacheta.sim.night.pose import Navigation, TruePose
from apacheta.sim.world import load_world as load_truth

SEEDS = tuple(range(1, 11))
"""None of the night campaign's."""
MINUTES, DRAWS = 120, 40
WIDTH_PX, HEIGHT_PX, RATE_HZ = 320, 256, 0.5
GAP_NS = 300 * NS
"""A silence that long is between two sorties: the turn on the pad alone takes ten minutes."""
APART_NS = 20 * NS
"""Squares nearer in time than this say the same once more."""
DECIDING = tuple(
    f"src/apacheta/{room}"
    for room in (
        *("core", "kernels", "formats", "geo", "plan", "see", "sim", "adapters"),
        *("app/catalogue", "app/exercise.py", "app/loading.py", "app/score/markers.py"),
    )
)
Marker = dict[str, Any]


@dataclass(frozen=True)
class Flown:
    """The squares of one night, sortie by sortie, in order of time, and what the eye reckons with."""

    sorties: tuple[tuple[Marker, ...], ...]
    dem: Dem
    sigmas: PoseSigmas


def main() -> int:
    """Fly, draw, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--table", action="store_true", help="print the rows as a table for docs/benchmarks.md")
    arguments = parser.parse_args()
    seeds, minutes, draws = (SEEDS[:1], 40, 5) if arguments.quick else (SEEDS, MINUTES, DRAWS)
    shares = np.array([share for seed in seeds for share in _shares(_flown(seed, minutes), seed, draws)])
    say("ellipse", _rows_of(shares, arguments.quick), not arguments.quick, inputs_sha256(DECIDING), arguments.table)
    return 0


def _rows_of(shares: np.ndarray, quick: bool) -> list[dict[str, Any]]:
    """shares (n, 2): squares inside and squares known, of one sortie with one draw of its errors."""
    inside, known = (int(v) for v in shares.sum(axis=0))
    by_sortie = shares[:, 0] / shares[:, 1]
    low, high = (round(float(v), 3) for v in np.quantile(by_sortie, (0.05, 0.95)))
    twenty = shares[np.random.default_rng(0).integers(0, len(shares), (4000, 20))].sum(axis=1)
    together = twenty[:, 0] / twenty[:, 1]
    met = None if quick else 0.80 <= inside / known <= 0.97
    case, given = "exact camera, drawn pose errors", {"quick": quick, "runs": len(shares), "count": known}
    outside = float(np.mean((together < 0.80) | (together > 0.97)))
    return [
        row(case, "squares in the 90 % ellipse", "", round(inside / known, 4), goal="0.80-0.97", met=met, **given),
        row(case, "one sortie's share, median", "", round(float(np.median(by_sortie)), 3), spread=[low, high], **given),
        row(case, "chance that twenty sorties together leave 0.80-0.97", "", round(outside, 3), **given),
    ]


def _flown(seed: int, minutes: int) -> Flown:
    """The night of that seed with the pose told exactly."""
    exercise = generated_pass(seed, lambda share, text: None)
    sector, mandate = load_sector(exercise.sector), load_mandate(exercise.mandate)
    sector = msgspec.structs.replace(sector, fleet=sector.fleet[:1])
    fleet, ground = load_fleet(sector, exercise.sector), load_world(sector, exercise.sector)
    with tempfile.TemporaryDirectory(prefix="apacheta-ellipse-") as folder:
        made = make_plan(
            sector, mandate, fleet, ground, sector_path=exercise.sector, policy="strips", seed=seed, max_seconds=None,
            out_dir=Path(folder), language="en",
        )  # fmt: skip
    simulator = NightSimulator(
        world=load_truth(exercise.world), sorties=sorties_of(made.plan), aircraft=fleet, sector=sector, minutes=minutes,
        seed=seed, width_px=WIDTH_PX, height_px=HEIGHT_PX, rate_hz=RATE_HZ, crossers_per_hour=0.0, exact_pose=True,
    )  # fmt: skip
    squares = [line for tick in simulator.run() for line in tick.truth if line["kind"] == "marker"]
    sys.stderr.write(f"seed {seed}: {len(squares)} squares\n")
    return Flown(tuple(_by_sortie(squares)), ground.dem, sigmas_of(sector))


def _by_sortie(squares: list[Marker]) -> Iterator[tuple[Marker, ...]]:
    """Squares of one flight together; those that follow each other at once thinned."""
    flight: list[Marker] = []
    last_ns: dict[str, int] = {}
    for square in squares:
        now_ns = int(square["utc_ns"])
        if flight and now_ns - int(flight[-1]["utc_ns"]) > GAP_NS:
            yield tuple(flight)
            flight, last_ns = [], {}
        if now_ns - last_ns.get(square["id"], 0) >= APART_NS:
            last_ns[square["id"]] = now_ns
            flight.append(square)
    if flight:
        yield tuple(flight)


def _shares(flown: Flown, seed: int, draws: int) -> Iterator[tuple[int, int]]:
    for number, squares in enumerate(flown.sorties):
        for draw in range(draws):
            told = _told(squares, Navigation(np.random.default_rng([seed, number, draw])))
            inside, known = ellipse_hits(told, flown.dem, flown.sigmas, WIDTH_PX, HEIGHT_PX)
            if known:
                yield inside, known


def _told(squares: tuple[Marker, ...], navigation: Navigation) -> list[Marker]:
    """The squares with the pose that this receiver and attitude system would have told."""
    told, last_ns = [], int(squares[0]["utc_ns"])
    for square in squares:
        pose, now_ns = msgspec.convert(square["pose"], CameraPose, strict=False), int(square["utc_ns"])
        reported = navigation.report(_true_of(pose), (now_ns - last_ns) / NS)
        told.append(square | {"reported": msgspec.to_builtins(reported)})
        last_ns = now_ns
    return told


def _true_of(pose: CameraPose) -> TruePose:
    """An exactly told pose as the camera truly is."""
    platform = (pose.platform_heading_deg, pose.platform_pitch_deg, pose.platform_roll_deg)
    relative = (pose.sensor_rel_azimuth_deg, pose.sensor_rel_elevation_deg, pose.sensor_rel_roll_deg)
    return TruePose(
        utc_ns=pose.utc_ns,
        lat_deg=pose.position.lat_deg,
        lon_deg=pose.position.lon_deg,
        hae_m=float(pose.position.alt_hae_m),
        amsl_m=float("nan"),
        platform=platform,
        sight_ned=rotation_of(*platform) @ rotation_of(*relative),
        hfov_deg=pose.hfov_deg,
        vfov_deg=pose.vfov_deg,
    )


if __name__ == "__main__":
    sys.exit(main())
