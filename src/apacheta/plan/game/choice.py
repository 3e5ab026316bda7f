"""Tours by the patrol game: racetracks in answer to those who cross, the camera drawn by lot, the odds balanced."""

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from ...core.plan import Dropped
from ..lottery import Launch, launches_of
from ..menu import Circles, Racetracks, Start, racetracks_of
from ..separation import Tracks
from ..setting import Chosen, Setting, base_of
from ..strips import candidates_of
from ..tours import Why
from .balance import balanced
from .lattice import Lattice, Worth, crossers_of, exposure_of, goals_of, lattice_of
from .lottery import Draw, Lottery
from .patrol import Crew, Patrol, crews_timed, in_sight

GSD_M = 0.42
"""Up to which resolution the camera looks: by lot it looks all round, and the farther the more."""
ROUNDS, LIKELIEST = 24, 0.5
"""Of the balance: programs solved; and how likely a tour may be at most, so that none can be foretold."""
LOW_M = 500.0
"""Over its base no circle climbs to less."""


def by_game(setting: Setting, rng: np.random.Generator) -> Chosen:
    """The night's tours and odds against whoever knows them; where nobody can arrive, all odds are even."""
    sector = setting.sector
    lattice = lattice_of(sector, setting.dem, setting.border_line)
    crossers = crossers_of(lattice, goals_of(lattice, sector))
    setting.tell("racetracks")
    crews, dropped = _crews(setting, lattice)
    patrol = Patrol(crews, lattice, crossers, Tracks((), setting.bases), sector.end_utc_ns)
    patrol.grow(setting.out_of_time)
    launches, late = launches_of(sector, [crew.table() for crew in crews if crew.flown])
    setting.tell("odds")
    worths = {f.tour.id: worth for crew in crews for f, worth in zip(crew.flown, crew.worths, strict=True)}
    even = _even(launches, worths, lattice)
    found = balanced(even, crossers, rng, ROUNDS, LIKELIEST, setting.out_of_time).lottery
    return Chosen(
        flown=[f for crew in crews for f in crew.flown],
        launches=launches,
        odds=[draw.probabilities for draw in found],
        dropped=[*dropped, *late, *(d for crew in crews for d in _left_out(crew))],
        tracks=tuple({id(crew.tracks): crew.tracks for crew in crews}.values()),
    )


def _crews(setting: Setting, lattice: Lattice) -> tuple[list[Crew], list[Dropped]]:
    """A crew for each member of the fleet that has racetracks to choose from, and why others have none."""
    crews, dropped, known = list[Crew](), list[Dropped](), dict[tuple[str, str], tuple[Racetracks, Circles] | Why]()
    seen = dict[str, sparse.csr_matrix]()
    for timed in crews_timed(setting.sector):
        member = timed.share.member
        start = Start(base_of(setting.sector, member.base), member.type, setting.fleet[member.type])
        key = member.base, member.type
        if key not in known:
            known[key] = _racetracks(start, setting)
        found = known[key]
        if isinstance(found, Why):
            dropped.append(Dropped(what=member.id, why=found.why, text=found.text))
            continue
        tracks, circles = found
        if member.type not in seen:
            seen[member.type] = in_sight(tracks, lattice, setting.dem)
        crews.append(Crew(timed, tracks, circles, setting.sight, seen[member.type]))
    return crews, dropped


def _racetracks(start: Start, setting: Setting) -> tuple[Racetracks, Circles] | Why:
    """All that one base's aircraft of a type may choose from, and the ways there."""
    airspace = setting.airspaces[start.type_name]
    circles = Circles(start, airspace)
    ways = circles.ways_to(circles.ground_hae_m + LOW_M)
    if isinstance(ways, Why):
        return ways
    strips = candidates_of(airspace, start.aircraft, setting.traffic, GSD_M).strips
    if not strips:
        return Why("no_strip", f"no racetrack below the ceiling has ground in sight at {GSD_M:.2f} m resolution.")
    return racetracks_of(start, airspace, ways, GSD_M, strips, by_lot=True), circles


def _even(launches: Sequence[Launch], worths: dict[str, Worth], lattice: Lattice) -> Lottery:
    """The lottery in which each launch draws any of its tours as often."""
    draws = []
    for launch in launches:
        tours = [exposure_of(lattice, worths[f.tour.id], launch.launch_utc_ns) for f in launch.share.flown]
        draws.append(Draw(tuple(tours), tuple(1.0 / len(tours) for _ in tours)))
    return tuple(draws)


def _left_out(crew: Crew) -> list[Dropped]:
    if not crew.flown and not crew.refused:
        text = "no racetrack has a level way to it that is in radio sight, or the time given was up."
        return [Dropped(what=crew.name, why="no_way", text=text)]
    return [
        Dropped(what=f"{crew.name}: {count} racetracks", why=why, text=f"The last of them: {text}")
        for why, (count, text) in sorted(crew.refused.items())
    ]
