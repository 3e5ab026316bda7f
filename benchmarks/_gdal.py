"""The GDAL library of rasterio's wheel, in process: its viewshed on a raster in memory, as quick as it can be asked."""

import ctypes
from ctypes import c_char_p, c_double, c_int, c_void_p
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray

EDGE = 2
"""GVM_Edge: the default, and what our sweep is."""
NORMAL = 1


def _library() -> ctypes.CDLL:
    folder = Path(rasterio.__file__).parent.parent / "rasterio.libs"
    return ctypes.CDLL(str(next(folder.glob("libgdal*.so*"))))


class Gdal:
    """Heights (rows, cols) float32 from north to south, square cells; [0, 0] is the first pixel."""

    def __init__(self, heights: NDArray[np.float32], cell_m: float) -> None:
        self.version = rasterio.__gdal_version__
        self._cell_m, self._heights = cell_m, np.ascontiguousarray(heights, np.float32)
        self._gdal = gdal = _library()
        for name in ("GDALOpen", "GDALGetRasterBand", "GDALViewshedGenerate", "GDALCreate", "GDALGetDriverByName"):
            getattr(gdal, name).restype = c_void_p
        gdal.GDALAllRegister()
        rows, cols = self._heights.shape
        driver = gdal.GDALGetDriverByName(b"MEM")
        self._dataset = gdal.GDALCreate(c_void_p(driver), b"", cols, rows, 1, 6, None)
        gdal.GDALSetGeoTransform(c_void_p(self._dataset), (c_double * 6)(0.0, cell_m, 0.0, 0.0, 0.0, -cell_m))
        self._band = gdal.GDALGetRasterBand(c_void_p(self._dataset), 1)
        data = self._heights.ctypes.data_as(c_void_p)
        gdal.GDALRasterIO(c_void_p(self._band), 1, 0, 0, cols, rows, data, cols, rows, 6, 0, 0)

    def viewshed(
        self, row: int, col: int, height_m: float, target_m: float, range_m: float, curvature: float
    ) -> c_void_p:
        """The raster in memory, as GDAL hands it out: 1 seen, 0 hidden, 255 out of range; to be closed."""
        x, y = (col + 0.5) * self._cell_m, -(row + 0.5) * self._cell_m
        found = self._gdal.GDALViewshedGenerate(
            c_void_p(self._band), c_char_p(b"MEM"), c_char_p(b""), None,
            *map(c_double, (x, y, height_m, target_m, 1.0, 0.0, 255.0, -1.0, curvature)),
            c_int(EDGE), c_double(range_m), None, None, c_int(NORMAL), None,
        )  # fmt: skip
        if not found:
            raise RuntimeError("GDAL made no viewshed")
        return c_void_p(found)

    def close(self, raster: c_void_p) -> None:
        self._gdal.GDALClose(raster)

    def pixels(self, raster: c_void_p) -> NDArray[np.uint8]:
        """The whole of the model's raster: what lies beyond the viewshed's own window is 255."""
        gdal, place = self._gdal, (c_double * 6)()
        cols, rows = gdal.GDALGetRasterXSize(raster), gdal.GDALGetRasterYSize(raster)
        gdal.GDALGetGeoTransform(raster, place)
        out = np.empty((rows, cols), np.uint8)
        band = c_void_p(gdal.GDALGetRasterBand(raster, 1))
        gdal.GDALRasterIO(band, 0, 0, 0, cols, rows, out.ctypes.data_as(c_void_p), cols, rows, 1, 0, 0)
        whole = np.full(self._heights.shape, 255, np.uint8)
        top, left = round(-place[3] / self._cell_m), round(place[0] / self._cell_m)
        whole[top : top + rows, left : left + cols] = out
        return whole
