"""Those who have every right to be out at night: shepherds, villagers, goats and foxes."""

import numpy as np
from numpy.typing import NDArray

from . import bodies, walks
from .crowd import Party, Route
from .grids import Chain, distance_along, spaced
from .model import Village
from .night import Night

GOAT_SHIFT_M = 2.0
_GOAT_STEP_M_S = 0.4
_LONG_S = 1e6


def lawful_of(night: Night) -> list[Party]:
    """A shepherd or two by each village, people between its houses, and a car now and then on the road."""
    parties: list[Party] = []
    for number, village in enumerate(v for v in night.world.villages for _ in range(2)):
        parties.append(_shepherd(night, number, village))
    for number, village in enumerate(v for v in night.world.villages for _ in range(2)):
        parties.append(_villager(night, number, village))
    if night.world.roads:
        first = len(parties)
        cars = max(round(1.5 * night.seconds / 3600), 1)
        parties += [_car(night, first + number) for number in range(cars)]
    return parties


def animals_of(night: Night) -> list[Party]:
    """Herds that rest and foxes that trot, most of them within 6 km of the border."""
    rows, cols = night.ground.height_m.shape
    km2 = rows * cols * night.ground.cell_m**2 / 1e6
    herds, foxes = max(round(km2 / 36), 3), max(round(km2 / 110), 2)
    return [_herd(night, n) for n in range(herds)] + [_fox(night, n) for n in range(foxes)]


def _stroller(points: Chain, speed_m_s: float, pause_s: NDArray[np.float64], begin_s: float) -> Route:
    return walks.started(walks.stroll(points, speed_m_s, pause_s), begin_s)


def _shepherd(night: Night, number: int, village: Village) -> Party:
    """One person between pasture points within 2 km of the village, with long pauses."""
    rng = night.rng("shepherd", number)
    reach = 2000.0 * min(1.0, night.ground.scale * 2)
    away = night.ground.distance_m(village.x_m, village.y_m)
    allowed = night.ground.own & (night.ground.slope_deg < 22) & (away < reach) & (away > village.radius_m)
    allowed &= night.ground.border_m > 300
    points = _spots(night, rng, allowed, int(rng.integers(4, 8)))
    # a round of the points that lie close to one another, not a walk across the whole circle each time
    points = points[np.argsort(np.arctan2(points[:, 1] - village.y_m, points[:, 0] - village.x_m))]
    pauses = rng.uniform(300, 1200, len(points))
    route = _stroller(points, rng.uniform(0.5, 1.0), pauses, rng.uniform(-1800, 0.5 * night.seconds))
    return night.party("shepherd", number, [bodies.body(rng, "person")], [route], lawful=True)


def _villager(night: Night, number: int, village: Village) -> Party:
    """One person between the houses."""
    rng = night.rng("villager", number)
    count = max(int(night.seconds / 500), 4)
    bearing, far = rng.uniform(0, 2 * np.pi, count), village.radius_m * np.sqrt(rng.uniform(0, 1.0, count))
    points = np.column_stack([village.x_m + far * np.cos(bearing), village.y_m + far * np.sin(bearing)])
    pauses = rng.uniform(120, 600, count)
    route = _stroller(points, rng.uniform(0.8, 1.3), pauses, rng.uniform(-900, 0))
    return night.party("villager", number, [bodies.body(rng, "person")], [route], lawful=True)


def _car(night: Night, number: int) -> Party:
    """A car with its lights on, between the far edge and the village nearest to the border, and no farther."""
    rng = night.rng("villager", number)
    road = night.world.roads[0].chain
    stops = [int(np.argmin(np.hypot(road[:, 0] - v.x_m, road[:, 1] - v.y_m))) for v in night.world.villages]
    away = np.array([night.ground.border_m[night.ground.cell(x, y)] for x, y in road])
    far_end = 0 if away[0] > away[-1] else len(road) - 1
    stop = max(stops, key=lambda i: abs(i - far_end)) if stops else int(np.argmin(np.abs(away - 3000)))
    stretch = road[min(stop, far_end) : max(stop, far_end) + 1]
    stretch = stretch if rng.random() < 0.5 else stretch[::-1]
    chain = spaced(stretch, walks.STEP_M)
    speed = np.clip(13.0 - 40 * np.abs(walks.grades(night.world, chain)), 6.0, 13.0)
    route = walks.started(walks.timed(chain, speed), rng.uniform(0, night.seconds))
    return night.party("villager", number, [bodies.body(rng, "vehicle")], [route], lawful=True)


def _herd(night: Night, number: int) -> Party:
    """8 to 20 goats that lie and stand; each shifts now and then, never farther than 2 m from where it was."""
    rng = night.rng("goats", number)
    centre = _spots(night, rng, _wild(night, 22.0), 1)[0]
    count = int(rng.integers(8, 21))
    homes = centre + rng.normal(0, 6.0, (count, 2))
    members = [bodies.body(rng, "goat", route=i) for i in range(count)]
    return night.party("goats", number, members, [_goat(night, rng, home) for home in homes])


def _goat(night: Night, rng: np.random.Generator, home: NDArray[np.float64]) -> Route:
    shifts = rng.poisson(night.seconds / 1500) + 1
    bearing, far = rng.uniform(0, 2 * np.pi, shifts + 1), 0.5 * GOAT_SHIFT_M * np.sqrt(rng.uniform(0, 1, shifts + 1))
    places = home + np.column_stack([far * np.cos(bearing), far * np.sin(bearing)])
    begin = np.sort(rng.uniform(0, night.seconds, shifts))
    step = np.hypot(*np.diff(places, axis=0).T)
    begin = np.maximum.accumulate(begin + np.arange(shifts) * 2 * GOAT_SHIFT_M / _GOAT_STEP_M_S)
    times = np.concatenate([[-_LONG_S], np.column_stack([begin, begin + step / _GOAT_STEP_M_S]).ravel(), [_LONG_S]])
    order = np.concatenate([[0], np.repeat(np.arange(shifts + 1), 2)[1:-1], [shifts]])
    along = distance_along(places)[order]
    turn = np.diff(places, axis=0) / np.maximum(step, 1e-9)[:, None]
    heading = np.vstack([turn[:1], turn])[order]
    return Route(times, along, places[order], heading)


def _fox(night: Night, number: int) -> Party:
    """One fox that trots here and there at 1.5 to 3 m/s and stops to listen."""
    rng = night.rng("fox", number)
    legs = max(int(night.seconds / 60), 10)
    at = _spots(night, rng, _wild(night, 28.0), 1)[0]
    bearing = np.cumsum(rng.normal(0, 0.7, legs)) + rng.uniform(0, 2 * np.pi)
    # a pull back home bends the wander into loops
    points = [at]
    for turn in bearing:
        step = rng.uniform(30, 150) * np.array([np.sin(turn), np.cos(turn)])
        points.append(points[-1] + step + 0.08 * (at - points[-1]))
    chain = _kept_inside(night, np.array(points))
    pauses = np.where(rng.random(legs) < 0.5, rng.uniform(5, 90, legs), 0.0)
    route = _stroller(chain, rng.uniform(1.5, 3.0), pauses, rng.uniform(-600, 0))
    return night.party("fox", number, [bodies.body(rng, "fox")], [route])


def _wild(night: Night, steepest_deg: float) -> NDArray[np.bool_]:
    """Where animals are: own side, not steep, off the salt, within 6 km of the border."""
    ground = night.ground
    return ground.own & (ground.slope_deg < steepest_deg) & ~ground.salt & (ground.border_m < 6000 * ground.scale)


def _spots(night: Night, rng: np.random.Generator, allowed: NDArray[np.bool_], count: int) -> Chain:
    """Random places on the allowed coarse cells."""
    ground = night.ground
    flat = np.flatnonzero(allowed.ravel())
    flat = flat if len(flat) else np.flatnonzero(ground.own.ravel())
    cells = rng.choice(flat, count)
    return night.chain(cells.astype(np.int32)) + rng.uniform(-0.5, 0.5, (count, 2)) * ground.cell_m


def _kept_inside(night: Night, chain: Chain) -> Chain:
    west, south, east, north = night.world.bounds
    return np.clip(chain, (west + 50, south + 50), (east - 50, north - 50))
