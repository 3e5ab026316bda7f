"""Maps of the night: planned, flown, seen, alerts, over the ground they lie on."""

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Polygon
from matplotlib.patheffects import withStroke
from shapely.geometry import LineString, MultiLineString
from shapely.ops import unary_union

from ..texts import Texts
from .ink import FULL_WIDTH_IN, ORANGE, PURPLE, Ink, figure, picture
from .night import AlertCard, Area, Ground, Line, NightReport, Spot
from .relief import (
    Window,
    cell_extent,
    degree_ticks,
    draw_contours,
    draw_relief,
    north_of,
    slices,
    whole,
)

_LOOK_STEPS = (1, 2, 4)
_LOOK_ALPHA = (0.30, 0.50, 0.72)
_SPOT_MARKS = {"base": "^", "relay": "1", "patrol": "s", "goal": "x", "village": "o"}
_AREA_EDGES = {"no_look": ("x" * 4, "faint"), "no_fly": ("/" * 4, "faint"), "no_overfly": ("." * 3, "faint")}
_LEGEND_IN = 0.95
_PROBE_PX = 11.0


def overview(report: NightReport, ink: Ink, texts: Texts) -> str:
    """The whole sector."""
    return _map(report, whole(report.ground), ink, texts)


def detail(report: NightReport, ink: Ink, texts: Texts) -> str | None:
    """Only what was flown over and alerted, larger; None when that is nearly all of the sector, or nothing."""
    window = _action(report)
    return None if window is None else _map(report, window, ink, texts)


def _action(report: NightReport) -> Window | None:
    xs = [f.x_m for f in report.flights] + [np.array([a.x_m]) for a in report.alerts]
    ys = [f.y_m for f in report.flights] + [np.array([a.y_m]) for a in report.alerts]
    seen_rows, seen_cols = np.nonzero(report.ground.looks)
    xs.append(report.ground.x_m[seen_cols])
    ys.append(report.ground.y_m[seen_rows])
    x_m, y_m = np.concatenate(xs), np.concatenate(ys)
    if not len(x_m):
        return None
    everything = whole(report.ground)
    margin = 0.12 * max(np.ptp(x_m), np.ptp(y_m)) + 300.0
    width = max(float(np.ptp(x_m)) + 2 * margin, 1.35 * (float(np.ptp(y_m)) + 2 * margin))
    height = width / 1.35
    if width > 0.75 * everything.width_m or height > 0.75 * everything.height_m:
        return None
    return _inside(everything, (x_m.min() + x_m.max()) / 2, (y_m.min() + y_m.max()) / 2, width, height)


def _inside(outer: Window, x_m: float, y_m: float, width_m: float, height_m: float) -> Window:
    west = min(max(x_m - width_m / 2, outer.west_m), outer.east_m - width_m)
    south = min(max(y_m - height_m / 2, outer.south_m), outer.north_m - height_m)
    return Window(west, south, west + width_m, south + height_m)


def _map(report: NightReport, window: Window, ink: Ink, texts: Texts) -> str:
    left_in, right_in = 0.3, 0.04
    plane_in = FULL_WIDTH_IN - left_in - right_in
    height_in = plane_in * window.height_m / window.width_m
    drawn = figure(ink, FULL_WIDTH_IN, height_in + 0.35 + _LEGEND_IN)
    total_in = height_in + 0.35 + _LEGEND_IN
    axes = drawn.add_axes(
        (left_in / FULL_WIDTH_IN, (_LEGEND_IN + 0.25) / total_in, plane_in / FULL_WIDTH_IN, height_in / total_in)
    )
    draw_relief(axes, report.ground, window, ink)
    step = draw_contours(axes, report.ground, window, ink)
    _draw_far_side(axes, report.ground, window, ink)
    _draw_looks(axes, report.ground, window, ink)
    for area in report.areas:
        _draw_area(axes, area, ink)
    _draw_border(axes, report, ink)
    for line in report.lines:
        _draw_line(axes, line, ink)
    for flight in report.flights:
        axes.plot(flight.x_m, flight.y_m, color=ink.flown, linewidth=1.6, alpha=0.9, zorder=7)
    for spot in report.spots:
        _draw_spot(axes, spot, window, ink)
    _draw_alerts(axes, report.alerts, window, ink)
    _frame(axes, window, report.ground, ink, texts)
    legend = drawn.add_axes((left_in / FULL_WIDTH_IN, 0, plane_in / FULL_WIDTH_IN, _LEGEND_IN / total_in))
    _draw_legend(legend, report, step, ink, texts)
    return picture(drawn)


def _draw_far_side(axes: Axes, ground: Ground, window: Window, ink: Ink) -> None:
    """A veil over what is not ours to watch."""
    rows, cols = slices(ground, window)
    veil = np.zeros((*ground.own_side[rows, cols].shape, 4))
    veil[..., :3] = int(ink.veil[1:3], 16) / 255
    veil[..., 3] = np.where(ground.own_side[rows, cols], 0.0, 0.5)
    extent = cell_extent(ground.x_m[cols], ground.y_m[rows])
    axes.imshow(veil, origin="lower", extent=extent, interpolation="nearest", zorder=2.5)


def _draw_looks(axes: Axes, ground: Ground, window: Window, ink: Ink) -> None:
    rows, cols = slices(ground, window, most=1600)
    looks = _most_seen(ground, rows, cols)
    alpha = np.zeros(looks.shape)
    for least, strength in zip(_LOOK_STEPS, _LOOK_ALPHA, strict=True):
        alpha[looks >= least] = strength
    colour = np.empty((*looks.shape, 4))
    colour[..., :3] = tuple(int(ink.seen[i : i + 2], 16) / 255 for i in (1, 3, 5))
    colour[..., 3] = alpha
    extent = cell_extent(ground.x_m[cols], ground.y_m[rows])
    axes.imshow(colour, origin="lower", extent=extent, interpolation="nearest", zorder=3)


def _most_seen(ground: Ground, rows: slice, cols: slice) -> np.ndarray:
    """Looks at each thinned cell: the most of the cells it stands for, so that a small seen place stays visible."""
    fine = ground.looks[rows.start : rows.stop, cols.start : cols.stop]
    if rows.step == 1 and cols.step == 1:
        return fine
    down, across = -fine.shape[0] % rows.step, -fine.shape[1] % cols.step
    padded = np.pad(fine, ((0, down), (0, across)))
    blocks = padded.reshape(padded.shape[0] // rows.step, rows.step, padded.shape[1] // cols.step, cols.step)
    return blocks.max(axis=(1, 3))


def _draw_area(axes: Axes, area: Area, ink: Ink) -> None:
    ring = np.column_stack([area.x_m, area.y_m])
    if area.kind == "keep_in":
        axes.add_patch(Polygon(ring, fill=False, edgecolor=ink.text, linewidth=0.6, linestyle=(0, (1, 2)), zorder=4))
    elif area.kind in _AREA_EDGES:
        hatch, _ = _AREA_EDGES[area.kind]
        axes.add_patch(Polygon(ring, fill=False, hatch=hatch, edgecolor=ink.faint, linewidth=0.7, zorder=4))
    else:
        colour = PURPLE if area.kind == "village" else ORANGE
        axes.add_patch(Polygon(ring, facecolor="none", edgecolor=colour, linewidth=1.0, zorder=4))


def _draw_border(axes: Axes, report: NightReport, ink: Ink) -> None:
    chains = [np.column_stack([line.x_m, line.y_m]) for line in report.lines if line.kind == "border"]
    if not chains:
        return
    border = report.sector.border
    line = unary_union([LineString(c) for c in chains])
    assert isinstance(line, LineString | MultiLineString)
    for outline in _outlines(line, border.accuracy_m):
        axes.plot(*outline, color=ink.text, linewidth=0.8, linestyle=(0, (4, 3)), zorder=6)
    for x_m, y_m in _outlines(line, border.accuracy_m + border.standoff_m):
        mine = _on_own_side(report.ground, x_m, y_m)
        axes.plot(np.where(mine, x_m, np.nan), y_m, color=ink.text, linewidth=0.8, linestyle=(0, (1, 2)), zorder=6)
    for chain in chains:
        axes.plot(*chain.T, color=ink.halo, linewidth=3.4, alpha=0.8, zorder=6, solid_capstyle="round")
        axes.plot(*chain.T, color=ink.text, linewidth=1.6, zorder=6.1, solid_capstyle="round")


def _outlines(line: LineString | MultiLineString, distance_m: float) -> list[tuple[np.ndarray, np.ndarray]]:
    if distance_m <= 0:
        return []
    band = line.buffer(distance_m)
    parts = getattr(band, "geoms", [band])
    rings = [ring for part in parts for ring in (part.exterior, *part.interiors)]
    fine = [np.asarray(ring.segmentize(max(distance_m / 4, 100.0)).coords) for ring in rings]
    return [(ring[:, 0], ring[:, 1]) for ring in fine]


def _on_own_side(ground: Ground, x_m: np.ndarray, y_m: np.ndarray) -> np.ndarray:
    col = np.rint((x_m - ground.x_m[0]) / (ground.x_m[1] - ground.x_m[0])).astype(int)
    row = np.rint((y_m - ground.y_m[0]) / (ground.y_m[1] - ground.y_m[0])).astype(int)
    rows, cols = ground.own_side.shape
    inside = (col >= 0) & (col < cols) & (row >= 0) & (row < rows)
    mine = np.zeros(len(x_m), dtype=bool)
    mine[inside] = ground.own_side[row[inside], col[inside]]
    return mine


def _draw_line(axes: Axes, line: Line, ink: Ink) -> None:
    if line.kind == "road":
        axes.plot(line.x_m, line.y_m, color=ink.halo, linewidth=2.2, zorder=4.5)
        axes.plot(line.x_m, line.y_m, color=ink.faint, linewidth=1.1, zorder=4.6)
    elif line.kind == "watch_line":
        axes.plot(line.x_m, line.y_m, color=ORANGE, linewidth=1.0, linestyle=(0, (6, 2, 1, 2)), zorder=6)
    elif line.kind == "planned":
        axes.plot(line.x_m, line.y_m, color=ink.planned, linewidth=0.7, linestyle=(0, (3, 4)), zorder=7.5)


def _draw_spot(axes: Axes, spot: Spot, window: Window, ink: Ink) -> None:
    if not window.holds(spot.x_m, spot.y_m):
        return
    colour = PURPLE if spot.kind == "village" else ink.text
    mark = _SPOT_MARKS.get(spot.kind, "o")
    edge = {} if mark in "x1" else {"markeredgecolor": ink.halo, "markeredgewidth": 0.7}
    axes.plot([spot.x_m], [spot.y_m], mark, color=colour, markersize=6, zorder=8, **edge)
    right = spot.x_m > window.east_m - 0.18 * window.width_m
    axes.annotate(
        spot.name,
        (spot.x_m, spot.y_m),
        xytext=(-6 if right else 6, 3),
        textcoords="offset points",
        ha="right" if right else "left",
        fontsize=6.5,
        color=ink.text,
        path_effects=[withStroke(linewidth=2.0, foreground=ink.halo)],
        zorder=8,
    )


def _draw_alerts(axes: Axes, alerts: tuple[AlertCard, ...], window: Window, ink: Ink) -> None:
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


def _frame(axes: Axes, window: Window, ground: Ground, ink: Ink, texts: Texts) -> None:
    axes.set_xlim(window.west_m, window.east_m)
    axes.set_ylim(window.south_m, window.north_m)
    axes.set_aspect("equal")
    longitudes, latitudes = degree_ticks(window, ground.latlon)
    axes.set_xticks([x for x, _ in longitudes], [_degrees(v, "lon", texts) for _, v in longitudes])
    axes.set_yticks([y for y, _ in latitudes], [_degrees(v, "lat", texts) for _, v in latitudes])
    for label in axes.get_yticklabels():
        label.set(rotation=90, va="center")
    axes.tick_params(colors=ink.text, labelsize=6, width=0.5, length=2.5, color=ink.faint, top=True, right=True)
    for spine in axes.spines.values():
        spine.set(color=ink.faint, linewidth=0.6)
    _scale_bar(axes, window, ink)
    _north_arrow(axes, window, ground, ink, texts)


def _degrees(value: float, axis: str, texts: Texts) -> str:
    side = ("north" if value >= 0 else "south") if axis == "lat" else ("east" if value >= 0 else "west")
    places = 2 if abs(value * 100 - round(value * 100)) < 1e-6 else 3
    return f"{texts.number(abs(value), places)}° {texts('report.' + side)}"


def _scale_bar(axes: Axes, window: Window, ink: Ink) -> None:
    length = max(s for s in (100, 200, 500, 1000, 2000, 5000, 10000, 20000) if s <= max(window.width_m / 4, 100))
    x_m, y_m = window.west_m + 0.03 * window.width_m, window.south_m + 0.035 * window.height_m
    halo = [withStroke(linewidth=3.0, foreground=ink.halo)]
    axes.plot(
        [x_m, x_m + length],
        [y_m, y_m],
        color=ink.text,
        linewidth=1.6,
        zorder=12,
        path_effects=halo,
        solid_capstyle="butt",
    )
    for end in (x_m, x_m + length / 2, x_m + length):
        axes.plot([end, end], [y_m, y_m + 0.012 * window.height_m], color=ink.text, linewidth=1.0, zorder=12)
    label = f"{length // 1000} km" if length >= 1000 else f"{length} m"
    axes.text(
        x_m + length,
        y_m + 0.018 * window.height_m,
        label,
        fontsize=6.5,
        color=ink.text,
        ha="right",
        va="bottom",
        zorder=12,
        path_effects=halo,
    )


def _north_arrow(axes: Axes, window: Window, ground: Ground, ink: Ink, texts: Texts) -> None:
    east, north = north_of(window, ground.latlon)
    x_m, y_m = window.east_m - 0.04 * window.width_m, window.north_m - 0.13 * window.height_m
    reach = 0.075 * window.height_m
    halo = [withStroke(linewidth=3.0, foreground=ink.halo)]
    axes.annotate(
        "",
        (x_m + reach * east, y_m + reach * north),
        (x_m, y_m),
        arrowprops={"arrowstyle": "-|>", "color": ink.text, "linewidth": 1.0, "mutation_scale": 9},
        zorder=12,
    )
    axes.text(
        x_m + 1.25 * reach * east,
        y_m + 1.25 * reach * north,
        texts("report.map.north"),
        fontsize=7,
        weight="bold",
        color=ink.text,
        ha="center",
        va="center",
        zorder=12,
        path_effects=halo,
    )


def _draw_legend(axes: Axes, report: NightReport, contour_m: int | None, ink: Ink, texts: Texts) -> None:
    axes.axis("off")
    border = report.sector.border
    kinds = {a.kind for a in report.areas} | {f"spot_{s.kind}" for s in report.spots} | {x.kind for x in report.lines}
    say = texts
    entries: list[tuple[Line2D | Patch, str]] = [
        (Patch(facecolor=ink.veil, alpha=0.8), say("report.map.far_side")),
        (Line2D([], [], color=ink.text, linewidth=1.6), say("report.map.border")),
        (
            Line2D([], [], color=ink.text, linewidth=0.8, linestyle=(0, (4, 3))),
            say("report.map.accuracy", m=say.number(border.accuracy_m)),
        ),
        (
            Line2D([], [], color=ink.text, linewidth=0.8, linestyle=(0, (1, 2))),
            say("report.map.standoff", m=say.number(border.accuracy_m + border.standoff_m)),
        ),
        (Line2D([], [], color=ink.planned, linewidth=0.7, linestyle=(0, (3, 4))), say("report.map.planned")),
        (Line2D([], [], color=ink.flown, linewidth=1.4), say("report.map.flown")),
    ]
    for least, after, alpha in zip(_LOOK_STEPS, (*_LOOK_STEPS[1:], None), _LOOK_ALPHA, strict=True):
        looks = f"{least}" if after == least + 1 else f"{least}–{after - 1}" if after else f"≥ {least}"
        entries.append((Patch(facecolor=ink.seen, alpha=alpha), say("report.map.looks", looks=looks)))
    if report.alerts:
        entries.append(
            (Line2D([], [], marker="o", linestyle="", color=ink.alert, markersize=7), say("report.map.alert"))
        )
    if "road" in kinds:
        entries.append((Line2D([], [], color=ink.faint, linewidth=1.4), say("report.map.road")))
    if "watch_line" in kinds:
        entries.append(
            (Line2D([], [], color=ORANGE, linewidth=1.0, linestyle=(0, (6, 2, 1, 2))), say("report.map.watch_line"))
        )
    for kind, mark in _SPOT_MARKS.items():
        if f"spot_{kind}" in kinds:
            colour = PURPLE if kind == "village" else ink.text
            entries.append(
                (Line2D([], [], marker=mark, linestyle="", color=colour, markersize=5), say(f"report.map.{kind}"))
            )
    for kind, (hatch, _) in _AREA_EDGES.items():
        if kind in kinds:
            entries.append((Patch(facecolor="none", edgecolor=ink.faint, hatch=hatch), say(f"report.map.{kind}")))
    for kind, colour in (("village", PURPLE), ("priority", ORANGE)):
        if kind in kinds:
            entries.append((Patch(facecolor="none", edgecolor=colour), say(f"report.map.area_{kind}")))
    if "keep_in" in kinds:
        entries.append((Patch(facecolor="none", edgecolor=ink.text, linestyle=(0, (1, 2))), say("report.map.keep_in")))
    if contour_m:
        entries.append((Line2D([], [], color=ink.contour, linewidth=0.6), say("report.map.contours", m=contour_m)))
    axes.legend(
        [mark for mark, _ in entries],
        [text for _, text in entries],
        loc="upper left",
        bbox_to_anchor=(0, 1),
        borderaxespad=0,
        ncols=4,
        fontsize=6.2,
        frameon=False,
        labelcolor=ink.text,
        handlelength=2.2,
        columnspacing=1.4,
        labelspacing=0.45,
    )


def small_map(card: AlertCard, ground: Ground, lines: tuple[Line, ...], ink: Ink, texts: Texts) -> str:
    """An alert's track on the ground, some 1.5 km across or as wide as the track needs."""
    reach = 750.0
    if len(card.track_x_m):
        reach = max(reach, 1.2 * float(np.max(np.hypot(card.track_x_m - card.x_m, card.track_y_m - card.y_m))))
    window = Window(card.x_m - reach, card.y_m - 0.8 * reach, card.x_m + reach, card.y_m + 0.8 * reach)
    drawn = figure(ink, 2.5, 2.0)
    axes = drawn.add_axes((0, 0, 1, 1))
    draw_relief(axes, ground, window, ink)
    draw_contours(axes, ground, window, ink)
    for line in lines:
        if line.kind == "border":
            axes.plot(line.x_m, line.y_m, color=ink.text, linewidth=1.6, zorder=6)
        else:
            _draw_line(axes, line, ink) if line.kind != "planned" else None
    axes.plot(card.track_x_m, card.track_y_m, color=ink.alert, linewidth=1.6, zorder=9)
    axes.plot([card.x_m], [card.y_m], "o", color=ink.alert, markersize=7, markeredgecolor=ink.halo, zorder=10)
    axes.set_xlim(window.west_m, window.east_m)
    axes.set_ylim(window.south_m, window.north_m)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)
    _scale_bar(axes, window, ink)
    return picture(drawn)
