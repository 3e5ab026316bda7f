"""`apacheta watch`: arguments to a watch, a watch to the answer. Nothing here loads a room."""

import argparse
from functools import partial
from pathlib import Path
from typing import Any

from ...adapters.stream import is_live
from ...core.errors import ErrorLine
from ..answer import Answer, run_to_answer, show
from ..texts import Texts

SCHEMA = "apacheta/watch/1"
KEYS = (
    "interrupted",
    "source",
    "ended",
    "codec",
    "width_px",
    "height_px",
    "frame_rate_hz",
    "duration_s",
    "frames",
    "frames_damaged",
    "metadata_packets",
    "metadata_rejected",
    "standard",
    "standard_version",
    "frames_georeferenced",
    "height_reference",
    "terrain_sha256",
    "position_sigma_median_m",
    "frame_centre_disagreement_median_m",
    "footprint_km2",
    "seen_km2",
    "plots",
    "tracks",
    "entries",
    "wall_s",
)
PAGE = Path(__file__).parents[2] / "console" / "static" / "index.html"
NOT_BUILT = ErrorLine(
    code="page_not_built",
    text="the page is not built: the stream is watched without it.",
    remedy="Build it with `make setup`, or say --no-page.",
)


def command(arguments: argparse.Namespace) -> int:
    """Watch one stream to its end and print what was seen."""
    answer = answer_for(arguments.stream)
    run_to_answer(answer, lambda a: _watch(a, arguments))
    return show(answer, arguments.json, partial(_summary, language=arguments.lang))


def answer_for(source: str) -> Answer:
    """The answer of a watch of which nothing is known yet but what was asked."""
    return Answer(SCHEMA, KEYS, {"interrupted": False, "source": source, "ended": False})


def _watch(answer: Answer, arguments: argparse.Namespace) -> None:
    if _serves_page(answer, arguments):
        from .live import run_live

        run_live(answer, arguments)
    else:
        from .alone import watch_alone

        watch_alone(answer, arguments)


def _serves_page(answer: Answer, arguments: argparse.Namespace) -> bool:
    """Whether there is a page to serve: of a live stream that is watched into a post."""
    if arguments.no_page or not arguments.post or not is_live(arguments.stream):
        return False
    if not PAGE.is_file():
        answer.warnings.append(NOT_BUILT)
    return PAGE.is_file()


def _summary(body: dict[str, Any], language: str | None) -> str:
    t = Texts(language)
    return t(
        "watch.done",
        frames=body["frames"],
        codec=body["codec"],
        packets=body["metadata_packets"],
        standard=body["standard"],
        placed=body["frames_georeferenced"],
        ground=t(f"watch.ground.{body['height_reference'] or 'none'}"),
        tracks=body["tracks"],
    )
