"""Three aircraft: `apacheta demo` headless over seeds 121-123, and live, with what reads a page's wires, over 1-5.

Live, all processes of the night run at the pace of the clock, and a reader takes what one open page takes: the live
messages and three streams of video. It draws nothing: a browser's own work is left out. It notes when the first alert
comes after it has connected. What was prepared before (pass, plan, kernels, moment) is in the cache, or made first and
not counted. Each run is kept in benchmarks/results/fleet under the hash of the sources that decide it.
A live night is the demo's of ten minutes, ended by Ctrl-C after two and a half.
`--quick` flies one headless minute and one live minute of seed 1 at 320x256; it never counts as met.
"""

import asyncio
import json
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from _common import (
    ROOT,
    apacheta,
    arguments_of,
    border_margin_m,
    inputs_sha256,
    largest,
    least,
    row,
    say,
    serving,
    total,
)
from night import DECIDING as NIGHT_DECIDING

HEADLESS_SEEDS, HEADLESS_MINUTES = (121, 122, 123), 60
LIVE_SEEDS, LIVE_MINUTES, WATCHED_S = (1, 2, 3, 4, 5), 10, 150
"""A live night is the demo's as it is by default, and is ended by Ctrl-C."""
FLEET = ("A1", "A2", "A3")
DECIDING = (*NIGHT_DECIDING, "src/apacheta/app/live", "src/apacheta/app/engine", "src/apacheta/console")
PICTURE = "640x512"
NEAREST_M = 500.0
Night = dict[str, Any]
Figure = tuple[str, str, Callable[[list[Night]], float | None], str | None, Callable[[float], bool] | None]


def main() -> int:
    """Fly what is still missing, then print the rows of what is there."""
    parser = arguments_of("keep the runs that are there")
    parser.add_argument("--most", type=int, default=None, help="at most so many new runs")
    arguments = parser.parse_args()
    inputs = inputs_sha256(DECIDING)
    if arguments.quick:
        quick = {"headless": [flown(1, 1, "320x256")], "live": [watched(1, 1, "320x256")]}
        say("fleet", rows_of(quick, whole=False), False, inputs, arguments.table)
        return 0
    folder = ROOT / "benchmarks" / "results" / "fleet" / inputs[:16]
    folder.mkdir(parents=True, exist_ok=True)
    fly_missing(folder, arguments.resume, arguments.most)
    kept = {case: [night for seed in seeds if (night := kept_at(folder, case, seed))] for case, seeds in CASES.items()}
    whole = all(len(kept[case]) == len(seeds) for case, seeds in CASES.items())
    say("fleet", rows_of(kept, whole=whole), whole, inputs, arguments.table)
    return 0


CASES = {"live": LIVE_SEEDS, "headless": HEADLESS_SEEDS}


def fly_missing(folder: Path, resume: bool, most: int | None) -> None:
    """With `resume` the runs that are not kept yet; without it all of them."""
    wanted = [(case, seed) for case, seeds in CASES.items() for seed in seeds]
    missing = [one for one in wanted if not (resume and kept_at(folder, *one))]
    for case, seed in missing[:most]:
        night = flown(seed, HEADLESS_MINUTES, PICTURE) if case == "headless" else watched(seed, LIVE_MINUTES, PICTURE)
        path = folder / f"{case}-{seed}.json"
        path.with_suffix(".new").write_text(json.dumps(night, indent=1) + "\n", encoding="utf-8")
        path.with_suffix(".new").rename(path)


def kept_at(folder: Path, case: str, seed: int) -> Night | None:
    """A run that was kept."""
    path = folder / f"{case}-{seed}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


# -- runs -----------------------------------------------------------------------------------------------------------


def flown(seed: int, minutes: float, camera: str) -> Night:
    """A headless night with three aircraft."""
    with tempfile.TemporaryDirectory(prefix="apacheta-fleet-") as folder:
        night = apacheta("demo", "--headless", *_given(folder, seed, minutes, camera))
    return night | {"post": None, "report": None}


def watched(seed: int, minutes: float, camera: str) -> Night:
    """A live night with three aircraft that a reader watches; `first_alert_s`: after it connected, null without."""
    made = tempfile.TemporaryDirectory(prefix="apacheta-fleet-")
    with (
        made as folder,
        serving(Path(folder), "demo", "--lang", "en", *_given(folder, seed, minutes, camera)) as (process, address),
    ):
        told = asyncio.run(_read(address, partial(process.send_signal, signal.SIGINT)))
        night = json.loads(process.communicate()[0])
    return night | {"post": None, "report": None} | told


def _given(folder: str, seed: int, minutes: float, camera: str) -> list[str]:
    post = str(Path(folder) / "post")
    return ["--post", post, "--seed", str(seed), "--minutes", str(minutes), "--camera", camera, "--aircraft", "3"]


async def _read(address: str, end: Callable[[], None]) -> Night:
    """What an open page takes, until the night is over; it is ended after a while."""
    asyncio.get_running_loop().call_later(WATCHED_S, end)
    counts = dict.fromkeys(FLEET, 0)
    since_s = time.monotonic()
    videos = [asyncio.create_task(_count(f"{address}/ws/video/{name}", name, counts)) for name in FLEET]
    first_alert_s = await _first_alert_s(f"{address}/ws/live", since_s)
    await asyncio.gather(*videos)
    return {"first_alert_s": first_alert_s, "units_read": counts}


async def _count(address: str, name: str, counts: dict[str, int]) -> None:
    from websockets.asyncio.client import connect
    from websockets.exceptions import ConnectionClosed, InvalidHandshake

    try:
        async with connect(address, max_size=None) as channel:
            async for _ in channel:
                counts[name] += 1
    except (OSError, ConnectionClosed, InvalidHandshake):
        return


async def _first_alert_s(address: str, since_s: float) -> float | None:
    """Reads to the end of the night; seconds to the first alert that was not there when it connected."""
    from websockets.asyncio.client import connect
    from websockets.exceptions import ConnectionClosed

    first_s: float | None = None
    try:
        async with connect(address, max_size=None) as channel:
            async for text in channel:
                kind = json.loads(text)["kind"]
                if kind == "alert" and first_s is None:
                    first_s = round(time.monotonic() - since_s, 2)
                if kind == "end":
                    break
    except (OSError, ConnectionClosed):
        pass
    return first_s


# -- rows -----------------------------------------------------------------------------------------------------------


def rows_of(kept: dict[str, list[Night]], *, whole: bool) -> list[dict[str, Any]]:
    """The issue's figures; before all are flown (`whole`) none counts as met."""
    return [
        _row(case, figure, nights, whole)
        for case, nights in kept.items()
        if nights
        for figure in (*_common_figures(len(nights)), *(HEADLESS if case == "headless" else LIVE))
    ]


def _row(case: str, figure: Figure, nights: list[Night], whole: bool) -> dict[str, Any]:
    name, unit, of, goal, met = figure
    ours = of(nights)
    verdict = None if not whole or met is None else ours is not None and met(ours)
    case = f"{case}, three aircraft"
    return row(case, name, unit, ours, goal=goal, met=verdict, quick=not whole, runs=len(nights))


def _common_figures(nights: int) -> tuple[Figure, ...]:
    return (
        (
            "nights that ended well",
            "",
            _ended_well,
            f"{nights}",
            lambda v: v == nights,
        ),
        ("frames dropped", "", _dropped, "<= 0.01", lambda v: v <= 0.01),
        ("memory, largest", "MB", partial(largest, key="peak_rss_mb"), "< 3072", lambda v: v < 3072),
        ("border distance beyond what is required", "m", border_margin_m, ">= 0", lambda v: v >= 0),
        ("terrain clearance, least", "m", partial(least, key="min_terrain_clearance_m"), ">= 60", lambda v: v >= 60),
        (
            "distance of two at one height, least",
            "m",
            partial(least, key="min_separation_m"),
            ">= 500",
            lambda v: v >= 500,
        ),
        ("marker error, largest", "m", partial(largest, key="marker_error_max_m"), "<= 0.5", lambda v: v <= 0.5),
        ("crossers in view", "", partial(total, key="crossers_in_view"), None, None),
        ("of them alerted", "", partial(total, key="crossers_in_view_alerted"), None, None),
        ("false alerts", "", partial(total, key="false_alerts"), None, None),
        ("video", "h", lambda n: round(sum(x["video_hours"] for x in n), 2), None, None),
        ("logs verified", "", partial(total, key="log_verified"), f"{nights}", lambda v: v == nights),
    )


def _too_near(nights: list[Night]) -> float:
    """A night in which no two were ever at one height has no distance."""
    return sum((n["min_separation_m"] or NEAREST_M) < NEAREST_M for n in nights)


def _ended_well(nights: list[Night]) -> float:
    """By themselves, or when they were asked to."""
    return sum(n["exit_code"] in (0, 130) for n in nights)


def _dropped(nights: list[Night]) -> float | None:
    """Of the pictures that were due, those that were never made or never decoded; null where a night does not know."""
    if any(n[key] is None for n in nights for key in ("frames_sent", "frames_dropped", "frames_missed")):
        return None
    missed = total(nights, "frames_missed")
    due = total(nights, "frames_sent") + missed
    return round((total(nights, "frames_dropped") + missed) / due, 4) if due else None


def _slowest_first_alert_s(nights: list[Night]) -> float | None:
    """Null where a night has none."""
    times = [n["first_alert_s"] for n in nights]
    return None if None in times else max(times)


HEADLESS: tuple[Figure, ...] = (
    ("real time factor, least", "", partial(least, key="real_time_factor"), ">= 1.3", lambda v: v >= 1.3),
)
LIVE: tuple[Figure, ...] = (
    ("real time factor, least", "", partial(least, key="real_time_factor"), ">= 0.99", lambda v: v >= 0.99),
    ("video lag, p95, largest", "s", partial(largest, key="video_lag_p95_s"), "<= 2", lambda v: v <= 2),
    ("page open to first live alert, slowest", "s", _slowest_first_alert_s, "<= 60", lambda v: v <= 60),
)


if __name__ == "__main__":
    sys.exit(main())
