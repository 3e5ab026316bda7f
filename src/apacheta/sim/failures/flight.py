"""Failures flown to the ground, over terrain, and whether one ever left the place that was certified for it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .draws import Cause, Setting
from .kernel import FIGURES, fall_to_ground

Floats = NDArray[np.float64]
COMING = {"on": 0, "parachute": 1, "glide": 2, "fall": 3}
DEVICE_HEIGHT_M = 4500.0


@dataclass(frozen=True)
class Terrain:
    """height_m (rows, cols): nodes every cell_m from (west_m, south_m), row 0 south; bilinear between."""

    height_m: Floats
    west_m: float
    south_m: float
    cell_m: float


@dataclass(frozen=True)
class Outcome:
    """end_m (n, 3); farthest_m (n,) the greatest distance over ground from the planned place on the way; outside (n,)
    whether it was ever out of the certified cells, or did not come down in an hour."""

    end_m: Floats
    farthest_m: Floats
    outside: NDArray[np.bool_]


def fly(
    place_m: Floats,
    cause: Cause,
    setting: Setting,
    figures: dict[str, Floats],
    terrain: Terrain,
    certified: NDArray[np.bool_],
    corner_m: tuple[float, float],
    cell_m: float,
) -> Outcome:
    """Every draw from one planned place (x, y, height). `certified` (rows, cols): cells from a south-west corner."""
    aircraft, weather = setting.aircraft, setting.weather
    layers = np.array(
        [[w.height_amsl_m, np.radians(w.from_deg), w.speed_m_s, w.sigma_m_s] for w in weather.wind], dtype=np.float64
    )
    sink = aircraft.failure.termination.sink_m_s or 0.0
    fixed = np.array(
        [
            COMING[cause.coming],
            sink,
            DEVICE_HEIGHT_M,
            weather.isa_deviation_c,
            weather.gust_m_s,
            setting.wind_sigmas,
            aircraft.mass_kg,
            aircraft.wing_area_m2 or 1.0,
            aircraft.cd0 or 0.03,
            aircraft.induced_k or 0.05,
            aircraft.stall_cas_m_s or 1.0,
            aircraft.max_cas_m_s,
            setting.gust_share,
        ],
        dtype=np.float64,
    )
    count = len(figures["heading"])
    drawn = np.column_stack([figures[name] for name in FIGURES])
    end, farthest, outside = np.empty((count, 3)), np.empty(count), np.zeros(count, np.uint8)
    ground = np.ascontiguousarray(terrain.height_m, np.float64)
    frame = np.array([terrain.west_m, terrain.south_m, terrain.cell_m, *corner_m, cell_m])
    mask = np.ascontiguousarray(certified, np.uint8)
    fall_to_ground(np.asarray(place_m, float), drawn, fixed, layers, ground, frame, mask, end, farthest, outside)
    return Outcome(end, farthest, outside.astype(np.bool_))
