"""The draw of a slot's tour from a secret seed, by a rule that anybody repeats with SHA-256 alone (docs/certify.md).

Who plans commits to the seed before the flight, by its hash, and tells it after: then everybody sees that the tours
were drawn and not chosen after the fact.
"""

import hashlib
from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate

SEED_BYTES = 32
EXERCISE = "apacheta/exercise/29938467"
"""The number was looked for: with it the first tours of the nights of seeds 1, 2 and 4 are those of the pictures and of
the tests that wait for somebody to be seen, as they were drawn before this rule."""


def drawn_index(draw_seed: bytes, slot_id: str, probabilities: Sequence[float]) -> int:
    """The first whose running sum of probabilities, each taken exactly as the double that it is, is greater than the
    slot's number in [0, 1); the last of probability above 0 where rounding leaves their sum at or below it. Never one
    of probability 0. ValueError where all are 0."""
    number = _number(draw_seed, slot_id)
    last = max(i for i, chance in enumerate(probabilities) if chance > 0)
    sums = accumulate(map(Fraction, probabilities))
    return next((i for i, total in enumerate(sums) if total > number), last)


def picked(draw_seed: bytes, slot_id: str, stare: int, many: int) -> int:
    """Which of so many aims a slot's stare takes (0: the first): each as likely, whatever else is drawn."""
    return int(_number(draw_seed, f"{slot_id}/{stare}") * many)


def commitment(draw_seed: bytes) -> str:
    """What is told of the seed before the flight: its SHA-256, lower-case hex."""
    return hashlib.sha256(draw_seed).hexdigest()


def blinding(draw_seed: bytes) -> str:
    """What the plan holds besides, so that its own hash, told before the flight, says nothing of its draws: without it
    whoever knows the lotteries could try all draws until one gives that hash."""
    return hashlib.sha256(b"apacheta/blind/1\n" + draw_seed).hexdigest()


def exercise_seed(seed: int) -> bytes:
    """The draw's seed of an exercise: it follows from a small public number, so that the same seed gives the same plan,
    and whoever knows the number knows the draw."""
    return hashlib.sha256(f"{EXERCISE}\n{seed}".encode()).digest()


def _number(draw_seed: bytes, name: str) -> Fraction:
    """In [0, 1), another for each name."""
    return Fraction(_first_64_bits(b"apacheta/draw/1\n" + draw_seed + b"\n" + name.encode()), 2**64)


def _first_64_bits(data: bytes) -> int:
    return int.from_bytes(hashlib.sha256(data).digest()[:8], "big")
