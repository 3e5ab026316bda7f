"""Who is out tonight, and where each of them is: the world's crowd in arrays of fixed order."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..world import World
from ..world.crowd import Crowd, Party, crowd_of, positions
from ..world.parties import parties_of


@dataclass(frozen=True)
class Places:
    """All members at one instant: grid x, y, speed, yaw of their length from grid x (radians), present or not."""

    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    speed_m_s: NDArray[np.float64]
    yaw_rad: NDArray[np.float64]
    present: NDArray[np.bool_]


class Cast:
    """The members of a night's parties, numbered; `names[i]` is member i's name within its party."""

    def __init__(self, parties: tuple[Party, ...]) -> None:
        self.crowd: Crowd = crowd_of(parties)
        self.parties = parties
        self.members = self.crowd.members
        self.party_ids = tuple(parties[number].id for number in self.crowd.party)
        self.names = tuple(str(k) for party in parties for k in range(len(party.members)))

    def at(self, utc_ns: int) -> Places:
        """Where everyone is at one instant."""
        found = positions(self.crowd, utc_ns)
        x, y, speed, yaw = (np.zeros(len(self.members)) for _ in range(4))
        present = np.zeros(len(self.members), np.bool_)
        at = found.member
        x[at], y[at], speed[at], yaw[at] = found.x_m, found.y_m, found.speed_m_s, math.pi / 2 - found.heading_rad
        present[at] = True
        return Places(x, y, speed, yaw, present)


def cast_of(world: World, seed: int, from_utc_ns: int, to_utc_ns: int, crossers_per_hour: float) -> Cast:
    """Everybody of one night."""
    return Cast(tuple(parties_of(world, from_utc_ns, to_utc_ns, seed, crossers_per_hour)))
