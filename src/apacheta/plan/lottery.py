"""Slots and their lotteries: when which aircraft starts, with which probabilities over tours, and what was drawn."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core.instant import NS
from ..core.plan import Dropped, Policy, Slot
from ..core.sector import FleetMember, Sector
from .menu import Menu
from .routes import BASE_LEFT_OUT_M
from .tours import Flown

Floats = NDArray[np.float64]

TURNAROUND_S = 12 * 60
"""Fresh battery, look over, new plan: 10-15 min with a trained crew."""
STAGGER_S = 4 * 60
"""Between launches from one base."""
SEPARATION_M = 500.0
SEPARATION_HEIGHT_M = 60.0
LAPSE_S = 5.0


@dataclass(frozen=True)
class Share:
    """The tours of one member of the fleet, and their worth."""

    member: FleetMember
    flown: tuple[Flown, ...]
    worth: tuple[float, ...]


def shares_of(members: Sequence[FleetMember], menu: Menu) -> list[Share]:
    """A menu parted among the members that use it, along the direction in which its strips lie spread out."""
    if len(members) == 1 or not menu.flown:
        return [Share(m, tuple(menu.flown), tuple(menu.worth)) for m in members]
    at = np.array([(f.strip.x_m, f.strip.y_m) for f in menu.flown])
    _, _, axes = np.linalg.svd(at - at.mean(axis=0), full_matrices=False)
    order = np.argsort((at - at.mean(axis=0)) @ axes[0], kind="stable")
    parts = np.array_split(order, len(members))
    return [
        Share(m, tuple(menu.flown[i] for i in part), tuple(menu.worth[i] for i in part))
        for m, part in zip(members, parts, strict=True)
    ]


def probabilities_of(policy: Policy, share: Share) -> Floats:
    """One probability a tour: equal (strips), by worth (strip-lottery), or all on the best (lawnmower)."""
    count = len(share.flown)
    if policy == "lawnmower":
        chosen = np.zeros(count)
        chosen[int(np.argmax(share.worth))] = 1.0
        return chosen
    if policy == "strip-lottery" and sum(share.worth) > 0:
        return np.asarray(share.worth) / sum(share.worth)
    return np.full(count, 1.0 / count)


def slots_of(
    sector: Sector, shares: Sequence[Share], policy: Policy, rng: np.random.Generator
) -> tuple[list[Slot], list[Dropped]]:
    """Every aircraft starts as soon as its base's pads allow, and again one longest sortie and a turn-around later.

    The period is that of the longest tour, so that the time of a launch tells nothing about the tour that was drawn.
    """
    slots: list[Slot] = []
    dropped: list[Dropped] = []
    started: dict[str, int] = {}
    for share in shares:
        if not share.flown:
            continue
        first = sector.start_utc_ns + started.get(share.member.base, 0) * STAGGER_S * NS
        started[share.member.base] = started.get(share.member.base, 0) + 1
        longest = max(f.tour.duration_s for f in share.flown)
        period = math.ceil((longest + TURNAROUND_S) / 60.0) * 60 * NS
        launch = first
        while launch + math.ceil(longest) * NS <= sector.end_utc_ns:
            slots.append(_slot(len(slots), share, launch, policy, rng))
            launch += period
        if launch == first:
            minutes = (sector.end_utc_ns - first) / NS / 60
            text = f"the night leaves {minutes:.0f} min, its longest tour takes {longest / 60:.0f} min."
            dropped.append(Dropped(what=share.member.id, why="night_too_short", text=text))
    return slots, dropped


def _slot(index: int, share: Share, launch: int, policy: Policy, rng: np.random.Generator) -> Slot:
    chances = probabilities_of(policy, share)
    drawn = int(np.searchsorted(np.cumsum(chances), rng.random() * chances.sum(), side="right"))
    drawn = min(drawn, len(chances) - 1)
    return Slot(
        id=f"slot-{index + 1:02d}",
        aircraft=share.member.id,
        aircraft_type=share.member.type,
        base=share.member.base,
        launch_utc_ns=str(launch),
        tours=tuple(f.tour.id for f in share.flown),
        probabilities=tuple(float(c) for c in chances),
        drawn=share.flown[drawn].tour.id,
    )


def separation_m(slots: Sequence[Slot], tours: dict[str, Flown], bases: Sequence[tuple[float, float]]) -> float | None:
    """Least horizontal distance of two planned aircraft while their heights differ by less than 60 m, away from bases.

    None when no two are ever in the air at heights that near each other.
    """
    least = math.inf
    for i, a in enumerate(slots):
        for b in slots[i + 1 :]:
            if a.aircraft != b.aircraft:
                least = min(least, _nearest_m(a, b, tours, bases))
    return least if math.isfinite(least) else None


def _nearest_m(a: Slot, b: Slot, tours: dict[str, Flown], bases: Sequence[tuple[float, float]]) -> float:
    first, second = tours[a.drawn], tours[b.drawn]
    shift = (int(b.launch_utc_ns) - int(a.launch_utc_ns)) / NS
    start, end = max(0.0, shift), min(first.seconds[-1], shift + second.seconds[-1])
    if start >= end:
        return math.inf
    moments = np.arange(start, end, LAPSE_S)
    p, q = _at(first, moments), _at(second, moments - shift)
    near = np.abs(p[:, 2] - q[:, 2]) < SEPARATION_HEIGHT_M
    for x, y in bases:
        for place in (p, q):
            near &= np.hypot(place[:, 0] - x, place[:, 1] - y) > BASE_LEFT_OUT_M
    return float(np.hypot(*(p - q)[near, :2].T).min()) if near.any() else math.inf


def _at(flown: Flown, moments: Floats) -> Floats:
    return np.column_stack([np.interp(moments, flown.seconds, flown.corners[:, k]) for k in range(3)])
