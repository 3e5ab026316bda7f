"""Access units to gray images: right pixels, right times, damage counted and survived."""

import io
from pathlib import Path

import av
import numpy as np
import pytest
from stream_sample import pictures

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
