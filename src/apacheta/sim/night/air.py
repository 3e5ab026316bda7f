"""The air: density, wind by height, gusts."""

import math

import numpy as np

from ...core.sector import Weather

RHO0, P0_HPA = 1.225, 1013.25
G = 9.80665
GUST_LENGTH_M = 300.0
"""Length scale of turbulence above the boundary layer, MIL-F-8785C medium altitude, rounded."""
TURBULENCE_LEAST = 0.1
"""Assumed: a tenth of the mean wind, for air well above the ground; open ground has more."""


def density_kg_m3(amsl_m: float, isa_deviation_c: float, qnh_hpa: float = 1013.25) -> float:
    """Density at a height that an altimeter set to the day's QNH reads, in air warmer than the standard atmosphere
    (ISO 2533) by `isa_deviation_c`: (p / p0)^n = (QNH / p0)^n - L H / T0."""
    pressure = P0_HPA * 100.0 * ((qnh_hpa / P0_HPA) ** (1.0 / 5.25588) - 2.25577e-5 * amsl_m) ** 5.25588
    return pressure / (287.053 * (288.15 - 0.0065 * amsl_m + isa_deviation_c))


def density_altitude_m(rho_kg_m3: float) -> float:
    """Height at which the standard atmosphere has this density."""
    return float((1.0 - (rho_kg_m3 / RHO0) ** (1.0 / 4.25588)) / 2.25577e-5)


def wind_at(weather: Weather, amsl_m: float) -> tuple[float, float]:
    """Mean wind to the east and to the north, m/s, linear between the layers, held beyond them."""
    layers = sorted(weather.wind, key=lambda layer: layer.height_amsl_m)
    if not layers:
        return 0.0, 0.0
    heights = [float(layer.height_amsl_m) for layer in layers]
    east = [-layer.speed_m_s * math.sin(math.radians(layer.from_deg)) for layer in layers]
    north = [-layer.speed_m_s * math.cos(math.radians(layer.from_deg)) for layer in layers]
    return float(np.interp(amsl_m, heights, east)), float(np.interp(amsl_m, heights, north))


class Drift:
    """A first-order Gauss-Markov process: mean zero, standard deviation `sigma`, correlation time `tau_s`."""

    def __init__(self, sigma: float, tau_s: float, rng: np.random.Generator) -> None:
        self.sigma, self.tau_s, self.rng = sigma, tau_s, rng
        self.value = sigma * float(rng.standard_normal())

    def step(self, dt_s: float) -> float:
        """The value `dt_s` later."""
        keep = math.exp(-dt_s / self.tau_s)
        self.value = keep * self.value + math.sqrt(1.0 - keep * keep) * self.sigma * float(self.rng.standard_normal())
        return self.value


class Gusts:
    """Turbulence felt at about 25 m/s: first-order (Dryden's longitudinal form) in east, north and up.

    A gust forecast is a peak, the mean wind in it, as in METAR: a third of what it is above the mean at a height is the
    standard deviation there; vertical gusts are half of that.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        tau = GUST_LENGTH_M / 25.0
        self.east, self.north = Drift(1.0, tau, rng), Drift(1.0, tau, rng)
        self.up = Drift(0.5, tau / 2.0, rng)

    @property
    def drifts(self) -> tuple[Drift, Drift, Drift]:
        """East, north, up, in standard deviations of the horizontal gusts."""
        return self.east, self.north, self.up

    def step(self, dt_s: float, sigma_m_s: float) -> tuple[float, float, float]:
        """East, north, up in m/s."""
        east, north, up = (drift.step(dt_s) for drift in self.drifts)
        return sigma_m_s * east, sigma_m_s * north, sigma_m_s * up


def gust_sigma_m_s(weather: Weather, mean_m_s: float) -> float:
    """Standard deviation of the horizontal gusts where the mean wind is so strong. No wind blows evenly: it is never
    less than TURBULENCE_LEAST of the mean, whatever gust is forecast."""
    return max((weather.gust_m_s - mean_m_s) / 3.0, TURBULENCE_LEAST * mean_m_s)
