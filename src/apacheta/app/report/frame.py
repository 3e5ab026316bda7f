"""What a map needs to be read: coordinates, scale, north, legend."""

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke

from ..texts import Texts
from .ink import ORANGE, PURPLE, Ink
from .marks import (
    ACCURACY_DASH,
    AREA_HATCHES,
    KEEP_IN_DASH,
    LOOK_ALPHA,
    LOOK_STEPS,
    PLANNED_DASH,
    SPOT_MARKS,
    STANDOFF_DASH,
    WATCH_DASH,
)
from .night import Ground, NightReport
from .relief import Window, degree_ticks, north_of

_Entry = tuple[Artist, str]
_SCALES_M = (100, 200, 500, 1000, 2000, 5000, 10000, 20000)


def draw_frame(axes: Axes, window: Window, ground: Ground, ink: Ink, texts: Texts) -> None:
    """Edges with degrees, a scale bar, true north."""
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
    draw_scale_bar(axes, window, ink)
    _north_arrow(axes, window, ground, ink, texts)


def _degrees(value: float, axis: str, texts: Texts) -> str:
    side = ("north" if value >= 0 else "south") if axis == "lat" else ("east" if value >= 0 else "west")
    places = 2 if abs(value * 100 - round(value * 100)) < 1e-6 else 3
    return f"{texts.number(abs(value), places)}° {texts('report.' + side)}"


def draw_scale_bar(axes: Axes, window: Window, ink: Ink) -> None:
    """At most a quarter of the width, a round number of metres."""
    length = max(s for s in _SCALES_M if s <= max(window.width_m / 4, 100))
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


def draw_legend(axes: Axes, report: NightReport, contour_m: int | None, ink: Ink, texts: Texts) -> None:
    """Every sign that the map uses, and none that it does not."""
    axes.axis("off")
    entries = [
        *_border_entries(report, ink, texts),
        *_watch_entries(report, ink, texts),
        *_place_entries(report, ink, texts),
    ]
    if contour_m:
        entries.append((_stroke(ink.contour, 0.6), texts("report.map.contours", m=contour_m)))
    set_legend(axes, entries, ink)


def _border_entries(report: NightReport, ink: Ink, texts: Texts) -> list[_Entry]:
    border = report.sector.border
    accuracy, required = texts.number(border.accuracy_m), texts.number(border.accuracy_m + border.standoff_m)
    return [
        (Patch(facecolor=ink.veil, alpha=0.8), texts("report.map.far_side")),
        (_stroke(ink.text, 1.6), texts("report.map.border")),
        (_stroke(ink.text, 0.8, ACCURACY_DASH), texts("report.map.accuracy", m=accuracy)),
        (_stroke(ink.text, 0.8, STANDOFF_DASH), texts("report.map.standoff", m=required)),
    ]


def _watch_entries(report: NightReport, ink: Ink, texts: Texts) -> list[_Entry]:
    found: list[_Entry] = [
        (_stroke(ink.planned, 0.7, PLANNED_DASH), texts("report.map.planned")),
        (_stroke(ink.flown, 1.4), texts("report.map.flown")),
    ]
    for least, after, alpha in zip(LOOK_STEPS, (*LOOK_STEPS[1:], None), LOOK_ALPHA, strict=True):
        looks = f"≥ {least}" if after is None else f"{least}" if after == least + 1 else f"{least}–{after - 1}"
        found.append((Patch(facecolor=ink.seen, alpha=alpha), texts("report.map.looks", looks=looks)))
    if report.alerts:
        found.append((_dot("o", ink.alert), texts("report.map.alert")))
    return found


def set_legend(axes: Axes, entries: list[_Entry], ink: Ink) -> None:
    """Marks and their words, in four columns from the top left."""
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


def _place_entries(report: NightReport, ink: Ink, texts: Texts) -> list[_Entry]:
    lines, spots, areas = ({thing.kind for thing in kind} for kind in (report.lines, report.spots, report.areas))
    every: list[tuple[bool, Artist, str]] = [
        ("road" in lines, _stroke(ink.faint, 1.4), "road"),
        ("watch_line" in lines, _stroke(ORANGE, 1.0, WATCH_DASH), "watch_line"),
        *((k in spots, _dot(mark, PURPLE if k == "village" else ink.text), k) for k, mark in SPOT_MARKS.items()),
        *((k in areas, Patch(fc="none", ec=ink.faint, hatch=hatch), k) for k, hatch in AREA_HATCHES.items()),
        ("village" in areas, Patch(fc="none", ec=PURPLE), "area_village"),
        ("priority" in areas, Patch(fc="none", ec=ORANGE), "area_priority"),
        ("keep_in" in areas, _stroke(ink.faint, 0.8, KEEP_IN_DASH), "keep_in"),
    ]
    return [(mark, texts(f"report.map.{name}")) for there, mark, name in every if there]


def _stroke(colour: str, width: float, dash: tuple[int, tuple[int, ...]] | str = "-") -> Line2D:
    return Line2D([], [], color=colour, linewidth=width, linestyle=dash)


def _dot(mark: str, colour: str) -> Line2D:
    return Line2D([], [], marker=mark, linestyle="", color=colour, markersize=5.5)
