"""The pictures of docs/pictures: what a browser shows of `apacheta demo --seed 1` at fixed moments of its night.

    .venv/bin/python tests/browser/pictures.py [FOLDER]

A moment is so many seconds of the night after its first instant: the same people walk the same ways then, whenever this
runs. Needs Chromium, the built page and the extra `browser`; takes seven minutes, and fails if the browser complains.
"""

import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from browsing import Browsing, browsed, has_evidence, press  # noqa: E402
from live_demo import FLEET, Demo  # noqa: E402
from processes import until  # noqa: E402

MINUTES = 10.0
LEAD_S = 20.0
"""So long before its moment a page is opened: it has the time to fill."""
QUALITY = 88
WIDE, LEAST, PHONE = (1600, 1000), (1280, 720), (390, 844)


@dataclass(frozen=True)
class Shot:
    """A picture: its file's name, its moment, and what is done on the page, which gives what is to be pictured."""

    name: str
    at_s: float
    prepared: Callable[[Any], Any]
    size: tuple[int, int] = WIDE
    theme: str = "dark"
    language: str = "es"
    pixel_ratio: float = 1.0


def main(argv: list[str]) -> int:
    """Fly the night, take every picture, end the night."""
    folder = Path(argv[0]) if argv else ROOT / "docs" / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="apacheta-") as home, closing(night_of(Path(home))) as demo:
        take_all(demo, folder)
        answer = demo.interrupt()
    return 0 if answer["log_verified"] else 1


def night_of(home: Path) -> Demo:
    """The demo as it is by default, in a folder that will be gone."""
    return Demo(home / "post", MINUTES, "--seed", "1", "--port", "0", camera="640x512")


def take_all(demo: Demo, folder: Path) -> None:
    """Every picture, in the order of the night. AssertionError if the browser complained."""
    chromium = shutil.which("chromium")
    assert chromium is not None, "no chromium on the PATH"
    with browsed(chromium, demo.address) as browsing:
        for shot in SHOTS:
            taken_s = take(browsing, demo, shot, folder)
            print(f"{shot.name}.jpg: {shot.at_s:.0f} s wanted, {taken_s:.1f} s taken", flush=True)


def take(browsing: Browsing, demo: Demo, shot: Shot, folder: Path) -> float:
    """One picture; how old the night was then."""
    until(lambda: demo.age_s >= shot.at_s - LEAD_S, "the time to open the page", every_s=0.5)
    size = {"width": shot.size[0], "height": shot.size[1]}
    page = browsing.page(shot.language, shot.theme, size, device_scale_factor=shot.pixel_ratio)
    part = shot.prepared(page)
    until(lambda: demo.age_s >= shot.at_s, "the moment", every_s=0.1)
    taken_s = demo.age_s
    part.screenshot(path=folder / f"{shot.name}.jpg", type="jpeg", quality=QUALITY)
    page.context.close()
    return taken_s


def every_video(page: Any, state: str) -> None:
    """Wait until all of them are in that state."""
    panes = page.locator(f"section.pane[data-state='{state}']")
    until(lambda: panes.count() == len(FLEET), f"three videos {state}", every_s=0.2)


def all_live(page: Any) -> Any:
    """The page with its first alert selected, once every video plays."""
    press(page, "j")
    every_video(page, "live")
    page.wait_for_selector("[data-map] [data-ready]", state="attached")
    return page


def evidence(page: Any) -> Any:
    """The first alert's still and clip."""
    press(page, "j", "e")
    until(lambda: has_evidence(page), "the alert's still", every_s=0.2)
    page.locator(".evidence .clip time").first.wait_for()
    return page


def wall(page: Any) -> Any:
    """The three videos by themselves."""
    return all_live(page).locator(".pane-video")


def replay(page: Any) -> Any:
    """Forty seconds ago, on map and videos."""
    press(all_live(page), "[", "[", "[", "[")
    every_video(page, "replay")
    return page


def night(page: Any) -> Any:
    """What was planned, flown and seen, the log, and how the machines are."""
    press(page, "v")
    page.locator(".pane-night tbody tr").first.wait_for()
    return page


def map_view(page: Any) -> Any:
    """On a phone: the map alone."""
    page.locator("nav").get_by_role("button", name="Mapa").click()
    page.wait_for_selector("[data-map] [data-ready]", state="attached")
    return page


SHOTS = (
    Shot("page", 130, all_live),
    Shot("alert", 155, evidence),
    Shot("wall", 180, wall),
    Shot("replay", 205, replay),
    Shot("night", 230, night),
    Shot("page-1280x720", 255, all_live, size=LEAST),
    Shot("page-day", 280, all_live, theme="day", language="en"),
    Shot("page-red", 305, all_live, theme="red"),
    Shot("phone-alert", 330, evidence, size=PHONE, pixel_ratio=2.0),
    Shot("phone-map", 355, map_view, size=PHONE, pixel_ratio=2.0),
)

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
