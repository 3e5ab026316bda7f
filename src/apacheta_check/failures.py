"""The catalogue failures/1: what an aircraft may do when something fails. Each figure's source stands in the plan's own
catalogue; here they are what a certificate must have used.

A failed aircraft makes an excursion, so many metres sideways (by layer of air) and up, and then comes down or flies on.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .files import Invalid

Array = NDArray[np.float64]
CATALOGUE = "failures/1"
MODES = (
    *("link_loss", "gnss_loss", "gnss_drag", "engine_loss", "battery_loss", "stuck_control", "fly_away"),
    *("late_fence", "wind_above_forecast", "navigation_error"),
)
PARAMETERS = {
    "track_tolerance_m": 45.0, "navigation_sigmas": 3.0, "corridor_m": 75.0, "corridor_up_m": 60.0, "sense_s": 1.0,
    "drag_m": 150.0, "fence_cycle_s": 1.0, "speed_factor": 1.2, "bank_share": 0.8, "wind_sigmas": 2.0,
    "wind_factor": 1.25, "le90_factor": 1.8236, "ce90_factor": 1.3977, "polar_factor": 0.85, "fall_s": 2.0,
    "fall_sink_m_s": 10.0, "temperature_slack_c": 10.0, "height_slack_m": 300.0, "grid_north_factor": 0.01,
    "straight_m": 1.0, "spacing_m": 30.0, "layer_m": 40.0, "gust_s": 20.0, "gust_share": 0.25,
}  # fmt: skip
HEADROOM_M, SINK_HEIGHT_M, G, ALTIMETER_M = 2000.0, 4500.0, 9.80665, 2000.0
P = PARAMETERS


def density(height_m: Any, warmer_c: float) -> Any:
    """ICAO standard atmosphere, warmer by so much."""
    standard = 288.15 - 0.0065 * height_m
    pressure = 101325.0 * (standard / 288.15) ** (G / (287.05287 * 0.0065))
    return pressure / (287.05287 * (standard + warmer_c))


SEA = 101325.0 / (287.05287 * 288.15)


class Air:
    """The air of the night in layers of 40 m: `edges`; `mean` (layers, 2) of the winds in each, `radius` round it of
    all of them, `lasting` of those that may blow for a whole descent, m/s; `gusts`: how much more it blows in one."""

    def __init__(self, weather: dict[str, Any], bottom_m: float, layers: int) -> None:
        self.edges: Array = np.asarray(bottom_m + P["layer_m"] * np.arange(layers + 1), float)
        self.deviation, self.updraft = float(weather["isa_deviation_c"]), float(weather["updraft_max_m_s"])
        if not 985 <= weather["qnh_hpa"] <= 1040:
            raise Invalid("parameters", "QNH is outside what the air is rounded for")
        winds = [{k: float(v) for k, v in w.items()} for w in weather["wind"]]
        self.heights = np.array([w["height_amsl_m"] for w in winds])
        angle, speed = np.radians([w["from_deg"] for w in winds]), np.array([w["speed_m_s"] for w in winds])
        self.blows = np.column_stack([-speed * np.sin(angle), -speed * np.cos(angle)])
        self.sigma, self.gust = np.array([w["sigma_m_s"] for w in winds]), float(weather["gust_m_s"])
        found = np.array([self._wind(low, high) for low, high in zip(self.edges, self.edges[1:], strict=False)])
        self.mean, self.radius, self.lasting = found[:, :2], found[:, 2], found[:, 3]
        self.gusts = float(found[:, 4].max())

    def _wind(self, low: float, high: float) -> tuple[float, ...]:
        at = np.array([low, *self.heights[(self.heights > low) & (self.heights < high)], high])
        v = np.column_stack([np.interp(at, self.heights, self.blows[:, k]) for k in (0, 1)])
        speed = np.linalg.norm(v, axis=1)
        middle, gust = (v[0] + v[-1]) / 2, np.maximum(self.gust - speed, 0)
        off, calm = np.linalg.norm(v - middle, axis=1), float(np.linalg.norm(middle))  # it may be calm, too
        still = off + P["wind_sigmas"] * np.interp(at, self.heights, self.sigma) + P["grid_north_factor"] * speed
        lasting, gusts = still + P["gust_share"] * gust, self.gust - max(calm - off.max(), 0)
        return (*middle, max((still + gust).max(), calm), max(lasting.max(), calm), max(gusts, 0))

    def strongest(self, factor: float = 1.0) -> Array:
        return np.asarray(factor * (np.linalg.norm(self.mean, axis=1) + self.radius))

    def tas(self, cas: float) -> Array:
        thin = density(self.edges[1:] + P["height_slack_m"], self.deviation + P["temperature_slack_c"])
        return np.asarray(cas * np.sqrt(SEA / thin))

    def run(self, start: float, cas: float, lasts: float, factor: float = 1.0) -> Array:
        return np.asarray(start + (self.tas(cas) + np.maximum.accumulate(self.strongest(factor))) * lasts)

    def rise(self, cas: float, climb: float, lasts: float) -> float:
        v = float(self.tas(cas).max())
        return min(v * lasts, v * v / (2 * G)) + (climb + self.updraft) * lasts


def excursions(craft: dict[str, Any], air: Air) -> dict[str, tuple[Array, float, str | None]]:
    """By mode: metres sideways in each layer, metres up, and how it comes down (None: it flies on)."""
    failure, device = craft["failure"], craft["failure"]["termination"]
    if not device["independent"]:
        raise Invalid("modes", f"{craft['name']}: not provable, for nothing but its autopilot could end the flight")
    if failure["link_loss"] != "return_home":
        raise Invalid("modes", f"{craft['name']}: not provable, its answer to a lost link is no route")
    cruise, fast, climb = (float(craft[k]) for k in ("cruise_cas_m_s", "max_cas_m_s", "climb_sea_level_m_s"))
    track = P["track_tolerance_m"] + P["navigation_sigmas"] * craft["nav_sigma_h_m"]
    warm = max(air.deviation + P["temperature_slack_c"], 0.0)
    up = P["navigation_sigmas"] * craft["nav_sigma_v_m"] + 0.004 * warm * ALTIMETER_M
    tan = math.tan(math.radians(craft["bank_max_deg"] * P["bank_share"]))
    v, w = air.tas(cruise), air.strongest()
    turning = v**2 / (G * tan) + w * math.pi * v / (G * tan)  # the wind blows outwards for half a turn
    dense = density(air.edges[:-1] - P["height_slack_m"], air.deviation - P["temperature_slack_c"])
    if (w >= cruise * np.sqrt(SEA / dense)).any():
        raise Invalid("modes", "not provable: the wind may be stronger than its airspeed")
    act = P["sense_s"] + device["act_s"]
    beside, above, wild = P["corridor_m"], P["corridor_up_m"], fast * P["speed_factor"]
    rising, blind = climb + air.updraft, failure["gnss_detect_s"] + act
    engine = (air.run(beside, cruise, act), above + air.rise(cruise, 0.0, act), "parachute")
    return {
        "navigation_error": (air.run(track, 0, 0), up, None),
        "link_loss": (air.run(track, 0, 0), up, None),  # it flies on along its tour
        "late_fence": (air.run(track, cruise, 2 * P["fence_cycle_s"]) + turning, up, None),
        "gnss_loss": (air.run(track, cruise, blind), up + rising * blind, "parachute"),
        "gnss_drag": (air.run(track + P["drag_m"], cruise, act), up + rising * act, "parachute"),
        "engine_loss": engine,
        "battery_loss": engine,
        "stuck_control": (air.run(beside, fast, act), above + air.rise(fast, climb, act), "parachute"),
        "fly_away": (air.run(beside, wild, act), above + air.rise(wild, climb, act), "parachute"),
        "wind_above_forecast": (air.run(beside, cruise, act, P["wind_factor"]), above + rising * act, "in_more_wind"),
    }


def drift(how: str, craft: dict[str, Any], air: Air) -> tuple[Array, float]:
    """(layers, 3): x, y, radius of the disc of every displacement under the parachute through each layer, metres; and
    how far beside that gusts may carry it: a share of them blows all the time, the rest for `gust_s` in all."""
    dense = density(air.edges[:-1] - P["height_slack_m"], air.deviation - P["temperature_slack_c"])
    sink = craft["failure"]["termination"]["sink_m_s"] * np.sqrt(density(SINK_HEIGHT_M, 0.0) / dense) - air.updraft
    if (sink <= 0).any():
        raise Invalid("modes", "not provable: rising air may hold it up")
    more = P["wind_factor"] if how == "in_more_wind" else 1.0
    radius = air.lasting + (more - 1) * (np.linalg.norm(air.mean, axis=1) + air.lasting)
    moves = np.column_stack([air.mean, radius]) * (P["layer_m"] / sink)[:, None]
    return np.asarray(moves), more * P["gust_s"] * air.gusts
