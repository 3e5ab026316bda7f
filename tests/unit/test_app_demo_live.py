"""The command's side of a live night: its specification, its small process, and what others left as the answer."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from apacheta.app.answer import Answer
from apacheta.app.cli import main
from apacheta.app.demo.command import KEYS, SCHEMA
from apacheta.app.demo.settings import (
    DemoSettings,
    Descriptor,
    NightSpec,
    PagePart,
    RunFolder,
    Sockets,
    keep_settings,
    keep_spec,
    settings_of,
    spec_of,
)
from apacheta.app.demo.simulate import simulator_spec
from apacheta.app.errand import short_path, take_answer
from apacheta.app.page import PageSpec
from apacheta.app.page import settings_of as console_settings_of
from apacheta.core.errors import EnvironmentFault


def settings(folder: Path) -> DemoSettings:
    return DemoSettings(
        headless=False, minutes=10.0, seed=1, sector=None, mandate=Path("m.toml"), post=folder / "a post", aircraft=3,
        width_px=640, height_px=512, crossers_per_hour=60.0, keep_video=True, language="en", fewer_will_do=True,
    )  # fmt: skip


def spec(folder: Path) -> NightSpec:
    """A night whose sockets are bound."""
    sockets = Sockets(
        streams=tuple(Descriptor(fd=3 + n, port=5000 + n) for n in range(3)), fixes=Descriptor(fd=6, port=5003), core=7,
        core_path="core.sock",
    )  # fmt: skip
    page = PagePart(
        log="log", video="video", evidence="evidence", first_entry=4, terrain="t.pmtiles", relief=None, http=8,
        core_path="core.sock",
    )  # fmt: skip
    return NightSpec(
        settings=settings(folder), sector="sector.toml", mandate="mandate.toml", world="world.npz", watch=2,
        fleet=("A1", "A2"), from_utc_ns=1_782_087_815_000_000_000, sockets=sockets, page=page,
    )  # fmt: skip


def test_a_specification_comes_back_as_it_was_kept(tmp_path: Path) -> None:
    keep_spec(tmp_path / "night.json", spec(tmp_path))
    assert spec_of(tmp_path / "night.json") == spec(tmp_path)
    keep_settings(tmp_path / "asked.json", settings(tmp_path))
    assert settings_of(tmp_path / "asked.json") == settings(tmp_path)


def test_the_page_reads_its_own_part_of_the_specification(tmp_path: Path) -> None:
    keep_spec(tmp_path / "night.json", spec(tmp_path))
    part = msgspec.json.decode((tmp_path / "night.json").read_bytes(), type=PageSpec).page
    console = console_settings_of(part)
    assert part == spec(tmp_path).page
    assert (console.first_entry, console.terrain, console.relief) == (4, Path("t.pmtiles"), None)
    assert set(console.texts) == {"es", "en"}


def test_the_simulator_sends_each_aircraft_to_its_own_port(tmp_path: Path) -> None:
    told = simulator_spec(spec(tmp_path), 77)
    assert (told.udp_ports, told.fix_port) == ({"A1": 5000, "A2": 5001}, 5003)
    assert (told.paced, told.epoch_utc_ns, told.fleet) == (True, 77, ("A1", "A2"))
    assert told.snapshot == str(RunFolder(tmp_path / "a post").snapshot)


def test_the_simulator_is_told_the_rate_that_was_asked_for(tmp_path: Path) -> None:
    night = spec(tmp_path)
    asked = msgspec.structs.replace(night, settings=dataclasses.replace(night.settings, rate_hz=5.0))
    assert (simulator_spec(night, 77).rate_hz, simulator_spec(asked, 77).rate_hz) == (None, 5.0)


@pytest.mark.parametrize("rate", ["0.5", "31", "nan", "many"])
def test_a_rate_that_no_camera_has_is_refused(rate: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["demo", "--headless", "--rate-hz", rate])
    assert stop.value.code == 2
    assert "--rate-hz" in capsys.readouterr().err


def test_nothing_of_an_earlier_night_stays_in_the_run_folder(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.folder.mkdir()
    for path in (run.ready, run.simulator, run.answer, run.snapshot, run.night, run.processes):
        path.write_text("old")
    run.clear()
    assert list(run.folder.iterdir()) == []


def test_the_command_of_a_live_night_loads_no_room_and_no_numpy() -> None:
    words = "import sys; import apacheta.app.demo.live\n"
    words += "print({'numpy', 'cv2', 'shapely', 'numba', 'fastapi', 'rich'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def taken(tmp_path: Path, told: dict[str, Any] | None, asked: bool) -> Answer:
    """The command's answer after what another process left."""
    answer, path = Answer(SCHEMA, KEYS, {"interrupted": False}), tmp_path / "answer.json"
    if told is not None:
        path.write_text(json.dumps(told))
    take_answer(answer, path, asked)
    return answer


def test_an_answer_is_taken_over_whole(tmp_path: Path) -> None:
    left = Answer(SCHEMA, KEYS, {"interrupted": False, "alerts": 3, "cpu_seconds": 1.0})
    left.fail(EnvironmentFault("disk_full", "The disk is full.", remedy="Free some."))
    answer = taken(tmp_path, {"whole": True, "answer": left.as_json()}, asked=False)
    assert (answer.whole, answer.exit_code, answer.errors) == (True, 4, left.errors)
    assert answer.body["alerts"] == 3
    assert set(answer.as_json()) == set(left.as_json())


@pytest.mark.parametrize(("asked", "code"), [(True, 130), (False, 4)])
def test_without_an_answer_the_night_was_interrupted_or_failed(tmp_path: Path, asked: bool, code: int) -> None:
    answer = taken(tmp_path, None, asked)
    assert (answer.exit_code, answer.body["interrupted"], answer.whole) == (code, asked, False)
    assert [e.code for e in answer.errors] == ([] if asked else ["no_answer"])


def test_a_post_whose_path_is_too_long_for_a_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path / ("a" * 60) / ("b" * 60)
    with pytest.raises(EnvironmentFault, match="too long"):
        short_path(deep / "run" / "core.sock")
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    assert short_path(deep / "run" / "core.sock") == Path("run/core.sock")
