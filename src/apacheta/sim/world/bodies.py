"""How large and how warm people, animals and vehicles are, and how they line up."""

import numpy as np

from .crowd import Member

SIZE_M = {  # height, width, length
    "person": (1.7, 0.5, 0.5),
    "mule": (1.4, 0.6, 1.8),
    "vehicle": (1.7, 2.0, 4.8),
    "goat": (0.8, 0.45, 1.0),
    "fox": (0.4, 0.25, 0.7),
}
WARMER_K = {  # least and most above the ground around, clothed people in a cold night
    "person": (8.0, 14.0),
    "mule": (6.0, 12.0),
    "vehicle": (10.0, 20.0),
    "goat": (5.0, 9.0),
    "fox": (4.0, 8.0),
}


def body(rng: np.random.Generator, kind: str, lag_m: float = 0.0, side_m: float = 0.0, route: int = 0) -> Member:
    """One body of that kind; sizes vary by a few per cent."""
    height, width, length = (size * float(rng.uniform(0.94, 1.06)) for size in SIZE_M[kind])
    return Member(kind, height, width, length, float(rng.uniform(*WARMER_K[kind])), lag_m, side_m, route)


def single_file(rng: np.random.Generator, kinds: list[str], gap_m: tuple[float, float]) -> list[Member]:
    """Bodies one behind the other with gaps drawn from the span, each a little to one side."""
    lags = np.concatenate([[0.0], np.cumsum(rng.uniform(*gap_m, len(kinds) - 1))])
    return [body(rng, k, float(lag), float(rng.uniform(-0.5, 0.5))) for k, lag in zip(kinds, lags, strict=True)]
