"""Flight, gimbal and angles: what must hold for every sortie."""

import math

import night_stage as stage
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from apacheta.core.plan import Sortie
from apacheta.sim.night import Ground
from apacheta.sim.night.air import density_altitude_m, density_kg_m3
from apacheta.sim.night.attitude import angles_of, relative_angles, rotation_of
from apacheta.sim.night.flight import Flight, Motion
from apacheta.sim.night.gimbal import Gimbal, aims_of
from apacheta.sim.world import World

ANGLE = st.floats(-179.0, 179.0)
STEEP = st.floats(-80.0, 80.0)


@given(ANGLE, STEEP, ANGLE, ANGLE, STEEP, ANGLE)
def test_relative_angles_on_the_platform_give_the_line_of_sight_back(a, b, c, d, e, f) -> None:
    sight, platform = rotation_of(a, b, c), rotation_of(d, e, f)
    back = platform @ rotation_of(*relative_angles(sight, platform))
    assert np.abs(back - sight).max() < 1e-9


@given(ANGLE, STEEP, ANGLE)
def test_angles_are_those_that_made_the_rotation(yaw, pitch, roll) -> None:
    assert np.allclose(rotation_of(*angles_of(rotation_of(yaw, pitch, roll))), rotation_of(yaw, pitch, roll), atol=1e-9)


@given(st.floats(0.0, 8000.0))
def test_density_altitude_of_the_standard_atmosphere_is_the_height(height_m: float) -> None:
    assert density_altitude_m(density_kg_m3(height_m, 0.0)) == pytest.approx(height_m, abs=15.0)


def _flown(kind: str, seed: int, wind_m_s: float) -> tuple[Flight, np.ndarray]:
    """A whole sortie: the flight, and rows of x, y, amsl, agl, bank, climb, ground speed, used Wh, along."""
    world = stage.world()
    ground = Ground(world)
    weather = stage.calm(wind_m_s, 0.4 * wind_m_s)
    flight = Flight(stage.sortie(world, 2), stage.aircraft(kind), ground, weather, np.random.default_rng(seed))
    rows = []
    for _ in range(20_000):
        flight.step(0.1)
        m = flight.motion
        agl = m.amsl_m - ground.height_at(m.x_m, m.y_m)
        speed = math.hypot(m.vx_m_s, m.vy_m_s)
        rows.append((m.x_m, m.y_m, m.amsl_m, agl, m.roll_deg, m.vz_m_s, speed, m.used_wh, m.along_m))
        if flight.done:
            break
    return flight, np.array(rows)


@settings(max_examples=6)
@given(st.sampled_from(["vtol_plane", "multirotor", "plane"]), st.integers(0, 99), st.floats(0.0, 9.0))
def test_every_sortie_comes_home_within_its_limits(kind: str, seed: int, wind_m_s: float) -> None:
    flight, rows = _flown(kind, seed, wind_m_s)
    assert flight.done
    pad = flight.points[-1]
    assert math.hypot(rows[-1, 0] - pad.x_m, rows[-1, 1] - pad.y_m) < (400.0 if kind == "plane" else 5.0)
    assert rows[-1, 3] < 0.5
    assert np.abs(rows[:, 4]).max() < flight.aircraft.bank_max_deg + 3.0
    assert rows[:, 5].max() < flight.aircraft.climb_sea_level_m_s + 2.0
    assert (np.diff(rows[:, 7]) >= 0).all()
    assert (np.diff(rows[:, 8]) >= 0).all()


def test_level_flight_costs_drag_times_speed_over_efficiency() -> None:
    _, rows = _flown("vtol_plane", 1, 0.0)
    level = (np.abs(rows[1:, 5]) < 0.15) & (np.abs(rows[1:, 4]) < 1.5) & (rows[1:, 6] > 20.0) & (rows[1:, 3] > 50.0)
    assert level.sum() > 200
    watts = np.diff(rows[:, 7])[level] * 36_000.0
    rho = density_kg_m3(float(rows[1:, 2][level].mean()), -5.0)
    tas = 19.0 * math.sqrt(1.225 / rho)
    lift = 14.0 * 9.80665 / (0.5 * rho * tas**2 * 0.95)
    drag_n = 0.5 * rho * tas**2 * 0.95 * (0.034 + 0.042 * lift**2)
    assert float(np.median(watts)) == pytest.approx(drag_n * tas / 0.55 + 65.0, rel=0.04)


def test_hover_costs_more_in_thinner_air() -> None:
    _, rows = _flown("vtol_plane", 1, 0.0)
    rising = np.diff(rows[:, 7])[50:150] * 36_000.0
    assert 2100.0 * 1.2 < float(rising.mean()) - 65.0 - 14.0 * 9.81 * 2.5 / 0.55 < 2100.0 * 1.35


@settings(max_examples=8)
@given(st.floats(5.0, 90.0), st.integers(0, 99))
def test_the_gimbal_never_slews_faster_than_it_can_and_then_holds_its_aim(slew_deg_s: float, seed: int) -> None:
    world = stage.world()
    ground = Ground(world)
    sortie = stage.sortie(world, 1)
    aims = aims_of(sortie.tour.stares, ground)
    gimbal = Gimbal(aims, slew_deg_s, (0.0, 85.0), np.random.default_rng(seed))
    leg = next(p for p in sortie.tour.waypoints if p.kind == "station")
    x, y = ground.xy(leg.position.lon_deg, leg.position.lat_deg)
    place = (x, y, float(leg.alt_amsl_m))
    motion = Motion(*place, vx_m_s=25.0, phase="station")
    before, settled = None, 0
    for step in range(800):
        motion.along_m = aims[0].from_along_m if step < 400 else aims[1].from_along_m + 5.0
        sight = gimbal.step(motion, ground, 0.1)
        line = rotation_of(sight.azimuth_deg, sight.elevation_deg, 0.0)[:, 0]
        if before is not None:
            assert math.degrees(math.acos(min(1.0, float(line @ before)))) < slew_deg_s * 0.1 + 0.25
        before = line
        if sight.holding:
            settled += 1
            aim = aims[gimbal.at]
            local = ground.local(x, y)
            east, north, up = ground.offsets(*(np.array([v]) for v in (aim.x_m, aim.y_m, aim.amsl_m)), place, local)[0]
            azimuth = math.radians(math.degrees(math.atan2(east, north)) + local.convergence_deg)
            flat = math.hypot(east, north)
            wanted = np.array([flat * math.cos(azimuth), flat * math.sin(azimuth), -up])
            off = math.degrees(math.acos(min(1.0, float(line @ wanted / np.linalg.norm(wanted)))))
            assert off < 0.2
    assert settled > 20
    assert gimbal.at == 1


def _sparse(of: World) -> Sortie:
    """Two laps with a stare of 300 m in the middle of each half of the long legs, and nothing between them."""
    sortie = stage.sortie(of, 2)
    long = (s for s in sortie.tour.stares if s.to_along_m - s.from_along_m > 500.0)
    stares = tuple(replace(s, from_along_m=s.from_along_m + 200.0, to_along_m=s.to_along_m - 100.0) for s in long)
    return replace(sortie, tour=replace(sortie.tour, stares=stares))


@pytest.mark.parametrize(
    ("kind", "slew_deg_s", "seed"), [("vtol_plane", 60.0, 1), ("vtol_plane", 25.0, 2), ("multirotor", 60.0, 3)]
)
def test_the_camera_is_stowed_but_for_its_stares_and_the_time_to_turn_to_them(
    kind: str, slew_deg_s: float, seed: int
) -> None:
    world = stage.world()
    ground, sortie, rng = Ground(world), _sparse(world), np.random.default_rng(seed)
    aims = aims_of(sortie.tour.stares, ground)
    flight = Flight(sortie, stage.aircraft(kind), ground, stage.calm(6.0, 3.0), rng)
    gimbal, m = Gimbal(aims, slew_deg_s, (15.0, 70.0), rng), flight.motion
    turn_s, since_s, away, held, idle = 180.0 / slew_deg_s, 1e9, 0, np.zeros(len(aims), np.int64), 0
    beside: list[float] = []
    while not flight.done:
        flight.step(0.1)
        sight = gimbal.step(m, ground, 0.1)
        number = next((k for k, a in enumerate(aims) if a.from_along_m <= m.along_m <= a.to_along_m), -1)
        if number >= 0:
            assert (sight.stare, sight.holding) == (number, True)
            held[number], since_s = held[number] + 1, 0.0
            continue
        since_s += 0.1
        soon_m = (turn_s + 1.5) * 1.3 * max(math.hypot(m.vx_m_s, m.vy_m_s), 15.0)
        soon = any(0.0 < a.from_along_m - m.along_m < soon_m for a in aims)
        if since_s > turn_s and (m.phase != "station" or not soon):
            assert (sight.stare, sight.holding) == (-1, False)
            assert sight.elevation_deg < -69.0
            ahead = sight.azimuth_deg - m.heading_deg - ground.local(m.x_m, m.y_m).convergence_deg
            beside.append(abs((ahead + 180.0) % 360.0 - 180.0))
            away, idle = away + (m.phase != "station"), idle + (m.phase == "station")
    assert np.quantile(beside, 0.9) < 3.0, "straight ahead, but for the moments in which the aircraft itself turns"
    assert held.min() > 50
    assert away > 300
    assert idle > 50
