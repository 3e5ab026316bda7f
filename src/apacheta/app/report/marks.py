"""What lies on a map: seen ground, zones, border, ways, named places, alerts."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Polygon
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray
from shapely.geometry import LineString, MultiLineString
from shapely.ops import unary_union

from .ink import ORANGE, PURPLE, Ink
from .night import AlertCard, Area, Floats, Ground, Line, NightReport, Spot
from .relief import Window, cell_extent, slices

LOOK_STEPS = (1, 2, 4)
"""Least looks of each shade of seen ground."""
LOOK_ALPHA = (0.30, 0.50, 0.72)
SPOT_MARKS = {"base": "^", "village": "o", "patrol": "s", "relay": "1", "goal": "x"}
"""By what they are worth to a reader: where names would cover each other the first is written."""
AREA_HATCHES = {"unresolved": "\\\\\\\\", "no_look": "xxxx", "no_fly": "////", "no_overfly": "..."}
ACCURACY_DASH = (0, (4, 3))
STANDOFF_DASH = (0, (1, 2))
PLANNED_DASH = (0, (3, 4))
WATCH_DASH = (0, (6, 2, 1, 2))
KEEP_IN_DASH = (0, (9, 2, 1, 2, 1, 2))


def draw_far_side(axes: Axes, ground: Ground, window: Window, ink: Ink) -> None:
    """A veil over what is not ours to watch."""
    rows, cols = slices(ground, window)
    veil = np.zeros((*ground.own_side[rows, cols].shape, 4))
    veil[..., :3] = int(ink.veil[1:3], 16) / 255
    veil[..., 3] = np.where(ground.own_side[rows, cols], 0.0, 0.5)
    extent = cell_extent(ground.x_m[cols], ground.y_m[rows])
    axes.imshow(veil, origin="lower", extent=extent, interpolation="nearest", zorder=2.5)


def draw_looks(axes: Axes, ground: Ground, window: Window, ink: Ink) -> None:
    """Seen ground, darker with more looks."""
    rows, cols = slices(ground, window, most=1600)
    looks = _most_seen(ground, rows, cols)
    alpha = np.zeros(looks.shape)
    for least, strength in zip(LOOK_STEPS, LOOK_ALPHA, strict=True):
        alpha[looks >= least] = strength
    colour = np.empty((*looks.shape, 4))
    colour[..., :3] = tuple(int(ink.seen[i : i + 2], 16) / 255 for i in (1, 3, 5))
    colour[..., 3] = alpha
    extent = cell_extent(ground.x_m[cols], ground.y_m[rows])
    axes.imshow(colour, origin="lower", extent=extent, interpolation="nearest", zorder=3)


def _most_seen(ground: Ground, rows: slice, cols: slice) -> NDArray[np.integer]:
    """Looks at each thinned cell: the most of the cells it stands for, so that a small seen place stays visible."""
    fine = ground.looks[rows.start : rows.stop, cols.start : cols.stop]
    if rows.step == 1 and cols.step == 1:
        return fine
    down, across = -fine.shape[0] % rows.step, -fine.shape[1] % cols.step
    padded = np.pad(fine, ((0, down), (0, across)))
    blocks = padded.reshape(padded.shape[0] // rows.step, rows.step, padded.shape[1] // cols.step, cols.step)
    most: NDArray[np.integer] = blocks.max(axis=(1, 3))
    return most


def draw_area(axes: Axes, area: Area, ink: Ink) -> None:
    """A zone: hatched where it forbids, outlined where it only names."""
    ring = np.column_stack([area.x_m, area.y_m])
    if area.kind == "keep_in":
        axes.add_patch(Polygon(ring, fill=False, edgecolor=ink.faint, linewidth=0.8, linestyle=KEEP_IN_DASH, zorder=4))
    elif area.kind in AREA_HATCHES:
        hatch = AREA_HATCHES[area.kind]
        axes.add_patch(Polygon(ring, fill=False, hatch=hatch, edgecolor=ink.faint, linewidth=0.7, zorder=4))
    else:
        colour = PURPLE if area.kind == "village" else ORANGE
        axes.add_patch(Polygon(ring, facecolor="none", edgecolor=colour, linewidth=1.0, zorder=4))


def draw_border(axes: Axes, report: NightReport, ink: Ink) -> None:
    """The line, the band in which it may truly lie, and on the own side the least distance that aircraft keep."""
    chains = [np.column_stack([line.x_m, line.y_m]) for line in report.lines if line.kind == "border"]
    if not chains:
        return
    border = report.sector.border
    line = unary_union([LineString(c) for c in chains])
    assert isinstance(line, LineString | MultiLineString)
    for outline in _outlines(line, border.accuracy_m):
        axes.plot(*outline, color=ink.text, linewidth=0.8, linestyle=ACCURACY_DASH, zorder=6)
    for x_m, y_m in _outlines(line, border.accuracy_m + border.standoff_m):
        mine = _on_own_side(report.ground, x_m, y_m)
        axes.plot(np.where(mine, x_m, np.nan), y_m, color=ink.text, linewidth=0.8, linestyle=STANDOFF_DASH, zorder=6)
    for chain in chains:
        axes.plot(*chain.T, color=ink.halo, linewidth=3.4, alpha=0.8, zorder=6, solid_capstyle="round")
        axes.plot(*chain.T, color=ink.text, linewidth=1.6, zorder=6.1, solid_capstyle="round")


def _outlines(line: LineString | MultiLineString, distance_m: float) -> list[tuple[Floats, Floats]]:
    if distance_m <= 0:
        return []
    band = line.buffer(distance_m)
    parts = getattr(band, "geoms", [band])
    rings = [ring for part in parts for ring in (part.exterior, *part.interiors)]
    fine = [np.asarray(ring.segmentize(max(distance_m / 4, 100.0)).coords) for ring in rings]
    return [(ring[:, 0], ring[:, 1]) for ring in fine]


def _on_own_side(ground: Ground, x_m: Floats, y_m: Floats) -> NDArray[np.bool_]:
    col = np.rint((x_m - ground.x_m[0]) / (ground.x_m[1] - ground.x_m[0])).astype(int)
    row = np.rint((y_m - ground.y_m[0]) / (ground.y_m[1] - ground.y_m[0])).astype(int)
    rows, cols = ground.own_side.shape
    inside = (col >= 0) & (col < cols) & (row >= 0) & (row < rows)
    mine = np.zeros(len(x_m), dtype=bool)
    mine[inside] = ground.own_side[row[inside], col[inside]]
    return mine


def draw_line(axes: Axes, line: Line, ink: Ink) -> None:
    """A road, a watch line or a planned route; the border is drawn by itself."""
    if line.kind == "road":
        axes.plot(line.x_m, line.y_m, color=ink.halo, linewidth=2.2, zorder=4.5)
        axes.plot(line.x_m, line.y_m, color=ink.faint, linewidth=1.1, zorder=4.6)
    elif line.kind == "watch_line":
        axes.plot(line.x_m, line.y_m, color=ORANGE, linewidth=1.0, linestyle=WATCH_DASH, zorder=6)
    elif line.kind == "planned":
        axes.plot(line.x_m, line.y_m, color=ink.planned, linewidth=0.7, linestyle=PLANNED_DASH, zorder=7.5)


def draw_spots(axes: Axes, spots: Sequence[Spot], window: Window, ink: Ink) -> None:
    """Named places. A name goes where it covers no other; where there is no such place, the mark stands alone."""
    shown = [spot for spot in spots if window.holds(spot.x_m, spot.y_m)]
    points_per_m = axes.get_position().width * axes.get_figure(root=True).get_size_inches()[0] * 72 / window.width_m
    taken: list[_Box] = []
    for spot in sorted(shown, key=lambda s: list(SPOT_MARKS).index(s.kind) if s.kind in SPOT_MARKS else 99):
        _draw_mark(axes, spot, ink)
        at = (spot.x_m - window.west_m) * points_per_m, (spot.y_m - window.south_m) * points_per_m
        right = spot.x_m > window.east_m - 0.18 * window.width_m
        free = (p for p in _places(right) if not any(_meet(_box(at, p, spot.name), t) for t in taken))
        place = next(free, None)
        if place is not None:
            taken.append(_box(at, place, spot.name))
            _draw_name(axes, spot, place, ink)


_Box = tuple[float, float, float, float]
_Place = tuple[float, float, str]
NAME_POINTS = 6.5


def _places(right: bool) -> tuple[_Place, ...]:
    """Where a name may stand, as points beside its mark and the side it is aligned to; near the east edge inward."""
    sides: tuple[tuple[float, str], ...] = ((-6.0, "right"), (6.0, "left"))
    first, second = sides if right else sides[::-1]
    return tuple((x, y, align) for x, align in (first, second) for y in (3.0, -8.0))


def _box(at: tuple[float, float], place: _Place, name: str) -> _Box:
    """West, south, east, north of a name on the map, in points; a letter is about half as wide as it is high."""
    width = 0.55 * NAME_POINTS * len(name)
    west = at[0] + place[0] - (width if place[2] == "right" else 0.0)
    south = at[1] + place[1] - 1.0
    return west, south, west + width, south + NAME_POINTS + 2.0


def _meet(one: _Box, two: _Box) -> bool:
    return one[0] < two[2] and two[0] < one[2] and one[1] < two[3] and two[1] < one[3]


def _draw_mark(axes: Axes, spot: Spot, ink: Ink) -> None:
    colour = PURPLE if spot.kind == "village" else ink.text
    mark = SPOT_MARKS.get(spot.kind, "o")
    edge = colour if mark in "x1" else ink.halo
    axes.plot([spot.x_m], [spot.y_m], mark, color=colour, markersize=6, markeredgecolor=edge, zorder=8)


def _draw_name(axes: Axes, spot: Spot, place: _Place, ink: Ink) -> None:
    axes.annotate(
        spot.name,
        (spot.x_m, spot.y_m),
        xytext=place[:2],
        textcoords="offset points",
        ha=place[2],
        fontsize=NAME_POINTS,
        color=ink.text,
        path_effects=[withStroke(linewidth=2.0, foreground=ink.halo)],
        zorder=8,
    )


def draw_alerts(axes: Axes, alerts: tuple[AlertCard, ...], window: Window, ink: Ink) -> None:
    """Numbered discs; one that would cover another moves aside on a leader."""
    near = 0.03 * window.width_m
    taken: list[tuple[float, float]] = []
    for number, card in enumerate(alerts, start=1):
        if not window.holds(card.x_m, card.y_m):
            continue
        if len(card.track_x_m) > 1:
            axes.plot(card.track_x_m, card.track_y_m, color=ink.alert, linewidth=1.2, zorder=9)
        at = _free_place(card.x_m, card.y_m, taken, near)
        taken.append(at)
        axes.plot([card.x_m, at[0]], [card.y_m, at[1]], color=ink.alert, linewidth=0.7, zorder=9)
        axes.plot([card.x_m], [card.y_m], ".", color=ink.alert, markersize=3, zorder=9)
        axes.plot(*at, "o", color=ink.alert, markersize=9, markeredgecolor=ink.halo, markeredgewidth=0.8, zorder=10)
        axes.text(
            *at, str(number), fontsize=5.5, weight="bold", color="white", ha="center", va="center_baseline", zorder=11
        )


def _free_place(x_m: float, y_m: float, taken: list[tuple[float, float]], near_m: float) -> tuple[float, float]:
    for ring in range(12):
        for turn in range(max(1, 6 * ring)):
            angle = math.tau * turn / max(1, 6 * ring) + 0.6
            place = (x_m + ring * near_m * math.cos(angle), y_m + ring * near_m * math.sin(angle))
            if all(math.dist(place, other) >= near_m for other in taken):
                return place
    return (x_m, y_m)
