"""One stream's chain: bytes to frames, to seen ground and tracks, to alerts, to the account."""

from .chain import Chain, ChainSettings, ChainTotals
from .keeper import Keeper
from .pairing import Paired, Pairing
from .sample import Sample, pooled
from .segments import Segment, Segmenter
from .tap import Posed, Tap

__all__ = [
    "Chain",
    "ChainSettings",
    "ChainTotals",
    "Keeper",
    "Paired",
    "Pairing",
    "Posed",
    "Sample",
    "pooled",
    "Segment",
    "Segmenter",
    "Tap",
]
