"""A night's parties as bytes and back, to the last bit: made anew they take seconds, read a tenth of one."""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from .crowd import Party


def bytes_of(parties: Sequence[Party]) -> bytes:
    """JSON; an array is the list of its numbers."""
    return msgspec.json.encode(parties, enc_hook=np.ndarray.tolist)


def parties_in(data: bytes) -> tuple[Party, ...]:
    """The parties. Raises ValueError where the bytes are none."""
    return msgspec.json.decode(data, type=tuple[Party, ...], dec_hook=_array)


def _array(kind: Any, numbers: list[Any]) -> Any:
    return np.array(numbers, dtype=np.float64)
