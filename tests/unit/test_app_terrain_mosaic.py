"""`apacheta terrain mosaic`: tiles as one file, which answers as the whole does."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine
from rasterio.warp import transform
from tile_sample import write_raster

from apacheta.app.cli import main
from apacheta.app.terrain.mosaic import KEYS

UTM, WEST, NORTH, CELL = "EPSG:32719", 350_000.0, 6_400_000.0, 30.0


def part(path: Path, heights: Any, row: int, col: int, crs: str = UTM, cell: float = CELL, **more: Any) -> Path:
    return write_raster(path, heights, crs, Affine(cell, 0, WEST + cell * col, 0, -cell, NORTH - cell * row), **more)


@pytest.fixture
def ground() -> Any:
    """Hills of 150 m, with a void across the tiles' edge."""
    y, x = np.mgrid[:80, :100]
    heights = (4000.0 + 150.0 * np.sin(x / 9.0) * np.cos(y / 7.0)).astype(np.float32)
    heights[38:42, 10:12] = np.nan
    return heights


@pytest.fixture
def tiles(tmp_path: Path, ground: Any) -> list[Path]:
    (tmp_path / "tiles").mkdir()
    cuts = [(0, 40, 0, 55), (0, 40, 55, 100), (40, 80, 0, 55), (40, 80, 55, 100)]
    return [part(tmp_path / "tiles" / f"{n}.tif", ground[a:b, c:d], a, c) for n, (a, b, c, d) in enumerate(cuts)]


def run(capsys: pytest.CaptureFixture[str], code: int, *words: object) -> dict[str, Any]:
    assert main([*map(str, words), "--json"]) == code
    body: dict[str, Any] = json.loads(capsys.readouterr().out)
    return body


def test_it_answers_as_the_whole_file_does(
    tmp_path: Path, tiles: list[Path], ground: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    body = run(capsys, 0, "terrain", "mosaic", *tiles, "--out", tmp_path / "all.vrt")
    assert set(KEYS) <= set(body)
    assert (body["tiles"], body["width_px"], body["height_px"], body["crs"]) == (4, 100, 80, UTM)
    whole = part(tmp_path / "whole.tif", ground, 0, 0)
    lon, lat = transform(UTM, "EPSG:4326", [WEST + CELL * 54.2], [NORTH - CELL * 39.7])
    found = []
    for file in (whole, tmp_path / "all.vrt"):
        out = tmp_path / "seen.tif"
        words = ("--lat", lat[0], "--lon", lon[0], "--height", 5, "--mode", "exact", "--margin", "--out", out)
        run(capsys, 0, "terrain", "viewshed", file, *words)
        with rasterio.open(out) as seen:
            found.append(seen.read(1))
    np.testing.assert_array_equal(found[0], found[1])
    (told,) = run(capsys, 0, "terrain", "info", tmp_path / "all.vrt")["files"]
    assert told["cells_void"] == 8


def test_the_hash_is_that_of_all_tiles(tmp_path: Path, tiles: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    ask = ("terrain", "mosaic", *tiles, "--out", tmp_path / "all.vrt")
    before = run(capsys, 0, *ask)
    with rasterio.open(tiles[3], "r+") as file:
        heights = file.read(1)
        heights[5, 5] += 1.0
        file.write(heights, 1)
    after = run(capsys, 0, *ask)
    assert before["out_sha256"] == after["out_sha256"]
    assert before["dem_sha256"] != after["dem_sha256"]


def test_tiles_are_named_from_where_the_mosaic_lies(
    tmp_path: Path, tiles: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, 0, "terrain", "mosaic", *tiles, "--out", tmp_path / "all.vrt")
    assert "tiles/0.tif" in (tmp_path / "all.vrt").read_text()
    assert str(tmp_path) not in (tmp_path / "all.vrt").read_text()
    moved = tmp_path.with_name(tmp_path.name + "-moved")
    tmp_path.rename(moved)
    assert run(capsys, 0, "terrain", "info", moved / "all.vrt")["files"][0]["width_px"] == 100


@pytest.mark.parametrize(
    ("odd", "code"),
    [
        ({"cell": 31.0}, "tiles_differ"),
        ({"crs": "EPSG:32718"}, "tiles_differ"),
        ({"row": 40.5}, "tiles_differ"),
        ({"nodata": -1.0}, "tiles_differ"),
    ],
)
def test_tiles_that_do_not_lie_on_one_grid_are_named(
    tmp_path: Path, tiles: list[Path], capsys: pytest.CaptureFixture[str], odd: dict[str, Any], code: str
) -> None:
    other = part(tmp_path / "odd.tif", np.full((9, 9), 4000.0, np.float32), **({"row": 40, "col": 3} | odd))
    errors = run(capsys, 3, "terrain", "mosaic", *tiles, other, "--out", tmp_path / "all.vrt")["errors"]
    assert [e["code"] for e in errors] == [code]
    assert errors[0]["file"].endswith("odd.tif")
    assert not (tmp_path / "all.vrt").exists()


def test_what_cannot_be_joined_is_refused(
    tmp_path: Path, tiles: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    asked = {"not_vrt": (tiles[0], "x.tif"), "raster_missing": (tmp_path / "no.tif", "x.vrt")}
    for code, (dem, out) in asked.items():
        errors = run(capsys, 3, "terrain", "mosaic", dem, "--out", tmp_path / out)["errors"]
        assert [e["code"] for e in errors] == [code]
        assert not (tmp_path / out).exists()
