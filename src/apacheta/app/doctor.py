"""`apacheta doctor video`: what a recorded stream is, what is wrong with it, and what to do about it."""

import argparse
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from apacheta.adapters.video import DecoderStats
from apacheta.core.errors import ErrorLine, InputFault
from apacheta.formats.ts import TsStats

from .answer import Answer, run_to_answer, show
from .examination import Examination, examine
from .texts import Texts

SCHEMA = "apacheta/doctor-video/1"
KEYS = (
    "source",
    "container",
    "bytes",
    "programs",
    "continuity_errors",
    "crc_errors",
    "video",
    "metadata",
    "timing",
    "georeferencing",
    "advice",
)
_OTHER_CONTAINERS = {
    b"ftyp": "mp4",
    b"\x1aE\xdf\xa3": "matroska",
    b"RIFF": "avi",
    b"\x00\x00\x01\xba": "mpegps",
    b"\x06\x0e+4": "mxf",
}
_HEAD_BYTES = 16


def command(arguments: argparse.Namespace) -> int:
    """The subcommand: prints the answer, returns the exit code."""
    summary = partial(_summary, language=arguments.lang)
    return show(_answer(arguments.file, arguments.lang), arguments.json, summary)


def run(path: str | os.PathLike[str], language: str | None = None) -> tuple[dict[str, Any], int]:
    """The whole JSON object for a file, its advice in that language, and the exit code: 0, 1 not georeferenced at all,
    3 no frame decodes."""
    answer = _answer(path, language)
    return answer.as_json(), answer.exit_code


def doctor_video(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The whole JSON object for a file (`apacheta/doctor-video/1`); never raises for what the file holds."""
    return run(path)[0]


def _answer(path: str | os.PathLike[str], language: str | None) -> Answer:
    answer = Answer(SCHEMA, KEYS, {"source": os.fspath(path)})
    return run_to_answer(answer, lambda a: _work(a, Path(path), Texts(language)))


def _work(answer: Answer, path: Path, t: Texts) -> None:
    found = examine(path)
    size = path.stat().st_size
    answer.body |= {
        "container": "mpegts" if found.demuxer.stats.packets and found.demuxer.programs else _container(path),
        "bytes": size,
        "programs": len(found.demuxer.programs),
        "continuity_errors": found.demuxer.stats.continuity_errors,
        "crc_errors": found.demuxer.stats.crc_errors,
        "video": found.video_figures(),
        "metadata": found.metadata_figures(),
        "timing": found.timing_figures(),
        "georeferencing": found.georeferencing(),
    }
    answer.warnings += _warnings(found)
    answer.body["advice"] = _advice(answer, found, t)
    if not found.frames:
        raise _no_video(answer.body, path)
    answer.exit_code = 1 if answer.body["georeferencing"] == "none" else 0


def _container(path: Path) -> str | None:
    """The name of another container by its first bytes, None where they are none that we know."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    return next((name for mark, name in _OTHER_CONTAINERS.items() if mark in (head[:4], head[4:8])), None)


def _no_video(body: dict[str, Any], path: Path) -> InputFault:
    if body["container"] == "mpegts":
        text, remedy = "No frame of video could be decoded.", body["advice"][0]
        return InputFault("no_video", text, file=str(path), remedy=remedy)
    name = body["container"]
    text = f"This is {name}, not an MPEG transport stream." if name else "This is no MPEG transport stream."
    return InputFault("not_a_transport_stream", text, file=str(path), remedy=body["advice"][0])


def damage_lines(stats: TsStats, decoder: DecoderStats | None, trailing_bytes: int) -> list[ErrorLine]:
    """One line for each kind of damage to packets and video that was met and survived."""
    return _counted(
        ("sync_lost", stats.resyncs, "times the packets lost step and were found again"),
        ("bytes_skipped", stats.skipped_bytes, "bytes belong to no packet"),
        ("continuity_errors", stats.continuity_errors, "gaps in the packets' counters"),
        ("crc_errors", stats.crc_errors, "program tables with a wrong checksum"),
        ("transport_errors", stats.transport_errors, "packets that the receiver marked as broken"),
        ("scrambled", stats.scrambled, "packets are encrypted"),
        ("units_damaged", stats.damaged_units + stats.pes_errors, "units with bytes missing"),
        ("frames_damaged", decoder.damaged_frames if decoder else 0, "frames decoded from damaged video"),
        ("frames_undecodable", decoder.failed_units if decoder else 0, "units of video that the decoder refused"),
        (
            "frames_lost",
            decoder.lost_units if decoder else 0,
            "units of video lost with a decoder that had to be ended",
        ),
        ("trailing_bytes", trailing_bytes, "bytes after the last whole packet"),
    )


def _warnings(found: Examination) -> list[ErrorLine]:
    """One line for each kind of damage that was met and survived."""
    return damage_lines(found.demuxer.stats, found.decoder_stats, found.trailing_bytes) + _counted(
        ("checksum_failures", found.checksum_failures, "metadata sets with a wrong or missing checksum"),
        ("length_failures", found.length_failures, "metadata lengths that contradict the standard"),
        ("metadata_garbage", found.garbage, "runs of metadata that are no set"),
    )


def _counted(*counts: tuple[str, int, str]) -> list[ErrorLine]:
    return [ErrorLine(code=code, text=f"{count} {text}") for code, count, text in counts if count > 0]


def _advice(answer: Answer, found: Examination, t: Texts) -> list[str]:
    """Sentences, the most urgent first; never empty."""
    body = answer.body
    if body["container"] != "mpegts":
        return [t("doctor.advice.other_container")]
    if not found.frames:
        return [t(f"doctor.advice.{_why_no_video(found)}")]
    needed = [name for name, is_needed in _needs(body) if is_needed]
    missing = ", ".join(map(str, (body["metadata"] or {}).get("items_missing_for_georeferencing", ())))
    return [t(f"doctor.advice.{name}", items=missing) for name in needed or ["whole"]]


def _needs(body: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """Each advice by its name in the texts, the most urgent first, and whether it is needed."""
    metadata = body["metadata"]
    yield "metadata_off", metadata is None
    if metadata is not None:
        is_short = body["georeferencing"] != "full" and bool(metadata["items_missing_for_georeferencing"])
        yield "items_missing", is_short
        yield "checksums", metadata["checksum_failures"] > 0
        yield "synchronous", metadata["packets_without_pts"] > 0
    yield "clock_still", body["timing"]["stands_still"]
    yield "packets_missing", body["continuity_errors"] > 0
    yield "not_for_browsers", not body["video"]["browser_playable"]


def _why_no_video(found: Examination) -> str:
    if found.demuxer.stats.scrambled:
        return "encrypted"
    return "too_damaged" if found.video_pid else "no_video"


def _summary(body: dict[str, Any], language: str | None) -> str:
    t = Texts(language)
    video, metadata = body["video"] or {}, body["metadata"]
    size = f"{video.get('width_px')}x{video.get('height_px')}"
    lines = [
        t("doctor.video", source=body["source"], frames=video.get("frames"), codec=video.get("codec"), size=size),
        t("doctor.metadata", packets=metadata["packets"], standard=metadata["standard"])
        if metadata
        else t("doctor.no_metadata"),
        t(f"doctor.georeferencing.{body['georeferencing']}"),
    ]
    return "\n".join([*lines, *(f"- {sentence}" for sentence in body["advice"])])
