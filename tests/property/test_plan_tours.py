"""Every state of every planned tour, sampled by brute force with other means than the planner's."""

import json
import math
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
import shapely
from pyproj import Geod
from sectors import EAST, SECTOR, WEST, box, changed, geojson, heights_amsl_m, two_valleys

from apacheta.app.loading import load_fleet, load_mandate, load_sector, load_world
from apacheta.app.plan import KEYS, make_plan, run
from apacheta.core.errors import Fault, InputFault
from apacheta.core.plan import Tour, WatchPlan, sorties_of
from apacheta.core.sector import Zone
from apacheta.core.sight import LOOK_ABOVE_SLOPE_DEG
from apacheta.formats.plan_json import decode_plan, encode_plan
from apacheta.geo import Camera, Dem, LocalGrid, aim_axes, cold_altimeter_error_m, line_of_sight, project, ray_ranges_m
from apacheta.plan import PlanResult, check_lift_off, plan_night
from apacheta.plan.airspace import Airspace, airspace_of
from apacheta.plan.draw import blinding, commitment, drawn_index, exercise_seed
from apacheta.plan.lottery import LEAST_TOURS, shares_of, timetable_of
from apacheta.plan.menu import Circles, Menu, Start, flown_of
from apacheta.plan.routes import Way, Ways, pad_of, sharpest_rad
from apacheta.plan.sight import Sight, ground_sigma_m, lawful_aims, sight_of
from apacheta.plan.strips import Strip
from apacheta.plan.tours import Flown, Frame, Why, frame_of, tour_of
from apacheta.plan.walkers import traffic_of
from apacheta.sim.night.air import density_kg_m3

GEOD = Geod(ellps="WGS84")
MEMBER = '{ id = "A1", type = "vtol_terminating", base = "Base" }'


class Planned:
    """One plan of two_valleys with its inputs."""

    def __init__(self, folder: Path, text: str = SECTOR, area: list | None = None) -> None:
        self.path = two_valleys(folder, sector=text)
        if area:
            geojson(folder / "area.geojson", "Polygon", [area])
        self.sector = load_sector(self.path)
        self.mandate = load_mandate(folder / "mandate.toml")
        self.fleet = load_fleet(self.sector, self.path)
        self.world = load_world(self.sector, self.path)

    def plan(self, policy: str = "strips", seed: int = 1, **more: object) -> PlanResult:
        return plan_night(
            self.sector, self.mandate, self.fleet, self.world.dem, self.world.border_line, policy, seed, **more
        )

    def airspace(self, *zones: Zone) -> Airspace:
        aircraft = self.fleet["vtol_terminating"]
        sigmas = aircraft.nav_sigma_h_m, aircraft.nav_sigma_v_m
        sector = msgspec.structs.replace(self.sector, zones=(*self.sector.zones, *zones))
        return airspace_of(sector, self.world.dem, self.world.border_line, aircraft.radio, *sigmas)


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Planned:
    return Planned(tmp_path_factory.mktemp("two_valleys"))


@pytest.fixture(scope="module")
def result(planned: Planned) -> PlanResult:
    return planned.plan()


def states(tour: Tour) -> np.ndarray:
    """(n, 3) lat, lon, AMSL every 15 m or less, along geodesics between way-points."""
    found = []
    for a, b in zip(tour.waypoints[:-1], tour.waypoints[1:], strict=True):
        p, q = a.position, b.position
        azimuth, _, length = GEOD.inv(p.lon_deg, p.lat_deg, q.lon_deg, q.lat_deg)
        count = max(2, math.ceil(length / 15.0))
        share = np.linspace(0.0, 1.0, count)
        lon, lat, _ = GEOD.fwd([p.lon_deg] * count, [p.lat_deg] * count, [azimuth] * count, share * length)
        height = a.alt_amsl_m + (b.alt_amsl_m - a.alt_amsl_m) * share
        found.append(np.column_stack([lat, lon, height]))
    return np.unique(np.round(np.concatenate(found), 7), axis=0)


def test_there_is_a_plan_with_sorties(result: PlanResult) -> None:
    assert len(result.plan.tours) >= 4
    assert len(result.plan.slots) >= 3
    assert result.plan.planned_km2 > 0.2
    assert result.plan.containment == "standoff_only"
    assert result.plan.certified_detection is None


def test_nobody_is_asked_to_turn_on_the_spot(planned: Planned, result: PlanResult) -> None:
    """An aircraft on its wing swings out at a sharp corner, over ground that nobody has looked at. Beside the pad,
    where it comes straight up and goes straight down, it may turn by more."""
    for tour in result.plan.tours:
        at = np.column_stack(planned.world.dem.grid.xy(*np.array(
            [(w.position.lat_deg, w.position.lon_deg) for w in tour.waypoints]
        ).T))  # fmt: skip
        pad, at = at[0], at[np.append(True, np.hypot(*np.diff(at, axis=0).T) > 1.0)]
        steps = np.diff(at, axis=0)
        turns = np.degrees(np.abs(np.diff(np.unwrap(np.arctan2(steps[:, 0], steps[:, 1])))))
        away = np.hypot(*(at[1:-1] - pad).T) > 500.0
        assert turns[away].max() <= 45.0
        assert turns.max() <= 100.0


def test_a_way_whose_joints_are_too_sharp_is_left_out(planned: Planned, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a clear straight line anywhere, ways end in whatever corner there is; the sharp ones are not planned."""
    sharpest = []
    joined = Ways._joined
    monkeypatch.setattr(Ways, "_first_clear", lambda *about: None)

    def noted(ways: Ways, way: np.ndarray, strip: Strip, height: float) -> Way | None:
        found = joined(ways, way, strip, height)
        if found is not None:
            sharpest.append(sharpest_rad(np.vstack([strip.lap()[-2:-1], found.home])))
        return found

    monkeypatch.setattr(Ways, "_joined", noted)
    with suppress(Fault):
        planned.plan()
    assert np.degrees(max(sharpest, default=0.0)) <= 45.0


def border_distance_m(planned: Planned, tour: Tour) -> float:
    """Least geodesic distance of the tour's 60 easternmost states to points every few metres along the border."""
    (chain,) = planned.sector.border.chains
    share = np.linspace(0.0, 1.0, 4_000)[:, None]
    line = np.concatenate([a + (b - a) * share for a, b in pairwise(np.array(chain))])
    line = line[(line[:, 1] > -19.52) & (line[:, 1] < -19.38)]
    at = states(tour)
    east = at[np.argsort(-at[:, 1])][:60]
    lon, lat = np.repeat(east[:, 1], len(line)), np.repeat(east[:, 0], len(line))
    away = GEOD.inv(lon, lat, np.tile(line[:, 0], len(east)), np.tile(line[:, 1], len(east)))[2]
    return float(np.min(away))


def test_every_state_keeps_the_standoff_the_lines_accuracy_and_the_tracks_error(
    planned: Planned, result: PlanResult
) -> None:
    border, sigma_m = planned.sector.border, planned.fleet["vtol_terminating"].nav_sigma_h_m
    wanted = border.standoff_m + border.accuracy_m + 45.0 + 3.0 * sigma_m
    assert planned.airspace().wanted_border_m == pytest.approx(wanted)
    for tour in result.plan.tours:
        away = border_distance_m(planned, tour)
        assert away - 5.0 >= wanted
        assert tour.min_border_distance_m <= away + 0.5


def test_a_tour_a_metre_too_near_to_the_border_is_refused(planned: Planned, result: PlanResult) -> None:
    aircraft, air = planned.fleet["vtol_terminating"], planned.airspace()
    for flown in list(result.flown.values())[:3]:
        pad = pad_of(planned.sector.bases[0], air, 150.0)
        assert pad
        way = Ways(air, pad).transit(flown.strip)
        assert way
        frame = frame_of(flown.strip, pad, way, air, aircraft)
        assert isinstance(frame, Frame)
        made = tour_of("Base-01", flown.strip, flown.view, pad, frame, air, aircraft)
        assert isinstance(made, Flown)
        least = made.tour.min_border_distance_m
        for wanted, answer in ((least - 1.0, Flown), (least + 1.0, Why)):
            there = replace(air, wanted_border_m=wanted)
            assert isinstance(tour_of("Base-01", flown.strip, flown.view, pad, frame, there, aircraft), answer)


@pytest.mark.parametrize("kind", ["no_fly", "no_overfly"])
@pytest.mark.parametrize(("wide_m", "high_m"), [(20.0, 20.0), (28.0, 28.0), (3.0, 900.0), (300.0, 200.0)])
def test_no_place_within_the_tracks_error_of_a_closed_zone_is_free_however_small_it_is(
    planned: Planned, kind: str, wide_m: float, high_m: float
) -> None:
    """A box whose lower left corner lies 1 m beside a node of the model: the first two hold no node at all."""
    dem, sigma_m = planned.world.dem, planned.fleet["vtol_terminating"].nav_sigma_h_m
    rows, cols = dem.height_hae_m.shape
    x, y = (o + n // 3 * dem.cell_m + 1.0 for o, n in ((dem.origin_x_m, cols), (dem.origin_y_m, rows)))
    lat, lon = dem.grid.latlon(x + np.array([0, wide_m, wide_m, 0, 0]), y + np.array([0, 0, high_m, high_m, 0]))
    zone = Zone(kind=kind, name="small", ring=tuple(zip(lon, lat, strict=True)))  # type: ignore[arg-type]
    air, ring = planned.airspace(zone), ring_of(planned, list(zone.ring))
    for within_m in (0.0, 20.0, 44.9 + 3.0 * sigma_m):
        edge = shapely.segmentize(ring.buffer(within_m).exterior, 2.0)
        assert np.isinf(air.floor_at(*shapely.get_coordinates(edge).T)).all()
    far = shapely.get_coordinates(ring.buffer(45.0 + 3.0 * sigma_m + 3.0 * dem.cell_m).exterior)
    assert np.isfinite(air.floor_at(*far.T)).all()


def test_a_wider_standoff_or_a_worse_line_pushes_every_tour_back(result: PlanResult, tmp_path: Path) -> None:
    nearest = result.plan.min_border_distance_m
    text = changed(SECTOR, "standoff_m = 400", f"standoff_m = {nearest + 200.0}")
    wide = Planned(tmp_path, changed(text, "accuracy_m = 30", "accuracy_m = 300"))
    made = wide.plan()
    assert made.plan.tours
    assert min(border_distance_m(wide, t) for t in made.plan.tours) - 5.0 >= nearest + 500.0


def test_every_state_keeps_clear_of_the_terrain(planned: Planned, result: PlanResult) -> None:
    base = planned.sector.bases[0]
    for tour in result.plan.tours:
        at = states(tour)
        away = np.array(GEOD.inv(at[:, 1], at[:, 0], [base.lon_deg] * len(at), [base.lat_deg] * len(at))[2])
        free = at[away > 502.0]
        over = free[:, 2] - heights_amsl_m(free[:, 0], free[:, 1])
        # 60 m + LE90 10 m + 3 sigma of 5 m; slope and cold air come on top
        assert over.min() >= 85.0
        assert tour.min_terrain_clearance_m == pytest.approx(over.min(), abs=6.0)


def test_reserve_and_ceiling_are_kept(planned: Planned, result: PlanResult) -> None:
    aircraft = planned.fleet["vtol_terminating"]
    for tour in result.plan.tours:
        assert tour.reserve_fraction >= aircraft.reserve_fraction
        assert tour.max_density_altitude_m <= aircraft.ceiling_amsl_m
        assert tour.radio_margin_db >= 10.0
        assert 20 * 60 <= tour.duration_s <= 60 * 60


def test_stares_resolve_a_walker_and_lie_on_the_own_side(planned: Planned, result: PlanResult) -> None:
    for tour in result.plan.tours:
        assert len({(s.aim.lat_deg, s.aim.lon_deg) for s in tour.stares}) >= 5
        for s in tour.stares:
            assert s.gsd_m <= 0.33
            assert 25.0 <= s.depression_deg <= 45.0
            assert planned.world.border_line.signed_distance_m(s.aim.lat_deg, s.aim.lon_deg) > 150.0
        ends = np.array([(s.from_along_m, s.to_along_m) for s in tour.stares])
        assert (np.diff(ends.ravel()) > 0).all()
        assert ends.max() <= tour.length_m


def test_a_transit_above_the_ceiling_is_refused_before_its_spiral_is_worked_out(
    planned: Planned, result: PlanResult
) -> None:
    aircraft, made = planned.fleet["vtol_terminating"], next(iter(result.flown.values()))
    weak = msgspec.structs.replace(aircraft, ceiling_amsl_m=3_500.0)
    airspace = planned.airspace()
    pad = pad_of(planned.sector.bases[0], airspace, 150.0)
    assert pad
    way = Ways(airspace, pad).transit(made.strip)
    assert way
    assert isinstance(frame_of(made.strip, pad, way, airspace, aircraft), Frame)
    high = replace(way, height_hae_m=made.strip.hae_m + 300.0)
    refused = frame_of(made.strip, pad, high, airspace, weak)
    assert isinstance(refused, Why)
    assert refused.why == "ceiling"


def frames_of(planned: Planned, tour: Tour, rays: int = 33) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Of each stare of a tour at start, middle and end: a dense raster of ground points (n, 2), grid metres, and three
    sigmas of each (n,): half a degree of pointing at the ray's depression, and 8 m of position and terrain."""
    dem, lens = planned.world.dem, planned.fleet["vtol_terminating"].camera
    camera = Camera(lens.width_px, lens.height_px, lens.hfov_deg)
    along, corners = route_of(planned, tour)
    column, row = (a.ravel() for a in np.meshgrid(*(np.linspace(-0.5, 0.5, rays) * s for s in (640, 512))))
    for s in tour.stares:
        aim = np.array([*dem.grid.xy(s.aim.lat_deg, s.aim.lon_deg), s.aim.alt_hae_m + 0.85])
        for moment in (s.from_along_m, (s.from_along_m + s.to_along_m) / 2, s.to_along_m):
            eye = np.array([np.interp(moment, along, corners[:, k]) for k in range(3)])
            right, down, forward = aim_axes(eye, aim)
            ways = forward + np.outer(column, right) / camera.focal_px + np.outer(row, down) / camera.focal_px
            ways /= np.linalg.norm(ways, axis=1)[:, None]
            ranges = ray_ranges_m(dem, eye, ways, 10_000.0)
            assert np.isfinite(ranges).all()
            sigma = np.hypot(ranges * math.radians(0.5) / -ways[:, 2], 8.0)
            yield (eye + ways * ranges[:, None])[:, :2], 3.0 * sigma


def ring_of(planned: Planned, ring: list) -> shapely.Polygon:
    lon, lat = np.array(ring).T
    return shapely.Polygon(np.column_stack(planned.world.dem.grid.xy(lat, lon)))


def test_every_frame_lies_in_the_mandate_and_clear_of_no_look_zones(tmp_path: Path) -> None:
    house = box(-66.978, -19.483, -66.974, -19.480)
    two_valleys(tmp_path)
    geojson(tmp_path / "house.geojson", "Polygon", [house])
    zone = '[[zones]]\nkind = "no_look"\nfile = "house.geojson"\n\n[[bases]]'
    area = box(WEST - 0.1, -19.49, EAST + 0.1, -19.452)
    guarded = Planned(tmp_path, changed(SECTOR, "[[bases]]", zone), area=area)
    made = guarded.plan()
    assert len(made.plan.tours) >= 3
    mandate, closed = ring_of(guarded, area), ring_of(guarded, house)
    shapely.prepare([mandate, closed])
    nearest_edge, nearest_house = math.inf, math.inf
    for tour in made.plan.tours:
        for ground, error_m in frames_of(guarded, msgspec.structs.replace(tour, stares=tour.stares[:60])):
            at = shapely.points(ground)
            assert shapely.contains(mandate, at).all()
            nearest_edge = min(nearest_edge, float((shapely.distance(mandate.boundary, at) - error_m).min()))
            nearest_house = min(nearest_house, float((shapely.distance(closed, at) - error_m).min()))
    assert 0.0 <= nearest_edge < 400.0, "frames come near enough for the test to mean something"
    assert 0.0 <= nearest_house < 400.0


def test_the_error_on_the_ground_grows_as_a_ray_grazes_it() -> None:
    def three_sigma_m(depression_deg: float, range_m: float) -> float:
        down = math.radians(depression_deg)
        return 3.0 * float(ground_sigma_m(np.array([math.cos(down), 0.0, -math.sin(down)]), np.array(range_m)))

    assert three_sigma_m(90.0, 900.0) == pytest.approx(3.0 * math.hypot(7.85, 8.0), abs=0.1)
    assert three_sigma_m(20.0, 1_180.0) == pytest.approx(93.4, abs=0.5)
    assert math.isfinite(three_sigma_m(-5.0, 900.0))


def _above_slope_deg(dem: Dem, eye: np.ndarray, nodes: np.ndarray) -> np.ndarray:
    """Angles (n,) at which rays from `eye` meet the slope at nodes (n, 3), from heights 1 m to each side."""
    x, y = nodes[:, 0], nodes[:, 1]
    east, north = (
        (dem.height_at(x + a, y + b) - dem.height_at(x - a, y - b)) / 2.0 for a, b in ((1.0, 0.0), (0.0, 1.0))
    )
    normal = np.column_stack([-east, -north, np.ones(len(x))])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    up = (eye - nodes) / np.linalg.norm(eye - nodes, axis=1, keepdims=True)
    return np.degrees(np.arcsin(np.einsum("ni,ni->n", up, normal)))


def test_watched_ground_is_that_of_the_stares_that_are_flown(planned: Planned, result: PlanResult) -> None:
    """Worked out anew from plan.json's stares, each from where the aircraft is in its middle."""
    dem, drawn = planned.world.dem, {s.drawn for s in result.plan.slots}
    rows, cols = dem.height_hae_m.shape
    row, col = (a.ravel() for a in np.indices((rows, cols)))
    nodes = np.column_stack(
        [dem.origin_x_m + col * dem.cell_m, dem.origin_y_m + row * dem.cell_m, dem.height_hae_m.ravel() + 0.85]
    )
    watched = np.zeros(rows * cols, np.bool_)
    for tour in result.plan.tours:
        seen = np.zeros(rows * cols, np.bool_)
        for eye, aim, camera in stares_of(planned, tour):
            near = np.flatnonzero(np.abs(nodes[:, :2] - aim[:2]).max(axis=1) < 600.0)
            u, v, depth = project(nodes[near], eye, aim_axes(eye, aim), camera)
            near = near[(u >= 0) & (v >= 0) & (u <= 639) & (v <= 511) & (depth / camera.focal_px <= 0.6)]
            near = near[_above_slope_deg(dem, eye, nodes[near]) >= LOOK_ABOVE_SLOPE_DEG]
            seen[near[line_of_sight(dem, np.broadcast_to(eye, (len(near), 3)), nodes[near])]] = True
        assert tour.watched_km2 == pytest.approx(seen.sum() * dem.cell_m**2 / 1e6, rel=0.04)
        watched |= seen if tour.id in drawn else False
    assert result.plan.planned_km2 == pytest.approx(watched.sum() * dem.cell_m**2 / 1e6, rel=0.03)
    unsure = np.count_nonzero(watched != result.drawn_watched.ravel())
    assert unsure < 0.06 * watched.sum(), "nearly every cell that is claimed is looked at, and the reverse"


def stares_of(planned: Planned, tour: Tour) -> Iterator[tuple[np.ndarray, np.ndarray, Camera]]:
    """Each different stare's middle: where the camera is, what it aims at, the camera."""
    dem, lens = planned.world.dem, planned.fleet["vtol_terminating"].camera
    along, corners = route_of(planned, tour)
    known = set()
    for s in tour.stares:
        moment = (s.from_along_m + s.to_along_m) / 2
        eye = np.array([np.interp(moment, along, corners[:, k]) for k in range(3)])
        aim = np.array([*dem.grid.xy(s.aim.lat_deg, s.aim.lon_deg), s.aim.alt_hae_m + 0.85])
        if (key := tuple(np.round([*eye, *aim]))) not in known:
            known.add(key)
            yield eye, aim, Camera(lens.width_px, lens.height_px, lens.hfov_deg)


def route_of(planned: Planned, tour: Tour) -> tuple[np.ndarray, np.ndarray]:
    """Metres along (n,) and corners (n, 3) of a tour, grid metres and HAE."""
    place = [w.position for w in tour.waypoints]
    x, y = planned.world.dem.grid.xy([p.lat_deg for p in place], [p.lon_deg for p in place])
    return np.array([w.along_m for w in tour.waypoints]), np.column_stack([x, y, [p.alt_hae_m for p in place]])


def test_what_is_seen_through_a_notch_of_20_m_is_in_the_frame() -> None:
    """A wall 900 m in front of the camera, a notch in it, and a house behind the notch; the camera aims beside it."""
    y, x = np.mgrid[0:3_000:10, -500:510:10]
    wall = np.where((y >= 880) & (y <= 900), 400.0, 0.0)
    seen = []
    for height in (wall, np.where(x == -20, 0.0, wall)):
        dem = Dem(LocalGrid(-19.45, -66.94, 0.0), height.astype(np.float32), -500.0, 0.0, 10.0, "")
        far_off = SimpleNamespace(border_about_m=lambda x, y: np.full(x.shape, 1e5), dem=dem)
        far_off.sector = SimpleNamespace(border=SimpleNamespace(accuracy_m=0.0))
        sight = Sight(shapely.box(-1e5, -1e5, 1e5, 1e5), (shapely.box(-60.0, 1_300.0, 0.0, 1_400.0),))
        camera, eye, aim = Camera(640, 512, 12.5), np.array([0.0, 0.0, 400.0]), np.array([[0.0, 880.0, 150.0]])
        seen.append(bool(lawful_aims(eye, aim, far_off, camera, sight)[0]))  # type: ignore[arg-type]
    assert seen == [True, False]


def test_the_way_begins_and_ends_at_the_base(planned: Planned, result: PlanResult) -> None:
    base = planned.sector.bases[0]
    for tour in result.plan.tours:
        for point in (tour.waypoints[0], tour.waypoints[-1]):
            p = point.position
            assert GEOD.inv(p.lon_deg, p.lat_deg, base.lon_deg, base.lat_deg)[2] < 0.01
        assert [tour.waypoints[0].kind, tour.waypoints[-1].kind] == ["takeoff", "land"]
        along = [w.along_m for w in tour.waypoints]
        assert along == sorted(along)
        assert along[-1] == pytest.approx(tour.length_m)


def test_the_circle_at_the_base_is_wide_enough_at_every_height_that_it_climbs_to(tmp_path: Path) -> None:
    """By hand: 19 m/s calibrated, 28 degrees of bank, the wind and its sigma from behind."""
    layers = "wind = [{ height_amsl_m = 4000, from_deg = 280, speed_m_s = 2, sigma_m_s = 1 }, "
    layers += "{ height_amsl_m = 4800, from_deg = 280, speed_m_s = 8, sigma_m_s = 2 }]"
    calm = "wind = [{ height_amsl_m = 4000, from_deg = 280, speed_m_s = 4, sigma_m_s = 1 }]"
    windy = Planned(tmp_path, changed(SECTOR, calm, layers))
    made = windy.plan()
    assert made.plan.tours
    for tour in made.plan.tours:
        _, corners = route_of(windy, tour)
        up = [i for i, w in enumerate(tour.waypoints) if w.kind == "climb"][1:]
        circle = corners[up[-12:], :2]
        radius = float(np.hypot(*(circle - circle.mean(axis=0)).T).mean()) * math.cos(math.pi / 12)
        for w in (tour.waypoints[i] for i in up):
            wind = 3.0 + 7.0 * min(max((w.alt_amsl_m - 4000.0) / 800.0, 0.0), 1.0)
            tas = 19.0 / math.sqrt(density_kg_m3(w.alt_amsl_m, -5.0, 1013.0) / 1.225)
            assert (tas + wind) ** 2 / (9.80665 * math.tan(math.radians(28.0))) <= radius + 0.5


def test_walkers_want_to_goals_on_the_own_side_only(planned: Planned, tmp_path: Path) -> None:
    far = '[[goals]]\nname = "abroad"\nlat_deg = -19.45\nlon_deg = -66.89\n\n[weather]'
    abroad = Planned(tmp_path, changed(SECTOR, "[weather]", far))
    ways = [
        traffic_of(p.sector, p.world.dem, p.world.border_line, np.random.default_rng(1)).bits for p in (planned, abroad)
    ]
    assert ways[0].any()
    assert np.array_equal(*ways)


def test_each_tour_has_the_floor_of_its_own_type(tmp_path: Path) -> None:
    other = MEMBER.replace("A1", "A2").replace("vtol_terminating", "multicopter")
    mixed = Planned(tmp_path, changed(SECTOR, MEMBER, f"{other}, {MEMBER}"))
    rough = msgspec.structs.replace(mixed.fleet["vtol_terminating"], nav_sigma_v_m=15.0)
    mixed.fleet = {**mixed.fleet, "vtol_terminating": rough}
    made = mixed.plan()
    kinds = {t: s.aircraft_type for s in made.plan.slots for t in s.tours}
    assert set(kinds.values()) == {"vtol_terminating", "multicopter"}
    terrain = mixed.world.dem.height_hae_m
    for tour, kind in kinds.items():
        floor = made.flown[tour].floor_hae_m
        over = (floor - terrain)[np.isfinite(floor)].min()
        assert over == pytest.approx(70.0 + 3.0 * mixed.fleet[kind].nav_sigma_v_m, abs=12.0)


@pytest.mark.parametrize("slew_deg_s", [60.0, 12.0])
def test_the_camera_has_turned_and_settled_when_a_stare_begins(
    planned: Planned, result: PlanResult, slew_deg_s: float
) -> None:
    camera = planned.fleet["vtol_terminating"].camera
    made = result if slew_deg_s == camera.slew_deg_s else slewing(planned, slew_deg_s)
    turned = 0.0
    for flown in made.flown.values():
        along, corners = route_of(planned, flown.tour)
        ends = np.array([(s.from_along_m, s.to_along_m) for s in flown.tour.stares])
        eyes = np.stack([np.interp(ends, along, corners[:, k]) for k in range(3)], -1)
        begin, end = np.interp(ends, along, flown.seconds).T
        place = [(*planned.world.dem.grid.xy(s.aim.lat_deg, s.aim.lon_deg), s.aim.alt_hae_m) for s in flown.tour.stares]
        one, two = np.array(place)[:-1] - eyes[:-1, 1], np.array(place)[1:] - eyes[1:, 0]
        cosine = np.sum(one * two, axis=1) / np.linalg.norm(one, axis=1) / np.linalg.norm(two, axis=1)
        angle = np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))
        wanted = np.maximum(angle / slew_deg_s + 0.8, 1.5)
        assert (begin[1:] - end[:-1] - wanted).min() > -0.05
        turned = max(turned, float(angle.max()))
    assert turned > 20.0


def slewing(planned: Planned, slew_deg_s: float) -> PlanResult:
    """The plan with a camera that turns so fast."""
    aircraft = planned.fleet["vtol_terminating"]
    camera = msgspec.structs.replace(aircraft.camera, slew_deg_s=slew_deg_s)
    fleet = {"vtol_terminating": msgspec.structs.replace(aircraft, camera=camera)}
    return plan_night(planned.sector, planned.mandate, fleet, planned.world.dem, planned.world.border_line, "strips", 1)


def test_a_way_with_too_tight_an_arc_is_refused(planned: Planned, result: PlanResult) -> None:
    aircraft, air = planned.fleet["vtol_terminating"], planned.airspace()
    sight = sight_of(planned.sector, planned.mandate, planned.world.dem)
    circles = Circles(Start(planned.sector.bases[0], "vtol_terminating", aircraft), air)
    strip = next(iter(result.flown.values())).strip
    found = circles.way_to(strip)
    assert isinstance(found, tuple)
    pad, way = found
    for tightest_m, answer in ((strip.radius_m, Flown), (0.8 * strip.radius_m, Why)):
        tight = SimpleNamespace(start=circles.start, way_to=lambda s, t=tightest_m: (pad, replace(way, tightest_m=t)))
        made = flown_of("Base-01", strip, tight, air, sight, 0.33)  # type: ignore[arg-type]
        assert isinstance(made, answer)
    assert isinstance(made, Why)
    assert made.why == "turn"


@pytest.mark.parametrize(("windy_m", "answer"), [(None, Flown), (200.0, Why), (400.0, Why)])
def test_a_racetrack_too_tight_for_the_wind_at_a_height_that_its_laps_come_through_is_refused(
    planned: Planned, result: PlanResult, windy_m: float | None, answer: type
) -> None:
    """A straight way 400 m higher than the strip; the wind is too much for the strip's turns there, or half way."""
    aircraft, air = planned.fleet["vtol_terminating"], planned.airspace()
    sight = sight_of(planned.sector, planned.mandate, planned.world.dem)
    circles = Circles(Start(planned.sector.bases[0], "vtol_terminating", aircraft), air)
    strip = next(iter(result.flown.values())).strip
    found = circles.way_to(strip)
    assert isinstance(found, tuple)
    pad, way = found[0], replace(found[1], height_hae_m=strip.hae_m + 400.0, tightest_m=math.inf)
    amsl_m, calm = air.amsl_m(strip.hae_m), planned.sector.weather
    layers = tuple(
        msgspec.structs.replace(
            calm.wind[0], height_amsl_m=amsl_m + h, speed_m_s=12.0 if h == windy_m else 1.0, sigma_m_s=0.0
        )
        for h in (-100.0, 0.0, 200.0, 400.0)
    )
    weather = msgspec.structs.replace(calm, wind=layers)
    there = replace(air, sector=msgspec.structs.replace(planned.sector, weather=weather))
    high = SimpleNamespace(start=circles.start, way_to=lambda s: (pad, way))
    made = flown_of("Base-01", strip, high, there, sight, 0.33)  # type: ignore[arg-type]
    assert isinstance(made, answer)
    assert not isinstance(made, Why) or made.why == "turn"


def test_the_same_seed_gives_the_same_bytes_and_another_another_draw(planned: Planned, result: PlanResult) -> None:
    again = planned.plan()
    assert encode_plan(again.plan) == encode_plan(result.plan)
    draws = [drawn_anew(result.plan, exercise_seed(seed)) for seed in range(1, 7)]
    assert draws[0] == [s.drawn for s in result.plan.slots]
    assert len(set(map(tuple, draws))) > 1


def drawn_anew(plan: WatchPlan, draw_seed: bytes) -> list[str]:
    """What the plan's own lotteries give from a seed."""
    return [s.tours[drawn_index(draw_seed, s.id, s.probabilities)] for s in plan.slots]


def test_a_secret_seed_changes_the_draws_and_what_they_hide_behind_and_no_tour(
    planned: Planned, result: PlanResult
) -> None:
    secret = bytes(range(32))
    other = planned.plan(draw_seed=secret)
    assert (other.plan.tours, other.plan.seed) == (result.plan.tours, result.plan.seed)
    assert [s.drawn for s in other.plan.slots] == drawn_anew(result.plan, secret)
    assert (other.plan.draw_sha256, other.plan.draw_blind) == (commitment(secret), blinding(secret))
    assert result.plan.draw_sha256 == commitment(exercise_seed(1))


def test_a_plan_without_a_seed_draws_from_a_secret_one_and_one_with_it_says_that_it_can_be_foretold(
    tmp_path: Path,
) -> None:
    path, out = two_valleys(tmp_path), tmp_path / "out"
    bodies = [run(path, out, seed=seed, max_seconds=0.001)[0] for seed in (None, None, 1, 1)]
    told = ["draw_foretellable" in {w["code"] for w in body["warnings"]} for body in bodies]
    assert (told, [body["seed"] for body in bodies]) == ([False, False, True, True], [1] * 4)
    first, second, third, fourth = (body["draw_sha256"] for body in bodies)
    assert len({first, second, third}) == 3
    assert third == fourth == commitment(exercise_seed(1))
    kept = json.loads((out / "draw.json").read_bytes())
    assert kept == {"format": "draw/1", "plan_sha256": bodies[3]["plan_sha256"], "seed": exercise_seed(1).hex()}
    assert (out / "draw.json").stat().st_mode & 0o777 == 0o600
    assert kept["seed"] not in (out / "plan.json").read_text() + (out / "plan.html").read_text(encoding="utf-8")


def test_policies_differ_in_their_probabilities_only(planned: Planned, result: PlanResult) -> None:
    lawnmower, lottery = planned.plan("lawnmower").plan, planned.plan("strip-lottery").plan
    assert {s.drawn for s in lawnmower.slots} == {lawnmower.slots[0].drawn}
    assert max(lawnmower.slots[0].probabilities) == 1.0
    for plan in (lawnmower, lottery, result.plan):
        assert [t.id for t in plan.tours] == [t.id for t in result.plan.tours]
        for slot in plan.slots:
            assert sum(slot.probabilities) == pytest.approx(1.0)
    assert len(set(lottery.slots[0].probabilities)) > 1


def test_plan_json_round_trips_and_an_edit_is_refused(result: PlanResult) -> None:
    data = encode_plan(result.plan)
    assert decode_plan(data, "plan.json") == result.plan
    assert len(sorties_of(result.plan)) == len(result.plan.slots)
    for wrong in (
        data + b"\n",
        data.replace(b'"seed":1', b'"seed":1,"x":2'),
        data[:-9],
        data.replace(b"plan/1", b"plan/2"),
    ):
        with pytest.raises(InputFault):
            decode_plan(wrong, "plan.json")


def test_an_aircraft_that_cannot_lift_off_is_refused_with_the_figure(tmp_path: Path) -> None:
    hot = Planned(tmp_path, changed(SECTOR, "isa_deviation_c = -5", "isa_deviation_c = 40"))
    with pytest.raises(InputFault, match=r"density altitude at base Base is 5\d\d\d m, it lifts off up to 5000 m"):
        hot.plan()


def test_an_aircraft_that_low_pressure_keeps_down_is_refused_with_the_figure(tmp_path: Path) -> None:
    low = Planned(tmp_path, changed(SECTOR, "qnh_hpa = 1013", "qnh_hpa = 850"))
    with pytest.raises(InputFault, match=r"density altitude at base Base is 5\d\d\d m, it lifts off up to 5000 m"):
        low.plan()


def test_a_cold_altimeter_is_reckoned_from_the_height_at_which_it_is_set(planned: Planned) -> None:
    air, dem, weather = planned.airspace(), planned.world.dem, planned.sector.weather
    base, aircraft = planned.sector.bases[0], planned.fleet["vtol_terminating"]
    setting = float(dem.height_at(*dem.grid.xy(base.lat_deg, base.lon_deg)))
    finite = np.where(np.isfinite(air.floor_hae_m), air.floor_hae_m, 0.0)
    row, col = np.unravel_index(np.argmax(finite), finite.shape)
    above = air.floor_hae_m[row, col] - setting
    cold = float(cold_altimeter_error_m(above, weather.isa_deviation_c, air.amsl_m(setting)))
    assert cold > 1.03 * float(cold_altimeter_error_m(above, weather.isa_deviation_c))
    reach = math.ceil((45.0 + 3.0 * aircraft.nav_sigma_h_m) / dem.cell_m)
    up_y, up_x = np.gradient(dem.height_hae_m.astype(np.float64), dem.cell_m)
    steepest = np.hypot(up_x, up_y)[row - reach : row + reach + 1, col - reach : col + reach + 1].max()
    errors = planned.sector.terrain.le90_m + steepest * planned.sector.terrain.ce90_m + 3.0 * aircraft.nav_sigma_v_m
    assert air.required_m[row, col] == pytest.approx(60.0 + errors + cold, abs=0.05)


def test_a_plane_without_rotors_is_refused_not_planned_as_if_it_had_them(planned: Planned) -> None:
    plane = msgspec.structs.replace(planned.fleet["vtol_terminating"], kind="plane")
    with pytest.raises(InputFault, match="a plane without rotors is not planned for yet") as refused:
        check_lift_off(planned.sector, planned.sector.bases[0], plane, planned.world.dem)
    assert (refused.value.line.code, refused.value.line.field) == ("cannot_lift_off", "fleet.aircraft")
    assert refused.value.line.remedy


def test_what_is_not_flown_says_why(planned: Planned, tmp_path: Path) -> None:
    deaf = Planned(tmp_path)
    aircraft = deaf.fleet["vtol_terminating"]
    radio = msgspec.structs.replace(aircraft.radio, sensitivity_dbm=-40.0)
    deaf.fleet = {"vtol_terminating": msgspec.structs.replace(aircraft, radio=radio)}
    made = deaf.plan().plan
    assert not made.slots
    assert [(d.what, d.why) for d in made.dropped] == [("Base, vtol_terminating", "no_way"), ("A1", "no_tour")]
    assert [d.why for d in planned.plan(out_of_time=lambda: True).plan.dropped] == ["no_time", "no_tour"]


def test_a_member_without_a_tour_is_named(planned: Planned, result: PlanResult) -> None:
    flown = next(iter(result.flown.values()))
    members = [msgspec.structs.replace(planned.sector.fleet[0], id=name) for name in ("A1", "A2", "A3")]
    shares = shares_of(members, Menu([flown], [1.0], []))
    _, dropped = timetable_of(planned.sector, shares, [])
    assert sorted((d.what, d.why) for d in dropped) == [("A2", "no_tour"), ("A3", "no_tour")]


def test_the_radio_margin_is_that_of_the_best_mast(planned: Planned) -> None:
    air = planned.airspace()
    at = np.array([[s.x_m + 300.0, s.y_m, s.z_hae_m + 200.0] for s in air.stations])
    alone = [replace(air, stations=(s,)).link_db(*at.T) for s in air.stations]
    assert len(alone) == 2
    assert air.link_db(*at.T) == pytest.approx(np.max(alone, axis=0))


def test_wind_beyond_the_launch_limit_is_refused_with_the_figure(tmp_path: Path) -> None:
    windy = Planned(tmp_path, changed(SECTOR, "gust_m_s = 6", "gust_m_s = 14"))
    with pytest.raises(InputFault, match=r"wind at base Base reaches 14\.0 m/s, it lifts off up to 12\.0"):
        windy.plan()


def test_without_time_the_plan_says_so_and_is_valid(tmp_path: Path) -> None:
    path = two_valleys(tmp_path)
    body, code = run(path, tmp_path / "out", policy="strips", max_seconds=0.001)
    assert body["interrupted"] is True
    assert code in (0, 1)
    assert set(KEYS) <= set(body)
    decode_plan((tmp_path / "out" / "plan.json").read_bytes(), "plan.json")


def test_a_plan_without_tours_claims_no_distances(tmp_path: Path) -> None:
    """The least of no tours is unknown: in the plan's file and in the answer; the page is made without them."""
    body, _ = run(two_valleys(tmp_path), tmp_path / "out", max_seconds=0.0001)
    made = decode_plan((tmp_path / "out" / "plan.json").read_bytes(), "plan.json")
    assert (body["tours"], made.tours) == (0, ())
    least = ("min_border_distance_m", "min_terrain_clearance_m", "min_energy_reserve_fraction")
    assert [getattr(made, name) for name in least] == [body[name] for name in least] == [None, None, None]
    assert made.clearance_required_m is None
    assert (tmp_path / "out" / "plan.html").is_file()


def test_time_that_runs_out_over_the_proofs_cost_interrupts_no_plan(
    planned: Planned, result: PlanResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The night is planned once more without the proof, for a figure: without the time for that there is no figure."""

    def plan(*given, proof_ground=None, **more) -> PlanResult:
        if proof_ground is None:
            given[-1]._end = 0.0
            assert given[-1]()
        return result

    monkeypatch.setattr("apacheta.app.plan.plan_night", plan)
    given = {"policy": "strips", "seed": 1, "max_seconds": 1e6, "out_dir": tmp_path / "out", "with_cost": True}
    given |= {"sector_path": planned.path}
    body = make_plan(planned.sector, planned.mandate, planned.fleet, planned.world, **given).body
    assert (body["interrupted"], body["watched_without_proof_km2"], body["still_watched_share"]) == (False, None, None)
    assert body["tours"] > 0


def test_an_older_certificate_does_not_stay_beside_a_plan_that_has_none(tmp_path: Path) -> None:
    """At such a QNH nothing is proven, and what lies there is of the plan before."""
    path, out = two_valleys(tmp_path), tmp_path / "out"
    run(path, out, policy="strips", max_seconds=0.001)
    assert (out / "certificate.json").is_file()
    path.write_text(changed(SECTOR, "qnh_hpa = 1013", "qnh_hpa = 984"), encoding="utf-8")
    body, _ = run(path, out, policy="strips", max_seconds=0.001)
    assert (body["certificate"], [w["code"] for w in body["warnings"]][:1]) == (None, ["air_out_of_range"])
    assert sorted(p.name for p in out.iterdir()) == ["draw.json", "inputs.json", "plan.html", "plan.json"]


def test_the_command_writes_plan_and_page_whole(planned: Planned, tmp_path: Path) -> None:
    given = {"policy": "strips", "seed": 3, "max_seconds": None, "out_dir": tmp_path / "out", "language": "es"}
    given |= {"sector_path": planned.path}
    made = make_plan(planned.sector, planned.mandate, planned.fleet, planned.world, **given)
    files = ["certificate.json", "draw.json", "plan.html", "plan.json"]
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == files
    page = made.report_path.read_text(encoding="utf-8")
    assert '<html lang="es">' in page
    assert "://" not in page
    assert made.body["plan_sha256"] in page
    assert decode_plan(made.plan_path.read_bytes(), "plan.json").seed == 3
    assert json.loads(json.dumps(made.body))["min_border_distance_m"] >= 430.0


def test_no_two_tours_that_could_be_drawn_come_within_500_m(tmp_path: Path) -> None:
    member = '{ id = "A1", type = "vtol_terminating", base = "Base" }'
    text = changed(SECTOR, member, f"{member}, {member.replace('A1', 'A2').replace('Base', 'North')}")
    north = '[[bases]]\nname = "North"\nlat_deg = -19.425\nlon_deg = -66.975\npads = 1\nmast_agl_m = 10\n\n'
    two = Planned(tmp_path, changed(text, "[[relays]]", f"{north}[[relays]]"))
    made = two.plan()
    assert {s.aircraft for s in made.plan.slots} == {"A1", "A2"}
    assert all(len(s.tours) >= LEAST_TOURS for s in made.plan.slots)
    assert {d.what for d in made.plan.dropped if d.why == "separation"} == {"A1", "A2"}
    assert made.plan.min_separation_m is None or made.plan.min_separation_m >= 500.0
    bases = [np.array(two.world.dem.grid.xy(b.lat_deg, b.lon_deg)) for b in two.sector.bases]
    for a in made.plan.slots:
        for b in made.plan.slots:
            if (a.aircraft, b.aircraft) != ("A1", "A2"):
                continue
            shift = (int(b.launch_utc_ns) - int(a.launch_utc_ns)) / 1e9
            for one in a.tours:
                for other in b.tours:
                    assert _nearest(made.flown[one], made.flown[other], shift, bases) >= 500.0


def test_two_types_at_one_base_each_fly_tours_of_their_own(tmp_path: Path) -> None:
    other = MEMBER.replace("A1", "A2").replace("vtol_terminating", "multicopter")
    mixed = Planned(tmp_path, changed(SECTOR, MEMBER, f"{other}, {MEMBER}"))
    made = mixed.plan()
    ids = [t.id for t in made.plan.tours]
    assert len(set(ids)) == len(ids) == len(made.flown)
    assert ids == [f"Base-{n + 1:02d}" for n in range(len(ids))]
    assert {s.aircraft_type for s in made.plan.slots} == {"vtol_terminating", "multicopter"}
    for slot in made.plan.slots:
        for tour in (made.plan.tour(i) for i in slot.tours):
            used = tour.energy_wh / (1.0 - tour.reserve_fraction)
            assert used == pytest.approx(mixed.fleet[slot.aircraft_type].battery_wh)


def _nearest(a: Flown, b: Flown, shift: float, bases: list[np.ndarray]) -> float:
    moments = np.arange(max(0.0, shift), min(a.seconds[-1], shift + b.seconds[-1]), 1.0)
    p, q = (
        np.column_stack([np.interp(t, f.seconds, f.corners[:, k]) for k in range(3)])
        for f, t in ((a, moments), (b, moments - shift))
    )
    near = np.abs(p[:, 2] - q[:, 2]) < 60.0
    for base in bases:
        near &= (np.hypot(*(p[:, :2] - base).T) > 500.0) & (np.hypot(*(q[:, :2] - base).T) > 500.0)
    return float(np.hypot(*(p - q)[near, :2].T).min()) if near.any() else math.inf
