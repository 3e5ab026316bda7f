"""Our own child processes run our own code, whatever lies in the folder that a person works in."""

from pathlib import Path
from typing import Any

import pytest
from account_log import closed_log

from apacheta.app import verify
from apacheta.app.demo.simulation import start_simulation
from apacheta.app.simulator import SimulatorSpec

HOSTILE = "from pathlib import Path\nPath(__file__).with_name('hijacked').touch()\nraise SystemExit(9)\n"


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """We stand in a folder with a json.py that is not ours; the file that it leaves when it is run."""
    folder = tmp_path / "downloads"
    folder.mkdir()
    (folder / "json.py").write_text(HOSTILE)
    monkeypatch.chdir(folder)
    return folder / "hijacked"


def test_the_verifier_runs_nothing_of_the_working_directory(hostile: Path, tmp_path: Path) -> None:
    post = tmp_path / "post"
    closed_log(post, 10)
    body, code = verify.run(post)
    assert (code, body["first_bad"], hostile.exists()) == (0, None, False)


def test_the_simulator_runs_nothing_of_the_working_directory(hostile: Path, tmp_path: Path) -> None:
    none = str(tmp_path / "none")
    values: dict[str, Any] = {"world": none, "sector": none, "plan": none, "truth": none, "fleet": ("A1",)}
    figures: dict[str, Any] = {"seed": 1, "from_utc_ns": 0, "minutes": 1.0, "width_px": 320, "height_px": 256}
    told: dict[str, Any] = {"crossers_per_hour": 0.0, "paced": False, "stream_fds": {}, "udp_ports": {}, "fix_fd": -1}
    simulation = start_simulation(SimulatorSpec(**values, **figures, **told), tmp_path, ("A1",))
    try:
        assert simulation.wait() == 3
    finally:
        simulation.close()
    assert not hostile.exists()
