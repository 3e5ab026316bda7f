"""Performance against closed forms and public figures; what wind does; what a look is worth."""

import math
from functools import cache
from importlib.resources import files

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from apacheta.core.aircraft import Aircraft
from apacheta.core.place import AmslM
from apacheta.core.sector import Weather, WindLayer
from apacheta.formats.aircraft_toml import aircraft_of
from apacheta.plan.performance import (
    Wind,
    density_altitude_at,
    flight_at,
    ground_speed_m_s,
    standard_air,
    turn_radius_m,
    wing_power_w,
)
from apacheta.plan.routes import rounded, tightest_m
from apacheta.plan.strips import Strip, farthest_m
from apacheta.plan.walkers import tobler_m_s
from apacheta.sim.night.air import density_altitude_m as sim_density_altitude_m
from apacheta.sim.night.air import density_kg_m3

STANDARD = Weather(
    wind=(WindLayer(height_amsl_m=AmslM(4_000.0), from_deg=0.0, speed_m_s=0.0, sigma_m_s=0.0),),
    gust_m_s=0.0, updraft_max_m_s=0.0, isa_deviation_c=0.0, qnh_hpa=1013.25, icing=False,
)  # fmt: skip


@cache
def _class(name: str) -> Aircraft:
    return aircraft_of(files("apacheta.app.catalogue").joinpath(f"{name}.toml").read_bytes(), name)


@pytest.mark.parametrize("name", ["vtol_terminating", "vtol_plain"])
def test_a_vtol_flies_70_to_100_minutes_at_4500_m(name: str) -> None:
    aircraft = _class(name)
    flight = flight_at(aircraft, 4_500.0, STANDARD)
    up_wh = 2 * 60.0 / 3600 * (flight.hover_w + flight.vertical_climb_m_s * flight.watts_per_m_s_of_climb)
    minutes = (aircraft.battery_wh * (1 - aircraft.reserve_fraction) - 2 * up_wh) / flight.level_w * 60
    assert 70 <= minutes <= 100


def test_true_airspeed_at_4500_m_is_26_percent_above_calibrated() -> None:
    aircraft = _class("vtol_terminating")
    assert flight_at(aircraft, 4_500.0, STANDARD).tas_m_s / aircraft.cruise_cas_m_s == pytest.approx(
        0.634**-0.5, rel=1e-3
    )


def test_climb_at_the_ceiling_is_half_a_metre_a_second() -> None:
    aircraft = _class("vtol_terminating")
    assert flight_at(aircraft, aircraft.ceiling_amsl_m, STANDARD).climb_m_s == pytest.approx(0.5, abs=1e-3)


def test_least_power_lies_where_the_polar_says() -> None:
    """cl at least power: sqrt(3 cd0 / k) (Anderson, Aircraft Performance and Design, 5.6)."""
    aircraft = _class("vtol_terminating")
    speeds = np.linspace(8.0, 40.0, 3_201)
    best = speeds[np.argmin([wing_power_w(aircraft, v, 1.225) for v in speeds])]
    assert aircraft.cd0
    assert aircraft.induced_k
    assert aircraft.wing_area_m2
    cl = math.sqrt(3 * aircraft.cd0 / aircraft.induced_k)
    assert best == pytest.approx(
        math.sqrt(2 * aircraft.mass_kg * 9.80665 / (1.225 * aircraft.wing_area_m2 * cl)), abs=0.02
    )


@given(st.floats(0, 6_000), st.floats(-30, 30), st.floats(850, 1_100))
def test_the_days_air_is_the_simulators(amsl_m: float, deviation_c: float, qnh_hpa: float) -> None:
    """The same density from two sources: ICAO's tables by pressure altitude here, the gas law at AMSL there."""
    today = replace(STANDARD, isa_deviation_c=deviation_c, qnh_hpa=qnh_hpa)
    theirs = density_kg_m3(amsl_m, deviation_c, qnh_hpa)
    assert density_altitude_at(today, amsl_m) == pytest.approx(sim_density_altitude_m(theirs), abs=3.0)
    flight = flight_at(_class("vtol_terminating"), amsl_m, today)
    assert (19.0 / flight.tas_m_s) ** 2 == pytest.approx(theirs / 1.225, rel=1e-3)


@pytest.mark.parametrize(("qnh_hpa", "moved_m"), [(990.0, 195.4), (1013.25, 0.0), (1030.0, -138.5)])
@pytest.mark.parametrize("amsl_m", [0.0, 2_000.0, 4_000.0])
def test_an_altimeter_set_to_qnh_reads_amsl(amsl_m: float, qnh_hpa: float, moved_m: float) -> None:
    """Set to 1013.25 it reads more by the standard height of QNH itself, at every height: the scale is only moved."""
    today = replace(STANDARD, qnh_hpa=qnh_hpa)
    pressure_m, deviation_c = standard_air(today, amsl_m)
    assert pressure_m - amsl_m == pytest.approx(moved_m, abs=0.2)
    assert 15.0 - 0.0065 * pressure_m + deviation_c == pytest.approx(15.0 - 0.0065 * amsl_m)
    pressure_pa = 101_325.0 * (1.0 - 0.0065 * pressure_m / 288.15) ** 5.255876
    by_the_gas_law = pressure_pa / (287.05287 * (288.15 - 0.0065 * amsl_m))
    assert density_kg_m3(amsl_m, 0.0, qnh_hpa) == pytest.approx(by_the_gas_law, rel=1e-4)


def test_low_pressure_is_thin_air() -> None:
    low = replace(STANDARD, isa_deviation_c=20.0, qnh_hpa=980.0)
    assert density_altitude_at(low, 3_923.0) == pytest.approx(4_954.0, abs=3.0)
    assert density_altitude_at(replace(low, qnh_hpa=1013.25), 3_923.0) == pytest.approx(4_614.0, abs=3.0)


@given(st.floats(0, 15), st.floats(0, 360), st.floats(0, 360))
def test_the_wind_triangle_closes(speed: float, blows_to_deg: float, course_deg: float) -> None:
    to, course = math.radians(blows_to_deg), math.radians(course_deg)
    wind = Wind(speed * math.sin(to), speed * math.cos(to), 0.0, 0.0)
    ground = ground_speed_m_s(20.0, wind, math.sin(course), math.cos(course))
    air = ground * math.sin(course) - wind.x_m_s, ground * math.cos(course) - wind.y_m_s
    assert math.hypot(*air) == pytest.approx(20.0)


def test_a_cross_wind_beyond_the_airspeed_has_no_ground_speed() -> None:
    assert math.isnan(ground_speed_m_s(20.0, Wind(25.0, 0.0, 0.0, 0.0), 0.0, 1.0))


def test_a_walker_is_resolved_to_about_960_m_through_the_long_lens() -> None:
    assert farthest_m(_class("vtol_terminating").camera, 0.33) == pytest.approx(964, abs=1)


def test_walking_is_fastest_a_little_downhill() -> None:
    assert tobler_m_s(np.array([-0.05])) == pytest.approx(0.6 * 6 / 3.6)
    assert tobler_m_s(np.array([0.5])) < tobler_m_s(np.array([-0.5]))


@given(st.floats(500, 4_000), st.floats(60, 300), st.floats(0, 6.28))
def test_a_lap_is_closed_smooth_and_keeps_its_radius(leg: float, radius: float, course: float) -> None:
    strip = Strip(10.0, 20.0, math.cos(course), math.sin(course), leg, radius, 0.0, 500.0, 150.0)
    lap = strip.lap()
    assert np.allclose(lap[0], lap[-1])
    step = np.diff(lap, axis=0)
    angle = np.unwrap(np.arctan2(step[:, 1], step[:, 0]))
    assert np.abs(np.diff(angle)).max() < math.radians(16.0)
    assert np.hypot(*step.T).sum() == pytest.approx(2 * leg + 2 * radius * math.radians(420), rel=0.02)
    around = shapely.Point(strip.placed(np.array([leg / 2 + math.sqrt(3) * radius]), np.zeros(1))[0])
    assert around.distance(shapely.LineString(lap)) == pytest.approx(radius, rel=0.01)


def test_a_rounded_corner_stays_inside_and_turns_gently() -> None:
    way = np.array([[0.0, 0.0], [2_000.0, 0.0], [2_000.0, 2_000.0]])
    curve = rounded(way, 200.0)
    assert np.allclose(curve[[0, -1]], way[[0, -1]])
    assert shapely.LineString(curve).hausdorff_distance(shapely.LineString(way)) < 0.5 * 200.0
    assert curve[:, 0].max() <= 2_000.0


def test_a_corner_between_short_sides_has_a_tighter_arc() -> None:
    long_sides = np.array([[0.0, 0.0], [2_000.0, 0.0], [2_000.0, 2_000.0]])
    short_side = np.array([[0.0, 0.0], [2_000.0, 0.0], [2_000.0, 100.0]])
    assert tightest_m(long_sides, 200.0) == pytest.approx(200.0)
    assert tightest_m(short_side, 200.0) == pytest.approx(45.0)
    assert tightest_m(long_sides[:2], 200.0) == math.inf


def test_turns_widen_with_the_square_of_speed() -> None:
    aircraft = _class("vtol_terminating")
    assert turn_radius_m(aircraft, 40.0) == pytest.approx(4 * turn_radius_m(aircraft, 20.0))
