"""The scorer against nights made by hand: who was in view, which alerts were true, lawful, false."""

import json
from pathlib import Path

from apacheta.app.score import read_truth, score_night
from apacheta.app.score.score import in_view_since_s
from apacheta.core.alerts import Alert, Evidence
from apacheta.core.instant import NS
from apacheta.core.place import GeoPoint

LAT, LON = -20.0, -67.0
METRE_DEG = 1 / 110_700.0


def view(second: float, member: int = 0, **changes: object) -> dict:
    seen = {"utc_ns": str(int(second * NS)), "member": member, "los_half": True, "area_px": 5.0, "contrast_k": 6.0}
    return seen | {"speed_m_s": 1.0, "slant_range_m": 900.0, "kind": "view", "party": "p"} | changes


def alert(second: float, north_m: float, name: str = "a", sigma_m: float = 5.0) -> Alert:
    return Alert(
        id=name, incident="i", rule="zone_entry", line="own_side", utc_ns=int(second * NS), stream="A1", tracks=("t",),
        position=GeoPoint(lat_deg=LAT + north_m * METRE_DEG, lon_deg=LON, alt_hae_m=4000.0),
        position_cov_m2=(sigma_m**2, 0.0, sigma_m**2), probability=0.95, kind="person", reason="",
        evidence=Evidence(still_sha256=None, chip_sha256=None, track=()),
    )  # fmt: skip


def truth_file(folder: Path, crosser_at_m: float = 0.0, shepherd_at_m: float = 1000.0) -> Path:
    """One crosser and one shepherd who stand still for 100 s; the crosser is in view from 20 to 40 s."""
    lines: list[dict] = []
    for party, crosser, at_m in (("p", True, crosser_at_m), ("s", False, shepherd_at_m)):
        lines.append(
            {"kind": "party", "party": party, "class": "foot", "crosser": crosser, "lawful": not crosser, "members": 1}
        )
        for second in range(0, 101, 5):
            place = {"lat": LAT + at_m * METRE_DEG, "lon": LON, "alt_hae_m": 4000.0, "speed_m_s": 1.0}
            lines.append({"kind": "where", "utc_ns": str(second * NS), "party": party, "member": 0} | place)
    lines += [view(20 + 0.5 * k) for k in range(41)]
    path = folder / "truth.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def test_ten_seconds_without_a_gap_are_in_view() -> None:
    assert in_view_since_s([view(0.5 * k) for k in range(21)]) == 0.0
    assert in_view_since_s([view(0.5 * k) for k in range(20)]) is None


def test_a_gap_of_two_views_begins_anew() -> None:
    times = [0.5 * k for k in range(15)] + [9.0 + 0.5 * k for k in range(25)]
    assert in_view_since_s([view(t) for t in times]) == 9.0


def test_two_members_do_not_add_up_to_one_view() -> None:
    assert in_view_since_s([view(0.5 * k, member=k // 15) for k in range(30)]) is None


def test_small_faint_hidden_or_resting_is_not_in_view() -> None:
    for bad in ({"area_px": 3.9}, {"contrast_k": 3.9}, {"los_half": False}, {"speed_m_s": 0.2}):
        assert in_view_since_s([view(0.5 * k, **bad) for k in range(60)]) is None


def test_an_alert_is_about_every_crosser_within_its_reach(tmp_path: Path) -> None:
    """Two parties 20 m from each other, one alert by them, nearer to the one that no camera sees; a third far off."""
    lines = [
        line
        for party, at_m in (("p", 0.0), ("q", 20.0), ("r", 200.0))
        for line in (
            {"kind": "party", "party": party, "class": "foot", "crosser": True, "lawful": False, "members": 1},
            *(
                {"kind": "where", "utc_ns": str(second * NS), "party": party, "member": 0, "speed_m_s": 1.0}
                | {"lat": LAT + at_m * METRE_DEG, "lon": LON, "alt_hae_m": 4000.0}
                for second in range(0, 101, 5)
            ),
        )
    ]
    lines += [view(20 + 0.5 * k) for k in range(41)]
    (tmp_path / "two.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    score = score_night(read_truth(tmp_path / "two.jsonl"), [alert(26, 15)], 0, 100)
    assert [(v.party, v.crossers) for v in score.verdicts] == [("q", ("p", "q"))]
    assert (score.crossers_in_view, score.crossers_in_view_alerted, score.crossers_alerted) == (1, 1, 2)
    assert (score.true_alerts, score.time_to_alert_s, score.missed) == (1, 6.0, ())


def test_alerts_are_true_lawful_or_false_by_who_is_near(tmp_path: Path) -> None:
    truth = read_truth(truth_file(tmp_path))
    alerts = [alert(26, 12, "near"), alert(30, 990, "shepherd"), alert(31, 400, "nobody"), alert(32, 45, "wide", 20.0)]
    score = score_night(truth, alerts, 0, 100)
    assert [v.kind for v in score.verdicts] == ["true", "lawful", "false", "true"]
    assert [round(v.distance_m or 0, -1) for v in score.verdicts] == [10, 10, 400, 40]
    assert [v.reach_m for v in score.verdicts] == [30.0, 30.0, 30.0, 60.0]
    assert score.true_alerts_within_30_m == 1
    assert score.missed == ()
    assert (score.crossers, score.crossers_in_view, score.crossers_in_view_alerted) == (1, 1, 1)
    assert (score.true_alerts, score.lawful_alerts, score.false_alerts) == (2, 1, 1)
    assert score.time_to_alert_s == 6.0


def test_who_was_missed_is_named_with_what_there_was_to_see(tmp_path: Path) -> None:
    score = score_night(read_truth(truth_file(tmp_path)), [alert(31, 400)], 0, 100)
    (miss,) = score.missed
    assert (miss.party, miss.kind, miss.since_utc_s, miss.views) == ("p", "foot", 20.0, 41)
    assert (miss.area_px, miss.contrast_k, miss.speed_m_s, miss.slant_range_m) == (5.0, 6.0, 1.0, 900.0)


def test_another_nights_truth_makes_the_score_collapse(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    right = read_truth(truth_file(tmp_path / "one"))
    wrong = read_truth(truth_file(tmp_path / "two", crosser_at_m=5000.0, shepherd_at_m=9000.0))
    alerts = [alert(26, 12)]
    assert score_night(right, alerts, 0, 100).true_alerts == 1
    assert score_night(wrong, alerts, 0, 100).true_alerts == 0
    assert score_night(wrong, alerts, 0, 100).false_alerts == 1


def test_a_torn_last_line_is_left_out(tmp_path: Path) -> None:
    path = truth_file(tmp_path)
    path.write_text(path.read_text(encoding="utf-8") + '{"kind":"view","utc', encoding="utf-8")
    assert len(read_truth(path).views["p"]) == 41
