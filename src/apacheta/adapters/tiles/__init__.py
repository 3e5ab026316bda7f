"""Terrain for the page: height tiles in one PMTiles file, and shaded relief tiles one at a time."""

from .heights import Heights
from .mercator import Tile
from .recipe import TILES_VERSION, Written, write_tiles
from .relief import Relief, write_relief

__all__ = ["Heights", "Relief", "TILES_VERSION", "Tile", "Written", "write_relief", "write_tiles"]
