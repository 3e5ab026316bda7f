"""One stream's chain: bytes to frames, to seen ground and tracks, to alerts, to the account."""

from .chain import Chain, ChainSettings, ChainTotals
from .keeper import Keeper
from .pairing import Paired, Pairing
from .sample import Sample, pooled
from .segments import Segment, Segmenter

__all__ = [
    "Chain",
    "ChainSettings",
    "ChainTotals",
    "Keeper",
    "Paired",
    "Pairing",
    "Sample",
    "pooled",
    "Segment",
    "Segmenter",
]
