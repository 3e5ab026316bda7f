"""The page on a real live night: `apacheta demo` with all its processes, three aircraft, and a person's keyboard.

Slow: the night goes at the pace of the clock, and its alerts come when they come. On a machine that has never flown it,
the moment at which it begins is looked for first.
"""

import math
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from browsing import Browsing, browsed, has_evidence, press
from live_demo import FLEET, Demo
from processes import until

from apacheta.console.log_reader import LogReader

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
MINUTES, SEED = 12.0, 4
"""Longer than these tests take. In its first two minutes five times a crosser comes into view of a small camera."""
YOUNG_S = 690
"""So much of the night is waited for alerts, should the machine be busy."""
Decided = tuple[str, str, str, str]
"""Alert, state, reason, note."""


@pytest.fixture(scope="module")
def demo(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One night for all tests here; it ends by Ctrl-C, in good order."""
    post = tmp_path_factory.mktemp("night") / "post"
    with closing(Demo(post, MINUTES, "--port", "0", "--seed", str(SEED))) as running:
        assert running.address
        yield running
        answer = running.interrupt()
    assert (answer["exit_code"], answer["log_verified"]) == (130, True), answer["errors"]


@pytest.fixture
def browsing(demo: Demo, chromium: str) -> Iterator[Browsing]:
    """A browser on the night; whatever it complained of fails the test."""
    with browsed(chromium, demo.address) as opened:
        yield opened


def opened(browsing: Browsing, view: str) -> Any:
    """The page at that view."""
    page = browsing.page(shows="#alerts-title")
    show(page, view)
    return page


def show(page: Any, view: str) -> None:
    page.locator("nav").get_by_role("button", name=re.compile(f"^{view}")).click()


# -- map --------------------------------------------------------------------------------------------------------------

Place = tuple[float, float]
"""Latitude and longitude, south and west negative."""
METRES_A_DEGREE = 111_200


def apart_m(one: Place, other: Place) -> float:
    """Metres between two near places."""
    north, east = one[0] - other[0], (one[1] - other[1]) * math.cos(math.radians(one[0]))
    return METRES_A_DEGREE * math.hypot(north, east)


def under_the_cross(page: Any) -> Place:
    """The place that the map's crosshair says it is on."""
    words = re.findall(r"([\d.]+)° (\w)", page.inner_text(".place output").replace(",", "."))
    lat_deg, lon_deg = (float(figure) * (-1 if side in "SOW" else 1) for figure, side in words)
    return lat_deg, lon_deg


def follow(page: Any, aircraft: str) -> None:
    """Keep the crosshair on that aircraft."""
    page.select_option(".follow select", aircraft)
    page.focus("[role='application']")
    press(page, "+")


def told(demo: Demo, aircraft: str) -> Place:
    """Where the console says that the aircraft is."""
    fix = next(one for one in demo.get("/api/state")["aircraft"] if one["aircraft"] == aircraft)
    return fix["lat_deg"], fix["lon_deg"]


def test_three_aircraft_move_on_the_map_by_themselves(browsing: Browsing, demo: Demo) -> None:
    page = opened(browsing, "Mapa")
    for name in FLEET:
        figures = page.locator("ul[aria-label='Aeronaves'] li", has_text=name)
        until(lambda figures=figures: "m/s" in figures.inner_text(), f"{name} in the air", every_s=0.5)
        follow(page, name)
        until(lambda name=name: apart_m(under_the_cross(page), told(demo, name)) < 200, f"{name} on the map", 0.5)
        before, begin = figures.inner_text(), under_the_cross(page)
        until(lambda begin=begin: apart_m(under_the_cross(page), begin) > 50, f"{name} elsewhere", every_s=0.5)
        assert figures.inner_text() != before


# -- video ------------------------------------------------------------------------------------------------------------

PICTURE = """() => {
  const shown = document.querySelector("section.pane[data-state] canvas");
  const copy = new OffscreenCanvas(shown.width, shown.height).getContext("2d");
  copy.drawImage(shown, 0, 0);
  const grays = copy.getImageData(0, 0, shown.width, shown.height).data.filter((_, at) => at % 4 === 0);
  const sum = grays.reduce((sum, gray) => (sum * 31 + gray) % 4294967296, 0);
  return { size: [shown.width, shown.height], shades: new Set(grays).size, sum };
}"""


def picture(page: Any) -> dict[str, Any]:
    """The decoded picture: its size, how many grays it has, and a sum over its pixels."""
    found: dict[str, Any] = page.evaluate(PICTURE)
    return found


def test_a_stream_is_opened_and_its_pixels_change(browsing: Browsing) -> None:
    page = opened(browsing, "Video")
    page.locator(".switch").get_by_role("button", name="A2", exact=True).click()
    page.wait_for_selector("section.pane[aria-label='Video de A2'][data-state='live']")
    first = picture(page)
    assert first["size"] == [320, 256]
    assert first["shades"] > 8
    until(lambda: picture(page)["sum"] != first["sum"], "another picture", every_s=0.2)


# -- replay -----------------------------------------------------------------------------------------------------------

CURSOR = "footer input[type='range']"


def shown_utc_s(page: Any) -> float:
    """When the picture was taken, by what stands above it."""
    text = page.inner_text("section.pane header time").removesuffix(" UTC")
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def test_the_night_is_replayed_on_map_and_video_and_goes_on_live(browsing: Browsing) -> None:
    page = opened(browsing, "Mapa")
    follow(page, "A1")
    then_s, place = int(page.input_value(CURSOR)), under_the_cross(page)
    until(lambda: apart_m(under_the_cross(page), place) > 300, "A1 elsewhere", every_s=0.5)
    press(page, "[")
    page.locator("footer", has_text="Pasado").wait_for()
    page.fill(CURSOR, str(then_s))
    follow(page, "A1")
    until(lambda: apart_m(under_the_cross(page), place) < 100, "A1 where it was", every_s=0.2)
    show(page, "Video")
    page.wait_for_selector("section.pane[data-state='replay']")
    until(lambda: abs(shown_utc_s(page) - then_s) <= 1, "the picture of then", every_s=0.2)
    assert picture(page)["shades"] > 8
    press(page, "l")
    page.wait_for_selector("section.pane[data-state='live']")
    until(lambda: shown_utc_s(page) > then_s + 5, "the present's picture", every_s=0.2)


# -- words and colours ------------------------------------------------------------------------------------------------


def test_language_and_colours_change_while_the_night_goes_on(browsing: Browsing) -> None:
    page = browsing.page("es", "dark", shows="#alerts-title")
    page.locator("#alerts-title", has_text="Alertas").wait_for()
    page.select_option("select[aria-label='Idioma']", "en")
    page.locator("#alerts-title", has_text="Alerts").wait_for()
    show(page, "Map")
    page.locator("ul[aria-label='Aircraft'] li", has_text="heading").first.wait_for()
    assert page.get_attribute("html", "lang") == "en"
    for theme in ("red", "day", "dark"):
        page.select_option("select[aria-label='Colours']", theme)
        page.wait_for_selector(f"html[data-theme='{theme}']")


# -- alerts -----------------------------------------------------------------------------------------------------------


def comes(page: Any, demo: Demo) -> bool:
    """Whether an alert waits for a person; while the night is young, it is waited for."""
    waiting = page.locator(".row:not(.reviewed) [data-alert]")
    while waiting.count() == 0 and demo.age_s < YOUNG_S:
        page.wait_for_timeout(500)
    return waiting.count() > 0


def take_next(page: Any) -> str:
    """Let go of any other alert, and take the one that comes first."""
    press(page, "Escape", "j")
    return str(page.get_attribute("[aria-current='true'][data-alert]", "data-alert"))


def look(page: Any) -> None:
    """Open the evidence: the still is there, and the clip plays."""
    press(page, "e")
    until(lambda: has_evidence(page), "a picture of the alert", every_s=0.2)
    page.locator(".evidence .clip time").first.wait_for()


def note(page: Any, text: str) -> None:
    press(page, "n")
    page.keyboard.type(text)
    press(page, "Escape")


def answer(page: Any, alert: str, key: str, reason: str, standing: str) -> None:
    """Confirm or dismiss, by the number that stands before that reason; it is noted."""
    press(page, key)
    press(page, page.locator(".reasons button", has_text=reason).locator("kbd").inner_text())
    page.locator(f"[data-alert='{alert}']", has_text=standing).wait_for()


def confirm(page: Any) -> Decided:
    alert = take_next(page)
    look(page)
    note(page, "avisada la patrulla")
    answer(page, alert, "c", "persona", "Confirmada")
    return alert, "confirmed", "person", "avisada la patrulla"


def dismiss(page: Any) -> Decided:
    alert = take_next(page)
    look(page)
    note(page, "un pastor")
    answer(page, alert, "d", "con derecho a estar", "Descartada")
    return alert, "dismissed", "lawful", "un pastor"


def dismiss_unseen(page: Any) -> Decided:
    alert = take_next(page)
    answer(page, alert, "d", "sin ver la prueba", "Descartada sin ver")
    return alert, "dismissed", "unseen", ""


ANSWERS: tuple[Callable[[Any], Decided], ...] = (confirm, dismiss, dismiss_unseen)


def written(demo: Demo) -> list[Decided]:
    """The operator's decisions that the log holds."""
    entries = [msgspec.json.decode(data) for _, data in LogReader(demo.post / "log").since(0)]
    bodies = [e["body"] for e in entries if e["kind"] == "decision" and e["body"]["by"] == "operator"]
    return [(b["alert"], b["state"], b["reason"], b["note"]) for b in bodies]


def test_three_alerts_are_triaged_by_keyboard_as_they_come(browsing: Browsing, demo: Demo) -> None:
    """Each decision is in the log when the page says so."""
    page = browsing.page(shows="#alerts-title")
    decided: list[Decided] = []
    for answer_one in ANSWERS:
        assert comes(page, demo)
        decided.append(answer_one(page))
        until(lambda: written(demo) == decided, f"the decisions {decided} in the log", every_s=0.2)
