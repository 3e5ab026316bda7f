"""Arrays as GeoTIFF."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.transform import Affine

from ...geo.grid import LocalGrid


def write_geotiff(
    path: Path | str,
    values: NDArray[Any],
    crs: str,
    transform: tuple[float, float, float, float, float, float],
    nodata: float | None = None,
) -> None:
    """Write values (rows from NORTH to south; float32 or uint8) in a reference system given as WKT, PROJ or EPSG.

    transform: (a, b, c, d, e, f) of x = a col + b row + c, y = d col + e row + f at pixel corners, as in HeightGrid.
    nodata: NaN by default for float32, none for uint8. The file appears whole or not at all; same values, same bytes.
    """
    if values.dtype not in (np.float32, np.uint8) or values.ndim != 2:
        raise ValueError(f"float32 or uint8 in two dimensions, not {values.dtype} {values.shape}")
    if nodata is None and values.dtype == np.float32:
        nodata = float("nan")
    part = Path(f"{path}.part")
    try:
        with rasterio.open(
            part, "w", driver="GTiff", height=values.shape[0], width=values.shape[1], count=1, dtype=values.dtype.name,
            crs=crs, transform=Affine(*transform), nodata=nodata, compress="deflate", tiled=True,
        ) as dataset:  # fmt: skip
            dataset.write(values, 1)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def write_grid(
    path: Path | str,
    values: NDArray[Any],
    grid: LocalGrid,
    origin_x_m: float,
    origin_y_m: float,
    cell_m: float,
    nodata: float | None = None,
) -> None:
    """Write nodes of the local grid (rows from SOUTH to north), so that pixel centres are nodes."""
    north = origin_y_m + (values.shape[0] - 0.5) * cell_m
    transform = (cell_m, 0.0, origin_x_m - cell_m / 2, 0.0, -cell_m, north)
    write_geotiff(path, values[::-1], grid.crs_wkt, transform, nodata)
