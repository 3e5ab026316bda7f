"""The ground's temperature through the night, from height, afternoon sun, bare rock and pools of cold air.

A fit to what thermal pictures of high deserts look like, not a heat balance: after sunset the plain falls by some
7 K, slopes that had the afternoon sun stay up to 6 K warmer and lose it in hours, rock stays warm the longest, and
cold air drains into hollows.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .grids import slope_tan
from .model import World
from .noise import correlated_error

Shares = dict[str, NDArray[np.float32]]
_LAPSE_K_PER_M = 0.0065
_REFERENCE_M = 4300.0
_SUNSET_H = 18.0
_NIGHT_H = 13.0


def _sun_directions(lat_deg: float, declination_deg: float = 23.4) -> list[NDArray[np.float64]]:
    """Unit vectors (east, north, up) to the sun at 13, 14, ... 17 h solar time; 21 June unless said otherwise."""
    lat, dec = np.radians(lat_deg), np.radians(declination_deg)
    directions = []
    for hour in range(13, 18):
        h = np.radians(15.0 * (hour - 12))
        east = -np.cos(dec) * np.sin(h)
        north = np.cos(lat) * np.sin(dec) - np.sin(lat) * np.cos(dec) * np.cos(h)
        up = np.sin(lat) * np.sin(dec) + np.cos(lat) * np.cos(dec) * np.cos(h)
        directions.append(np.array([east, north, up]))
    return directions


def _afternoon_sun(height_m: NDArray[np.float64], cell_m: float, lat_deg: float) -> NDArray[np.float64]:
    north, east = np.gradient(height_m, cell_m)
    steep = np.sqrt(1 + east**2 + north**2)
    share = np.zeros_like(height_m)
    for e, n, u in _sun_directions(lat_deg):
        share += np.clip((-east * e - north * n + u) / steep, 0, 1) * (u > 0.02)
    return share / 5


def shares_of(
    height_m: NDArray[np.float64], cell_m: float, lat_deg: float, salt: NDArray[np.bool_], seed: int
) -> Shares:
    """What the temperature and the texture depend on: rock, boulder, sun and hollow shares, 0 to 1, float32."""
    rng = np.random.default_rng([seed, 6])
    slope_deg = np.degrees(np.arctan(slope_tan(height_m, cell_m)))
    patch = correlated_error(height_m.shape, rng, 4.0, 240.0, cell_m)
    rock = 0.9 / (1 + np.exp(-(slope_deg + patch - 32) / 3.5))
    scree = np.exp(-(((slope_deg + 0.7 * patch - 27) / 9) ** 2))
    floor = ndimage.gaussian_filter(ndimage.minimum_filter(height_m, int(1200 / cell_m) | 1), 300 / cell_m)
    hollow = np.exp(-np.clip(height_m - floor, 0, None) / 60) * np.clip(1.2 - slope_deg / 20, 0, 1)
    shares = {
        "rock_share": np.where(salt, 0, rock),
        "boulder_share": np.where(salt, 0, np.clip(0.05 + 0.95 * scree, 0, 1)),
        "sun_share": _afternoon_sun(height_m, cell_m, lat_deg),
        "hollow_share": hollow,
    }
    return {name: np.ascontiguousarray(np.clip(share, 0, 1), dtype=np.float32) for name, share in shares.items()}


def ground_temperature_c(world: World, local_hour: float) -> NDArray[np.float32]:
    """Temperature of the ground in Celsius, (rows, cols) float32 on the 30 m nodes, at a local solar hour.

    For the night: hours from sunset (18) to 7; other hours are taken as the nearest of those.
    """
    since = (local_hour - _SUNSET_H) % 24.0
    since = since if since <= _NIGHT_H else (_NIGHT_H if since < 18.0 else 0.0)
    plain_c = -1.0 - 7.0 * (1 - np.exp(-since / 6.0))
    sun = 6.0 * np.exp(-since / 3.5)
    rock = 0.5 + 3.5 * np.exp(-since / 9.0)
    cold = 3.5 * (1 - np.exp(-since / 3.0))
    ground = plain_c - _LAPSE_K_PER_M * (world.product_amsl_m - np.float32(_REFERENCE_M))
    ground = ground + sun * (world.sun_share - 0.35) + rock * world.rock_share - cold * world.hollow_share
    return np.asarray(ground, dtype=np.float32)
