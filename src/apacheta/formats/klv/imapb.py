"""IMAPB: a bounded float in a chosen number of bytes (ST 1201 section 8).

With `bytes` = L the resolution is 2^(ceil(log2(high - low)) - (8 L - 1)). Codes with the top bit and any other bit
set are special (infinities, not-a-number, out of range): they decode to None, for then the value is not known.
"""

from math import ceil, floor, log2

LONGEST_BYTES = 8


def _terms(low: float, high: float, count: int) -> tuple[float, float]:
    """Forward scale and zero offset, which makes the value 0.0 exact where the range spans it."""
    scale = 2.0 ** (8 * count - 1 - ceil(log2(high - low)))
    offset = scale * low - floor(scale * low) if low < 0.0 < high else 0.0
    return scale, offset


def resolution(low: float, high: float, count: int) -> float:
    """The step between neighbouring codes, in the value's unit."""
    return 1.0 / _terms(low, high, count)[0]


def decode(code: bytes, low: float, high: float) -> float | None:
    """The value, or None for a special code and for one beyond the range."""
    count = len(code)
    if not 0 < count <= LONGEST_BYTES:
        return None
    number, top = int.from_bytes(code, "big"), 1 << (8 * count - 1)
    if number > top:
        return None
    scale, offset = _terms(low, high, count)
    value = (number - offset) / scale + low
    if abs(value) < 0.5 / scale:
        return 0.0
    return value if low <= value <= high + 0.5 / scale else None


def encode(value: float, low: float, high: float, count: int) -> bytes:
    """The code; one outside the range becomes the standard's below-minimum or above-maximum mark."""
    if value < low or value > high or value != value:
        mark = 0xD0 if value != value else 0xE0 if value < low else 0xE1
        return bytes((mark,)) + bytes(count - 1)
    scale, offset = _terms(low, high, count)
    return int(scale * (value - low) + offset).to_bytes(count, "big")
