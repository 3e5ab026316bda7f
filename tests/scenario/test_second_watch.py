"""Two watches in one post, the first with damaged telemetry: what each of them says, and where."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from small_night import Flown, fly

from apacheta.adapters.telemetry import JsonLinesLink
from apacheta.app.demo import watching
from apacheta.app.demo.simulation import Simulation

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
MINUTES = 0.05
BAD = (b'{"aircraft":"A1","utc_\n', b"\xff\xfe\x00\n", b"{}\n")


class Spoilt:
    """A telemetry pipe with a damaged line after each of the first lines."""

    def __init__(self, pipe: Any) -> None:
        self._pipe = pipe

    def __iter__(self) -> Iterator[bytes]:
        for n, line in enumerate(self._pipe):
            yield line
            yield from BAD[n : n + 1]

    def close(self) -> None:
        self._pipe.close()


def start_spoilt(*given: Any) -> Simulation:
    """The simulator with its real link over a spoilt pipe."""
    simulation = start(*given)
    simulation.link = JsonLinesLink(Spoilt(simulation.link._stream), "spoilt")  # type: ignore[arg-type]
    return simulation


start = watching.start_simulation


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Flown, Flown, str]:
    """Two nights of three seconds in one post, and the first one's report as it was before the second."""
    folder = tmp_path_factory.mktemp("two")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(watching, "start_simulation", start_spoilt)
        first = fly(folder, patch, minutes=MINUTES)
        page = first.page()
        patch.setattr(watching, "start_simulation", start)
        return first, fly(folder, patch, minutes=MINUTES), page


def test_damaged_telemetry_is_a_warning_a_fault_in_the_log_and_a_line_of_the_report(
    two: tuple[Flown, Flown, str],
) -> None:
    first, _, page = two
    text = "3 lines of telemetry could not be read"
    assert first.answer["exit_code"] == 0, first.answer["errors"]
    assert [(w["code"], text in w["text"]) for w in first.answer["warnings"]] == [("telemetry_damaged", True)]
    (fault,) = first.entries("fault")
    assert (fault["what"], fault["lines"], text in fault["text"]) == ("telemetry_damaged", 3, True)
    assert text in page


def test_every_sound_line_beside_a_damaged_one_is_a_position(two: tuple[Flown, Flown, str]) -> None:
    """The second watch flies the same night, undamaged."""
    first, second, _ = two
    assert first.night is not None
    assert second.night is not None
    assert first.night.fixes == second.night.fixes
    assert len(first.night.fixes["A1"]) == len(second.truth("aircraft"))


def test_a_second_watch_in_a_post_has_a_report_of_its_own(two: tuple[Flown, Flown, str]) -> None:
    first, second, page = two
    assert second.answer["exit_code"] == 0, second.answer["errors"]
    assert [Path(f.answer["report"]).name for f in (first, second)] == ["night.html", "night-2.html"]
    assert first.page() == page
    assert "lines of telemetry" not in second.page()
    assert second.answer["warnings"] == []
    assert [p["watch"] for p in second.entries("plan")] == ["watch-1", "watch-2"]
    assert [d["watch"] for d in second.entries("draw")] == ["watch-1", "watch-2"]
    assert [p["video"] for p in second.entries("plan")] == ["video", "video/watch-2"]
    assert second.answer["log_verified"]
    assert second.answer["entries"] > first.answer["entries"]
