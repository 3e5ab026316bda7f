"""MPEG transport streams: bytes in, access units out, and back. `TsDemuxer` reads, `TsMuxer` writes."""

from .demux import TsDemuxer
from .mux import TsMuxer
from .streams import (
    H264,
    HEVC,
    KLVA,
    METADATA_IN_PES,
    MPEG2_VIDEO,
    PRIVATE_DATA,
    Carriage,
    ElementaryStream,
    Kind,
    Program,
)
from .unit import PesUnit, TsStats

__all__ = [
    "H264",
    "HEVC",
    "KLVA",
    "METADATA_IN_PES",
    "MPEG2_VIDEO",
    "PRIVATE_DATA",
    "Carriage",
    "ElementaryStream",
    "Kind",
    "PesUnit",
    "Program",
    "TsDemuxer",
    "TsMuxer",
    "TsStats",
]
