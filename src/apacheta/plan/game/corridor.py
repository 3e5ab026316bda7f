"""Whether there is a way that no tour could see at all: asked before anything is drawn by lot."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .crossers import Bools, Crossers, Ints
from .lottery import Exposure


@dataclass(frozen=True, eq=False)
class Corridor:
    """The way on which some tour could look in the fewest steps. looks: how many; None where nobody can arrive at all.
    way (n, 2): step and cell. With no looks nothing that is drawn from these tours is ever noticed there."""

    looks: int | None
    way: Ints

    @property
    def is_unwatchable(self) -> bool:
        """Whether somebody gets through whom no tour can see."""
        return self.looks == 0


def corridor_of(crossers: Crossers, tours: Iterable[Exposure]) -> Corridor:
    """The least watchable way, with its times: a place counts only in the steps in which some tour looks there."""
    return corridor_through(crossers, _watchable(crossers, tours))


def standing_corridor_of(crossers: Crossers, tours: Iterable[Exposure]) -> Corridor:
    """The same as if each place that is ever looked at were looked at all night: what a map of viewsheds would say. It
    never has fewer looks than the true one, and may miss that there is a way."""
    ever = _watchable(crossers, tours).any(axis=0)
    return corridor_through(crossers, np.broadcast_to(ever, (crossers.steps, crossers.cells)))


def corridor_through(crossers: Crossers, watched: Bools) -> Corridor:
    """The least watched way where (steps, cells) says when each place is watched."""
    looks, way = crossers.least_exposed(watched)
    return Corridor(round(looks) if np.isfinite(looks) else None, way)


def _watchable(crossers: Crossers, tours: Iterable[Exposure]) -> Bools:
    """(steps, cells): where some tour exposes whoever is there."""
    found = np.zeros((crossers.steps, crossers.cells), dtype=np.bool_)
    for tour in tours:
        looked = tour.value > 0.0
        found[tour.step[looked], tour.cell[looked]] = True
    return found
