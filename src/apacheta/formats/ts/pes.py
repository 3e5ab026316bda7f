"""Packetised elementary stream: heads and time stamps, both ways (ISO/IEC 13818-1 section 2.4.3.6).

Time stamps count a 90 kHz clock modulo 2^33 (26.5 hours); `Unwrapper` turns them into a count that does not wrap.
"""

from typing import NamedTuple

WRAP_90K = 1 << 33
_WITHOUT_HEAD = frozenset({0xBC, 0xBE, 0xBF, 0xF0, 0xF1, 0xF2, 0xF8, 0xFF})
"""Stream ids whose PES packets carry no optional head (table 2-21)."""


class PesHead(NamedTuple):
    """`size`: bytes of the head; `total`: bytes of the whole PES packet, 0 = unbounded. Stamps modulo 2^33 or None."""

    stream_id: int
    size: int
    total: int
    pts_90k: int | None
    dts_90k: int | None


def _stamp(five: bytes) -> int | None:
    if len(five) < 5 or not (five[0] & five[2] & five[4] & 1):  # the marker bits
        return None
    return (five[0] >> 1 & 7) << 30 | five[1] << 22 | (five[2] >> 1) << 15 | five[3] << 7 | five[4] >> 1


def pes_head(data: bytes) -> PesHead | None:
    """The head at the start of a PES packet, or None where these bytes are none."""
    if len(data) < 6 or data[:3] != b"\x00\x00\x01" or data[3] < 0xBC:
        return None
    stream_id, length = data[3], data[4] << 8 | data[5]
    total = 6 + length if length else 0
    if stream_id in _WITHOUT_HEAD:
        return PesHead(stream_id, 6, total, None, None)
    if len(data) < 9 or data[6] & 0xC0 != 0x80:
        return None
    size, flags = 9 + data[8], data[7] >> 6
    if size > len(data) or (total and size > total):
        return None
    optional = data[9:size]
    pts = _stamp(optional[0:5]) if flags & 2 else None
    dts = _stamp(optional[5:10]) if flags == 3 else pts
    return PesHead(stream_id, size, total, pts, dts)


def stamp_bytes(mark: int, stamp_90k: int) -> bytes:
    """Five bytes of a time stamp; `mark` is 2 for a PTS alone."""
    t = stamp_90k % WRAP_90K
    return bytes(
        (mark << 4 | (t >> 30) << 1 | 1, t >> 22 & 0xFF, (t >> 15 & 0x7F) << 1 | 1, t >> 7 & 0xFF, (t & 0x7F) << 1 | 1)
    )


def pes_bytes(stream_id: int, pts_90k: int | None, payload: bytes) -> bytes:
    """One PES packet with its length where that fits in 16 bits, unbounded (0) else; aligned data, PTS if given."""
    optional = b"" if pts_90k is None else stamp_bytes(2, pts_90k)
    length = 3 + len(optional) + len(payload)
    head = bytes((0, 0, 1, stream_id)) + (length if length <= 0xFFFF else 0).to_bytes(2, "big")
    return head + bytes((0x84, 0x80 if optional else 0, len(optional))) + optional + payload


class Unwrapper:
    """Puts 33-bit stamps on one line: each the value nearest to the one before. One per program."""

    def __init__(self) -> None:
        self._last: int | None = None

    def unwrap(self, stamp_90k: int, trusted: bool = True) -> int:
        """The stamp without wrap; one out of a damaged unit (not `trusted`) does not move the line."""
        if self._last is None:
            value = stamp_90k
        else:
            step = (stamp_90k - self._last) % WRAP_90K
            value = self._last + (step if step < WRAP_90K // 2 else step - WRAP_90K)
        if trusted:
            self._last = value
        return value
