"""Tours by the patrol game: racetracks in answer to those who cross, the camera drawn by lot, the odds balanced."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from scipy import sparse
from scipy.optimize import linear_sum_assignment

from ...core.plan import Dropped
from ...core.sector import FleetMember, Sector
from ..layers import Layer
from ..lottery import Launch, launches_of
from ..menu import Circles, Racetracks, Start, racetracks_of
from ..routes import LEVELS
from ..separation import Tracks, layers_of
from ..setting import Chosen, Setting, base_of
from ..strips import HEIGHTS, Strip, candidates_of
from ..tours import Why
from .balance import Balance, balanced
from .lattice import Lattice, crossers_of, goals_of, lattice_of
from .lottery import Draw
from .patrol import Crew, Patrol, crews_timed, in_sight

GSD_M = 0.42
"""Up to which resolution the camera looks: by lot it looks all round, and the farther the more."""
FIRST = 8
"""Racetracks of each crew before odds are balanced."""
ROUNDS, LAST_ROUNDS, LIKELIEST = 3, 12, 0.5
"""Programs solved for each balance, and for the last; how likely a tour may be at most, so that none is foretold."""
LOW_M = 500.0
"""Over its base no circle climbs to less."""


def by_game(setting: Setting, rng: np.random.Generator) -> Chosen:
    """The night's tours and odds against whoever knows them; where nobody can arrive, all odds are even."""
    sector = setting.sector
    lattice = lattice_of(sector, setting.dem, setting.border_line)
    crossers = crossers_of(lattice, goals_of(lattice, sector))
    setting.tell("racetracks")
    crews, dropped = crews_of(setting, lattice)
    patrol = Patrol(crews, lattice, crossers, Tracks((), setting.bases), sector.end_utc_ns)
    odds = answered(patrol, sector, rng, setting.out_of_time)
    return Chosen(
        flown=list({f.tour.id: f for launch in odds.launches for f in launch.share.flown}.values()),
        launches=odds.launches,
        odds=[draw.probabilities for draw in odds.found.lottery],
        dropped=[*dropped, *odds.late, *(d for crew in crews for d in _left_out(crew))],
        tracks=tuple({id(crew.tracks): crew.tracks for crew in crews}.values()),
    )


def crews_of(setting: Setting, lattice: Lattice) -> tuple[list[Crew], list[Dropped]]:
    """A crew for each member of the fleet that has racetracks to choose from, and why others have none. Those who fly
    at one time have each a layer of their own, so that all together have most to choose from; one that has nothing in
    any flies at all heights, and away from the others."""
    crews, dropped, menu = list[Crew](), list[Dropped](), _Racetracks(setting, lattice)
    layers = layers_of(len(setting.sector.fleet))
    timed_all = crews_timed(setting.sector)
    for first in range(0, len(timed_all), len(layers)):
        some = timed_all[first : first + len(layers)]
        found = [[menu.of(timed.share.member, layer) for layer in layers] for timed in some]
        worth = [[0.0 if isinstance(one, Why) else _worth(one[0]) for one in row] for row in found]
        for timed, row, n in zip(some, found, linear_sum_assignment(worth, maximize=True)[1], strict=True):
            layer = layers[n] if _has_any(row[n]) else None
            one = row[n] if _has_any(row[n]) else menu.of(timed.share.member, None)
            if isinstance(one, Why):
                dropped.append(Dropped(what=timed.share.member.id, why=one.why, text=one.text))
            else:
                crews.append(Crew(timed, one[0], one[1], setting.sight, menu.in_sight(one[0], layer)))
    for crew, other in permutations(crews, 2):
        crew.keep_off(other.tracks.ways.pad)
    return crews, dropped


def _has_any(found: tuple[Racetracks, Circles] | Why) -> bool:
    return not isinstance(found, Why) and bool(found[0].on_station.any())


def _worth(tracks: Racetracks) -> float:
    """Of a layer for an aircraft: twice as many racetracks are not worth twice as much, so that all get some."""
    return math.log1p(float(tracks.on_station.sum()))


class _Racetracks:
    """All that the fleet's aircraft may choose from, by layer; worked out once."""

    def __init__(self, setting: Setting, lattice: Lattice) -> None:
        self._setting, self._lattice = setting, lattice
        self._strips: dict[tuple[str, Layer | None], tuple[Strip, ...]] = {}
        self._seen: dict[tuple[str, Layer | None], sparse.csr_matrix] = {}

    def of(self, member: FleetMember, layer: Layer | None) -> tuple[Racetracks, Circles] | Why:
        """Those of one aircraft in a layer or at all heights, and the ways there; or why there are none."""
        setting, key = self._setting, (member.type, layer)
        airspace, aircraft = setting.airspaces[member.type], setting.fleet[member.type]
        start = Start(base_of(setting.sector, member.base), member.type, aircraft)
        circles = Circles(start, airspace, layer or LEVELS)
        ways = circles.ways_to(circles.ground_hae_m + LOW_M)
        if isinstance(ways, Why):
            return ways
        if key not in self._strips:
            self._strips[key] = candidates_of(airspace, aircraft, setting.traffic, GSD_M, layer or HEIGHTS).strips
        if not self._strips[key]:
            return Why("no_strip", f"no racetrack below the ceiling has ground in sight at {GSD_M:.2f} m resolution.")
        return racetracks_of(start, airspace, ways, GSD_M, self._strips[key], by_lot=True), circles

    def in_sight(self, tracks: Racetracks, layer: Layer | None) -> sparse.csr_matrix:
        """What they have in sight."""
        key = tracks.start.type_name, layer
        if key not in self._seen:
            self._seen[key] = in_sight(tracks, self._lattice, self._setting.dem)
        return self._seen[key]


@dataclass(frozen=True, eq=False)
class Odds:
    """Launches with the balanced odds of their tours, and who has none."""

    launches: Sequence[Launch]
    late: Sequence[Dropped]
    found: Balance


def answered(
    patrol: Patrol, sector: Sector, rng: np.random.Generator, out_of_time: Callable[[], bool] = lambda: False
) -> Odds:
    """The best odds found. Whoever still gets through most easily is answered with one more racetrack of each crew, and
    the odds are balanced anew, until no crew wants more."""
    patrol.grow(FIRST, out_of_time)
    odds = best = _balanced(patrol, sector, rng, ROUNDS, out_of_time, None)
    while not out_of_time() and len(odds.found.ways) and patrol.answer_all(odds.found.ways, odds.found.prices):
        odds = _balanced(patrol, sector, rng, ROUNDS, out_of_time, odds)
        best = odds if odds.found.weight > best.found.weight else best
    last = _balanced(patrol, sector, rng, LAST_ROUNDS, out_of_time, odds)
    return last if last.found.weight > best.found.weight else best


def _balanced(
    patrol: Patrol,
    sector: Sector,
    rng: np.random.Generator,
    rounds: int,
    out_of_time: Callable[[], bool],
    before: Odds | None,
) -> Odds:
    """The crews' launches with all the tours that they have, balanced from the odds and the ways known before."""
    launches, late = launches_of(sector, [crew.table() for crew in patrol.crews if crew.flown])
    known = {} if before is None else _chances(before)
    start = tuple(Draw(patrol.exposures(launch), _begun(launch, known)) for launch in launches)
    ways = () if before is None else before.found.ways
    return Odds(launches, late, balanced(start, patrol.crossers, rng, rounds, LIKELIEST, out_of_time, ways))


def _chances(odds: Odds) -> dict[tuple[str, str], float]:
    """By slot and tour."""
    return {
        (launch.slot, flown.tour.id): chance
        for launch, draw in zip(odds.launches, odds.found.lottery, strict=True)
        for flown, chance in zip(launch.share.flown, draw.probabilities, strict=True)
    }


def _begun(launch: Launch, known: dict[tuple[str, str], float]) -> tuple[float, ...]:
    """Odds to begin from: those known, and as much for each new tour as if all were drawn as often."""
    tours = [f.tour.id for f in launch.share.flown]
    even = 1.0 / len(tours)
    chances = np.array([known.get((launch.slot, name), even) for name in tours])
    return tuple((chances / chances.sum()).tolist())


def _left_out(crew: Crew) -> list[Dropped]:
    if not crew.flown and not crew.refused:
        text = "no racetrack has a level way to it that is in radio sight, or the time given was up."
        return [Dropped(what=crew.name, why="no_way", text=text)]
    return [
        Dropped(what=f"{crew.name}: {count} racetracks", why=why, text=f"The last of them: {text}")
        for why, (count, text) in sorted(crew.refused.items())
    ]
