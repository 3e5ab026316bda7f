"""The built page in a real browser, served by the real console, fed by a real core over its Unix socket."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest
from browsing import FLAT, Browsing, browsed
from live_stage import NS, START_NS, Core, alert, core, fix, ground, stream
from rasterio.transform import Affine
from tile_sample import write_raster

from apacheta.alert.watchman import unreviewed
from apacheta.app.chain import Chain
from apacheta.app.terrain.tiles import tiles_for
from apacheta.app.texts import LANGUAGES, catalogue
from apacheta.console import ConsoleSettings, CoreLink, bound_socket, create_app
from apacheta.console.server import server_of
from apacheta.console.settings import STATIC


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs a browser, which starts slowly on a busy machine."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(400))


@dataclass
class Watch:
    """A running watch: its core, the chain that watches, and the page's address."""

    core: Core
    chain: Chain
    address: str
    frames: Iterator[bytes]

    def fly(self, frames: int | None = None) -> None:
        """Watch so many frames more of the flight, or the rest of it, at once."""
        for at, packets in enumerate(self.frames, 1):
            self.chain.feed(packets)
            if at == frames:
                return

    def decisions(self) -> list[tuple[str, str, str]]:
        """What the log's book holds: alert, state and reason of each decision, in order."""
        return [(d.alert, d.state, d.reason) for d in self.core.book.decisions]


@pytest.fixture(scope="module")
def chromium() -> str:
    """Where the browser is. Who asks for these tests (`-m browser`) gets them, or is told what is missing: nothing here
    is skipped, or a machine without a browser would be green."""
    if find_spec("playwright") is None:
        pytest.fail("playwright is not installed: pip install --editable '.[browser]'")
    path = shutil.which("chromium")
    if path is None:
        pytest.fail("no chromium on the PATH: apt install chromium")
    if not (STATIC / "index.html").is_file():
        pytest.fail("the page is not built: make setup")
    return path


@pytest.fixture(scope="module")
def watch(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watch]:
    """Ten of twelve seconds of a real flight: its own alert about a walker, and two that were raised before."""
    folder = tmp_path_factory.mktemp("post")
    with core(folder) as running:
        for number in (101, 102):
            made = alert(number, utc_ns=START_NS - number * NS, rule="line_crossing")
            running.keeper.alert(made, unreviewed(made))
            running.live.publisher.alert(made)
        running.live.publisher.fix(fix(START_NS))
        with _served(folder) as address:
            watched = Watch(running, running.chain(), address, iter(stream()))
            watched.fly(50)
            assert len(watched.chain.alerts) == 1
            yield watched


@pytest.fixture
def browsing(watch: Watch, chromium: str, request: pytest.FixtureRequest) -> Iterator[Browsing]:
    """A browser on the watch, started with the arguments of the test; whatever it complained of fails the test."""
    with browsed(chromium, watch.address, getattr(request, "param", FLAT)) as opened:
        yield opened


@contextmanager
def _served(post: Path) -> Iterator[str]:
    """The console over a post's folder and the stage's ground, at a free port."""
    settings = ConsoleSettings(
        log=post / "log",
        video=post / "video",
        evidence=post / "evidence",
        texts={language: catalogue(language) for language in LANGUAGES},
        terrain=_ground_tiles(post),
    )
    listening = bound_socket("127.0.0.1", 0)
    server = server_of(create_app(settings, CoreLink(post / "core.sock")), listening)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


def _ground_tiles(folder: Path) -> Path:
    """The stage's terrain as height tiles. The model's rows go north, a file's go south."""
    dem, out = ground(), folder / "ground.pmtiles"
    west, north = dem.origin_x_m - dem.cell_m / 2, dem.origin_y_m + (dem.height_hae_m.shape[0] - 0.5) * dem.cell_m
    place = Affine(dem.cell_m, 0.0, west, 0.0, -dem.cell_m, north)
    tiles_for(write_raster(folder / "ground.tif", dem.height_hae_m[::-1], dem.grid.crs_wkt, place), None, out)
    return out
