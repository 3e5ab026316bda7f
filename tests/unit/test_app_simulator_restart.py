"""A simulator that is killed, or stopped, is soon where it should be: it goes on at the present instant."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import night_stage as stage
import numpy as np
import pytest
from processes import until
from simulator_stage import spec_of

from apacheta.app.simulator import CAST_FILE, SimulatorSpec, Snapshots
from apacheta.core.sight import Fix
from apacheta.formats.ts import TsDemuxer
from apacheta.sim.night import Cast

STAGE = Path(__file__).resolve().parents[1] / "simulator_stage.py"
IN_AIR_NS = stage.START_NS + 170 * stage.NS


class Listener:
    """A bound port, and what has come to it, in the order in which it came."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.1)
        self.port: int = self._socket.getsockname()[1]
        self._heard: list[bytes] = []
        self._is_closed = False
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def take(self) -> list[bytes]:
        """The datagrams that have come since the last call."""
        found, self._heard = self._heard, []
        return found

    def all(self) -> list[bytes]:
        """Those and what still waits; nothing comes after."""
        self.close()
        return self.take()

    def close(self) -> None:
        self._is_closed = True
        self._thread.join()
        self._socket.close()

    def _listen(self) -> None:
        while True:
            try:
                data = self._socket.recv(1 << 16)
            except TimeoutError:
                if self._is_closed:
                    return
            else:
                self._heard.append(data)  # to the list of now, not of before it came


class Live:
    """A live night whose simulator can be started again."""

    def __init__(self, folder: Path) -> None:
        self.video, self.fixes = Listener(), Listener()
        self.truth, self.snapshot = folder / "truth.jsonl", folder / "snapshot.json"
        self.epoch_utc_ns = time.time_ns()
        ports = {"udp_ports": {"a1": self.video.port}, "fix_port": self.fixes.port}
        self.spec = spec_of(folder, from_utc_ns=IN_AIR_NS, epoch_utc_ns=self.epoch_utc_ns, **ports)
        self.process: subprocess.Popen[bytes] | None = None
        self._demuxer = TsDemuxer()

    def start(self) -> subprocess.Popen[bytes]:
        self.process = subprocess.Popen([sys.executable, str(STAGE), str(self.spec)])
        return self.process

    def present_utc_ns(self) -> int:
        """What time it is in the night."""
        return IN_AIR_NS + time.time_ns() - self.epoch_utc_ns

    def kept_utc_ns(self) -> int:
        """Where the last snapshot goes on; 0 without one."""
        try:
            return int(json.loads(self.snapshot.read_bytes())["utc_ns"])
        except OSError:
            return 0

    def pictures_utc_ns(self) -> list[int]:
        """The instants of the pictures completed since the last call. One demuxer for all: the tables by which it
        knows the video come with some pictures only."""
        units = [unit for data in self.video.take() for unit in self._demuxer.feed(data)]
        times = [u.pts_90k - 90_000 for u in units if u.kind == "video" and u.pts_90k is not None]
        return [IN_AIR_NS + t * 100_000 // 9 for t in times]

    def close(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.video.close()
        self.fixes.close()


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    night = Live(tmp_path)
    yield night
    night.close()


def aircraft_utc_ns(truth: Path) -> list[int]:
    """The instants at which the truth knows where the aircraft is."""
    lines = [json.loads(line) for line in truth.read_bytes().splitlines()]
    return [int(line["utc_ns"]) for line in lines if line["kind"] == "aircraft"]


@pytest.mark.timeout(900)
def test_a_simulator_that_is_killed_goes_on_at_the_present_with_its_truth_whole(live: Live) -> None:
    process = live.start()
    until(lambda: live.kept_utc_ns(), "a snapshot")
    first_kept_utc_ns = live.kept_utc_ns()
    until(lambda: live.kept_utc_ns() > first_kept_utc_ns and live.pictures_utc_ns(), "another, and pictures")
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    told = aircraft_utc_ns(live.truth)
    with live.truth.open("ab") as file:
        file.write(b'{"kind":"aircraft","utc_ns":"17')  # the line that it was writing
    live.video.take()
    again_utc_ns = live.present_utc_ns()
    kept = live.truth.with_name(CAST_FILE).stat().st_mtime_ns
    process = live.start()
    until(lambda: aircraft_utc_ns_or_none(live.truth) > again_utc_ns, "truth of the present")
    assert live.truth.with_name(CAST_FILE).stat().st_mtime_ns == kept
    until(live.video.take, "pictures")
    process.terminate()
    assert process.wait() == 0
    times = aircraft_utc_ns(live.truth)
    assert times[: len(told)] == told
    assert times == list(range(times[0], times[-1] + 1, stage.NS // 2))
    assert live.truth.read_bytes().count(b'"kind":"night"') == 1
    sent = [msgspec.json.decode(line, type=Fix).utc_ns for line in live.fixes.all()]
    assert sorted(set(sent)) == sent
    unsent = {at for at in times if at > IN_AIR_NS} - set(sent)  # those before come all at once: too many for UDP
    assert unsent <= {told[-1]}  # told, and killed before it was sent


def aircraft_utc_ns_or_none(truth: Path) -> int:
    """The last instant of the truth while somebody writes it; 0 while its last line is torn."""
    try:
        return aircraft_utc_ns(truth)[-1]
    except ValueError:
        return 0


@pytest.mark.timeout(900)
def test_a_simulator_that_was_stopped_misses_pictures_and_no_instant(live: Live) -> None:
    process = live.start()
    until(live.pictures_utc_ns, "pictures")
    os.kill(process.pid, signal.SIGSTOP)
    live.pictures_utc_ns()
    stopped_utc_ns = live.present_utc_ns()
    until(lambda: live.present_utc_ns() > stopped_utc_ns + 8 * stage.NS, "eight seconds")
    os.kill(process.pid, signal.SIGCONT)
    until(lambda: aircraft_utc_ns_or_none(live.truth) > stopped_utc_ns + 9 * stage.NS, "truth of the present")
    process.terminate()
    assert process.wait() == 0
    times = aircraft_utc_ns(live.truth)
    assert times == list(range(times[0], times[-1] + 1, stage.NS // 2))
    shown = live.pictures_utc_ns()
    assert not any(stopped_utc_ns + stage.NS < at < stopped_utc_ns + 7 * stage.NS for at in shown)


def test_a_snapshot_of_another_night_is_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "snapshot.json"
    Snapshots(path, path, b"one").keep({"utc_ns": 5})
    assert Snapshots(path, path, b"another").last() is None
    assert Snapshots(path, path, b"one").last()["utc_ns"] == 5  # type: ignore[index]
    path.write_bytes(path.read_bytes()[:20])
    assert Snapshots(path, path, b"one").last() is None


def test_the_cast_is_kept_to_the_last_bit_for_its_own_night_alone(tmp_path: Path) -> None:
    world, path = stage.world(), tmp_path / "snapshot.json"
    cast = Cast(tuple(stage.walker(world, 1_000.0 / k, 777.7 * k, 0.1 * k) for k in (1, 2, 3)))
    Snapshots(path, path, b"one").keep_cast(cast)
    again = Snapshots(path, path, b"one").cast()
    assert again is not None
    assert again.party_ids == cast.party_ids
    for utc_ns in range(stage.START_NS, stage.START_NS + 600 * stage.NS, 20 * stage.NS):
        for was, now in zip(vars(cast.at(utc_ns)).values(), vars(again.at(utc_ns)).values(), strict=True):
            np.testing.assert_array_equal(was, now)
    assert again.members == cast.members
    assert Snapshots(path, path, b"another").cast() is None
    file = tmp_path / CAST_FILE
    file.write_bytes(file.read_bytes()[:-20])
    assert Snapshots(path, path, b"one").cast() is None


@pytest.mark.parametrize("wrong", [{"paced": False}, {"epoch_utc_ns": None}, {"fix_fd": 3}, {"fix_port": None}])
def test_a_specification_that_contradicts_itself_is_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    good = {"from_utc_ns": IN_AIR_NS, "udp_ports": {}, "fix_port": 9, "epoch_utc_ns": 1}
    msgspec.json.decode(spec_of(tmp_path, **good).read_bytes(), type=SimulatorSpec)
    with pytest.raises(ValueError, match=r"snapshot|fixes"):
        spec_of(tmp_path, **(good | wrong))
