"""The night: `apacheta demo --headless --minutes 120` over seeds 101-110 with crossers, and without on the first two.

Long: each run is kept in .bench/night under the hash of the sources, so that a campaign goes on where it stopped.
Proportions come with a Wilson 95 % interval, hourly rates with an exact Poisson one. `--quick` flies 4 minutes of
seed 1 at 320x256; it never counts as met.
"""

import argparse
import json
import math
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from _common import ROOT, apacheta, inputs_sha256, row, say
from scipy.stats import chi2

SEEDS = tuple(range(101, 111))
EMPTY_SEEDS = (101, 102)
MINUTES = 120


def main() -> int:
    """Run what is still missing, then print the rows of what is there."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--most", type=int, default=None, help="stop after so many new nights")
    arguments = parser.parse_args()
    if arguments.quick:
        say("night", rows_of([_fly(1, 4, True, "320x256")], "quick", quick=True), complete=False)
        return 0
    folder = ROOT / ".bench" / "night" / inputs_sha256()[:16]
    if not arguments.resume:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [(s, True) for s in SEEDS[:1]] + [(s, False) for s in EMPTY_SEEDS[:1]]
    wanted += [(s, True) for s in SEEDS[1:]] + [(s, False) for s in EMPTY_SEEDS[1:]]
    fly_missing(folder, wanted, arguments.most)
    done = {key: result for key in wanted if (result := _kept(folder, *key)) is not None}
    with_crossers = [r for (_, crossers), r in done.items() if crossers]
    empty = [r for (_, crossers), r in done.items() if not crossers]
    say("night", rows_of(with_crossers, "with crossers") + rows_of(empty, "no crossers"), len(done) == len(wanted))
    return 0


def fly_missing(folder: Path, wanted: list[tuple[int, bool]], most: int | None) -> None:
    """Fly the nights that are not kept yet, at most `most` of them."""
    missing = [key for key in wanted if _kept(folder, *key) is None]
    for seed, crossers in missing[:most]:
        result = _fly(seed, MINUTES, crossers, "640x512")
        new = _path(folder, seed, crossers).with_suffix(".new")
        new.write_text(json.dumps(result), encoding="utf-8")
        new.rename(_path(folder, seed, crossers))
        sys.stderr.write(f"seed {seed} crossers {crossers}: {_brief(result)}\n")


def _fly(seed: int, minutes: int, crossers: bool, camera: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="apacheta-night-") as folder:
        flags = [] if crossers else ["--no-crossers"]
        return apacheta(
            "demo", "--headless", "--minutes", str(minutes), "--seed", str(seed), "--camera", camera, "--no-video",
            "--post", str(Path(folder) / "post"), *flags,
        )  # fmt: skip


def _path(folder: Path, seed: int, crossers: bool) -> Path:
    return folder / f"{seed}-{'crossers' if crossers else 'empty'}.json"


def _kept(folder: Path, seed: int, crossers: bool) -> dict[str, Any] | None:
    path = _path(folder, seed, crossers)
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def _brief(r: dict[str, Any]) -> str:
    keys = "ok real_time_factor crossers_in_view crossers_in_view_alerted alerts true_alerts lawful_alerts false_alerts peak_rss_mb".split()
    return " ".join(f"{k}={r.get(k)}" for k in keys)


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


def rows_of(results: list[dict[str, Any]], case: str, quick: bool = False) -> list[dict[str, Any]]:
    """The figures that the issue asks for, over these nights."""
    good = [r for r in results if r.get("exit_code") == 0]
    if not good:
        return [row(case, "nights", "", 0, quick=quick, runs=len(results))]

    def total(key: str) -> int:
        return sum(r[key] or 0 for r in good)

    def say_row(metric: str, unit: str, ours: Any, goal: str | None, met: bool | None, **more: Any) -> dict[str, Any]:
        return row(case, metric, unit, ours, goal=goal, met=None if quick else met, quick=quick, runs=len(good), **more)

    hours = sum(r["video_hours"] for r in good)
    in_view, alerted, false = total("crossers_in_view"), total("crossers_in_view_alerted"), total("false_alerts")
    rate = false / hours if hours else None
    rows = [
        say_row(
            "video",
            "h",
            round(hours, 3),
            ">= 3" if case == "no crossers" else None,
            hours >= 3 if case == "no crossers" else None,
        )
    ]
    if case != "no crossers":
        share = alerted / in_view if in_view else None
        rows += [
            say_row("crossers in view", "", in_view, ">= 30", in_view >= 30),
            say_row(
                "crossers in view alerted",
                "",
                share,
                ">= 0.80",
                share is not None and share >= 0.8,
                spread=wilson(alerted, in_view),
                count=alerted,
            ),
            say_row("time to alert, median of nights", "s", _median([r["time_to_alert_s"] for r in good]), None, None),
        ]
    rows += [
        say_row("false alerts per drone-hour", "1/h", rate, "<= 2", rate is not None and rate <= 2, spread=poisson(false, hours), count=false),
        say_row("lawful alerts", "", total("lawful_alerts"), None, None),
        say_row("real time factor, least", "", min(r["real_time_factor"] for r in good), ">= 2", min(r["real_time_factor"] for r in good) >= 2, spread=[r["real_time_factor"] for r in good]),
        say_row("memory, largest", "MB", max(r["peak_rss_mb"] for r in good), "< 2048", max(r["peak_rss_mb"] for r in good) < 2048),
        say_row("border distance beyond standoff and accuracy, least", "m", _border_margin(good), ">= 0", (_border_margin(good) or -1) >= 0),
        say_row("terrain clearance, least", "m", min(r["min_terrain_clearance_m"] for r in good), ">= 60", min(r["min_terrain_clearance_m"] for r in good) >= 60),
        say_row("marker error, largest", "m", _largest([r["marker_error_max_m"] for r in good]), "<= 0.5", (_largest([r["marker_error_max_m"] for r in good]) or 9) <= 0.5, count=total("markers")),
        say_row("logs verified", "", sum(bool(r["log_verified"]) for r in good), f"{len(good)}", all(r["log_verified"] for r in good)),
        say_row("frames dropped", "", total("frames_dropped"), "<= 1 %", total("frames_dropped") <= 0.01 * max(total("frames_sent"), 1)),
    ]  # fmt: skip
    return rows


def _border_margin(good: list[dict[str, Any]]) -> float | None:
    margins = [r["min_border_distance_m"] - r["border_standoff_m"] - r["border_line_accuracy_m"] for r in good]
    return round(min(margins), 2) if margins else None


def _median(values: list[float | None]) -> float | None:
    there = sorted(v for v in values if v is not None)
    return there[len(there) // 2] if there else None


def _largest(values: list[float | None]) -> float | None:
    return max((v for v in values if v is not None), default=None)


if __name__ == "__main__":
    sys.exit(main())
