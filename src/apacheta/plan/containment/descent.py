"""How far a body that comes down may go sideways in each layer of air: under a parachute, gliding, falling.

A layer's *drift* is a disc: every displacement over ground that is possible while the body sinks through the layer, for
any wind of the night there. The wind is the forecast's with its sigmas and its gust from any direction about its mean.

No gust lasts a whole descent. Of what the gust is above the mean, a share blows all the time; the rest blows for some
seconds in all, whenever it likes, and carries the body *beside* the way that the drift leads it, by so much in all.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ...core.aircraft import Aircraft
from ...core.sector import Weather
from ...geo.atmosphere import G0, RHO0, air_density

Floats = NDArray[np.float64]
SINK_HEIGHT_M = 4500.0
"""An aircraft file's sink rate under its parachute is that at this height in standard air (docs/aircraft.md, 9)."""
GLIDE_SPEEDS = 60


@dataclass(frozen=True)
class Descent:
    """drift_m (layers, 3): x, y of the disc's middle and its radius, metres, from the lowest layer up. beside_m: how
    far beside that gusts may carry it, in all."""

    drift_m: Floats
    beside_m: float


@dataclass(frozen=True)
class Air:
    """The air of a night, in layers: layer k lies between edges_m[k] and edges_m[k + 1] (AMSL, metres)."""

    weather: Weather
    bottom_m: float
    layer_m: float
    layers: int
    sigmas: float
    cold_c: float
    height_slack_m: float
    grid_north: float
    polar_factor: float
    fall_sink_m_s: float
    gust_s: float
    gust_share: float

    @cached_property
    def edges_m(self) -> Floats:
        """The heights between the layers, lowest first: one more than there are layers."""
        return np.asarray(self.bottom_m + self.layer_m * np.arange(self.layers + 1), dtype=np.float64)

    @property
    def wind(self) -> Floats:
        """(layers, 3): x, y of the wind's mean and the radius round it that holds every wind there, m/s."""
        return self._winds[:, :3]

    def lasting(self, factor: float = 1.0) -> Floats:
        """The same of what may blow for a whole descent; stronger by a factor, from anywhere."""
        wind = self._winds[:, [0, 1, 3]]
        wind[:, 2] += (factor - 1.0) * (np.hypot(wind[:, 0], wind[:, 1]) + wind[:, 2])
        return wind

    def gusts_m(self, factor: float = 1.0) -> float:
        """How far gusts may carry a body beside its way, in all, wherever they are strongest."""
        return factor * self.gust_s * float(self._winds[:, 4].max())

    @cached_property
    def _winds(self) -> Floats:
        """(layers, 5): x, y of the mean, the radius of every wind, that of what lasts, a gust above the mean."""
        return np.array([self._winds_in(low, high) for low, high in zip(self.edges_m, self.edges_m[1:], strict=False)])

    def _winds_in(self, low_m: float, high_m: float) -> tuple[float, ...]:
        inside = [w.height_amsl_m for w in self.weather.wind if low_m < w.height_amsl_m < high_m]
        found = np.array([self._wind_at(h) for h in (low_m, *inside, high_m)])
        x, y = float(found[[0, -1], 0].mean()), float(found[[0, -1], 1].mean())
        mean, off = math.hypot(x, y), np.hypot(found[:, 0] - x, found[:, 1] - y)
        every, lasts = (float((off + found[:, 2] + share * found[:, 3]).max()) for share in (1.0, self.gust_share))
        least_mean = max(mean - float(off.max()), 0.0)
        return x, y, max(every, mean), max(lasts, mean), max(self.weather.gust_m_s - least_mean, 0.0)  # it may be calm

    def _wind_at(self, height_m: float) -> tuple[float, float, float, float]:
        """x, y of the forecast's mean, how far the wind may be from it, and how much more in a gust."""
        layers = self.weather.wind
        heights = [w.height_amsl_m for w in layers]
        x, y = (
            float(np.interp(height_m, heights, [-w.speed_m_s * turn(math.radians(w.from_deg)) for w in layers]))
            for turn in (math.sin, math.cos)
        )
        mean = math.hypot(x, y)
        sigma = float(np.interp(height_m, heights, [w.sigma_m_s for w in layers]))
        return x, y, self.sigmas * sigma + self.grid_north * mean, max(self.weather.gust_m_s - mean, 0.0)

    def winds_m_s(self, factor: float = 1.0) -> Floats:
        """The strongest wind of each layer, gusts and all."""
        return np.asarray(factor * (np.hypot(self.wind[:, 0], self.wind[:, 1]) + self.wind[:, 2]), dtype=np.float64)

    def wind_m_s(self, factor: float = 1.0) -> float:
        """The strongest wind of all."""
        return float(self.winds_m_s(factor).max())

    def tas_m_s(self, cas_m_s: float) -> Floats:
        """True airspeed in each layer, in the thinnest air that it may have."""
        warm_c = self.weather.isa_deviation_c + self.cold_c
        return np.asarray(tas_m_s(cas_m_s, self.edges_m[1:] + self.height_slack_m, warm_c), dtype=np.float64)

    def slow_tas_m_s(self, cas_m_s: float) -> Floats:
        """The same in the densest air that it may have."""
        cold_c = self.weather.isa_deviation_c - self.cold_c
        return np.asarray(tas_m_s(cas_m_s, self.edges_m[:-1] - self.height_slack_m, cold_c), dtype=np.float64)

    def run_m(self, from_m: float, cas_m_s: float, lasts_s: float, factor: float = 1.0) -> tuple[float, ...]:
        """How far from its line it may be after so many seconds at that airspeed, starting so far beside it: in each
        layer, with the strongest wind of it and all below."""
        speed = self.tas_m_s(cas_m_s) + np.maximum.accumulate(self.winds_m_s(factor))
        return tuple(float(v) for v in from_m + speed * lasts_s)

    def rise_m(self, cas_m_s: float, climb_m_s: float, lasts_s: float) -> float:
        """How far up it may get in so many seconds: its speed turned into height, and what climbs besides."""
        speed = float(self.tas_m_s(cas_m_s).max())
        rising = climb_m_s + self.weather.updraft_max_m_s
        return min(speed * lasts_s, speed**2 / (2.0 * G0)) + rising * lasts_s

    def parachute(self, aircraft: Aircraft, factor: float = 1.0) -> Descent | None:
        """Under the parachute, in the densest air that it may have; None where rising air may hold it up."""
        sink = aircraft.failure.termination.sink_m_s
        if sink is None:
            return None
        cold_c = self.weather.isa_deviation_c - self.cold_c
        dense = air_density(self.edges_m[:-1] - self.height_slack_m, cold_c)
        net = sink * np.sqrt(air_density(SINK_HEIGHT_M) / dense) - self.weather.updraft_max_m_s
        return self._drifting(net, self.lasting(factor), self.gusts_m(factor))

    def fall(self, aircraft: Aircraft) -> Descent | None:
        """A body without a parachute that falls, at its fastest airspeed sideways; None where air may hold it up."""
        net = np.full(self.layers, self.fall_sink_m_s - self.weather.updraft_max_m_s)
        wind = self.lasting()
        wind[:, 2] += self.tas_m_s(aircraft.max_cas_m_s)
        return self._drifting(net, wind, self.gusts_m())

    def _drifting(self, net_sink_m_s: Floats, wind: Floats, beside_m: float) -> Descent | None:
        if net_sink_m_s.min() <= 0.0:
            return None
        return Descent(wind * (self.layer_m / net_sink_m_s)[:, None], beside_m)

    def glide(self, aircraft: Aircraft) -> Descent | None:
        """Without power on its wing, at any airspeed, turning as it likes; None where rising air may hold it up."""
        cold_c = self.weather.isa_deviation_c - self.cold_c, self.weather.isa_deviation_c + self.cold_c
        radius, wind = np.zeros(self.layers), self.lasting()
        blows = np.hypot(wind[:, 0], wind[:, 1]) + wind[:, 2]
        for k in range(self.layers):
            for height, dev in ((self.edges_m[k] - self.height_slack_m, cold_c[0]),
                                (self.edges_m[k + 1] + self.height_slack_m, cold_c[1])):  # fmt: skip
                speed, sink = polar(aircraft, float(air_density(height, dev)), self.polar_factor)
                net = sink - self.weather.updraft_max_m_s
                if net.min() <= 0.0:
                    return None
                radius[k] = max(radius[k], float(((speed + blows[k]) / net).max()) * self.layer_m)
        return Descent(np.column_stack([np.zeros(self.layers), np.zeros(self.layers), radius]), self.gusts_m())


def tas_m_s(cas_m_s: float, height_m: float | Floats, isa_deviation_c: float = 0.0) -> float | Floats:
    """True airspeed of a calibrated airspeed (no compressibility)."""
    return cas_m_s * np.sqrt(RHO0 / air_density(height_m, isa_deviation_c))  # type: ignore[no-any-return]


def polar(aircraft: Aircraft, density_kg_m3: float, drag_factor: float) -> tuple[Floats, Floats]:
    """True airspeeds from stall to the fastest, and the sink at each without power, m/s: drag polar cd0 + k cl^2."""
    area, cd0, k, stall = aircraft.wing_area_m2, aircraft.cd0, aircraft.induced_k, aircraft.stall_cas_m_s
    if area is None or cd0 is None or k is None or stall is None:
        raise ValueError(f"{aircraft.name} has no wing")
    speed = np.linspace(stall, aircraft.max_cas_m_s, GLIDE_SPEEDS) * math.sqrt(RHO0 / density_kg_m3)
    lift = aircraft.mass_kg * G0 / (0.5 * density_kg_m3 * speed**2 * area)
    return speed, speed * drag_factor * (cd0 + k * lift**2) / lift
