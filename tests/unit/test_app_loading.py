"""What a sector's files say is held against each other and against the ground before anything is planned."""

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.windows import Window
from sectors import BORDER_LON, MANDATE, SECTOR, box, changed, geojson, two_valleys

from apacheta.app.loading import check_mandate, load_fleet, load_mandate, load_sector, load_world
from apacheta.app.plan import run
from apacheta.core.errors import InputFault


def _load(path: Path) -> None:
    sector = load_sector(path)
    load_fleet(sector, path)
    load_world(sector, path)


def _fault(path: Path) -> InputFault:
    with pytest.raises(InputFault) as fault:
        _load(path)
    assert fault.value.line.remedy
    return fault.value


def test_a_right_sector_loads(tmp_path: Path) -> None:
    path = two_valleys(tmp_path)
    sector = load_sector(path)
    world = load_world(sector, path)
    assert world.dem.cell_m == 30.0
    assert world.border_line.signed_distance_m(-19.45, -66.98) > 7_000
    assert sorted(load_fleet(sector, path)) == ["vtol_terminating"]


def test_a_missing_raster_is_named(tmp_path: Path) -> None:
    path = two_valleys(tmp_path)
    (tmp_path / "terrain.tif").unlink()
    fault = _fault(path)
    assert (fault.line.code, fault.line.field) == ("missing_file", "terrain.file")


def test_a_raster_that_does_not_cover_the_sector_says_by_how_much(tmp_path: Path) -> None:
    path = two_valleys(tmp_path, sector=changed(SECTOR, "north_deg = -19.402", "north_deg = -19.35"))
    fault = _fault(path)
    assert fault.line.code == "raster_does_not_cover"
    assert "north" in fault.line.text
    assert "5" in fault.line.text  # 0.05 degrees, 5.5 km


def test_a_void_under_a_base_is_named(tmp_path: Path) -> None:
    fault = _fault(two_valleys(tmp_path, void_at_base=True))
    assert (fault.line.code, fault.line.field) == ("void_under_base", "bases[0]")


def test_a_border_elsewhere_is_named(tmp_path: Path) -> None:
    path = two_valleys(tmp_path)
    geojson(tmp_path / "border.geojson", "LineString", [[-65.0, -19.6], [-65.0, -19.3]])
    fault = _fault(path)
    assert (fault.line.code, fault.line.field) == ("border_outside_sector", "border.file")


def test_a_base_on_the_wrong_side_says_how_far(tmp_path: Path) -> None:
    sector = changed(SECTOR, "lon_deg = -66.975", f"lon_deg = {BORDER_LON + 0.0115}")
    fault = _fault(two_valleys(tmp_path, sector=sector))
    assert fault.line.code == "base_on_wrong_side"
    assert "1,0" in fault.line.text  # 0.0101 degrees of longitude: 1,06x m


def test_a_base_inside_the_standoff_is_refused(tmp_path: Path) -> None:
    sector = changed(SECTOR, "lon_deg = -66.975", f"lon_deg = {BORDER_LON - 0.002}")
    assert _fault(two_valleys(tmp_path, sector=sector)).line.code == "base_too_near"


def test_an_own_side_point_far_away_leaves_the_border_whole(tmp_path: Path) -> None:
    """La Paz says which side of a line from 24 to 14 S is ours, 330 km from the sector."""
    near = load_sector(two_valleys(tmp_path))
    near_line = load_world(near, tmp_path / "sector.toml").border_line
    capital = "own_side = { lat_deg = -16.5, lon_deg = -68.15 }"
    path = two_valleys(tmp_path, sector=changed(SECTOR, "own_side = { lat_deg = -19.45, lon_deg = -66.98 }", capital))
    line = [[BORDER_LON, -24.0], [BORDER_LON, -19.6], [BORDER_LON + 0.002, -19.45], [BORDER_LON, -19.3]]
    geojson(tmp_path / "border.geojson", "LineString", [*line, [BORDER_LON, -14.0]])
    found = load_world(load_sector(path), path).border_line
    for lon in (-66.98, BORDER_LON - 0.003, BORDER_LON + 0.01):
        assert found.signed_distance_m(-19.44, lon) == pytest.approx(near_line.signed_distance_m(-19.44, lon), abs=0.01)


@pytest.mark.parametrize(
    ("lat", "lon", "code", "text"),
    [
        (-19.39, -66.945, "relay_outside_sector", "outside keep_in"),
        (-19.45, BORDER_LON + 0.0115, "relay_on_wrong_side", "99"),  # 0.0095 degrees of longitude: 997 m
        (-19.45, BORDER_LON + 0.0018, "relay_too_near", "the line's accuracy asks for 30 m"),
        (-19.475, -66.945, "void_under_relay", "Spur"),
    ],
)
def test_a_relay_is_held_against_the_ground_as_a_base_is(
    tmp_path: Path, lat: float, lon: float, code: str, text: str
) -> None:
    relay = "lat_deg = -19.4500\nlon_deg = -66.945"
    path = two_valleys(tmp_path, sector=changed(SECTOR, relay, f"lat_deg = {lat}\nlon_deg = {lon}"))
    if code == "void_under_relay":
        hole_at(tmp_path / "terrain.tif", lat, lon)
    fault = _fault(path)
    assert (fault.line.code, fault.line.field) == (code, "relays[0]")
    assert text in fault.line.text


def hole_at(raster: Path, lat: float, lon: float) -> None:
    """A void of 10 x 10 pixels round a place."""
    with rasterio.open(raster, "r+") as file:
        row, col = file.index(lon, lat)
        file.write(np.full((1, 10, 10), file.nodata, np.float32), window=Window(col - 5, row - 5, 10, 10))


@pytest.mark.parametrize(("name", "field"), [("village", "zones[0].file"), ("road", "roads[0].file")])
def test_a_missing_geojson_is_named(tmp_path: Path, name: str, field: str) -> None:
    path = two_valleys(tmp_path)
    (tmp_path / f"{name}.geojson").unlink()
    fault = _fault(path)
    assert (fault.line.code, fault.line.field) == ("missing_file", field)


def test_an_unset_variable_in_a_path_is_named(tmp_path: Path) -> None:
    path = two_valleys(tmp_path, sector=changed(SECTOR, '"road.geojson"', '"${APACHETA_NOWHERE}/road.geojson"'))
    fault = _fault(path)
    assert (fault.line.code, fault.line.field) == ("unset_variable", "roads[0].file")


def test_a_variable_in_a_path_is_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = two_valleys(tmp_path, sector=changed(SECTOR, '"road.geojson"', '"${APACHETA_SHARED_DATA}/road.geojson"'))
    monkeypatch.setenv("APACHETA_SHARED_DATA", str(tmp_path))
    assert load_sector(path).roads[0].name == "road"


def test_an_unknown_aircraft_lists_those_there_are(tmp_path: Path) -> None:
    fault = _fault(two_valleys(tmp_path, sector=changed(SECTOR, "vtol_terminating", "zeppelin")))
    assert fault.line.code == "unknown_aircraft"
    assert "multicopter" in fault.line.text


def test_an_aircraft_beside_the_sector_goes_before_the_catalogue(tmp_path: Path) -> None:
    path = two_valleys(tmp_path)
    (tmp_path / "aircraft").mkdir()
    (tmp_path / "aircraft" / "vtol_terminating.toml").write_text('format = "aircraft/9"', encoding="utf-8")
    assert _fault(path).line.code == "format_newer"


def test_no_plan_without_a_mandate(tmp_path: Path) -> None:
    path = two_valleys(tmp_path)
    (tmp_path / "mandate.toml").unlink()
    body, code = run(path, tmp_path / "out", policy="strips")
    assert code == 3
    assert body["errors"][0]["code"] == "no_mandate"
    assert not (tmp_path / "out").exists()


def test_no_plan_after_the_mandates_end(tmp_path: Path) -> None:
    path = two_valleys(tmp_path, mandate=changed(MANDATE, "2026-07-01T00:00:00Z", "2026-06-22T00:00:00Z"))
    body, code = run(path, tmp_path / "out", policy="strips")
    assert (code, body["errors"][0]["code"]) == (3, "mandate_expired")
    assert "2026-06-22T05:00:00Z" in body["errors"][0]["text"]


def test_no_plan_outside_the_mandates_area(tmp_path: Path) -> None:
    path = two_valleys(tmp_path)
    geojson(tmp_path / "area.geojson", "Polygon", [box(-60.0, -19.5, -59.0, -19.4)])
    sector, mandate = load_sector(path), load_mandate(tmp_path / "mandate.toml")
    with pytest.raises(InputFault) as fault:
        check_mandate(mandate, sector, sector.start_utc_ns, sector.end_utc_ns)
    assert fault.value.line.code == "outside_mandate"


def test_every_pinned_key_is_there_when_the_plan_fails(tmp_path: Path) -> None:
    body, code = run(tmp_path / "none.toml", tmp_path / "out")
    assert code == 3
    assert body["errors"][0]["code"] == "missing_file"
    pinned = "interrupted policy seed sector_sha256 plan plan_sha256 report sorties bracket dropped planned_km2"
    assert set(pinned.split()) <= set(json.loads(json.dumps(body)))
