"""What a program carries: stream types, kinds, and the records of programs and their streams.

Source: ISO/IEC 13818-1 table 2-34 (stream types); ST 1402 (how KLV is carried).
"""

from typing import Literal

import msgspec

Kind = Literal["video", "metadata", "audio", "other"]
Carriage = Literal["synchronous", "asynchronous", "none"]

MPEG1_VIDEO, MPEG2_VIDEO, MPEG4_VIDEO, H264, HEVC = 0x01, 0x02, 0x10, 0x1B, 0x24
PRIVATE_DATA, METADATA_IN_PES = 0x06, 0x15
KLVA = b"KLVA"
"""The format identifier under which SMPTE registered KLV."""
SMPTE_KEY_START = b"\x06\x0e\x2b\x34"
"""How every SMPTE universal label begins (SMPTE ST 298)."""

_VIDEO = frozenset({MPEG1_VIDEO, MPEG2_VIDEO, MPEG4_VIDEO, H264, 0x20, HEVC, 0x33, 0x42, 0xEA})
_AUDIO = frozenset({0x03, 0x04, 0x0F, 0x11, 0x1C, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x87})


class ElementaryStream(msgspec.Struct, frozen=True, kw_only=True):
    """One stream of a program. `format_identifiers`: those of registration (0x05) and metadata (0x26) descriptors."""

    pid: int
    stream_type: int
    kind: Kind
    format_identifiers: tuple[bytes, ...] = ()


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """One program as its latest map (PMT) says."""

    number: int
    pmt_pid: int
    version: int
    pcr_pid: int
    streams: tuple[ElementaryStream, ...]


def kind_of(stream_type: int, format_identifiers: tuple[bytes, ...]) -> Kind:
    """Video, audio, metadata or other. Private data without KLVA stays "other" here; its bytes may say more."""
    if stream_type in _VIDEO:
        return "video"
    if stream_type in _AUDIO:
        return "audio"
    if stream_type == METADATA_IN_PES:
        return "metadata"
    if stream_type == PRIVATE_DATA and KLVA in format_identifiers:
        return "metadata"
    return "other"
