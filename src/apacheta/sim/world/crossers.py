"""Those whom the watch is for: groups on foot, mule trains, unlit convoys with a scout car ahead."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from . import bodies, routes, walks
from .crowd import Member, Party, Route
from .grids import Chain, cells_of_chain, distance_along, spaced
from .night import Night

LEAD_S = 2400.0


def crossers_of(night: Night, per_hour: float) -> list[Party]:
    """Parties that step over the border at moments spread evenly from 40 minutes before the night to its end.

    Those who crossed before are on their way on the own side when the night begins. Two in three go on foot, one in
    four with mules, the rest are convoys (one at least in an hour and more).
    """
    span_s = LEAD_S + night.seconds
    hours = span_s / 3600
    count = round(per_hour * hours) if per_hour <= 0 else max(round(per_hour * hours), 1)
    convoys = min(max(round(0.08 * count), 1 if hours >= 1 else 0), count)
    mules = min(round(0.25 * count), count - convoys)
    kinds = [_convoy] * convoys + [_mules] * mules + [_foot] * (count - convoys - mules)
    moments = (np.arange(count) + night.rng("mix").uniform(0, 1, count)) * span_s / max(count, 1) - LEAD_S
    order = night.rng("mix", 1).permutation(count)
    numbers: dict[Callable[[Night, int, float], Party], int] = {}
    parties = []
    for make, place in zip(kinds, order, strict=True):
        numbers[make] = numbers.get(make, -1) + 1
        parties.append(make(night, numbers[make], float(moments[place])))
    return sorted(parties, key=lambda p: p.id)


def _foot(night: Night, number: int, crossing_s: float) -> Party:
    rng = night.rng("foot", number)
    chain, goal = _walking_path(night, rng)
    pace = rng.uniform(0.85, 1.25) * walks.OFF_TRAIL_AT_NIGHT
    speed = pace * walks.tobler_m_s(walks.grades(night.world, chain))
    speed = np.clip(speed, walks.SLOWEST_WALK_M_S, walks.FASTEST_WALK_M_S)
    rests = rng.integers(3, len(chain) - 3, rng.poisson(len(chain) / 250))
    route = walks.timed(chain, speed, {int(at): float(rng.uniform(90, 360)) for at in rests})
    members = bodies.single_file(rng, ["person"] * int(rng.integers(1, 7)), (2.0, 6.0))
    return _crosser(night, "foot", number, members, route, crossing_s, goal)


def _mules(night: Night, number: int, crossing_s: float) -> Party:
    rng = night.rng("mules", number)
    chain, goal = _walking_path(night, rng)
    # loaded mules hold their pace; where Tobler's walker goes at less than half his speed they slow by a quarter
    effort = np.clip(0.5 + walks.tobler_m_s(walks.grades(night.world, chain)) / 2.2, 0.75, 1.0)
    route = walks.timed(chain, rng.uniform(1.0, 1.2) * effort)
    kinds = ["person", *["mule"] * int(rng.integers(3, 9))]
    for at in rng.integers(1, len(kinds) + 1, int(rng.integers(1, 4))):
        kinds.insert(int(at), "person")
    return _crosser(night, "mules", number, bodies.single_file(rng, kinds, (3.0, 6.0)), route, crossing_s, goal)


def _convoy(night: Night, number: int, crossing_s: float) -> Party:
    rng = night.rng("convoy", number)
    chain, goal = _driving_path(night, rng)
    mood = ndimage.gaussian_filter1d(rng.standard_normal(len(chain) - 1), 12, mode="nearest")
    steep = np.abs(walks.grades(night.world, chain))
    speed = np.clip(9.5 + 1.2 * mood / max(float(mood.std()), 1e-6) - 25 * steep, 6.0, 12.0)
    ahead = min(rng.uniform(400, 900), 0.3 * float(distance_along(chain)[-1]))
    lags = [0.0, *(ahead + np.concatenate([[0.0], np.cumsum(rng.uniform(30, 60, 2))]))]
    members = [bodies.body(rng, "vehicle", float(lag), float(rng.uniform(-0.5, 0.5))) for lag in lags]
    return _crosser(night, "convoy", number, members, walks.timed(chain, speed), crossing_s, goal)


def _crosser(
    night: Night, kind: str, number: int, members: list[Member], route: Route, crossing_s: float, goal: str
) -> Party:
    """The party on its route, timed so that its first steps over the border at that moment."""
    over = int(np.argmax(night.world.is_own(*route.xy_m.T)))
    moved = walks.started(route, crossing_s - float(route.time_s[over] - route.time_s[0]))
    return night.party(kind, number, members, [moved], crosser=True, goal=goal, crossing_s=crossing_s)


def _walking_path(night: Night, rng: np.random.Generator) -> tuple[Chain, str]:
    """From some place beyond the border to a goal, over ground that this party rates in its own way."""
    ground, goal = night.ground, night.goal(rng)
    taste = ndimage.gaussian_filter(rng.standard_normal(ground.height_m.shape), 540.0 / ground.cell_m)
    ease = np.exp(0.4 * taste / taste.std()) + np.where(night.near_villages(150.0), 3.0, 0.0)
    at = ground.flat(goal.x_m, goal.y_m)
    cost, back = routes.spread(ground.height_m, ease, ground.cell_m, *routes.WALKER, at)
    chain = night.chain(routes.way_back(back, _start(night, rng, cost)))
    return walks.path_of(chain), goal.name


def _start(night: Night, rng: np.random.Generator, cost: NDArray[np.float64]) -> int:
    """A cell 0.6 to 2.5 km beyond the border; places from which the goal is dear to reach are less likely."""
    ground = night.ground
    band = ~ground.own & (ground.border_m > 600 * ground.scale) & (ground.border_m < 2500 * ground.scale)
    gentle = band & (ground.slope_deg < 30)
    cells = rng.choice(np.flatnonzero((gentle if gentle.any() else band).ravel()), 40)
    weight = np.exp(-(cost[cells] - cost[cells].min()) / (9000 * ground.scale))
    return int(rng.choice(cells, p=weight / weight.sum()))


def _driving_path(night: Night, rng: np.random.Generator) -> tuple[Chain, str]:
    """Over the border on the old track and down the road, or off it over the salt flat; without a track, least cost."""
    world = night.world
    tracks = [way.chain for way in world.ways if way.kind == "track"]
    if tracks and world.roads:
        track, road = tracks[0], world.roads[0].chain
        road = road if np.hypot(*(road[0] - track[0])) < np.hypot(*(road[-1] - track[0])) else road[::-1]
        beyond = track[distance_along(track) < 6000][::-1]
        if len(world.salt_flat) and rng.random() < 0.5:
            return spaced(np.concatenate([beyond, _over_salt(night, road)[1:]]), walks.STEP_M), "salt flat"
        return spaced(np.concatenate([beyond, road[1:]]), walks.STEP_M), world.roads[0].name
    goal = night.goal(rng)
    cost, back = _drive_costs(night, goal.x_m, goal.y_m)
    return walks.path_of(night.chain(routes.way_back(back, _start(night, rng, cost)))), goal.name


def _drive_costs(night: Night, x_m: float, y_m: float) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    ground = night.ground
    made = np.zeros(ground.height_m.shape, np.bool_)
    for way in night.world.ways:
        made |= cells_of_chain(way.chain, made.shape, ground.origin_x_m, ground.origin_y_m, ground.cell_m)
    ease = np.where(made, 0.25, 1.0)
    cost, back = routes.spread(ground.height_m, ease, ground.cell_m, *routes.ROAD, ground.flat(x_m, y_m))
    return cost, back


def _over_salt(night: Night, road: Chain) -> Chain:
    """Down the road to where it comes nearest to the salt flat, off to its shore, and straight to the far shore."""
    flat = night.world.salt_flat
    gap = np.hypot(road[:, None, 0] - flat[None, :, 0], road[:, None, 1] - flat[None, :, 1])
    leave, shore = np.unravel_index(int(np.argmin(gap)), gap.shape)
    far = flat[int(np.argmax(np.hypot(*(flat - flat[shore]).T)))]
    _, back = _drive_costs(night, *flat[shore])
    off = night.chain(routes.way_back(back, night.ground.flat(*road[leave])))
    return np.concatenate([road[: leave + 1], walks.path_of(np.vstack([road[leave], off[1:], flat[shore]])), [far]])
