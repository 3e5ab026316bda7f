"""The air: density, wind by height, gusts."""

import math

import numpy as np

from ...core.sector import Weather

RHO0, P0_HPA = 1.225, 1013.25
G = 9.80665
GUST_LENGTH_M = 300.0
"""Length scale of turbulence above the boundary layer, MIL-F-8785C medium altitude, rounded."""


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

    A gust forecast is a peak: a third of it is the standard deviation; vertical gusts are half of that.
    """

    def __init__(self, gust_m_s: float, rng: np.random.Generator) -> None:
        sigma, tau = gust_m_s / 3.0, GUST_LENGTH_M / 25.0
        self.east, self.north = Drift(sigma, tau, rng), Drift(sigma, tau, rng)
        self.up = Drift(sigma / 2.0, tau / 2.0, rng)

    @property
    def drifts(self) -> tuple[Drift, Drift, Drift]:
        """East, north, up."""
        return self.east, self.north, self.up

    def step(self, dt_s: float) -> tuple[float, float, float]:
        """East, north, up in m/s."""
        return self.east.step(dt_s), self.north.step(dt_s), self.up.step(dt_s)
