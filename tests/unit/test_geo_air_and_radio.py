"""Air and radio against tables."""

import numpy as np
import pytest

from apacheta.core.aircraft import Radio
from apacheta.geo import (
    Dem,
    LocalGrid,
    air_density,
    cold_altimeter_error_m,
    density_altitude_m,
    free_space_loss_db,
    isa_pressure_pa,
    isa_temperature_k,
    link_margin_db,
)

RADIO = Radio(band_hz=900e6, eirp_dbm=30.0, sensitivity_dbm=-100.0)
FOOT = 0.3048


@pytest.mark.parametrize(
    ("height", "kelvin", "pascal", "density"),
    [(0, 288.15, 101325, 1.2250), (1000, 281.65, 89874.6, 1.1116), (5000, 255.65, 54019.9, 0.73612),
     (11000, 216.65, 22632.1, 0.36392)],
)  # fmt: skip
def test_standard_atmosphere_is_the_published_table(height, kelvin, pascal, density):
    """US Standard Atmosphere 1976 (geopotential heights)."""
    assert isa_temperature_k(height) == pytest.approx(kelvin)
    assert isa_pressure_pa(height) == pytest.approx(pascal, rel=1e-5)
    assert air_density(height) == pytest.approx(density, rel=1e-4)


@pytest.mark.parametrize(
    ("height", "standard", "warm"), [(4000, 0.669, 0.633), (5000, 0.601, 0.568), (6000, 0.539, 0.508)]
)
def test_density_ratio_at_isa_and_15_warmer(height, standard, warm):
    assert air_density(height) / 1.225 == pytest.approx(standard, abs=6e-4)
    assert air_density(height, 15.0) / 1.225 == pytest.approx(warm, abs=6e-4)


def test_density_altitude_is_the_height_with_that_density():
    assert density_altitude_m(5000.0) == pytest.approx(5000.0)
    high = density_altitude_m(5000.0, 15.0)
    assert air_density(high) == pytest.approx(air_density(5000.0, 15.0))
    assert high == pytest.approx(5520.0, abs=10.0)  # the usual 120 ft for each degree: 5,549 m


@pytest.mark.parametrize(
    ("celsius", "height_ft", "error_ft"),
    [(0, 1000, 60), (-10, 1000, 100), (-20, 1000, 140), (-30, 1000, 190), (-50, 1000, 300), (-20, 5000, 710)],
)  # fmt: skip
def test_cold_altimeter_error_is_icaos_table(celsius, height_ft, error_ft):
    """ICAO's cold temperature table (also FAA AIM 7-3-1), which rounds up to 10 ft."""
    error = cold_altimeter_error_m(height_ft * FOOT, celsius - 15.0) / FOOT
    assert error_ft - 11.0 < error <= error_ft + 1.0


def test_cold_air_reads_high_and_warm_air_low():
    assert cold_altimeter_error_m(1000.0, -10.0) == pytest.approx(40.0, abs=5.0)
    assert cold_altimeter_error_m(1000.0, 10.0) < 0.0
    assert cold_altimeter_error_m(1000.0, 0.0) == 0.0


def world(ridge_m, void=False):
    """Level ground at 4,000 m, 12 km long, with a ridge in the middle."""
    height = np.full((5, 401), 4000.0, np.float32)
    height[:, 200] = np.nan if void else 4000.0 + ridge_m
    return Dem(LocalGrid(-32.7, -70.25, 4000.0), height, 0.0, -60.0, 30.0, "")


MAST, AIRCRAFT = [0.0, 0.0, 4010.0], [[12_000.0, 0.0, 4300.0]]


def test_free_space_loss_is_the_textbooks():
    """32.45 + 20 log10(km) + 20 log10(MHz) (ITU-R P.525)."""
    assert free_space_loss_db(30_000.0, 900e6) == pytest.approx(
        32.45 + 20 * np.log10(30) + 20 * np.log10(900), abs=0.01
    )


def test_free_link_has_the_free_space_margin():
    want = 30.0 + 100.0 - free_space_loss_db(np.hypot(12_000.0, 290.0), 900e6)
    assert link_margin_db(world(0.0), MAST, AIRCRAFT, RADIO)[0] == pytest.approx(float(want), abs=1e-6)


def test_ridge_in_the_fresnel_zone_obstructs_before_it_hides():
    """Middle of the path: 155 m above the plain less 2.1 m of bulge; 0.6 F1 = 0.6 sqrt(0.333 x 6000 / 2) = 19.0 m."""
    clearance = 155.0 - 6000.0**2 / (2 * 6371e3 * 4 / 3) - 0.6 * np.sqrt(299792458 / 900e6 * 12_003.5 / 4)
    assert np.isfinite(link_margin_db(world(clearance - 0.5), MAST, AIRCRAFT, RADIO)[0])
    assert link_margin_db(world(clearance + 0.5), MAST, AIRCRAFT, RADIO)[0] == -np.inf


def test_unknown_ground_between_is_no_link():
    assert link_margin_db(world(0.0, void=True), MAST, AIRCRAFT, RADIO)[0] == -np.inf


def test_one_mast_serves_many_points():
    points = np.array([[3000.0, 0, 4300], [12_000.0, 0, 4300], [np.nan, 0, 4300]])
    margin = link_margin_db(world(0.0), MAST, points, RADIO)
    assert margin[0] > margin[1] > 0
    assert not margin[2] > 0
