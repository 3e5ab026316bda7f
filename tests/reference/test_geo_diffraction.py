"""Diffraction against published figures: ITU-R P.526's edge, and the ITU's validation of Bullington's loss."""

import math

import numpy as np
import pytest

from apacheta.core.aircraft import Radio
from apacheta.geo import Antenna, Dem, LocalGrid, budget_db, diffraction_loss_db, free_space_loss_db, link_clear
from apacheta.kernels.links import bullington_db, knife_edge_db

GRID = LocalGrid(-32.7, -70.25, 4000.0)
RADIO = Radio(band_hz=900e6, eirp_dbm=30.0, sensitivity_dbm=-100.0)

# Kippure to Dalton: km, ground in metres, height of what grows there. From the validation data of the ITU's Working
# Party 3K for P.1812 (whose Bullington part is that of P.526), as published with Py1812 (tests/validation_profiles).
KIPPURE = (
    (0, 754.4, 10), (0.2, 754.4, 10), (0.4, 729.9, 10), (0.6, 685.3, 10), (0.8, 634.3, 10), (1, 610.3, 10),
    (1.2, 601, 10), (1.4, 591.7, 10), (1.6, 530.4, 10), (1.8, 455.9, 10), (2, 385.1, 10), (2.5, 373.4, 10),
    (3, 358.5, 0), (3.5, 309, 0), (4, 316.6, 15), (4.5, 335.3, 10), (5, 408.1, 10), (5.5, 532.7, 10), (6, 556.3, 10),
    (6.5, 556.3, 10), (7, 488.2, 10), (7.5, 367.7, 10), (8, 304.8, 0), (8.5, 292.6, 0), (9, 238.3, 0), (9.5, 265.1, 0),
    (10, 250.3, 0),
)  # fmt: skip


@pytest.mark.parametrize(
    ("points", "b_m", "radius_km", "loss_db"),
    [
        (6, 617.3, 8_930.776786, 15.34252882),
        (6, 617.3, 3 * 6371, 15.33794877),
        (27, 257.3, 8_930.776786, 28.49553647),
        (27, 257.3, 3 * 6371, 28.44456493),
    ],
)
def test_bullington_is_that_of_the_itus_validation(points: int, b_m: float, radius_km: float, loss_db: float) -> None:
    """1 km, grazing, and 10 km beyond a hill, at 95.3 MHz, light at 2.998e8 m/s. Table rows "Ld50" (median effective
    Earth; the smooth one costs nothing here) and "Lbulla" (three times the Earth)."""
    rows = np.array(KIPPURE[:points])
    ground, distance_m = rows[:, 1] + rows[:, 2], rows[:, 0] * 1e3
    wave, radius_m = 2.998e8 / 95.3e6, radius_km * 1e3
    assert bullington_db(distance_m, ground, 814.4, b_m, wave, radius_m) == pytest.approx(loss_db, abs=1e-7)
    back = np.ascontiguousarray(distance_m[-1] - distance_m[::-1])
    turned = bullington_db(back, np.ascontiguousarray(ground[::-1]), b_m, 814.4, wave, radius_m)
    assert turned == pytest.approx(loss_db, abs=1e-7), "the same both ways"


@pytest.mark.parametrize(("parameter", "loss_db"), [(-0.8, 0.0), (0.0, 6.03), (1.0, 13.93), (2.4, 20.54), (-0.5, 1.8)])
def test_one_edge_costs_what_the_fresnel_integral_says(parameter: float, loss_db: float) -> None:
    """J(v) = -20 log10 |F(v)| (P.526-15 equation 29), the approximation good to a few tenths of a dB."""
    from scipy.special import fresnel

    sine, cosine = fresnel(parameter)
    exact = -20 * math.log10(0.5 * math.hypot(1 - cosine - sine, cosine - sine))
    assert knife_edge_db(parameter) == pytest.approx(max(exact, 0.0) if parameter > -0.78 else 0.0, abs=0.15)
    assert knife_edge_db(parameter) == pytest.approx(loss_db, abs=0.3)


def ridge(height_m: float, void: bool = False) -> Dem:
    """Level ground at 4,000 m, 12 km long, with one ridge in the middle."""
    height = np.full((5, 401), 4000.0, np.float32)
    height[:, 200] = np.nan if void else 4000.0 + height_m
    return Dem(GRID, height, 0.0, -60.0, 30.0, "")


MAST, AIRCRAFT = [0.0, 0.0, 4010.0], [12_000.0, 0.0, 4300.0]


def test_a_ridge_costs_as_its_edge_does_and_more_the_higher() -> None:
    loss = [diffraction_loss_db(ridge(h), MAST, AIRCRAFT, 900e6)[0] for h in (0.0, 100.0, 150.0, 200.0, 300.0)]
    assert loss[:2] == [0.0, 0.0]
    assert 6.0 < loss[2] < loss[3] < loss[4]
    # one sharp edge in the middle, 47.1 m over the line: v = h sqrt(4 / (wavelength x 6 km)) ; the rest is P.526's own
    over = 200.0 - 155.0 + 6000.0**2 / (2 * GRID.radius_m * 4 / 3)
    edge = knife_edge_db(over * math.sqrt(2 * 12_000.0 / (299_792_458 / 900e6 * 6000.0**2)))
    assert loss[3] == pytest.approx(edge + (1 - math.exp(-edge / 6)) * (10 + 0.02 * 12), abs=0.01)


def test_unknown_ground_is_no_link_at_all() -> None:
    assert diffraction_loss_db(ridge(0.0, void=True), MAST, AIRCRAFT, 900e6)[0] == np.inf
    assert budget_db(ridge(0.0, void=True), MAST, AIRCRAFT, RADIO)[0] == -np.inf


def test_where_the_fresnel_zone_is_free_nothing_is_lost() -> None:
    """0.6 of the zone free is v = -0.85: below what costs anything."""
    for height_m in np.linspace(100.0, 160.0, 25):
        dem = ridge(float(height_m))
        if link_clear(dem, MAST, AIRCRAFT, 900e6)[0]:
            assert diffraction_loss_db(dem, MAST, AIRCRAFT, 900e6)[0] == 0.0


def test_an_aircraft_over_the_mast_is_in_the_cone_of_little() -> None:
    """F.1336: 12 dB down at the edge of the main lobe's double width; 6 dBi has a beam of 27 degrees."""
    antenna = Antenna(6.0)
    assert antenna.gain_towards_db(0.0) == 0.0
    assert antenna.gain_towards_db(107.6 * 10**-0.6 / 2) == pytest.approx(-3.0)
    assert antenna.gain_towards_db(90.0) < -12.0
    over, beside = budget_db(ridge(0.0), MAST, [[10.0, 0.0, 4310.0], [300.0, 0.0, 4020.0]], RADIO, antenna)
    assert beside - over > 10.0
    plain = budget_db(ridge(0.0), MAST, AIRCRAFT, RADIO)[0]
    assert plain == pytest.approx(130.0 - float(free_space_loss_db(math.hypot(12_000.0, 290.0), 900e6)))
