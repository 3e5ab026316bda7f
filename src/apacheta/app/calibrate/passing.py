"""Decoys passing through the picture: how long each was in it, how finely, and whether a track was confirmed on him."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...core.alerts import Alert
from ...core.instant import NS
from ...core.sight import Frame
from ...formats.ts import PesUnit
from ...geo import LocalGrid, line_of_sight
from ...plan.looks import BODY_M
from ...plan.noticing import Noticed
from ...see import Eye, Sighting
from ...see.view import View, view_of
from ..chain import Posed
from ..score.score import reach_m_of
from .walks import Walk

PAUSE_S = 1.5
"""Out of the picture for longer, a decoy has passed; the next time is another pass."""
LEAST_S = 1.0
"""A shorter pass is none."""


@dataclass(frozen=True)
class Pass:
    """A decoy's time in the picture, in line of sight. noticed_after_s: since it began; None where no track was
    confirmed within the reach of its stated place."""

    walk: str
    kind: Noticed
    from_utc_ns: int
    dwell_s: float
    gsd_m: float
    noticed_after_s: float | None


class Passing:
    """A tap of a chain: notes the passes of the walks' decoys."""

    def __init__(self, walks: Sequence[Walk], eye_of: Callable[[], Eye | None]) -> None:
        self._walks, self._eye_of = walks, eye_of
        self._open: dict[str, list[tuple[int, float]]] = {}
        self._noticed_ns: dict[str, int] = {}
        self._done: list[Pass] = []

    def unit(self, unit: PesUnit, newest: Posed | None) -> None:
        """Of no interest."""

    def alert(self, alert: Alert) -> None:
        """Of no interest."""

    def look(self, frame: Frame, sighting: Sighting, incidents: Mapping[str, str]) -> None:
        """Who is in the picture, and which of them a track is confirmed on."""
        eye = self._eye_of()
        view = None if eye is None else view_of(frame, eye.dem, eye.grid)
        if view is None:
            return
        for walk in self._walks:
            place = walk.at(view.utc_ns)
            gsd_m = None if place is None else _gsd_of(view, *place)
            if place is not None and gsd_m is not None:
                self._in_view(walk, view.utc_ns, gsd_m)
                if walk.name not in self._noticed_ns and _is_noticed(sighting, view.grid, *place):
                    self._noticed_ns[walk.name] = view.utc_ns

    def passes(self) -> list[Pass]:
        """All of them, in order of time."""
        for walk in self._walks:
            self._close(walk)
        return sorted(self._done, key=lambda one: one.from_utc_ns)

    def _in_view(self, walk: Walk, utc_ns: int, gsd_m: float) -> None:
        seen = self._open.setdefault(walk.name, [])
        if seen and utc_ns - seen[-1][0] > PAUSE_S * NS:
            self._close(walk)
        self._open.setdefault(walk.name, []).append((utc_ns, gsd_m))

    def _close(self, walk: Walk) -> None:
        seen, noticed_ns = self._open.pop(walk.name, []), self._noticed_ns.pop(walk.name, None)
        if seen and seen[-1][0] - seen[0][0] >= LEAST_S * NS:
            from_ns, dwell_s = seen[0][0], (seen[-1][0] - seen[0][0]) / NS
            after_s = None if noticed_ns is None else (noticed_ns - from_ns) / NS
            gsd_m = float(np.median([gsd for _, gsd in seen]))
            self._done.append(Pass(walk.name, walk.kind, from_ns, dwell_s, gsd_m, after_s))


def _gsd_of(view: View, lat_deg: float, lon_deg: float) -> float | None:
    """Metres a pixel at a decoy; None where he is not in the picture, or something stands before him."""
    if view.dem is None:
        return None
    x, y = (float(np.asarray(v)) for v in view.grid.xy(lat_deg, lon_deg))
    point = np.array([x, y, float(view.dem.height_at(x, y)) + BODY_M])
    column, row = view.pixels_of(point[None])[0]
    inside = 0 <= column <= view.camera.width_px - 1 and 0 <= row <= view.camera.height_px - 1
    if not inside or not line_of_sight(view.dem, view.position_m, point)[0]:
        return None
    return float(np.linalg.norm(point - view.position_m)) / view.camera.focal_px


def _is_noticed(sighting: Sighting, grid: LocalGrid, lat_deg: float, lon_deg: float) -> bool:
    """Whether a confirmed track that is no animal's means one who is there: the rule of true alerts."""
    x, y = grid.xy(lat_deg, lon_deg)
    for track in sighting.tracks:
        if track.confirmed and track.kind != "animal":
            at_x, at_y = grid.xy(track.position.lat_deg, track.position.lon_deg)
            if math.hypot(at_x - x, at_y - y) <= reach_m_of(track.position_cov_m2):
                return True
    return False
