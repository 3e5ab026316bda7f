"""The radio link: free space, the ground out of the first Fresnel zone, and diffraction over what stands in it.

A plan asks for a first Fresnel zone free of ground (`link_margin_db`); what is received beyond a ridge, for which
`budget_db` has the figure, is luck that no plan builds on.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..core.aircraft import Radio
from ..kernels.links import diffraction_db, fresnel_clear
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


@dataclass(frozen=True)
class Antenna:
    """An upright antenna that is alike all round (ITU-R F.1336-5, recommends 2.1): gain_dbi towards the horizon, tilt
    of the beam above it. side_lobes: the recommendation's k, 0.7 for a typical antenna, 0 for an improved one."""

    gain_dbi: float
    tilt_deg: float = 0.0
    side_lobes: float = 0.7

    def gain_towards_db(self, elevation_deg: ArrayLike) -> NDArray[np.float64]:
        """Gain by elevation, relative to that of the beam's middle: 0 there, negative elsewhere. Over a mast an
        aircraft is in the cone where there is little."""
        away = np.abs(np.asarray(elevation_deg, float) - self.tilt_deg)
        beam_deg = 107.6 * 10.0 ** (-0.1 * self.gain_dbi)
        main = -12.0 * (away / beam_deg) ** 2
        edge = math.sqrt(1.0 - math.log10(self.side_lobes + 1.0) / 1.2)
        lobe = -12.0 + 10.0 * np.log10(np.maximum(away / beam_deg, 1.0) ** -1.5 + self.side_lobes)
        return np.asarray(np.where(away / beam_deg < edge, main, lobe))


def diffraction_loss_db(dem: Dem, a_xyz: ArrayLike, b_xyz: ArrayLike, frequency_hz: float) -> NDArray[np.float64]:
    """Loss (n,) over the ground between points (n, 3) or (3,), dB, beyond free space: Bullington's construction,
    ITU-R P.526-15 section 4.5.1, effective Earth 4/3. Infinite over ground that is not known: it may be a ridge."""
    pairs = np.broadcast_arrays(*(np.atleast_2d(np.asarray(p, float)) for p in (a_xyz, b_xyz)))
    a, b = (np.ascontiguousarray(p) for p in pairs)
    out = np.empty(len(a))
    wave, radius = LIGHT_M_S / frequency_hz, dem.grid.radius_m * EFFECTIVE_EARTH
    diffraction_db(dem.height_hae_m, dem.south_west_m, float(dem.cell_m), a, b, wave, radius, out)
    return out


def budget_db(
    dem: Dem, mast_xyz: ArrayLike, points_xyz: ArrayLike, radio: Radio, antenna: Antenna | None = None
) -> NDArray[np.float64]:
    """Power above the receiver's sensitivity (n,), dB, from a mast (3,) to points (n, 3): free space, diffraction, and
    the mast's antenna by elevation (None: alike everywhere). -inf over unknown ground."""
    mast, points = np.asarray(mast_xyz, float), np.atleast_2d(np.asarray(points_xyz, float))
    away = points - mast
    distance = np.maximum(np.linalg.norm(away, axis=1), 1.0)
    loss = free_space_loss_db(distance, radio.band_hz) + diffraction_loss_db(dem, mast, points, radio.band_hz)
    shape = antenna.gain_towards_db(np.degrees(np.arcsin(away[:, 2] / distance))) if antenna else 0.0
    return np.asarray(radio.eirp_dbm + shape - loss - radio.sensitivity_dbm)
