"""What a watch writes down: when it becomes durable, and what stays when a write fails."""

import errno
import os
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from apacheta.account import entry_bytes
from apacheta.alert.watchman import unreviewed
from apacheta.app.chain import Keeper
from apacheta.app.chain.keeper import MOST, MOST_FIXES
from apacheta.app.post import open_post
from apacheta.core.alerts import Alert, Evidence
from apacheta.core.entries import Entry
from apacheta.core.errors import EnvironmentFault, LocalProtocolError
from apacheta.core.place import GeoPoint
from apacheta.core.sight import Fix
from apacheta.formats.canonical import sha256_hex

NS = 1_000_000_000
NIGHT_NS = 1_790_000_000 * NS
YEAR_NS = 365 * 86_400 * NS


class SetClock:
    """A clock that stands where it was set."""

    def __init__(self) -> None:
        self.now_ns = 1_000 * NS

    def utc_ns(self) -> int:
        return NIGHT_NS

    def monotonic_ns(self) -> int:
        return self.now_ns

    def after(self, seconds: float) -> None:
        self.now_ns += int(seconds * NS)


class Disk:
    """Stands for the account: what is on disk, by commits; `fails` of the next writes are refused."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.commits = self.checkpoints = self.fails = 0
        self.commits_at_close: int | None = None

    def record_many(self, entries: Sequence[Entry]) -> int:
        assert all(entry_bytes(entry) for entry in entries)
        if self.fails:
            self.fails -= 1
            raise EnvironmentFault("disk_full", "no room")
        self.commits += 1
        self.entries += entries
        return len(self.entries) - len(entries)

    def checkpoint(self) -> None:
        self.checkpoints += 1

    def close(self) -> str:
        """In no hurry, so that another thread has time to come in between."""
        time.sleep(0.2)
        self.commits_at_close = self.commits
        return "the last checkpoint"

    def numbers(self) -> list[Any]:
        return [e.body.get("number") for e in self.entries]


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def keeper(tmp_path: Path, disk: Disk, clock: SetClock) -> Keeper:
    return Keeper(open_post(tmp_path), disk, keep_video=True, clock=clock)  # type: ignore[arg-type]


def test_entries_without_a_time_become_durable_all_the_same(keeper: Keeper, disk: Disk, clock: SetClock) -> None:
    """Video without metadata: a segment each six seconds, and nobody knows the UTC of any."""
    for number in range(20):
        clock.after(6.0)
        keeper.note("video_segment", 0, {"number": number})
        assert disk.numbers() == list(range(number + 1))
    assert disk.checkpoints >= 1


def test_a_time_in_the_future_holds_nothing_back(keeper: Keeper, disk: Disk, clock: SetClock) -> None:
    keeper.note("looks", NIGHT_NS + YEAR_NS, {"number": 0}, at_once=True)
    for number in range(1, 21):
        clock.after(6.0)
        keeper.note("looks", NIGHT_NS + 6 * number * NS, {"number": number})
    assert disk.numbers() == list(range(21))
    assert disk.checkpoints == 2


def test_a_night_that_runs_faster_than_time_does_not_wait_for_the_disk_more_often(keeper: Keeper, disk: Disk) -> None:
    for number in range(4 * MOST):
        keeper.note("looks", NIGHT_NS + 6 * number * NS, {"number": number})
    assert (disk.commits, disk.checkpoints) == (4, 0)
    assert disk.numbers() == list(range(4 * MOST))


def test_what_waits_is_committed_when_nothing_more_comes(keeper: Keeper, disk: Disk, clock: SetClock) -> None:
    keeper.note("looks", NIGHT_NS, {"number": 0})
    keeper.tick()
    assert disk.numbers() == []
    clock.after(5.0)
    keeper.tick()
    assert disk.numbers() == [0]


def test_what_is_noted_at_once_is_on_disk_at_once(keeper: Keeper, disk: Disk) -> None:
    keeper.note("alert", NIGHT_NS, {"number": 0})
    keeper.note("decision", NIGHT_NS, {"number": 1}, at_once=True)
    assert disk.numbers() == [0, 1]


def test_entries_go_on_waiting_when_a_write_fails(keeper: Keeper, disk: Disk) -> None:
    keeper.note("looks", NIGHT_NS, {"number": 0})
    disk.fails = 1
    with pytest.raises(EnvironmentFault):
        keeper.note("decision", NIGHT_NS, {"number": 1}, at_once=True)
    assert disk.numbers() == []
    keeper.note("decision", NIGHT_NS, {"number": 2}, at_once=True)
    assert disk.numbers() == [0, 1, 2]


@pytest.mark.parametrize("body", [{"number": 1, "text": "x" * 65_536}, {"number": 1, "km2": float("nan")}])
def test_an_entry_that_the_log_cannot_take_is_refused_and_holds_up_no_other(
    keeper: Keeper, disk: Disk, body: dict[str, Any]
) -> None:
    keeper.note("looks", NIGHT_NS, {"number": 0})
    with pytest.raises(LocalProtocolError):
        keeper.note("looks", NIGHT_NS, body)
    keeper.note("looks", NIGHT_NS, {"number": 2}, at_once=True)
    assert disk.numbers() == [0, 2]


def test_an_alert_and_its_decision_are_named_with_their_watch(tmp_path: Path, disk: Disk, clock: SetClock) -> None:
    post = replace(open_post(tmp_path), number=2)
    keeper = Keeper(post, disk, keep_video=True, clock=clock)  # type: ignore[arg-type]
    evidence = Evidence(still_sha256=None, chip_sha256=None, track=())
    alert = Alert(
        id="a1", incident="i1", rule="zone_entry", line="", utc_ns=NIGHT_NS, stream="A1", tracks=("t1",), kind="person",
        position=fix(0).position, position_cov_m2=(1.0, 0.0, 1.0), probability=0.9, reason="", evidence=evidence,
    )  # fmt: skip
    keeper.alert(alert, unreviewed(alert))
    found = [(e.kind, e.body["watch"], e.body.get("id") or e.body["alert"]) for e in disk.entries]
    assert found == [("alert", "watch-2", "a1"), ("decision", "watch-2", "a1")]


def test_closing_writes_down_what_waits_and_nothing_comes_after_it(keeper: Keeper, disk: Disk) -> None:
    keeper.note("looks", NIGHT_NS, {"number": 0})
    keeper.fix(fix(NIGHT_NS))
    assert keeper.close() == "the last checkpoint"
    assert [e.kind for e in disk.entries] == ["looks", "positions"]
    with pytest.raises(LocalProtocolError, match="after the log was closed"):
        keeper.note("looks", NIGHT_NS, {"number": 1}, at_once=True)
    keeper.tick()
    assert disk.numbers() == [0, None]


def test_the_log_is_closed_though_what_waits_cannot_be_written(keeper: Keeper, disk: Disk) -> None:
    keeper.note("looks", NIGHT_NS, {"number": 0})
    disk.fails = 1
    with pytest.raises(EnvironmentFault):
        keeper.close()
    assert disk.commits_at_close == 0


def test_no_thread_writes_while_the_log_is_closed(keeper: Keeper, disk: Disk) -> None:
    """A night that is ended at once closes its log while the threads of its streams still live."""
    refused: list[LocalProtocolError] = []

    def write() -> None:
        try:
            while True:
                keeper.note("looks", NIGHT_NS, {"number": 0}, at_once=True)
        except LocalProtocolError as fault:
            refused.append(fault)

    threads = [threading.Thread(target=write, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    keeper.close()
    for thread in threads:
        thread.join(10)
    assert disk.commits == disk.commits_at_close
    assert len(refused) == 2


def fix(utc_ns: int) -> Fix:
    return Fix(
        aircraft="A1", utc_ns=utc_ns, position=GeoPoint(lat_deg=-32.0, lon_deg=-70.0, alt_hae_m=4000.0),
        heading_deg=0.0, pitch_deg=0.0, roll_deg=0.0, ground_speed_m_s=20.0, battery_fraction=0.5, phase="cruise",
        sigma_h_m=2.0, sigma_v_m=3.0, source="test",
    )  # fmt: skip


def blocks(keeper: Keeper, disk: Disk, times_ns: Sequence[int]) -> list[int]:
    """Lengths of the blocks that positions at these times were written in, but the last."""
    for utc_ns in times_ns:
        keeper.fix(fix(utc_ns))
    keeper.commit()
    return [len(e.body["fixes"]) for e in disk.entries]


def test_positions_are_written_though_one_came_with_a_future_time(keeper: Keeper, disk: Disk) -> None:
    times_ns = [NIGHT_NS + n * NS for n in range(31)]
    times_ns[5] += YEAR_NS
    assert blocks(keeper, disk, times_ns) == [5, 1, 10, 10]


def test_positions_are_written_though_their_time_stands_still(keeper: Keeper, disk: Disk) -> None:
    assert blocks(keeper, disk, [NIGHT_NS] * (2 * MOST_FIXES + 1)) == [MOST_FIXES] * 2


VIDEO = bytes(range(188)) * 50
PICTURE = np.arange(256, dtype=np.uint8).reshape(16, 16)


def keep_both(keeper: Keeper) -> str | None:
    """Keep a picture and a segment, and commit; the picture's name."""
    name = keeper.picture(PICTURE)
    keeper.segment("A1", 7, VIDEO, {"bytes": len(VIDEO)}, NIGHT_NS)
    keeper.commit()
    return name


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch, disk: Disk) -> list[str]:
    """What is asked of the machine, in order: `sync NAME`, `name NAME`; and `note` of the account."""
    asked: list[str] = []
    real_sync, real_replace, real_record = os.fsync, os.replace, disk.record_many

    def sync(descriptor: int) -> None:
        name = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        asked.append("sync new file" if name.is_file() else f"sync {name.name}")
        real_sync(descriptor)

    def replace(source: Path, target: Path) -> None:
        asked.append(f"name {target.suffix}")
        real_replace(source, target)

    def record(entries: Sequence[Entry]) -> int:
        asked.append("note")
        return real_record(entries)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(os, "replace", replace)
    monkeypatch.setattr(disk, "record_many", record)
    return asked


def test_video_and_pictures_are_on_disk_before_the_log_names_them(
    keeper: Keeper, steps: list[str], tmp_path: Path
) -> None:
    name = keep_both(keeper)
    assert steps[:3] == ["sync new file", "name .png", "sync evidence"]
    assert steps[3:-1] == ["sync new file", "name .ts", "sync A1", "sync video"]
    assert steps[-1] == "note"
    assert (tmp_path / "video" / "A1" / "000007.ts").read_bytes() == VIDEO
    assert sha256_hex((tmp_path / "evidence" / f"{name}.png").read_bytes()) == name


def test_a_full_disk_leaves_no_part_under_a_name_and_no_note(
    keeper: Keeper, disk: Disk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        os.ftruncate(descriptor, 10)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        keeper.picture(PICTURE)
    with pytest.raises(OSError, match="No space"):
        keeper.segment("A1", 7, VIDEO, {}, NIGHT_NS)
    keeper.commit()
    assert disk.entries == []
    assert [p for p in tmp_path.rglob("*") if p.is_file() and p.name != "post.toml"] == []


def test_without_video_only_its_hash_is_kept(tmp_path: Path, disk: Disk, clock: SetClock) -> None:
    keeper = Keeper(open_post(tmp_path), disk, keep_video=False, clock=clock)  # type: ignore[arg-type]
    keep_both(keeper)
    assert disk.numbers() == [7]
    assert list((tmp_path / "video").rglob("*")) == []
