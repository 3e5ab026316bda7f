"""Access units to gray images: right pixels, right times, damage counted and survived."""

import io
from functools import cache
from pathlib import Path

import av
import numpy as np
import pytest
from stream_sample import pictures, units_of

from apacheta.adapters.video import CODECS, DecodedFrame, VideoDecoder
from apacheta.core.errors import InputFault
from apacheta.formats.ts import TsDemuxer


def decoded(path: Path) -> tuple[list[DecodedFrame], VideoDecoder]:
    demuxer = TsDemuxer()
    units = [u for u in demuxer.feed(path.read_bytes()) + demuxer.flush() if u.kind == "video"]
    decoder = VideoDecoder.for_stream_type(units[0].stream_type)
    frames = [f for u in units for f in decoder.decode(u.data, u.pts_90k, u.damaged)]
    return frames + decoder.flush(), decoder


@pytest.mark.parametrize(
    ("name", "codec", "frames", "shape"),
    [
        ("aphill_short", "h264", 48, (480, 720)),
        ("h264_klv", "h264", 30, (120, 160)),
        ("h264_no_klv", "h264", 30, (120, 160)),
        ("h264_audio", "mpeg2video", 29, (120, 160)),
    ],
)
def test_shared_streams_decode_to_the_pinned_frames(
    shared_data: Path, name: str, codec: str, frames: int, shape: tuple[int, int]
) -> None:
    got, decoder = decoded(shared_data / "video" / f"{name}.ts")
    assert (decoder.codec, len(got), got[0].gray.shape) == (codec, frames, shape)
    assert not any(f.damaged for f in got)
    times = [f.pts_90k for f in got]
    assert None not in times
    assert times == sorted(times)


def test_the_gray_image_is_the_luma_plane(shared_data: Path) -> None:
    path = shared_data / "video" / "aphill_short.ts"
    with av.open(io.BytesIO(path.read_bytes())) as container:
        container.streams.video[0].thread_count = 1
        luma = next(container.decode(video=0)).to_ndarray()[:480]
    first = decoded(path)[0][0].gray
    assert np.array_equal(first, luma)
    assert first.flags.c_contiguous
    assert not first.flags.writeable


def test_each_unit_of_ours_gives_its_image_at_once() -> None:
    decoder = VideoDecoder("h264")
    for number, (unit, key) in enumerate(pictures(20)):
        (frame,) = decoder.decode(unit, 9_000 * number)
        assert (frame.pts_90k, frame.keyframe, frame.damaged) == (9_000 * number, key, False)
        assert frame.gray[50, 4 * number + 10] > 180
    assert decoder.stats.frames == 20


def test_two_pictures_in_one_unit_are_both_decoded() -> None:
    delimiter = b"\x00\x00\x00\x01\x09\xf0"
    units = [delimiter + unit for unit, _ in pictures(4)]
    assert len(VideoDecoder("h264").decode(units[0] + units[1] + units[2], 0)) == 3


def test_broken_units_are_counted_and_the_next_key_frame_is_whole() -> None:
    decoder, generator = VideoDecoder("h264"), np.random.default_rng(7)
    frames = []
    for number, (unit, _) in enumerate(pictures(20)):
        data = generator.bytes(len(unit)) if number in (3, 4) else unit[: len(unit) // 2] if number == 5 else unit
        frames += decoder.decode(data, 9_000 * number, damaged=number == 5)
    assert decoder.stats.failed_units + decoder.stats.damaged_frames >= 2
    after = {f.pts_90k: f.damaged for f in frames}
    assert [after[9_000 * n] for n in range(10, 20)] == [False] * 10


def test_an_image_of_a_unit_with_bytes_missing_says_so() -> None:
    (frame,) = VideoDecoder("h264").decode(pictures(20)[0][0], 0, damaged=True)
    assert frame.damaged


@cache
def units_like(stream: str) -> list[tuple[bytes, int]]:
    """Key frames that begin anew, that pictures shown before them refer across, and none but the first."""
    x264 = "scenecut=0:repeat-headers=1"
    fast = {"preset": "fast", "x264-params": x264}
    return {
        "closed": lambda: units_of("libx264", 0, fast | {"tune": "zerolatency"}),
        "open": lambda: units_of("libx264", 2, fast | {"x264-params": f"{x264}:open-gop=1:b-adapt=0"}),
        "refresh": lambda: units_of("libx264", 0, fast | {"tune": "zerolatency", "intra-refresh": "1"}),
        "mpeg2": lambda: units_of("mpeg2video", 2, {}),
    }[stream]()


def damaged_in(codec: str, units: list[tuple[bytes, int]], lost: int, how: str) -> tuple[set[int], set[int]]:
    """The unit at `lost` cut short, refused, or named as damaged (`lost`: cut too): numbers of the images that say so,
    and of those that are not what they should be."""
    whole, decoder, frames = VideoDecoder(codec), VideoDecoder(codec), []
    true = {f.pts_90k: f.gray for data, at in units for f in whole.decode(data, at)}
    true |= {f.pts_90k: f.gray for f in whole.flush()}
    for number, (data, at) in enumerate(units):
        sent = {"named": data, "refused": b"\0\0\1"}.get(how, data[: len(data) // 2]) if number == lost else data
        frames += decoder.decode(sent, at, damaged=number == lost and how in ("named", "lost"))
    frames += decoder.flush()
    wrong = {f.pts_90k for f in frames if not np.array_equal(f.gray, true[f.pts_90k])}
    return {f.pts_90k for f in frames if f.damaged}, wrong


@pytest.mark.parametrize("how", ["cut", "refused", "named", "lost"])
def test_damage_stays_until_the_next_key_frame(how: str) -> None:
    named, wrong = damaged_in("h264", units_like("closed"), 16, how)
    assert named == set(range(16 + (how == "refused"), 24))
    assert wrong <= named
    assert bool(wrong) is (how != "named")


@pytest.mark.parametrize(("stream", "codec"), [("open", "h264"), ("mpeg2", "mpeg2video")])
def test_reordered_pictures_are_damaged_until_the_key_frame_is_shown(stream: str, codec: str) -> None:
    """The units are those of 12 (key), 10, 11, 15 (lost), 13, 14 and so on: 22 and 23 come after key frame 24, and
    are drawn from pictures before it."""
    units = units_like(stream)
    lost = next(n for n, (_, at) in enumerate(units) if at == 15)
    named, wrong = damaged_in(codec, units, lost, "lost")
    assert named == set(range(13, 24))
    assert 23 in wrong <= named


def test_damage_ends_where_a_gradual_refresh_ends() -> None:
    """No key frame but the first: a refresh begins each 12 frames and takes 8 more."""
    named, wrong = damaged_in("h264", units_like("refresh"), 16, "cut")
    assert named == set(range(16, 32))
    assert wrong <= named


def test_damage_in_a_gradual_refresh_waits_for_the_next() -> None:
    units = units_like("refresh")
    decoder, frames = VideoDecoder("h264"), []
    for number, (data, at) in enumerate(units):
        frames += decoder.decode(data, at, damaged=number in (10, 15))
    assert [f.pts_90k for f in frames if f.damaged] == list(range(10, 32))


@pytest.mark.parametrize("stream", ["closed", "open", "refresh"])
def test_a_stream_joined_in_its_middle_shows_nothing_before_it_is_whole(stream: str) -> None:
    units = units_like(stream)
    decoder, whole = VideoDecoder("h264"), VideoDecoder("h264")
    true = {f.pts_90k: f.gray for data, at in units for f in whole.decode(data, at)}
    frames = [f for data, at in units[5:] for f in decoder.decode(data, at)]
    assert len(frames) > 10
    assert all(np.array_equal(f.gray, true[f.pts_90k]) for f in frames if not f.damaged)
    assert not any(f.damaged for f in frames)


def test_damage_in_the_second_field_breaks_its_picture(shared_data: Path) -> None:
    """Each picture of this stream is two fields, each in a unit of its own; key frames are pictures 0, 16 and 32."""
    demuxer = TsDemuxer()
    data = (shared_data / "video" / "aphill_short.ts").read_bytes()
    units = [u for u in demuxer.feed(data) + demuxer.flush() if u.kind == "video"]
    decoder = VideoDecoder("h264")
    frames = [f for n, u in enumerate(units) for f in decoder.decode(u.data, u.pts_90k, damaged=n == 33)]
    frames += decoder.flush()
    assert [n for n, f in enumerate(frames) if f.damaged] == list(range(16, 32))


@pytest.mark.parametrize("codec", sorted(CODECS.values()))
def test_pure_garbage_never_raises(codec: str) -> None:
    decoder, generator = VideoDecoder(codec), np.random.default_rng(1)
    for size in (0, 1, 5, 200, 5_000):
        assert decoder.decode(generator.bytes(size), None) == []
        assert decoder.decode(b"\x00\x00\x01" + generator.bytes(size), 1) == []
    assert decoder.flush() == []


def test_a_coding_that_we_do_not_read_is_an_input_fault() -> None:
    with pytest.raises(InputFault):
        VideoDecoder.for_stream_type(0x42)
