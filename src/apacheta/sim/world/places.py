"""Where people would build: villages on gentle ground, a road over the lowest saddle, bases, relays and goals."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from . import routes
from .grids import Chain, cells_of_chain, distance_along, slope_tan, smoothed, spaced
from .model import Site, Village, Way

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Ground:
    """What a choice of place looks at, on one coarse grid (30 or 90 m): heights, sides, distances, salt.

    `scale` shrinks the usual distances for a small world.
    """

    height_m: NDArray[np.float64]
    cell_m: float
    origin_x_m: float
    origin_y_m: float
    own: Mask
    border_m: NDArray[np.float64]
    slope_deg: NDArray[np.float64]
    salt: Mask
    scale: float

    def xy(self, row: int, col: int) -> tuple[float, float]:
        """The place of a node."""
        return self.origin_x_m + float(col) * self.cell_m, self.origin_y_m + float(row) * self.cell_m

    def cell(self, x_m: float, y_m: float) -> tuple[int, int]:
        """The nearest node, row and column, kept inside."""
        rows, cols = self.height_m.shape
        row = round((y_m - self.origin_y_m) / self.cell_m)
        col = round((x_m - self.origin_x_m) / self.cell_m)
        return min(max(row, 0), rows - 1), min(max(col, 0), cols - 1)

    def flat(self, x_m: float, y_m: float) -> int:
        """The flat index of the nearest node."""
        row, col = self.cell(x_m, y_m)
        return row * self.height_m.shape[1] + col

    def distance_m(self, x_m: float, y_m: float) -> NDArray[np.float64]:
        """Distance of every node from a point."""
        rows, cols = self.height_m.shape
        x = self.origin_x_m + np.arange(cols) * self.cell_m - x_m
        y = self.origin_y_m + np.arange(rows) * self.cell_m - y_m
        return np.hypot(x[None, :], y[:, None])


def ground_of(
    height_m: NDArray[np.float64],
    cell_m: float,
    origin_x_m: float,
    origin_y_m: float,
    border: tuple[Chain, ...],
    own: Mask,
    salt: Mask,
) -> Ground:
    """The coarse view of a world: every third node of a large one, every node of a small one."""
    every = 3 if min(height_m.shape) >= 400 else 1
    line = np.zeros(height_m.shape, np.bool_)
    for chain in border:
        line |= cells_of_chain(chain, height_m.shape, origin_x_m, origin_y_m, cell_m)
    border_m = ndimage.distance_transform_edt(~line) * cell_m
    slope_deg = ndimage.uniform_filter(np.degrees(np.arctan(slope_tan(height_m, cell_m))), every)
    pick = slice(None, None, every)
    return Ground(
        height_m=np.ascontiguousarray(ndimage.uniform_filter(height_m, every)[pick, pick]),
        cell_m=cell_m * every,
        origin_x_m=origin_x_m,
        origin_y_m=origin_y_m,
        own=np.ascontiguousarray(own[pick, pick]),
        border_m=np.ascontiguousarray(border_m[pick, pick]),
        slope_deg=np.ascontiguousarray(slope_deg[pick, pick]),
        salt=np.ascontiguousarray(salt[pick, pick]),
        scale=min(1.0, height_m.shape[0] * cell_m / 30_000.0),
    )


def lowest_saddle(border: Chain, ground: Ground) -> tuple[float, float]:
    """The lowest point of the border away from the sector's edges."""
    points = spaced(border, ground.cell_m)
    west, east = points[0, 0], points[-1, 0]
    share = (points[:, 0] - west) / (east - west)
    cells = [ground.cell(x, y) for x, y in points]
    height = np.array([ground.height_m[cell] for cell in cells])
    height[(share < 0.2) | (share > 0.8)] = np.inf
    x, y = points[int(np.argmin(height))]
    return float(x), float(y)


def _best(ground: Ground, score: NDArray[np.float64], allowed: Mask) -> tuple[float, float] | None:
    if not allowed.any():
        return None
    row, col = np.unravel_index(int(np.argmin(np.where(allowed, score, np.inf))), score.shape)
    return ground.xy(int(row), int(col))


def _edge_margin(ground: Ground, margin_m: float) -> Mask:
    cells = int(margin_m / ground.cell_m)
    inner = np.zeros(ground.height_m.shape, np.bool_)
    inner[cells : -cells or None, cells : -cells or None] = True
    return inner


def villages_of(ground: Ground, saddle: tuple[float, float], salt_centre: tuple[float, float]) -> tuple[Village, ...]:
    """One village on gentle ground below the saddle, one by the salt flat; 3 km and more from the border."""
    size = max(3, int(330 / ground.cell_m) | 1)
    score = ndimage.uniform_filter(ground.slope_deg, size)
    from_salt = ndimage.distance_transform_edt(~ground.salt) * ground.cell_m
    free = ground.own & _edge_margin(ground, 1500 * ground.scale) & (from_salt > max(400 * ground.scale, ground.cell_m))
    radius = 180.0 if ground.scale > 0.5 else 90.0
    found: list[Village] = []
    for name, place, near_m in (("Alto Queñual", saddle, 8000.0), ("Salar Viejo", salt_centre, 4500.0)):
        for ease in (1.0, 1.6, 2.5, 4.0, 100.0):
            allowed = free & (ground.border_m > 3000 * ground.scale / ease)
            allowed &= ground.distance_m(*place) < near_m * ground.scale * ease
            for other in found:
                allowed &= ground.distance_m(other.x_m, other.y_m) > 5000 * ground.scale / ease
            spot = _best(ground, score, allowed)
            if spot is not None and (ease > 2 or score[ground.cell(*spot)] < 9.0):
                found.append(Village(name, *spot, radius))
                break
    return tuple(found)


def _path(ground: Ground, start: tuple[float, float], goals: NDArray[np.int64], keep: Mask) -> Chain:
    """The road-like path from `start` to the cheapest of the goal cells, staying on `keep` where it can."""
    ease = np.where(keep, 1.0, 60.0) + np.where(ground.salt, 3.0, 0.0)
    cost, back = routes.spread(ground.height_m, ease, ground.cell_m, *routes.ROAD, ground.flat(*start))
    cells = routes.way_back(back, int(goals[np.argmin(cost[goals])]))
    chain = routes.chain_of(cells, ground.height_m.shape[1], ground.origin_x_m, ground.origin_y_m, ground.cell_m)
    return chain[::-1]


def ways_of(ground: Ground, villages: tuple[Village, ...], saddle: tuple[float, float]) -> tuple[Way, ...]:
    """The road from the own side's far edge through both villages to the saddle, and an old track beyond it."""
    rows, cols = ground.height_m.shape
    first, last = villages[-1], villages[0]
    north_edge = np.arange((rows - 1) * cols, rows * cols, dtype=np.int64)
    south_edge = np.arange(cols, dtype=np.int64)
    at = np.array([ground.flat(last.x_m, last.y_m)], dtype=np.int64)
    crest = np.array([ground.flat(*saddle)], dtype=np.int64)
    arrival = _path(ground, (first.x_m, first.y_m), north_edge, ground.own)[::-1]
    between = _path(ground, (first.x_m, first.y_m), at, ground.own)
    climb = _path(ground, (last.x_m, last.y_m), crest, ground.own)
    climb[-1] = saddle
    beyond = _path(ground, saddle, south_edge, ~ground.own)
    beyond[0] = saddle
    road = np.concatenate([_softened(arrival), _softened(between)[1:], _softened(climb)[1:]])
    return (Way("Camino del Paso", "road", road), Way("Huella antigua", "track", _softened(beyond)))


def _softened(chain: Chain) -> Chain:
    return spaced(smoothed(spaced(chain, 60.0), 1.5), 40.0)


def goals_of(ways: tuple[Way, ...], villages: tuple[Village, ...]) -> tuple[Site, ...]:
    """Where crossers want to go: the edges of the villages and points of the road."""
    goals = [Site(f"edge of {v.name}", v.x_m, v.y_m - v.radius_m - 150.0) for v in villages]
    for way in ways:
        if way.kind == "road":
            along = distance_along(way.chain)
            for share in (0.15, 0.4, 0.6, 0.75):
                x = float(np.interp(share * along[-1], along, way.chain[:, 0]))
                y = float(np.interp(share * along[-1], along, way.chain[:, 1]))
                goals.append(Site(f"{way.name} km {share * along[-1] / 1000:.0f}", x, y))
    return tuple(goals)


def _targets(ground: Ground, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Own-side cells within 6 km of the border, drawn at random: what a site should see the air above."""
    rows, cols = np.nonzero(ground.own & (ground.border_m < 6000 * ground.scale))
    pick = rng.choice(len(rows), min(count, len(rows)), replace=False)
    return np.column_stack([rows[pick], cols[pick]]).astype(np.int64)


def _ranked(
    ground: Ground, allowed: Mask, count: int, eye_m: float, rng: np.random.Generator
) -> list[tuple[float, int, int]]:
    """Up to `count` allowed cells, drawn at random, best view (of the air 120 m above the own side) first."""
    rows, cols = np.nonzero(allowed)
    if not len(rows):
        return []
    targets = _targets(ground, 250, rng)
    pick = rng.choice(len(rows), min(count, len(rows)), replace=False)
    views = [
        (routes.visible_share(ground.height_m, ground.cell_m, r, c, eye_m, targets, 120.0), int(r), int(c))
        for r, c in zip(rows[pick], cols[pick], strict=True)
    ]
    return sorted(views, reverse=True)


def _apart(
    ground: Ground, ranked: list[tuple[float, int, int]], names: tuple[str, ...], far_m: float
) -> tuple[Site, ...]:
    """The best places that lie `far_m` from each other."""
    sites: list[Site] = []
    for _, row, col in ranked:
        x, y = ground.xy(row, col)
        if all(np.hypot(x - s.x_m, y - s.y_m) >= far_m for s in sites):
            sites.append(Site(names[len(sites)], x, y))
        if len(sites) == len(names):
            break
    return tuple(sites)


def bases_of(ground: Ground, ways: tuple[Way, ...], seed: int) -> tuple[Site, ...]:
    """Two flat places by the road, 3 to 8 km from the border, that see the most of the air over the sector."""
    rng = np.random.default_rng([seed, 7])
    road = np.zeros(ground.height_m.shape, np.bool_)
    for way in ways:
        if way.kind == "road":
            road |= cells_of_chain(way.chain, road.shape, ground.origin_x_m, ground.origin_y_m, ground.cell_m)
    from_road = ndimage.distance_transform_edt(~road) * ground.cell_m if road.any() else np.zeros(road.shape)
    inner = _edge_margin(ground, 1500 * ground.scale)
    sites: tuple[Site, ...] = ()
    for ease in (1.0, 1.4, 2.0, 3.0, 6.0):
        allowed = (
            ground.own & inner & ~ground.salt & (ground.slope_deg < 5.0 * min(ease, 3.0)) & (from_road < 1200 * ease)
        )
        allowed &= (ground.border_m > 3000 * ground.scale) & (ground.border_m < 8000 * ground.scale)
        ranked = _ranked(ground, allowed, 150, 10.0, rng)
        sites = _apart(ground, ranked, ("Base 1", "Base 2"), 6000 * ground.scale / ease)
        if len(sites) == 2:
            break
    return sites


def relays_of(ground: Ground, seed: int) -> tuple[Site, ...]:
    """Two peaks of the own side, 1 km and more from the border, that see the most of the air over the sector."""
    rng = np.random.default_rng([seed, 8])
    size = max(3, int(1500 * ground.scale / ground.cell_m) | 1)
    peak = ground.height_m == ndimage.maximum_filter(ground.height_m, size)
    allowed = peak & ground.own & _edge_margin(ground, 1000 * ground.scale)
    allowed &= (ground.border_m > 1000 * ground.scale) & (ground.border_m < 9000 * ground.scale)
    return _apart(ground, _ranked(ground, allowed, 120, 6.0, rng), ("Relé 1", "Relé 2"), 6000 * ground.scale)


def keep_in_of(
    border: tuple[Chain, ...], own_side: tuple[float, float], bounds: tuple[float, float, float, float]
) -> Chain:
    """The own side as a ring: along the longest chain of the border and round the sector, 300 m inside its edges."""
    west, south, east, north = bounds[0] + 300, bounds[1] + 300, bounds[2] - 300, bounds[3] - 300
    chain = max(border, key=lambda c: distance_along(c)[-1])
    x, y = chain.T
    inner = chain[(x > west) & (x < east) & (y > south) & (y < north)]
    corners = np.array([(west, south), (east, south), (east, north), (west, north)])
    sides = distance_along(np.vstack([corners, corners[:1]]))

    def along_edge(point: NDArray[np.float64]) -> float:
        """How far round the rectangle its point nearest to this one lies, anticlockwise from the south-west."""
        starts, ends = corners, np.roll(corners, -1, axis=0)
        share = np.clip(((point - starts) * (ends - starts)).sum(1) / ((ends - starts) ** 2).sum(1), 0, 1)
        nearest = starts + share[:, None] * (ends - starts)
        side = int(np.argmin(np.hypot(*(nearest - point).T)))
        return float(sides[side] + share[side] * (sides[side + 1] - sides[side]))

    first, last = along_edge(inner[0]), along_edge(inner[-1])
    loop = np.vstack([corners, corners[:1]])
    meet = [np.array([np.interp(at, sides, loop[:, k]) for k in (0, 1)]) for at in (first, last)]

    def corners_met(start: float, end: float) -> Chain:
        """The corners that one passes anticlockwise."""
        ahead = (sides[:4] - start) % sides[4]
        order = np.argsort(ahead)
        return corners[order][ahead[order] < (end - start) % sides[4]]

    rings = [
        np.vstack([meet[0], inner, meet[1], way]) for way in (corners_met(last, first), corners_met(first, last)[::-1])
    ]
    return next((ring for ring in rings if _holds(ring, own_side)), rings[0])


def _holds(ring: Chain, point: tuple[float, float]) -> bool:
    """Whether the ring goes round the point (even-odd rule)."""
    (x0, y0), (x1, y1) = ring.T, np.roll(ring, -1, axis=0).T
    crosses = (y0 > point[1]) != (y1 > point[1])
    at = x0[crosses] + (point[1] - y0[crosses]) / (y1 - y0)[crosses] * (x1 - x0)[crosses]
    return bool(np.count_nonzero(at > point[0]) % 2)
