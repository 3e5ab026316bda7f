"""Seen ground: which cells of the terrain were looked at well enough and long enough. When unsure: unseen."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core.sight import LOOK_ABOVE_SLOPE_DEG, LOOK_S
from ..geo import Dem, project
from .movers import Mesh
from .view import MESH_STEP_PX, View

NS = 1_000_000_000
NEVER_NS = 0

IN_FRAME, COARSE, LOOKED_AT = 1, 2, 4

Cells = NDArray[np.bool_]


@dataclass(frozen=True)
class SeenSettings:
    """A look counts when the mover finder would rather have confirmed a walker than not: LOOK_S of working
    differencing, after the blind baseline; ground resolution <= 0.35 m (simulation page, "What decides"); the ray
    LOOK_ABOVE_SLOPE_DEG or more above the slope; and half of the cell's area under rays that were compared."""

    look_s: float = LOOK_S
    gap_s: float = 1.2
    gsd_max_m: float = 0.35
    grazing_min_deg: float = LOOK_ABOVE_SLOPE_DEG
    cover_min: float = 0.5


def why_unseen_km2(grounds: Sequence["SeenGround"], mask: Cells | None = None) -> dict[str, float]:
    """Area in the mask (rows, cols; all without one) to which no stream gave an accounted look, by the best that
    happened to it in any; grounds: one for each stream, over the same elevation model."""
    unseen = np.all([g.looks == 0 for g in grounds], axis=0) & (True if mask is None else mask)
    state = np.bitwise_or.reduce([g.state for g in grounds])
    short = unseen & (state & LOOKED_AT > 0)
    coarse = unseen & ~short & (state & COARSE > 0)
    hidden = unseen & ~short & ~coarse & (state & IN_FRAME > 0)
    causes = {
        "never_in_frame": unseen & ~short & ~coarse & ~hidden,
        "hidden": hidden,
        "too_coarse": coarse,
        "too_short": short,
    }
    return {cause: grounds[0].area_km2(cells) for cause, cells in causes.items()}


class SeenGround:
    """A grid over the nodes of an elevation model (rows, cols), rows from the south; a cell is the square round a node.

    last_seen_ns: UTC of the last moment of an accounted look, 0 = never; looks: how many; best_gsd_m: inf = never;
    state: bits of what happened to it, IN_FRAME, COARSE, LOOKED_AT.
    """

    def __init__(self, dem: Dem, settings: SeenSettings | None = None) -> None:
        self.settings = settings or SeenSettings()
        self.dem = dem
        shape = dem.height_hae_m.shape
        self.last_seen_ns = np.zeros(shape, np.int64)
        self.looks = np.zeros(shape, np.uint16)
        self.best_gsd_m = np.full(shape, np.inf, np.float32)
        self._dwell_s = np.zeros(shape, np.float32)
        self._dwell_ns = np.zeros(shape, np.int64)
        self.state = np.zeros(shape, np.uint8)
        self._broken_ns = NEVER_NS

    def add(self, view: View, compared: Mesh | None) -> NDArray[np.int64]:
        """Credits one frame. compared: (mesh rows, mesh cols), where movers could be found in it; None for nowhere.
        Returns the cells (n, 2) as row, column whose look became an accounted one with this frame."""
        self._mark_in_frame(view)
        window = self._window(view.point_m[..., 0], view.point_m[..., 1])
        if window is None:
            return np.zeros((0, 2), np.int64)
        none = np.zeros(view.range_m.shape, np.bool_)
        any_ray, fine, seen, gsd = self._covered(view, window, none if compared is None else compared)
        state = self.state[window]
        state |= np.where(fine, LOOKED_AT, np.where(any_ray, COARSE, 0)).astype(np.uint8)
        return self._credit(view.utc_ns, window, seen, gsd)

    def break_off(self, utc_ns: int) -> None:
        """Nothing could be seen at that moment: no look goes on across it."""
        self._broken_ns = utc_ns

    def seen_km2(self, mask: Cells | None = None) -> float:
        """Area of the cells in the mask (rows, cols; all without one) with at least one accounted look."""
        return self.area_km2((self.looks > 0) & (True if mask is None else mask))

    def age_s(self, utc_ns: int) -> NDArray[np.float64]:
        """Seconds since each cell was last seen; inf for never."""
        age = (utc_ns - self.last_seen_ns) / NS
        return np.where(self.looks > 0, age, np.inf)

    def why_not_km2(self, mask: Cells | None = None) -> dict[str, float]:
        """Area in the mask that has no accounted look, by the best that happened to it."""
        return why_unseen_km2([self], mask)

    def area_km2(self, cells: Cells) -> float:
        """Area of the cells that are True."""
        return float(np.count_nonzero(cells)) * self.dem.cell_m**2 / 1e6

    def _window(self, x_m: NDArray[np.float64], y_m: NDArray[np.float64]) -> tuple[slice, slice] | None:
        """The block of cells round points, as slices of rows and columns; None when no point lies over the grid."""
        known = np.isfinite(x_m) & np.isfinite(y_m)
        if not known.any():
            return None
        rows, cols = self.dem.height_hae_m.shape
        col = (x_m[known] - self.dem.origin_x_m) / self.dem.cell_m
        row = (y_m[known] - self.dem.origin_y_m) / self.dem.cell_m
        top, bottom = max(round(float(row.min())), 0), min(round(float(row.max())) + 1, rows)
        left, right = max(round(float(col.min())), 0), min(round(float(col.max())) + 1, cols)
        return (slice(top, bottom), slice(left, right)) if bottom > top and right > left else None

    def _covered(
        self, view: View, window: tuple[slice, slice], compared: Mesh
    ) -> tuple[Cells, Cells, Cells, NDArray[np.float32]]:
        """Per cell of the window: covered by any rays, by fine ones, by fine ones that were compared; and the coarsest
        resolution of the fine ones."""
        s = self.settings
        point, gsd = view.point_m.reshape(-1, 3), view.gsd_m.ravel()
        row = np.rint((point[:, 1] - self.dem.origin_y_m) / self.dem.cell_m) - window[0].start
        col = np.rint((point[:, 0] - self.dem.origin_x_m) / self.dem.cell_m) - window[1].start
        shape = window[0].stop - window[0].start, window[1].stop - window[1].start
        with np.errstate(invalid="ignore"):
            inside = (row >= 0) & (row < shape[0]) & (col >= 0) & (col < shape[1])
        point, gsd = point[inside], gsd[inside]
        index = (row[inside] * shape[1] + col[inside]).astype(np.int64)
        slope_x, slope_y = self.dem.slope_at(point[:, 0], point[:, 1])
        ray = point - view.position_m
        ray /= np.linalg.norm(ray, axis=1, keepdims=True)
        sine = (ray[:, 0] * slope_x + ray[:, 1] * slope_y - ray[:, 2]) / np.sqrt(1 + slope_x**2 + slope_y**2)
        sine = np.clip(np.nan_to_num(sine), 1e-3, 1.0)
        # the part of a level cell under one ray: its area on the slope, seen from above
        area = (MESH_STEP_PX * gsd) ** 2 / (sine * np.sqrt(1 + slope_x**2 + slope_y**2))
        area = np.minimum(np.nan_to_num(area), (4 * MESH_STEP_PX * gsd) ** 2) / self.dem.cell_m**2
        fine = (gsd <= s.gsd_max_m) & (sine >= math.sin(math.radians(s.grazing_min_deg)))
        fine &= ~view.beside_edge.ravel()[inside]
        size = shape[0] * shape[1]
        seen = fine & compared.ravel()[inside]
        any_ray, fine_ray, seen_ray = (
            np.bincount(index[rays], area[rays], size).reshape(shape) >= s.cover_min
            for rays in (np.ones_like(fine), fine, seen)
        )
        worst = np.zeros(size, np.float32)
        np.maximum.at(worst, index[fine], gsd[fine].astype(np.float32))
        return any_ray, fine_ray, seen_ray, worst.reshape(shape)

    def _credit(
        self, utc_ns: int, window: tuple[slice, slice], seen: Cells, gsd_m: NDArray[np.float32]
    ) -> NDArray[np.int64]:
        dwell, last = self._dwell_s[window], self._dwell_ns[window]
        gap_s = (utc_ns - last) / NS
        broken = (last <= self._broken_ns) & (self._broken_ns <= utc_ns)
        going_on = seen & (last != NEVER_NS) & (gap_s <= self.settings.gap_s) & (gap_s >= 0) & ~broken
        before = np.where(going_on, dwell, 0.0)
        after = np.where(going_on, dwell + gap_s, 0.0)
        dwell[seen] = after[seen]
        last[seen] = utc_ns
        enough = seen & (after >= self.settings.look_s)
        fresh = enough & (before < self.settings.look_s)
        self.last_seen_ns[window][enough] = utc_ns
        self.looks[window][fresh] += 1
        best = self.best_gsd_m[window]
        best[enough] = np.minimum(best[enough], gsd_m[enough])
        corner = np.array([window[0].start, window[1].start], np.int64)
        return np.asarray(np.argwhere(fresh) + corner, np.int64)

    def _mark_in_frame(self, view: View) -> None:
        """Marks cells whose place lies in the picture and near enough to be resolved, hit by a ray or not."""
        camera = view.camera
        reach = self.settings.gsd_max_m * camera.focal_px
        corner = view.rays(
            np.array([[0.0, 0.0], [camera.width_px, 0.0], [0.0, camera.height_px], [camera.width_px, camera.height_px]])
        )
        far = view.position_m + reach * corner
        box = np.concatenate([far, view.position_m[None]])
        window = self._window(box[:, 0], box[:, 1])
        if window is None:
            return
        x, y = self.dem.node_xy()
        xx, yy = np.meshgrid(x[window[1]], y[window[0]])
        points = np.stack([xx.ravel(), yy.ravel(), self.dem.height_hae_m[window].ravel()], axis=1).astype(np.float64)
        column, row, depth = project(points, view.position_m, view.axes, camera, view.grid)
        with np.errstate(invalid="ignore"):
            inside = (column >= 0) & (column < camera.width_px) & (row >= 0) & (row < camera.height_px)
            inside &= (depth > 0) & (depth <= reach)
        self.state[window] |= (inside.reshape(xx.shape) * IN_FRAME).astype(np.uint8)
