"""A plan as the game sees it: each slot a launch, each tour that it may draw what it exposes a walker to."""

from ..recipe import PlanResult
from .lattice import Lattice, exposure_of, looks_of, worth_of
from .lottery import Draw, Lottery


def lottery_of_plan(result: PlanResult, lattice: Lattice) -> Lottery:
    """The lottery of a plan's slots, in their order."""
    names = {name for slot in result.plan.slots for name in slot.tours}
    worth = {name: worth_of(lattice, looks_of(result.flown[name])) for name in sorted(names)}
    return tuple(
        Draw(
            tuple(exposure_of(lattice, worth[name], int(slot.launch_utc_ns)) for name in slot.tours),
            slot.probabilities,
        )
        for slot in result.plan.slots
    )
