"""One elementary stream's PES packets put together out of transport packets: continuity, ends, caps."""

from typing import Literal

LARGEST_UNIT = 4 << 20
"""Bytes of one unbounded PES packet; a longer one is damage (H.264 level 5.2 allows 4.3 MB only for intra 4:4:4)."""

Continuity = Literal["next", "duplicate", "lost"]


class ContinuityCounter:
    """The 4-bit counter of one PID (ISO/IEC 13818-1 section 2.4.3.3): a repeat must carry the same bytes."""

    __slots__ = ("_count", "_payload")

    def __init__(self) -> None:
        self._count = -1
        self._payload = b""

    def step(self, count: int, payload: bytes, announced: bool) -> Continuity:
        """What this packet is after the last one. `announced`: the packet itself says that the count jumps."""
        before, same = self._count, count == self._count and payload == self._payload
        self._count, self._payload = count, payload
        if before < 0 or announced or count == (before + 1) & 15:
            return "next"
        return "duplicate" if same else "lost"


class RawUnit:
    """One PES packet as collected: bytes with head; bounded ones are cut at their length."""

    __slots__ = ("after_loss", "bounded", "damaged", "data", "random_access")

    def __init__(self, data: bytes, bounded: bool, damaged: bool, random_access: bool, after_loss: bool) -> None:
        self.data = data
        self.bounded = bounded
        self.damaged = damaged
        self.random_access = random_access
        self.after_loss = after_loss


class PesAssembler:
    """Collects payloads from one unit start to the packet's own length, or to the next start where it has none."""

    __slots__ = ("_after_loss", "_damaged", "_gap", "_parts", "_random_access", "_total", "oversize", "size")

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self.size = 0
        self._total = 0
        self._damaged = False
        self._after_loss = self._gap = False
        self._random_access = False
        self.oversize = 0

    def lost(self) -> None:
        """Packets are missing here: the unit at hand is damaged; without one, a unit may be gone before the next."""
        if self._parts:
            self._damaged = True
        else:
            self._gap = True

    def start(self, payload: bytes, random_access: bool) -> RawUnit | None:
        """A packet with the unit start mark; gives back the unit before it, if one is open."""
        before = self.close()
        self._parts, self.size = [payload], len(payload)
        self._damaged, self._random_access = False, random_access
        self._after_loss, self._gap = self._gap, False
        self._total = 6 + (payload[4] << 8 | payload[5]) if len(payload) >= 6 and payload[4:6] != b"\0\0" else 0
        return before

    def more(self, payload: bytes) -> None:
        """A packet without the mark; ignored while no unit is open."""
        if not self._parts:
            return
        self._parts.append(payload)
        self.size += len(payload)
        if self.size > LARGEST_UNIT:
            self.drop()

    def complete(self) -> RawUnit | None:
        """The unit at hand when its own length says that it ends here."""
        return self.close() if self._total and self.size >= self._total else None

    def close(self) -> RawUnit | None:
        """The unit at hand, whatever is there; a bounded one that is short is damaged."""
        if not self._parts:
            return None
        data, total = b"".join(self._parts), self._total
        damaged = self._damaged or len(data) < total
        unit = RawUnit(data[:total] if total else data, bool(total), damaged, self._random_access, self._after_loss)
        self._parts, self.size = [], 0
        return unit

    def drop(self) -> None:
        """Give up the unit at hand because it grows beyond every bound."""
        self._parts, self.size = [], 0
        self.oversize += 1
        self._gap = True
