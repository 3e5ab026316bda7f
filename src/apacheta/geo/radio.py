"""The radio link: free space, and the ground out of the first Fresnel zone. Diffraction is a later chapter."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..core.aircraft import Radio
from ..kernels.links import fresnel_clear
from .dem import Dem

LIGHT_M_S = 299_792_458.0
EFFECTIVE_EARTH = 4.0 / 3.0
"""Median effective Earth radius factor (ITU-R P.530, P.526)."""
FRESNEL_SHARE = 0.6
"""Of the first Fresnel zone's radius, free of obstacles: then the loss is that of free space (ITU-R P.526, P.530)."""


def free_space_loss_db(distance_m: ArrayLike, frequency_hz: float) -> NDArray[np.float64]:
    """20 log10(4 pi d f / c) (ITU-R P.525)."""
    return np.asarray(20.0 * np.log10(4.0 * math.pi * np.asarray(distance_m, float) * frequency_hz / LIGHT_M_S))


def link_clear(dem: Dem, a_xyz: ArrayLike, b_xyz: ArrayLike, frequency_hz: float) -> NDArray[np.bool_]:
    """Whether 0.6 of the first Fresnel zone is free of ground (n,), effective Earth 4/3.

    Unknown ground counts as an obstacle: a void between may be a ridge.
    """
    pairs = np.broadcast_arrays(*(np.atleast_2d(np.asarray(p, float)) for p in (a_xyz, b_xyz)))
    a, b = (np.ascontiguousarray(p) for p in pairs)
    out = np.empty(len(a), np.bool_)
    wave, radius = LIGHT_M_S / frequency_hz, dem.grid.radius_m * EFFECTIVE_EARTH
    fresnel_clear(dem.height_hae_m, dem.south_west_m, float(dem.cell_m), a, b, wave, FRESNEL_SHARE, radius, out)
    return out


def link_margin_db(dem: Dem, a_xyz: ArrayLike, b_xyz: ArrayLike, radio: Radio) -> NDArray[np.float64]:
    """Power above the receiver's sensitivity (n,), dB, between points (n, 3) or (3,); -inf where obstructed.

    Free space only: neither antenna patterns, rain nor multipath; ask for a margin that covers them (10 dB or more).
    """
    a, b = np.atleast_2d(np.asarray(a_xyz, float)), np.atleast_2d(np.asarray(b_xyz, float))
    distance = np.maximum(np.linalg.norm(b - a, axis=1), 1.0)
    margin = radio.eirp_dbm - free_space_loss_db(distance, radio.band_hz) - radio.sensitivity_dbm
    return np.where(link_clear(dem, a, b, radio.band_hz), margin, -np.inf)
