"""What every way of choosing tours is given, and what each gives back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ..core.aircraft import Aircraft
from ..core.plan import Dropped
from ..core.sector import Base, Sector
from ..geo import BorderLine, Dem
from .airspace import Airspace
from .lottery import Launch
from .menu import Racetracks
from .sight import Sight
from .tours import Flown
from .walkers import Traffic


@dataclass(frozen=True, eq=False)
class Setting:
    """A sector's night. airspaces: by type of aircraft; bases: grid metres; out_of_time is asked between tries, tell is
    told what is worked on."""

    sector: Sector
    fleet: Mapping[str, Aircraft]
    dem: Dem
    border_line: BorderLine
    airspaces: Mapping[str, Airspace]
    sight: Sight
    traffic: Traffic
    bases: Sequence[tuple[float, float]]
    out_of_time: Callable[[], bool]
    tell: Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Chosen:
    """All tours; the night's launches, and the odds of each one's tours (launches, its tours); what was left out; and
    from which racetracks the tours were chosen."""

    flown: Sequence[Flown]
    launches: Sequence[Launch]
    odds: Sequence[Sequence[float]]
    dropped: Sequence[Dropped]
    tracks: tuple[Racetracks, ...]


def base_of(sector: Sector, name: str) -> Base:
    """The base of that name."""
    return next(b for b in sector.bases if b.name == name)
