"""Why no racetrack is flown over a place: asked of every node of the airspace's lattice over the own side."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.aircraft import Aircraft
from ...core.sector import Weather
from ..airspace import LATTICE_BORDER_SLACK_M, STEP, Airspace
from ..menu import Racetracks, outlook_of
from ..performance import density_altitude_at, flight_at, wind_at
from ..tours import SLOWEST_M_S
from .crossers import Bools, Floats

REASONS = ("zone", "standoff", "height", "wind", "radio", "containment", "no_way", "endurance")
"""In this order: the first that holds is said. zone: outside keep_in, in a closed zone, or no known ground."""
HEIGHT_STEP_M = 50.0
"""Air is asked about in steps of so much height."""


@dataclass(frozen=True, eq=False)
class Excluded:
    """For one type of aircraft: reason (lattice rows, cols) as an index of REASONS, -1 where it may fly, -2 beyond the
    border; km2: of the own side by reason, and `allowed`."""

    aircraft_type: str
    airspace: Airspace
    reason: NDArray[np.int8]

    @property
    def km2(self) -> dict[str, float]:
        """Square kilometres of the own side, by reason, and `allowed`."""
        node_km2 = (STEP * self.airspace.dem.cell_m) ** 2 / 1e6
        found = {name: float((self.reason == n).sum()) * node_km2 for n, name in enumerate(REASONS)}
        return {**found, "allowed": float((self.reason == -1).sum()) * node_km2}


def excluded_of(tracks: Sequence[Racetracks]) -> tuple[Excluded, ...]:
    """One for each type of aircraft, from all its bases."""
    by_type: dict[str, list[Racetracks]] = {}
    for one in tracks:
        by_type.setdefault(one.start.type_name, []).append(one)
    return tuple(_of_type(name, several) for name, several in by_type.items())


def _of_type(name: str, tracks: list[Racetracks]) -> Excluded:
    air, aircraft = tracks[0].airspace, tracks[0].start.aircraft
    level, proven = np.maximum(air.lattice_floor_m, air.lattice_radio_m), air.lattice_ceiling_m
    why = (
        ~air.lattice_free,
        air.lattice_border_m < air.wanted_border_m + LATTICE_BORDER_SLACK_M,
        _too_thin(air.lattice_floor_m, air, aircraft),
        _too_windy(air.lattice_floor_m, air, aircraft),
        _too_thin(level, air, aircraft) | (level > proven) & (air.lattice_floor_m <= proven),
        air.lattice_floor_m > proven,
    )
    reason = np.full(level.shape, -1, np.int8)
    reason[air.lattice_border_m <= 0.0] = -2
    for n, holds in enumerate(why):
        reason[(reason == -1) & holds] = n
    _say_far(reason, level, tracks)
    return Excluded(name, air, reason)


def _say_far(reason: NDArray[np.int8], level: Floats, tracks: list[Racetracks]) -> None:
    """Mark those of the nodes left that no base has a way to, or too long a one."""
    row, col = np.nonzero(reason == -1)
    at = np.column_stack([tracks[0].airspace.lattice_x_m[col], tracks[0].airspace.lattice_y_m[row]])
    found = [outlook_of(one.start, one.airspace, one.ways, at, level[row, col]) for one in tracks]
    has_way = np.any([np.isfinite(far) for far, _ in found], axis=0)
    in_time = np.any([share > 0.0 for _, share in found], axis=0)
    reason[row, col] = np.where(in_time, -1, np.where(has_way, REASONS.index("endurance"), REASONS.index("no_way")))


def _too_thin(hae_m: Floats, air: Airspace, aircraft: Aircraft) -> Bools:
    """Where the air at these heights is too thin to climb in, or there is no such height."""
    known = np.where(np.isfinite(hae_m), hae_m, 0.0)
    dense = np.asarray(density_altitude_at(air.sector.weather, known - air.undulation_m))
    return ~np.isfinite(hae_m) | (dense > aircraft.ceiling_amsl_m)


def _too_windy(hae_m: Floats, air: Airspace, aircraft: Aircraft) -> Bools:
    """Where a racetrack, whose turns meet every wind, would stand still against the strongest."""
    step = np.rint(np.where(np.isfinite(hae_m), hae_m, 0.0) / HEIGHT_STEP_M)
    windy = {s: _left_m_s(air.amsl_m(s * HEIGHT_STEP_M), air.sector.weather, aircraft) for s in np.unique(step)}
    left = np.vectorize(windy.__getitem__, otypes=[np.float64])(step)
    return np.asarray(np.isfinite(hae_m) & (left <= SLOWEST_M_S))


def _left_m_s(amsl_m: float, weather: Weather, aircraft: Aircraft) -> float:
    wind = wind_at(weather, amsl_m)
    against = wind.speed_m_s + 2.0 * wind.sigma_m_s + wind.gust_m_s
    return flight_at(aircraft, amsl_m, weather).tas_m_s - against
