"""Which units of a stream's video may be shown: those of which it is known that they were taken within the area.

A unit waits for the pose that bears its presentation time. Where a later pose comes first it has none of its own, and
the poses before and after it decide; where `PATIENCE` units wait behind it, the newest pose does. What is not shown is
not made up for: the stream goes on with the next key frame, which says `gap`.
"""

from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

import msgspec
import shapely
from shapely.geometry import Polygon

from ...core.place import LonLat
from ...formats.keyframes import is_key_unit
from ...formats.ts import PesUnit
from ..chain import Posed
from ..chain.pairing import NEAR_90K

PATIENCE = 8
"""As many as frames wait for their pose (`app/chain/pairing.py`)."""
MOST_POSES = 64


class Passed(NamedTuple):
    """A unit that may be shown, the pose to show with it, and when it was complete."""

    unit: PesUnit
    posed: Posed | None
    complete_utc_ns: int


class AreaGate:
    """Takes one stream's units and poses as they come, in any order between them; gives the units that may be shown,
    in order."""

    def __init__(self, area: tuple[LonLat, ...]) -> None:
        self._area = Polygon(area)
        shapely.prepare(self._area)
        self._waiting: deque[_Waiting] = deque()
        self._poses: deque[_Judged] = deque(maxlen=MOST_POSES)
        self._untimed: _Judged | None = None
        self._newest: _Judged | None = None
        self._is_shut = True
        self._is_begun = False

    def unit(self, unit: PesUnit, newest: Posed | None, complete_utc_ns: int) -> list[Passed]:
        """A unit of video is complete. A pose that came without a time while it was open is its own."""
        if self._untimed is not None and unit.pts_90k is not None:
            self._poses.append(self._untimed.at(unit.pts_90k))
            self._untimed = None
        self._waiting.append(_Waiting(unit, newest, complete_utc_ns))
        return self._passed()

    def pose(self, posed: Posed) -> list[Passed]:
        """A pose came."""
        at = posed.pose.position
        judged = _Judged(posed, bool(self._area.covers(shapely.Point(at.lon_deg, at.lat_deg))))
        self._newest = judged
        if posed.pts_90k is None:
            self._untimed = judged
        else:
            self._poses.append(judged)
        return self._passed()

    def _passed(self) -> list[Passed]:
        out = []
        while self._waiting and (verdict := self._verdict(self._waiting[0])) is not None:
            waiting = self._waiting.popleft()
            passed = self._let_through(waiting, verdict)
            out += [] if passed is None else [passed]
        return out

    def _verdict(self, waiting: "_Waiting") -> bool | None:
        """Whether it was taken within the area; None while that may still be told."""
        own = self._own(waiting.unit)
        if own is not None:
            return own.is_inside
        around = self._around(waiting.unit)
        if around is not None:
            return around
        is_overdue = len(self._waiting) > PATIENCE
        return (self._newest is not None and self._newest.is_inside) if is_overdue else None

    def _own(self, unit: PesUnit) -> "_Judged | None":
        """The pose of this very unit."""
        return next((p for p in reversed(self._poses) if _is_of(p, unit)), None)

    def _around(self, unit: PesUnit) -> bool | None:
        """Whether the poses before and after a unit both lie inside; None while none after it has come."""
        pts_90k = unit.pts_90k
        if pts_90k is None:
            return None
        after = [p for p in self._poses if p.pts_90k > pts_90k]
        before = [p for p in self._poses if p.pts_90k <= pts_90k]
        if not after:
            return None
        nearest = [max(before, key=lambda p: p.pts_90k)] if before else []
        return bool(nearest) and all(p.is_inside for p in (*nearest, min(after, key=lambda p: p.pts_90k)))

    def _let_through(self, waiting: "_Waiting", is_inside: bool) -> Passed | None:
        """The unit as it may be shown; None where it may not, or where no decoder could go on with it."""
        unit = waiting.unit
        if not is_inside or (self._is_shut and not is_key_unit(unit.data, unit.stream_type)):
            self._is_shut = True
            return None
        if self._is_shut and self._is_begun:
            unit = msgspec.structs.replace(unit, after_loss=True)
        self._is_shut, self._is_begun = False, True
        own = self._own(waiting.unit)
        return Passed(unit, waiting.newest if own is None else own.posed, waiting.complete_utc_ns)


@dataclass(frozen=True)
class _Waiting:
    unit: PesUnit
    newest: Posed | None
    complete_utc_ns: int


@dataclass(frozen=True)
class _Judged:
    """A pose, and whether it lies within the area."""

    posed: Posed
    is_inside: bool

    @property
    def pts_90k(self) -> int:
        assert self.posed.pts_90k is not None
        return self.posed.pts_90k

    def at(self, pts_90k: int) -> "_Judged":
        return _Judged(Posed(pts_90k, self.posed.pose), self.is_inside)


def _is_of(judged: _Judged, unit: PesUnit) -> bool:
    return unit.pts_90k is not None and abs(judged.pts_90k - unit.pts_90k) <= NEAR_90K
