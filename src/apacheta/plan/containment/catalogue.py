"""What can fail: the catalogue `failures/1`, its parameters with their sources, and what each mode does to an aircraft.

A failed aircraft first makes an *excursion*: for some seconds it goes anywhere within a radius, and up by so much. Then
it comes down (`descent`), or its failure is over and it flies on. Rounded outwards throughout.
"""

import math
from dataclasses import dataclass
from typing import Literal, get_args

from ...core.aircraft import Aircraft
from ...core.sector import Sector
from ...geo.atmosphere import G0
from .descent import Air, Descent

CATALOGUE = "failures/1"
Mode = Literal[
    "link_loss",
    "gnss_loss",
    "gnss_drag",
    "engine_loss",
    "battery_loss",
    "stuck_control",
    "fly_away",
    "late_fence",
    "wind_above_forecast",
    "navigation_error",
]
MODES: tuple[Mode, ...] = get_args(Mode)

SOURCES: dict[str, tuple[float, str]] = {
    "track_tolerance_m": (45.0, "the planner's own: autopilots of the class hold 10-20 m, doubled for gusts"),
    "navigation_sigmas": (3.0, "of the aircraft file's navigation sigmas"),
    "corridor_m": (
        75.0,
        "assumed: how far beside its line the independent device lets it go: the track's tolerance and "
        "3 sigma of both receivers, rounded up",
    ),
    "corridor_up_m": (
        60.0,
        "assumed: how far above its line the device lets it go: 30 m of swing and 3 sigma of both "
        "receivers; it measures the height itself, not by the altimeter",
    ),
    "sense_s": (1.0, "assumed: one cycle of the independent device's own receiver"),
    "drag_m": (150.0, "assumed: how far a false GNSS position leads it before it is noticed"),
    "fence_cycle_s": (1.0, "assumed: the autopilot's fence looks once a second, and is late by one look"),
    "speed_factor": (1.2, "assumed: over the fastest airspeed of the aircraft file, when nothing holds it"),
    "bank_share": (0.8, "the planner's own: turns are flown at this share of the bank limit"),
    "wind_sigmas": (2.0, "the planner's own: of the forecast's sigma, any direction, beside the gust"),
    "gust_s": (
        20.0,
        "assumed: with gust_share at least 1.2 times Durst's curve (1960; ASCE 7, commentary to 26.5) of the strongest "
        "mean over 10 s to an hour; of its values 1.53 at 3 s and 1.28 at 45 s were found quoted, the others "
        "are from memory and not held against the figure",
    ),
    "gust_share": (0.25, "assumed, with gust_s: of what the gust is above the mean so much blows all the time"),
    "wind_factor": (1.25, "assumed: how much stronger than that the wind may be, from anywhere: 2 sigma become 3 to 4"),
    "le90_factor": (1.8236, "from 90 % (1.645 sigma) to 3 sigma"),
    "ce90_factor": (1.3977, "from 90 % (2.146 sigma) to 3 sigma"),
    "polar_factor": (0.85, "assumed: a feathered or folded propeller leaves less drag than the polar has"),
    "fall_s": (2.0, "from rest a body falls 20 m in 2 s; all of it counted as level flight at full speed"),
    "fall_sink_m_s": (10.0, "after that it falls at least so fast; a multicopter's terminal speed is above 15 m/s"),
    "temperature_slack_c": (10.0, "assumed: the air may be so much colder or warmer than forecast"),
    "height_slack_m": (300.0, "assumed: pressure and datum, as height; QNH between 985 and 1040 hPa"),
    "grid_north_factor": (0.01, "of the wind: true and grid north differ by less than 0.5 degrees in a sector"),
    "straight_m": (1.0, "a leg is straight in the planner's grid and in the proof's: they differ by less"),
    "spacing_m": (30.0, "longest piece of a leg; half of it is added to each radius"),
    "layer_m": (40.0, "thickness of the layers of `reach`"),
}
PARAMETERS = {name: value for name, (value, _) in SOURCES.items()}
QNH_HPA = (985.0, 1040.0)
P = PARAMETERS


@dataclass(frozen=True)
class Excursion:
    """One mode: metres sideways (at a height, per layer), metres up, and how it comes down; `descent` None: it flies
    on. `why` is set where nothing bounds it: not provable."""

    mode: Mode
    radius_m: tuple[float, ...]
    up_m: float
    descent: str | None
    why: str | None = None


Row = tuple[tuple[float, ...], float, str | None] | tuple[tuple[float, ...], float, None, str | None]
"""An excursion without its mode."""


def excursions_of(aircraft: Aircraft, sector: Sector, air: Air) -> tuple[Excursion, ...]:
    """The ten modes of one aircraft in one night, in the order of MODES."""
    makes = _with_device if aircraft.failure.termination.independent else _without_device
    rows = _flying_on(aircraft, sector, air) | makes(aircraft, sector, air)
    return tuple(Excursion(mode, *rows[mode]) for mode in MODES)


def descents_of(aircraft: Aircraft, air: Air) -> dict[str, Descent | None]:
    """What a descent of each kind that this aircraft needs does in each layer; None where it may stay up for ever."""
    if aircraft.failure.termination.independent:
        return {"parachute": air.parachute(aircraft), "parachute_above": air.parachute(aircraft, P["wind_factor"])}
    return {"fall": air.fall(aircraft)} if aircraft.kind == "multirotor" else {"glide": air.glide(aircraft)}


def _flying_on(aircraft: Aircraft, sector: Sector, air: Air) -> dict[Mode, Row]:
    """What ends with the aircraft on its line again: its route is the rest of its tour, every leg of it proven."""
    on_line, up_m = air.run_m(track_m(aircraft), 0.0, 0.0), altitude_error_m(aircraft, sector)
    no_route = None if aircraft.failure.link_loss == "return_home" else "response_is_no_route"
    blown_away = None if _held(aircraft, air) else "blown_away"
    return {
        "link_loss": (on_line, up_m, None, no_route),
        "late_fence": (on_line if blown_away else _turned_back_m(aircraft, air), up_m, None, blown_away),
        "navigation_error": (on_line, up_m, None),
    }


def _with_device(aircraft: Aircraft, sector: Sector, air: Air) -> dict[Mode, Row]:
    """With a termination that needs nothing of the autopilot: it acts when the aircraft leaves its corridor."""
    act_s = P["sense_s"] + aircraft.failure.termination.act_s
    blind_s = aircraft.failure.gnss_detect_s + act_s
    track, up_m = track_m(aircraft), altitude_error_m(aircraft, sector)
    beside, above_m = P["corridor_m"], P["corridor_up_m"]
    cruise, fast, wild = (aircraft.cruise_cas_m_s, aircraft.max_cas_m_s, aircraft.max_cas_m_s * P["speed_factor"])
    climb_m_s = aircraft.climb_sea_level_m_s
    rises_m_s = climb_m_s + sector.weather.updraft_max_m_s
    engine: Row = (air.run_m(beside, cruise, act_s), above_m + air.rise_m(cruise, 0.0, act_s), "parachute")
    return {
        "gnss_loss": (air.run_m(track, cruise, blind_s), up_m + rises_m_s * blind_s, "parachute"),
        "gnss_drag": (air.run_m(track + P["drag_m"], cruise, act_s), up_m + rises_m_s * act_s, "parachute"),
        "engine_loss": engine,
        "battery_loss": engine,
        "stuck_control": (
            *(air.run_m(beside, fast, act_s), above_m + air.rise_m(fast, climb_m_s, act_s)),
            "parachute",
        ),
        "fly_away": (air.run_m(beside, wild, act_s), above_m + air.rise_m(wild, climb_m_s, act_s), "parachute"),
        "wind_above_forecast": (
            *(air.run_m(beside, cruise, act_s, P["wind_factor"]), above_m + rises_m_s * act_s),
            "parachute_above",
        ),
    }


def _without_device(aircraft: Aircraft, sector: Sector, air: Air) -> dict[Mode, Row]:
    """Where only the autopilot could end the flight, what takes the autopilot has no bound."""
    track, up_m = track_m(aircraft), altitude_error_m(aircraft, sector)
    unbound: Row = (air.run_m(track, 0.0, 0.0), up_m, None, "no_independent_termination")
    engine: Row = (air.run_m(track, 0.0, 0.0), up_m, "glide")
    if aircraft.kind == "multirotor":
        engine = (air.run_m(track, aircraft.max_cas_m_s, P["fall_s"]), up_m, "fall")
    blown_away = None if _held(aircraft, air, P["wind_factor"]) else "blown_away"
    return {
        "gnss_loss": unbound,
        "gnss_drag": unbound,
        "engine_loss": engine,
        "battery_loss": engine,
        "stuck_control": unbound,
        "fly_away": unbound,
        "wind_above_forecast": (air.run_m(2.0 * track, 0.0, 0.0), up_m, None, blown_away),
    }


def _held(aircraft: Aircraft, air: Air, factor: float = 1.0) -> bool:
    """Whether it flies faster than any wind."""
    return bool((air.winds_m_s(factor) < air.slow_tas_m_s(aircraft.cruise_cas_m_s)).all())


def _turned_back_m(aircraft: Aircraft, air: Air) -> tuple[float, ...]:
    """How far a fence that is late lets it go: two looks, then a turn; the wind blows outwards for half of it."""
    tan = math.tan(math.radians(aircraft.bank_max_deg * P["bank_share"]))
    late_m = air.run_m(track_m(aircraft), aircraft.cruise_cas_m_s, 2.0 * P["fence_cycle_s"])
    turning_m = (
        tas**2 / (G0 * tan) + wind * math.pi * tas / (G0 * tan)
        for tas, wind in zip(air.tas_m_s(aircraft.cruise_cas_m_s), air.winds_m_s(), strict=True)
    )
    return tuple(a + b for a, b in zip(late_m, turning_m, strict=True))


def track_m(aircraft: Aircraft) -> float:
    """How far beside its line an aircraft may be when nothing has failed."""
    return P["track_tolerance_m"] + P["navigation_sigmas"] * aircraft.nav_sigma_h_m


def altitude_error_m(aircraft: Aircraft, sector: Sector) -> float:
    """How far above its planned height it may be: navigation, and air warmer than the altimeter's by forecast and
    slack (4 % of the height above the setting for each 10 degrees, of 2,000 m at most)."""
    warm_c = max(sector.weather.isa_deviation_c + P["temperature_slack_c"], 0.0)
    return P["navigation_sigmas"] * aircraft.nav_sigma_v_m + 0.004 * warm_c * 2000.0
