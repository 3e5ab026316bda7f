"""The night's report: one file, whole, honest about what it does not know."""

import base64
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser

import msgspec
import numpy as np
import pytest
from report_sample import sample

from apacheta.app.report import NightReport, ink, render
from apacheta.app.report.charts import shares_of
from apacheta.app.report.intervals import poisson_95, radius_90_m, wilson_95
from apacheta.app.report.relief import Window, contour_step_m, degree_ticks, hillshade, north_of
from apacheta.core.alerts import AlertState, Decision


@pytest.fixture(autouse=True, scope="module")
def small_pictures() -> Iterator[None]:
    """The same pictures with fewer pixels: nothing here looks at them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ink, "DPI", 40)
        yield


@pytest.fixture(scope="module")
def spanish(small_pictures: None) -> str:
    """The sample night in Spanish."""
    return render(sample(), "es")


class Addresses(HTMLParser):
    """Collects every address that a browser would follow on its own."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [v or "" for k, v in attrs if k in ("src", "srcset", "href", "action", "poster", "data")]


def test_the_page_asks_nothing_of_any_network(spanish: str) -> None:
    seen = Addresses()
    seen.feed(spanish)
    assert seen.found
    assert [a[:40] for a in seen.found if not a.startswith("data:image/")] == []
    assert not re.search(r"url\(|@import|<script|<link", spanish)


def test_every_picture_is_whole(spanish: str) -> None:
    pictures = re.findall(r"data:image/png;base64,([A-Za-z0-9+/=]+)", spanish)
    assert len(pictures) >= 6 * 2 + 3 * 3  # six maps and charts in two inks; still, chip and map of three alerts
    assert all(base64.b64decode(p, validate=True).endswith(b"IEND\xaeB\x60\x82") for p in pictures)


@pytest.mark.parametrize("language", ["es", "en"])
def test_all_that_a_parliament_asks_is_there(language: str) -> None:
    night = sample()
    page = render(night, language)
    for fact in (night.log.origin, night.log.root_hash, night.log.checkpoint_sha256, night.log.verify_command,
                 night.plan.border_sha256, night.mandate.authority, str(night.log.tree_size)):  # fmt: skip
        assert fact in page
    assert page.count('<article class="alert">') == len(night.alerts)
    assert f'<html lang="{language}">' in page


def test_what_failed_in_the_night_is_a_line_of_the_report(spanish: str) -> None:
    assert f"<li>{sample().health.faults[0]}</li>" in spanish


@pytest.mark.parametrize(("language", "word"), [("es", "Vigilancia"), ("en", "Watch")])
def test_the_report_says_which_watch_of_its_post_it_is(language: str, word: str) -> None:
    page = render(replace(sample(alerts=0, flights=0), watch="watch-2"), language)
    assert re.search(rf"{word}, [^<]*<[^>]*>\s*<[^>]*>watch-2<", page)


def test_an_alert_that_nobody_reviewed_says_so(spanish: str) -> None:
    assert spanish.count("<strong>sin revisar</strong>") == 3


@pytest.mark.parametrize(
    ("state", "reason", "told"),
    [
        ("confirmed", "person", "<strong>confirmada</strong> (operador: persona)"),
        ("dismissed", "rock", "<strong>descartada</strong> (operador: piedra o arbusto)"),
        ("dismissed", "unseen", "<strong>descartada sin ver</strong> (operador)"),
        ("open", "", "<strong>abierta</strong> (operador)"),
        ("dismissed", "told_by_radio", "<strong>descartada</strong> (operador: told_by_radio)"),
    ],
)
def test_who_decided_what_and_why_is_told_in_the_readers_words(state: AlertState, reason: str, told: str) -> None:
    night = sample(alerts=1, flights=0)
    card = night.alerts[0]
    decision = Decision(alert=card.alert.id, utc_ns=0, state=state, by="operator", reason=reason)
    assert told in render(replace(night, alerts=(replace(card, decision=decision),)), "es")


def test_a_night_with_no_flight_no_alert_and_no_look_still_reports() -> None:
    bare = sample(alerts=0, flights=0, score=False)
    page = render(replace(bare, seen_utc_ns=np.zeros(0, np.int64), seen_km2=np.zeros(0)), "en")
    assert "There were no flights" in page
    assert "There was no alert" in page
    assert "Simulated night against" not in page


def test_unknown_figures_are_dashes() -> None:
    night = sample(alerts=0)
    unknown = tuple(replace(f, min_border_distance_m=None, battery_left_fraction=None) for f in night.flights)
    page = render(replace(night, flights=unknown), "en")
    assert '<p class="figure">– m</p>' in page


def test_a_log_that_does_not_verify_is_said_first() -> None:
    night = sample(alerts=0, flights=0)
    page = render(replace(night, log=replace(night.log, verified=False)), "en")
    assert page.index("does NOT verify") < page.index("<h2>")


def test_names_from_outside_cannot_write_into_the_page() -> None:
    night: NightReport = sample(alerts=1, flights=0)
    card = night.alerts[0]
    hostile = replace(card, alert=msgspec.structs.replace(card.alert, line="<script>alert(1)</script>"))
    assert "<script>" not in render(replace(night, alerts=(hostile,)), "en")


def test_every_alert_is_listed_and_the_first_forty_are_shown() -> None:
    night = sample(alerts=1, flights=0)
    many = tuple(replace(night.alerts[0], still=None, chip=None) for _ in range(43))
    page = render(replace(night, alerts=many), "en")
    assert page.count('<article class="alert">') == 40
    assert page.count("<td>unreviewed</td>") == 43


def test_voids_in_the_terrain_do_not_spoil_the_maps() -> None:
    night = sample(alerts=1, flights=1)
    holed = night.ground.height_m.copy()
    holed[100:160, 100:200] = np.nan
    assert "<figure>" in render(replace(night, ground=replace(night.ground, height_m=holed)), "es")


def test_seen_and_unseen_add_up_to_the_own_side() -> None:
    unseen = sample(alerts=0).unseen
    assert sum(area for _, area in shares_of(unseen)) == pytest.approx(unseen.own_side_km2)


def test_hillshade_lights_north_west_slopes_and_keeps_voids() -> None:
    x_m = y_m = np.arange(0.0, 500.0, 100.0)
    towards_north_west = np.add.outer(-y_m, x_m)  # falls to the north and the west: it faces the lamp
    assert hillshade(towards_north_west, x_m, y_m).min() > hillshade(-towards_north_west, x_m, y_m).max()
    holed = towards_north_west.copy()
    holed[2, 2] = np.nan
    assert np.isnan(hillshade(holed, x_m, y_m)[2, 1])


def test_flat_ground_has_no_contours() -> None:
    assert contour_step_m(np.full((4, 4), 4000.0)) is None
    assert contour_step_m(np.full((4, 4), np.nan)) is None
    assert contour_step_m(np.array([[4000.0, 5000.0]])) == 100


def test_degree_ticks_lie_where_the_degrees_are_and_north_points_north() -> None:
    window = Window(-20_000.0, -10_000.0, 20_000.0, 10_000.0)
    turn = np.radians(2.0)  # true north lies 2 degrees west of grid north

    def latlon(x_m: np.ndarray, y_m: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        north, east = np.cos(turn) * y_m - np.sin(turn) * x_m, np.sin(turn) * y_m + np.cos(turn) * x_m
        return -18.0 + north / 111_000, -68.0 + east / 105_000

    longitudes, latitudes = degree_ticks(window, latlon)
    for x_m, lon in longitudes:
        assert latlon(np.array(x_m), np.array(-10_000.0))[1] == pytest.approx(lon, abs=1e-9)
    assert len(latitudes) >= 3
    east, north = north_of(window, latlon)
    assert np.degrees(np.arctan2(east, north)) == pytest.approx(-2.0, abs=1e-6)


def test_intervals_agree_with_published_values() -> None:
    assert wilson_95(8, 10) == pytest.approx((0.4902, 0.9433), abs=5e-4)
    assert wilson_95(0, 0) == (0.0, 1.0)
    assert poisson_95(0) == pytest.approx((0.0, 3.6889), abs=5e-4)  # Garwood's table, count 0
    assert poisson_95(5) == pytest.approx((1.6235, 11.6683), abs=5e-4)


def test_ninety_percent_of_a_normal_cloud_lies_within_its_radius() -> None:
    rng = np.random.default_rng(3)
    cloud = rng.normal(0.0, 5.0, (20_000, 2))
    assert np.mean(np.hypot(*cloud.T) < radius_90_m((25.0, 0.0, 25.0))) == pytest.approx(0.9, abs=0.01)
    assert radius_90_m((4.0, 0.0, 100.0)) == pytest.approx(10 * 2.1460, abs=1e-3)


def test_an_alert_outside_the_terrain_still_has_its_card() -> None:
    night = sample(alerts=1, flights=0)
    away = replace(night.alerts[0], x_m=90_000.0, y_m=-90_000.0, track_x_m=np.zeros(0), track_y_m=np.zeros(0))
    assert render(replace(night, alerts=(away,)), "es").count('<article class="alert">') == 1
