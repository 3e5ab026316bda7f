"""The reach of a camera over the ground is less than its range, by its height."""

import math

import night_stage
import numpy as np
import pytest

from apacheta.app.demo.reach import ground_reach_m
from apacheta.core.place import AmslM, GeoPoint, HaeM
from apacheta.core.plan import Tour, Waypoint
from apacheta.geo import Dem, LocalGrid

SLANT_M = 0.35 * 320 / math.tan(math.radians(12.5) / 2)
"""Where a pixel of 640 over 12.5 degrees covers 0.35 m: 1,023 m."""


def ground(height_m: np.ndarray) -> Dem:
    """A grid of 30 m cells from the origin."""
    grid = LocalGrid(-18.5, -68.4, 4000.0)
    return Dem(grid, height_m.astype(np.float32), 0.0, 0.0, 30.0, "0" * 64)


def tour(dem: Dem, hae_m: float, kind: str = "station") -> Tour:
    """One leg of 1.5 km over the middle of the grid, and a climb from far below."""
    lat, lon = dem.grid.latlon(np.array([0.0, 300.0, 1800.0]), np.array([600.0, 600.0, 600.0]))
    heights = (0.0, hae_m, hae_m)
    waypoints = tuple(
        Waypoint(
            position=GeoPoint(lat_deg=float(a), lon_deg=float(o), alt_hae_m=HaeM(h)), alt_amsl_m=AmslM(h), kind=k,
            along_m=0.0,
        )
        for a, o, h, k in zip(lat, lon, heights, ("climb", kind, kind), strict=True)
    )  # fmt: skip
    return Tour(
        id="t", strip="s", waypoints=waypoints, stares=(), length_m=1.0, duration_s=1.0, laps=1, energy_wh=1.0,
        reserve_fraction=0.5, min_border_distance_m=500.0, min_terrain_clearance_m=100.0, max_density_altitude_m=5000.0,
        radio_margin_db=1.0, watched_km2=1.0,
    )  # fmt: skip


def reach_m(dem: Dem, hae_m: float, width_px: int = 640, kind: str = "station") -> float:
    return ground_reach_m(night_stage.aircraft().camera, width_px, tour(dem, hae_m, kind), dem)


@pytest.fixture
def plain() -> Dem:
    """Level ground at 4,000 m."""
    return ground(np.full((41, 71), 4000.0))


@pytest.mark.parametrize("agl_m", [0.0, 300.0, 900.0])
def test_height_shortens_the_reach(plain: Dem, agl_m: float) -> None:
    assert reach_m(plain, 4000.0 + agl_m) == pytest.approx(math.sqrt(SLANT_M**2 - agl_m**2), rel=1e-3)


def test_a_camera_too_high_resolves_nothing(plain: Dem) -> None:
    assert reach_m(plain, 4000.0 + SLANT_M + 1.0) == 0.0


def test_fewer_pixels_reach_less_far(plain: Dem) -> None:
    assert reach_m(plain, 4300.0, 320) == pytest.approx(math.sqrt((SLANT_M / 2) ** 2 - 300.0**2), rel=1e-3)


def test_the_deepest_ground_on_station_counts() -> None:
    heights = np.full((41, 71), 4000.0)
    heights[:, 34:38] = 3600.0  # a gorge across the leg, between its ends
    assert reach_m(ground(heights), 4300.0) == pytest.approx(math.sqrt(SLANT_M**2 - 700.0**2), rel=1e-3)


def test_over_a_void_and_without_a_station_nothing_is_claimed(plain: Dem) -> None:
    heights = np.full((41, 71), 4000.0)
    heights[:, 34:38] = np.nan
    assert reach_m(ground(heights), 4300.0) == 0.0
    assert reach_m(plain, 4300.0, kind="transit") == 0.0
