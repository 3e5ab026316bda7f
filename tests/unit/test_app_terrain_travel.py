"""`apacheta terrain travel` and `terrain info`: what they write and say, and what they refuse."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine
from rasterio.warp import transform
from tile_sample import write_raster

from apacheta.app.cli import main
from apacheta.app.terrain import info, travel

Ask = Callable[..., dict[str, Any]]
UTM, WEST, NORTH, CELL = "EPSG:32719", 350_000.0, 6_400_000.0, 30.0
PLACE = Affine(CELL, 0, WEST, 0, -CELL, NORTH)


def lonlat(row: float, column: float) -> list[float]:
    lon, lat = transform(UTM, "EPSG:4326", [WEST + CELL * (column + 0.5)], [NORTH - CELL * (row + 0.5)])
    return [lon[0], lat[0]]


def place(row: float, column: float) -> str:
    lon, lat = lonlat(row, column)
    return f"{lat!r},{lon!r}"


@pytest.fixture
def dem(tmp_path: Path) -> Path:
    r"""Level ground with a cliff of 500 m in row 20, but for a gap in columns 50 to 52; a void in row 5."""
    heights = np.full((41, 61), 4000.0, np.float32)
    heights[20] = 4500.0
    heights[20, 50:53] = 4000.0
    heights[5, 30:33] = np.nan
    return write_raster(tmp_path / "dem.tif", heights, UTM, PLACE)


@pytest.fixture
def ask(dem: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Ask:
    def answer(*words: object, code: int = 0, start: str = place(10, 10)) -> dict[str, Any]:
        given = ["terrain", "travel", str(dem), "--from", start, "--out", str(tmp_path / "t.tif")]
        assert main([*given, *map(str, words), "--json"]) == code
        body: dict[str, Any] = json.loads(capsys.readouterr().out)
        assert set(travel.KEYS) <= set(body)
        return body

    return answer


def test_the_way_leads_through_the_gap(ask: Ask, tmp_path: Path) -> None:
    body = ask("--to", place(35, 10), "--way", tmp_path / "w.geojson", "--png", tmp_path / "t.png", "--by-day")
    with rasterio.open(tmp_path / "t.tif") as file:
        time_s = file.read(1)
    assert time_s[35, 10] == pytest.approx(body["goal_time_s"], abs=0.1)
    assert np.isnan(time_s[5, 30:33]).all()
    assert np.isnan(time_s[20, :50]).all()
    assert body["cells_reached"] == int(np.isfinite(time_s).sum()) == 41 * 61 - 3 - 58
    (feature,) = json.loads((tmp_path / "w.geojson").read_text())["features"]
    lon, lat, height = np.array(feature["geometry"]["coordinates"]).T
    assert [lon[0], lat[0]] == pytest.approx(lonlat(10, 10), abs=1e-6)
    assert [lon[-1], lat[-1]] == pytest.approx(lonlat(35, 10), abs=1e-6)
    assert feature["properties"]["time_s"] == body["goal_time_s"]
    assert height.min() > 4015.0, "above the ellipsoid"
    x, y = transform("EPSG:4326", UTM, lon, lat)
    at_cliff = np.abs(np.array(y) - (NORTH - CELL * 20.5)) < 1.0
    assert ((np.array(x)[at_cliff] - WEST) / CELL // 1).tolist() in ([50.0], [51.0])
    straight_m = 2 * np.hypot(40, 11) * CELL
    assert straight_m < body["way_length_m"] < 1.1 * straight_m
    assert body["goal_time_s"] == pytest.approx(body["way_length_m"] / (0.6 * 5.036 / 3.6), rel=0.01)
    assert (tmp_path / "t.png").read_bytes().startswith(b"\x89PNG")


def test_a_path_is_quicker_and_a_vehicle_needs_one(ask: Ask, tmp_path: Path) -> None:
    line = {"type": "LineString", "coordinates": [lonlat(10, 0), lonlat(10, 60)]}
    (tmp_path / "p.geojson").write_text(json.dumps({"type": "Feature", "properties": {}, "geometry": line}))
    beside = ask("--to", place(10, 60))["goal_time_s"]
    on_path = ask("--to", place(10, 60), "--paths", tmp_path / "p.geojson")["goal_time_s"]
    assert on_path == pytest.approx(0.6 * beside, rel=0.01)
    body = ask("--to", place(12, 60), "--paths", tmp_path / "p.geojson", "--traveller", "vehicle")
    assert (body["goal_time_s"], body["cells_reached"]) == (None, 61)


def test_hours_end_the_search(ask: Ask) -> None:
    body = ask("--hours", 0.2, "--by-day")
    radius = 0.2 * 5.036e3 * 0.6 / CELL
    assert body["cells_reached"] < np.pi * radius**2
    assert body["longest_s"] == 720.0


@pytest.mark.parametrize(
    ("words", "start", "code"),
    [
        ((), place(5, 31), "place_void"),
        ((), place(-50, 31), "place_outside"),
        (("--way", "w.geojson"), place(10, 10), "no_goal"),
        (("--paths", "nowhere.geojson"), place(10, 10), "file_missing"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(ask: Ask, words: tuple[str, ...], start: str, code: str) -> None:
    errors = ask(*words, start=start, code=3)["errors"]
    assert [e["code"] for e in errors] == [code]
    assert errors[0]["remedy"]


def test_info_tells_of_each_file_and_fails_for_those_it_cannot_use(
    dem: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = write_raster(
        tmp_path / "o.tif", np.full((700, 9), 12.5, np.float32), "EPSG:4326", Affine(0.001, 0, -70, 0, -0.001, -32)
    )
    assert main(["terrain", "info", str(dem), str(tmp_path / "none.tif"), str(other), "--json"]) == 3
    body = json.loads(capsys.readouterr().out)
    assert set(info.KEYS) <= set(body)
    first, second = body["files"]
    assert (first["crs"], first["is_metric"], first["cells_void"], first["lowest_m"], first["highest_m"]) == (
        UTM, True, 3, 4000.0, 4500.0,
    )  # fmt: skip
    assert (second["is_metric"], second["height_px"], second["lowest_m"]) == (False, 700, 12.5)
    assert [e["code"] for e in body["errors"]] == ["raster_missing"]
