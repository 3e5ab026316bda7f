"""Metadata access unit cells: how synchronous KLV (stream type 0x15) lies in PES (ISO/IEC 13818-1 section 2.12.4).

Each cell: service id, sequence number, fragment bits (11 whole, 10 first, 00 middle, 01 last) with flags, 16-bit
length, data. A PES packet may hold several cells, and a fragmented access unit may go on in the next PES packet.
"""

from typing import NamedTuple

from .streams import SMPTE_KEY_START

HEAD_BYTES = 5
LONGEST_UNIT = 1 << 20
"""Bytes of one reassembled access unit; a longer one is damage."""
_WHOLE, _FIRST, _MIDDLE, _LAST = 3, 2, 0, 1


class MetadataUnit(NamedTuple):
    """One access unit with its cell heads taken off."""

    data: bytes
    damaged: bool


def cell_bytes(data: bytes, sequence: int, service_id: int = 0) -> bytes:
    """One cell with a whole access unit in it, marked as a point to start from."""
    return bytes((service_id, sequence & 0xFF, 0xDF)) + len(data).to_bytes(2, "big") + data


class CellAssembler:
    """Puts the access units of one PID together out of the cells of its PES packets."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0
        self._next_sequence = 0

    def feed(self, payload: bytes) -> list[MetadataUnit]:
        """Access units that this PES payload ends. Bare KLV without cell heads, which some encoders write, is kept."""
        if payload.startswith(SMPTE_KEY_START):
            return [*self._abandon(), MetadataUnit(payload, False)]
        units: list[MetadataUnit] = []
        at = 0
        while at + HEAD_BYTES <= len(payload):
            length = payload[at + 3] << 8 | payload[at + 4]
            data = payload[at + HEAD_BYTES : at + HEAD_BYTES + length]
            units += self._cell(payload[at + 1], payload[at + 2] >> 6, data, len(data) < length)
            at += HEAD_BYTES + length
        return units

    def flush(self) -> list[MetadataUnit]:
        """The access unit at hand, damaged, at the end of the stream."""
        return self._abandon()

    def _cell(self, sequence: int, fragment: int, data: bytes, short: bool) -> list[MetadataUnit]:
        if fragment == _WHOLE:
            return [*self._abandon(), MetadataUnit(data, short)]
        if fragment == _FIRST:
            lost = self._abandon()
            self._parts, self._size = [data], len(data)
        else:
            if not self._parts:
                return [MetadataUnit(data, True)]
            if sequence != self._next_sequence or short:
                return [*self._abandon(), MetadataUnit(data, True)]
            lost = []
            self._parts.append(data)
            self._size += len(data)
        self._next_sequence = (sequence + 1) & 0xFF
        if self._size > LONGEST_UNIT or (short and fragment == _FIRST):
            return lost + self._abandon()
        if fragment != _LAST:
            return lost
        whole = b"".join(self._parts)
        self._parts, self._size = [], 0
        return [*lost, MetadataUnit(whole, False)]

    def _abandon(self) -> list[MetadataUnit]:
        if not self._parts:
            return []
        lost = MetadataUnit(b"".join(self._parts), True)
        self._parts, self._size = [], 0
        return [lost]
