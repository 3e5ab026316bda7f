"""A plan as the game sees it: each slot a launch, each tour that it may draw what it exposes a walker to."""

from collections.abc import Mapping, Sequence

from ...core.plan import Slot
from .lattice import Timed, Worth, exposure_of
from .lottery import Draw, Lottery


def lottery_of(slots: Sequence[Slot], worths: Mapping[str, Worth], night: Timed) -> Lottery:
    """The lottery of a plan's slots, in their order."""
    return tuple(
        Draw(
            tuple(exposure_of(night, worths[name], int(slot.launch_utc_ns)) for name in slot.tours),
            slot.probabilities,
        )
        for slot in slots
    )
