"""The plan's pictures: the sector's map, a larger one of the strips, and the height profile of each tour."""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from ...core.mandate import Mandate
from ...core.sector import Sector, Zone
from ...plan import PlanResult
from ...plan.tours import Flown
from ..loading import World
from ..report.frame import draw_frame, set_legend
from ..report.ink import FULL_WIDTH_IN, ORANGE, PURPLE, Ink, figure, picture, quiet
from ..report.night import Ground
from ..report.relief import Window, cell_extent, draw_contours, draw_relief, whole
from ..texts import Texts

Floats = NDArray[np.float64]
CAVEAT_IN = 0.19
COARSE_LINE_M = 1_000.0
"""A border line that may be off by more shows on which side a valley lies, not where to watch: for demonstration."""


@dataclass(frozen=True)
class Scene:
    """What every map of a plan draws."""

    result: PlanResult
    sector: Sector
    mandate: Mandate
    world: World
    ground: Ground


def scene_of(result: PlanResult, sector: Sector, mandate: Mandate, world: World) -> Scene:
    """The scene with the elevation model's axes; the numbers of looks are not known before the flight."""
    dem = world.dem
    rows, cols = dem.height_hae_m.shape
    ground = Ground(
        x_m=dem.origin_x_m + dem.cell_m * np.arange(cols),
        y_m=dem.origin_y_m + dem.cell_m * np.arange(rows),
        height_m=dem.height_hae_m,
        own_side=np.ones(dem.height_hae_m.shape, dtype=np.bool_),
        looks=result.drawn_watched.astype(np.int32),
        latlon=dem.grid.latlon,
        terrain_sha256=dem.sha256,
    )
    return Scene(result, sector, mandate, world, ground)


def sector_map(scene: Scene, ink: Ink, texts: Texts) -> str:
    """The whole sector: border with its error and standoff, bases, ways, strips and watched ground."""
    return _map(scene, whole(scene.ground), ink, texts, close=False)


def strips_map(scene: Scene, ink: Ink, texts: Texts) -> str | None:
    """The strips with the ground that each would watch and where its camera aims; None without strips."""
    if not scene.result.flown:
        return None
    points = np.concatenate([_station(f) for f in scene.result.flown.values()])
    aims = np.concatenate([f.aims() for f in scene.result.flown.values()])
    both = np.concatenate([points[:, :2], aims[:, :2]])
    low, high = both.min(axis=0) - 700.0, both.max(axis=0) + 700.0
    size = np.maximum(high - low, 3_000.0)
    middle = (low + high) / 2
    low, high = middle - size / 2, middle + size / 2
    everything = whole(scene.ground)
    window = Window(
        max(low[0], everything.west_m),
        max(low[1], everything.south_m),
        min(high[0], everything.east_m),
        min(high[1], everything.north_m),
    )
    return _map(scene, window, ink, texts, close=True)


def _map(scene: Scene, window: Window, ink: Ink, texts: Texts, close: bool) -> str:
    width = FULL_WIDTH_IN - 0.34
    height = min(max(width * window.height_m / window.width_m, 3.0), 9.0)
    legend, caveats = 0.85, caveats_of(scene, texts)
    total = height + legend + 0.3 + CAVEAT_IN * len(caveats)
    drawn = figure(ink, FULL_WIDTH_IN, total)
    axes = drawn.add_axes((0.3 / FULL_WIDTH_IN, (legend + 0.22) / total, width / FULL_WIDTH_IN, height / total))
    draw_relief(axes, scene.ground, window, ink)
    step = draw_contours(axes, scene.ground, window, ink)
    draw_far_side(axes, scene, window, ink)
    _draw_watched(axes, scene, ink)
    draw_places(axes, scene, window, ink, close)
    _draw_tours(axes, scene, ink, close)
    draw_frame(axes, window, scene.ground, ink, texts)
    draw_caveats(axes, caveats, ink)
    _legend(
        drawn.add_axes((0.3 / FULL_WIDTH_IN, 0.0, width / FULL_WIDTH_IN, legend / total)),
        scene,
        step,
        ink,
        texts,
        close,
    )
    return picture(drawn)


def draw_far_side(axes: Axes, scene: Scene, window: Window, ink: Ink) -> None:
    """Beyond the border is veiled; the border, where it may be, and the standoff behind it."""
    border = scene.sector.border
    x = np.linspace(window.west_m, window.east_m, 260)
    y = np.linspace(window.south_m, window.north_m, 260)
    grid_x, grid_y = np.meshgrid(x, y)
    lat, lon = scene.world.dem.grid.latlon(grid_x.ravel(), grid_y.ravel())
    away = np.asarray(scene.world.border_line.signed_distance_m(lat, lon)).reshape(grid_x.shape)
    axes.contourf(x, y, away, levels=[-1e9, 0.0], colors=[ink.veil], alpha=0.45, zorder=3)
    axes.contourf(x, y, np.abs(away), levels=[0.0, max(border.accuracy_m, 1.0)], colors=[ORANGE], alpha=0.13, zorder=3)
    keep = border.standoff_m + border.accuracy_m
    axes.contour(x, y, away, levels=[keep], colors=[ink.text], linewidths=0.9, linestyles=[(0, (5, 2, 1, 2))], zorder=5)
    for chain in scene.world.border_line.xy_chains:
        points = np.asarray(chain)
        axes.plot(points[:, 0], points[:, 1], color=ink.text, linewidth=1.8, zorder=6)


def caveats_of(scene: Scene, texts: Texts) -> list[str]:
    """What a map must say of itself, for maps are cut out of their pages: that nothing real may rest on it, and why."""
    accuracy_m = scene.sector.border.accuracy_m
    said = [texts("plan.map.exercise")] if scene.mandate.exercise else []
    if accuracy_m > COARSE_LINE_M:
        said.append(texts("plan.map.demonstration", km=texts.number(accuracy_m / 1000.0, 1)))
    return said


def draw_caveats(axes: Axes, caveats: list[str], ink: Ink) -> None:
    """Above the map, so that they hide nothing of it."""
    if caveats:
        axes.annotate("\n".join(caveats), (0.5, 1.0), (0, 5), xycoords="axes fraction", textcoords="offset points",
                      ha="center", va="bottom", fontsize=8.5, weight="bold", color=ink.alert)  # fmt: skip


def _draw_watched(axes: Axes, scene: Scene, ink: Ink) -> None:
    """Ground of the whole menu pale, of what was drawn for this night strong."""
    extent = cell_extent(scene.ground.x_m, scene.ground.y_m)
    for mask, alpha in ((scene.result.watched, 0.35), (scene.result.drawn_watched, 0.6)):
        picture_of = np.zeros((*mask.shape, 4), np.float32)
        picture_of[mask] = (*_rgb(ink.seen), alpha)
        axes.imshow(picture_of, origin="lower", extent=extent, interpolation="nearest", zorder=4)


def _rgb(colour: str) -> tuple[float, float, float]:
    return tuple(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))  # type: ignore[return-value]


def draw_places(axes: Axes, scene: Scene, window: Window, ink: Ink, close: bool) -> None:
    grid, sector = scene.world.dem.grid, scene.sector
    halo = [withStroke(linewidth=2.6, foreground=ink.halo)]
    for zone in sector.zones:
        _draw_zone(axes, scene, zone, ink)
    for road in sector.roads:
        for chain in road.chains:
            x, y = grid.xy(np.array([p[1] for p in chain]), np.array([p[0] for p in chain]))
            axes.plot(x, y, color=ink.faint, linewidth=1.5, zorder=6)
    spots = [(b, "s", 7.0) for b in sector.bases] + [(r, "^", 6.0) for r in sector.relays]
    spots += [(p, "D", 5.0) for p in sector.patrols] + [(g, "*", 8.0) for g in sector.goals]
    for place, mark, size in spots:
        x, y = grid.xy(place.lat_deg, place.lon_deg)
        if not window.holds(x, y):
            continue
        axes.plot([x], [y], mark, color=ink.text, markersize=size, markeredgecolor=ink.halo, zorder=11)
        if mark in "D*" and not close:
            continue
        axes.annotate(
            place.name,
            (x, y),
            (5, 4),
            textcoords="offset points",
            fontsize=6.5,
            color=ink.text,
            zorder=12,
            path_effects=halo,
        )


def _draw_zone(axes: Axes, scene: Scene, zone: Zone, ink: Ink) -> None:
    x, y = scene.world.dem.grid.xy(np.array([p[1] for p in zone.ring]), np.array([p[0] for p in zone.ring]))
    colour = PURPLE if zone.kind == "village" else ORANGE if zone.kind == "priority" else ink.text
    hatch = None if zone.kind in ("village", "priority") else "////"
    axes.fill(x, y, facecolor="none", edgecolor=colour, hatch=hatch, linewidth=1.0, zorder=6)


def _draw_tours(axes: Axes, scene: Scene, ink: Ink, close: bool) -> None:
    halo = [withStroke(linewidth=2.6, foreground=ink.halo)]
    drawn = {s.drawn for s in scene.result.plan.slots}
    for name, flown in scene.result.flown.items():
        lap = flown.strip.lap()
        if name in drawn:
            axes.plot(flown.corners[:, 0], flown.corners[:, 1], color=ink.flown, linewidth=0.6, alpha=0.8, zorder=7)
        axes.plot(lap[:, 0], lap[:, 1], color=ink.flown, linewidth=1.5 if name in drawn else 0.8, zorder=8)
        end = lap[np.argmax(lap[:, 1])]
        label = name.rpartition("-")[2]
        axes.text(
            end[0],
            end[1],
            label,
            fontsize=6.5,
            color=ink.flown,
            weight="bold",
            ha="center",
            va="bottom",
            zorder=12,
            path_effects=halo,
        )
        if close and not flown.view.by_lot:
            aims = flown.aims()
            axes.plot(aims[:, 0], aims[:, 1], ".", color=ink.alert, markersize=3.0, zorder=9)


def _legend(axes: Axes, scene: Scene, contour_m: int | None, ink: Ink, texts: Texts, close: bool) -> None:
    axes.axis("off")
    border = scene.sector.border
    keep = texts.number(border.standoff_m + border.accuracy_m)
    entries: list[tuple[Line2D | Patch, str]] = [
        (Line2D([], [], color=ink.text, linewidth=1.8), texts("plan.map.border")),
        (Patch(facecolor=ORANGE, alpha=0.3), texts("plan.map.accuracy", m=texts.number(border.accuracy_m))),
        (
            Line2D([], [], color=ink.text, linewidth=0.9, linestyle=(0, (5, 2, 1, 2))),
            texts("plan.map.standoff", m=keep),
        ),
        (Patch(facecolor=ink.veil, alpha=0.6), texts("plan.map.far_side")),
        (Line2D([], [], color=ink.flown, linewidth=1.6), texts("plan.map.drawn")),
        (Line2D([], [], color=ink.flown, linewidth=0.8), texts("plan.map.menu")),
        (Patch(facecolor=ink.seen, alpha=0.8), texts("plan.map.watched")),
        (Patch(facecolor=ink.seen, alpha=0.35), texts("plan.map.could")),
        (Line2D([], [], marker="s", linestyle="", color=ink.text, markersize=5.5), texts("plan.map.base")),
    ]
    marks = [
        ("^", "relay", scene.sector.relays),
        ("D", "patrol", scene.sector.patrols),
        ("*", "goal", scene.sector.goals),
    ]
    for mark, name, there in marks:
        if there:
            entries.append(
                (Line2D([], [], marker=mark, linestyle="", color=ink.text, markersize=5.5), texts(f"plan.map.{name}"))
            )
    if scene.sector.roads:
        entries.append((Line2D([], [], color=ink.faint, linewidth=1.5), texts("plan.map.road")))
    if any(z.kind == "village" for z in scene.sector.zones):
        entries.append((Patch(facecolor="none", edgecolor=PURPLE), texts("plan.map.village")))
    if any(z.kind in ("no_look", "no_fly", "no_overfly") for z in scene.sector.zones):
        entries.append((Patch(facecolor="none", edgecolor=ink.text, hatch="////"), texts("plan.map.closed")))
    if close:
        entries.append((Line2D([], [], marker=".", linestyle="", color=ink.alert), texts("plan.map.aim")))
    if contour_m:
        entries.append((Line2D([], [], color=ink.contour, linewidth=0.6), texts("plan.map.contours", m=contour_m)))
    set_legend(axes, entries, ink)


def profile(scene: Scene, flown: Flown, ink: Ink, texts: Texts) -> str:
    """Height over the way flown: terrain, the lowest height allowed, and the aircraft; laps once."""
    corners = _one_lap(flown)
    parts, along, start = [], [], 0.0
    for a, b in pairwise(corners):
        length = float(np.hypot(*(b - a)[:2]))
        share = np.linspace(0.0, 1.0, max(2, math.ceil(length / 30.0)))
        parts.append(a + (b - a) * share[:, None])
        along.append(start + length * share)
        start += length
    states, metres = np.concatenate(parts), np.concatenate(along) / 1000.0
    dem = scene.world.dem
    ground = np.asarray(dem.height_at(states[:, 0], states[:, 1]))
    row = np.rint((states[:, 1] - dem.origin_y_m) / dem.cell_m).astype(np.int64)
    col = np.rint((states[:, 0] - dem.origin_x_m) / dem.cell_m).astype(np.int64)
    floor = flown.floor_hae_m[row, col]
    drawn = figure(ink, FULL_WIDTH_IN, 2.0)
    axes = drawn.add_axes((0.075, 0.2, 0.915, 0.74))
    quiet(axes, ink, grid="y")
    low = float(np.nanmin(ground)) - 100.0
    axes.fill_between(
        metres, low, ground, color=ink.contour, alpha=0.55, linewidth=0, label=texts("plan.profile.terrain")
    )
    axes.plot(metres, floor, color=ink.alert, linewidth=0.9, linestyle=(0, (4, 2)), label=texts("plan.profile.floor"))
    axes.plot(metres, states[:, 2], color=ink.flown, linewidth=1.4, label=texts("plan.profile.flight"))
    axes.set_ylim(low, float(max(states[:, 2].max(), np.nanmax(np.where(np.isfinite(floor), floor, np.nan)))) + 150.0)
    axes.set_xlim(0.0, metres[-1])
    axes.set_xlabel(texts("plan.profile.along"), fontsize=7, color=ink.text)
    axes.set_ylabel(texts("plan.profile.height"), fontsize=7, color=ink.text)
    axes.legend(fontsize=6.5, frameon=False, labelcolor=ink.text, ncols=3, loc="upper center")
    return picture(drawn)


def _station(flown: Flown) -> Floats:
    return np.asarray(flown.strip.lap(), dtype=np.float64)


def _one_lap(flown: Flown) -> Floats:
    """The corners with all laps but the first left out."""
    kinds = [w.kind for w in flown.tour.waypoints]
    first = kinds.index("station")
    last = len(kinds) - 1 - kinds[::-1].index("station")
    lap = len(flown.strip.lap())
    return np.concatenate([flown.corners[: min(first + lap, last + 1)], flown.corners[last + 1 :]])
