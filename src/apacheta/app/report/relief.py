"""The ground under a map: hillshade, contours, and where meridians and parallels cut the frame."""

import math
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from .ink import Ink
from .night import Floats, Ground, ToLatLon

_LAMPS_DEG = ((315.0, 40.0, 0.6), (255.0, 35.0, 0.2), (15.0, 35.0, 0.2))
"""Azimuth, height and weight of each lamp: three lamps keep the slopes that lie along a single one readable."""
_CONTOUR_STEPS_M = (20, 50, 100, 200, 500, 1000)


@dataclass(frozen=True)
class Window:
    """The part of the plane that a map shows, grid metres."""

    west_m: float
    south_m: float
    east_m: float
    north_m: float

    @property
    def width_m(self) -> float:
        return self.east_m - self.west_m

    @property
    def height_m(self) -> float:
        return self.north_m - self.south_m

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """As matplotlib wants it: west, east, south, north."""
        return (self.west_m, self.east_m, self.south_m, self.north_m)

    def holds(self, x_m: float, y_m: float) -> bool:
        """Whether a point lies inside."""
        return self.west_m <= x_m <= self.east_m and self.south_m <= y_m <= self.north_m


def whole(ground: Ground) -> Window:
    """The window of all the terrain."""
    return Window(float(ground.x_m[0]), float(ground.y_m[0]), float(ground.x_m[-1]), float(ground.y_m[-1]))


def slices(ground: Ground, window: Window, most: int = 1200) -> tuple[slice, slice]:
    """Rows and columns of the terrain inside the window, at least two each way, thinned to at most `most`."""

    def one(axis: Floats, low: float, high: float) -> slice:
        first = max(0, int(np.searchsorted(axis, low)) - 1)
        last = min(len(axis), int(np.searchsorted(axis, high)) + 1)
        first, last = min(first, len(axis) - 2), max(last, 2)
        return slice(first, last, max(1, math.ceil((last - first) / most)))

    return one(ground.y_m, window.south_m, window.north_m), one(ground.x_m, window.west_m, window.east_m)


def hillshade(height_m: Floats, x_m: Floats, y_m: Floats) -> NDArray[np.float64]:
    """Brightness 0-1 (rows, cols) of slopes under three lamps (Lambert); void = NaN."""
    slope_y, slope_x = np.gradient(height_m.astype(np.float64), y_m, x_m)
    upright = 1.0 / np.sqrt(1.0 + slope_x**2 + slope_y**2)
    shade: NDArray[np.float64] = np.zeros_like(upright)
    for azimuth_deg, elevation_deg, weight in _LAMPS_DEG:
        azimuth, elevation = math.radians(azimuth_deg), math.radians(elevation_deg)
        level = math.cos(elevation)
        lit = (math.sin(elevation) - level * (math.sin(azimuth) * slope_x + math.cos(azimuth) * slope_y)) * upright
        shade += weight * np.clip(lit, 0.0, 1.0)
    return shade


def draw_relief(axes: Axes, ground: Ground, window: Window, ink: Ink) -> None:
    """Hillshade in grey, voids left as paper."""
    rows, cols = slices(ground, window)
    x_m, y_m = ground.x_m[cols], ground.y_m[rows]
    shade = hillshade(ground.height_m[rows, cols], x_m, y_m)
    dark, light = ink.relief
    axes.imshow(
        np.ma.masked_invalid(dark + (light - dark) * np.clip(shade / 0.9, 0, 1)),
        cmap="gray",
        vmin=0.0,
        vmax=1.0,
        origin="lower",
        extent=cell_extent(x_m, y_m),
        interpolation="bilinear",
        zorder=1,
    )


def cell_extent(x_m: Floats, y_m: Floats) -> tuple[float, float, float, float]:
    """The outer edges of node-centred cells, as matplotlib wants them."""
    half_x, half_y = (x_m[1] - x_m[0]) / 2, (y_m[1] - y_m[0]) / 2
    return (float(x_m[0] - half_x), float(x_m[-1] + half_x), float(y_m[0] - half_y), float(y_m[-1] + half_y))


def contour_step_m(height_m: Floats) -> int | None:
    """The step that gives some dozen lines; None on ground too flat to draw any."""
    if not np.isfinite(height_m).any():
        return None
    span = float(np.nanmax(height_m) - np.nanmin(height_m))
    fitting = [step for step in _CONTOUR_STEPS_M if 3 <= span / step <= 16]
    return fitting[0] if fitting else None


def draw_contours(axes: Axes, ground: Ground, window: Window, ink: Ink) -> int | None:
    """Contour lines with every second one named (metres HAE). Returns their step in metres, None if none."""
    rows, cols = slices(ground, window, most=260)
    x_m, y_m = ground.x_m[cols], ground.y_m[rows]
    height_m = np.ma.masked_invalid(ground.height_m[rows, cols].astype(np.float64))
    step = contour_step_m(ground.height_m[rows, cols])
    if step is None:
        return None
    low, high = float(height_m.min()), float(height_m.max())
    levels = np.arange(math.ceil(low / step) * step, high, step)
    if not len(levels):
        return None
    drawn = axes.contour(x_m, y_m, height_m, levels=levels, colors=ink.contour, linewidths=0.35, alpha=0.8, zorder=2)
    named = [level for level in levels if round(level / step) % 2 == 0]
    axes.clabel(drawn, levels=named, fontsize=5, fmt="%d", inline_spacing=2)
    return step


def degree_ticks(window: Window, latlon: ToLatLon) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Where whole parts of a degree cut the south and the west edge: [(x_m, lon_deg)], [(y_m, lat_deg)]."""
    across = np.linspace(window.west_m, window.east_m, 65)
    up = np.linspace(window.south_m, window.north_m, 65)
    _, lon = latlon(across, np.full_like(across, window.south_m))
    lat, _ = latlon(np.full_like(up, window.west_m), up)
    return _cuts(across, np.asarray(lon)), _cuts(up, np.asarray(lat))


def _cuts(along_m: Floats, degrees: Floats) -> list[tuple[float, float]]:
    span = abs(float(degrees[-1] - degrees[0]))
    steps = (1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)
    step = next((s for s in steps if span / s >= 3), steps[-1])
    values = np.arange(math.ceil(degrees.min() / step), math.floor(degrees.max() / step) + 1) * step
    return [(float(np.interp(value, degrees, along_m)), float(value)) for value in values]


def north_of(window: Window, latlon: ToLatLon) -> tuple[float, float]:
    """Unit vector of true north on the plane at the window's centre."""
    x_m, y_m = (window.west_m + window.east_m) / 2, (window.south_m + window.north_m) / 2
    at = np.array([x_m, x_m, x_m + 100.0]), np.array([y_m, y_m + 100.0, y_m])
    lon = np.asarray(latlon(*at)[1])
    # lon changes by lon_up along 100 m of grid north and by lon_across along 100 m of grid east: keep it constant
    lon_up, lon_across = float(lon[1] - lon[0]), float(lon[2] - lon[0])
    east, north = -lon_up / lon_across, 1.0
    length = math.hypot(east, north)
    return east / length, north / length
