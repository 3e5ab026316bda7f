"""A pass that water cut: uplift along a crest against rivers, slides and creep, from coarse cells to fine.

Rivers by the implicit stream-power scheme of Braun & Willett (2013) over a priority flood; slides above an angle of
repose; valley floors of sediment. The rivers leave over the north and south edges or end in a salt flat, which is a
base level of its own as the closed basins of the high plateau are.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from . import flow, slopes
from .noise import Grid, correlated_error, fractal

Progress = Callable[[float, str], None]

_UPLIFT_M = 6.5  # a step; with the erodibility below it leaves a relief of about 2,300 m over 40 x 30 km
_ERODIBILITY = 0.045
_ROOF_M = 900.0  # the first surface falls from the crest, or rivers wander across it and the divide with them
_FAN_GRADE = 0.11
_TRUNK_M2 = 2e6
_STEPS = ((8, 240), (4, 90), (2, 40), (1, 8))  # (cells merged, steps): later levels only sharpen
_CREST_GRADE_TAN = (33.5, 5.0)  # angle of repose, mean and sigma; real tile: 10 % of ground above 35 degrees


@dataclass(frozen=True)
class Eroded:
    """Heights of the pass and where its water goes. Grids (rows from south, cols) at `cell_m`."""

    height_m: Grid
    area_m2: Grid
    drains_north: NDArray[np.bool_]
    salt: NDArray[np.bool_]
    cell_m: float


@dataclass(frozen=True)
class _Forces:
    uplift_m: Grid
    erodibility: Grid
    repose_tan: Grid
    roof_m: Grid
    broad: Grid
    fine: Grid
    salt: NDArray[np.bool_]

    @property
    def fields(self) -> tuple[Grid, ...]:
        """All of them as float64, in the order above."""
        return tuple(np.ascontiguousarray(field, dtype=np.float64) for field in vars(self).values())


def _salt_blob(shape: tuple[int, int], cell_m: float, crest_m: Grid, rng: np.random.Generator) -> NDArray[np.bool_]:
    """An uneven ellipse between crest and north edge: the bed of the salt flat."""
    height_m, width_m = shape[0] * cell_m, shape[1] * cell_m
    centre_x = width_m * rng.uniform(0.35, 0.65)
    crest = float(np.interp(centre_x, np.arange(shape[1]) * cell_m, crest_m[0]))
    centre_y = crest + (height_m - crest) * rng.uniform(0.52, 0.60)
    half_y = min(1100.0, 0.045 * height_m)
    half_x = half_y * rng.uniform(1.3, 1.7)
    y, x = np.mgrid[: shape[0], : shape[1]] * cell_m
    u, v = (x - centre_x) / half_x, (y - centre_y) / half_y
    bearing = np.arctan2(v, u)
    phases = rng.uniform(0, 2 * np.pi, 3)
    edge = 1 + sum(a * np.sin(k * bearing + p) for a, k, p in zip((0.14, 0.1, 0.06), (2, 3, 5), phases, strict=True))
    return np.asarray(np.hypot(u, v) < edge)


def _forces(shape: tuple[int, int], cell_m: float, rng: np.random.Generator) -> _Forces:
    broad = fractal(shape, rng, 3.2, cell_m, 800.0)
    rock = fractal(shape, rng, 2.2, cell_m, 120.0)
    fine = fractal(shape, rng, 2.4, cell_m, 30.0)
    height_m = shape[0] * cell_m
    scale = height_m / 36_000.0
    sway = np.clip(fractal((1, shape[1]), rng, 2.6, cell_m, 2500.0 * scale), -2, 2)
    crest_m = 0.47 * height_m + 1900.0 * scale * sway
    away = np.abs(np.arange(shape[0])[:, None] * cell_m - crest_m) / scale
    uplift = 0.22 * np.exp(-((away / 5_000.0) ** 2)) + 0.8 * np.clip(1 - away / 18_000.0, 0, 1) ** 0.25
    uplift = np.clip(uplift * np.exp(0.15 * np.clip(broad, -2, 2)), 0.02, None)
    repose = np.clip(_CREST_GRADE_TAN[0] + _CREST_GRADE_TAN[1] * fractal(shape, rng, 2.0, cell_m, 60.0), 24.0, 54.0)
    return _Forces(
        uplift_m=_UPLIFT_M * uplift,
        erodibility=_ERODIBILITY * np.exp(0.45 * np.clip(rock, -2.5, 2.5)),
        repose_tan=np.tan(np.radians(repose)),
        roof_m=scale * _ROOF_M * np.clip(1 - away / 18_000.0, 0, 1),
        broad=broad,
        fine=fine,
        salt=_salt_blob(shape, cell_m, crest_m, rng),
    )


def _levels(rows: int) -> tuple[tuple[int, int], ...]:
    """The coarse levels that a grid of so many rows can bear."""
    return tuple((merged, steps) for merged, steps in _STEPS if merged == 1 or rows // merged >= 40)


def _outlets(salt: NDArray[np.bool_]) -> NDArray[np.bool_]:
    outlet = salt.copy()
    outlet[0] = outlet[-1] = True
    return outlet


def _erode(forces: _Forces, cell_m: float, salt_level_m: float, salt_number: int, progress: Progress) -> Grid:
    rows, cols = forces.salt.shape
    levels = _levels(rows)
    work = [steps / merged**2 for merged, steps in levels]
    height: Grid | None = None
    for number, (merged, steps) in enumerate(levels):
        shape = -(-rows // merged), -(-cols // merged)
        uplift, softness, repose, roof, broad, fine, blob = (slopes.resample(field, *shape) for field in forces.fields)
        wide = cell_m * merged
        if height is None:
            height = roof + 140 * fine + 110 * broad
        else:
            height = slopes.resample(height, *shape) + 0.035 * wide * fine
        salt = blob > 0.5
        outlet = _outlets(salt)
        height[0], height[-1] = 30 * broad[0], 30 * broad[-1]
        height[salt] = salt_level_m
        for step in range(steps):
            filled, order, parent = flow.flood(height, outlet, 1e-3)
            receiver, length = flow.receivers(filled, outlet, parent, salt_number + merged)
            area = flow.drained_area(order, receiver, wide * wide)
            flow.cut(height, filled, order, receiver, length, area, uplift, softness, wide)
            slopes.slide(height, outlet, wide, repose, 2 if merged > 1 else 4, 0.35)
            slopes.creep(height, outlet, 0.02, 1)
            if step % 4 == 0:
                progress((sum(work[:number]) + work[number] * step / steps) / sum(work), "rivers cut the valleys")
    assert height is not None
    return height


def _lay_floors(height: Grid, area_m2: Grid, salt: NDArray[np.bool_], fine: Grid, cell_m: float, scale: float) -> Grid:
    """Fill valley floors with cones of sediment (11 %) upon the trunk rivers, and lay an apron round the salt."""
    from_salt_m = ndimage.distance_transform_edt(~salt) * cell_m
    near = np.clip(from_salt_m / (1500.0 * scale), 0, 1)
    thick = np.clip(40 * (area_m2 / 1e7) ** 0.30 - 14, 0, 80) * near
    source = np.where(area_m2 >= _TRUNK_M2, height + thick, 1e9)
    source[salt] = height[salt]
    slopes.lower_envelope(source, _FAN_GRADE * cell_m, 2)
    fill = ndimage.gaussian_filter(source, 1.5) + 2.0 * fine * near
    soft = 64.0 * near + 0.01
    laid = 0.5 * (height + fill + np.sqrt((height - fill) ** 2 + soft))
    far = from_salt_m / (900.0 * scale)
    apron = height[salt].mean() + scale * (25.0 * far + 110.0 * far**3)
    laid = 0.5 * (laid + apron - np.sqrt((laid - apron) ** 2 + soft))
    laid[salt] = height[salt]
    fixed = _outlets(salt)
    slopes.creep(laid, fixed, 0.08, 2)
    return np.asarray(laid)


def eroded_pass(
    rows: int, cols: int, cell_m: float, seed: int, lowest_m: float, highest_m: float, progress: Progress
) -> Eroded:
    """Heights (rows, cols) of a fictitious pass, its crest from west to east, between the two heights (AMSL).

    A tenth of the rows is made in addition at the north and at the south and cut off again: those strips are flat.
    Small grids keep their own relief (the highest is then a bound only).
    """
    margin = max(rows // 10, 4)
    shape = rows + 2 * margin, cols
    scale = shape[0] * cell_m / 36_000.0
    forces = _forces(shape, cell_m, np.random.default_rng([seed, 1]))
    height = _erode(forces, cell_m, 70.0 * scale, seed * 977, lambda share, text: progress(0.9 * share, text))
    progress(0.9, "sediment fills the valley floors")
    outlet = _outlets(forces.salt)
    height, area, _ = _drained(height, outlet, seed, cell_m)
    height = _lay_floors(height, area, forces.salt, forces.fine, cell_m, scale)
    stretch = (highest_m - lowest_m) / np.ptp(height)
    height = lowest_m + (height - height.min()) * (stretch if scale > 0.6 else min(stretch, 1.0))
    height += 1.2 * forces.fine * ~forces.salt
    height, salt = _bent(height, forces.salt, np.random.default_rng([seed, 2]), cell_m)
    height, area, north = _drained(height, _outlets(salt), seed, cell_m)
    progress(1.0, "the pass is made")
    keep = slice(margin, margin + rows)
    return Eroded(
        height_m=np.ascontiguousarray(height[keep]),
        area_m2=np.ascontiguousarray(area[keep]),
        drains_north=np.ascontiguousarray(north[keep]),
        salt=np.ascontiguousarray(salt[keep]),
        cell_m=cell_m,
    )


def _bent(
    height: Grid, salt: NDArray[np.bool_], rng: np.random.Generator, cell_m: float
) -> tuple[Grid, NDArray[np.bool_]]:
    """The ground moved sideways by some 35 m over 350 m and 100 m over 2 km: gullies along the grid lose their line.

    The shift changes too slowly to fold, so what drained before drains still (but for rounding, see `_drained`).
    """
    rows, cols = height.shape
    row, col = np.mgrid[:rows, :cols].astype(float)
    from_edge_m = np.minimum(np.minimum(row, rows - 1 - row), np.minimum(col, cols - 1 - col)) * cell_m
    held = np.clip(from_edge_m / 400.0, 0, 1) / cell_m
    wide_m = min(2000.0, 20.0 * rows)
    at = [
        along
        + held * correlated_error(height.shape, rng, 35.0, 350.0, cell_m)
        + held * correlated_error(height.shape, rng, 0.05 * wide_m, wide_m, cell_m)
        for along in (row, col)
    ]
    moved = ndimage.map_coordinates(height, at, order=3, mode="nearest")
    bed = np.asarray(ndimage.map_coordinates(salt.astype(np.uint8), at, order=0, mode="nearest") > 0)
    moved[bed] = height[salt].mean()
    return moved, bed


def _drained(height: Grid, outlet: NDArray[np.bool_], seed: int, cell_m: float) -> tuple[Grid, Grid, NDArray[np.bool_]]:
    """Heights without hollows, drained area, and whether a cell's water goes north (or to the salt flat)."""
    filled, order, parent = flow.flood(height, outlet, 1e-3)
    receiver, _ = flow.receivers(filled, outlet, parent, seed * 977 + 1)
    area = flow.drained_area(order, receiver, cell_m * cell_m)
    mouth = outlet.astype(np.int8)
    mouth[0] = 0
    label = flow.label_by_outlet(order, receiver, mouth.ravel())
    return filled.reshape(height.shape), area.reshape(height.shape), (label == 1).reshape(height.shape)
