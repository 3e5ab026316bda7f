"""`apacheta terrain viewshed`: what it writes and says, and what it refuses."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from rasterio.transform import Affine
from rasterio.warp import transform

from apacheta.app.cli import main
from apacheta.app.terrain.viewshed import KEYS

Ask = Callable[..., dict[str, Any]]
UTM, WEST, NORTH, CELL = "EPSG:32719", 350_000.0, 6_400_000.0, 30.0


def write(path: Path, heights: NDArray[np.float32], crs: str = UTM, place: Affine | None = None) -> Path:
    place = place or Affine(CELL, 0, WEST, 0, -CELL, NORTH)
    rows, cols = heights.shape
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=rows,
        width=cols,
        count=1,
        dtype="float32",
        crs=crs,
        transform=place,
        nodata=-9999,
    ) as file:
        file.write(np.nan_to_num(heights, nan=-9999.0), 1)
    return path


@pytest.fixture
def dem(tmp_path: Path) -> Path:
    r"""Level ground at 4,000 m, 41 columns, with a wall of 50 m in column 25 and a void in row 3.

    west ____________|_______ east
    """
    heights = np.full((31, 41), 4000.0, np.float32)
    heights[:, 25] = 4050.0
    heights[3, 5:8] = np.nan
    return write(tmp_path / "dem.tif", heights)


def latlon(row: float, column: float) -> tuple[str, str]:
    """Of a pixel's centre."""
    lon, lat = transform(UTM, "EPSG:4326", [WEST + CELL * (column + 0.5)], [NORTH - CELL * (row + 0.5)])
    return repr(lat[0]), repr(lon[0])


@pytest.fixture
def ask(dem: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Ask from the pixel in row 15, column 10, ten metres up, unless told otherwise."""

    def answer(*words: object, code: int = 0, at: tuple[str, str] = latlon(15, 10), file: Path = dem) -> dict[str, Any]:
        given = ["terrain", "viewshed", str(file), "--lat", at[0], "--lon", at[1], "--out", str(tmp_path / "out.tif")]
        height = () if "--height" in words else ("--height", "10")
        assert main([*given, *height, *map(str, words), "--json"]) == code
        body: dict[str, Any] = json.loads(capsys.readouterr().out)
        assert body["exit_code"] == code
        assert set(KEYS) <= set(body)
        return body

    return answer


def pixels(path: Path) -> NDArray[Any]:
    with rasterio.open(path) as file:
        found: NDArray[Any] = file.read(1)
    return found


@pytest.mark.parametrize("mode", ["fast", "exact"])
def test_a_file_in_metres_keeps_its_pixels(ask: Ask, dem: Path, tmp_path: Path, mode: str) -> None:
    body = ask("--mode", mode, "--png", tmp_path / "out.png")
    seen = pixels(tmp_path / "out.tif")
    with rasterio.open(dem) as given, rasterio.open(tmp_path / "out.tif") as found:
        assert (found.crs, found.shape) == (given.crs, given.shape)
        assert found.transform.almost_equals(given.transform, 1e-6)
        assert (found.dtypes, found.nodata) == (("uint8",), 255.0)
    assert (seen[3, 5:8] == 255).all()
    assert (seen[10:20, :26] == 1).all(), "up to the wall and its top"
    assert (seen[10:20, 26:] == 0).all(), "behind it"
    counts = {"cells": 31 * 41, "cells_void": 3, "cells_in_range": 31 * 41 - 3, "cells_seen": int((seen == 1).sum())}
    assert {k: body[k] for k in counts} == counts
    assert body["seen_km2"] == pytest.approx(counts["cells_seen"] * 9e-4, rel=2e-3)
    assert (body["crs"], body["cell_m"], body["mode"], body["geoid"]) == (UTM, 30.0, mode, "EGM96")
    assert (tmp_path / "out.png").read_bytes().startswith(b"\x89PNG")


def test_the_observer_may_be_told_above_anything(ask: Ask, tmp_path: Path) -> None:
    found = []
    for height, above in (("10", "ground"), ("4010", "amsl"), (None, "hae")):
        if height is None:
            height = repr(found[0][0]["alt_hae_m"])
        observer = ask("--height", height, "--above", above)["observer"]
        assert observer["ground_amsl_m"] == pytest.approx(4000.0, abs=0.01)
        found.append((observer, pixels(tmp_path / "out.tif")))
    assert all(f[0]["alt_amsl_m"] == pytest.approx(4010.0, abs=0.01) for f in found)
    assert all(np.array_equal(f[1], found[0][1]) for f in found)
    assert 20.0 < found[0][0]["alt_hae_m"] - found[0][0]["alt_amsl_m"] < 50.0, "the Andes' geoid"


def test_a_margin_is_metres_and_its_sign_is_sight(ask: Ask, tmp_path: Path) -> None:
    ask("--mode", "exact")
    seen = pixels(tmp_path / "out.tif")
    ask("--mode", "exact", "--margin")
    margin = pixels(tmp_path / "out.tif")
    assert margin.dtype == np.float32
    assert np.array_equal(np.isnan(margin), seen == 255)
    assert np.array_equal(margin[seen != 255] >= 0, seen[seen != 255] == 1)
    # the wall is 40 m over the eye at 15 cells: at 20 cells the line is 40 / 15 * 20 over it, and the ground 10 below
    assert margin[15, 30] == pytest.approx(-(10 + 40 / 15 * 20), abs=0.1)


def test_range_and_sector_leave_the_rest_out(ask: Ask, tmp_path: Path) -> None:
    body = ask("--range", 152)
    near = pixels(tmp_path / "out.tif")
    assert near.shape[0] < 31, "only the part within reach is written"
    assert body["cells_in_range"] == 81, "nodes within five cells"
    with rasterio.open(tmp_path / "out.tif") as found:
        x, y = found.xy(*np.argwhere(near == 1)[0])
        assert np.hypot(x - (WEST + CELL * 10.5), y - (NORTH - CELL * 15.5)) <= 152.0
    body = ask("--azimuth", "45:135", "--elevation", "-15:-1")
    east = pixels(tmp_path / "out.tif")
    assert (east[15, :11] == 255).all()
    assert (east[15, 11:25] == 1).sum() == 13, "steeper than 15 degrees is left out"
    assert body["azimuth_deg"] == [45.0, 135.0]


def test_degrees_are_brought_to_metres(ask: Ask, tmp_path: Path) -> None:
    heights = np.full((60, 60), 4000.0, np.float32)
    file = write(tmp_path / "deg.tif", heights, "EPSG:4326", Affine(0.0005, 0, -70.5, 0, -0.0005, -32.5))
    body = ask(at=("-32.515", "-70.485"), file=file)
    assert body["crs"].startswith("+proj=tmerc")
    assert body["cell_m"] == pytest.approx(0.0005 * 111_320 * np.cos(np.radians(32.5)), rel=0.01)
    assert body["cells_seen"] == body["cells_in_range"] > 3000


@pytest.mark.parametrize(
    ("words", "at", "exit_code", "code"),
    [
        (("--height", "-20"), latlon(15, 10), 3, "observer_under_ground"),
        ((), latlon(3, 6), 3, "place_void"),
        ((), latlon(-9, 10), 3, "place_outside"),
        (("--range", "0"), latlon(15, 10), 2, "usage"),
        (("--azimuth", "north"), latlon(15, 10), 2, "usage"),
        (("--refraction", "7"), latlon(15, 10), 2, "usage"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(
    ask: Ask, tmp_path: Path, words: tuple[str, ...], at: tuple[str, str], exit_code: int, code: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    if exit_code == 2:
        with pytest.raises(SystemExit) as end:
            ask(*words, at=at)
        body = json.loads(capsys.readouterr().out)
        assert (end.value.code, body["schema"]) == (2, "apacheta/terrain-viewshed/1")
    else:
        body = ask(*words, at=at, code=exit_code)
    assert [e["code"] for e in body["errors"]] == [code]
    assert all(e["remedy"] for e in body["errors"])
    assert not (tmp_path / "out.tif").exists()


@pytest.mark.parametrize("crs", [UTM, "EPSG:4326"])
def test_a_country_is_asked_for_in_parts(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, crs: str) -> None:
    monkeypatch.setattr("apacheta.app.terrain.ground.MOST_NODES", 2_000)
    place = Affine(CELL, 0, WEST, 0, -CELL, NORTH) if crs == UTM else Affine(3e-4, 0, -70.5, 0, -3e-4, -32.5)
    file = write(tmp_path / "country.tif", np.full((120, 120), 4000.0, np.float32), crs, place)
    at = latlon(60, 60) if crs == UTM else ("-32.518", "-70.482")
    assert [e["code"] for e in ask(file=file, at=at, code=3)["errors"]] == ["too_large"]
    assert ask("--range", 300, file=file, at=at)["cells_in_range"] > 200


def test_the_elevation_file_is_never_written_over(dem: Path, ask: Ask) -> None:
    before = dem.read_bytes()
    assert [e["code"] for e in ask("--png", dem, code=3)["errors"]] == ["out_is_dem"]
    assert dem.read_bytes() == before


def test_the_same_question_gives_the_same_bytes(ask: Ask) -> None:
    assert ask("--mode", "exact")["out_sha256"] == ask("--mode", "exact")["out_sha256"]
