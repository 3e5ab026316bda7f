"""Whether decoding can begin at an access unit, by its bytes alone: transport streams often forget to say so.

Source: ITU-T H.264 table 7-1, H.265 table 7-1, H.262 sections 6.2.2 and 6.3.9. Only the first slice is asked: all
slices of one picture agree. An H.264 recovery point is no key frame here: browsers begin at an IDR picture only.
"""

import re

from .ts.streams import H264, HEVC, MPEG1_VIDEO, MPEG2_VIDEO

_H264_SLICE = re.compile(rb"\x00\x00\x01([\x01\x02\x05\x21\x22\x25\x41\x42\x45\x61\x62\x65])")
_H264_IDR = 5
_HEVC_SLICE = re.compile(rb"\x00\x00\x01([\x00-\x13\x20-\x2b])")
_HEVC_IRAP = range(16, 22)
"""BLA, IDR and CRA pictures."""
_MPEG_HEAD = re.compile(rb"\x00\x00\x01\xb3")
_MPEG_PICTURE = re.compile(rb"\x00\x00\x01\x00[\x00-\xff]([\x00-\xff])")
_INTRA = 1
"""picture_coding_type."""


def is_key_unit(data: bytes, stream_type: int) -> bool:
    """Whether a decoder that knows nothing yet can begin here. Unknown stream types never say so."""
    if stream_type == H264:
        found = _H264_SLICE.search(data)
        return found is not None and found[1][0] & 0x1F == _H264_IDR
    if stream_type == HEVC:
        found = _HEVC_SLICE.search(data)
        return found is not None and found[1][0] >> 1 in _HEVC_IRAP
    if stream_type in (MPEG1_VIDEO, MPEG2_VIDEO):
        head, picture = _MPEG_HEAD.search(data), _MPEG_PICTURE.search(data)
        return head is not None and picture is not None and picture[1][0] >> 3 & 7 == _INTRA
    return False
