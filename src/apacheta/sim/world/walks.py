"""From a path on the map to a route in time: pace on slopes, rests, pauses."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .crowd import Route
from .grids import Chain, distance_along, smoothed, spaced
from .model import World

Floats = NDArray[np.float64]
STEP_M = 15.0
OFF_TRAIL_AT_NIGHT = 0.6
"""Tobler (1993): off-trail is 0.6 of his walking speed."""
SLOWEST_WALK_M_S = 0.4
FASTEST_WALK_M_S = 1.3


def tobler_m_s(grade: Floats) -> Floats:
    """Tobler's hiking function (1993): 6 km/h exp(-3.5 |grade + 0.05|), in m/s, signed grade along the path."""
    return np.asarray(6.0 / 3.6 * np.exp(-3.5 * np.abs(grade + 0.05)))


def path_of(cells: Chain, sigma_points: float = 2.5) -> Chain:
    """A path over cells as people walk it: corners rounded, a point every 15 m."""
    return spaced(smoothed(spaced(cells, 30.0), sigma_points), STEP_M)


def grades(world: World, chain: Chain) -> Floats:
    """Signed grade of each segment of the chain over the true ground, smoothed over some 60 m."""
    height = ndimage.gaussian_filter1d(np.nan_to_num(world.truth_at(*chain.T), nan=4000.0), 2.0, mode="nearest")
    return np.asarray(np.diff(height) / np.maximum(np.diff(distance_along(chain)), 1e-6))


def timed(chain: Chain, speed_m_s: Floats, pauses: dict[int, float] | None = None) -> Route:
    """A route over the chain with a speed for each segment; `pauses` are seconds spent at points of the chain.

    Time starts at 0 (see `started`).
    """
    along = distance_along(chain)
    time = np.concatenate([[0.0], np.cumsum(np.diff(along) / speed_m_s)])
    index = np.arange(len(chain))
    for point, seconds in sorted((pauses or {}).items(), reverse=True):
        time[point + 1 :] += seconds
        index = np.insert(index, point + 1, point)
        time = np.insert(time, point + 1, time[point] + seconds)
    return Route(time_s=time, along_m=along[index], xy_m=chain[index], heading=_headings(chain)[index])


def started(route: Route, at_s: float) -> Route:
    """The route with its first entry at that time."""
    return Route(route.time_s - route.time_s[0] + at_s, route.along_m, route.xy_m, route.heading)


def stroll(points: Chain, speed_m_s: float, pause_s: Floats) -> Route:
    """Straight legs between points at one speed, with a pause at each of them."""
    legs = [spaced(points[i : i + 2], STEP_M) for i in range(len(points) - 1)]
    chain = np.concatenate([legs[0], *(leg[1:] for leg in legs[1:])])
    corners = np.cumsum([0] + [len(leg) - 1 for leg in legs])[:-1]
    pauses = {int(corner): float(pause) for corner, pause in zip(corners, pause_s, strict=False)}
    return timed(chain, np.full(len(chain) - 1, speed_m_s), pauses)


def _headings(chain: Chain) -> Floats:
    """Unit direction of travel at the points."""
    step = np.diff(chain, axis=0)
    step /= np.maximum(np.hypot(*step.T), 1e-9)[:, None]
    mean = np.concatenate([step[:1], step[:-1] + step[1:], step[-1:]])
    length = np.hypot(*mean.T)
    return np.asarray(np.where(length[:, None] > 1e-6, mean / np.maximum(length, 1e-9)[:, None], [[1.0, 0.0]]))
