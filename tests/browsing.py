"""Chromium on a page of ours: whatever it has to complain of, or asks of anybody else, is taken note of."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

SMALL = {"width": 640, "height": 400}
PATIENCE_MS = 60_000
FLAT = ("--disable-gpu",)
"""Without a graphics card the map is drawn by canvas, in 2D."""
DEEP = ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")
"""WebGL in software, for the map in 3D."""


@dataclass
class Browsing:
    """A browser that takes note of whatever it should not have to say."""

    browser: Any
    address: str
    faults: list[str] = field(default_factory=list)

    def page(
        self,
        language: str = "es",
        theme: str = "dark",
        size: dict[str, int] = SMALL,
        shows: str = "[data-alert]",
        before: str = "",
        **context: Any,
    ) -> Any:
        """The page with its words on it, once it `shows` that; small unless said otherwise. before: a script that runs
        before it; context: more of Playwright's."""
        made = self.browser.new_context(viewport=size, **context)
        made.set_default_timeout(PATIENCE_MS)
        kept = f"localStorage['apacheta.language'] ??= '{language}'; localStorage['apacheta.theme'] ??= '{theme}'"
        made.add_init_script(f"{kept}; {before}")
        page = made.new_page()
        page.on("console", lambda said: self.faults.append(f"{said.type}: {said.text}"))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("request", lambda asked: self._note(asked.url))
        page.goto(f"{self.address}/?map=canvas")
        page.wait_for_selector(shows, state="attached")
        return page

    def _note(self, url: str) -> None:
        if not url.startswith((self.address, self.address.replace("http", "ws"), "blob:", "data:")):
            self.faults.append(f"outside: {url}")


def press(page: Any, *keys: str) -> None:
    """Press one key after the other."""
    for key in keys:
        page.keyboard.press(key)


def has_evidence(page: Any) -> bool:
    """Whether a picture of the opened alert is on the page, whole."""
    found = "[...document.querySelectorAll('.evidence img')].some((one) => one.naturalWidth > 0)"
    return bool(page.evaluate(found))


@contextmanager
def browsed(chromium: str, address: str, arguments: Sequence[str] = FLAT) -> Iterator[Browsing]:
    """A browser for the page at that address, under the page's own CSP. AssertionError if it complained of anything."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=list(arguments), timeout=2 * PATIENCE_MS)
        opened = Browsing(browser, address)
        yield opened
        browser.close()
    assert opened.faults == []
