"""The page as a person meets it: it comes up, is worked by keyboard, speaks two languages, and says what is old."""

import re
import time
from typing import Any

import cv2
import numpy as np
import pytest
from browsing import DEEP, FLAT, has_evidence, press
from processes import until

SOFTWARE_3D_MS = 240_000
"""A slow machine without a graphics card takes two minutes for the first picture of the ground in 3D."""


def waits_for(page: Any, alert: str, word: str) -> None:
    page.locator(f"[data-alert='{alert}']", has_text=word).wait_for()


def shades(png: bytes) -> int:
    """How many grays a picture has: a plain ground has one, a shaded hill many."""
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    return int(np.unique(picture).size)


def test_the_page_comes_up_and_asks_nobody_but_its_own_console(browsing: Any) -> None:
    """Alerts, map, aircraft and picture are there; what the browser complains of fails every test of this file."""
    page = browsing.page()
    page.wait_for_selector("[data-map='canvas']", state="attached")
    page.wait_for_selector("section.pane[data-state] canvas", state="attached")
    assert page.locator("[data-alert]").count() == 3
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_three_alerts_are_triaged_by_keyboard_and_one_decision_is_taken_back(browsing: Any, watch: Any) -> None:
    """One is confirmed after its picture was seen, two are dismissed unseen, and one of these is taken back."""
    page, (own,) = browsing.page(), watch.chain.alerts
    press(page, "j")
    first = page.get_attribute("[aria-current='true'][data-alert]", "data-alert")
    assert page.evaluate("document.activeElement.dataset.alert") == first
    press(page, "d", "1")
    waits_for(page, first, "Descartada sin ver")
    second = page.get_attribute("[aria-current='true'][data-alert]", "data-alert")
    press(page, "d", "1")
    waits_for(page, second, "Descartada sin ver")
    press(page, "e")
    until(lambda: has_evidence(page), "a picture of the alert", every_s=0.2)
    press(page, "n")
    page.keyboard.type("uno que camina")
    press(page, "Escape", "c", "1")
    waits_for(page, own.id, "Confirmada")
    page.click(f"[data-alert='{first}']")
    press(page, "u")
    page.locator(f".row:not(.reviewed) [data-alert='{first}']").wait_for()
    assert watch.decisions() == [
        (first, "dismissed", "unseen"),
        (second, "dismissed", "unseen"),
        (own.id, "confirmed", "person"),
        (first, "open", ""),
    ]
    assert watch.core.book.decisions[2].note == "uno que camina"


def test_the_clip_of_an_alert_has_a_box_round_the_mover(browsing: Any, watch: Any) -> None:
    page, (own,) = browsing.page(size={"width": 1200, "height": 900}), watch.chain.alerts
    page.click(f"[data-alert='{own.id}']")
    press(page, "e")
    page.wait_for_selector(f".clip [data-track='{own.id}']", state="attached")


def test_language_and_theme_change_and_are_kept(browsing: Any) -> None:
    page = browsing.page("es", "dark")
    title = page.locator("#alerts-title")
    assert title.inner_text() == "Alertas"
    page.select_option("select[aria-label='Idioma']", "en")
    page.locator("#alerts-title", has_text="Alerts").wait_for()
    page.select_option("select[aria-label='Colours']", "red")
    page.wait_for_selector("[data-theme='red']", state="attached")
    page.reload()
    page.locator("#alerts-title", has_text="Alerts").wait_for()
    page.wait_for_selector("[data-theme='red']", state="attached")


@pytest.mark.parametrize("browsing", [(*FLAT, "--disable-3d-apis")], indirect=True)
def test_without_webgl_the_map_is_drawn_by_canvas_and_moves_by_keyboard(browsing: Any) -> None:
    page = browsing.page()
    press(page, "v", "v")
    page.get_by_role("button", name="Mapa", exact=True).click()
    page.wait_for_selector("[data-map='canvas'] [data-ready]")
    before = page.screenshot()
    page.focus("[role='application']")
    press(page, "ArrowRight", "ArrowRight", "+")
    page.wait_for_selector(".cross.on")
    assert page.screenshot() != before


def test_a_selected_alert_moves_the_map_only_where_it_was_not_in_view(browsing: Any, watch: Any) -> None:
    page, (own,) = browsing.page(size={"width": 1200, "height": 800}), watch.chain.alerts
    page.wait_for_selector("[data-map='canvas'] [data-ready]")
    page.focus("[role='application']")

    def place_after(*keys: str) -> Any:
        press(page, *keys)
        return page.locator(".place output").inner_text()

    before = place_after("-", "+")
    page.click(f"[data-alert='{own.id}']")
    page.focus("[role='application']")
    assert place_after("-", "+") == before
    page.click(f"[data-alert='{own.id}']")
    page.keyboard.press("Escape")
    page.focus("[role='application']")
    away = place_after(*["ArrowRight"] * 12)
    page.click(f"[data-alert='{own.id}']")
    page.focus("[role='application']")
    assert place_after("-", "+") != away


@pytest.mark.timeout(900)
@pytest.mark.parametrize("browsing", [DEEP], indirect=True)
def test_the_ground_rises_on_demand_and_lies_flat_again(browsing: Any) -> None:
    """Software draws the flat map by canvas; 3D brings WebGL, which draws ground where there was none, then goes."""
    page = browsing.page()
    page.set_default_timeout(SOFTWARE_3D_MS)
    page.get_by_role("button", name="Mapa", exact=True).click()
    page.wait_for_selector("[data-map='canvas'] [data-ready]")
    upright = page.get_by_role("button", name="Vista en 3D")
    upright.click()
    page.wait_for_selector("[data-map='webgl'] [data-ready]")
    page.wait_for_selector(".needle")
    # of the page, not of the element: that would wait for two frames alike, for which a slow machine takes a minute
    assert shades(page.screenshot(clip=page.locator("[data-map='webgl'] canvas").bounding_box())) > 50
    upright.click()
    page.wait_for_selector("[data-map='canvas'] [data-ready]")
    assert page.locator(".needle").count() == 0


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("es", ("Este navegador no puede mostrar video", "Video", "Alertas", "Mapa")),
        ("en", ("This browser cannot show video", "Video", "Alerts", "Map")),
    ],
)
def test_a_browser_without_a_decoder_says_so_and_the_rest_of_the_page_goes_on(
    browsing: Any, watch: Any, language: str, words: tuple[str, ...]
) -> None:
    page, (own,) = browsing.page(language, before="delete globalThis.VideoDecoder"), watch.chain.alerts
    said, video, alerts, the_map = words
    page.get_by_role("button", name=video, exact=True).click()
    page.locator("section.pane[data-state='unplayable'] .veil", has_text=said).wait_for()
    page.get_by_role("button", name=re.compile(rf"^{alerts}")).click()
    page.click(f"[data-alert='{own.id}']")
    press(page, "e")
    page.locator(".evidence", has_text=said).wait_for()
    until(lambda: has_evidence(page), "a picture of the alert", every_s=0.2)
    page.get_by_role("button", name=the_map, exact=True).click()
    page.wait_for_selector("[data-map='canvas'] [data-ready]")


def test_a_page_that_was_held_up_goes_to_the_newest_picture_and_says_so(browsing: Any, watch: Any) -> None:
    page = browsing.page()
    page.get_by_role("button", name="Video", exact=True).click()
    time_of = page.locator("section.pane[data-state] time")
    first = time_of.inner_text()
    watch.fly(3)  # these come at once: what is late is late beside them
    until(lambda: time_of.inner_text() != first, "a picture that came at once", every_s=0.05)
    page.evaluate("setTimeout(() => { const from = performance.now(); while (performance.now() - from < 5000); })")
    time.sleep(0.5)  # held up from now on, before anything comes
    watch.fly(5)
    page.locator(".notices", has_text="se saltó a la imagen más nueva").wait_for()
    page.wait_for_selector("section.pane[data-state='stale'] .veil")


def test_a_picture_that_does_not_change_any_more_is_said_to_be_old(browsing: Any, watch: Any) -> None:
    page = browsing.page()
    page.get_by_role("button", name="Video", exact=True).click()
    watch.fly()
    page.wait_for_selector("section.pane[data-state='stale']")
    page.locator(".veil", has_text="No llegan imágenes nuevas").wait_for()
