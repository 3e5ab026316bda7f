"""What the page is told, field by field, against figures worked out by hand."""

import math
from typing import Any

import msgspec
import numpy as np
import pytest
from live_stage import GRID, START_NS, STREAM, alert, border, fix, ground, place, scene
from shapely.geometry import Point, Polygon

from apacheta.app.chain import Posed
from apacheta.app.live.messages import (
    alert_message,
    clip_utc_ns,
    fix_message,
    severity_of,
    sight_message,
    tracks_message,
)
from apacheta.app.live.night import accuracy_band, declination_deg, night_of
from apacheta.app.live.video import envelope_of, pose_message
from apacheta.core.sight import CameraPose, Footprint, Frame, Track
from apacheta.formats.envelope import decode_envelope
from apacheta.formats.ts import PesUnit
from apacheta.geo import BorderLine, undulation_m
from apacheta.see import Sighting

NS = 1_000_000_000


def pose(**changes: Any) -> CameraPose:
    made = CameraPose(
        utc_ns=START_NS, position=place(500.0), height_exact=True, platform_heading_deg=350.0, platform_pitch_deg=0.0,
        platform_roll_deg=0.0, sensor_rel_azimuth_deg=30.0, sensor_rel_elevation_deg=-40.0, sensor_rel_roll_deg=0.0,
        hfov_deg=12.5, vfov_deg=math.nan,
    )  # fmt: skip
    return msgspec.structs.replace(made, **changes)


def frame() -> Frame:
    return Frame(stream=STREAM, number=7, pts_s=0.7, width_px=320, height_px=256, pose=pose())


def track(east_m_s: float, north_m_s: float) -> Track:
    return Track(
        id="A1-00001", stream=STREAM, utc_ns=START_NS, first_utc_ns=START_NS, position=place(),
        position_cov_m2=(4.0, 1.0, 9.0), velocity_east_m_s=east_m_s, velocity_north_m_s=north_m_s, moved_m=5.0,
        scatter_m=0.1, plots=9, area_m2=0.6, existence=0.99, confirmed=True, kind="person", column_px=10.0, row_px=20.0,
        frame=7,
    )  # fmt: skip


def wired(message: dict[str, Any]) -> dict[str, Any]:
    """As the page reads it."""
    return dict(msgspec.json.decode(msgspec.json.encode(message)))


def test_an_aircrafts_three_heights_are_those_of_ellipsoid_geoid_and_ground() -> None:
    told = wired(fix_message(fix(above_m=120.0), ground(), "good"))
    assert told["alt_hae_m"] - told["alt_amsl_m"] == pytest.approx(undulation_m(GRID.lat0_deg, GRID.lon0_deg))
    assert told["alt_agl_m"] == pytest.approx(120.0, abs=1e-3)
    assert (told["utc_ns"], told["link"]) == (str(START_NS), "good")


def test_height_above_unknown_ground_is_null() -> None:
    away = msgspec.structs.replace(fix(), position=msgspec.structs.replace(place(), lat_deg=-10.0))
    assert wired(fix_message(away, ground(), "late"))["alt_agl_m"] is None
    assert wired(fix_message(fix(), None, "late"))["alt_agl_m"] is None


@pytest.mark.parametrize(("east", "north", "course"), [(0, 2, 0), (2, 0, 90), (0, -2, 180), (-2, 0, 270)])
def test_course_is_clockwise_from_north(east: float, north: float, course: float) -> None:
    sighting = Sighting(footprint=None, tracks=(track(east, north),), looked=True)
    (told,) = wired(tracks_message(frame(), sighting, {"A1-00001": "alert-0002"}))["tracks"]
    assert (told["course_deg"], told["speed_m_s"]) == pytest.approx((course, 2.0))
    assert (told["alert"], told["kind"], told["cov_m2"]) == ("alert-0002", "person", [4.0, 1.0, 9.0])
    assert tracks_message(frame(), sighting, {})["tracks"][0]["alert"] is None


def test_a_picture_of_the_sky_has_no_ring() -> None:
    told = wired(sight_message(frame(), Sighting(footprint=None, looked=True, why_not="slewing")))
    assert (told["ring"], told["centre"], told["gsd_m"], told["why_not"]) == ([], None, None, "slewing")
    shown = Footprint(
        utc_ns=START_NS, ring=((1.0, 2.0),), centre=place(), slant_range_m=900.0, gsd_m=0.3, position_sigma_m=7.0
    )
    told = wired(sight_message(frame(), Sighting(footprint=shown, looked=True)))
    assert (told["ring"], told["sigma_m"], told["stream"], told["frame"]) == ([[1.0, 2.0]], 7.0, STREAM, 7)
    assert told["centre"]["alt_hae_m"] - told["centre"]["alt_amsl_m"] == pytest.approx(
        undulation_m(GRID.lat0_deg, GRID.lon0_deg)
    )


@pytest.mark.parametrize(
    ("rule", "kind", "severity"),
    [("line_crossing", "person", "high"), ("line_crossing", "vehicle", "high"), ("line_crossing", "unknown", "medium"),
     ("zone_entry", "person", "medium"), ("zone_entry", "unknown", "low")],
)  # fmt: skip
def test_severity(rule: str, kind: str, severity: str) -> None:
    assert severity_of(alert(rule=rule, kind=kind)) == severity


def test_an_alert_keeps_its_fields_and_gives_its_kind_away() -> None:
    told = wired(alert_message(alert()))
    assert (told["kind"], told["mover"], told["utc_ns"]) == ("alert", "person", str(START_NS + NS))
    assert told["evidence"]["track"] == [[str(START_NS), -70.2, -32.7]]
    assert told["position"] == msgspec.to_builtins(place())


def test_a_clip_shows_the_track_from_a_little_before_it_began_but_never_minutes() -> None:
    evidence = alert().evidence
    assert clip_utc_ns(alert(8)) == (START_NS - 3 * NS, START_NS + 18 * NS)
    assert clip_utc_ns(alert(300))[0] == START_NS + 270 * NS
    bare = alert(8, evidence=msgspec.structs.replace(evidence, track=()))
    assert clip_utc_ns(bare)[0] == START_NS + 5 * NS


def unit(pts_90k: int | None, **changes: Any) -> PesUnit:
    made = PesUnit(pid=256, kind="video", stream_type=0x1B, pts_90k=pts_90k, data=b"\0\0\1\x65\x88", damaged=False)
    return msgspec.structs.replace(made, **changes)


@pytest.mark.parametrize(
    ("unit_90k", "pose_90k", "own"),
    [(9_000, 9_000, True), (9_000, 9_001, True), (9_000, 0, False), (None, 9_000, False), (9_000, None, False)],
)
def test_metadata_is_the_frames_own_where_their_times_are_one(
    unit_90k: int | None, pose_90k: int | None, own: bool
) -> None:
    made = decode_envelope(envelope_of(unit(unit_90k), Posed(pose_90k, pose()), 5))
    assert (made.own_metadata, made.key, made.codec, made.pts_90k, made.complete_utc_ns) == (own, True, 1, unit_90k, 5)
    assert msgspec.json.decode(made.metadata)["utc_ns"] == str(START_NS)


def test_an_envelope_says_what_was_lost_and_carries_the_unit_as_it_came() -> None:
    made = decode_envelope(envelope_of(unit(1, damaged=True, after_loss=True, data=b"\0\0\1\x41"), None, 5))
    assert (made.damaged, made.gap, made.key, made.own_metadata) == (True, True, False, False)
    assert (made.metadata, made.payload) == (b"", b"\0\0\1\x41")


def test_the_line_of_sight_is_told_from_true_north_and_the_horizon() -> None:
    told = wired(pose_message(pose()))
    assert (told["azimuth_deg"], told["elevation_deg"], told["heading_deg"]) == (20.0, -40.0, 350.0)
    assert told["vfov_deg"] is None
    banked = pose_message(pose(sensor_rel_azimuth_deg=90.0, sensor_rel_elevation_deg=0.0, platform_roll_deg=25.0))
    assert (banked["azimuth_deg"], banked["elevation_deg"]) == (pytest.approx(80.0), pytest.approx(-25.0))
    assert banked["sight_roll_deg"] == pytest.approx(0.0, abs=1e-3), "a bank is no roll for who looks along the wing"
    ahead = pose_message(pose(sensor_rel_azimuth_deg=0.0, sensor_rel_elevation_deg=0.0, platform_roll_deg=25.0))
    assert ahead["sight_roll_deg"] == pytest.approx(25.0)


def test_the_band_holds_all_within_the_lines_accuracy_and_little_more() -> None:
    line = BorderLine(border(), GRID)
    (rings,) = accuracy_band(line)
    band = Polygon(rings[0], rings[1:])
    for off_m in (-29.9, 0.0, 29.9):
        lat, lon = GRID.latlon(100.0, -900.0 + off_m)
        assert band.contains(Point(lon, lat))
    for off_m in (-30.5, 30.5):
        lat, lon = GRID.latlon(100.0, -900.0 + off_m)
        assert not band.contains(Point(lon, lat))


def test_the_night_says_all_that_the_contract_names() -> None:
    night = wired(night_of(scene()))
    named = """apacheta name watch exercise authority purpose start_utc_ns end_utc_ns mandate_to_utc_ns bounds
        grid_north_deg declination_deg border keep_in zones bases relays patrols goals roads lines aircraft tours
        planned_km2 terrain live"""
    assert set(night) == set(named.split())
    assert night["zones"][0]["name"] == "Ñuñoa"
    assert [a["stream"] for a in night["aircraft"]] == [STREAM]
    (inner,) = night["lines"]
    assert inner["name"] == "inner_line_600_m"
    lon, lat = np.array(inner["chains"][0]).T
    assert BorderLine(border(), GRID).signed_distance_m(lat, lon) == pytest.approx(600.0, abs=2.0)


@pytest.mark.parametrize(
    ("year", "lat_deg", "lon_deg", "published_deg"),
    [(2027.5, -29, -107, 15.66), (2026.5, -33, -114, 18.08), (2027.5, -13, -59, -17.36), (2028.0, -36, -64, -4.63)],
)
def test_declination_is_that_of_the_published_model(
    year: float, lat_deg: float, lon_deg: float, published_deg: float
) -> None:
    """NOAA's test values of WMMHR2025, whose finer crustal field differs from WMM2025 by some tenths of a degree."""
    utc_ns = round((year - 1970) * 365.2425 * 86_400) * NS
    assert declination_deg(lat_deg, lon_deg, utc_ns) == pytest.approx(published_deg, abs=0.3)


def test_declination_beyond_the_models_years_is_unknown() -> None:
    assert declination_deg(-33.0, -70.0, 2_000_000_000 * NS) is None
