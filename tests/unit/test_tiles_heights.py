"""Height tiles hold the file's ground: read back by the format's own package, at places that hypothesis chooses."""

import tracemalloc
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st
from pmtiles.tile import Compression, TileType
from rasterio.transform import Affine
from tile_sample import LAT_DEG, LON_DEG, SIZE, STEEPEST, SYSTEMS, ReadBack, ground_m, write_dem, write_raster

from apacheta.adapters.tiles import Heights, Written, write_tiles

INNER_DEG = 0.02
"""Half the side of a square that lies within each of the files, turned or not."""
BETWEEN_PIXELS_M = 30.9**2 / 4 * STEEPEST + 0.02
"""Bilinear error over a second of latitude, and 2 cm for the mesh."""


def made(dem: Path, out: Path, **given: object) -> tuple[ReadBack, Written]:
    with Heights(dem) as source:
        written = write_tiles(source, out, **given)
    return ReadBack(out), written


@pytest.fixture(scope="module")
def tiles_of(tmp_path_factory: pytest.TempPathFactory):
    """Height tiles of the sample ground by reference system, made once."""
    folder = tmp_path_factory.mktemp("tiles")

    @cache
    def of(system: str) -> tuple[ReadBack, Written]:
        return made(write_dem(folder / f"{system}.tif", system), folder / f"{system}.pmtiles")

    return of


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_height_is_that_of_the_ground_within_rounding_and_what_lies_between_pixels(tiles_of, system: str) -> None:
    tiles, written = tiles_of(system)
    assert written.max_zoom == 12

    @given(st.floats(-INNER_DEG, INNER_DEG), st.floats(-INNER_DEG, INNER_DEG))
    def holds(east: float, north: float) -> None:
        height_m, ground, lon, lat = tiles.height_near(LON_DEG + east, LAT_DEG + north, 12)
        assert ground
        assert height_m == pytest.approx(float(ground_m(lon, lat)), abs=0.125 + BETWEEN_PIXELS_M)

    holds()


def test_real_ground_lies_between_the_files_pixels_round_it(shared_data: Path, tmp_path: Path) -> None:
    dem = shared_data / "terrain" / "S33W071.tif"
    box = (-70.2, -32.9, -70.0, -32.7)
    tiles, written = made(dem, tmp_path / "a.pmtiles", bounds=box)
    assert (written.max_zoom, written.crs) == (10, "EPSG:4326")
    with rasterio.open(dem) as file:
        pixels, to_pixel = file.read(1), ~file.transform

    @given(st.floats(box[0] + 0.01, box[2] - 0.01), st.floats(box[1] + 0.01, box[3] - 0.01))
    def holds(lon: float, lat: float) -> None:
        height_m, ground, lon, lat = tiles.height_near(lon, lat, 10)
        column, row = (int(np.floor(v - 0.5)) for v in to_pixel @ (lon, lat))
        round_it = pixels[row : row + 2, column : column + 2]
        assert ground
        assert round_it.min() - 0.6 <= height_m <= round_it.max() + 0.6

    holds()


def test_below_zoom_12_heights_are_whole_metres_and_from_there_quarters(tiles_of) -> None:
    tiles, _ = tiles_of("utm")
    for z, step in ((11, 1.0), (12, 0.25)):
        height_m, _ = tiles.heights(tiles.at(z)[0])
        assert np.all(height_m % step == 0)
        assert np.unique(height_m % 1).size == round(1 / step)


def test_each_zoom_is_the_average_of_the_next_one(tiles_of) -> None:
    tiles, written = tiles_of("turned")
    for z, x, y in (tile for tile in tiles.png if tile[0] < written.max_zoom):
        height_m, ground = tiles.heights((z, x, y))
        child = (z + 1, 2 * x, 2 * y)
        if child in tiles.png:
            fine_m, known = (a.reshape(256, 2, 256, 2) for a in tiles.heights(child))
            count = known.sum(axis=(1, 3))
            mean_m = np.where(known, fine_m, 0).sum(axis=(1, 3)) / np.maximum(count, 1)
            assert np.array_equal(count > 0, ground[:256, :256])
            assert np.abs(mean_m - height_m[:256, :256])[count > 0].max() <= 0.5 + (0.5 if z < 11 else 0.125)


def test_a_file_finer_than_the_last_zoom_is_averaged_not_picked_from(tmp_path: Path) -> None:
    board = (1000.0 + 1000.0 * (np.indices((512, 512)).sum(axis=0) % 2)).astype(np.float32)
    dem = write_raster(tmp_path / "a.tif", board, "EPSG:32719", Affine(5, 0, 400_000, 0, -5, 6_370_000))
    tiles, written = made(dem, tmp_path / "a.pmtiles", max_zoom=11)
    assert written.max_zoom == 11
    for tile in tiles.at(11):
        height_m, ground = tiles.heights(tile)
        inner = ground & (
            np.roll(ground, 1, 0) & np.roll(ground, -1, 0) & np.roll(ground, 1, 1) & np.roll(ground, -1, 1)
        )
        assert np.abs(height_m[inner] - 1500).max() < 60


def test_voids_are_told_apart_and_make_no_cliff(tmp_path: Path) -> None:
    middle = SIZE // 2
    hole = (slice(middle - 15, middle + 15), slice(middle - 15, middle + 15))
    tiles, written = made(write_dem(tmp_path / "a.tif", void=hole), tmp_path / "a.pmtiles")
    for z in range(10, written.max_zoom + 1):
        height_m, ground, _, _ = tiles.height_near(LON_DEG, LAT_DEG, z)
        assert not ground
        assert 3350 < height_m < 4650
        assert tiles.height_near(LON_DEG + 0.01, LAT_DEG, z)[1]
    every = [tiles.heights(tile) for tile in tiles.png]
    assert all(height_m.min() > 3350 and height_m.max() < 4650 for height_m, _ in every)


def test_what_lies_beside_the_file_is_no_ground(tiles_of) -> None:
    tiles, written = tiles_of("turned")
    assert not tiles.height_near(written.bounds[0] + 1e-4, written.bounds[3] - 1e-4, 11)[1]
    assert tiles.height_near(LON_DEG, LAT_DEG, 11)[1]


def test_a_height_that_is_nowhere_on_earth_is_a_void(tmp_path: Path) -> None:
    heights = np.full((300, 300), 4000, np.int16)
    heights[100:200, 100:200] = -32768
    place = Affine(0.0003, 0, LON_DEG - 0.045, 0, -0.0003, LAT_DEG + 0.045)
    tiles, _ = made(write_raster(tmp_path / "a.tif", heights, "EPSG:4326", place), tmp_path / "a.pmtiles")
    assert tiles.height_near(LON_DEG, LAT_DEG, 11)[:2] == (4000.0, False)


def test_the_package_finds_header_bounds_and_metadata(tiles_of, tmp_path: Path) -> None:
    tiles, written = tiles_of("utm")
    header = tiles.header
    bounds = [header[f"{end}_{axis}_e7"] / 1e7 for end in ("min", "max") for axis in ("lon", "lat")]
    assert bounds == pytest.approx(written.bounds, abs=1e-7)
    assert (header["tile_type"], header["tile_compression"], header["clustered"]) == (
        TileType.PNG,
        Compression.NONE,
        True,
    )
    assert (header["min_zoom"], header["max_zoom"]) == (written.min_zoom, written.max_zoom)
    assert header["addressed_tiles_count"] == len(tiles.png) == written.tiles
    assert tiles.metadata["encoding"] == "terrarium"
    assert tiles.metadata["dem_sha256"] == written.dem_sha256
    assert tiles.metadata["vertical_datum"] is None
    west, north = 360 * 2.0**-12 * np.array(tiles.at(12))[:, 1] - 180, np.array(tiles.at(12))[:, 2]
    assert len(set(north)) * len(set(west)) == len(tiles.at(12)), "a whole rectangle of tiles"
    assert west.min() <= bounds[0] < bounds[2] <= west.max() + 360 * 2.0**-12


@pytest.mark.parametrize(
    ("crs", "datum"), [("EPSG:32719+5773", "EGM96 height"), ("EPSG:4979", "World Geodetic System 1984")]
)
def test_the_vertical_datum_is_the_files_own(tmp_path: Path, crs: str, datum: str) -> None:
    place = Affine(1e-3, 0, LON_DEG, 0, -1e-3, LAT_DEG) if "4979" in crs else Affine(90, 0, 4e5, 0, -90, 6.37e6)
    dem = write_raster(tmp_path / "a.tif", np.full((40, 40), 4000, np.float32), crs, place)
    with Heights(dem) as source:
        assert datum in str(source.vertical_datum)


def test_the_same_file_gives_the_same_bytes(tiles_of, tmp_path: Path) -> None:
    again, _ = made(write_dem(tmp_path / "utm.tif"), tmp_path / "b.pmtiles")
    assert again.sha256 == tiles_of("utm")[0].sha256


def test_the_bounds_cut_and_the_zooms_are_those_asked_for(tmp_path: Path) -> None:
    box = (LON_DEG - 0.001, LAT_DEG - 0.001, LON_DEG + 0.001, LAT_DEG + 0.001)
    tiles, written = made(write_dem(tmp_path / "a.tif"), tmp_path / "a.pmtiles", bounds=box, min_zoom=9, max_zoom=13)
    assert written.bounds == box
    assert [len(tiles.at(z)) > 0 for z in range(8, 15)] == [False, True, True, True, True, True, False]
    assert len(tiles.at(13)) <= 4


def test_a_large_file_is_read_in_little_memory(tmp_path: Path) -> None:
    """A file of 4,096 x 4,096 would be 64 MiB of heights; at any time a few tiles of 1 MiB are enough."""
    options = {"driver": "GTiff", "dtype": "float32", "count": 1, "width": 4096, "height": 4096, "tiled": True}
    place = Affine(30, 0, 300_000, 0, -30, 6_400_000)
    with rasterio.open(tmp_path / "a.tif", "w", crs="EPSG:32719", transform=place, **options, sparse_ok=True) as file:
        file.write(np.full((256, 256), 3000, np.float32), 1, window=((0, 256), (0, 256)))
    with Heights(tmp_path / "a.tif") as source:
        tracemalloc.start()
        write_tiles(source, tmp_path / "a.pmtiles", max_zoom=10)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 32 * 2**20
