"""What the containment proof costs: ground, and what became of every racetrack that would be flown without it."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..core.certificate import Certificate, CertifiedState
from .recipe import PlanResult
from .strips import Strip
from .tours import Flown

Fate = Literal["kept", "rerouted", "lowered", "raised", "moved", "dropped", "not_chosen"]
MOVED_SHARE = 0.5
"""A racetrack was moved, not dropped, where another watches so much of its ground."""


@dataclass(frozen=True)
class Change:
    """What became of one tour of the night without the proof. `not_chosen`: it is proven too, but the search
    took others.

    worst: its state with the least margin, negative where a failure could lead across; None: not known.
    became: the tour of the night with the proof that stands in its place; moved_m, lowered_m: by how much.
    still_share: of the ground that it would watch, how much all tours with the proof still watch.
    """

    tour: str
    height_hae_m: float
    fate: Fate
    worst: CertifiedState | None
    became: str | None
    moved_m: float | None
    lowered_m: float | None
    still_share: float | None


@dataclass(frozen=True)
class Cost:
    """Ground that the menu would watch without the proof, the share of that which it still watches, all that it
    watches with it, and every tour that would be flown."""

    without_km2: float
    still_share: float | None
    with_km2: float
    changes: tuple[Change, ...]


def cost_of(result: PlanResult, without: PlanResult, unproven: Certificate | None) -> Cost:
    """From the same night planned with the proof and without it, and what the proof says of the latter."""
    km2 = result.dem.cell_m**2 / 1e6
    before, both = int(without.watched.sum()), int((without.watched & result.watched).sum())
    worst = {} if unproven is None else _worst_by_tour(unproven)
    changes = tuple(
        _change(name, flown, list(result.flown.values()), result.watched, worst.get(name))
        for name, flown in without.flown.items()
    )
    still = round(both / before, 3) if before else None
    return Cost(round(before * km2, 4), still, round(int(result.watched.sum()) * km2, 4), changes)


def _worst_by_tour(certificate: Certificate) -> dict[str, CertifiedState]:
    """The state of each tour with the least margin."""
    worst: dict[str, CertifiedState] = {}
    for tour in certificate.tours:
        known = [state for i in tour.legs if (state := certificate.legs[i].worst) is not None]
        if known:
            worst[tour.id] = min(known, key=lambda state: state.margin_m)
    return worst


def _change(
    name: str, one: Flown, others: list[Flown], watched: NDArray[np.bool_], worst: CertifiedState | None
) -> Change:
    became, cells = _in_its_place(one, others), one.cells()
    return Change(
        tour=name,
        height_hae_m=one.strip.hae_m,
        fate=_fate(one, became, worst),
        worst=worst,
        became=None if became is None else became.tour.id,
        moved_m=None if became is None else round(_apart_m(one.strip, became.strip), 1),
        lowered_m=None if became is None else round(one.strip.hae_m - became.strip.hae_m, 1),
        still_share=round(float(watched.ravel()[cells].mean()), 3) if len(cells) else None,
    )


def _in_its_place(one: Flown, others: list[Flown]) -> Flown | None:
    """The tour at the same place, if possible by the same way; else the one that watches most of its ground."""
    same = [o for o in others if _place(o.strip) == _place(one.strip)]
    if same:
        return max(same, key=lambda o: (_base(o) == _base(one), o.tour.waypoints == one.tour.waypoints))
    nearest = max(others, key=lambda o: _shared(one, o), default=None)
    return nearest if nearest is not None and _shared(one, nearest) >= MOVED_SHARE else None


def _fate(one: Flown, became: Flown | None, worst: CertifiedState | None) -> Fate:
    if became is None:
        return "not_chosen" if worst is not None and worst.margin_m >= 0.0 else "dropped"
    if _place(became.strip) != _place(one.strip):
        return "moved"
    if became.strip.hae_m != one.strip.hae_m:
        return "lowered" if became.strip.hae_m < one.strip.hae_m else "raised"
    return "kept" if became.tour.waypoints == one.tour.waypoints else "rerouted"


def _base(flown: Flown) -> str:
    return flown.tour.id.rsplit("-", 1)[0]


def _place(strip: Strip) -> tuple[float, ...]:
    """What makes two racetracks one at two heights."""
    return strip.x_m, strip.y_m, strip.course_x, strip.course_y, strip.leg_m


def _shared(one: Flown, other: Flown) -> float:
    """The share of the one's ground that the other watches."""
    cells = one.cells()
    return float(np.isin(cells, other.cells()).mean()) if len(cells) else 0.0


def _apart_m(one: Strip, other: Strip) -> float:
    return math.hypot(one.x_m - other.x_m, one.y_m - other.y_m)
