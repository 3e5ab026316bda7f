"""The supervisor: what ends comes back, what it inherits is never lost, and nothing outlives the supervisor."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from processes import PATIENCE_S, is_gone, until

from apacheta.adapters.backoff import SHORT_S, Backoff
from apacheta.app.engine import Child, Supervisor, held_port, http_socket, read_status, udp_socket, unix_socket
from apacheta.app.engine.ward import Ward
from apacheta.core.errors import EnvironmentFault, LocalProtocolError

pytestmark = pytest.mark.timeout(900)
STAGE = Path(__file__).resolve().parents[1] / "engine_stage.py"
IDLE = "trap 'echo NAME >> ended; exit 0' TERM; while :; do sleep 0.05 & wait $!; done"
DEAF = "trap '' TERM; while :; do sleep 0.05; done"


class Engine:
    """A supervisor in a process and a folder of its own."""

    def __init__(self, folder: Path, children: list[dict[str, Any]], ending: list[str]) -> None:
        self.folder, self.status = folder, folder / "run" / "processes.json"
        (folder / "children.json").write_text(json.dumps(children))
        command = [sys.executable, str(STAGE), str(self.status), str(folder / "children.json"), *ending]
        self._told = (folder / "err").open("wb")
        self.process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=self._told)
        assert self.process.stdout
        self.port = int(self.process.stdout.readline())
        until(lambda: read_status(self.status), "a status")

    def health(self, name: str) -> dict[str, Any]:
        told = read_status(self.status)
        assert told
        return next(p for p in told["processes"] if p["name"] == name)

    def pid(self, name: str, other_than: int | None = None) -> int:
        """Its pid, once it has one that is not that."""
        until(lambda: self.health(name)["pid"] not in (None, other_than), f"{name} runs")
        return int(self.health(name)["pid"])

    def err(self) -> str:
        return (self.folder / "err").read_text()

    def lines(self, name: str) -> list[str]:
        path = self.folder / name
        return path.read_text().split() if path.exists() else []

    def end(self) -> int:
        """Ask it to end; its exit code."""
        self.process.terminate()
        return self.process.wait(PATIENCE_S)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        assert self.process.stdout
        self.process.stdout.close()
        self._told.close()


Make = Callable[..., Engine]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Make]:
    made: list[Engine] = []

    def make(*children: dict[str, Any], ending: tuple[str, ...] = ()) -> Engine:
        made.append(Engine(tmp_path, list(children), list(ending)))
        return made[-1]

    yield make
    for each in made:
        each.close()


def sh(name: str, script: str = IDLE, **fields: Any) -> dict[str, Any]:
    return {"name": name, "argv": ["/bin/sh", "-c", script.replace("NAME", name)], **fields}


# -- the state of one child, by a clock that we set -------------------------------------------------------------


def waits(lives_s: list[float]) -> list[float | None]:
    """A ward that lives so long each time: how long it waits after each end."""
    ward, now_s, found = Ward(Child("c", ("c",)), due_s=0.0), 0.0, []
    for lived_s in lives_s:
        assert ward.is_due(now_s)
        ward.started(now_s)
        now_s += lived_s
        found.append(ward.ended(now_s, failed=True))
        now_s += found[-1] or 0.0
    return found


def test_a_child_that_fails_soon_waits_longer_each_time() -> None:
    assert waits([0.0, 1.0, 9.0, 2.0, 0.1, 0.1, 3.0]) == [0.0, 0.5, 1.0, 2.0, 4.0, 4.0, 4.0]


def test_a_child_that_had_been_well_is_started_at_once() -> None:
    assert waits([0.0, 0.0, 0.0, SHORT_S, 0.0]) == [0.0, 0.5, 1.0, 0.0, 0.5]


@given(st.lists(st.floats(0.0, 30.0), max_size=40))
def test_no_pause_is_longer_than_four_seconds_and_none_follows_a_long_life(lives_s: list[float]) -> None:
    backoff = Backoff()
    for lived_s in lives_s:
        wait_s = backoff.wait_s(lived_s)
        assert 0.0 <= wait_s <= 4.0
        assert wait_s == 0.0 or lived_s < SHORT_S


def test_a_child_is_starting_then_up_then_down() -> None:
    ward = Ward(Child("c", ("c",)), due_s=0.0)
    assert (ward.state(0.0), ward.restarts) == ("down", 0)
    ward.started(5.0)
    assert [ward.state(t) for t in (5.0, 5.9, 6.0, 60.0)] == ["starting", "starting", "up", "up"]
    ward.ended(60.0, failed=True)
    assert (ward.state(60.0), ward.is_due(60.0)) == ("down", True)
    ward.started(60.0)
    assert (ward.state(60.0), ward.restarts) == ("starting", 1)


@pytest.mark.parametrize(("when_done", "failed", "again"), [
    ("again", False, True), ("rest", False, False), ("rest", True, True), ("end_all", False, False),
    ("end_all", True, True),
])  # fmt: skip
def test_what_an_end_means(when_done: Any, failed: bool, again: bool) -> None:
    ward = Ward(Child("c", ("c",), when_done=when_done), due_s=0.0)
    ward.started(0.0)
    assert (ward.ended(1.0, failed) is not None) is again


def test_of_a_child_that_fails_for_ever_one_end_in_fifteen_is_told() -> None:
    ward, told = Ward(Child("c", ("c",)), due_s=0.0), []
    for number in range(1, 61):
        ward.started(0.0)
        ward.ended(0.0, failed=True)
        told += [number] if ward.is_told() else []
    assert told == [1, 2, 3, 4, 5, 15, 30, 45, 60]


# -- real processes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_a_child_that_is_killed_comes_back_and_it_is_told(engine: Make, how: signal.Signals) -> None:
    run = engine(sh("core"), sh("console"))
    core, console = run.pid("core"), run.pid("console")
    os.kill(core, how)
    assert run.pid("core", other_than=core) != core
    assert run.pid("console") == console
    told = run.health("core")
    assert (told["restarts"], run.health("console")["restarts"]) == (1, 0)
    words = "exit code 0" if how == signal.SIGTERM else f"killed by {how.name}"
    assert told["last_end"] == words
    assert f"core: {words}; it is started again at once (restart 1)" in run.err()
    until(lambda: run.health("core")["state"] == "up", "core is up again")
    assert run.health("core")["rss_mb"] > 0


def test_what_a_killed_child_had_started_goes_with_it(engine: Make) -> None:
    run = engine(sh("core", "sleep 1000 & echo $! >> below; exec sleep 2000"))
    until(lambda: run.lines("below"), "a grandchild")
    os.kill(run.pid("core"), signal.SIGKILL)
    until(lambda: is_gone(int(run.lines("below")[0])), "the grandchild is gone")


def test_a_child_that_never_comes_up_is_tried_with_pauses_and_told_of(engine: Make) -> None:
    run = engine(sh("core", "echo x >> starts; exit 3"), {"name": "none", "argv": ["/nowhere/at/all"]})
    until(lambda: len(run.lines("starts")) >= 3 and run.health("none")["restarts"] >= 2, "three starts")
    assert "core: exit code 3; it is started again at once (restart 1)" in run.err()
    assert "core: exit code 3; it is started again in 0.5 s (restart 2)" in run.err()
    assert "none: cannot be started" in run.err()
    assert run.health("none")["state"] == "down"
    assert run.health("none")["rss_mb"] is None
    assert run.end() == 1


READER = (
    "import socket\n"
    "sock = socket.socket(fileno=FD)\n"
    "while True:\n"
    "    word = sock.recv(100)\n"
    "    open('heard', 'ab', buffering=0).write(word + b' ')\n"
)


def test_what_is_sent_while_a_child_is_down_is_received_after_its_restart(engine: Make) -> None:
    """The supervisor is stopped meanwhile, so that the child surely is down."""
    run = engine({"name": "core", "argv": [sys.executable, "-S", "-c", READER]})
    first = run.pid("core")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect(("127.0.0.1", run.port))
        sender.send(b"before")
        until(lambda: run.lines("heard") == ["before"], "the first word")
        os.kill(run.process.pid, signal.SIGSTOP)
        os.kill(first, signal.SIGKILL)
        until(lambda: is_gone(first), "the child is down")
        for number in range(50):
            sender.send(f"meanwhile{number}".encode())
        os.kill(run.process.pid, signal.SIGCONT)
        until(lambda: len(run.lines("heard")) == 51, "all words")
    assert run.lines("heard")[1:] == [f"meanwhile{n}" for n in range(50)]


def test_a_stopped_child_ends_when_it_is_asked(engine: Make) -> None:
    run = engine(sh("core"))
    os.kill(run.pid("core"), signal.SIGSTOP)
    assert run.end() == 1
    assert run.lines("ended") == ["core"]


def test_they_end_in_order_and_who_does_not_is_killed(engine: Make) -> None:
    slow = "trap 'sleep 0.5; echo NAME >> ended; exit 0' TERM; while :; do sleep 0.05 & wait $!; done"
    run = engine(
        sh("simulator"), sh("console"), sh("deaf", DEAF, end_within_s=0.3), sh("core", slow),
        ending=("core", "console"),
    )  # fmt: skip
    pids = [run.pid(name) for name in ("simulator", "console", "deaf", "core")]
    until(lambda: all(p["state"] == "up" for p in read_status(run.status)["processes"]), "all are up")
    assert run.end() == 1
    assert run.lines("ended") == ["core", "console", "simulator"]
    assert all(is_gone(pid) for pid in pids)
    assert run.err() == "apacheta: deaf did not end in time and is killed.\n"
    assert {p["state"] for p in read_status(run.status)["processes"]} == {"down"}


def test_a_second_signal_ends_the_patience(engine: Make) -> None:
    run = engine(sh("core", DEAF, end_within_s=1_000.0))
    until(lambda: run.health("core")["state"] == "up", "core is up")
    run.process.send_signal(signal.SIGINT)
    run.process.send_signal(signal.SIGTERM)
    assert run.process.wait(PATIENCE_S) == 1


@pytest.mark.parametrize("stopped", [False, True])
def test_no_orphan_is_left_when_the_supervisor_is_killed(engine: Make, stopped: bool) -> None:
    run = engine(sh("core"), sh("deaf", DEAF), sh("console"))
    pids = [run.pid(name) for name in ("core", "deaf", "console")]
    if stopped:
        os.kill(pids[0], signal.SIGSTOP)
    run.process.kill()
    run.process.wait()
    until(lambda: all(is_gone(pid) for pid in pids), "no orphan")


def test_the_night_is_over_when_that_child_is_done(engine: Make) -> None:
    run = engine(sh("simulator", "exit 0", when_done="rest"), sh("console"),
                 sh("core", "sleep 0.5; echo done >> ended", when_done="end_all"))  # fmt: skip
    assert run.process.wait(PATIENCE_S) == 0
    assert run.lines("ended") == ["done", "console"]
    assert run.health("simulator")["restarts"] == 0
    assert run.err() == ""


def test_a_status_that_cannot_be_written_is_told_once(engine: Make, tmp_path: Path) -> None:
    run = engine(sh("core"))
    core = run.pid("core")
    run.status.unlink()
    run.status.mkdir()
    until(lambda: "processes.json cannot be written" in run.err(), "the complaint")
    os.kill(core, signal.SIGKILL)
    until(lambda: "restart 1" in run.err(), "the restart")
    assert run.end() == 1
    assert run.err().count("cannot be written") == 1


def test_an_order_of_ends_names_children(tmp_path: Path) -> None:
    with pytest.raises(LocalProtocolError):
        Supervisor([Child("a", ("a",))], ending=("b",), status=tmp_path / "s")


# -- sockets ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [udp_socket, http_socket])
def test_a_port_that_is_held_is_the_machines_fault(make: Callable[[int], socket.socket]) -> None:
    with make(0) as sock, pytest.raises(EnvironmentFault, match="another process") as fault:
        make(held_port(sock))
    assert fault.value.line.code == "port_is_held"


def test_the_page_is_served_on_this_machine_alone() -> None:
    with http_socket() as sock:
        assert sock.getsockname()[0] == "127.0.0.1"


def test_a_unix_socket_replaces_the_one_of_an_ended_process_and_is_ours_alone(tmp_path: Path) -> None:
    path = tmp_path / "run" / "core.sock"
    unix_socket(path).close()
    with unix_socket(path), socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_unix_socket_that_is_served_or_too_long_is_refused_and_left(tmp_path: Path) -> None:
    path = tmp_path / "core.sock"
    with unix_socket(path):
        with pytest.raises(EnvironmentFault, match="another process"):
            unix_socket(path)
        assert path.exists()
    with pytest.raises(EnvironmentFault, match="too long"):
        unix_socket(tmp_path / ("x" * 120))
