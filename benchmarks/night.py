"""The night: `apacheta demo --headless --minutes 120` over seeds 111-120 with crossers, and without on two of them.

`fleet_night.py` flies the same with three aircraft. Long: each night is kept in benchmarks/results/night under the
hash of the sources that decide it, so that a campaign goes on where it stopped. Proportions come with a Wilson 95 %
interval, hourly rates with an exact Poisson one. `--quick` flies 4 minutes of seed 1 at 320x256; it never counts as
met. `--jobs 2` flies two nights at a time: then each has one core, and its real time factor is that of a busy machine.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from _common import ROOT, apacheta, border_margin_m, largest, least, loaded_sha256, row, say, total

from apacheta.app.report.intervals import poisson_95, wilson_95

DECIDING = tuple(
    f"src/apacheta/{room}"
    for room in (
        *("core", "kernels", "formats", "geo", "plan", "see", "alert", "sim"),
        *("app/chain", "app/catalogue", "app/score", "app/exercise.py", "app/simulator.py", "app/loading.py"),
        *("app/demo", "adapters"),
    )
)
LOADED = ("apacheta.app.demo.recipe", "apacheta.app.simulator", "apacheta.plan.containment")
"""What a headless night's two processes import, and what they import in turn."""
Night = dict[str, Any]


@dataclass(frozen=True)
class Campaign:
    """Which nights are flown, and what is asked of their machine."""

    name: str
    aircraft: int
    seeds: tuple[int, ...]
    empty_seeds: tuple[int, ...]
    least_real_time_factor: float
    memory_below_mb: int
    rate_hz: float = 10.0
    minutes: int = 120
    crossers_per_hour: float = 60.0


ONE = Campaign("night", 1, tuple(range(111, 121)), (111, 112), 2.0, 2048)
"""Nobody has looked at a night of these; 101-107 were, and led to changes (`docs/benchmarks.md`)."""


def main(campaign: Campaign = ONE) -> int:
    """Fly what is still missing, then print the rows of what is there."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--most", type=int, default=None, help="at most so many new nights")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--table", action="store_true", help="print the rows as a table for docs/benchmarks.md")
    arguments = parser.parse_args()
    inputs = loaded_sha256(DECIDING, LOADED)
    if arguments.quick:
        flown = [_fly(campaign, 1, 4, True, "320x256")]
        say(campaign.name, rows_of(campaign, flown, "quick", whole=False), False, inputs)
        return 0
    folder = ROOT / "benchmarks" / "results" / campaign.name / inputs[:16]
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [*((s, False) for s in campaign.empty_seeds), *((s, True) for s in campaign.seeds)]
    _fly_missing(campaign, folder, wanted, arguments)
    done = {key: night for key in wanted if (night := _kept(folder, *key)) is not None}
    rows = []
    cases = (("with crossers", campaign.seeds, True), ("no crossers", campaign.empty_seeds, False))
    for case, seeds, crossers in cases:
        flown = [done[s, crossers] for s in seeds if (s, crossers) in done]
        rows += rows_of(campaign, flown, case, whole=len(flown) == len(seeds))
    say(campaign.name, rows, len(done) == len(wanted), inputs, arguments.table)
    return 0


def _fly_missing(
    campaign: Campaign, folder: Path, wanted: list[tuple[int, bool]], arguments: argparse.Namespace
) -> None:
    """With --resume the nights that are not kept yet; without it all of them, each replaced when it is flown."""
    missing = [key for key in wanted if not (arguments.resume and _kept(folder, *key))][: arguments.most]
    with ThreadPoolExecutor(arguments.jobs) as pool:
        list(pool.map(lambda key: _fly_and_keep(campaign, folder, *key), missing))


def _fly_and_keep(campaign: Campaign, folder: Path, seed: int, crossers: bool) -> None:
    night = _fly(campaign, seed, campaign.minutes, crossers, "640x512")
    path = _path(folder, seed, crossers)
    path.with_suffix(".new").write_text(json.dumps(night, indent=1) + "\n", encoding="utf-8")
    path.with_suffix(".new").rename(path)
    brief = {
        k: night.get(k) for k in ("real_time_factor", "crossers_in_view", "crossers_in_view_alerted", "false_alerts")
    }
    sys.stderr.write(f"seed {seed} crossers {crossers}: {brief}\n")


def _fly(campaign: Campaign, seed: int, minutes: int, crossers: bool, camera: str) -> Night:
    with tempfile.TemporaryDirectory(prefix="apacheta-night-") as folder:
        given = [
            "--minutes",
            str(minutes),
            "--seed",
            str(seed),
            "--camera",
            camera,
            "--post",
            str(Path(folder) / "post"),
            "--aircraft",
            str(campaign.aircraft),
            "--rate-hz",
            str(campaign.rate_hz),
        ]
        who = ["--crossers-per-hour", str(campaign.crossers_per_hour)] if crossers else ["--no-crossers"]
        night = apacheta("demo", "--headless", "--no-video", *given, *who)
    return night | {"post": None, "report": None}


def _path(folder: Path, seed: int, crossers: bool) -> Path:
    return folder / f"{seed}-{'crossers' if crossers else 'empty'}.json"


def _kept(folder: Path, seed: int, crossers: bool) -> Night | None:
    path = _path(folder, seed, crossers)
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def rows_of(campaign: Campaign, nights: list[Night], case: str, *, whole: bool) -> list[dict[str, Any]]:
    """The figures of the issue over these nights; each goal is a text and a test. Before all are flown (`whole`) none
    counts as met. Nights that failed count too: in the log's row, and with every figure that they have."""

    def figure(name: str, unit: str, ours: float | None, goal: str | None = None, met: Any = None, **more: Any) -> None:
        verdict = None if not whole or goal is None else ours is not None and bool(met(ours))
        rows.append(row(case, name, unit, ours, goal=goal, met=verdict, quick=not whole, runs=len(nights), **more))

    rows: list[dict[str, Any]] = []
    if not nights:
        return rows
    good = sum(n.get("exit_code") == 0 for n in nights)
    figure("nights that ended well", "", good, f"{len(nights)}", lambda n: n == len(nights))
    hours, false = sum(n.get("video_hours") or 0.0 for n in nights), total(nights, "false_alerts")
    figure("video", "h", round(hours, 2), ">= 3", lambda h: h >= 3)
    if case != "no crossers":
        _crosser_figures(figure, nights)
    spread = [round(c / hours, 2) for c in poisson_95(false)] if hours else None
    figure("false alerts", "1/h", _share(false, hours), "<= 2", lambda r: r <= 2, spread=spread, count=false)
    figure("lawful alerts", "", total(nights, "lawful_alerts"))
    pace = campaign.least_real_time_factor
    figure("real time factor, least", "", least(nights, "real_time_factor"), f">= {pace:g}", lambda f: f >= pace)
    figure("video over wall time, least", "", least([_with_pace(n) for n in nights], "pace"))
    dropped = _share(total(nights, "frames_dropped"), total(nights, "frames_sent"))
    figure("frames dropped", "", dropped, "<= 0.01", lambda d: d <= 0.01)
    below = campaign.memory_below_mb
    figure("memory, largest", "MB", largest(nights, "peak_rss_mb"), f"< {below}", lambda m: m < below)
    figure("border distance beyond what is required", "m", border_margin_m(nights), ">= 0", lambda m: m >= 0)
    figure("terrain clearance, least", "m", least(nights, "min_terrain_clearance_m"), ">= 60", lambda c: c >= 60)
    apart_m = least(nights, "min_separation_m")
    if campaign.aircraft > 1:
        figure("distance of two at one height, least", "m", apart_m, ">= 500", lambda d: d >= 500)
    _marker_figures(figure, nights)
    figure("logs verified", "", total(nights, "log_verified"), f"{len(nights)}", lambda n: n == len(nights))
    return rows


def _marker_figures(figure: Callable[..., None], nights: list[Night]) -> None:
    worst_m, count = largest(nights, "marker_error_max_m"), total(nights, "markers")
    figure("marker error, largest", "m", worst_m, "<= 0.5", lambda e: e <= 0.5, count=count)
    inside, known = total(nights, "ellipse_markers_inside"), total(nights, "ellipse_markers")
    by_night = [
        round(n["ellipse_markers_inside"] / n["ellipse_markers"], 3) for n in nights if n.get("ellipse_markers")
    ]
    name, spread = "markers in the 90 % ellipse", [min(by_night), max(by_night)] if by_night else None
    figure(name, "", _share(inside, known), "0.80-0.97", lambda s: 0.8 <= s <= 0.97, spread=spread, count=known)


def _crosser_figures(figure: Callable[..., None], good: list[Night]) -> None:
    in_view, alerted = total(good, "crossers_in_view"), total(good, "crossers_in_view_alerted")
    share, spread = _share(alerted, in_view), [round(s, 3) for s in wilson_95(alerted, in_view)]
    figure("crossers in view", "", in_view, ">= 30", lambda n: n >= 30)
    figure("crossers in view alerted", "", share, ">= 0.80", lambda s: s >= 0.8, spread=spread, count=alerted)
    figure("true alerts", "", total(good, "true_alerts"))
    figure("of them within 30 m", "", total(good, "true_alerts_within_30_m"))
    times = sorted(n["time_to_alert_s"] for n in good if n["time_to_alert_s"] is not None)
    figure("time to alert, median of the nights' medians", "s", round(times[len(times) // 2], 1) if times else None)


def _share(part: float, of: float) -> float | None:
    return round(part / of, 4) if of else None


def _with_pace(night: Night) -> Night:
    """The night with how much faster than its video it ran: unlike the real time factor, time on the pad left out."""
    hours, wall_s = night.get("video_hours"), night.get("wall_s")
    return night | {"pace": round(hours * 3600.0 / wall_s, 2) if hours and wall_s else None}


if __name__ == "__main__":
    sys.exit(main())
