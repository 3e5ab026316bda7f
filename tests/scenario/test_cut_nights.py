"""A night that ends before its time: its log says what ended it, and its answer keeps what is known."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from small_night import Flown, fly

from apacheta.app import verify
from apacheta.app.demo import recipe, watching

pytestmark = [pytest.mark.timeout(600), pytest.mark.slow]
FULL = OSError(28, "No space left on device", "plan.json")


def ends_with(failure: BaseException) -> Any:
    """A step that fails."""

    def fails(*_: Any, **__: Any) -> Any:
        raise failure

    return fails


def terminated(*_: Any, **__: Any) -> Any:
    """A step during which somebody sends SIGTERM."""
    os.kill(os.getpid(), signal.SIGTERM)
    signal.pause()


def cut(folder: Path, patch: pytest.MonkeyPatch, where: Any, name: str, step: Any) -> Flown:
    """A night in which that step is another."""
    patch.setattr(where, name, step)
    return fly(folder, patch, minutes=0.05)


@pytest.mark.parametrize(
    ("where", "name", "step", "code", "fault"),
    [
        (recipe, "_planned", ends_with(KeyboardInterrupt()), 130, "interrupted"),
        (recipe, "_planned", terminated, 130, "interrupted"),
        (recipe, "_planned", ends_with(FULL), 4, "watch_failed"),
        (watching, "start_simulation", ends_with(FULL), 4, "watch_failed"),
        (watching, "start_simulation", ends_with(KeyboardInterrupt()), 130, "interrupted"),
        (watching.Pumps, "run", ends_with(FULL), 4, "watch_failed"),
    ],
)
def test_what_ends_a_night_before_its_time_is_once_in_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: Any, name: str, step: Any, code: int, fault: str
) -> None:
    before = signal.getsignal(signal.SIGTERM)
    night = cut(tmp_path, monkeypatch, where, name, step)
    assert (night.answer["exit_code"], night.answer["interrupted"]) == (code, code == 130)
    assert [f["what"] for f in night.entries("fault")] == [fault]
    assert len(night.entries("draw")) == len(night.entries("plan")) == (0 if name == "_planned" else 1)
    assert night.entries("log_close")
    assert (night.answer["post"], night.answer["sector"]) == (str(night.post), "generated pass 3")
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize(("where", "name"), [(verify, "run"), (recipe, "fill_scored"), (recipe, "write_report")])
def test_a_stop_after_the_watch_keeps_the_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: Any, name: str
) -> None:
    night = cut(tmp_path, monkeypatch, where, name, ends_with(KeyboardInterrupt()))
    assert (night.answer["exit_code"], night.answer["interrupted"]) == (130, True)
    assert (night.answer["frames_decoded"], night.answer["alerts"]) == (30, 0)
    assert night.answer["log_verified"] is (None if where is verify else True)
    assert None not in (night.answer["entries"], night.answer["checkpoint_sha256"])
    assert night.entries("log_close")
    assert night.entries("fault") == []
