"""Shaded relief: Horn's slope against the closed form, the lamp in the north-west, nothing where there is nothing."""

import math
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rasterio.transform import Affine
from tile_sample import LAT_DEG, LON_DEG, write_dem, write_raster

from apacheta.adapters.tiles import Heights, Relief
from apacheta.adapters.tiles.mercator import Tile, tiles_over
from apacheta.adapters.tiles.relief import shade_of, tint_of

HERE = (LON_DEG - 1e-6, LAT_DEG - 1e-6, LON_DEG, LAT_DEG)


def tile_here(z: int) -> Tile:
    return next(tiles_over(HERE, z))


def picture(png: bytes | None) -> np.ndarray:
    assert png is not None
    return cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)


@given(st.floats(-1.5, 1.5), st.floats(-1.5, 1.5))
def test_a_planes_shade_is_the_cosine_between_its_normal_and_the_lamp(to_east: float, to_north: float) -> None:
    row, column = np.mgrid[0:9, 0:9] * 20.0
    plane = (4000 + to_east * column - to_north * row).astype(np.float32)
    normal = np.array([-to_east, -to_north, 1.0]) / math.sqrt(to_east**2 + to_north**2 + 1)
    lamp = np.array([-0.5, 0.5, math.sqrt(0.5)])
    shade = shade_of(plane, np.full((9, 1), 20.0))
    assert shade[4, 4] == pytest.approx(max(0.0, float(normal @ lamp)), abs=1e-4)


def test_a_cone_is_bright_in_the_north_west_and_dark_in_the_south_east(tmp_path: Path) -> None:
    row, column = np.mgrid[-200:200, -200:200] * 30.0
    place = Affine(0.0003, 0, LON_DEG - 0.06, 0, -0.0003, LAT_DEG + 0.06)
    cone = (6000 - 0.5 * np.hypot(row, column)).astype(np.float32)
    with Heights(write_raster(tmp_path / "a.tif", cone, "EPSG:4326", place)) as source:
        around = (LON_DEG - 0.05, LAT_DEG - 0.05, LON_DEG + 0.05, LAT_DEG + 0.05)
        light = {}
        for tile in tiles_over(around, 12):
            grey = picture(Relief(source).relief_tile(*tile))[..., :3].mean(axis=2)
            lon, lat = tile.pixel_centres(256, np.arange(256))
            for name, east, north in (("lit", -0.03, 0.03), ("dark", 0.03, -0.03)):
                near = np.abs(lon - LON_DEG - east) < 0.005, np.abs(lat - LAT_DEG - north) < 0.005
                if near[0].any() and near[1].any():
                    light[name] = grey[np.ix_(near[1], near[0])].mean()
    assert light["lit"] > 1.3 * light["dark"]


def test_there_is_no_tile_outside_nor_beyond_the_world(tmp_path: Path) -> None:
    with Heights(write_dem(tmp_path / "a.tif")) as source:
        relief, (z, x, y) = Relief(source), tile_here(12)
        assert picture(relief.relief_tile(z, x, y)).shape == (256, 256, 4)
        outside = [(z, x + 9, y), (z, x, y - 9), (0, 1, 0), (3, -1, 2), (-1, 0, 0), (40, 0, 0), (12, 0, 0)]
        assert [relief.relief_tile(*tile) for tile in outside] == [None] * len(outside)


def test_every_zoom_has_a_picture_of_the_same_ground_and_the_same_bytes_twice(tmp_path: Path) -> None:
    with Heights(write_dem(tmp_path / "a.tif")) as source:
        relief = Relief(source)
        for z in (8, 9, 12, 16):
            png = relief.relief_tile(*tile_here(z))
            assert png == relief.relief_tile(*tile_here(z))
            assert (picture(png)[..., 3] > 0).any()
        assert (picture(relief.relief_tile(*tile_here(16)))[..., 3] == 255).all()


def test_a_void_is_transparent_and_so_is_what_lies_beside_the_file(tmp_path: Path) -> None:
    with Heights(write_dem(tmp_path / "a.tif", void=(slice(100, 160), slice(100, 160)))) as source:
        alpha = picture(Relief(source).relief_tile(*tile_here(10)))[..., 3]
        lon, lat = tile_here(10).pixel_centres(256, np.arange(256))
    here = int(np.abs(lat - LAT_DEG).argmin()), int(np.abs(lon - LON_DEG).argmin())
    assert alpha[here] == 0
    assert alpha[here[0], here[1] + 18] == 255
    assert set(np.unique(alpha)) == {0, 255}


def test_the_ground_is_pale_enough_to_draw_on() -> None:
    tint = tint_of(np.arange(-500, 7000, 50, dtype=np.float32)[:, None])
    assert tint.min() > 185
    assert np.ptp(tint, axis=2).max() < 35
