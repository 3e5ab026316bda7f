"""Reach against closed forms: a parachute over a plain, a wall that must be gone round, the layers' air."""

import math
from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest

from apacheta.core.sector import Weather, WindLayer
from apacheta.formats.aircraft_toml import aircraft_of
from apacheta.geo import LocalGrid
from apacheta.plan.containment import PARAMETERS
from apacheta.plan.containment.descent import Air, Descent
from apacheta.plan.containment.ground import Box, Ground
from apacheta.plan.containment.reach import reached_from

CELL, LAYER, SIZE = 30.0, 40.0, 121


def ground(lowest: np.ndarray) -> Ground:
    box = Box(0.0, 0.0, 0.0, 0.0, CELL, SIZE, SIZE)
    return Ground((0.0,) * 4, box, lowest.astype(np.float32), np.zeros((SIZE, SIZE), np.float32))


def air(layers: int, *wind: WindLayer, gust: float = 0.0, bottom: float = 0.0) -> Air:
    weather = Weather(
        wind=wind or (WindLayer(height_amsl_m=0.0, from_deg=0.0, speed_m_s=0.0, sigma_m_s=0.0),),  # type: ignore[arg-type]
        gust_m_s=gust, updraft_max_m_s=0.0, isa_deviation_c=0.0, qnh_hpa=1013.25, icing=False,
    )  # fmt: skip
    return Air(weather, bottom, LAYER, layers, 2.0, 10.0, 300.0, 0.0, 0.85, 10.0, 20.0, 0.25)


def extent_m(reached: np.ndarray) -> np.ndarray:
    """West, south, east, north of what is reached, from the middle cell's middle."""
    i, j = np.nonzero(reached)
    middle = SIZE // 2
    return (
        np.array([middle - j.min() + 0.5, middle - i.min() + 0.5, j.max() - middle + 0.5, i.max() - middle + 0.5])
        * CELL
    )


def test_over_a_plain_a_parachute_reaches_its_height_times_wind_over_sink() -> None:
    """Disc of radius r and middle m a layer: n layers lead to n (m + r), and the cells add no more than one each."""
    layers, m, r = 8, 40.0, 70.0
    place = np.array([SIZE * CELL / 2] * 2)
    drift = Descent(np.tile([m, 0.0, r], (layers, 1)), 0.0)
    west, south, east, north = extent_m(reached_from(ground(np.zeros((SIZE, SIZE))), air(layers), drift, place, 7, 0.0))
    for found, exact in ((east, layers * (m + r)), (north, layers * r), (south, layers * r), (west, layers * (r - m))):
        assert exact <= found <= exact + (layers + 1) * CELL


def test_gusts_carry_it_so_much_farther_over_a_plain_and_no_more() -> None:
    layers, r, beside = 5, 70.0, 200.0
    place, drift = np.array([SIZE * CELL / 2] * 2), Descent(np.tile([0.0, 0.0, 70.0], (layers, 1)), beside)
    reached = reached_from(ground(np.zeros((SIZE, SIZE))), air(layers), drift, place, 4, 0.0)
    assert (extent_m(reached) >= layers * r + beside).all()
    assert (extent_m(reached) <= layers * r + beside + (layers + 2) * CELL).all()


@pytest.mark.parametrize(
    ("seconds", "over_mean"),
    [(3, 1.53), (10, 1.43), (30, 1.32), (45, 1.28), (60, 1.25), (200, 1.12), (600, 1.067), (3600, 1.0)],
)
def test_gusts_are_bounded_above_dursts_curve(seconds: float, over_mean: float) -> None:
    """Durst's curve (1960): the strongest mean over so many seconds, over the hour's. 3 and 45 s as quoted in public,
    the others from memory, not held against the figure."""
    excess = (over_mean - 1.0) / 0.53
    bound = min(PARAMETERS["gust_s"] + PARAMETERS["gust_share"] * seconds, seconds)
    assert bound >= (1.2 if seconds > 3 else 1.0) * excess * seconds


def test_what_lasts_is_the_forecast_its_sigmas_and_a_quarter_of_the_gust() -> None:
    wind = WindLayer(height_amsl_m=0.0, from_deg=270.0, speed_m_s=4.0, sigma_m_s=1.5)  # type: ignore[arg-type]
    gusty = air(2, wind, gust=12.0)
    assert gusty.wind[0] == pytest.approx([4.0, 0.0, 3.0 + 8.0])
    assert gusty.lasting()[0] == pytest.approx([4.0, 0.0, 3.0 + 2.0])
    assert gusty.lasting(1.25)[0] == pytest.approx([4.0, 0.0, 5.0 + 0.25 * 9.0])
    assert (gusty.gusts_m(), gusty.gusts_m(1.25)) == pytest.approx((20.0 * 8.0, 25.0 * 8.0))


def test_what_a_straight_ray_cannot_reach_a_turning_body_does() -> None:
    """A wall higher than the body stands before it, with a gap far to the side: behind the wall, where no straight line
    from the start leads through the gap, it comes down all the same."""
    lowest = np.zeros((SIZE, SIZE))
    lowest[:, 70] = 1000.0
    lowest[80:84, 70] = 0.0  # the gap, 600 m to the north
    lowest[:, 69] = lowest[:, 71] = lowest[:, 70]
    layers = 25
    drift = Descent(np.tile([0.0, 0.0, 60.0], (layers, 1)), 0.0)
    place = np.array([SIZE * CELL / 2] * 2)
    reached = reached_from(ground(lowest), air(layers), drift, place, 24, 0.0)
    assert reached[60, 75]  # straight behind the wall: only round the corner
    closed = lowest.copy()
    closed[80:84, 69:72] = 1000.0
    assert not reached_from(ground(closed), air(layers), drift, place, 24, 0.0)[60, 75]


def test_it_stops_where_the_ground_is() -> None:
    """On a plateau 200 m below a body comes down after 200 m, however deep the valley beside it."""
    lowest = np.full((SIZE, SIZE), 200.0)
    lowest[:, 100:] = 0.0
    drift = Descent(np.tile([0.0, 0.0, 60.0], (10, 1)), 0.0)
    reached = reached_from(ground(lowest), air(10), drift, np.array([SIZE * CELL / 2] * 2), 9, 0.0)
    assert extent_m(reached)[2] <= 5 * (60.0 + CELL) + CELL


def test_wind_blows_away_from_where_it_comes() -> None:
    """A west wind (from 270) pushes to the east, one from the north to the south."""
    for from_deg, x, y in ((270.0, 10.0, 0.0), (0.0, 0.0, -10.0), (225.0, 7.07, 7.07)):
        wind = WindLayer(height_amsl_m=0.0, from_deg=from_deg, speed_m_s=10.0, sigma_m_s=1.0)  # type: ignore[arg-type]
        assert air(3, wind).wind[1, :2] == pytest.approx([x, y], abs=0.01)


def test_a_layer_holds_every_wind_in_it() -> None:
    low = WindLayer(height_amsl_m=0.0, from_deg=270.0, speed_m_s=4.0, sigma_m_s=1.0)  # type: ignore[arg-type]
    kink = WindLayer(height_amsl_m=60.0, from_deg=180.0, speed_m_s=9.0, sigma_m_s=2.0)  # type: ignore[arg-type]
    layers = air(4, low, kink, gust=12.0)
    for height in np.linspace(0.0, 159.0, 60):
        share = min(height / 60.0, 1.0)
        x, y = (1 - share) * 4.0, share * 9.0
        spread = 2.0 * (1.0 + share) + max(12.0 - math.hypot(x, y), 0.0)
        middle_x, middle_y, radius = layers.wind[int(height // LAYER)]
        assert math.hypot(x - middle_x, y - middle_y) + spread <= radius + 1e-9


def test_true_airspeed_at_4500_m_is_a_quarter_more() -> None:
    """ISA, sigma 0.634: 1 / sqrt(0.634) = 1.256 (reference: terrain.md, 5); with 300 m and 10 degrees of slack more."""
    high = air(2, bottom=4460.0)
    assert 1.256 < float(high.tas_m_s(1.0)[0]) < 1.32
    assert 1.19 < float(high.slow_tas_m_s(1.0)[0]) < 1.256


def test_a_parachute_sinks_at_4_4_m_s_at_sea_level_and_5_5_at_4500_m() -> None:
    """docs/aircraft.md, note 9: 5.5 m/s at 4,500 m is 4.4 at sea level. Standard air, no slack, 10 m/s of wind."""
    device = files("apacheta.app.catalogue").joinpath("vtol_terminating.toml").read_bytes()
    aircraft = aircraft_of(device, "vtol_terminating.toml")
    for bottom, sink in ((0.0, 4.4), (4500.0, 5.5)):
        wind = WindLayer(height_amsl_m=0.0, from_deg=270.0, speed_m_s=10.0, sigma_m_s=0.0)  # type: ignore[arg-type]
        exact = replace(air(1, wind, bottom=bottom), cold_c=0.0, height_slack_m=0.0)
        descent = exact.parachute(aircraft)
        assert descent is not None
        assert descent.drift_m[0, 0] == pytest.approx(LAYER * 10.0 / sink, rel=0.01)


def test_a_leg_is_straight_in_both_grids_within_a_metre() -> None:
    """The planner's grid is scaled for the heights there, the proof's is not, and their middles differ."""
    planner, proof = LocalGrid(-32.6, -70.2, 4100.0), LocalGrid(-32.675, -70.26, 0.0)
    for x, y, along in ((-20_000.0, -18_000.0, 0.3), (15_000.0, 12_000.0, 2.0), (-20_000.0, 15_000.0, 4.5)):
        share = np.linspace(0.0, 1.0, 50)
        to_x, to_y = x + 8_000.0 * share * math.cos(along), y + 8_000.0 * share * math.sin(along)
        px, py = proof.xy(*planner.latlon(to_x, to_y))
        straight_x, straight_y = px[0] + (px[-1] - px[0]) * share, py[0] + (py[-1] - py[0]) * share
        assert np.hypot(px - straight_x, py - straight_y).max() < PARAMETERS["straight_m"]
