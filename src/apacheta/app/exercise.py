"""The exercise ground: a generated pass as the files that any user would bring, and a world for a user's own sector.

Kept in the cache by seed and version, made whole or not at all (a folder is renamed into place).
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.ndimage import distance_transform_edt
from shapely.geometry import LineString, box

from ..adapters.raster import write_grid
from ..core.sector import Sector
from ..geo import LocalGrid, dem_of, undulation_m
from ..sim.world import (
    WORLD_VERSION,
    Site,
    Undulation,
    Village,
    Way,
    World,
    generate_world,
    save_world,
    world_from_heights,
)
from ..sim.world.recipe import GENERATED_LAT_DEG, GENERATED_LON_DEG
from .folders import cache_folder, made_whole
from .loading import CELL_M, bounds_of, rasters_of
from .loading import World as Ground

EXERCISE_VERSION = 1
NIGHT_START = "2026-06-21T23:00:00Z"
NIGHT_END = "2026-06-22T07:00:00Z"
MANDATE_FROM = "2026-06-01T00:00:00Z"
MANDATE_TO = "2026-07-01T00:00:00Z"
STANDOFF_M = 400.0
LINE_ACCURACY_M = 30.0
VILLAGE_POINTS = 24
TYPE = "vtol_terminating"
WORLD_FILE = "world.npz"
Tell = Callable[[float, str], None]


@dataclass(frozen=True)
class Exercise:
    """Where the files of an exercise lie."""

    sector: Path
    mandate: Path
    world: Path


def generated_pass(seed: int, tell: Tell) -> Exercise:
    """The exercise on the generated pass of that seed; made on first use (about half a minute)."""
    folder = cache_folder() / "pass" / f"{WORLD_VERSION}.{EXERCISE_VERSION}-{seed}"
    if not (folder / "sector.toml").is_file():
        made_whole(folder, lambda new: _write_pass(new, seed, tell))
    return Exercise(folder / "sector.toml", folder / "mandate.toml", folder / WORLD_FILE)


def world_of_sector(sector: Sector, ground: Ground, seed: int, tell: Tell) -> Path:
    """A simulated world over a user's own terrain: its truth is finer than, and different from, the user's model."""
    folder = cache_folder() / "terrain" / f"{WORLD_VERSION}.{EXERCISE_VERSION}-{sector.sha256[:16]}-{seed}"
    if not (folder / WORLD_FILE).is_file():
        made_whole(folder, lambda new: _keep(_world_over(sector, ground, seed, tell), new))
    return folder / WORLD_FILE


def _keep(world: World, folder: Path) -> None:
    save_world(world, folder, WORLD_FILE)


def _undulation_plane(lat0_deg: float, lon0_deg: float) -> Undulation:
    """EGM96 about the point as a plane: its value, and its slopes over 20 km."""
    reach_m = 10_000.0
    east, north = np.array([0.0, 1.0, -1.0, 0.0, 0.0]) * reach_m, np.array([0.0, 0.0, 0.0, 1.0, -1.0]) * reach_m
    n = np.asarray(undulation_m(*LocalGrid(lat0_deg, lon0_deg, 0.0).latlon(east, north)), dtype=float)
    return Undulation(float(n[0]), float((n[1] - n[2]) / (2 * reach_m)), float((n[3] - n[4]) / (2 * reach_m)))


def _world_over(sector: Sector, ground: Ground, seed: int, tell: Tell) -> World:
    """The sector's terrain, border and places in the simulator's own frame, and a truth around them."""
    tell(0.1, "")
    lat0, lon0 = ground.dem.grid.lat0_deg, ground.dem.grid.lon0_deg
    grid = LocalGrid(lat0, lon0, 0.0)
    west, south, east, north = bounds_of(sector)
    source, geoid = rasters_of(sector)
    dem = dem_of(source, grid, west, south, east, north, CELL_M, sector.terrain.vertical_datum, geoid)
    plane = _undulation_plane(lat0, lon0)
    x_m = dem.origin_x_m + dem.cell_m * np.arange(dem.height_hae_m.shape[1])
    y_m = dem.origin_y_m + dem.cell_m * np.arange(dem.height_hae_m.shape[0])
    offset_m = plane.at_origin_m + plane.per_m_east * x_m[None, :] + plane.per_m_north * y_m[:, None]
    tell(0.3, "")
    return world_from_heights(
        name=sector.name,
        heights_amsl_m=_without_voids(dem.height_hae_m) - offset_m,
        lat0_deg=lat0,
        lon0_deg=lon0,
        border=_border_near([_chain(grid, c) for c in sector.border.chains], x_m, y_m),
        own_side=_xy(grid, *sector.border.own_side),
        roads=[Way(r.name, "road", _chain(grid, c)) for r in sector.roads for c in r.chains],
        goals=[Site(p.name, *_xy(grid, p.lon_deg, p.lat_deg)) for p in sector.goals],
        villages=[_village(grid, z.name, z.ring) for z in sector.zones if z.kind == "village"],
        bases=[Site(b.name, *_xy(grid, b.lon_deg, b.lat_deg)) for b in sector.bases],
        relays=[Site(r.name, *_xy(grid, r.lon_deg, r.lat_deg)) for r in sector.relays],
        seed=seed,
        origin_x_m=dem.origin_x_m,
        origin_y_m=dem.origin_y_m,
        undulation=plane,
        note="truth made around a real elevation model",
    )


def _border_near(chains: Sequence[np.ndarray], x_m: np.ndarray, y_m: np.ndarray) -> list[np.ndarray]:
    """The pieces of the border over the terrain and a kilometre round it: a public file may hold a continent."""
    near = box(x_m[0] - 1000.0, y_m[0] - 1000.0, x_m[-1] + 1000.0, y_m[-1] + 1000.0)
    cut = (LineString(chain).intersection(near) for chain in chains)
    pieces = [piece for part in cut for piece in getattr(part, "geoms", [part])]
    return [np.asarray(p.coords, dtype=float) for p in pieces if p.geom_type == "LineString" and not p.is_empty]


def _without_voids(heights_m: np.ndarray) -> np.ndarray:
    """The simulated world has ground everywhere: a void takes the height of the nearest known node."""
    void = ~np.isfinite(heights_m)
    if not void.any():
        return heights_m
    nearest = distance_transform_edt(void, return_distances=False, return_indices=True)
    return np.asarray(heights_m[tuple(nearest)])


def _xy(grid: LocalGrid, lon_deg: float, lat_deg: float) -> tuple[float, float]:
    x_m, y_m = grid.xy(lat_deg, lon_deg)
    return float(x_m), float(y_m)


def _chain(grid: LocalGrid, lonlat: Sequence[tuple[float, float]]) -> np.ndarray:
    lon, lat = np.array(lonlat, dtype=float).T
    return np.column_stack(grid.xy(lat, lon))


def _village(grid: LocalGrid, name: str, ring: Sequence[tuple[float, float]]) -> Village:
    points = _chain(grid, ring)
    x_m, y_m = points.mean(axis=0)
    return Village(name, float(x_m), float(y_m), float(np.hypot(points[:, 0] - x_m, points[:, 1] - y_m).max()))


def _write_pass(folder: Path, seed: int, tell: Tell) -> None:
    world = generate_world(seed, undulation=undulation_of_passes(), progress=tell)
    save_world(world, folder, WORLD_FILE)
    write_exercise(folder, world)


def undulation_of_passes() -> Undulation:
    """The geoid's where generated passes are."""
    return _undulation_plane(GENERATED_LAT_DEG, GENERATED_LON_DEG)


def write_exercise(folder: Path, world: World) -> None:
    """A generated world as sector.toml, mandate.toml and the files that they name."""
    grid = LocalGrid(world.lat0_deg, world.lon0_deg, 0.0)
    write_grid(
        folder / "terrain.tif", world.product_amsl_m, grid, world.origin_x_m, world.origin_y_m, world.product_cell_m
    )
    _write_lines(folder, world)
    (folder / "mandate.toml").write_text(_mandate_toml(), encoding="utf-8")
    (folder / "sector.toml").write_text(_sector_toml(world), encoding="utf-8")


def _write_lines(folder: Path, world: World) -> None:
    _write_geojson(folder / "border.geojson", [("LineString", _lonlat(world, chain)) for chain in world.border])
    _write_geojson(folder / "keep_in.geojson", [("Polygon", [_ring(world, world.keep_in)])])
    _write_geojson(folder / "area.geojson", [("Polygon", [_box(world)])])
    for name, chain in _roads(world):
        _write_geojson(folder / f"{name}.geojson", [("LineString", _lonlat(world, chain))])
    turn = np.linspace(0.0, 2 * np.pi, VILLAGE_POINTS, endpoint=False)
    for index, village in enumerate(world.villages):
        ring = np.stack(
            [village.x_m + village.radius_m * np.sin(turn), village.y_m + village.radius_m * np.cos(turn)], 1
        )
        _write_geojson(folder / f"village_{index + 1}.geojson", [("Polygon", [_ring(world, ring)])])


def _roads(world: World) -> list[tuple[str, np.ndarray]]:
    return [(f"road_{i + 1}", way.chain) for i, way in enumerate(world.roads)]


def _sector_toml(world: World) -> str:
    lon, lat = _one(world, *world.own_side)
    parts = [
        "# A generated pass for exercises: generated terrain, not a real place. Written by apacheta.\n"
        f'format = "sector/1"\nname = {_quoted(world.name)}\n',
        _table(
            "border",
            file="border.geojson",
            source="drainage divide of the generated terrain",
            accuracy_m=LINE_ACCURACY_M,
            standoff_m=STANDOFF_M,
        )
        + f"own_side = {{ lat_deg = {lat:.6f}, lon_deg = {lon:.6f} }}\n",
        _table("terrain", file="terrain.tif", vertical_datum="amsl_egm96", le90_m=10.0, ce90_m=12.0),
        _table("keep_in", file="keep_in.geojson"),
    ]
    parts += [
        _table("zones", many=True, kind="village", name=v.name, file=f"village_{i + 1}.geojson")
        for i, v in enumerate(world.villages)
    ]
    parts += [_site(world, "bases", s.name, s.x_m, s.y_m, pads=2, mast_agl_m=15.0) for s in world.bases]
    parts += [_site(world, "relays", s.name, s.x_m, s.y_m, mast_agl_m=8.0) for s in world.relays]
    parts += [_site(world, "patrols", f"patrol {v.name}", v.x_m, v.y_m) for v in world.villages]
    parts += [_table("roads", many=True, name=name, file=f"{name}.geojson") for name, _ in _roads(world)]
    parts += [_site(world, "goals", s.name, s.x_m, s.y_m) for s in world.goals]
    return "\n".join([*parts, _weather_toml(), _night_toml(world)])


def _weather_toml() -> str:
    wind = ((3600, 250, 5.0, 1.5), (4600, 265, 8.0, 2.0), (5600, 280, 11.0, 2.5))
    rows = ", ".join(
        f"{{ height_amsl_m = {h}.0, from_deg = {d}.0, speed_m_s = {s}, sigma_m_s = {g} }}" for h, d, s, g in wind
    )
    rest = "gust_m_s = 3.0\nupdraft_max_m_s = 2.0\nisa_deviation_c = -4.0\nqnh_hpa = 1013.25\nicing = false\n"
    return f"[weather]\nwind = [{rows}]\n{rest}"


def _night_toml(world: World) -> str:
    fleet = ", ".join(
        f'{{ id = "A{i + 1}", type = "{TYPE}", base = {_quoted(world.bases[i % len(world.bases)].name)} }}'
        for i in range(3)
    )
    return f"[night]\nstart_utc = {NIGHT_START}\nend_utc = {NIGHT_END}\n\n[fleet]\naircraft = [{fleet}]\n"


def _mandate_toml() -> str:
    return (
        '# This mandate is an exercise: simulated aircraft over generated terrain.\nformat = "mandate/1"\n'
        'authority = "Apacheta exercise"\npurpose = "EXERCISE: training and demonstration with simulated aircraft"\n'
        "exercise = true\npartners = []\nshare = []\n"
        f'from_utc = {MANDATE_FROM}\nto_utc = {MANDATE_TO}\narea_file = "area.geojson"\n'
    )


def _site(world: World, table: str, name: str, x_m: float, y_m: float, **more: float) -> str:
    lon, lat = _one(world, x_m, y_m)
    return _table(table, many=True, name=name, lat_deg=round(lat, 6), lon_deg=round(lon, 6), **more)


def _table(table: str, /, many: bool = False, **values: str | float) -> str:
    head = f"[[{table}]]" if many else f"[{table}]"
    return head + "\n" + "".join(f"{k} = {_quoted(v) if isinstance(v, str) else v}\n" for k, v in values.items())


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _one(world: World, x_m: float, y_m: float) -> tuple[float, float]:
    lon, lat = world.to_lonlat(x_m, y_m)
    return float(lon), float(lat)


def _lonlat(world: World, chain: Sequence[Any] | np.ndarray) -> list[list[float]]:
    x, y = np.asarray(chain, dtype=float).T
    lon, lat = world.to_lonlat(x, y)
    return [[round(float(a), 7), round(float(b), 7)] for a, b in zip(lon, lat, strict=True)]


def _ring(world: World, ring: np.ndarray) -> list[list[float]]:
    points = _lonlat(world, ring)
    return points if points[0] == points[-1] else [*points, points[0]]


def _box(world: World) -> list[list[float]]:
    west, south, east, north = world.bounds
    return _ring(world, np.array([[west, south], [east, south], [east, north], [west, north]]))


def _write_geojson(path: Path, shapes: list[tuple[str, Any]]) -> None:
    features = [
        {"type": "Feature", "properties": {}, "geometry": {"type": kind, "coordinates": where}}
        for kind, where in shapes
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
