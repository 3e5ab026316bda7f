"""The simulator's process: its exit code says whose fault its end was."""

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import night_stage as stage
import pytest
from small_disk import files_of_at_most

from apacheta.app import simulator
from apacheta.app.simulator import SimulatorSpec, main

Run = Callable[..., int]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a simulator whose stream and fixes nobody needs, or whose fixes go to `fix_fd`; its exit code."""

    def code_of(fix_fd: int | None = None) -> int:
        nowhere = [os.open(os.devnull, os.O_WRONLY) for _ in range(2 if fix_fd is None else 1)]
        spec = SimulatorSpec(
            world=str(tmp_path / "world"), sector=str(tmp_path / "sector.toml"), plan=str(tmp_path / "plan.json"),
            truth=str(tmp_path / "truth.jsonl"), seed=1, from_utc_ns=stage.START_NS, minutes=0.5, width_px=64,
            height_px=48, paced=False, fleet=("a1",), stream_fds={"a1": nowhere[0]}, udp_ports={},
            crossers_per_hour=0.0, fix_fd=nowhere[-1] if fix_fd is None else fix_fd,
        )  # fmt: skip
        (tmp_path / "spec.json").write_bytes(msgspec.json.encode(spec))
        return main([str(tmp_path / "spec.json")])

    return code_of


@pytest.fixture
def on_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a minute of a small night."""
    small = stage.simulator(stage.world(), width_px=64, height_px=48, rate_hz=2.0)
    monkeypatch.setattr(simulator, "simulator_of", lambda *_: small)


def test_a_disk_that_fills_under_the_truth_is_the_machines_fault(
    on_stage: None, run: Run, capfd: pytest.CaptureFixture[str]
) -> None:
    with files_of_at_most(4_000):
        assert run() == 4
    err = capfd.readouterr().err
    assert err.startswith("disk_full:")
    assert "Traceback" not in err


def test_a_sector_that_is_not_there_is_an_input_fault(run: Run, capfd: pytest.CaptureFixture[str]) -> None:
    assert run() == 3
    assert "sector.toml" in capfd.readouterr().err


def test_a_night_whose_fixes_nobody_reads_any_more_ends_quietly(
    on_stage: None, run: Run, capfd: pytest.CaptureFixture[str]
) -> None:
    read, write = os.pipe()
    os.close(read)
    assert run(write) == 0
    assert capfd.readouterr().err == ""


def test_a_night_that_comes_to_its_end_is_no_fault(on_stage: None, run: Run, tmp_path: Path) -> None:
    assert run() == 0
    assert (tmp_path / "truth.jsonl").read_text().count("frame_count") == 1
