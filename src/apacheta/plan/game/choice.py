"""Tours by the patrol game: racetracks in answer to those who cross, the camera drawn by lot, the odds balanced."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from scipy import sparse

from ...core.plan import Dropped
from ...core.sector import Sector
from ..layers import Layer
from ..lottery import Launch, launches_of
from ..menu import Circles, Racetracks, Start, racetracks_of
from ..separation import Tracks, layer_of
from ..setting import Chosen, Setting, base_of
from ..strips import candidates_of
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
    """A crew for each member of the fleet that has racetracks to choose from, and why others have none."""
    crews, dropped, seen = list[Crew](), list[Dropped](), dict[tuple[str, Layer], sparse.csr_matrix]()
    fleet = setting.sector.fleet
    for number, timed in enumerate(crews_timed(setting.sector)):
        member, layer = timed.share.member, layer_of(number, len(fleet))
        start = Start(base_of(setting.sector, member.base), member.type, setting.fleet[member.type])
        found = _racetracks(start, setting, layer)
        if isinstance(found, Why):
            dropped.append(Dropped(what=member.id, why=found.why, text=found.text))
            continue
        tracks, circles = found
        key = member.type, layer
        if key not in seen:
            seen[key] = in_sight(tracks, lattice, setting.dem)
        crews.append(Crew(timed, tracks, circles, setting.sight, seen[key]))
    for crew, other in permutations(crews, 2):
        crew.keep_off(other.tracks.ways.pad)
    return crews, dropped


def _racetracks(start: Start, setting: Setting, layer: Layer) -> tuple[Racetracks, Circles] | Why:
    """All that one base's aircraft may choose from in its layer, and the ways there."""
    airspace = setting.airspaces[start.type_name]
    circles = Circles(start, airspace, layer)
    ways = circles.ways_to(circles.ground_hae_m + LOW_M)
    if isinstance(ways, Why):
        return ways
    strips = candidates_of(airspace, start.aircraft, setting.traffic, GSD_M, layer).strips
    if not strips:
        return Why("no_strip", f"no racetrack below the ceiling has ground in sight at {GSD_M:.2f} m resolution.")
    return racetracks_of(start, airspace, ways, GSD_M, strips, by_lot=True), circles


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
