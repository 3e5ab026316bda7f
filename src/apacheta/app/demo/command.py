"""`apacheta demo`: arguments to a night, a night to the answer."""

import argparse
import sys
from pathlib import Path
from typing import Any

from ..answer import Answer, run_to_answer, show
from ..folders import unused_folder
from ..texts import Texts
from .settings import DemoSettings

SCHEMA = "apacheta/demo/1"
KEYS = (
    "interrupted",
    "seed",
    "minutes",
    "sector",
    "sector_sha256",
    "post",
    "report",
    "streams",
    "frame_width_px",
    "frame_height_px",
    "frame_rate_hz",
    "frames_sent",
    "frames_decoded",
    "frames_georeferenced",
    "frames_dropped",
    "video_lag_p95_s",
    "simulated_s",
    "wall_s",
    "real_time_factor",
    "cpu_seconds",
    "peak_rss_mb",
    "crossers",
    "crossers_in_view",
    "crossers_in_view_alerted",
    "crossers_alerted",
    "lawful",
    "lawful_in_view",
    "alerts",
    "true_alerts",
    "lawful_alerts",
    "false_alerts",
    "false_alerts_per_drone_hour",
    "time_to_alert_s",
    "time_to_alert_p90_s",
    "plots",
    "tracks",
    "planned_km2",
    "seen_km2",
    "sorties",
    "min_border_distance_m",
    "border_standoff_m",
    "min_terrain_clearance_m",
    "min_separation_m",
    "markers",
    "marker_error_max_m",
    "entries",
    "log_verified",
    "checkpoint_sha256",
    "border_line_accuracy_m",
    "video_hours",
    "true_alerts_within_30_m",
    "ellipse_markers",
    "ellipse_markers_inside",
    "verdicts",
    "missed",
    "frames_missed",
)
DEFAULT_POST = "apacheta-demo"


LIVE_AIRCRAFT, HEADLESS_AIRCRAFT = 3, 1


def command(arguments: argparse.Namespace) -> int:
    """Run the demo and print its answer."""
    texts = Texts(arguments.lang)
    settings = settings_from(arguments, texts.language)
    answer = answer_for(settings)
    run_to_answer(answer, lambda a: _work(a, settings, None if arguments.no_page else arguments.port, texts))
    return show(answer, arguments.json, lambda body: _summary(body, texts))


def answer_for(settings: DemoSettings) -> Answer:
    """The answer of a night of which nothing is known yet but what was asked."""
    return Answer(SCHEMA, KEYS, {"interrupted": False, "seed": settings.seed, "minutes": settings.minutes})


def settings_from(arguments: argparse.Namespace, language: str) -> DemoSettings:
    """What was asked for, with the defaults of a live night or of a headless one."""
    width, height = (int(n) for n in arguments.camera.split("x"))
    post = Path(arguments.post)
    usual = HEADLESS_AIRCRAFT if arguments.headless else LIVE_AIRCRAFT
    return DemoSettings(
        headless=arguments.headless,
        minutes=arguments.minutes,
        seed=arguments.seed,
        sector=Path(arguments.sector) if arguments.sector else None,
        mandate=Path(arguments.mandate) if arguments.mandate else None,
        post=unused_folder(post) if arguments.post == DEFAULT_POST else post,
        aircraft=arguments.aircraft or usual,
        width_px=width,
        height_px=height,
        crossers_per_hour=0.0 if arguments.no_crossers else arguments.crossers_per_hour,
        keep_video=not arguments.no_video,
        language=language,
        fewer_will_do=arguments.aircraft is None,
        on_station=arguments.on_station,
        rate_hz=arguments.rate_hz,
    )


def _work(answer: Answer, settings: DemoSettings, page_port: int | None, texts: Texts) -> None:
    if settings.headless:
        _run_headless(answer, settings, texts)
    else:
        from .live import run_live

        run_live(answer, settings, page_port)


def _run_headless(answer: Answer, settings: DemoSettings, texts: Texts) -> None:
    from .progress import Progress
    from .recipe import run_night

    with Progress(sys.stderr, texts) as progress:
        run_night(answer, settings, progress)


def _summary(body: dict[str, Any], texts: Texts) -> str:
    lines = [
        texts(
            "demo.done",
            minutes=texts.number(body["simulated_s"] / 60, 1),
            rtf=texts.number(body["real_time_factor"], 1),
        )
    ]
    lines.append(
        texts(
            "demo.alerts",
            alerts=texts.number(body["alerts"]),
            true=texts.number(body["true_alerts"]),
            lawful=texts.number(body["lawful_alerts"]),
            false=texts.number(body["false_alerts"]),
            seen=texts.number(body["crossers_in_view"]),
            alerted=texts.number(body["crossers_in_view_alerted"]),
        )
    )
    lines.append(
        texts("demo.seen", seen=texts.number(body["seen_km2"], 2), planned=texts.number(body["planned_km2"], 2))
    )
    lines.append(
        texts("demo.log_verified" if body["log_verified"] else "demo.log_not_verified", entries=body["entries"])
    )
    lines.append(texts("demo.report", report=body["report"]))
    return "\n".join(lines)
