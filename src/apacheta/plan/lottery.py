"""Slots and their lotteries: when which aircraft starts, with which probabilities over tours, and what was drawn."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..core.instant import NS
from ..core.plan import Dropped, Policy, Slot
from ..core.sector import FleetMember, Sector
from .draw import drawn_index, picked
from .menu import Menu
from .separation import LAPSE_S, LATE_S, SEPARATION_M, Tracks
from .tours import Flown

Floats = NDArray[np.float64]

TURNAROUND_S = 12 * 60
"""Fresh battery, look over, new plan: 10-15 min with a trained crew."""
STAGGER_S = 4 * 60
"""Between launches from one base."""
WAIT_STEP_S = 4 * 60
WAIT_MAX_S = 32 * 60
LEAST_TOURS = 2
"""An aircraft with a single tour could be foretold."""


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


@dataclass(frozen=True)
class Timed:
    """A share with its first launch, and the time from one launch to the next (UTC ns, ns)."""

    share: Share
    first_utc_ns: int
    period_ns: int
    longest_ns: int

    def launches(self, end_utc_ns: int) -> range:
        """Every launch whose longest tour lands before the night ends."""
        return range(self.first_utc_ns, end_utc_ns - self.longest_ns + 1, self.period_ns)


def timed(share: Share, first_utc_ns: int) -> Timed:
    """The period is that of the longest tour, so that the time of a launch tells nothing about the tour drawn."""
    longest = max(f.tour.duration_s for f in share.flown)
    period = math.ceil((longest + TURNAROUND_S) / 60.0) * 60 * NS
    return Timed(share, first_utc_ns, period, math.ceil(longest) * NS)


def timetable_of(
    sector: Sector, shares: Sequence[Share], bases: Sequence[tuple[float, float]]
) -> tuple[list[Timed], list[Dropped]]:
    """First launches such that no two tours that could be drawn come too near each other, ever.

    Every tour of one aircraft is held against every tour of the others, before any draw: no draw is refused later.
    An aircraft waits up to WAIT_MAX_S; tours that still come too near are dropped from the later aircraft's lottery;
    where that leaves it fewer than LEAST_TOURS, from everybody's, so that each keeps so many.
    """
    table: list[Timed] = []
    dropped: list[Dropped] = []
    tracks = Tracks((f for s in shares for f in s.flown), bases)
    started: dict[str, int] = {}
    for share in shares:
        if not share.flown:
            text = f"its base's menu has no tour for it: {len(shares)} aircraft part what was found."
            dropped.append(Dropped(what=share.member.id, why="no_tour", text=text))
            continue
        earliest = sector.start_utc_ns + started.get(share.member.base, 0) * STAGGER_S * NS
        started[share.member.base] = started.get(share.member.base, 0) + 1
        tries = [timed(share, earliest + wait * NS) for wait in range(0, WAIT_MAX_S + 1, WAIT_STEP_S)]
        near = [_too_near(t, table, tracks, sector.end_utc_ns) for t in tries]
        best = min(range(len(tries)), key=lambda i: (len(near[i]), i))
        chosen, lost = tries[best], near[best]
        if len(share.flown) - len(lost) < LEAST_TOURS:
            chosen, lost = _giving_way(tries, table, tracks, sector.end_utc_ns) or (chosen, lost)
        dropped += [_too_near_dropped(t, lost) for t in (*table, chosen) if _names(t) & lost]
        table = [left for t in (*table, chosen) if (left := _without(t, lost)) is not None]
    return table, dropped


def _names(one: Timed) -> set[str]:
    return {f.tour.id for f in one.share.flown}


def _too_near_dropped(one: Timed, lost: set[str]) -> Dropped:
    names = ", ".join(sorted(_names(one) & lost))
    text = f"could come nearer than {SEPARATION_M:.0f} m to a tour of another aircraft: {names}."
    return Dropped(what=one.share.member.id, why="separation", text=text)


def _without(one: Timed, lost: set[str]) -> Timed | None:
    """What is left, or None. The period stays that of the whole menu: it is what the separation was worked out for."""
    kept = [i for i, f in enumerate(one.share.flown) if f.tour.id not in lost]
    flown, worth = tuple(one.share.flown[i] for i in kept), tuple(one.share.worth[i] for i in kept)
    return replace(one, share=Share(one.share.member, flown, worth)) if kept else None


def _too_near(one: Timed, table: Sequence[Timed], tracks: Tracks, end_utc_ns: int) -> set[str]:
    """The tours of an aircraft that could come too near to one of those before it."""
    found: set[str] = set()
    for other in table:
        shifts = shifts_of(one, other, end_utc_ns)
        for mine in _names(one) - found:
            if any(tracks.meet(theirs, mine, shifts) for theirs in _names(other)):
                found.add(mine)
    return found


def _giving_way(
    tries: Sequence[Timed], table: Sequence[Timed], tracks: Tracks, end_utc_ns: int
) -> tuple[Timed, set[str]] | None:
    """The try for which the fewest tours are lost, its own and those of the aircraft before it together, and these
    tours; None where no try leaves each aircraft LEAST_TOURS."""
    found = []
    for one in tries:
        lost = _fewest([*table, one], _pairs(one, table, tracks, end_utc_ns))
        if lost is not None:
            found.append((one, lost))
    return min(found, key=lambda pair: len(pair[1]), default=None)


def _pairs(one: Timed, table: Sequence[Timed], tracks: Tracks, end_utc_ns: int) -> list[tuple[str, str]]:
    """All pairs of tours that could come too near, one of this aircraft and one of another."""
    return [
        (mine, theirs)
        for other in table
        if (shifts := shifts_of(one, other, end_utc_ns))
        for mine in sorted(_names(one))
        for theirs in sorted(_names(other))
        if tracks.meet(theirs, mine, shifts)
    ]


def _fewest(table: Sequence[Timed], pairs: list[tuple[str, str]]) -> set[str] | None:
    """Tours without which none of the pairs is left, found by leaving out the one in most of them again and again; None
    where an aircraft would keep fewer than LEAST_TOURS."""
    owner = {name: t.share.member.id for t in table for name in _names(t)}
    left, lost = Counter(owner.values()), set[str]()
    while pairs:
        near = Counter(name for pair in pairs for name in pair if left[owner[name]] > LEAST_TOURS)
        if not near:
            return None
        worst = max(sorted(near), key=lambda name: near[name])
        lost.add(worst)
        left[owner[worst]] -= 1
        pairs = [pair for pair in pairs if worst not in pair]
    return lost


def shifts_of(one: Timed, other: Timed, end_utc_ns: int) -> set[int]:
    """By how many lapses `one` starts after `other`, of launches whose tours overlap in time, or may."""
    late_ns = LATE_S * NS
    return {
        (b - a) // (NS * LAPSE_S)
        for a in other.launches(end_utc_ns)
        for b in one.launches(end_utc_ns)
        if b < a + other.longest_ns + late_ns and a < b + one.longest_ns + late_ns
    }


@dataclass(frozen=True)
class Launch:
    """One of the night's: its slot's id, whose it is, when."""

    slot: str
    share: Share
    launch_utc_ns: int


def launches_of(sector: Sector, table: Sequence[Timed]) -> tuple[list[Launch], list[Dropped]]:
    """Every launch of the night in order of time, and who has none."""
    order = sorted((launch, i) for i, t in enumerate(table) for launch in t.launches(sector.end_utc_ns))
    found = [Launch(f"slot-{n:02d}", table[i].share, launch) for n, (launch, i) in enumerate(order, start=1)]
    dropped = []
    for one in table:
        if not one.launches(sector.end_utc_ns):
            minutes = (sector.end_utc_ns - one.first_utc_ns) / NS / 60
            text = f"the night leaves {minutes:.0f} min, its longest tour takes {one.longest_ns / NS / 60:.0f} min."
            dropped.append(Dropped(what=one.share.member.id, why="night_too_short", text=text))
    return found, dropped


def slot_of(launch: Launch, chances: Sequence[float], draw_seed: bytes) -> Slot:
    """A launch with its lottery and what is drawn (draw_seed: 32 bytes): the tour, and where its camera looks."""
    share = launch.share
    drawn = share.flown[drawn_index(draw_seed, launch.slot, chances)]
    return Slot(
        id=launch.slot,
        aircraft=share.member.id,
        aircraft_type=share.member.type,
        base=share.member.base,
        launch_utc_ns=str(launch.launch_utc_ns),
        tours=tuple(f.tour.id for f in share.flown),
        probabilities=tuple(float(c) for c in chances),
        drawn=drawn.tour.id,
        stares=drawn.stares(picks_of(launch.slot, drawn, draw_seed)) if drawn.tour.choices else (),
    )


def picks_of(slot: str, flown: Flown, draw_seed: bytes) -> list[int]:
    """Which of its looks each of a tour's stares takes in a slot."""
    return [picked(draw_seed, slot, n, len(lot)) for n, lot in enumerate(flown.looks)]


def separation_m(slots: Sequence[Slot], tours: dict[str, Flown], bases: Sequence[tuple[float, float]]) -> float | None:
    """Least horizontal distance of two planned aircraft while their heights differ by less than 60 m, away from bases,
    either of them early or late (`separation.LATE_S`).

    None when no two are ever in the air at heights that near each other.
    """
    tracks = Tracks((tours[s.drawn] for s in slots), bases)
    pairs = ((a, b) for i, a in enumerate(slots) for b in slots[i + 1 :] if a.aircraft != b.aircraft)
    least = min((tracks.least_m(a.drawn, b.drawn, _shift(a, b)) for a, b in pairs), default=math.inf)
    return least if math.isfinite(least) else None


def _shift(one: Slot, other: Slot) -> int:
    """By how many lapses the other starts later."""
    return (int(other.launch_utc_ns) - int(one.launch_utc_ns)) // (NS * LAPSE_S)
