"""The scorer: the only reader of truth.jsonl, run after the chain has ended. Definitions: the interfaces page."""

from .score import Score, score_night
from .truth import Truth, read_truth

__all__ = ["Score", "Truth", "read_truth", "score_night"]
