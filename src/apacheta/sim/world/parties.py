"""The people and animals of a night: crossers, and the innocent who are out there anyway."""

from .crossers import crossers_of
from .crowd import Party
from .innocent import animals_of, lawful_of
from .model import World
from .night import night_of

CROSSERS_PER_HOUR = 60.0


def parties_of(
    world: World,
    from_utc_ns: int,
    to_utc_ns: int,
    seed: int,
    crossers_per_hour: float = CROSSERS_PER_HOUR,
) -> list[Party]:
    """Everybody of the night; everything follows from (world, span, seed).

    The innocent are drawn apart from the crossers: with and without crossers they do the same.
    """
    night = night_of(world, from_utc_ns, to_utc_ns, seed)
    crossers = crossers_of(night, crossers_per_hour) if crossers_per_hour > 0.0 else []
    return crossers + lawful_of(night) + animals_of(night)
