"""Maps of the night: planned, flown, seen, alerts, over the ground they lie on."""

import numpy as np

from ..texts import Texts
from .frame import draw_frame, draw_legend, draw_scale_bar
from .ink import FULL_WIDTH_IN, Ink, figure, picture
from .marks import draw_alerts, draw_area, draw_border, draw_far_side, draw_line, draw_looks, draw_spots
from .night import AlertCard, Ground, Line, NightReport
from .relief import Window, draw_contours, draw_relief, whole

_LEGEND_IN = 0.95
_SHAPE = 1.35
"""Width over height of the larger map."""


def overview(report: NightReport, ink: Ink, texts: Texts) -> str:
    """The whole sector."""
    return _map(report, whole(report.ground), ink, texts)


def detail(report: NightReport, ink: Ink, texts: Texts) -> str | None:
    """Only what was flown over and alerted, larger; None when that is nearly all of the sector, or nothing."""
    window = _action(report)
    return None if window is None else _map(report, window, ink, texts)


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
        elif line.kind != "planned":
            draw_line(axes, line, ink)
    axes.plot(card.track_x_m, card.track_y_m, color=ink.alert, linewidth=1.6, zorder=9)
    axes.plot([card.x_m], [card.y_m], "o", color=ink.alert, markersize=7, markeredgecolor=ink.halo, zorder=10)
    axes.set_xlim(window.west_m, window.east_m)
    axes.set_ylim(window.south_m, window.north_m)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)
    draw_scale_bar(axes, window, ink)
    return picture(drawn)


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
    width = max(float(np.ptp(x_m)) + 2 * margin, _SHAPE * (float(np.ptp(y_m)) + 2 * margin))
    height = width / _SHAPE
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
    draw_far_side(axes, report.ground, window, ink)
    draw_looks(axes, report.ground, window, ink)
    for area in report.areas:
        draw_area(axes, area, ink)
    draw_border(axes, report, ink)
    for line in report.lines:
        draw_line(axes, line, ink)
    for flight in report.flights:
        axes.plot(flight.x_m, flight.y_m, color=ink.flown, linewidth=1.6, alpha=0.9, zorder=7)
    draw_spots(axes, report.spots, window, ink)
    draw_alerts(axes, report.alerts, window, ink)
    draw_frame(axes, window, report.ground, ink, texts)
    legend = drawn.add_axes((left_in / FULL_WIDTH_IN, 0, plane_in / FULL_WIDTH_IN, _LEGEND_IN / total_in))
    draw_legend(legend, report, step, ink, texts)
    return picture(drawn)
