"""Where somebody gets through unseen: asked of all allowed racetracks, and of tonight's menu, before anything flies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...core.plan import Slot
from ...core.sector import Sector
from ...geo import BorderLine
from ..recipe import PlanResult
from .allowed import Watchable, watchable_of, watched_by_slots
from .corridor import Corridor, corridor_through
from .crossers import Bools, Crossers
from .excluded import Excluded, excluded_of
from .lattice import Lattice, Looked, crossers_of, goals_of, lattice_of, worth_of
from .night import lottery_of


@dataclass(frozen=True, eq=False)
class Openings:
    """looked: looks by tour. allowed: the way on which tonight's slots could watch in the fewest steps, whichever
    allowed racetracks they flew: more cannot be hoped for. menu: the same for the tours that they may draw, where a
    look counts only where it notices a whole cell. reaching, unwatchable, open_tonight (rows, cols): border cells from
    which somebody arrives within the night at all; whom no allowed racetrack could watch; on whom no tour of the menu
    can look."""

    lattice: Lattice
    crossers: Crossers
    looked: Mapping[str, Sequence[Looked]]
    watchable: tuple[Watchable, ...]
    allowed: Corridor
    menu: Corridor
    reaching: Bools
    unwatchable: Bools
    open_tonight: Bools
    excluded: tuple[Excluded, ...]

    def share(self, border: Bools) -> float:
        """Of the border's cells from which somebody arrives."""
        return float(border.sum() / self.reaching.sum())


def openings_of(
    result: PlanResult, looked: Mapping[str, Sequence[Looked]], sector: Sector, line: BorderLine
) -> Openings | None:
    """None where nobody arrives: the sector names no goal on ground of its own side, or none that can be reached.
    looked: of each tour that a slot may draw (`record.looked_of_plan`)."""
    lattice = lattice_of(sector, result.dem, line)
    crossers = crossers_of(lattice, goals_of(lattice, sector))
    reaching = crossers.unseen_starts(np.zeros((lattice.steps, lattice.cells), dtype=np.bool_))
    if not reaching.any():
        return None
    watchable = tuple(watchable_of(one) for one in result.tracks)
    could = watched_by_slots(lattice, watchable, result.plan.slots)
    watched = watched_by_menu(result.plan.slots, looked, lattice)
    ways = corridor_through(crossers, could), corridor_through(crossers, watched)
    opened = crossers.unseen_starts(could), crossers.unseen_starts(watched)
    return Openings(lattice, crossers, looked, watchable, *ways, reaching, *opened, excluded_of(result.tracks))


def watched_by_menu(slots: Sequence[Slot], looked: Mapping[str, Sequence[Looked]], lattice: Lattice) -> Bools:
    """(steps, cells): where some tour that a slot may draw notices whoever is in a cell, wherever in it he is."""
    watched = np.zeros((lattice.steps, lattice.cells), dtype=np.bool_)
    worths = {name: worth_of(lattice, looks) for name, looks in looked.items()}
    for draw in lottery_of(slots, worths, lattice):
        for tour, chance in zip(draw.tours, draw.probabilities, strict=True):
            if chance > 0.0:
                watched[tour.step, tour.cell] = True
    return watched
