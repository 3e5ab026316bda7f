"""Who would get through unseen: sentences, a map, the remedies that were tried, and why nothing is flown where."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke

from ...core.instant import NS, datetime_of
from ...core.plan import WatchPlan
from ...plan.game import Value
from ...plan.game.crossers import Ints
from ...plan.game.excluded import Excluded
from ...plan.game.lattice import Lattice
from ...plan.game.openings import Openings
from ...plan.game.remedies import Remedy
from ..openings import Unseen
from ..report.frame import draw_frame, set_legend
from ..report.ink import FULL_WIDTH_IN, ORANGE, PURPLE, SKY, Ink, figure, picture
from ..report.relief import cell_extent, draw_contours, draw_relief, whole
from ..texts import Texts
from .pictures import CAVEAT_IN, Scene, caveats_of, draw_caveats, draw_far_side, draw_places

TIMES = 4
"""Of a way: so many of its times stand on the map."""
LEGEND_IN = 0.62


def sayings_of(unseen: Unseen, plan: WatchPlan, t: Texts) -> list[str]:
    """What was found, worst first."""
    openings, value = unseen.openings, unseen.value
    if openings is None or value is None:
        return [t("plan.openings.no_goal")]
    said = []
    if openings.unwatchable.any():
        said.append(t("plan.openings.unwatchable", share=t.number(100.0 * openings.share(openings.unwatchable))))
    else:
        said.append(t("plan.openings.watchable", minutes=_minutes(openings.allowed.looks, openings, t)))
    if openings.open_tonight.any():
        said.append(t("plan.openings.open", share=t.number(100.0 * openings.share(openings.open_tonight))))
    else:
        said.append(t("plan.openings.closed", minutes=_minutes(openings.menu.looks, openings, t)))
        shares = {"certified": t.number(100.0 * value.certified, 1), "attack": t.number(100.0 * value.attack, 1)}
        said.append(t("plan.openings.value", **shares, restarts=value.restarts))
    if plan.search_rate_km2_h is not None and plan.sweep_width_m is not None:
        width_m = t.number(plan.sweep_width_m)
        said.append(t("plan.openings.searched", rate=t.number(plan.search_rate_km2_h, 1), width=width_m))
    return said


def _minutes(looks: int | None, openings: Openings, t: Texts) -> str:
    return t.number((looks or 0) * openings.lattice.step_s / 60.0)


def remedy_row(remedy: Remedy, t: Texts) -> list[str]:
    """What, where, and what it closes, %."""
    where = "" if remedy.lat_deg is None else f"{remedy.lat_deg:.4f}, {remedy.lon_deg:.4f}"
    tonight = None if remedy.closed_tonight_share is None else 100.0 * remedy.closed_tonight_share
    what = t(f"plan.openings.kind.{remedy.kind}", place=remedy.place)
    return [what, where, t.number(100.0 * remedy.closed_share, 1), t.number(tonight, 1)]


def excluded_rows(excluded: Excluded, t: Texts) -> tuple[str, list[tuple[str, str]]]:
    """The type of aircraft; reasons with their square kilometres, of those that there are."""
    found = [(why, km2) for why, km2 in excluded.km2.items() if km2 > 0.0]
    return excluded.aircraft_type, [(t(f"plan.openings.reason.{why}"), t.number(km2)) for why, km2 in found]


def openings_map(scene: Scene, openings: Openings, value: Value, ink: Ink, t: Texts) -> str:
    """The whole sector: what could be watched, what is, the open border, and a way that passes unseen; or, where there
    is none, the best that was found."""
    way = openings.menu.way if openings.menu.looks == 0 else value.way
    window, caveats = whole(scene.ground), caveats_of(scene, t)
    width = FULL_WIDTH_IN - 0.34
    height = min(max(width * window.height_m / window.width_m, 3.0), 9.0)
    total = height + LEGEND_IN + 0.3 + CAVEAT_IN * len(caveats)
    drawn = figure(ink, FULL_WIDTH_IN, total)
    axes = drawn.add_axes((0.3 / FULL_WIDTH_IN, (LEGEND_IN + 0.22) / total, width / FULL_WIDTH_IN, height / total))
    draw_relief(axes, scene.ground, window, ink)
    draw_contours(axes, scene.ground, window, ink)
    draw_far_side(axes, scene, window, ink)
    _draw_ground(axes, scene, openings, ink)
    draw_places(axes, scene, window, ink, close=False)
    _draw_border(axes, openings)
    _draw_way(axes, way, openings.lattice, ink)
    draw_frame(axes, window, scene.ground, ink, t)
    draw_caveats(axes, caveats, ink)
    below = drawn.add_axes((0.3 / FULL_WIDTH_IN, 0.0, width / FULL_WIDTH_IN, LEGEND_IN / total))
    below.axis("off")
    set_legend(below, _legend(openings, ink, t), ink)
    return picture(drawn)


def _draw_ground(axes: Axes, scene: Scene, openings: Openings, ink: Ink) -> None:
    """What some allowed racetrack could watch pale, what the menu watches strong."""
    could = np.zeros(scene.result.watched.shape, dtype=np.bool_)
    for one in openings.watchable:
        could |= one.nodes
    extent = cell_extent(scene.ground.x_m, scene.ground.y_m)
    for mask, colour, alpha in ((could & openings.lattice.own, SKY, 0.3), (scene.result.watched, ink.seen, 0.7)):
        tint = np.zeros((*mask.shape, 4), np.float32)
        tint[mask] = (*(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)), alpha)
        axes.imshow(tint, origin="lower", extent=extent, interpolation="nearest", zorder=4)


def _draw_border(axes: Axes, openings: Openings) -> None:
    """The cells by which one comes in unseen."""
    for mask, colour in ((openings.open_tonight, ORANGE), (openings.unwatchable, PURPLE)):
        x, y = openings.lattice.xy_of(np.flatnonzero(mask.ravel()))
        axes.plot(x, y, "s", color=colour, markersize=2.0, zorder=9)


def _draw_way(axes: Axes, way: Ints, lattice: Lattice, ink: Ink) -> None:
    """A way (n, 2; step and cell), with some of its times."""
    if not len(way):
        return
    halo = [withStroke(linewidth=2.6, foreground=ink.halo)]
    x, y = lattice.xy_of(way[:, 1])
    axes.plot(x, y, color=ink.alert, linewidth=1.8, zorder=10, path_effects=halo)
    for n in np.unique(np.linspace(0, len(way) - 1, TIMES).astype(int)):
        utc_ns = lattice.start_utc_ns + int(way[n, 0] * lattice.step_s * NS)
        axes.annotate(datetime_of(utc_ns).strftime("%H:%M"), (x[n], y[n]), (4, -9), textcoords="offset points",
                      fontsize=6.5, weight="bold", color=ink.alert, zorder=12, path_effects=halo)  # fmt: skip


def _legend(openings: Openings, ink: Ink, t: Texts) -> list[Any]:
    entries: list[Any] = [
        (Patch(facecolor=SKY, alpha=0.45), t("plan.openings.could")),
        (Patch(facecolor=ink.seen, alpha=0.8), t("plan.map.could")),
    ]
    marks = [("open_tonight", openings.open_tonight, ORANGE), ("unwatchable_border", openings.unwatchable, PURPLE)]
    for name, mask, colour in marks:
        if mask.any():
            entries.append((Line2D([], [], marker="s", linestyle="", color=colour), t(f"plan.openings.{name}")))
    which = "way" if openings.menu.looks == 0 else "best_way"
    entries.append((Line2D([], [], color=ink.alert, linewidth=1.8), t(f"plan.openings.{which}")))
    entries.append((Line2D([], [], marker="s", linestyle="", color=ink.text, markersize=5.5), t("plan.map.base")))
    entries.append((Line2D([], [], marker="*", linestyle="", color=ink.text, markersize=5.5), t("plan.map.goal")))
    return entries
