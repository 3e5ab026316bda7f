"""What an aircraft can do in thin air: true airspeed, power, climb, turn; and the wind it meets.

Air that rises or sinks is not counted with: `updraft_max_m_s` of the weather is not used yet.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core.aircraft import Aircraft
from ..core.sector import Weather
from ..geo import air_density, density_altitude_m
from ..geo.atmosphere import G0, LAPSE_K_M, P0_PA, R_AIR, T0_K

GRAVITY_M_S2 = 9.80665
DENSITY_SEA_LEVEL_KG_M3 = 1.225
QNH_EXPONENT = R_AIR * LAPSE_K_M / G0
"""Of pressure in the standard atmosphere's height (ICAO Doc 7488)."""
VERTICAL_CLIMB_MAX_M_S = 2.5
"""Straight up on rotors: autopilots of the class default to 2-3 m/s."""
VERTICAL_SINK_MAX_M_S = 1.5
"""Straight down on rotors, clear of the vortex ring: autopilots of the class default to 1-1.5 m/s."""
SLOPING_SINK_MAX_M_S = 3.0
TURN_BANK_SHARE = 0.8
"""Turns are planned at this share of the bank limit, the rest is left to the autopilot."""
ROTOR_CRUISE_SHARE = 0.95
"""Power of a multirotor at its best speed against hovering: translational lift less drag (Leishman, fig. 5.22)."""


@dataclass(frozen=True)
class Flight:
    """One aircraft at one height: speeds in m/s (true), powers in W (battery), no wind."""

    tas_m_s: float
    level_w: float
    hover_w: float
    climb_m_s: float
    vertical_climb_m_s: float
    sink_m_s: float
    density_altitude_m: float
    watts_per_m_s_of_climb: float


def standard_air(weather: Weather, amsl_m: Any) -> tuple[Any, Any]:
    """(pressure altitude, deviation from its standard temperature) of the day's air at a height AMSL: what the
    standard atmosphere's functions ask for. An altimeter set to QNH reads AMSL: its scale is that of the standard
    atmosphere, moved by QNH's own pressure altitude (ICAO Doc 7488). The forecast's deviation is from the standard
    temperature at the height itself."""
    pressure_m = amsl_m + T0_K / LAPSE_K_M * (1.0 - (weather.qnh_hpa * 100.0 / P0_PA) ** QNH_EXPONENT)
    return pressure_m, weather.isa_deviation_c + LAPSE_K_M * (pressure_m - amsl_m)


def density_altitude_at(weather: Weather, amsl_m: Any) -> Any:
    """The height in the standard atmosphere that has the density of the day's air at a height AMSL."""
    return density_altitude_m(*standard_air(weather, amsl_m))


def flight_at(aircraft: Aircraft, amsl_m: float, weather: Weather) -> Flight:
    """The aircraft's performance at a height AMSL in the air of the day."""
    density = float(air_density(*standard_air(weather, amsl_m)))
    height = float(density_altitude_at(weather, amsl_m))
    tas = aircraft.cruise_cas_m_s * math.sqrt(DENSITY_SEA_LEVEL_KG_M3 / density)
    hover = (aircraft.hover_power_w or 0.0) * math.sqrt(DENSITY_SEA_LEVEL_KG_M3 / density)
    climb = climb_rate_m_s(aircraft, height)
    level = hover * ROTOR_CRUISE_SHARE if aircraft.kind == "multirotor" else wing_power_w(aircraft, tas, density)
    return Flight(
        tas_m_s=tas,
        level_w=level + aircraft.hotel_w,
        hover_w=hover + aircraft.hotel_w,
        climb_m_s=climb,
        vertical_climb_m_s=min(climb, VERTICAL_CLIMB_MAX_M_S),
        sink_m_s=min(aircraft.sink_max_m_s, SLOPING_SINK_MAX_M_S),
        density_altitude_m=height,
        watts_per_m_s_of_climb=aircraft.mass_kg * GRAVITY_M_S2 / aircraft.propulsive_efficiency,
    )


def wing_power_w(aircraft: Aircraft, tas_m_s: float, density_kg_m3: float) -> float:
    """Battery power of level flight on the wing: drag polar cd = cd0 + k cl^2, over the propulsive efficiency."""
    area, cd0, k = aircraft.wing_area_m2, aircraft.cd0, aircraft.induced_k
    if area is None or cd0 is None or k is None:
        raise ValueError(f"{aircraft.name} has no wing")
    pressure = 0.5 * density_kg_m3 * tas_m_s**2
    lift = aircraft.mass_kg * GRAVITY_M_S2
    cl = lift / (pressure * area)
    return pressure * area * (cd0 + k * cl**2) * tas_m_s / aircraft.propulsive_efficiency


def climb_rate_m_s(aircraft: Aircraft, density_altitude: float) -> float:
    """Falls linearly with density altitude to 0.5 m/s at the ceiling (the service ceiling's definition)."""
    share = max(density_altitude, 0.0) / aircraft.ceiling_amsl_m
    return aircraft.climb_sea_level_m_s - (aircraft.climb_sea_level_m_s - 0.5) * share


def turn_radius_m(aircraft: Aircraft, ground_speed_m_s: float) -> float:
    """Radius over ground of a turn at that ground speed, at a share of the bank limit; never under 40 m."""
    bank = math.radians(aircraft.bank_max_deg * TURN_BANK_SHARE)
    return max(40.0, ground_speed_m_s**2 / (GRAVITY_M_S2 * math.tan(bank)))


@dataclass(frozen=True)
class Wind:
    """Wind at one height: where it blows to (x east, y north, m/s), its sigma, and the gust on top."""

    x_m_s: float
    y_m_s: float
    sigma_m_s: float
    gust_m_s: float

    @property
    def speed_m_s(self) -> float:
        """Mean speed."""
        return math.hypot(self.x_m_s, self.y_m_s)


def wind_at(weather: Weather, amsl_m: float) -> Wind:
    """The forecast wind at a height: components interpolated between layers, held constant beyond them."""
    heights = [layer.height_amsl_m for layer in weather.wind]
    angle = [math.radians(layer.from_deg) for layer in weather.wind]
    x = [-layer.speed_m_s * math.sin(a) for layer, a in zip(weather.wind, angle, strict=True)]
    y = [-layer.speed_m_s * math.cos(a) for layer, a in zip(weather.wind, angle, strict=True)]
    sigma = [layer.sigma_m_s for layer in weather.wind]
    return Wind(
        x_m_s=float(np.interp(amsl_m, heights, x)),
        y_m_s=float(np.interp(amsl_m, heights, y)),
        sigma_m_s=float(np.interp(amsl_m, heights, sigma)),
        gust_m_s=max(weather.gust_m_s - float(np.interp(amsl_m, heights, np.hypot(x, y))), 0.0),
    )


def ground_speed_m_s(tas_m_s: float, wind: Wind, course_x: float, course_y: float, worst: bool = False) -> float:
    """Speed over ground along a unit course, by the wind triangle; NaN where the cross-wind is more than the TAS.

    `worst`: two sigmas more wind and the gust, all of it against.
    """
    along = wind.x_m_s * course_x + wind.y_m_s * course_y
    across = wind.y_m_s * course_x - wind.x_m_s * course_y
    if abs(across) >= tas_m_s:
        return math.nan
    steady = along + math.sqrt(tas_m_s**2 - across**2)
    return steady - (2.0 * wind.sigma_m_s + wind.gust_m_s if worst else 0.0)
