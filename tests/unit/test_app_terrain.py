"""`apacheta terrain tiles`: its answer, its refusals, and that nothing half-made is ever left."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rasterio.transform import Affine
from small_disk import files_of_at_most
from tile_sample import LAT_DEG, LON_DEG, ReadBack, write_dem, write_raster

from apacheta.app.cli import main
from apacheta.app.terrain.tiles import KEYS, cached_tiles, tiles_for
from apacheta.core.errors import EnvironmentFault, InputFault

BOX = (LON_DEG - 0.02, LAT_DEG - 0.02, LON_DEG + 0.02, LAT_DEG + 0.02)


@pytest.fixture
def dem(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return write_dem(tmp_path / "in" / "dem.tif")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where tiles are to go; nothing else is in it."""
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def answer(capsys: pytest.CaptureFixture[str], *words: object) -> dict[str, Any]:
    """The JSON object of the command."""
    code = main(["terrain", "tiles", *map(str, words), "--json"])
    body = json.loads(capsys.readouterr().out)
    assert body["exit_code"] == code
    assert body["schema"] == "apacheta/terrain-tiles/1"
    assert set(KEYS) <= set(body)
    return body


def test_the_answer_says_what_is_in_the_file(dem: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = folder / "a.pmtiles"
    box = ",".join(map(str, BOX))
    body = answer(capsys, dem, "--out", out, "--max-zoom", 11, "--bounds", box)
    assert (body["ok"], body["min_zoom"], body["max_zoom"], body["crs"]) == (True, 10, 11, "EPSG:32719")
    assert body["dem_sha256"] == hashlib.sha256(dem.read_bytes()).hexdigest()
    assert body["out_sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert (body["bytes"], body["out"]) == (out.stat().st_size, str(out))
    assert body["tiles"] == len(ReadBack(out).png)
    assert body["bounds"] == pytest.approx(BOX)
    assert body["cpu_seconds"] > 0


def letter(path: Path) -> Path:
    path.write_text("Dear Sir,\n")
    return path


def flat(path: Path, value: float = 4000.0, crs: str | None = "EPSG:4326") -> Path:
    place = Affine(0.001, 0, LON_DEG, 0, -0.001, LAT_DEG)
    return write_raster(path, np.full((30, 30), value, np.float32), crs, place)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda path: path, "raster_missing"),
        (letter, "raster_unreadable"),
        (lambda path: flat(path, crs=None), "raster_no_crs"),
        (lambda path: flat(path, np.nan), "raster_void"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_remedy(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str], make: Callable[[Path], Path], code: str
) -> None:
    bad = make(tmp_path / "bad.tif")
    body = answer(capsys, bad, "--out", folder / "a.pmtiles")
    (line,) = body["errors"]
    assert (body["exit_code"], line["code"], line["file"], line["field"]) == (3, code, str(bad), "DEM")
    assert line["remedy"]
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "code", "field"),
    [
        (("--bounds", "-60,-32,-59,-31"), "raster_does_not_cover", "DEM"),
        (("--bounds", "-70,-32,-71,-31"), "bounds_empty", "--bounds"),
        (("--bounds", "-70,-32,nan,-31"), "bounds_empty", "--bounds"),
        (("--min-zoom", "9", "--max-zoom", "8"), "zooms_empty", "--min-zoom"),
    ],
)
def test_bounds_and_zooms_that_hold_nothing_are_refused(
    dem: Path, folder: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: str, field: str
) -> None:
    body = answer(capsys, dem, "--out", folder / "a.pmtiles", *words)
    (line,) = body["errors"]
    assert (body["exit_code"], line["code"], line["field"]) == (3, code, field)
    assert line["remedy"]
    assert list(folder.iterdir()) == []


def test_a_wrong_command_line_is_exit_2_with_the_object(dem: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--bounds", "-70,-32"], ["--max-zoom", "23"], []):
        with pytest.raises(SystemExit) as stop:
            main(["terrain", "tiles", str(dem), *words, "--json"])
        body = json.loads(capsys.readouterr().out)
        assert (stop.value.code, body["exit_code"], body["schema"]) == (2, 2, "apacheta/terrain-tiles/1")


def test_an_out_that_cannot_be_written_is_said_before_the_work(
    dem: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for out in (folder, folder / "none" / "a.pmtiles"):
        body = answer(capsys, dem, "--out", out)
        (line,) = body["errors"]
        assert (body["exit_code"], line["code"], line["file"], line["field"]) == (
            *(4, "out_unwritable"),
            *(str(out), "--out"),
        )
    assert list(folder.iterdir()) == []


def test_the_elevation_file_is_never_written_over(dem: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = dem.read_bytes()
    assert answer(capsys, dem, "--out", dem)["errors"][0]["code"] == "out_is_dem"
    assert dem.read_bytes() == before


@pytest.mark.parametrize("size", [2_000, 120_000])
def test_a_full_disk_leaves_the_older_tiles_and_nothing_beside_them(dem: Path, folder: Path, size: int) -> None:
    out = folder / "a.pmtiles"
    out.write_bytes(b"older")
    with files_of_at_most(size), pytest.raises(EnvironmentFault) as fault:
        tiles_for(dem, BOX, out)
    line = fault.value.line
    assert (line.code, line.file, line.field, fault.value.exit_code) == ("disk_full", str(out), "--out", 4)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"a.pmtiles": b"older"}


def test_an_interruption_leaves_nothing(dem: Path, folder: Path) -> None:
    def stop(share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tiles_for(dem, None, folder / "a.pmtiles", tell=stop)
    assert list(folder.iterdir()) == []


def test_the_cache_makes_tiles_once_for_a_file_its_bounds_and_datum(
    dem: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    calls: list[float] = []
    first = cached_tiles(dem, BOX, "amsl_egm96", calls.append)
    count, stamp = len(calls), first.stat().st_mtime_ns
    assert count > 0
    assert ReadBack(first).metadata["vertical_datum"] == "amsl_egm96"
    assert cached_tiles(dem, BOX, "amsl_egm96", calls.append) == first
    assert (len(calls), first.stat().st_mtime_ns) == (count, stamp)
    others = {cached_tiles(dem, BOX), cached_tiles(dem, (*BOX[:3], BOX[3] + 0.01))}
    assert len(others | {first}) == 3
    assert {path.suffix for path in first.parent.iterdir()} == {".pmtiles"}


def test_a_cache_that_fails_has_no_tiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(InputFault, match="no ground"):
        cached_tiles(flat(tmp_path / "void.tif", np.nan), None)
    assert list((tmp_path / "cache" / "apacheta" / "tiles").iterdir()) == []


def test_help_loads_no_raster_library() -> None:
    words = "import sys; from apacheta.app.cli import main\ntry: main(['terrain', 'tiles', '--help'])\n"
    words += "except SystemExit: pass\nprint({'rasterio', 'cv2', 'numpy', 'pmtiles'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    assert "--min-zoom" in done.stdout
    assert done.stdout.endswith("set()\n")
