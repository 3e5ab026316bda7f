"""The simulator's camera against exact ECEF geometry by PROJ, and its rasteriser against marching along rays."""

import dataclasses
import math

import night_stage as stage
import numpy as np
import pytest
from pyproj import Transformer

from apacheta.sim.night import Ground
from apacheta.sim.night.attitude import grid_axes, rotation_of
from apacheta.sim.night.figures import project
from apacheta.sim.night.render import FAR_M, MARKER_HALF_M, Renderer, Scene, View
from apacheta.sim.night.warmth import temperatures_of
from apacheta.sim.world import Undulation, World

ECEF = Transformer.from_crs(4979, 4978, always_xy=True)
FOCAL_PX = 320 / math.tan(math.radians(6.25))
SIZE = (512, 640)
VIEWS = [(0.0, 0.0, 30.0, -25.0), (-2500.0, 900.0, 200.0, -18.0), (1200.0, -700.0, 95.0, -55.0)]
"""Camera grid x, y; azimuth true; elevation."""


@pytest.fixture(scope="module")
def tilted() -> World:
    """The stage's pass with a geoid 43 m over the ellipsoid that tilts as in the Andes."""
    return dataclasses.replace(stage.world(), undulation=Undulation(43.0, 4e-5, -6e-5))


@pytest.fixture(scope="module")
def straight(tilted: World) -> Ground:
    """The same without refraction, as exact geometry has none."""
    return Ground(tilted, refraction=0.0)


def _camera(ground: Ground, x: float, y: float, azimuth: float, elevation: float) -> tuple[View, np.ndarray]:
    camera = (x, y, ground.height_at(x, y) + 420.0)
    sight = rotation_of(azimuth, elevation, 1.5)
    return View(camera, grid_axes(sight, ground.local(x, y).convergence_deg), FOCAL_PX), sight


def _ecef(ground: Ground, x, y, amsl) -> np.ndarray:
    lon, lat = ground.world.to_lonlat(x, y)
    return np.stack(ECEF.transform(lon, lat, np.asarray(amsl) + ground.world.undulation_m(x, y)), axis=-1)


def _exact_ned(ground: Ground, camera: tuple[float, float, float], ecef: np.ndarray) -> np.ndarray:
    lon, lat = (math.radians(v) for v in ground.lonlat(*camera[:2]))
    sl, cl, sp, cp = math.sin(lon), math.cos(lon), math.sin(lat), math.cos(lat)
    ned = np.array([[-sp * cl, -sp * sl, cp], [-sl, cl, 0.0], [-cp * cl, -cp * sl, -sp]])
    return (ecef - _ecef(ground, *camera)) @ ned.T


def _exact_pixels(ground: Ground, view: View, sight: np.ndarray, ecef: np.ndarray) -> tuple[np.ndarray, ...]:
    forward, right, down = (_exact_ned(ground, view.camera, ecef) @ sight).T
    return (SIZE[1] - 1) / 2 + FOCAL_PX * right / forward, (SIZE[0] - 1) / 2 + FOCAL_PX * down / forward, forward


@pytest.mark.parametrize("where", VIEWS)
def test_points_within_2_km_agree_with_exact_geometry_to_a_decimetre(straight: Ground, where) -> None:
    view, sight = _camera(straight, *where)
    rng = np.random.default_rng(5)
    x, y = view.camera[0] + rng.uniform(-1400, 1400, 400), view.camera[1] + rng.uniform(-1400, 1400, 400)
    amsl = straight.heights_at(x, y)
    exact = _exact_ned(straight, view.camera, _ecef(straight, x, y, amsl)) @ sight
    local = straight.local(*view.camera[:2])
    ours = straight.offsets(x, y, amsl, view.camera, local) @ view.axes.T
    assert np.abs(ours - exact[:, [1, 2, 0]]).max() < 0.1
    infront = exact[:, 0] > 300
    column, row, _ = project(straight.offsets(x, y, amsl, view.camera, local), view, SIZE)
    exact_column, exact_row, depth = _exact_pixels(straight, view, sight, _ecef(straight, x, y, amsl))
    gsd = depth / FOCAL_PX
    inside = infront & (np.abs(exact_column) < 2000) & (np.abs(exact_row) < 2000)
    assert (np.hypot(column - exact_column, row - exact_row) * gsd)[inside].max() < 0.1


@pytest.fixture(scope="module")
def scene(straight: Ground) -> Scene:
    return Scene(straight, temperatures_of(straight.world, stage.START_NS), seed=1)


def _march(ground: Ground, view: View, depths: np.ndarray, ray: np.ndarray) -> np.ndarray:
    """Height over the ground along a ray, by exact ECEF positions (no tangent frame of ours)."""
    lon, lat = (math.radians(v) for v in ground.lonlat(*view.camera[:2]))
    sl, cl, sp, cp = math.sin(lon), math.cos(lon), math.sin(lat), math.cos(lat)
    ned = np.array([[-sp * cl, -sp * sl, cp], [-sl, cl, 0.0], [-cp * cl, -cp * sl, -sp]])
    points = _ecef(ground, *view.camera) + np.outer(depths, ray) @ ned
    lon, lat, hae = ECEF.transform(*points.T, direction="INVERSE")
    x, y = ground.world.to_xy(lon, lat)
    return hae - ground.world.undulation_m(x, y) - ground.heights_at(x, y)


@pytest.mark.parametrize("where", VIEWS)
def test_every_range_is_the_first_meeting_of_the_exact_ray_with_the_ground(
    straight: Ground, scene: Scene, where
) -> None:
    view, sight = _camera(straight, *where)
    renderer = Renderer(scene, SIZE[1], SIZE[0])
    renderer.look(view)
    rng = np.random.default_rng(7)
    forward, right, down = sight.T
    met = 0
    for row, column in zip(rng.integers(0, SIZE[0], 60), rng.integers(0, SIZE[1], 60), strict=True):
        ray = forward + right * (column - 319.5) / FOCAL_PX + down * (row - 255.5) / FOCAL_PX
        depth = float(renderer.ranges[row, column])
        if depth > 1e8:
            before = np.arange(5.0, 2500.0, 2.0)
        else:
            met += 1
            before = np.arange(5.0, depth - 2.0, 2.0)
            steep = float(np.ptp(_march(straight, view, np.array([depth - 0.5, depth + 0.5]), ray)))
            assert abs(float(_march(straight, view, np.array([depth]), ray)[0])) < 0.02 + 0.05 * steep
        assert _march(straight, view, before, ray).min() > -0.05
    assert met > 40


def test_markers_are_painted_where_exact_geometry_puts_them(straight: Ground, scene: Scene) -> None:
    view, sight = _camera(straight, *VIEWS[0])
    renderer = Renderer(scene, SIZE[1], SIZE[0])
    renderer.look(view)
    places = []
    for row, column in ((120, 150), (255, 320), (400, 500)):
        depth = float(renderer.ranges[row, column])
        assert depth < FAR_M
        offset = depth * (view.axes.T @ np.array([(column - 319.5) / FOCAL_PX, (row - 255.5) / FOCAL_PX, 1.0]))
        origin = np.array([straight.origin_x_m, straight.origin_y_m])
        cell = np.floor((np.array(view.camera[:2]) + offset[:2] - origin) / straight.cell_m)
        places.append((cell + 0.5) * straight.cell_m + origin)
    xy = np.array(places)
    drawn = renderer.add_markers(view, xy)
    # the square's outline in exact geometry, on the ground
    edge = np.linspace(-MARKER_HALF_M, MARKER_HALF_M, 21)
    u, v = (a.ravel() for a in np.meshgrid(edge, edge))
    seen = 0
    for k in range(len(xy)):
        assert not drawn[k, 4] or drawn[k, 1] > 1.0
        if drawn[k, 0] < drawn[k, 1] or not drawn[k, 4]:
            continue
        seen += 1
        x, y = xy[k, 0] + u, xy[k, 1] + v
        column, row, _ = _exact_pixels(straight, view, sight, _ecef(straight, x, y, straight.heights_at(x, y)))
        assert math.hypot(drawn[k, 2] - column.mean(), drawn[k, 3] - row.mean()) < 0.12
    assert seen >= 2
