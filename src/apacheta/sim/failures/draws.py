"""What differs from one failure to the next: every figure between its stated extremes, often at one of them."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ...core.aircraft import Aircraft
from ...core.sector import Weather

Floats = NDArray[np.float64]
Coming = Literal["parachute", "glide", "fall", "on"]
EXTREME_SHARE = 0.5
"""So many of the draws of a figure lie at one of its ends."""
CONSPIRING_SHARE = 0.3


@dataclass(frozen=True)
class Cause:
    """One mode of failure as the world has it, with the extremes that the catalogue states.

    beside_m, above_m: how far from its planned place it is at most when what bounds it begins to act. runs_s: seconds
    at most until it acts. cas_m_s: calibrated airspeed at most until then. climbs: under power. free: nothing holds its
    attitude. blown: the wind's factor at most.
    """

    name: str
    beside_m: float
    above_m: float
    runs_s: float
    cas_m_s: float
    climbs: bool
    free: bool
    blown: float
    coming: Coming
    turns_from_s: float = 0.0


def causes_of(aircraft: Aircraft, weather: Weather, stated: dict[str, float]) -> tuple[Cause, ...]:
    """The modes of failure that something bounds, as the world has them. `stated`: the parameters of a certificate."""
    track_m = stated["track_tolerance_m"] + stated["navigation_sigmas"] * aircraft.nav_sigma_h_m
    warmer_c = max(weather.isa_deviation_c + stated["temperature_slack_c"], 0.0)
    high_m = stated["navigation_sigmas"] * aircraft.nav_sigma_v_m + 0.004 * warmer_c * 2000.0
    cruise, fast, late_s = aircraft.cruise_cas_m_s, aircraft.max_cas_m_s, 2.0 * stated["fence_cycle_s"]
    found = [
        Cause("navigation_error", track_m, high_m, 0.0, 0.0, False, False, 1.0, "on"),
        Cause("link_loss", track_m, high_m, 0.0, 0.0, False, False, 1.0, "on"),
        Cause("late_fence", track_m, high_m, late_s + 10.0, cruise, False, False, 1.0, "on", late_s),
    ]
    if not aircraft.failure.termination.independent:
        rotor = aircraft.kind == "multirotor"
        coming: Coming = "fall" if rotor else "glide"
        run_s, cas = (stated["fall_s"], fast) if rotor else (0.0, 0.0)
        return (*found, *(Cause(n, track_m, high_m, run_s, cas, False, False, 1.0, coming)
                          for n in ("engine_loss", "battery_loss")))  # fmt: skip
    act_s = stated["sense_s"] + aircraft.failure.termination.act_s
    side_m, above_m = stated["corridor_m"], stated["corridor_up_m"]
    blind_s, led_m = aircraft.failure.gnss_detect_s + act_s, track_m + stated["drag_m"]
    return (
        *found,
        Cause("gnss_loss", track_m, high_m, blind_s, cruise, True, False, 1.0, "parachute"),
        Cause("gnss_drag", led_m, high_m, act_s, cruise, True, False, 1.0, "parachute"),
        Cause("engine_loss", side_m, above_m, act_s, cruise, False, True, 1.0, "parachute"),
        Cause("battery_loss", side_m, above_m, act_s, cruise, False, True, 1.0, "parachute"),
        Cause("stuck_control", side_m, above_m, act_s, fast, True, True, 1.0, "parachute"),
        Cause("fly_away", side_m, above_m, act_s, fast * stated["speed_factor"], True, True, 1.0, "parachute"),
        Cause("wind_above_forecast", side_m, above_m, act_s, cruise, True, False, stated["wind_factor"], "parachute"),
    )


@dataclass(frozen=True)
class Setting:
    """What holds for all draws: aircraft, weather, and the extremes of what is not known better."""

    aircraft: Aircraft
    weather: Weather
    wind_sigmas: float
    temperature_c: float
    terrain_down_m: float
    terrain_aside_m: float
    drag_least: float
    gust_s: float
    gust_share: float


def stated_bank_deg(aircraft: Aircraft) -> float:
    """The bank of a turn that the autopilot flies."""
    return 0.8 * aircraft.bank_max_deg


def draw(cause: Cause, setting: Setting, count: int, rng: np.random.Generator) -> dict[str, Floats]:
    """(count,) of every figure of a failure, by name; angles in radians."""
    aircraft = setting.aircraft

    def between(low: float, high: float) -> Floats:
        """Anywhere between, or at an end."""
        anywhere = rng.uniform(low, high, count)
        at_end = np.where(rng.random(count) < 0.5, low, high)
        return np.where(rng.random(count) < EXTREME_SHARE, at_end, anywhere)

    def angle() -> Floats:
        return rng.uniform(0.0, 2.0 * math.pi, count)

    heading = angle()
    outwards = rng.random(count) < 0.5  # it leaves straight from the side of its corridor that it is on
    bearing = np.where(outwards, heading, angle())
    bank = math.radians(60.0 if cause.free else aircraft.bank_max_deg)
    banks = np.where(rng.random(count) < 0.5, 0.0, between(-bank, bank))
    if cause.name == "late_fence":  # it turns back as the autopilot turns, one way or the other
        banks = np.where(rng.random(count) < 0.5, 1.0, -1.0) * math.radians(stated_bank_deg(aircraft))
    figures = {
        "beside_m": cause.beside_m * np.sqrt(between(0.0, 1.0)),
        "bearing": bearing,
        "above_m": between(-cause.above_m if cause.free else 0.0, cause.above_m),
        "runs_s": between(0.0, cause.runs_s),
        "cas_m_s": between(aircraft.stall_cas_m_s or 0.0, max(cause.cas_m_s, aircraft.stall_cas_m_s or 0.0))
        if cause.cas_m_s > 0.0
        else np.zeros(count),
        "heading": heading,
        "bank": banks,
        "turns_from_s": np.full(count, cause.turns_from_s),
        "turns_over_s": np.full(count, math.inf)
        if cause.turns_from_s
        else rng.choice([math.inf, 5.0, 20.0, 60.0], count),
        "pitch": between(-1.0, 1.0) if cause.free else np.zeros(count),
        "climb_m_s": between(0.0, aircraft.climb_sea_level_m_s) if cause.climbs else np.zeros(count),
        "wind_from": angle(),
        "wind_share": between(0.0, 1.0),
        "wind_turns_rad_s": rng.choice([0.0, 0.0, 0.01, -0.01, 0.1], count),
        "wind_changes_s": rng.choice([math.inf, math.inf, 15.0, 60.0], count),
        "blown": between(0.0, cause.blown - 1.0) if cause.blown > 1.0 else np.zeros(count),
        "blown_from": angle(),
        "gust_from_s": between(0.0, 240.0),
        "gust_blows_s": rng.choice([0.0, 0.5, 1.0, 1.0], count) * setting.gust_s / (1.0 - setting.gust_share),
        "gust_parts": rng.choice([1.0, 1.0, 3.0, 8.0], count),
        "gust_pause_s": between(2.0, 60.0),
        "updraft_m_s": between(0.0, setting.weather.updraft_max_m_s),
        "warmer_c": between(-setting.temperature_c, setting.temperature_c),
        "terrain_down_m": between(-setting.terrain_down_m, setting.terrain_down_m),
        "terrain_aside_m": between(0.0, setting.terrain_aside_m),
        "terrain_to": angle(),
        "glide_share": between(0.0, 1.0),
        "drag": between(setting.drag_least, 1.3),
        "seed": rng.random(count),
    }
    return _conspiring(figures, cause, setting, rng)


def _conspiring(
    figures: dict[str, Floats], cause: Cause, setting: Setting, rng: np.random.Generator
) -> dict[str, Floats]:
    """The same with a share of draws in which everything goes the same way, half of them down the forecast's wind: the
    worst of each figure at once, which independent draws hardly ever meet."""
    count = len(figures["heading"])
    mine = rng.random(count) < CONSPIRING_SHARE
    mean = np.radians(np.mean([layer.from_deg for layer in setting.weather.wind])) + math.pi
    to = np.where(rng.random(count) < 0.5, rng.normal(mean, 0.3, count), rng.uniform(0.0, 2.0 * math.pi, count))
    worst = {
        "beside_m": cause.beside_m,
        "bearing": to,
        "above_m": cause.above_m,
        "runs_s": cause.runs_s,
        "cas_m_s": cause.cas_m_s,
        "heading": to,
        "bank": figures["bank"] if cause.turns_from_s else 0.0,
        "pitch": figures["pitch"] * 0.5,
        "climb_m_s": setting.aircraft.climb_sea_level_m_s if cause.climbs else 0.0,
        "wind_from": to + math.pi,
        "wind_share": 1.0,
        "wind_turns_rad_s": 0.0,
        "wind_changes_s": math.inf,
        "gust_from_s": 0.0,
        "gust_blows_s": setting.gust_s / (1.0 - setting.gust_share),
        "gust_parts": 1.0,
        "blown": cause.blown - 1.0,
        "blown_from": to + math.pi,
        "updraft_m_s": setting.weather.updraft_max_m_s,
        "warmer_c": -setting.temperature_c,
        "terrain_down_m": -setting.terrain_down_m,
        "drag": setting.drag_least,
    }
    return {name: np.where(mine, worst.get(name, values), values) for name, values in figures.items()}
