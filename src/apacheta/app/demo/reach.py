"""How far over the ground the cameras of a plan resolve a walker: what decides which lines are watched."""

import math
from itertools import pairwise

import numpy as np

from ...core.aircraft import LensCamera
from ...core.plan import Tour
from ...geo import Dem

RESOLVED_GSD_M = 0.35


def ground_reach_m(camera: LensCamera, width_px: int, tour: Tour, dem: Dem) -> float:
    """The horizontal part of the range at which a pixel covers 0.35 m of ground, from the tour's greatest height above
    ground on station: what a camera resolves from there it resolves from anywhere lower. 0 over unknown ground."""
    slant_m = RESOLVED_GSD_M * width_px / 2 / math.tan(math.radians(camera.hfov_deg) / 2)
    return math.sqrt(max(slant_m**2 - _height_agl_m(tour, dem) ** 2, 0.0))


def _height_agl_m(tour: Tour, dem: Dem) -> float:
    """Greatest planned height above ground on station, looked at once a cell; inf over a void."""
    legs = [(a.position, b.position) for a, b in pairwise(tour.waypoints) if a.kind == b.kind == "station"]
    heights_m = [math.inf] if not legs else []
    for a, b in legs:
        (x0, y0), (x1, y1) = (dem.grid.xy(p.lat_deg, p.lon_deg) for p in (a, b))
        along = np.linspace(0.0, 1.0, 2 + int(math.hypot(x1 - x0, y1 - y0) / dem.cell_m))
        ground_m = np.asarray(dem.height_at(x0 + along * (x1 - x0), y0 + along * (y1 - y0)))
        above_m = a.alt_hae_m + along * (b.alt_hae_m - a.alt_hae_m) - ground_m
        heights_m.append(float(np.max(np.where(np.isfinite(above_m), above_m, math.inf))))
    return max(heights_m)
