"""One night's draws: the ground seen coarsely, and chance that belongs to each party alone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import places
from .crowd import Member, Party, Route
from .grids import Chain, inside_ring
from .model import Site, World
from .places import Ground
from .routes import chain_of

NS = 1_000_000_000
LINGER_S = 300.0
_CHANCE = {"foot": 1, "mules": 2, "convoy": 3, "shepherd": 4, "villager": 5, "goats": 6, "fox": 7, "mix": 8}


@dataclass(frozen=True, eq=False)
class Night:
    """The span of a night over a world; times of routes are seconds after `epoch_utc_ns`."""

    world: World
    ground: Ground
    epoch_utc_ns: int
    seconds: float
    seed: int

    def rng(self, kind: str, number: int = 0) -> np.random.Generator:
        """The chance of one party: others do not change it."""
        return np.random.default_rng([self.world.seed, self.seed, _CHANCE[kind], number])

    def chain(self, cells: NDArray[np.int32]) -> Chain:
        """Coarse cells as points."""
        ground = self.ground
        return chain_of(cells, ground.height_m.shape[1], ground.origin_x_m, ground.origin_y_m, ground.cell_m)

    def near_villages(self, more_m: float) -> NDArray[np.bool_]:
        """The coarse cells in villages and `more_m` round them."""
        near = np.zeros(self.ground.height_m.shape, np.bool_)
        for village in self.world.villages:
            near |= self.ground.distance_m(village.x_m, village.y_m) < village.radius_m + more_m
        return near

    def goal(self, rng: np.random.Generator) -> Site:
        """A goal of the world within a night's walk, 9 km of the border (or the nearest); near ones are likelier."""
        away = np.array([self.ground.border_m[self.ground.cell(g.x_m, g.y_m)] for g in self.world.goals])
        near = np.flatnonzero(away <= max(9000.0 * self.ground.scale, float(away.min())))
        goals = [self.world.goals[i] for i in near]
        weight = 1.0 / (2000 * self.ground.scale + away[near])
        return goals[int(rng.choice(len(goals), p=weight / weight.sum()))]

    def party(self, kind: str, number: int, members: list[Member], routes: list[Route], **more: object) -> Party:
        """A party; present from when the last of its file sets out until the first has long arrived."""
        first = routes[0]
        lag = max(m.lag_m for m in members)
        begin = float(np.interp(lag, first.along_m, first.time_s)) if lag > 0 else float(first.time_s[0])
        fields: dict[str, object] = {
            "id": f"{kind}-{number + 1:02d}",
            "kind": kind,
            "crosser": False,
            "lawful": False,
            "members": tuple(members),
            "routes": tuple(routes),
            "epoch_utc_ns": self.epoch_utc_ns,
            "from_s": begin,
            "to_s": float(first.time_s[-1]) + LINGER_S,
        }
        return Party(**(fields | more))  # type: ignore[arg-type]


def night_of(world: World, from_utc_ns: int, to_utc_ns: int, seed: int) -> Night:
    """The night from one instant to another."""
    height = world.product_amsl_m.astype(np.float64)
    frame = world.origin_x_m, world.origin_y_m, world.product_cell_m
    salt = inside_ring(world.salt_flat, height.shape, *frame)
    ground = places.ground_of(height, frame[2], *frame[:2], world.border, world.own_mask, salt)
    return Night(world, ground, from_utc_ns, (to_utc_ns - from_utc_ns) / NS, seed)
