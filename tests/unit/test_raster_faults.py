"""Elevation files that are wrong, each with the real condition; and what is written."""

import hashlib

import numpy as np
import pytest
import rasterio
from pyproj import Transformer
from rasterio.transform import Affine

from apacheta.adapters.raster import RasterSource, write_geotiff, write_grid
from apacheta.core.errors import InputFault
from apacheta.geo import LocalGrid, dem_of

BOX = (-70.4, -32.8, -70.3, -32.7)
PSAD56_CHILE = (
    "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step +proj=cart +ellps=WGS84 "
    "+step +inv +proj=helmert +x=-328 +y=340 +z=-329 +step +inv +proj=cart +ellps=intl "
    "+step +proj=unitconvert +xy_in=rad +xy_out=deg"
)


def write(path, crs="EPSG:4326", transform=None, **more):
    """A raster of 4,000 (in its units) that covers 70.5-70.2 W, 32.9-32.6 S in steps of 0.001 degrees."""
    options = {"driver": "GTiff", "width": 300, "height": 300, "count": 1, "dtype": "int16", "crs": crs}
    options["transform"] = transform or Affine(0.001, 0, -70.5, 0, -0.001, -32.6)
    options.update({k: v for k, v in more.items() if k in ("nodata", "dtype", "width", "height")})
    with rasterio.open(path, "w", **options) as file:
        file.write(np.full((options["height"], options["width"]), 4000, options["dtype"]), 1)
        if "units" in more:
            file.units = (more["units"],)
        if "scale" in more:
            file.scales, file.offsets = (more["scale"],), (more["offset"],)
    return path


def code_of(call):
    with pytest.raises(InputFault) as fault:
        call()
    assert fault.value.exit_code == 3
    assert fault.value.line.file is not None
    return fault.value.line.code


def test_missing_file(tmp_path):
    assert code_of(lambda: RasterSource(tmp_path / "none.tif")) == "raster_missing"


def test_file_that_is_not_a_raster(tmp_path):
    path = tmp_path / "letter.tif"
    path.write_text("Dear Sir,\n")
    assert code_of(lambda: RasterSource(path)) == "raster_unreadable"


def test_truncated_raster(tmp_path):
    path = write(tmp_path / "cut.tif")
    path.write_bytes(path.read_bytes()[:60_000])
    assert code_of(lambda: RasterSource(path).read(*BOX)) == "raster_unreadable"


def test_raster_without_reference_system(tmp_path):
    assert code_of(lambda: RasterSource(write(tmp_path / "a.tif", crs=None))) == "raster_no_crs"


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_raster_without_position(tmp_path):
    path = write(tmp_path / "a.tif", transform=Affine.identity())
    assert code_of(lambda: RasterSource(path)) == "raster_no_position"


def test_raster_in_unknown_units(tmp_path):
    assert code_of(lambda: RasterSource(write(tmp_path / "a.tif", units="fathom"))) == "raster_units_unknown"


def test_raster_on_a_datum_that_proj_cannot_tie_to_wgs84(tmp_path):
    path = write(tmp_path / "a.tif", crs="+proj=longlat +ellps=intl +no_defs")
    assert code_of(lambda: RasterSource(path)) == "datum_transform_unknown"


def test_a_change_of_datum_worse_than_the_model_may_be_is_refused_with_both_figures(tmp_path):
    """PSAD56 in Chile is tied to WGS 84 within 17 m: enough for a model that may be 20 m off, not for one of 12."""
    path = write(tmp_path / "a.tif", crs="EPSG:4248")
    assert RasterSource(path, 20.0).read(*BOX).height_m.max() == 4000.0
    for source in (RasterSource(path), RasterSource(path, 12.0)):
        for call in (source.read, source.clipped):
            with pytest.raises(InputFault, match=r"good to 17 m here.* off by 12 m") as fault:
                call(*BOX)
            assert fault.value.line.code == "datum_transform_coarse"
            assert fault.value.line.remedy
    kalianpur = write(tmp_path / "b.tif", crs="EPSG:4145", transform=Affine(0.001, 0, 74.0, 0, -0.001, 34.0))
    assert code_of(lambda: RasterSource(kalianpur, 500.0).read(74.1, 33.8, 74.2, 33.9)) == "datum_transform_coarse"


def test_heights_lie_where_the_countrys_own_way_puts_them(tmp_path):
    """Rows counted in PSAD56: the EPSG register's translation for Chile between 26 and 36 S."""
    place, to_psad56 = Affine(0.001, 0, -70.5, 0, -0.001, -32.6), Transformer.from_pipeline(PSAD56_CHILE)
    rows = np.tile(np.arange(300, dtype=np.float32)[:, None], (1, 300))
    write_geotiff(tmp_path / "rows.tif", rows, "EPSG:4248", tuple(place)[:6])
    grid = LocalGrid(-32.75, -70.35, 0.0)
    dem = dem_of(RasterSource(tmp_path / "rows.tif", 20.0), grid, *BOX, 90.0, "hae")
    _, row = ~place @ np.array(to_psad56.transform(-70.35, -32.75))
    assert dem.height_at(0.0, 0.0) == pytest.approx(row - 0.5, abs=0.005)  # half a metre; all of South America's: 52 m


def test_feet_become_metres(tmp_path):
    got = RasterSource(write(tmp_path / "a.tif", units="ft")).read(*BOX)
    assert got.height_m.max() == pytest.approx(1219.2)


def test_scale_and_offset_of_the_file_count(tmp_path):
    got = RasterSource(write(tmp_path / "a.tif", scale=0.1, offset=50.0)).read(*BOX)
    assert got.height_m.max() == pytest.approx(450.0)


def test_uncovered_sector_names_the_side_and_the_kilometres(tmp_path):
    source = RasterSource(write(tmp_path / "a.tif"))
    with pytest.raises(InputFault, match=r"10\.2 km in the north") as fault:
        source.read(-70.4, -32.8, -70.3, -32.508)
    assert "south" not in str(fault.value)
    with pytest.raises(InputFault, match=r"9\.4 km in the west and 11\.1 km in the south"):
        source.read(-70.6, -33.0, -70.3, -32.7)


def test_clipped_is_what_the_file_covers_and_can_be_read(tmp_path):
    source = RasterSource(write(tmp_path / "a.tif"))
    box = source.clipped(-71.0, -32.8, -70.3, -32.0)
    assert box == pytest.approx((-70.5, -32.8, -70.3, -32.6))
    assert source.read(*box).height_m.shape[1] >= 200
    assert code_of(lambda: source.clipped(10.0, 10.0, 11.0, 11.0)) == "raster_does_not_cover"


def test_clipped_works_in_metres_too(tmp_path):
    path = write(tmp_path / "a.tif", crs="EPSG:32719", transform=Affine(90, 0, 370_000, 0, -90, 6_390_000))
    source = RasterSource(path)
    assert source.read(*source.clipped(-71.0, -33.5, -69.0, -31.0)).height_m.size > 50_000


def test_egm2008_without_its_grid_is_refused_and_with_it_used(tmp_path):
    source, grid = RasterSource(write(tmp_path / "a.tif")), LocalGrid(-32.75, -70.35, 4000.0)
    with pytest.raises(InputFault, match="EGM2008") as fault:
        dem_of(source, grid, *BOX, 90.0, "amsl_egm2008")
    assert fault.value.line.code == "geoid_file_missing"
    geoid = write(tmp_path / "n.tif", transform=Affine(0.02, 0, -73, 0, -0.02, -30), scale=0.005, offset=12.0)
    dem = dem_of(source, grid, *BOX, 90.0, "amsl_egm2008", RasterSource(geoid))
    assert np.nanmax(dem.height_hae_m) == pytest.approx(4032.0)


def test_written_grid_comes_back_node_for_node(tmp_path):
    grid, rng = LocalGrid(-32.75, -70.35, 4000.0), np.random.default_rng(2)
    height = rng.uniform(3000, 5000, (120, 160)).astype(np.float32)
    height[5:7, 9] = np.nan
    write_grid(tmp_path / "a.tif", height, grid, -3000.0, -2100.0, 30.0)
    lat, lon = grid.latlon(np.array([-2900.0, 1600.0]), np.array([-2000.0, 1300.0]))
    dem = dem_of(RasterSource(tmp_path / "a.tif"), grid, lon[0], lat[0], lon[1], lat[1], 30.0, "hae")
    i, j = round((dem.origin_x_m + 3000) / 30), round((dem.origin_y_m + 2100) / 30)
    rows, cols = dem.height_hae_m.shape
    want = height[j : j + rows, i : i + cols]
    known = np.isfinite(dem.height_hae_m)
    assert known.mean() > 0.98
    assert np.allclose(dem.height_hae_m[known], want[known], atol=0.05)


def test_same_values_give_the_same_file_and_a_failed_write_leaves_nothing(tmp_path):
    values, place = np.arange(600, dtype=np.uint8).reshape(20, 30), (30.0, 0.0, 0.0, 0.0, -30.0, 0.0)
    for name in ("a.tif", "b.tif"):
        write_geotiff(tmp_path / name, values, "EPSG:32719", place, nodata=255)
    one, two = (hashlib.sha256((tmp_path / n).read_bytes()).hexdigest() for n in ("a.tif", "b.tif"))
    assert one == two
    with rasterio.open(tmp_path / "a.tif") as file:
        assert file.nodata == 255
        assert np.array_equal(file.read(1), values)
    with pytest.raises(ValueError, match="float64"):
        write_geotiff(tmp_path / "c.tif", values.astype(float), "EPSG:32719", place)
    with pytest.raises(rasterio.errors.RasterioError):
        write_geotiff(tmp_path / "no" / "d.tif", values, "EPSG:32719", place)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.tif", "b.tif"]
