"""Elevation files: any GDAL raster in, GeoTIFF out."""

from .source import RasterSource
from .writer import write_geotiff, write_grid

__all__ = ["RasterSource", "write_geotiff", "write_grid"]
