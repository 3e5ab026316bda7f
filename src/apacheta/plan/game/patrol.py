"""Which racetracks each crew may draw: chosen one after another, each in answer to the way that meets least.

Crews launch by turns, all in one period, so that some are always on station while others change batteries. No racetrack
comes near one of another crew's, whatever is drawn. The camera looks all round by lot (`looks.py`).
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property

import numpy as np
from scipy import sparse
from scipy.spatial import cKDTree

from ...core.instant import NS
from ...core.sector import Sector
from ...geo import Dem, line_of_sight
from ..looks import BODY_M
from ..lottery import TURNAROUND_S, Launch, Share, Timed, shifts_of
from ..menu import Circles, Racetracks, flown_of
from ..routes import Pad
from ..separation import HEIGHT_SLACK_M, SEPARATION_HEIGHT_M, SEPARATION_M, SLACK_M, Tracks
from ..sight import Sight
from ..strips import DEPRESSION_MAX_DEG, DEPRESSION_MIN_DEG, Strip, densified, farthest_m
from ..tours import SORTIE_MAX_S, Flown, Why
from .crossers import Bools, Crossers, Floats, Ints
from .lattice import Lattice, Looked, exposure_of, worth_of
from .lottery import Exposure, summed, together

TOURS = 28
"""Racetracks of one crew, at most."""
EYES = 6
"""Places on a lap from which it is asked, before anything is flown, what a racetrack has in sight."""
LAP_SPACING_M = 100.0
TRIES = 24
"""Racetracks tried against one way."""
CLOSE_M, LESS_LIKELY = 700.0, 0.5
CLIMBING_M = SEPARATION_M + SLACK_M + LAP_SPACING_M
"""From the circle over a base to another crew's racetrack."""
FARTHEST_M = 6_000.0
"""Racetracks whose middles are so far apart are nowhere near each other."""


@dataclass(eq=False)
class Crew:
    """One aircraft's crew: when it launches, what it may choose from, and what it has. seen: as `in_sight`'s; most: so
    many tours it may have."""

    timed: Timed
    tracks: Racetracks
    circles: Circles
    sight: Sight
    seen: sparse.csr_matrix
    flown: list[Flown] = field(default_factory=list)
    refused: dict[str, tuple[int, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.open: Bools = self.tracks.on_station > 0.0
        self.likely = np.ones(len(self.open))
        self.most = TOURS

    @property
    def name(self) -> str:
        """Of its aircraft."""
        return self.timed.share.member.id

    @cached_property
    def hae_m(self) -> Floats:
        """(strips,) their heights."""
        return np.array([strip.hae_m for strip in self.tracks.strips])

    @cached_property
    def middles(self) -> Floats:
        """(strips, 2), grid metres."""
        return np.array([(s.x_m, s.y_m) for s in self.tracks.strips]).reshape(-1, 2)

    @property
    def wants_more(self) -> bool:
        """Whether it has fewer tours than it may, and some racetrack is left."""
        return len(self.flown) < self.most and bool(self.open.any())

    def fly(self, k: int) -> Flown | Why:
        """The tour round one of its racetracks, the camera drawn by lot; or why it cannot be flown."""
        name = f"{self.name}-{len(self.flown) + 1:02d}"
        airspace, gsd_m = self.tracks.airspace, self.tracks.gsd_m
        return flown_of(name, self.tracks.strips[k], self.circles, airspace, self.sight, gsd_m, self.tracks.by_lot)

    def refuse(self, k: int, why: Why) -> None:
        """A racetrack is not taken, and why; what lies close by probably cannot be either."""
        self.refused[why.why] = (self.refused.get(why.why, (0, ""))[0] + 1, why.text)
        self.likely[np.hypot(*(self.middles - self.middles[k]).T) < CLOSE_M] *= LESS_LIKELY

    def keep_off(self, pad: Pad) -> None:
        """Leave out the racetracks that come near the circle on which another crew climbs through all heights."""
        circle, clear_m = np.array([pad.circle_x_m, pad.circle_y_m]), pad.radius_m + CLIMBING_M
        for k in np.flatnonzero(self.open & (np.hypot(*(self.middles - circle).T) < FARTHEST_M)):
            self.open[k] = np.hypot(*(lap_of(self.tracks.strips[k]) - circle).T).min() > clear_m

    def near(self, strip: Strip, lap: Floats) -> Bools:
        """(strips,) which of its racetracks come near another's lap (n, 2) at about its height."""
        level = np.abs(self.hae_m - strip.hae_m) < SEPARATION_HEIGHT_M + HEIGHT_SLACK_M
        about = np.hypot(*(self.middles - [strip.x_m, strip.y_m]).T) < FARTHEST_M
        found = np.zeros(len(self.open), dtype=np.bool_)
        tree = cKDTree(lap)
        for k in np.flatnonzero(self.open & level & about):
            found[k] = tree.query(lap_of(self.tracks.strips[k]))[0].min() < SEPARATION_M
        return found

    def table(self) -> Timed:
        """Its launches with the tours that it has."""
        share = Share(self.timed.share.member, tuple(self.flown), tuple(1.0 for _ in self.flown))
        return replace(self.timed, share=share)


def crews_timed(sector: Sector) -> list[Timed]:
    """The launches of each member of the fleet: those of one base by turns, and the bases in between, all in one
    period; so one is on its way out when none of its base is on its way home. The last comes home when the night ends:
    in its first minutes nobody is near a goal yet."""
    period_s, longest_ns = math.ceil((SORTIE_MAX_S + TURNAROUND_S) / 60.0) * 60, int(SORTIE_MAX_S) * NS
    bases = list(dict.fromkeys(member.base for member in sector.fleet))
    many = Counter(member.base for member in sector.fleet)
    between_s, done, found = period_s / max(many.values(), default=1) / max(len(bases), 1), Counter[str](), []
    to_fill_s = (sector.end_utc_ns - sector.start_utc_ns) / NS - SORTIE_MAX_S
    late_s = to_fill_s % between_s if to_fill_s > 0.0 else 0.0
    for member in sector.fleet:
        after_s = late_s + done[member.base] * period_s / many[member.base] + bases.index(member.base) * between_s
        first = sector.start_utc_ns + int(after_s // 60) * 60 * NS
        found.append(Timed(Share(member, (), ()), first, period_s * NS, longest_ns))
        done[member.base] += 1
    return found


class Patrol:
    """The crews of a night, and how much of every place at every time they watch."""

    def __init__(self, crews: Sequence[Crew], lattice: Lattice, crossers: Crossers, tracks: Tracks, end_utc_ns: int):
        self.crews, self.lattice, self.crossers, self.tracks = crews, lattice, crossers, tracks
        self._launches = [crew.timed.launches(end_utc_ns) for crew in crews]
        self._end_utc_ns = end_utc_ns
        self._watched = [together((), (), lattice.cells) for _ in crews]
        self._exposures: dict[tuple[str, int], Exposure] = {}

    def grow(self, tours: int, out_of_time: Callable[[], bool]) -> None:
        """Choose racetracks against even odds until each crew has so many, none is left, or the time is up."""
        for crew in self.crews:
            crew.most = tours
        way = self.least_watched()
        while not out_of_time():
            if not self.answer(way) and not self._choose([self._rare(crew) for crew in self.crews]):
                return
            way = self.least_watched() if len(way) else way

    def answer(self, way: Ints) -> bool:
        """Whether some crew got one more racetrack from which a way is watched."""
        return self._choose([self._scores(crew, n, way) for n, crew in enumerate(self.crews)])

    def answer_all(self, ways: Sequence[Ints], prices: Floats) -> bool:
        """One more racetrack from which ways are watched, the more the more they are taken, for each crew that wants
        and finds one; whether any did."""
        for crew in self.crews:
            crew.most = TOURS
        none = [np.zeros(len(crew.open)) for crew in self.crews]
        found = [
            self._choose([*none[:n], self._priced(crew, n, ways, prices), *none[n + 1 :]])
            for n, crew in enumerate(self.crews)
        ]
        return any(found)

    def _priced(self, crew: Crew, n: int, ways: Sequence[Ints], prices: Floats) -> Floats:
        """(strips,) about how much one who takes each way so often would meet of each; 0 where it cannot be had."""
        told = (price * self._scores(crew, n, way) for way, price in zip(ways, prices, strict=True) if price > 0.0)
        return sum(told, np.zeros(len(crew.open)))

    def exposures(self, launch: Launch) -> tuple[Exposure, ...]:
        """What each tour of a launch exposes a crosser to."""
        return tuple(self._exposures[f.tour.id, launch.launch_utc_ns] for f in launch.share.flown)

    def least_watched(self) -> Ints:
        """The way (n, 2; step and cell) that meets least where every crew draws all of its tours as often; empty where
        nobody arrives."""
        odds = [1.0 / max(len(crew.flown), 1) for crew in self.crews]
        return self.crossers.least_exposed(together(self._watched, odds, self.lattice.cells))[1]

    def _scores(self, crew: Crew, n: int, way: Ints) -> Floats:
        """(strips,) about how much one who takes the way would meet of each; 0 where it cannot be had."""
        if not crew.wants_more:
            return np.zeros(len(crew.open))
        begin_s = np.array([(launch - self.lattice.start_utc_ns) / NS for launch in self._launches[n]])
        since_s = (way[:, 0] + 0.5) * self.lattice.step_s - begin_s[:, None]
        since_s = np.where(since_s >= 0.0, since_s, np.inf).min(axis=0, initial=np.inf)
        away_s = (1.0 - crew.tracks.on_station) / 2.0 * SORTIE_MAX_S
        is_there = (since_s >= away_s[:, None]) & (since_s <= SORTIE_MAX_S - away_s[:, None])
        return np.asarray(crew.open * (crew.seen[:, way[:, 1]].toarray() * is_there).sum(axis=1))

    def _rare(self, crew: Crew) -> Floats:
        """(strips,) how much each has in sight of what no crew watches much yet; 0 where it cannot be had."""
        if not crew.wants_more:
            return np.zeros(len(crew.open))
        often = np.zeros(self.lattice.cells)
        for watched in self._watched:
            often += summed(watched.cell, watched.value, self.lattice.cells)
        return np.asarray(crew.open * crew.tracks.on_station * (crew.seen @ (1.0 / (1.0 + often))))

    def _choose(self, scores: Sequence[Floats]) -> bool:
        """Whether somebody got a racetrack: of all that score the best that can be flown."""
        for _ in range(TRIES):
            hopes = [score * crew.open * crew.likely for score, crew in zip(scores, self.crews, strict=True)]
            n = max(range(len(hopes)), key=lambda n: hopes[n].max(initial=0.0), default=0)
            if not hopes or not hopes[n].max(initial=0.0) > 0.0:
                return False
            if self.take(n, int(np.argmax(hopes[n]))):
                return True
        return False

    def take(self, n: int, k: int) -> bool:
        """Whether the n-th crew can fly its k-th racetrack, and that comes near no other crew's; then it has it."""
        crew = self.crews[n]
        crew.open[k] = False
        found = crew.fly(k)
        if isinstance(found, Why):
            crew.refuse(k, found)
            return False
        self.tracks.add(found)
        if any(self._meets(crew, found, other) for other in self.crews if other is not crew):
            crew.refuse(
                k, Why("separation", f"could come nearer than {SEPARATION_M:.0f} m to another aircraft's tour.")
            )
            return False
        worth = worth_of(self.lattice, looked_by(found))
        crew.flown.append(found)
        more = [exposure_of(self.lattice, worth, launch) for launch in self._launches[n]]
        self._exposures |= {(found.tour.id, at): one for at, one in zip(self._launches[n], more, strict=True)}
        self._watched[n] = together([self._watched[n], *more], [1.0] * (len(more) + 1), self.lattice.cells)
        self._close_near(crew, k)
        return True

    def _meets(self, crew: Crew, mine: Flown, other: Crew) -> bool:
        shifts = shifts_of(crew.timed, other.timed, self._end_utc_ns)
        return any(self.tracks.meet(theirs.tour.id, mine.tour.id, shifts) for theirs in other.flown)

    def _close_near(self, crew: Crew, k: int) -> None:
        """Racetracks that come near this one are no other crew's any more."""
        strip, lap = crew.tracks.strips[k], lap_of(crew.tracks.strips[k])
        for other in self.crews:
            if other is not crew:
                other.open &= ~other.near(strip, lap)


def lap_of(strip: Strip) -> Floats:
    """(n, 2) points of a lap, grid metres."""
    return strip.placed(*_unit_lap(strip.leg_m, strip.radius_m))


@cache
def _unit_lap(leg_m: float, radius_m: float) -> tuple[Floats, Floats]:
    """Along and across the course."""
    along, across = densified(Strip(0.0, 0.0, 1.0, 0.0, leg_m, radius_m, 0.0, 0.0, 100.0).lap(), LAP_SPACING_M).T
    return along, across


def looked_by(flown: Flown) -> list[Looked]:
    """A tour's looks, as the search knows them."""
    along_m = [w.along_m for w in flown.tour.waypoints]
    found = []
    for lot, lap_from_m in zip(flown.looks, flown.lap_from_m, strict=True):
        at_m = [lap_from_m + lot[0].from_m, lap_from_m + lot[0].to_m]
        from_s, to_s = (float(v) for v in np.interp(at_m, along_m, flown.seconds))
        found += [Looked(from_s, to_s, flown.ground[k.window, k.aim], k.chance, 1.0 / len(lot)) for k in lot]
    return found


def in_sight(tracks: Racetracks, lattice: Lattice, dem: Dem) -> sparse.csr_matrix:
    """(strips, cells): about how often each racetrack's camera, drawn all round, would look at each cell: the share of
    its lap from which it has the cell's middle in sight, over all that it has in sight."""
    lens = tracks.start.aircraft.camera
    x, y = lattice.xy_of(np.arange(lattice.cells))
    cells = np.flatnonzero(lattice.is_own.ravel() & np.isfinite(lattice.height_m.ravel()))
    points = np.column_stack([x, y, lattice.height_m.ravel() + BODY_M])[cells]
    reach_m = farthest_m(lens, tracks.gsd_m)
    low = max(DEPRESSION_MIN_DEG, lens.depression_min_deg)
    high = min(DEPRESSION_MAX_DEG, lens.depression_max_deg)
    tree = cKDTree(points[:, :2])
    rows = [_seen_from(strip, points, tree, reach_m, (low, high), dem) for strip in tracks.strips]
    many = np.repeat(np.arange(len(rows)), [len(found) for found, _ in rows])
    which = np.concatenate([*(cells[found] for found, _ in rows), np.empty(0, np.int64)])
    share = np.concatenate([*(one for _, one in rows), np.empty(0)])
    return sparse.csr_matrix((share, (many, which)), shape=(len(tracks.strips), lattice.cells))


def _seen_from(
    strip: Strip, points: Floats, tree: cKDTree, reach_m: float, depression_deg: tuple[float, float], dem: Dem
) -> tuple[Ints, Floats]:
    """Which of the points (n, 3) a racetrack has in sight, and their shares of what its camera looks at."""
    lap = lap_of(strip)
    eyes = np.column_stack([lap, np.full(len(lap), strip.hae_m)])[:: max(1, len(lap) // EYES)][:EYES]
    near = [np.array(found, dtype=np.int64) for found in tree.query_ball_point(eyes[:, :2], reach_m)]
    eye, point = np.repeat(eyes, [len(one) for one in near], axis=0), np.concatenate(near)
    offset = points[point] - eye
    flat = np.hypot(offset[:, 0], offset[:, 1])
    down_deg = np.degrees(np.arctan2(-offset[:, 2], flat))
    ok = (np.hypot(flat, offset[:, 2]) <= reach_m) & (down_deg >= depression_deg[0]) & (down_deg <= depression_deg[1])
    eye, point = eye[ok], point[ok]
    found, count = np.unique(point[line_of_sight(dem, eye, points[point])], return_counts=True)
    return found, count / max(count.sum(), 1)
