"""The DemSource promises (ports.dem_source), kept by every source: the file one and one in memory."""

import hashlib

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine

from apacheta.adapters.raster import RasterSource
from apacheta.core.errors import InputFault
from apacheta.ports import HeightGrid

STEP = 0.001
WEST, NORTH, COLS, ROWS = -70.5, -32.5, 300, 350


class MemorySource:
    """Heights in memory, WGS 84 degrees; what other tests may stand on."""

    def __init__(self, height_m):
        self.height_m = height_m

    def read(self, west_deg, south_deg, east_deg, north_deg):
        rows, cols = self.height_m.shape
        c0, c1 = (west_deg - WEST) / STEP, (east_deg - WEST) / STEP
        r0, r1 = (NORTH - north_deg) / STEP, (NORTH - south_deg) / STEP
        if c0 < -1e-6 or r0 < -1e-6 or c1 > cols + 1e-6 or r1 > rows + 1e-6:
            raise InputFault(
                "raster_does_not_cover", f"misses {max(-c0, -r0, c1 - cols, r1 - rows) * STEP * 111:.1f} km"
            )
        c0, r0 = max(0, int(c0) - 3), max(0, int(r0) - 3)
        c1, r1 = min(cols, int(c1) + 4), min(rows, int(r1) + 4)
        place = (STEP, 0.0, WEST + c0 * STEP, 0.0, -STEP, NORTH - r0 * STEP)
        wkt = rasterio.crs.CRS.from_epsg(4326).to_wkt()
        return HeightGrid(self.height_m[r0:r1, c0:c1], wkt, place, hashlib.sha256(self.height_m.tobytes()).hexdigest())


@pytest.fixture
def heights():
    rng = np.random.default_rng(5)
    height = rng.uniform(3000, 5000, (ROWS, COLS)).astype(np.float32)
    height[100:103, 100:110] = np.nan
    return height


@pytest.fixture(params=["file", "memory"])
def source(request, heights, tmp_path):
    if request.param == "memory":
        return MemorySource(heights)
    path = tmp_path / "heights.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=COLS, height=ROWS, count=1, dtype="float32", crs="EPSG:4326", nodata=-32767,
        transform=Affine(STEP, 0, WEST, 0, -STEP, NORTH),
    ) as file:  # fmt: skip
        file.write(np.where(np.isnan(heights), np.float32(-32767), heights), 1)
    return RasterSource(path)


BOX = (-70.45, -32.7, -70.35, -32.55)


def test_window_covers_the_bounds_and_holds_the_sources_heights_unchanged(source, heights):
    got = source.read(*BOX)
    a, _, c, _, e, f = got.transform
    rows, cols = got.height_m.shape
    assert c <= BOX[0] + 1e-9
    assert c + a * cols >= BOX[2] - 1e-9
    assert f >= BOX[3] - 1e-9
    assert f + e * rows <= BOX[1] + 1e-9
    c0, r0 = round((c - WEST) / STEP), round((NORTH - f) / STEP)
    assert np.array_equal(got.height_m, heights[r0 : r0 + rows, c0 : c0 + cols], equal_nan=True)
    assert got.height_m.dtype == np.float32


def test_voids_stay_voids(source, heights):
    assert np.isnan(source.read(*BOX).height_m).sum() == np.isnan(heights).sum() == 30


def test_same_bounds_give_the_same_bytes_and_the_hash_of_the_whole(source):
    one, two, other = source.read(*BOX), source.read(*BOX), source.read(-70.4, -32.6, -70.38, -32.58)
    assert one.height_m.tobytes() == two.height_m.tobytes()
    assert one.transform == two.transform
    assert one.sha256 == two.sha256 == other.sha256
    assert len(one.sha256) == 64


def test_whole_extent_is_covered(source):
    got = source.read(WEST, NORTH - ROWS * STEP, WEST + COLS * STEP, NORTH)
    assert got.height_m.shape == (ROWS, COLS)


@pytest.mark.parametrize("box", [(-70.6, -32.7, -70.3, -32.6), (-70.4, -32.9, -70.3, -32.6), (10, 10, 11, 11)])
def test_bounds_beyond_the_source_fail_and_say_by_how_much(source, box):
    with pytest.raises(InputFault, match=r"km") as fault:
        source.read(*box)
    assert fault.value.line.code == "raster_does_not_cover"
