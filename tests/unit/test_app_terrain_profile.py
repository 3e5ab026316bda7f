"""`apacheta terrain profile`: what it says of known ground, and what it refuses."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rasterio.transform import Affine
from rasterio.warp import transform
from tile_sample import write_raster

from apacheta.app.cli import main
from apacheta.app.terrain.profile import KEYS

Ask = Callable[..., dict[str, Any]]
UTM, WEST, NORTH, CELL = "EPSG:32719", 350_000.0, 6_400_000.0, 30.0


@pytest.fixture
def dem(tmp_path: Path) -> Path:
    """Level ground at 4,000 m, 12 km wide, with a wall of 50 m in column 200; a void in row 20."""
    heights = np.full((31, 401), 4000.0, np.float32)
    heights[:, 200] = 4050.0
    heights[20, 90:93] = np.nan
    return write_raster(tmp_path / "dem.tif", heights, UTM, Affine(CELL, 0, WEST, 0, -CELL, NORTH))


def place(row: float, column: float) -> str:
    lon, lat = transform(UTM, "EPSG:4326", [WEST + CELL * (column + 0.5)], [NORTH - CELL * (row + 0.5)])
    return f"{lat[0]!r},{lon[0]!r}"


@pytest.fixture
def ask(dem: Path, capsys: pytest.CaptureFixture[str]) -> Ask:
    def answer(
        *words: object, code: int = 0, ends: tuple[str, str] = (place(10, 20), place(10, 380))
    ) -> dict[str, Any]:
        assert (
            main(["terrain", "profile", str(dem), "--from", ends[0], "--to", ends[1], *map(str, words), "--json"])
            == code
        )
        body: dict[str, Any] = json.loads(capsys.readouterr().out)
        assert set(KEYS) <= set(body)
        return body

    return answer


def test_a_wall_between_hides_and_costs(ask: Ask) -> None:
    low = ask("--from-height", 10, "--to-height", 10, "--frequency", 9e8)
    assert low["distance_m"] == pytest.approx(360 * CELL, rel=1e-3)
    assert low["azimuth_deg"] == pytest.approx(90.0, abs=1.5)
    assert (low["seen"], low["voids"], low["geoid"]) == (False, 0, "EGM96")
    assert low["least_clearance_m"] == pytest.approx(-40.0 - 180**2 * CELL**2 / 2 / 6_371_000 * (1 - 0.142857), abs=0.2)
    assert low["least_clearance_at_m"] == pytest.approx(180 * CELL, abs=CELL)
    assert low["highest_amsl_m"] == pytest.approx(4050.0, abs=0.05)
    assert low["diffraction_loss_db"] > 20.0
    high = ask("--from-height", 100, "--to-height", 100, "--frequency", 9e8)
    assert (high["seen"], high["diffraction_loss_db"]) == (True, 0.0)
    assert high["least_fresnel_share"] > 0.6
    assert high["free_space_loss_db"] == pytest.approx(32.45 + 20 * np.log10(10.8) + 20 * np.log10(900), abs=0.05)


def test_it_is_said_in_a_sentence(dem: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["terrain", "profile", str(dem), "--from", place(10, 20), "--to", place(10, 380), "--lang", "en"]
    assert main([*words, "--from-height", "10", "--to-height", "10"]) == 0
    assert capsys.readouterr().out == "10.80 km: the ground hides the other end; it stands up to 42.0 m over the line\n"
    assert main([*words, "--from-height", "100", "--to-height", "100"]) == 0
    assert capsys.readouterr().out.startswith("10.80 km: one end sees the other; the line clears the ground by 48.0 m")


def test_over_unknown_ground_nobody_is_said_to_be_seen(ask: Ask) -> None:
    body = ask("--frequency", 9e8, ends=(place(20, 20), place(20, 150)))
    assert body["voids"] > 0
    assert (body["seen"], body["diffraction_loss_db"]) == (None, None)


def test_the_table_has_a_line_a_step(ask: Ask, tmp_path: Path) -> None:
    body = ask("--from-height", 10, "--to-height", 30, "--out", tmp_path / "p.csv", "--png", tmp_path / "p.png")
    with (tmp_path / "p.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == body["points"] == 721
    assert (float(rows[0]["clearance_m"]), float(rows[-1]["clearance_m"])) == pytest.approx((10.0, 30.0), abs=0.02)
    assert float(rows[360]["ground_amsl_m"]) == pytest.approx(4050.0, abs=0.5)
    assert rows[5]["fresnel_radius_m"] == "", "no radio was asked for"
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("ends", "code"),
    [
        ((place(10, 20), place(10, 20)), "one_place"),
        ((place(20, 91), place(10, 200)), "place_void"),
        ((place(10, 20), place(10, 2000)), "place_outside"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(ask: Ask, ends: tuple[str, str], code: str) -> None:
    errors = ask(ends=ends, code=3)["errors"]
    assert [e["code"] for e in errors] == [code]
    assert errors[0]["remedy"]


def test_one_sees_the_other_as_the_other_does(ask: Ask) -> None:
    there, back = (ask(ends=ends) for ends in ((place(5, 20), place(15, 300)), (place(15, 300), place(5, 20))))
    assert (there["seen"], there["least_clearance_m"]) == (
        back["seen"],
        pytest.approx(back["least_clearance_m"], abs=0.01),
    )
