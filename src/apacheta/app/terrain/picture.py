"""A viewshed as a picture: shaded ground, what is seen in colour, the observer, distances from it."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...adapters.tiles.relief import shade_of
from ...geo import Dem, Profile
from ...geo.visibility import IS_HIDDEN, IS_SEEN
from ..texts import Texts

SEEN_RGB, HIDDEN_RGB, OUT_RGB = (0.98, 0.78, 0.25), (0.45, 0.50, 0.58), (0.80, 0.80, 0.80)
MOST_PX = 1600
"""Of the longer side; a larger model is thinned."""


def draw(path: Path, dem: Dem, eye: NDArray[np.float64], seen: NDArray[np.uint8], t: Texts) -> None:
    """Write a PNG; `seen` (rows, cols) from the south as in a Viewshed of the whole model."""
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    step = max(1, max(seen.shape) // MOST_PX)
    heights, kinds = dem.height_hae_m[::step, ::step], seen[::step, ::step]
    pixel_m = np.full((heights.shape[0], 1), step * dem.cell_m)
    light = np.nan_to_num(shade_of(np.ascontiguousarray(heights[::-1]), pixel_m), nan=1.0)[::-1]
    colour = np.select([kinds[..., None] == IS_SEEN, kinds[..., None] == IS_HIDDEN], [SEEN_RGB, HIDDEN_RGB], OUT_RGB)
    west, south, east, north = dem.bounds
    extent = tuple(v / 1e3 for v in (west - eye[0], east - eye[0], south - eye[1], north - eye[1]))
    figure = Figure(figsize=(9.0, 9.0 * min(1.4, max(0.6, heights.shape[0] / heights.shape[1]))), layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(colour * (0.35 + 0.65 * light[..., None]), origin="lower", extent=extent, interpolation="nearest")
    axes.plot(0.0, 0.0, marker="^", color="black", markersize=9, markeredgecolor="white")
    axes.set_xlabel(t("terrain.picture.east"))
    axes.set_ylabel(t("terrain.picture.north"))
    handles = [Patch(color=c, label=t(f"terrain.picture.{k}")) for k, c in (("seen", SEEN_RGB), ("hidden", HIDDEN_RGB))]
    axes.legend(handles=handles, loc="upper right", framealpha=0.9)
    figure.savefig(path, dpi=110, format="png")


def draw_profile(path: Path, line: Profile, wavelength_m: float | None, t: Texts) -> None:
    """Write a PNG of a profile; with a wavelength, of its first Fresnel zone too."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11.0, 4.5), layout="constrained")
    axes = figure.add_subplot()
    km, ground = line.distance_m / 1e3, line.ground_hae_m
    floor = np.nanmin(ground) - 0.05 * (np.nanmax(line.line_hae_m) - np.nanmin(ground) + 1.0)
    axes.fill_between(km, floor, ground, color="#8a8378", label=t("terrain.picture.profile.ground"))
    if wavelength_m:
        zone = line.fresnel_radius_m(wavelength_m)
        around = line.line_hae_m - zone, line.line_hae_m + zone
        axes.fill_between(km, *around, color="#3b7dd8", alpha=0.25, label=t("terrain.picture.profile.zone"))
    axes.plot(km, line.line_hae_m, color="#c03a2b", label=t("terrain.picture.profile.line"))
    axes.set_xlim(km[0], km[-1])
    axes.set_ylim(bottom=floor)
    axes.set_xlabel(t("terrain.picture.profile.distance"))
    axes.set_ylabel(t("terrain.picture.profile.height"))
    axes.grid(alpha=0.3)
    axes.legend(loc="best", framealpha=0.9)
    figure.savefig(path, dpi=110, format="png")


def draw_times(
    path: Path, dem: Dem, start: tuple[int, int], time_s: NDArray[np.float64], way: NDArray[np.int64], t: Texts
) -> None:
    """Write a PNG of hours from (or to) a node, with lines each hour, and the way."""
    from matplotlib.figure import Figure

    hours = np.where(np.isfinite(time_s), time_s / 3600.0, np.nan)
    step = max(1, max(hours.shape) // MOST_PX)
    rows, cols = hours.shape
    km = dem.cell_m / 1e3
    west, south = -start[1] * km, -start[0] * km
    figure = Figure(figsize=(10.0, 9.0 * min(1.4, max(0.6, rows / cols))), layout="constrained")
    axes = figure.add_subplot()
    shade = shade_of(
        np.ascontiguousarray(dem.height_hae_m[::-step, ::step]),
        np.full((len(range(0, rows, step)), 1), step * dem.cell_m),
    )
    extent = (west, west + (cols - 1) * km, south, south + (rows - 1) * km)
    axes.imshow(np.nan_to_num(shade, nan=1.0), cmap="gray", vmin=0.0, vmax=1.0, extent=extent)
    image = axes.imshow(hours[::-step, ::step], cmap="viridis_r", alpha=0.55, extent=extent)
    x, y = west + np.arange(0, cols, step) * km, south + np.arange(0, rows, step) * km
    if np.isfinite(hours).any() and np.nanmax(hours) > 1.0:
        axes.contour(x, y, hours[::step, ::step], np.arange(1.0, np.nanmax(hours)), colors="white", linewidths=0.6)
    if len(way):
        axes.plot(west + way[:, 1] * km, south + way[:, 0] * km, color="#c03a2b", linewidth=2.0)
    axes.plot(0.0, 0.0, marker="^", color="black", markersize=9, markeredgecolor="white")
    axes.set_xlabel(t("terrain.picture.east"))
    axes.set_ylabel(t("terrain.picture.north"))
    figure.colorbar(image, ax=axes, label=t("terrain.picture.hours"), shrink=0.7)
    figure.savefig(path, dpi=110, format="png")
