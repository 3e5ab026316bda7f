"""Files that people write are read strictly: what is wrong is named by file, field and remedy."""

import json
import re
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from sectors import MANDATE, SECTOR, changed, two_valleys

from apacheta.app.loading import catalogue_names, load_sector
from apacheta.core.errors import InputFault
from apacheta.formats.aircraft_toml import aircraft_of
from apacheta.formats.geojson import chains_of, rings_of
from apacheta.formats.mandate_toml import mandate_file_of
from apacheta.formats.sector_toml import sector_file_of


@pytest.mark.parametrize(
    ("old", "new", "code", "field"),
    [
        ('format = "sector/1"', 'format = "sector/2"', "format_newer", "format"),
        ('format = "sector/1"', 'format = "mandate/1"', "wrong_format", "format"),
        ('format = "sector/1"', "", "format_missing", "format"),
        ("accuracy_m = 30", "", "missing_key", "border.accuracy_m"),
        ("accuracy_m = 30", "accuracy_m = 30\ncolour = 3", "unknown_key", "border.colour"),
        ("accuracy_m = 30", "accuracy_m = -1", "wrong_value", "border.accuracy_m"),
        ("accuracy_m = 30", 'accuracy_m = "30"', "wrong_value", "border.accuracy_m"),
        ("accuracy_m = 30", "accuracy_m = nan", "not_finite", "border.accuracy_m"),
        ("lat_deg = -19.475", "lat_deg = -119.475", "wrong_value", "bases[0].lat_deg"),
        ("lat_deg = -19.475\n", "", "missing_key", "bases[0].lat_deg"),
        ('kind = "village"', 'kind = "castle"', "wrong_value", "zones[0].kind"),
        ("start_utc = 2026-06-21T23:00:00Z", "start_utc = 2026-06-21T23:00:00", "wrong_value", "night.start_utc"),
        ("start_utc = 2026-06-21T23:00:00Z", "start_utc = 2026-06-25T23:00:00Z", "wrong_value", "night.end_utc"),
        ('base = "Base"', 'base = "Elsewhere"', "unknown_base", "fleet.aircraft[0].base"),
        ('"amsl_egm96"', '"amsl_egm2008"', "geoid_missing", "terrain.geoid_file"),
        ("west_deg = -66.998\n", "", "missing_key", "keep_in"),
        ("[terrain]", "[terrain", "not_toml", None),
    ],
)
def test_a_wrong_sector_key_is_named(old: str, new: str, code: str, field: str | None) -> None:
    with pytest.raises(InputFault) as fault:
        sector_file_of(changed(SECTOR, old, new).encode(), "sector.toml")
    line = fault.value.line
    assert (line.code, line.field, line.file) == (code, field, "sector.toml")
    assert line.remedy


@pytest.mark.parametrize(
    ("old", "new", "code", "field"),
    [
        ("exercise = true", "", "missing_key", "exercise"),
        ("exercise = true", 'exercise = "yes"', "wrong_value", "exercise"),
        ("to_utc = 2026-07-01T00:00:00Z", "to_utc = 2026-05-01T00:00:00Z", "wrong_value", "to_utc"),
        ('authority = "test"', 'authority = ""', "wrong_value", "authority"),
        ('format = "mandate/1"', 'format = "mandate/7"', "format_newer", "format"),
    ],
)
def test_a_wrong_mandate_key_is_named(old: str, new: str, code: str, field: str) -> None:
    with pytest.raises(InputFault) as fault:
        mandate_file_of(changed(MANDATE, old, new).encode(), "mandate.toml")
    assert (fault.value.line.code, fault.value.line.field) == (code, field)


RING = [[0, 0], [1, 0], [1, 1], [0, 0]]
BOW_TIE = [[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]


def _class(name: str) -> str:
    return files("apacheta.app.catalogue").joinpath(f"{name}.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", catalogue_names())
def test_each_figure_of_the_catalogue_has_a_source_of_its_own(name: str, repository: Path) -> None:
    """Not its table's: a public one that docs/aircraft.md lists, a textbook's or a formula's, or said to be assumed."""
    content = tomllib.loads(_class(name))
    listed = set(re.findall(r"^(\d+)\. ", (repository / "docs" / "aircraft.md").read_text(encoding="utf-8"), re.M))
    sources = content.pop("sources")
    assert set(figures(content)) - set(sources) == set()
    for text in sources.values():
        named = {n for group in re.findall(r"\[([\d, -]+)\]", text) for n in re.findall(r"\d+", group)}
        assert named <= listed
        assert named or text.startswith(("assumed", "textbook", "momentum theory")), text


def figures(table: dict[str, Any], prefix: str = "") -> list[str]:
    """Dotted names of every number in a table."""
    inner = [figures(v, f"{prefix}{k}.") for k, v in table.items() if isinstance(v, dict)]
    return [f"{prefix}{k}" for k, v in table.items() if type(v) in (int, float)] + [
        name for part in inner for name in part
    ]


def test_the_catalogue_has_three_classes_each_figure_with_its_source() -> None:
    assert catalogue_names() == ("multicopter", "vtol_plain", "vtol_terminating")
    found = {name: aircraft_of(_class(name).encode(), name) for name in catalogue_names()}
    assert found["vtol_terminating"].failure.termination.independent
    assert not found["vtol_plain"].failure.termination.independent
    assert {a.kind for a in found.values()} == {"vtol_plane", "multirotor"}


@pytest.mark.parametrize(
    ("old", "new", "code", "field"),
    [
        ("mass_kg = 14.0", "mass_kg = 0", "wrong_value", "mass_kg"),
        ("wing_area_m2 = 0.95", "", "unknown_key", "sources.wing_area_m2"),
        ('"radio.band_hz" = ', '"camera" = ', "no_source", "radio.band_hz"),
        ("cruise_cas_m_s = 19.0", "cruise_cas_m_s = 12.0", "wrong_value", "cruise_cas_m_s"),
        ("depression_max_deg = 60.0", "depression_max_deg = 10.0", "wrong_value", "camera.depression_max_deg"),
        ("[camera]", "[camera]\nzoom = 3", "no_source", None),
    ],
)
def test_a_wrong_aircraft_figure_is_named(old: str, new: str, code: str, field: str | None) -> None:
    with pytest.raises(InputFault) as fault:
        aircraft_of(changed(_class("vtol_terminating"), old, new).encode(), "x.toml")
    if field is None:
        assert fault.value.line.field == "camera.zoom"
    else:
        assert (fault.value.line.code, fault.value.line.field) == (code, field)


def test_geojson_lines_and_polygons_are_found_at_any_depth() -> None:
    line = {"type": "LineString", "coordinates": [[-70, -32], [-70, -33]]}
    many = {"type": "MultiLineString", "coordinates": [[[-70, -32], [-70, -33]], [[-71, -32], [-71, -33, 5]]]}
    features = [{"type": "Feature", "properties": None, "geometry": g} for g in (line, many, None)]
    whole = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    assert chains_of(whole, "x") == (
        ((-70.0, -32.0), (-70.0, -33.0)),
        ((-70.0, -32.0), (-70.0, -33.0)),
        ((-71.0, -32.0), (-71.0, -33.0)),
    )


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ({"type": "Polygon", "coordinates": [RING, RING]}, "polygon_with_hole"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [0, 0]]]}, "too_few_points"),
        ({"type": "Polygon", "coordinates": [[[0, 100], [1, 0], [1, 1], [0, 100]]]}, "not_lon_lat"),
        ({"type": "Point", "coordinates": [0, 0]}, "no_polygon"),
        ({"type": "Point", "coordinates": [0, 0], "crs": {"properties": {"name": "EPSG:32719"}}}, "not_wgs84"),
        ({"kind": "Polygon"}, "not_geojson"),
        ({"type": "Polygon", "coordinates": [BOW_TIE]}, "crossing_ring"),
        (
            {"type": "Polygon", "coordinates": [[[0, 0], [2, 0], [1, 1], [2, 2], [0, 2], [1, 1], [0, 0]]]},
            "crossing_ring",
        ),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [2, 2], [0, 0]]]}, "no_area"),
        ({"type": "MultiPolygon", "coordinates": 5}, "not_geojson"),
        ({"type": "FeatureCollection", "features": None}, "not_geojson"),
        ({"type": "GeometryCollection", "geometries": None}, "not_geojson"),
        ({"type": "Polygon", "coordinates": [RING], "crs": {"properties": None}}, "not_wgs84"),
        ({"type": "Polygon", "coordinates": [RING], "crs": {"properties": {"name": ["a"]}}}, "not_wgs84"),
        ([], "not_geojson"),
    ],
)
def test_geojson_that_is_no_area_is_refused(value: object, code: str) -> None:
    with pytest.raises(InputFault) as fault:
        rings_of(json.dumps(value).encode(), "x.geojson")
    assert fault.value.line.code == code


def test_the_sectors_hash_holds_every_file_that_it_names(tmp_path: Path) -> None:
    path = two_valleys(tmp_path)
    first = load_sector(path).sha256
    assert load_sector(path).sha256 == first
    road = tmp_path / "road.geojson"
    road.write_bytes(road.read_bytes() + b"\n")
    assert load_sector(path).sha256 != first
