"""The night: `apacheta demo --headless --minutes 120` over seeds 101-110 with crossers, and without on two of them.

Long: each night is kept in benchmarks/results/night under the hash of the sources that decide it, so that a campaign
goes on where it stopped. Proportions come with a Wilson 95 % interval, hourly rates with an exact Poisson one.
`--quick` flies 4 minutes of seed 1 at 320x256; it never counts as met. `--jobs 2` flies two nights at a time: then
each has one core, and its real time factor is that of a busy machine.
"""

import argparse
import json
import math
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from _common import ROOT, apacheta, inputs_sha256, row, say
from scipy.stats import chi2

SEEDS = tuple(range(101, 111))
EMPTY_SEEDS = (101, 102)
MINUTES = 120
DECIDING = tuple(
    f"src/apacheta/{room}"
    for room in (
        *("core", "kernels", "formats", "geo", "plan", "see", "alert", "sim"),
        *("app/chain", "app/catalogue", "app/score", "app/exercise.py", "app/simulator.py"),
    )
)
Night = dict[str, Any]


def main() -> int:
    """Fly what is still missing, then print the rows of what is there."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--most", type=int, default=None, help="at most so many new nights")
    parser.add_argument("--jobs", type=int, default=1)
    arguments = parser.parse_args()
    inputs = inputs_sha256(DECIDING)
    if arguments.quick:
        say("night", rows_of([_fly(1, 4, True, "320x256")], "quick", quick=True), False, inputs)
        return 0
    folder = ROOT / "benchmarks" / "results" / "night" / inputs[:16]
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [(101, True), (101, False), *((s, True) for s in SEEDS[1:]), *((s, False) for s in EMPTY_SEEDS[1:])]
    _fly_missing(folder, wanted, arguments)
    done = {key: night for key in wanted if (night := _kept(folder, *key)) is not None}
    rows = [
        r for crossers, case in ((True, "with crossers"), (False, "no crossers")) for r in _case(done, crossers, case)
    ]
    say("night", rows, len(done) == len(wanted), inputs)
    return 0


def _case(done: dict[tuple[int, bool], Night], crossers: bool, case: str) -> list[dict[str, Any]]:
    return rows_of([night for (_, with_crossers), night in done.items() if with_crossers == crossers], case)


def _fly_missing(folder: Path, wanted: list[tuple[int, bool]], arguments: argparse.Namespace) -> None:
    """With --resume the nights that are not kept yet; without it all of them, each replaced when it is flown."""
    missing = [key for key in wanted if not (arguments.resume and _kept(folder, *key))][: arguments.most]
    with ThreadPoolExecutor(arguments.jobs) as pool:
        list(pool.map(lambda key: _fly_and_keep(folder, *key), missing))


def _fly_and_keep(folder: Path, seed: int, crossers: bool) -> None:
    night = _fly(seed, MINUTES, crossers, "640x512")
    path = _path(folder, seed, crossers)
    path.with_suffix(".new").write_text(json.dumps(night, indent=1) + "\n", encoding="utf-8")
    path.with_suffix(".new").rename(path)
    brief = {
        k: night.get(k) for k in ("real_time_factor", "crossers_in_view", "crossers_in_view_alerted", "false_alerts")
    }
    sys.stderr.write(f"seed {seed} crossers {crossers}: {brief}\n")


def _fly(seed: int, minutes: int, crossers: bool, camera: str) -> Night:
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
        ]
        night = apacheta("demo", "--headless", "--no-video", *given, *([] if crossers else ["--no-crossers"]))
    return night | {"post": None, "report": None}


def _path(folder: Path, seed: int, crossers: bool) -> Path:
    return folder / f"{seed}-{'crossers' if crossers else 'empty'}.json"


def _kept(folder: Path, seed: int, crossers: bool) -> Night | None:
    path = _path(folder, seed, crossers)
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def wilson(hits: int, of: int) -> tuple[float, float] | None:
    """The Wilson 95 % interval of a proportion."""
    if of == 0:
        return None
    z, p = 1.96, hits / of
    middle, half = p + z * z / (2 * of), z * math.sqrt(p * (1 - p) / of + z * z / (4 * of * of))
    return (middle - half) / (1 + z * z / of), (middle + half) / (1 + z * z / of)


def poisson(count: int, hours: float) -> tuple[float, float] | None:
    """The exact Poisson 95 % interval of an hourly rate."""
    if hours <= 0:
        return None
    low = chi2.ppf(0.025, 2 * count) / 2 / hours if count else 0.0
    return float(low), float(chi2.ppf(0.975, 2 * count + 2) / 2 / hours)


def rows_of(nights: list[Night], case: str, quick: bool = False) -> list[dict[str, Any]]:
    """The figures of the issue over these nights; each goal is a text and a test."""
    good = [n for n in nights if n.get("exit_code") == 0]

    def figure(name: str, unit: str, ours: float | None, goal: str | None = None, met: Any = None, **more: Any) -> None:
        verdict = None if quick or goal is None or ours is None else bool(met(ours))
        rows.append(row(case, name, unit, ours, goal=goal, met=verdict, quick=quick, runs=len(good), **more))

    rows: list[dict[str, Any]] = []
    figure("nights that ended well", "", len(good), f"{len(nights)}", lambda n: n == len(nights))
    if not good:
        return rows
    hours, false = sum(n["video_hours"] for n in good), _total(good, "false_alerts")
    figure("video", "h", round(hours, 2), ">= 3", lambda h: h >= 3)
    if case != "no crossers":
        _crosser_figures(figure, good)
    figure(
        "false alerts", "1/h", _share(false, hours), "<= 2", lambda r: r <= 2, spread=poisson(false, hours), count=false
    )
    figure("lawful alerts", "", _total(good, "lawful_alerts"))
    figure("real time factor, least", "", _least(good, "real_time_factor"), ">= 2", lambda f: f >= 2)
    figure("memory, largest", "MB", _largest(good, "peak_rss_mb"), "< 2048", lambda m: m < 2048)
    figure("border distance beyond what is required", "m", _border_margin_m(good), ">= 0", lambda m: m >= 0)
    figure("terrain clearance, least", "m", _least(good, "min_terrain_clearance_m"), ">= 60", lambda c: c >= 60)
    worst_m, count = _largest(good, "marker_error_max_m"), _total(good, "markers")
    figure("marker error, largest", "m", worst_m, "<= 0.5", lambda e: e <= 0.5, count=count)
    inside, known = _total(good, "ellipse_markers_inside"), _total(good, "ellipse_markers")
    figure(
        "markers in the 90 % ellipse", "", _share(inside, known), "0.80-0.97", lambda s: 0.8 <= s <= 0.97, count=known
    )
    figure("logs verified", "", _total(good, "log_verified"), f"{len(good)}", lambda n: n == len(good))
    dropped = _share(_total(good, "frames_dropped"), _total(good, "frames_sent"))
    figure("frames dropped", "", dropped, "<= 0.01", lambda d: d <= 0.01)
    return rows


def _crosser_figures(figure: Callable[..., None], good: list[Night]) -> None:
    in_view, alerted = _total(good, "crossers_in_view"), _total(good, "crossers_in_view_alerted")
    share = _share(alerted, in_view)
    figure("crossers in view", "", in_view, ">= 30", lambda n: n >= 30)
    figure(
        "crossers in view alerted",
        "",
        share,
        ">= 0.80",
        lambda s: s >= 0.8,
        spread=wilson(alerted, in_view),
        count=alerted,
    )
    times = sorted(n["time_to_alert_s"] for n in good if n["time_to_alert_s"] is not None)
    figure("time to alert, median of the nights' medians", "s", times[len(times) // 2] if times else None)


def _total(nights: list[Night], key: str) -> int:
    return sum(int(n.get(key) or 0) for n in nights)


def _share(part: float, of: float) -> float | None:
    return round(part / of, 4) if of else None


def _least(nights: list[Night], key: str) -> float | None:
    return min((n[key] for n in nights if n.get(key) is not None), default=None)


def _largest(nights: list[Night], key: str) -> float | None:
    return max((n[key] for n in nights if n.get(key) is not None), default=None)


def _border_margin_m(nights: list[Night]) -> float:
    required = (n["border_standoff_m"] + n["border_line_accuracy_m"] for n in nights)
    return round(min(n["min_border_distance_m"] - r for n, r in zip(nights, required, strict=True)), 2)


if __name__ == "__main__":
    sys.exit(main())
