"""What an eye sees of the ground: one raster of it, or how often from many places. See docs/terrain.md.

*fast* sweeps outwards and takes horizons between nodes as linear: for choosing. *exact* gives every node its own line
of sight over bilinear patches: for claims. Both take off curvature and refraction; voids hide nothing and are never
seen.
"""

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..kernels.rays import fill_pyramid
from ..kernels.sightlines import clear_nodes, near_horizons, see_nodes
from ..kernels.sweep import COUNT, MARGIN, NEAR, NOTHING, PAD, SEEN, bring_home, empty_into, sweep_wedges
from .dem import Dem
from .grid import REFRACTION

Mode = Literal["fast", "exact"]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
IS_SEEN, IS_HIDDEN, IS_OUT = 1, 0, 255
MOST_COUNTED = 255
"""What a count of one byte holds."""
NEAR_NODES = 2 * NEAR + 4
NO_BYTES, NO_FLOATS = np.empty((0, 0), np.uint8), np.empty((0, 0), np.float32)


@dataclass(frozen=True, kw_only=True)
class Look:
    """What is asked of an eye. Heights and ranges in metres, ranges level.

    azimuth_deg: from, to, clockwise from true north (350, 10 is a sector of 20 degrees). elevation_deg: from, to, above
    the horizontal at the eye: with azimuth a gimbal's field of regard.
    """

    target_height_m: float = 0.0
    range_m: float = math.inf
    refraction: float = REFRACTION
    azimuth_deg: tuple[float, float] | None = None
    elevation_deg: tuple[float, float] | None = None


@dataclass(frozen=True, eq=False)
class Viewshed:
    """Of the model's nodes within range, rows from south to north; the first is the model's node [row0, col0].

    seen: (rows, cols) uint8, 1 seen, 0 hidden, 255 out of range, out of the sector, or void. margin_m: float32, None
    unless asked for: by how much the target clears what stands before it, positive seen, infinite where nothing does,
    NaN where `seen` is 255.
    """

    row0: int
    col0: int
    seen: NDArray[np.uint8]
    margin_m: NDArray[np.float32] | None = None

    def of_model(self, dem: Dem) -> "Viewshed":
        """The same for all of the model's nodes."""
        margin = None if self.margin_m is None else self._placed(dem, self.margin_m, np.float32(np.nan))
        return Viewshed(0, 0, self._placed(dem, self.seen, np.uint8(IS_OUT)), margin)

    def _placed(self, dem: Dem, part: NDArray[Any], outside: Any) -> NDArray[Any]:
        whole = np.full(dem.height_hae_m.shape, outside)
        rows, cols = part.shape
        whole[self.row0 : self.row0 + rows, self.col0 : self.col0 + cols] = part
        return whole


@dataclass(frozen=True)
class _Window:
    """The part of a model within reach of an eye: the eye's row, column (from the model's first node) and height, the
    reach in cells, and the part's first row, first column, rows, columns."""

    v: float
    u: float
    z: float
    reach: float
    top: int
    left: int
    rows: int
    cols: int

    def cut(self, array: NDArray[Any]) -> NDArray[Any]:
        """The part of a model's array."""
        return array[self.top : self.top + self.rows, self.left : self.left + self.cols]


def viewshed(
    dem: Dem, eye_xyz: ArrayLike, look: Look = Look(), mode: Mode = "fast", *, with_margin: bool = False
) -> Viewshed:
    """What an eye at (3,) grid metres and HAE sees. Raises ValueError for an eye beside the model."""
    eye = np.asarray(eye_xyz, float)
    window = _window(dem, eye, look)
    outside = np.float32(np.nan) if with_margin else np.uint8(IS_OUT)
    out: NDArray[Any] = np.full((window.rows, window.cols), outside)
    (_sweep if mode == "fast" else _walk)(dem, window, look, out)
    if look.azimuth_deg or look.elevation_deg:
        out[~window.cut(_in_sector(dem, eye, look))] = outside
    if not with_margin:
        return Viewshed(window.top, window.left, out)
    seen = np.where(np.isnan(out), IS_OUT, np.where(out >= 0.0, IS_SEEN, IS_HIDDEN)).astype(np.uint8)
    return Viewshed(window.top, window.left, seen, out)


def times_seen(dem: Dem, eyes_xyz: ArrayLike, look: Look = Look(), *, threads: int = 1) -> NDArray[np.uint32]:
    """How many of the eyes (n, 3) see each node, (rows, cols), by the fast way; no raster is made for any of them.

    Divided by n it is a fraction of time, for a route told at equal steps. Voids: 0. Raises ValueError for an eye
    beside the model, and for a sector: a count looks all round.
    """
    if look.azimuth_deg or look.elevation_deg:
        raise ValueError("a count from many eyes looks all round")
    eyes = np.atleast_2d(np.asarray(eyes_xyz, float))
    with ThreadPoolExecutor(threads) as pool:
        parts = list(pool.map(partial(_counted, dem, look), np.array_split(eyes, threads)))
    total = sum(parts[1:], parts[0])
    total[dem.voids] = 0
    return total


def _counted(dem: Dem, look: Look, eyes: Floats) -> NDArray[np.uint32]:
    rows, cols = dem.height_hae_m.shape
    total = np.zeros((rows, cols), np.uint32)
    counts, turned = np.zeros((rows, cols), np.uint8), np.zeros((cols, rows), np.uint8)
    for n, eye in enumerate(eyes, 1):
        window = replace(_window(dem, eye, look), top=0, left=0)
        _sweep_both(dem, window, look, COUNT, counts, turned)
        if n % MOST_COUNTED == 0 or n == len(eyes):
            empty_into(counts, turned, total)
    return total


def _walk(dem: Dem, window: _Window, look: Look, out: NDArray[Any]) -> None:
    tree, grid, w = dem.pyramid, dem.grid, window
    kernel = see_nodes if out.dtype == np.uint8 else clear_nodes
    kernel(
        *(dem.height_hae_m, tree.top_m, tree.levels, float(dem.cell_m), w.u, w.v, w.z, float(look.target_height_m)),
        *(w.reach, grid.radius_m, float(look.refraction), w.top, w.left, out),
    )


def _sweep(dem: Dem, window: _Window, look: Look, out: NDArray[Any]) -> None:
    turned = np.empty(out.shape[::-1], out.dtype)
    _sweep_both(dem, window, look, SEEN if out.dtype == np.uint8 else MARGIN, out, turned)
    bring_home(turned, window.v - window.top, window.u - window.left, window.reach, out)
    if dem.has_voids:
        out[window.cut(dem.voids)] = IS_OUT if out.dtype == np.uint8 else np.nan


def _sweep_both(dem: Dem, window: _Window, look: Look, kind: int, out: NDArray[Any], turned: NDArray[Any]) -> None:
    """Before and behind the eye into `out`, to its sides into `turned`."""
    w, bend = window, (1.0 - look.refraction) * dem.cell_m**2 / (2.0 * dem.grid.radius_m)
    near, j, i = _near(dem, window, look)
    north = dem.sides[0], out, w.v, w.u, near, j, i, w.top, w.left
    east = dem.sides[1], turned, w.u, w.v, np.ascontiguousarray(near.T), i, j, w.left, w.top
    for is_side, (heights, into, v, u, horizons, near_top, near_left, top, left) in enumerate((north, east)):
        cols = heights.shape[1]
        away = (np.arange(cols) - u).astype(np.float32)
        one, two = np.empty(cols + 2 * PAD, np.float32), np.empty(cols + 2 * PAD, np.float32)
        sweep_wedges(
            *(heights, away, v, u, w.z, float(look.target_height_m), w.reach, bend, bool(is_side), kind, one, two),
            *(horizons, near_top, near_left, top, left, *((NO_BYTES, into) if kind == MARGIN else (into, NO_FLOATS))),
        )
    if w.v.is_integer() and w.u.is_integer():
        own = int(w.v) - w.top, int(w.u) - w.left
        out[own] = out[own] + 1 if kind == COUNT else np.inf if kind == MARGIN else IS_SEEN


def _near(dem: Dem, window: _Window, look: Look) -> tuple[NDArray[np.float32], int, int]:
    """Exact horizons of the nodes round the eye, and their first row and column. For so little ground the model's own
    pyramid is not asked for: it takes a third of the memory of all."""
    top, left = math.floor(window.v) - NEAR - 1, math.floor(window.u) - NEAR - 1
    row0, col0 = max(top, 0), max(left, 0)
    ground = np.ascontiguousarray(dem.height_hae_m[row0 : top + NEAR_NODES, col0 : left + NEAR_NODES])
    levels = np.array([[0, ground.shape[0] - 1, ground.shape[1] - 1]])
    tops, out = (
        np.empty(levels[0, 1] * levels[0, 2], np.float32),
        np.full((NEAR_NODES, NEAR_NODES), NOTHING, np.float32),
    )
    fill_pyramid(ground, tops, levels)
    near_horizons(
        *(ground, tops, levels, float(dem.cell_m), window.u - col0, window.v - row0, window.z),
        *(dem.grid.radius_m, float(look.refraction), top - row0, left - col0, out),
    )
    return out, top, left


def _window(dem: Dem, eye: Floats, look: Look) -> _Window:
    """Raises ValueError for an eye beside the model."""
    u, v = ((eye[:2] - dem.south_west_m) / dem.cell_m).tolist()
    rows, cols = dem.height_hae_m.shape
    if not (0.0 <= u <= cols - 1 and 0.0 <= v <= rows - 1 and math.isfinite(eye[2])):
        raise ValueError(f"the eye at {eye.tolist()} lies beside the elevation model")
    reach = min(look.range_m / dem.cell_m, float(rows + cols))
    top, left = max(0, math.ceil(v - reach)), max(0, math.ceil(u - reach))
    bottom, right = min(rows - 1, math.floor(v + reach)), min(cols - 1, math.floor(u + reach))
    return _Window(v, u, float(eye[2]), reach, top, left, max(bottom - top + 1, 0), max(right - left + 1, 0))


def _in_sector(dem: Dem, eye: Floats, look: Look) -> Bools:
    """(rows, cols) whether the target at each node lies in the azimuths and elevations asked for."""
    x, y = dem.node_xy()
    east, north = x[None, :] - eye[0], y[:, None] - eye[1]
    ok = np.ones(dem.height_hae_m.shape, np.bool_)
    if look.azimuth_deg:
        first, last = look.azimuth_deg
        turn = dem.grid.convergence_deg(*dem.grid.latlon(float(eye[0]), float(eye[1])))
        azimuth = np.degrees(np.arctan2(east, north)) + turn
        ok &= (azimuth - first) % 360.0 <= ((last - first) % 360.0 or 360.0)
    if look.elevation_deg:
        flat = np.hypot(east, north)
        drop = (1.0 - look.refraction) * flat**2 / (2.0 * dem.grid.radius_m)
        rise = np.degrees(np.arctan2(dem.height_hae_m + look.target_height_m - drop - eye[2], flat))
        ok &= (look.elevation_deg[0] <= rise) & (rise <= look.elevation_deg[1])
    return ok
