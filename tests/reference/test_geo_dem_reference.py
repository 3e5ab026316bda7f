"""Elevation models against scipy's interpolation, closed forms and the real tile; the geoid against PROJ's grid."""

import os
from pathlib import Path

import numpy as np
import pyproj
import pytest
import rasterio
from pyproj import CRS, Transformer
from scipy.ndimage import map_coordinates, maximum_filter

from apacheta.adapters.raster import RasterSource
from apacheta.core.errors import InputFault
from apacheta.geo import Dem, LocalGrid, amsl_of_hae, dem_of, hae_of_amsl, transformer_between, undulation_m
from apacheta.ports import HeightGrid

GRID = LocalGrid(-32.7, -70.25, 4500.0)
BOX = (-70.35, -32.78, -70.15, -32.62)


class Formula:
    """A raster of a smooth function of longitude and latitude, in any reference system."""

    def __init__(self, crs, pixel, height_of, voids=()):
        self.crs, self.pixel, self.height_of, self.voids = CRS(crs), pixel, height_of, voids

    def read(self, west, south, east, north):
        to = Transformer.from_crs(4326, self.crs, always_xy=True)
        x, y = to.transform([west, west, east, east], [south, north, south, north])
        p = self.pixel
        x0, y1 = np.floor(min(x) / p - 5) * p, np.ceil(max(y) / p + 5) * p
        cols, rows = int((max(x) - x0) / p) + 6, int((y1 - min(y)) / p) + 6
        xs, ys = np.meshgrid(x0 + p * (np.arange(cols) + 0.5), y1 - p * (np.arange(rows) + 0.5))
        lon, lat = to.transform(xs, ys, direction="INVERSE")
        height = self.height_of(lat, lon).astype(np.float32)
        for row, col in self.voids:
            height[row, col] = np.nan
        return HeightGrid(height, self.crs.to_wkt(), (p, 0.0, x0, 0.0, -p, y1), "")


def hills(lat, lon):
    """Hills of 300 m with slopes of up to 15 degrees."""
    return 4500.0 + 300.0 * np.sin(np.radians(lat) * 6000) * np.cos(np.radians(lon) * 5000)


@pytest.mark.parametrize(
    ("crs", "pixel", "tolerance_m"),
    [("EPSG:4326", 0.0008333333, 2.0), ("EPSG:4326", 0.0002777778, 0.3), ("EPSG:32719", 30.0, 0.35),
     ("EPSG:32719", 12.5, 0.1), ("EPSG:32718", 30.0, 0.35), ("EPSG:3857", 30.0, 0.3)],
)  # fmt: skip
def test_any_reference_system_gives_the_same_ground(crs, pixel, tolerance_m):
    dem = dem_of(Formula(crs, pixel, hills), GRID, *BOX, 30.0, "hae")
    x, y = np.meshgrid(*dem.node_xy())
    lat, lon = GRID.latlon(x, y)
    known = np.isfinite(dem.height_hae_m)
    assert known.mean() > 0.99
    worst = np.max(np.abs(dem.height_hae_m - hills(lat, lon))[known])
    assert worst < tolerance_m  # half a pixel beside would be 4-12 m


def test_coarser_source_is_smooth_and_keeps_its_own_points():
    """Bicubic from 90 m: errors half of those of bilinear."""
    dem = dem_of(Formula("EPSG:32719", 90.0, hills), GRID, *BOX, 30.0, "hae")
    x, y = np.meshgrid(*dem.node_xy())
    lat, lon = GRID.latlon(x, y)
    error = (dem.height_hae_m - hills(lat, lon))[np.isfinite(dem.height_hae_m)]
    assert np.sqrt(np.mean(error**2)) < 0.3


def test_void_spoils_only_the_cells_that_touch_it():
    clean = dem_of(Formula("EPSG:32719", 90.0, hills), GRID, *BOX, 30.0, "hae")
    holed = dem_of(Formula("EPSG:32719", 90.0, hills, voids=[(100, 100), (60, 120)]), GRID, *BOX, 30.0, "hae")
    lost = np.isnan(holed.height_hae_m) & np.isfinite(clean.height_hae_m)
    # each void pixel touches 2 x 2 source cells of 90 m: 36 nodes of 30 m
    assert 60 <= lost.sum() <= 84
    both = np.isfinite(holed.height_hae_m)
    assert np.max(np.abs(holed.height_hae_m - clean.height_hae_m)[both]) < 3.0


def tower(lat, lon):
    """Level ground with a mast of 60 m, two metres wide, midway between nodes of 30 m: at x = 45, y = -15."""
    x, y = GRID.xy(lat, lon)
    return np.where(np.hypot(x - 45.0, y + 15.0) < 1.5, 4060.0, 4000.0)


def test_a_mast_between_nodes_is_lost_from_the_samples_and_kept_in_the_highest_ground():
    dem = dem_of(Formula("EPSG:32719", 1.0, tower), GRID, -70.252, -32.702, -70.248, -32.698, 30.0, "hae")
    assert np.nanmax(dem.height_hae_m) == 4000.0
    row, col = np.argwhere(dem.highest_hae_m == 4060.0).T
    x, y = dem.node_xy()
    assert len(row) >= 1
    assert np.all(np.hypot(x[col] - 45.0, y[row] + 15.0) <= 1.5 + 30.0 * np.sqrt(0.5))


@pytest.mark.parametrize(("crs", "pixel"), [("EPSG:32719", 4.0), ("EPSG:32718", 7.0), ("EPSG:4326", 0.00028)])
def test_no_height_of_the_file_is_above_the_highest_ground_of_its_cell(crs, pixel):
    """Each pixel of a rough model belongs to the node nearest to it; the box round a turned cell adds neighbours."""
    rng = np.random.default_rng(8)
    source = Formula(crs, pixel, lambda lat, lon: 4000.0 + 90.0 * rng.random(lat.shape))
    box = (-70.262, -32.707, -70.248, -32.698)
    window = source.read(*box)
    source.read = lambda *bounds: window
    dem = dem_of(source, GRID, *box, 30.0, "hae")
    rows, cols = np.indices(window.height_m.shape)
    a, _, c, _, e, f = window.transform
    lon, lat = Transformer.from_crs(source.crs, 4326, always_xy=True).transform(
        c + a * (cols + 0.5), f + e * (rows + 0.5)
    )
    x, y = GRID.xy(lat, lon)
    col, row = np.rint((x - dem.origin_x_m) / 30).astype(int), np.rint((y - dem.origin_y_m) / 30).astype(int)
    inside = (row >= 0) & (col >= 0) & (row < dem.height_hae_m.shape[0]) & (col < dem.height_hae_m.shape[1])
    want = np.full(dem.height_hae_m.shape, -np.inf, np.float32)
    np.maximum.at(want, (row[inside], col[inside]), window.height_m[inside])
    known = np.isfinite(dem.height_hae_m)
    assert known.mean() > 0.9
    assert np.all(dem.highest_hae_m[known] >= want[known])
    assert np.all(dem.highest_hae_m[known] >= dem.height_hae_m[known])
    inner = np.s_[2:-2, 2:-2]
    most = maximum_filter(np.fmax(want, dem.height_hae_m), 3)
    assert np.all((dem.highest_hae_m <= most)[inner][known[inner]])
    assert np.array_equal(np.isnan(dem.highest_hae_m), ~known)


def test_sea_level_heights_become_ellipsoidal_ones():
    sea = dem_of(Formula("EPSG:4326", 0.0005, hills), GRID, *BOX, 90.0, "amsl_egm96")
    hae = dem_of(Formula("EPSG:4326", 0.0005, hills), GRID, *BOX, 90.0, "hae")
    x, y = np.meshgrid(*sea.node_xy())
    known = np.isfinite(sea.height_hae_m)
    lift = (sea.height_hae_m.astype(float) - hae.height_hae_m)[known]
    assert (
        np.max(np.abs(lift - undulation_m(*GRID.latlon(x, y))[known])) < 0.015
    )  # the grid's 15 minute kinks inside a mesh of 1.4 km
    assert 28.0 < lift.mean() < 36.0


def test_bilinear_height_is_scipys():
    rng = np.random.default_rng(3)
    dem = Dem(GRID, rng.uniform(4000, 5000, (40, 50)).astype(np.float32), -700.0, 300.0, 30.0, "")
    x, y = rng.uniform(-700, 770, 2000), rng.uniform(300, 1470, 2000)
    want = map_coordinates(dem.height_hae_m.astype(float), [(y - 300) / 30, (x + 700) / 30], order=1)
    assert np.max(np.abs(dem.height_at(x, y) - want)) < 1e-8
    step = 1e-3
    inner = (x > -699) & (x < 769) & (y > 301) & (y < 1469)
    along_x, along_y = dem.slope_at(x, y)
    rise = (dem.height_at(x + step, y) - dem.height_at(x - step, y)) / (2 * step)
    assert np.quantile(np.abs(rise - along_x)[inner], 0.99) < 1e-5
    rise = (dem.height_at(x, y + step) - dem.height_at(x, y - step)) / (2 * step)
    assert np.quantile(np.abs(rise - along_y)[inner], 0.99) < 1e-5


def test_real_tile_is_where_gdal_says(shared_data):
    """Every pixel centre of the SRTM tile in the box, against the value in the file plus the undulation."""
    path = shared_data / "terrain" / "S33W071.tif"
    grid = LocalGrid(-32.7, -70.25, 4000.0)
    dem = dem_of(RasterSource(path), grid, *BOX, 30.0, "amsl_egm96")
    with rasterio.open(path) as file:
        band, place = file.read(1), file.transform
    cols, rows = np.meshgrid(np.arange(800, 1000), np.arange(760, 920))
    lon, lat = place.c + (cols + 0.5) * place.a, place.f + (rows + 0.5) * place.e
    inside = (lon > BOX[0]) & (lon < BOX[2]) & (lat > BOX[1]) & (lat < BOX[3])
    lat, lon, want = lat[inside], lon[inside], band[760:920, 800:1000][inside]
    got = amsl_of_hae(lat, lon, dem.height_at(*grid.xy(lat, lon)))
    difference = got - want
    assert inside.sum() > 20_000
    assert abs(difference.mean()) < 0.2
    assert np.sqrt(np.mean(difference**2)) < 3.0  # half a pixel beside: 12 m
    assert dem.sha256 == RasterSource(path).sha256


@pytest.mark.parametrize(
    ("lat", "lon", "undulation"), [(-32.82, -70.08, 31.77), (-16.5, -68.15, 44.59), (0.0, 180.0, 21.15)]
)
def test_egm96_has_the_published_undulations(lat, lon, undulation):
    """Libertadores pass and La Paz as PROJ gives them; 0 N 180 E from NGA's EGM96 test points."""
    assert undulation_m(lat, lon) == pytest.approx(undulation, abs=0.02)
    assert hae_of_amsl(lat, lon, 100.0) == pytest.approx(100.0 + undulation, abs=0.02)


def test_egm96_is_the_same_at_the_date_line_from_both_sides_and_one_value_at_a_pole():
    assert undulation_m(10.0, 180.0) == undulation_m(10.0, -180.0)
    assert abs(undulation_m(10.0, 179.9999) - undulation_m(10.0, -179.9999)) < 0.01
    assert np.ptp(undulation_m(90.0, np.linspace(-180, 180, 50))) < 0.011
    assert np.ptp(undulation_m(-90.0, np.linspace(-180, 180, 50))) < 0.011


def test_unknown_place_has_no_undulation():
    with pytest.raises(ValueError, match="unknown place"):
        undulation_m(np.nan, 0.0)
    with pytest.raises(ValueError, match="poles"):
        undulation_m(91.0, 0.0)


def test_egm96_is_projs_grid_to_half_a_centimetre():
    folders = [*pyproj.datadir.get_data_dir().split(os.pathsep), "/usr/share/proj"]
    found = [Path(f) / "egm96_15.gtx" for f in folders if (Path(f) / "egm96_15.gtx").is_file()]
    if not found:
        pytest.skip("no egm96_15.gtx here: install Debian's proj-data")
    with rasterio.open(found[0]) as file:
        band = file.read(1)
    lat, lon = np.meshgrid(90.0 - 0.25 * np.arange(721), -180.0 + 0.25 * np.arange(1440), indexing="ij")
    assert np.max(np.abs(undulation_m(lat, lon) - band)) < 0.0051


def test_transform_between_datums_that_proj_cannot_tie_is_an_error_and_others_are_not():
    assert transformer_between("EPSG:32719", "EPSG:4326").accuracy == 0.0
    assert transformer_between("EPSG:24879", "EPSG:4326").accuracy > 0.0
    with pytest.raises(InputFault) as fault:
        transformer_between("+proj=utm +zone=19 +south +ellps=intl +type=crs", "EPSG:4326")
    assert fault.value.line.code == "datum_transform_unknown"


@pytest.mark.parametrize(
    ("datum", "place", "accuracy_m"),
    [
        ("EPSG:4248", (-70.5, -32.9, -70.0, -32.5), 17.0),  # PSAD56 in Chile
        ("EPSG:4248", (-68.5, -16.7, -68.0, -16.3), 19.0),  # in Bolivia
        ("EPSG:4230", (43.5, 38.0, 44.0, 38.5), 2.0),  # ED50 in eastern Turkey
        ("EPSG:4267", (-106.0, 31.5, -105.5, 32.0), 7.0),  # NAD27 at El Paso
    ],
)
def test_a_datum_is_changed_by_the_way_that_is_made_for_the_place(datum, place, accuracy_m):
    """Accuracies are those of the EPSG register; without the place PROJ takes ways that lie up to 55 m beside these."""
    found = transformer_between("EPSG:4326", datum, place)
    assert found.accuracy == accuracy_m
    area = found.area_of_use
    assert area.west <= place[0] < place[2] <= area.east
    assert area.south <= place[1] < place[3] <= area.north


def test_a_datum_without_a_known_way_is_not_sent_to_gdal_to_be_guessed_there():
    """Chile's own SIRGAS at 45 S: EPSG's only ways to WGS 84 end at 36 S, and gdalwarp alone would change nothing."""
    with pytest.raises(InputFault) as fault:
        transformer_between("EPSG:4326", "EPSG:5361", (-73.0, -45.5, -71.0, -44.5))
    assert fault.value.line.code == "datum_transform_unknown"
    assert "country's own grid" in fault.value.line.remedy
    assert "-ct" in fault.value.line.remedy


def test_a_way_made_for_another_country_is_no_way():
    for place in ((10.0, 50.0, 11.0, 51.0), (-72.0, 11.0, -50.0, 13.0)):  # Germany; half of it beyond PSAD56's last way
        with pytest.raises(InputFault) as fault:
            transformer_between("EPSG:4326", "EPSG:4248", place)
        assert fault.value.line.code == "datum_transform_unknown"
    assert transformer_between("EPSG:4326", "EPSG:32718", (-70.5, -32.9, -70.0, -32.5)).accuracy == 0.0
