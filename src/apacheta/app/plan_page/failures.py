"""If something fails: what was proven, mode by mode, where a failed aircraft may come down, and over whom."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from numpy.typing import NDArray

from ...core.aircraft import Aircraft
from ...core.certificate import Certificate
from ...core.sector import Sector
from ...plan.airspace import ring_xy
from ...plan.containment import Ground, coarser, reached_by_mode
from ...plan.containment.ground import BEYOND_M
from ...plan.cost import Change, Cost
from ..report.ink import FULL_WIDTH_IN, ORANGE, Ink, figure, picture
from ..texts import Texts

COARSER = 2
COLUMNS = 4
PANEL_ROOM_M = 800.0
TITLE_IN = 0.32
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Failures:
    """A certificate with all that may be reached in each mode, on the ground's cells; and what it costs, if known."""

    certificate: Certificate
    sector: Sector
    ground: Ground
    reached: dict[str, Bools]
    cost: Cost | None


def failures_of(
    certificate: Certificate, sector: Sector, fleet: Mapping[str, Aircraft], ground: Ground, cost: Cost | None
) -> Failures | None:
    """None where there is no tour."""
    if not certificate.legs:
        return None
    coarse = coarser(ground, COARSER)
    return Failures(certificate, sector, coarse, reached_by_mode(certificate, sector, fleet, coarse), cost)


def said_of(failures: Failures, t: Texts) -> str:
    """The verdict in one sentence, and what it costs in another."""
    proof, cost = failures.certificate, failures.cost
    said = t(f"prove.{proof.verdict}", tours=len(proof.tours), states=t.number(proof.states))
    if cost is None or cost.still_share is None:
        return said
    return (
        said
        + " "
        + t(
            "plan.failures.cost",
            without=t.number(cost.without_km2, 1),
            share=t.number(100.0 * cost.still_share),
            watched=t.number(cost.with_km2, 1),
        )
    )


def rows_of(failures: Failures, t: Texts) -> list[list[str]]:
    """Mode, verdict, metres to spare, square kilometres that may be reached, villages among them."""
    rows = []
    for mode in failures.certificate.modes:
        reached = failures.reached.get(mode.mode)
        why = t(f"prove.why.{mode.why}").removeprefix(": ") if mode.why else ""
        rows.append(
            [
                t(f"prove.mode.{mode.mode}"),
                t(f"prove.verdict.{mode.verdict}") + (f" ({why})" if why else ""),
                t.number(mode.worst_margin_m),
                "" if reached is None else t.number(float(reached.sum()) * failures.ground.box.cell_m**2 / 1e6, 1),
                "" if reached is None else ", ".join(_villages(failures, reached)),
            ]
        )
    return rows


def changes_of(failures: Failures, t: Texts) -> list[list[str]]:
    """What became of every tour that would be flown without the proof: its name, its worst failure, what became
    of it, and how much of its ground is still watched, %."""
    return [] if failures.cost is None else [_change(change, t) for change in failures.cost.changes]


def _change(change: Change, t: Texts) -> list[str]:
    moved, lowered = t.number(change.moved_m), t.number(change.lowered_m)
    raised = t.number(None if change.lowered_m is None else -change.lowered_m)
    became = t(f"plan.fate.{change.fate}", became=change.became or "", moved=moved, lowered=lowered, raised=raised)
    share = None if change.still_share is None else 100.0 * change.still_share
    return [change.tour, _worst(change, t), became, t.number(share)]


def _worst(change: Change, t: Texts) -> str:
    """The failure that decides, and how many metres it lacks or spares."""
    if change.worst is None:
        return t("plan.fate.unknown")
    mode, metres = t(f"prove.mode.{change.worst.mode}"), t.number(abs(change.worst.margin_m))
    margin_m = change.worst.margin_m
    known = "spare" if margin_m >= 0.0 else "lacks" if margin_m > BEYOND_M / 2 else "beyond"
    return t(f"plan.fate.{known}", mode=mode, metres=metres)


def _villages(failures: Failures, reached: Bools) -> list[str]:
    """The villages and no-overfly zones that have a reached cell."""
    x, y = failures.ground.box.middles()
    here = x[reached], y[reached]
    grid, near = failures.ground.box.grid, failures.ground.box.cell_m
    zones = [z for z in failures.sector.zones if z.kind in ("village", "no_overfly")]
    return [z.name for z in zones if shapely.contains_xy(ring_xy(z.ring, grid).buffer(near), *here).any()]


def picture_of(failures: Failures, ink: Ink, t: Texts) -> str:
    """A small map for each different reach: the tours, all that may be reached from them, the border with its accuracy,
    and the failures that lead there."""
    window = _window(failures)
    panels: dict[int, list[str]] = {}
    for name, reached in failures.reached.items():
        panels.setdefault(id(reached), []).append(name)
    lines = -(-len(panels) // COLUMNS)
    wide = FULL_WIDTH_IN / COLUMNS
    tall = min(max(wide * (window[3] - window[1]) / (window[2] - window[0]), 1.0), 2.6) + TITLE_IN
    drawn = figure(ink, FULL_WIDTH_IN, tall * lines)
    for n, names in enumerate(panels.values()):
        left, top = n % COLUMNS * wide, n // COLUMNS * tall
        corner = (left / FULL_WIDTH_IN + 0.004, 1.0 - (top + tall) / (tall * lines) + 0.004)
        axes = drawn.add_axes((*corner, wide / FULL_WIDTH_IN - 0.008, (tall - TITLE_IN) / (tall * lines) - 0.008))
        _panel(axes, failures, failures.reached[names[0]], window, ink)
        title = "\n".join(t(f"prove.mode.{name}") for name in names)
        axes.set_title(title, fontsize=6.5, color=ink.text, pad=2)
    return picture(drawn)


def _window(failures: Failures) -> tuple[float, float, float, float]:
    """West, south, east, north of all that is reached, with room."""
    i, j = np.nonzero(np.any(list(failures.reached.values()), axis=0))
    box = failures.ground.box
    west, south = box.west_m + j.min() * box.cell_m, box.south_m + i.min() * box.cell_m
    east, north = box.west_m + j.max() * box.cell_m, box.south_m + i.max() * box.cell_m
    return west - PANEL_ROOM_M, south - PANEL_ROOM_M, east + PANEL_ROOM_M, north + PANEL_ROOM_M


def _panel(axes: Axes, failures: Failures, reached: Bools, window: tuple[float, float, float, float], ink: Ink) -> None:
    box, sector = failures.ground.box, failures.sector
    x = box.west_m + (np.arange(box.cols) + 0.5) * box.cell_m
    y = box.south_m + (np.arange(box.rows) + 0.5) * box.cell_m
    rows, cols = (y >= window[1]) & (y <= window[3]), (x >= window[0]) & (x <= window[2])
    here = np.ix_(rows, cols)
    x, y, near, hit = x[cols], y[rows], failures.ground.border_m[here], reached[here]
    height = np.where(near > BEYOND_M / 2, failures.ground.lowest_m[here], np.nan)
    axes.contour(x[::2], y[::2], height[::2, ::2], levels=8, colors=[ink.contour], linewidths=0.35, zorder=1)
    axes.contourf(x, y, near, levels=[BEYOND_M - 1.0, sector.border.accuracy_m], colors=[ORANGE], alpha=0.18, zorder=2)
    axes.contourf(x, y, hit, levels=[0.5, 1.5], colors=[ink.alert], alpha=0.22, zorder=2)
    axes.contour(x, y, hit, levels=[0.5], colors=[ink.alert], linewidths=0.7, zorder=3)
    legs = [(leg.start[:2], leg.end[:2]) for leg in failures.certificate.legs]
    axes.add_collection(LineCollection(legs, colors=[ink.flown], linewidths=0.5, zorder=4))
    for chain in sector.border.chains:
        line = np.column_stack(box.grid.xy(np.array([p[1] for p in chain]), np.array([p[0] for p in chain])))
        axes.plot(line[:, 0], line[:, 1], color=ink.text, linewidth=1.2, zorder=5)
    axes.set(xlim=(window[0], window[2]), ylim=(window[1], window[3]), xticks=[], yticks=[])
    axes.set_aspect("equal", adjustable="box")
    axes.set_facecolor("none")
    for spine in axes.spines.values():
        spine.set(color=ink.faint, linewidth=0.5)
