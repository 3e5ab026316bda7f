"""The doctor on whole, cut, corrupted, bare and foreign files: every key, the right exit code, a next step."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from stream_sample import items_at, own_stream, pictures

from apacheta.app.cli import main
from apacheta.app.doctor import KEYS, doctor_video, run
from apacheta.formats.klv import encode_st0601
from apacheta.formats.ts import TsMuxer

VIDEO_KEYS = {
    "pid",
    "codec",
    "profile",
    "width_px",
    "height_px",
    "frame_rate_hz",
    "frames",
    "duration_s",
    "browser_playable",
}
METADATA_KEYS = {
    "pid",
    "standard",
    "version",
    "carriage",
    "packets",
    "packets_without_pts",
    "checksum_failures",
    "length_failures",
    "rate_hz",
    "items_present",
    "items_missing_for_georeferencing",
}


def examined(folder: Path, data: bytes) -> tuple[dict[str, Any], int]:
    path = folder / "stream.ts"
    path.write_bytes(data)
    body, code = run(path, "en")
    json.dumps(body, allow_nan=False)
    assert set(KEYS) <= set(body)
    assert code == body["exit_code"]
    assert body["advice"]
    return body, code


def warned(body: dict[str, Any]) -> set[str]:
    return {w["code"] for w in body["warnings"]}


@pytest.mark.parametrize(
    ("name", "frames", "packets", "standard", "codec", "code"),
    [
        ("aphill_short", 48, 48, "EG 0104", "h264", 0),
        ("h264_klv", 30, 30, "ST 0601", "h264", 0),
        ("h264_no_klv", 30, None, None, "h264", 1),
        ("h264_audio", 29, None, None, "mpeg2video", 1),
    ],
)
def test_shared_streams_give_the_pinned_figures(
    shared_data: Path, name: str, frames: int, packets: int | None, standard: str | None, codec: str, code: int
) -> None:
    body, got = run(shared_data / "video" / f"{name}.ts")
    metadata = body["metadata"] or {}
    assert got == code
    assert (body["video"]["frames"], body["video"]["codec"]) == (frames, codec)
    assert (metadata.get("packets"), metadata.get("standard")) == (packets, standard)
    assert body["warnings"] == []


def test_our_own_stream_is_whole_in_every_figure(tmp_path: Path) -> None:
    body, code = examined(tmp_path, own_stream(20))
    assert (code, body["georeferencing"], body["warnings"], body["errors"]) == (0, "full", [], [])
    assert set(body["video"]) >= VIDEO_KEYS
    assert set(body["metadata"]) >= METADATA_KEYS
    video, metadata, timing = body["video"], body["metadata"], body["timing"]
    assert (video["frames"], video["frame_rate_hz"], video["duration_s"]) == (20, 10.0, 2.0)
    assert video["browser_playable"]
    assert (metadata["carriage"], metadata["packets"], metadata["rate_hz"]) == ("synchronous", 20, 10.0)
    assert (metadata["version"], metadata["items_missing_for_georeferencing"]) == (17, [])
    assert (timing["clock"], timing["offset_median_s"], timing["offset_p95_s"]) == ("pts", 0.0, 0.0)
    assert abs(timing["drift_ppm"]) < 1.0
    assert body["advice"] == ["Nothing to do: the stream is whole and every frame can be placed."]


@pytest.mark.parametrize(("language", "said"), [("es", "Nada que hacer"), ("en", "Nothing to do")])
def test_the_command_speaks_the_language_that_it_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str, said: str
) -> None:
    (tmp_path / "stream.ts").write_bytes(own_stream(20))
    assert main(["doctor", "video", str(tmp_path / "stream.ts"), "--lang", language]) == 0
    assert said in capsys.readouterr().out


def test_a_clock_that_runs_fast_shows_its_drift_and_late_metadata_its_offset(tmp_path: Path) -> None:
    muxer, parts = TsMuxer(), []
    for n, (unit, key) in enumerate(pictures(20)):
        items = items_at(n) | {2: items_at(0)[2] + round(n * 100_000 * 1.0005)}
        parts.append(muxer.frame(9_000 * n, unit, b"", key))
        parts.append(metadata_alone(muxer, 9_000 * n + 1_800, encode_st0601(items)))
    body, _ = examined(tmp_path, b"".join(parts))
    assert body["timing"]["drift_ppm"] == pytest.approx(500.0, abs=5.0)
    assert body["timing"]["offset_median_s"] == pytest.approx(0.02)


def metadata_alone(muxer: TsMuxer, pts_90k: int, klv: bytes) -> bytes:
    """The packets of one metadata set alone."""
    whole = muxer.frame(pts_90k, b"", klv, False)
    muxer._counts[0x100] = (muxer._counts[0x100] - 1) & 15
    return whole[:-188]


def test_a_cut_file_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    whole = own_stream(20)
    body, code = examined(tmp_path, whole[: len(whole) // 2 - 40])
    assert code == 0
    assert 5 <= body["video"]["frames"] < 20
    assert "trailing_bytes" in warned(body)


def test_flipped_bytes_are_counted_and_survived(tmp_path: Path) -> None:
    data, generator = bytearray(own_stream(20)), np.random.default_rng(5)
    for at in generator.integers(0, len(data), 60):
        data[at] ^= 1 << generator.integers(8)
    body, code = examined(tmp_path, bytes(data))
    assert code == 0
    assert body["video"]["frames"] >= 10
    assert warned(body)


def test_lost_packets_are_counted(tmp_path: Path) -> None:
    whole = own_stream(20)
    packets = [whole[at : at + 188] for at in range(0, len(whole), 188)]
    body, code = examined(tmp_path, b"".join(p for k, p in enumerate(packets) if k % 40 != 30))
    assert code == 0
    assert body["continuity_errors"] > 0
    assert {"continuity_errors", "units_damaged"} <= warned(body)


def test_a_stream_without_metadata_answers_no(tmp_path: Path) -> None:
    body, code = examined(tmp_path, own_stream(5, metadata=False))
    assert (code, body["ok"], body["georeferencing"], body["metadata"]) == (1, False, "none", None)
    assert "ST 0601" in body["advice"][0]


def rewritten(change: Any) -> bytes:
    """Our stream with each set put through `change`."""
    muxer = TsMuxer()
    sets = [change(n) for n in range(10)]
    return b"".join(
        muxer.frame(9_000 * n, unit, klv, key)
        for n, ((unit, key), klv) in enumerate(zip(pictures(20)[:10], sets, strict=True))
    )


def test_wrong_checksums_are_counted_and_place_nothing(tmp_path: Path) -> None:
    body, code = examined(tmp_path, rewritten(lambda n: encode_st0601(items_at(n))[:-1] + b"\x00"))
    assert (code, body["georeferencing"]) == (1, "none")
    assert body["metadata"]["checksum_failures"] == 10
    assert "checksum_failures" in warned(body)


def test_missing_items_are_named_and_make_it_partial(tmp_path: Path) -> None:
    def without_gimbal(n: int) -> bytes:
        return encode_st0601({k: v for k, v in items_at(n).items() if k not in (18, 19)})

    body, code = examined(tmp_path, rewritten(without_gimbal))
    assert (code, body["georeferencing"]) == (0, "partial")
    assert body["metadata"]["items_missing_for_georeferencing"] == ["18", "19"]
    assert any("18, 19" in sentence for sentence in body["advice"])


def test_a_metadata_clock_that_stands_still_is_said(tmp_path: Path) -> None:
    body, _ = examined(tmp_path, rewritten(lambda n: encode_st0601(items_at(0))))
    assert body["timing"]["stands_still"]
    assert body["timing"]["drift_ppm"] is None


@pytest.mark.parametrize(
    ("data", "container"),
    [
        (np.random.default_rng(3).bytes(50_000), None),
        (b"", None),
        (b"\x00\x00\x00\x18ftypmp42" + bytes(5_000), "mp4"),
        (b"G" * 5_000, None),
    ],
)
def test_garbage_and_other_containers_are_input_faults(tmp_path: Path, data: bytes, container: str | None) -> None:
    body, code = examined(tmp_path, data)
    assert (code, body["container"], body["video"]) == (3, container, None)
    assert body["errors"][0]["code"] == "not_a_transport_stream"
    assert body["errors"][0]["remedy"]


def test_a_stream_without_a_key_frame_has_no_frame(tmp_path: Path) -> None:
    muxer = TsMuxer()
    tables = muxer.frame(0, b"\x00", b"", True)
    data = b"".join(muxer.frame(9_000 * n, pictures(20)[n][0], b"", False) for n in range(1, 6))
    body, code = examined(tmp_path, tables + data)
    assert (code, body["container"], body["errors"][0]["code"]) == (3, "mpegts", "no_video")


def test_a_missing_file_has_every_key_and_exit_code_3(tmp_path: Path) -> None:
    body = doctor_video(tmp_path / "nothing.ts")
    assert set(KEYS) <= set(body)
    assert (body["exit_code"], body["errors"][0]["code"]) == (3, "file_missing")
