"""Ways through the air: from a base up a spiral, over the lattice to a strip, round it, and home the same way."""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from ..core.aircraft import Aircraft
from ..core.plan import WaypointKind
from ..core.sector import Base
from .airspace import STEP, Airspace
from .layers import Layer
from .performance import Flight
from .strips import Strip, densified

Floats = NDArray[np.float64]

LEVELS = Layer(50.0)
"""Transit heights are tried in steps of 50 m, unless an aircraft has a layer."""
OUTLOOK_LEVELS = Layer(100.0)
HIGHER_MAX_M = 900.0
"""A strip that needs a transit so much higher than itself is not worth its battery."""
CIRCLE_STEPS = 12
BEND_RAD = math.radians(8.0)
"""A way that bends by less needs no arc."""
TURN_MAX_RAD = 3.0
SHARPEST_RAD = math.radians(45.0)
"""A sharper corner is not planned: an aircraft on its wing swings out there, and its track is given room for 45 m
(`airspace.TRACK_TOLERANCE_M`). Flown in simulation: 59 m at 79 degrees, 120 m at 170 (`apacheta bench clearance`)."""
BASE_LEFT_OUT_M = 500.0
"""Clearance and separation are not counted so near a base (interfaces page, definitions)."""


@dataclass(frozen=True)
class Point:
    """A corner of a route: grid metres, HAE."""

    x_m: float
    y_m: float
    z_hae_m: float
    kind: WaypointKind


@dataclass(frozen=True)
class Pad:
    """A base's pad and the circle beside it on which aircraft climb and descend; `safe_hae_m` is its lowest height."""

    base: Base
    x_m: float
    y_m: float
    ground_hae_m: float
    circle_x_m: float
    circle_y_m: float
    radius_m: float
    safe_hae_m: float

    def circle(self) -> Floats:
        """(CIRCLE_STEPS, 2) corners, anticlockwise from the east; outside the circle, so that chords touch it."""
        angle = np.arange(CIRCLE_STEPS) * 2.0 * math.pi / CIRCLE_STEPS
        r = self.radius_m / math.cos(math.pi / CIRCLE_STEPS)
        return np.column_stack([self.circle_x_m + r * np.cos(angle), self.circle_y_m + r * np.sin(angle)])

    def before(self, corner: Floats) -> Floats:
        """The circle's corner before one of its corners, as an aircraft comes round."""
        circle = self.circle()
        return np.asarray(circle[int(np.argmin(np.hypot(*(circle - corner).T))) - 1])

    def way_up(self) -> Floats:
        """(n, 2) from the pad to the circle's entry and once round."""
        round_from_entry = np.roll(self.circle(), -self.entry(), axis=0)
        return np.vstack([[self.x_m, self.y_m], round_from_entry, round_from_entry[:1]])

    def tangents(self) -> Floats:
        """(CIRCLE_STEPS, 2) the way round at each corner, anticlockwise, of length 1."""
        centre = np.array([self.circle_x_m, self.circle_y_m])
        return _unit((self.circle() - centre) @ np.array([[0.0, 1.0], [-1.0, 0.0]]))

    def entry(self) -> int:
        """The corner at which who comes from the pad turns least to go round: on a wing nobody turns on the spot, and
        the ground beside the circle is not looked at."""
        come = _unit(self.circle() - np.array([self.x_m, self.y_m]))
        return int(np.argmax(np.round(np.sum(self.tangents() * come, axis=1), 3)))


@dataclass(frozen=True)
class Way:
    """From a base's circle to a strip's A0 and home again, at one height: corners (n, 2).

    Both ends of the leg have a circle; the way out joins the one at A0 along its tangent and follows it, the way home
    leaves it along another tangent, `cut` corners before the end of a lap (0: at A0). tightest_m: the least radius of
    its turns.
    """

    height_hae_m: float
    out: Floats
    home: Floats
    cut: int
    tightest_m: float


@dataclass
class Ways:
    """All shortest ways from one pad, kept by height. levels: the heights that are tried beside a strip's own."""

    airspace: Airspace
    pad: Pad
    levels: Layer = LEVELS
    _trees: dict[float, tuple[Floats, NDArray[np.int32], int]] = field(default_factory=dict)

    def transit(self, strip: Strip) -> Way | None:
        """The way to a strip at the lowest height that has one."""
        end = strip.lap()[0]
        level, every_m = self.levels.at_least(max(strip.hae_m, self.pad.safe_hae_m)), self.levels.every_m
        heights = [strip.hae_m] if strip.hae_m >= self.pad.safe_hae_m else []
        heights += [level + i * every_m for i in range(max(1, int(HIGHER_MAX_M / every_m)))]
        for height in heights:
            way = self._way(height, end)
            joined = None if way is None else self._joined(way, strip, height)
            if joined is not None:
                return joined
        return None

    def _joined(self, way: Floats, strip: Strip, height: float) -> Way | None:
        """The way with its corners rounded, joined to the circle at A0 where that turns least among the straight lines
        there that are clear; None where that leaves a corner that is too sharp to be flown."""
        lap, corner = strip.lap(), way[-2]
        arc = np.arange(len(lap) - 25, len(lap) - 5)
        tangent = _unit(lap[arc + 1] - lap[arc - 1])
        come = self._first_clear(corner, lap[arc], np.sum(tangent * _unit(lap[arc] - corner), axis=1), height)
        leave = self._first_clear(corner, lap[arc], np.sum(tangent * _unit(corner - lap[arc]), axis=1), height)
        there, back, circle, cut = way, way[::-1], np.empty((0, 2)), 0
        if come is not None:
            there, circle = np.vstack([way[:-1], lap[arc[come]]]), lap[arc[come] + 1 :]
        if leave is not None:
            back, cut = np.vstack([lap[arc[leave]], way[-2::-1]]), len(lap) - 1 - int(arc[leave])
        tightest = min(tightest_m(there, strip.radius_m), tightest_m(back, strip.radius_m))
        out, home = np.vstack([rounded(there, strip.radius_m), circle]), rounded(back, strip.radius_m)
        last, before = len(lap) - 1 - cut, self.pad.before(out[0])
        corners = np.vstack([before, out, lap[1:2]]), np.vstack([lap[last - 1 : last], home, before])
        is_flyable = max(map(sharpest_rad, corners)) <= SHARPEST_RAD
        return Way(height, out, home, cut, tightest) if is_flyable else None

    def outlook(self, x_m: Floats, y_m: Floats, hae_m: Floats) -> tuple[Floats, Floats]:
        """(n,) transit height and way length to places at wanted heights, about; +inf where no way is low enough."""
        row, col, inside = self.airspace.nearest(x_m, y_m)
        node = row * self.airspace.lattice_floor_m.shape[1] + col
        height, far = np.full(len(node), np.inf), np.full(len(node), np.inf)
        levels, below_m = (OUTLOOK_LEVELS, OUTLOOK_LEVELS.every_m / 2) if self.levels is LEVELS else (self.levels, 0.0)
        highest = float(np.max(hae_m)) + HIGHER_MAX_M
        for level in np.arange(levels.at_least(self.pad.safe_hae_m), highest, levels.every_m):
            tree = self._tree(float(level), self.airspace.allowed(float(level)))[0]
            better = inside & ~np.isfinite(far) & (level >= hae_m - below_m) & np.isfinite(tree[node])
            height[better], far[better] = np.maximum(level, hae_m[better]), tree[node[better]]
        return height, far

    def _way(self, height: float, end: Floats) -> Floats | None:
        allowed = self.airspace.allowed(height)
        row, col, inside = self.airspace.nearest(end[:1], end[1:])
        if not inside[0] or not allowed[row[0], col[0]]:
            return None
        far, before, _ = self._tree(height, allowed)
        node = int(row[0]) * allowed.shape[1] + int(col[0])
        if not np.isfinite(far[node]):
            return None
        nodes = [node]
        while before[nodes[-1]] >= 0:
            nodes.append(int(before[nodes[-1]]))
        rows, cols = np.divmod(np.array(nodes[::-1]), allowed.shape[1])
        way = np.column_stack([self.airspace.lattice_x_m[cols], self.airspace.lattice_y_m[rows]])
        return self._from_circle(_pulled(np.vstack([way, end]), self.airspace, height), height)

    def _from_circle(self, way: Floats, height: float) -> Floats:
        """A way from the circle's middle, as one from the corner at which who goes round leaves with the least turn."""
        circle = self.pad.circle()
        ahead = np.sum(self.pad.tangents() * _unit(way[1] - circle), axis=1)
        corner = self._first_clear(way[1], circle, ahead, height)
        return np.vstack([circle[np.argmax(ahead)], way] if corner is None else [circle[corner], way[1:]])

    def _first_clear(self, corner: Floats, places: Floats, ahead: Floats, height: float) -> int | None:
        """Of the places (n, 2) the one that lies most straight ahead (`ahead`: cosine of the turn there) among those
        with a clear straight line to the corner; None without any."""
        clear = (int(n) for n in np.argsort(-ahead) if _clear(corner, places[n], self.airspace, height))
        return next(clear, None)

    def _tree(self, height: float, allowed: NDArray[np.bool_]) -> tuple[Floats, NDArray[np.int32], int]:
        if height not in self._trees:
            row, col, _ = self.airspace.nearest(np.array([self.pad.circle_x_m]), np.array([self.pad.circle_y_m]))
            start = int(row[0]) * allowed.shape[1] + int(col[0])
            graph = _graph(allowed, self.airspace.dem.cell_m * STEP)
            far, before = csgraph.dijkstra(graph, indices=start, return_predecessors=True)
            self._trees[height] = (far, before, start)
        return self._trees[height]


def _graph(allowed: NDArray[np.bool_], step_m: float) -> sparse.csr_matrix:
    rows, cols = allowed.shape
    index = np.arange(allowed.size).reshape(rows, cols)
    tails, heads, lengths = [], [], []
    for dr, dc in ((0, 1), (1, 0), (1, 1), (1, -1)):
        here = (slice(0, rows - dr), slice(max(0, -dc), cols - max(0, dc)))
        there = (slice(dr, rows), slice(max(0, dc), cols + min(0, dc)))
        ok = allowed[here] & allowed[there]
        tails.append(index[here][ok])
        heads.append(index[there][ok])
        lengths.append(np.full(int(ok.sum()), step_m * math.hypot(dr, dc)))
    shape = (allowed.size, allowed.size)
    half = sparse.csr_matrix((np.concatenate(lengths), (np.concatenate(tails), np.concatenate(heads))), shape=shape)
    return half + half.T


def _pulled(way: Floats, airspace: Airspace, height: float) -> Floats:
    """The way with every corner left out that a straight line can do without."""
    kept, here = [0], 0
    while here < len(way) - 1:
        there = len(way) - 1
        while there > here + 1 and not _clear(way[here], way[there], airspace, height):
            there -= 1 if there - here < 8 else max(1, (there - here) // 6)
        kept.append(there)
        here = there
    return way[kept]


def _unit(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9))


def rounded(way: Floats, radius_m: float) -> Floats:
    """The way (n, 2) with an arc in place of each corner: of that radius, or of what its two sides leave room for."""
    found = [way[:1]]
    for a, corner, b in zip(way[:-2], way[1:-1], way[2:], strict=True):
        one, two = _unit(corner - a), _unit(b - corner)
        turn, tangent = _arc(a, corner, b, radius_m)
        if turn < BEND_RAD or tangent < 1.0:
            found.append(corner[None, :])
            continue
        count = max(2, math.ceil(turn / math.radians(15.0)) + 1)
        part = np.linspace(0.0, 1.0, count)[:, None]
        # a quadratic curve through both tangent points lies inside the corner, never farther out than the arc
        start, end = corner - one * tangent, corner + two * tangent
        found.append((1 - part) ** 2 * start + 2 * part * (1 - part) * corner + part**2 * end)
    return np.concatenate([*found, way[-1:]])


def sharpest_rad(way: Floats) -> float:
    """The greatest turn at a corner of the way (n, 2); corners in one place count once."""
    steps = np.diff(way, axis=0)
    steps = steps[np.hypot(*steps.T) > 1.0]
    one, two = steps[:-1], steps[1:]
    turns = np.arctan2(one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0], np.sum(one * two, axis=1))
    return float(np.max(np.abs(turns), initial=0.0))


def tightest_m(way: Floats, radius_m: float) -> float:
    """The least radius of the arcs that `rounded` puts in place of the way's corners; +inf without any."""
    arcs = [_arc(a, corner, b, radius_m) for a, corner, b in zip(way[:-2], way[1:-1], way[2:], strict=True)]
    return min((tangent / math.tan(turn / 2) for turn, tangent in arcs if turn >= BEND_RAD), default=math.inf)


def _arc(a: Floats, corner: Floats, b: Floats, radius_m: float) -> tuple[float, float]:
    """(turn in radians, length of the tangents) of the arc in place of a corner between its neighbours."""
    one, two = _unit(corner - a), _unit(b - corner)
    turn = min(abs(math.atan2(one[0] * two[1] - one[1] * two[0], float(one @ two))), TURN_MAX_RAD)
    room = 0.45 * min(np.linalg.norm(corner - a), np.linalg.norm(b - corner))
    return turn, min(radius_m * math.tan(turn / 2), float(room))


def _clear(a: Floats, b: Floats, airspace: Airspace, height: float) -> bool:
    line = densified(np.stack([a, b]), airspace.dem.cell_m)
    row, col, inside = airspace.nearest(line[:, 0], line[:, 1])
    return bool(inside.all() and airspace.allowed(height)[row, col].all())


def pad_of(base: Base, airspace: Airspace, radius_m: float) -> Pad | None:
    """The pad with its circle where the lowest height is least: over the base or up to 500 m beside it."""
    x, y = (float(v) for v in airspace.dem.grid.xy(base.lat_deg, base.lon_deg))
    ground = float(airspace.dem.height_at(x, y))
    best: Pad | None = None
    for far in (0.0, 150.0, 300.0, 500.0):
        for turn in np.radians(np.arange(0.0, 360.0, 45.0)):
            centre = (x + far * math.cos(turn), y + far * math.sin(turn))
            pad = Pad(base, x, y, ground, *centre, radius_m, 0.0)
            ring = densified(pad.way_up(), 25.0)
            if airspace.border_about_m(ring[:, 0], ring[:, 1]).min() < airspace.wanted_border_m + 50.0:
                continue
            safe = float(airspace.floor_at(ring[:, 0], ring[:, 1]).max())
            if math.isfinite(safe) and (best is None or safe < best.safe_hae_m):
                best = Pad(base, x, y, ground, *centre, radius_m, math.ceil(safe / 10.0) * 10.0)
    return best


def outbound(pad: Pad, way: Floats, height: float, aircraft: Aircraft, flight: Flight) -> list[Point]:
    """Straight up to the circle's lowest height, round it up to the transit height, and along the way."""
    first = Point(pad.x_m, pad.y_m, pad.ground_hae_m, "takeoff")
    if aircraft.kind == "multirotor":
        up = [first, Point(pad.x_m, pad.y_m, height, "climb")]
    else:
        up = [first, Point(pad.x_m, pad.y_m, pad.safe_hae_m, "climb")]
        up += _spiral(pad, way[0], pad.safe_hae_m, height, flight.climb_m_s / flight.tas_m_s)
    return up + [Point(float(x), float(y), height, "transit") for x, y in way]


def homeward(pad: Pad, home: Floats, height: float, aircraft: Aircraft, flight: Flight) -> list[Point]:
    """The way home, down the circle, over the pad and straight down."""
    back = [Point(float(x), float(y), height, "transit") for x, y in home]
    if aircraft.kind != "multirotor":
        down = _spiral(pad, home[-1], pad.safe_hae_m, height, flight.sink_m_s / flight.tas_m_s)
        back += [Point(p.x_m, p.y_m, p.z_hae_m, "approach") for p in down[::-1]]
        back.append(Point(pad.x_m, pad.y_m, pad.safe_hae_m, "approach"))
    else:
        back.append(Point(pad.x_m, pad.y_m, height, "approach"))
    return [*back, Point(pad.x_m, pad.y_m, pad.ground_hae_m, "land")]


def _spiral(pad: Pad, last: Floats, low: float, high: float, gradient: float) -> list[Point]:
    """Rising corners round the circle, not steeper than the gradient, from its entry to `last`, one of its corners."""
    circle = pad.circle()
    end = int(np.argmin(np.hypot(*(circle - last).T)))
    side = float(np.hypot(*(circle[1] - circle[0])))
    steps = max(CIRCLE_STEPS, math.ceil((high - low) / (gradient * side)))
    steps += (end - steps - pad.entry()) % CIRCLE_STEPS
    rise = (high - low) / steps
    corners = [circle[(end - steps + i) % CIRCLE_STEPS] for i in range(steps + 1)]
    return [Point(float(x), float(y), low + rise * i, "climb") for i, (x, y) in enumerate(corners)]


def changing_height(strip: Strip, start: float, end: float, gradient: float, cut: int = 0) -> list[Point]:
    """Laps of the racetrack on which the height goes from one to the other, less the last `cut` corners; none when
    the heights are equal."""
    if abs(start - end) < 1.0:
        return []
    laps, along, corners = 0, np.zeros(1), np.zeros((1, 2))
    while gradient * along[-1] < abs(start - end):
        laps += 1
        corners = _laps(strip, laps, cut)
        along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(corners, axis=0).T))])
    heights = start + (end - start) * along / along[-1]
    return [Point(float(x), float(y), float(z), "transit") for (x, y), z in zip(corners[1:], heights[1:], strict=True)]


def round_and_round(strip: Strip, laps: int, cut: int = 0) -> list[Point]:
    """The station: A0, then every corner of each lap, less the last `cut`."""
    return [Point(float(x), float(y), strip.hae_m, "station") for x, y in _laps(strip, laps, cut)]


def _laps(strip: Strip, laps: int, cut: int) -> Floats:
    lap = strip.lap()
    corners = np.vstack([lap[:1], *([lap[1:]] * laps)])
    return corners[: len(corners) - cut] if laps else corners
