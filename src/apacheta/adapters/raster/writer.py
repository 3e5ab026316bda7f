"""Arrays of the local grid as GeoTIFF."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.transform import Affine

from ...geo.dem import Dem
from ...geo.grid import LocalGrid


def write_geotiff(
    path: Path | str,
    values: NDArray[Any],
    grid: LocalGrid,
    origin_x_m: float,
    origin_y_m: float,
    cell_m: float,
    nodata: float | None = None,
) -> None:
    """Write nodes (rows from SOUTH to north, columns west to east; float32 or uint8) so that pixel centres are nodes.

    nodata: NaN by default for float32, none for uint8. The file appears whole or not at all; same values, same bytes.
    """
    if values.dtype not in (np.float32, np.uint8) or values.ndim != 2:
        raise ValueError(f"float32 or uint8 in two dimensions, not {values.dtype} {values.shape}")
    if nodata is None and values.dtype == np.float32:
        nodata = float("nan")
    rows, cols = values.shape
    north = origin_y_m + (rows - 0.5) * cell_m
    transform = Affine(cell_m, 0.0, origin_x_m - cell_m / 2, 0.0, -cell_m, north)
    part = Path(f"{path}.part")
    with rasterio.open(
        part, "w", driver="GTiff", width=cols, height=rows, count=1, dtype=values.dtype.name, crs=grid.crs_wkt,
        transform=transform, nodata=nodata, compress="deflate", tiled=True, blockxsize=256, blockysize=256,
    ) as dataset:  # fmt: skip
        dataset.write(values[::-1], 1)
    os.replace(part, path)


def write_dem(path: Path | str, dem: Dem) -> None:
    """The elevation model as float32 metres HAE, void = NaN."""
    write_geotiff(path, dem.height_hae_m, dem.grid, dem.origin_x_m, dem.origin_y_m, dem.cell_m)
