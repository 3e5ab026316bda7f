"""`apacheta doctor video`: what a recorded stream is, what is wrong with it, and what to do about it."""

import argparse
import os
from pathlib import Path
from typing import Any

from apacheta.adapters.video import DecoderStats
from apacheta.core.errors import ErrorLine, InputFault
from apacheta.formats.ts import TsStats

from .answer import Answer, run_to_answer, show
from .examination import Examination, examine

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
    return show(_answer(arguments.file), arguments.json, _summary)


def run(path: str | os.PathLike[str]) -> tuple[dict[str, Any], int]:
    """The whole JSON object for a file, and the exit code: 0, 1 not georeferenced at all, 3 no frame decodes."""
    answer = _answer(path)
    return answer.as_json(), answer.exit_code


def doctor_video(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The whole JSON object for a file (`apacheta/doctor-video/1`); never raises for what the file holds."""
    return run(path)[0]


def _answer(path: str | os.PathLike[str]) -> Answer:
    answer = Answer(SCHEMA, KEYS, {"source": os.fspath(path)})
    return run_to_answer(answer, lambda a: _work(a, Path(path)))


def _work(answer: Answer, path: Path) -> None:
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
    answer.body["advice"] = _advice(answer, found)
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


def _advice(answer: Answer, found: Examination) -> list[str]:
    """Sentences, the most urgent first; never empty."""
    body, advice = answer.body, []
    if body["container"] != "mpegts":
        return ["Put the stream into MPEG-TS without re-encoding: ffmpeg -i IN -map 0 -c copy OUT.ts"]
    if not found.frames:
        return [_why_no_video(found)]
    metadata, timing = body["metadata"], body["timing"]
    if metadata is None:
        advice.append("Switch the encoder's KLV metadata (ST 0601) on: without it no frame has a place on the ground.")
    elif body["georeferencing"] != "full" and metadata["items_missing_for_georeferencing"]:
        missing = ", ".join(map(str, metadata["items_missing_for_georeferencing"]))
        advice.append(f"Let the encoder send what a camera's pose lacks: {missing}.")
    if metadata and metadata["checksum_failures"]:
        advice.append(
            "Metadata with a wrong checksum is not used: look at the encoder's checksum or at the link's losses."
        )
    if metadata and metadata["packets_without_pts"]:
        advice.append(
            "Send the metadata synchronously (stream type 0x15): without a time stamp it pairs with frames by arrival."
        )
    if timing["stands_still"]:
        advice.append("The metadata's clock stands still: its time stamps cannot be used.")
    if body["continuity_errors"]:
        advice.append("Packets are missing: look at the link, or record closer to the receiver.")
    if not body["video"]["browser_playable"]:
        advice.append("Browsers do not play this video: encode H.264 Baseline, Main or High, 4:2:0, 8 bit.")
    return advice or ["Nothing to do: the stream is whole and every frame can be placed."]


def _why_no_video(found: Examination) -> str:
    if found.demuxer.stats.scrambled:
        return "The stream is encrypted: record it after decryption."
    if not found.video_pid:
        return "The stream has no video: choose another program, or look at the encoder."
    return "The video is too damaged, or no key frame is in it: record longer, and look at the link."


def _summary(body: dict[str, Any]) -> str:
    video, metadata = body["video"] or {}, body["metadata"]
    lines = [
        f"{body['source']}: {video.get('frames')} frames {video.get('codec')} "
        f"{video.get('width_px')}x{video.get('height_px')}",
        f"metadata: {metadata['packets']} sets, {metadata['standard']}" if metadata else "metadata: none",
        f"georeferencing: {body['georeferencing']}",
    ]
    return "\n".join([*lines, *(f"- {sentence}" for sentence in body["advice"])])
