"""Sorties for ground stations and maps: read by other programs, of proven plans only."""

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from proof_sample import WAY_A, WAY_B, sample
from pymavlink import mavwp
from pymavlink.dialects.v20 import ardupilotmega as mav

from apacheta.app.cli import main
from apacheta.core.plan import Tour, sorties_of
from apacheta.formats.missions import encode_waypoints, mission_of
from apacheta.formats.plan_json import decode_plan

KML = "{http://www.opengis.net/kml/2.2}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sector, its plan, and the plan exported into `out`."""
    folder = tmp_path_factory.mktemp("export")
    sample(folder)
    assert main(["export", str(folder / "plan.json"), "--out", str(folder / "out")]) == 0
    return folder


@pytest.fixture(scope="module")
def tour(folder: Path) -> Tour:
    """What was drawn."""
    return sorties_of(decode_plan((folder / "plan.json").read_bytes(), "plan.json"))[0].tour


def places_of(tour: Tour) -> np.ndarray:
    """(n, 3) latitude, longitude, AMSL of a tour's points."""
    return np.array([(w.position.lat_deg, w.position.lon_deg, w.alt_amsl_m) for w in tour.waypoints])


def test_pymavlink_reads_the_waypoints_as_they_were_planned(folder: Path, tour: Tour) -> None:
    loader = mavwp.MAVWPLoader()
    loader.load(str(folder / "out" / "slot-01_A1.waypoints"))
    items = [loader.wp(n) for n in range(loader.count())]
    assert [i.seq for i in items] == list(range(len(tour.waypoints) + 1))
    wanted = [mav.MAV_CMD_NAV_WAYPOINT, mav.MAV_CMD_NAV_VTOL_TAKEOFF, mav.MAV_CMD_DO_CHANGE_SPEED]
    wanted += [mav.MAV_CMD_NAV_WAYPOINT] * (len(tour.waypoints) - 3) + [mav.MAV_CMD_NAV_VTOL_LAND]
    assert [i.command for i in items] == wanted
    flown = [i for i in items if i.command != mav.MAV_CMD_DO_CHANGE_SPEED]
    assert {i.frame for i in flown} == {mav.MAV_FRAME_GLOBAL}
    assert items[2].frame == mav.MAV_FRAME_MISSION
    found = np.array([(i.x, i.y, i.z) for i in flown])
    assert np.abs(found[:, :2] - places_of(tour)[:, :2]).max() < 1e-6
    assert np.abs(found[:, 2] - places_of(tour)[:, 2]).max() < 0.01


def test_the_ground_stations_plan_has_the_same_items_and_the_fence(folder: Path, tour: Tour) -> None:
    plan = json.loads((folder / "out" / "slot-01_A1.plan").read_bytes())
    assert (plan["fileType"], plan["version"], plan["geoFence"]["version"], plan["mission"]["version"]) == (
        "Plan",
        1,
        2,
        2,
    )
    items = plan["mission"]["items"]
    loader = mavwp.MAVWPLoader()
    loader.load(str(folder / "out" / "slot-01_A1.waypoints"))
    assert [i["command"] for i in items] == [loader.wp(n).command for n in range(1, loader.count())]
    assert [i["doJumpId"] for i in items] == list(range(1, len(items) + 1))
    flown = [i for i in items if i["frame"] == mav.MAV_FRAME_GLOBAL]
    found = np.array([i["params"][4:] for i in flown])
    assert np.abs(found - places_of(tour)[1:]).max() < 0.006
    assert all(i["Altitude"] == i["params"][6] and i["AltitudeMode"] == 2 for i in flown)
    (fence,) = plan["geoFence"]["polygons"]
    assert fence["inclusion"] is True
    lat, lon = np.array(fence["polygon"]).T
    at = places_of(tour)
    assert lat.min() < at[:, 0].min() <= at[:, 0].max() < lat.max()
    assert lon.min() < at[:, 1].min() <= at[:, 1].max() < lon.max()


def test_the_map_has_border_and_sortie_at_its_heights_and_time(folder: Path, tour: Tour) -> None:
    root = ET.fromstring((folder / "out" / "night.kml").read_bytes())
    places = {p.findtext(f"{KML}name"): p for p in root.iter(f"{KML}Placemark")}
    assert set(places) == {"border", "keep-in", "Base", f"slot-01 A1 {tour.id}"}
    sortie = places[f"slot-01 A1 {tour.id}"]
    assert sortie.findtext(f"{KML}LineString/{KML}altitudeMode") == "absolute"
    said = sortie.findtext(f"{KML}LineString/{KML}coordinates")
    found = np.array([[float(v) for v in point.split(",")] for point in said.split()])
    assert np.abs(found[:, [1, 0, 2]] - places_of(tour)).max() < 0.006
    span = [sortie.findtext(f"{KML}TimeSpan/{KML}{tag}") for tag in ("begin", "end")]
    assert span == ["2026-06-21T23:00:00Z", "2026-06-21T23:25:00Z"]


def test_a_multicopter_takes_off_and_lands_as_one(tour: Tour) -> None:
    items = mission_of(tour, False, 12.0)
    assert (items[0].command, items[-1].command) == (mav.MAV_CMD_NAV_TAKEOFF, mav.MAV_CMD_NAV_LAND)
    assert all(i.command == mav.MAV_CMD_NAV_WAYPOINT for i in items[1:-1])
    assert len(encode_waypoints(tour, items).splitlines()) == len(tour.waypoints) + 1


def answer_of(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    main(["export", *words, "--json"])
    return json.loads(capsys.readouterr().out)


def test_nothing_of_a_plan_that_is_not_proven_is_exported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever its own `containment` says: it is proven anew."""
    sample(tmp_path, ways={"A": [(n, e * 3.6, h + 450.0 if h > 4100.0 else h) for n, e, h in WAY_A]})
    assert re.search(rb'"containment":"proven"', (tmp_path / "plan.json").read_bytes())
    answer = answer_of(capsys, str(tmp_path / "plan.json"), "--out", str(tmp_path / "out"))
    assert (answer["exit_code"], answer["verdict"], answer["missions"]) == (3, "not_proven", None)
    assert answer["errors"][0]["code"] == "not_proven"
    assert not (tmp_path / "out").exists()


def test_two_nights_do_not_lie_in_one_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sample(tmp_path, ways={"B": WAY_B})
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "slot-09_A1.plan").write_text("of yesterday")
    answer = answer_of(capsys, str(tmp_path / "plan.json"), "--out", str(tmp_path / "out"))
    assert (answer["exit_code"], answer["errors"][0]["code"], answer["errors"][0]["field"]) == (
        3,
        "folder_in_use",
        "--out",
    )
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["slot-09_A1.plan"]
    answer = answer_of(capsys, str(tmp_path / "plan.json"), "--out", str(tmp_path / "plan.json"))
    assert answer["errors"][0]["code"] == "not_a_folder"
