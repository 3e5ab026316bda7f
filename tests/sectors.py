"""Small worlds on disk for tests of loading and planning.

two_valleys: 12 x 11 km, the border along the east on a crest, two valleys that run down to the west.

      west                          border
       |  ~~~~~ valley ~~~~~~~~~~~~~~ |  far side
    B  |  ^^^^^ spur   ^^^^^^^^^^^^^^ |
       |  ~~~~~ valley ~~~~~~~~~~~~~~ |
"""

import json
from pathlib import Path

import numpy as np
import rasterio
from rasterio import Affine

WEST, SOUTH, EAST, NORTH = -67.00, -19.50, -66.885, -19.40
BORDER_LON = -66.905
BASE = (-19.475, -66.975)

SECTOR = """
format = "sector/1"
name = "two valleys"

[border]
file = "border.geojson"
source = "drawn for a test"
accuracy_m = 30
own_side = { lat_deg = -19.45, lon_deg = -66.98 }
standoff_m = 400

[terrain]
file = "terrain.tif"
vertical_datum = "amsl_egm96"
le90_m = 10
ce90_m = 12

[keep_in]
west_deg = -66.998
south_deg = -19.498
east_deg = -66.887
north_deg = -19.402

[[zones]]
kind = "village"
file = "village.geojson"

[[bases]]
name = "Base"
lat_deg = -19.475
lon_deg = -66.975
pads = 2
mast_agl_m = 10

[[relays]]
name = "Spur"
lat_deg = -19.4500
lon_deg = -66.945
mast_agl_m = 8

[[roads]]
name = "road"
file = "road.geojson"

[[goals]]
name = "town"
lat_deg = -19.45
lon_deg = -66.99

[weather]
gust_m_s = 6
updraft_max_m_s = 1
isa_deviation_c = -5
qnh_hpa = 1013
icing = false
wind = [{ height_amsl_m = 4000, from_deg = 280, speed_m_s = 4, sigma_m_s = 1 }]

[night]
start_utc = 2026-06-21T23:00:00Z
end_utc = 2026-06-22T05:00:00Z

[fleet]
aircraft = [{ id = "A1", type = "vtol_terminating", base = "Base" }]
"""

MANDATE = """
format = "mandate/1"
authority = "test"
purpose = "exercise"
exercise = true
partners = []
share = []
from_utc = 2026-06-01T00:00:00Z
to_utc = 2026-07-01T00:00:00Z
area_file = "area.geojson"
"""


def heights_amsl_m(lat_deg: np.ndarray, lon_deg: np.ndarray) -> np.ndarray:
    """The terrain of two_valleys."""
    across = 130.0 * np.cos(2 * np.pi * (lat_deg - SOUTH) / 0.05) + 25.0 * np.sin(2 * np.pi * lon_deg / 0.011)
    climb = 500.0 * np.clip((lon_deg - WEST) / (BORDER_LON - WEST), 0, 1.15) ** 2
    return 4000.0 + across + climb


def two_valleys(folder: Path, *, sector: str = SECTOR, mandate: str = MANDATE, void_at_base: bool = False) -> Path:
    """Write the world into a folder; returns the path of its sector.toml."""
    cell = 1 / 1800
    rows, cols = round((NORTH - SOUTH) / cell), round((EAST - WEST) / cell)
    lat = NORTH - (np.arange(rows) + 0.5) * cell
    lon = WEST + (np.arange(cols) + 0.5) * cell
    heights = heights_amsl_m(lat[:, None], lon[None, :]).astype(np.float32)
    if void_at_base:
        near = (abs(lat[:, None] - BASE[0]) < 0.003) & (abs(lon[None, :] - BASE[1]) < 0.003)
        heights[near] = -32767.0
    profile = {"driver": "GTiff", "width": cols, "height": rows, "count": 1, "dtype": "float32", "crs": "EPSG:4326"}
    with rasterio.open(
        folder / "terrain.tif", "w", transform=Affine(cell, 0, WEST, 0, -cell, NORTH), nodata=-32767.0, **profile
    ) as out:
        out.write(heights, 1)
    border = [[BORDER_LON, -19.6], [BORDER_LON + 0.002, -19.45], [BORDER_LON, -19.3]]
    geojson(folder / "border.geojson", "LineString", border)
    geojson(folder / "road.geojson", "LineString", [[-66.99, -19.5], [-66.985, -19.45], [-66.99, -19.4]])
    geojson(folder / "village.geojson", "Polygon", [box(-66.99, -19.452, -66.986, -19.448)])
    geojson(folder / "area.geojson", "Polygon", [box(WEST - 0.1, SOUTH - 0.1, EAST + 0.1, NORTH + 0.1)])
    (folder / "mandate.toml").write_text(mandate, encoding="utf-8")
    (folder / "sector.toml").write_text(sector, encoding="utf-8")
    return folder / "sector.toml"


def box(west: float, south: float, east: float, north: float) -> list[list[float]]:
    """A closed ring of lon, lat."""
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def geojson(path: Path, kind: str, coordinates: list) -> None:
    """One feature."""
    geometry = {"type": kind, "coordinates": coordinates}
    path.write_text(json.dumps({"type": "Feature", "properties": {}, "geometry": geometry}), encoding="utf-8")


def changed(text: str, old: str, new: str) -> str:
    """The text with one place changed; the place must be there once."""
    assert text.count(old) == 1, old
    return text.replace(old, new)
