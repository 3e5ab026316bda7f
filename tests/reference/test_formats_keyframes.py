"""Key frames by what a unit holds, against what the encoders and libavcodec call one."""

from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apacheta.formats.keyframes import is_key_unit
from apacheta.formats.ts.streams import H264, HEVC, MPEG2_VIDEO

CODECS = {
    "libx264": (H264, {"x264-params": "scenecut=0:keyint=8:bframes=2:open-gop=0"}),
    "libx265": (HEVC, {"x265-params": "log-level=none:keyint=8:min-keyint=8:scenecut=0:bframes=2"}),
    "mpeg2video": (MPEG2_VIDEO, {}),
}


def units(name: str) -> list[tuple[bytes, bool]]:
    """Units of a moving square by that encoder in its own order, and whether it calls each a key frame."""
    context = av.CodecContext.create(name, "w")
    context.width, context.height, context.pix_fmt, context.gop_size = 160, 128, "yuv420p", 8
    context.framerate, context.time_base = 25, Fraction(1, 25)
    context.options, context.thread_count = CODECS[name][1], 1
    out = []
    for number in range(24):
        gray = np.full((128, 160), 90, np.uint8)
        gray[40:60, 4 * number : 4 * number + 20] = 220
        frame = av.VideoFrame.from_ndarray(gray, format="gray").reformat(format="yuv420p")
        frame.pts = number
        out += context.encode(frame)
    return [(bytes(p), p.is_keyframe) for p in [*out, *context.encode(None)]]


@pytest.mark.parametrize("name", list(CODECS))
def test_what_the_encoder_calls_a_key_frame_is_one_and_nothing_else(name: str) -> None:
    made = units(name)
    assert [is_key_unit(unit, CODECS[name][0]) for unit, _ in made] == [key for _, key in made]
    assert 2 <= sum(key for _, key in made) < len(made)


def test_units_laid_by_hand_from_the_standards_tables() -> None:
    parameters, idr, plain = b"\0\0\0\1\x67\1\0\0\1\x68\1", b"\0\0\1\x65\x88", b"\0\0\1\x41\x9a"
    assert is_key_unit(b"\0\0\0\1\x09\x10" + parameters + idr, H264)
    assert not is_key_unit(parameters + plain, H264)
    verdicts = [is_key_unit(bytes((0, 0, 1, kind << 1, 1, 0x80)), HEVC) for kind in range(32)]
    assert [kind for kind, key in enumerate(verdicts) if key] == [16, 17, 18, 19, 20, 21]
    head = b"\0\0\1\xb3"
    pictures = [is_key_unit(head + bytes((0, 0, 1, 0, 0x12, 0xC0 | k << 3, 0xFF)), MPEG2_VIDEO) for k in range(1, 4)]
    assert pictures == [True, False, False]


def test_a_unit_cut_short_or_of_another_codec_is_no_key_frame() -> None:
    assert not any(is_key_unit(b"\0\0\1", kind) for kind in (H264, HEVC, MPEG2_VIDEO))
    assert not is_key_unit(b"\0\0\1\0\0", MPEG2_VIDEO)
    assert not is_key_unit(b"\0\0\1\x65\x88", 0)


@given(st.sampled_from((H264, HEVC, MPEG2_VIDEO, 0)), st.binary(max_size=200))
def test_no_bytes_raise(kind: int, unit: bytes) -> None:
    assert is_key_unit(unit, kind) in (True, False)
