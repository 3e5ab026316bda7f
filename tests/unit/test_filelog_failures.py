"""The log under real failures: killed writers, a full disk, two holders, a torn tail, changed files."""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from account_log import LazyDisk, closed_log, entry, open_account

from apacheta.account import entry_bytes
from apacheta.adapters.filelog import FileLogStore
from apacheta.adapters.filelog.journal import frame_bytes
from apacheta.core.errors import EnvironmentFault, InputFault
from apacheta_verify import verify

TESTS = Path(__file__).resolve().parent.parent
KILLS = 20


def _writer(post, *more):
    words = [sys.executable, str(TESTS / "log_writer.py"), str(post), *map(str, more)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _finish(writer):
    try:
        out, err = writer.communicate(timeout=30)
    finally:
        writer.kill()
    assert "Traceback" not in err, err
    return out.split()


def _numbers(store):
    bodies = [msgspec.json.decode(store.entry(i))["body"] for i in range(store.size())]
    return [body.get("n") for body in bodies]


def test_after_each_kill_what_was_acknowledged_is_there_and_the_log_verifies(tmp_path):
    post = tmp_path / "post"
    before: list[bytes] = []
    for kill in range(KILLS):
        with _writer(post) as writer:
            assert writer.stdout.readline()
            time.sleep(0.0007 * kill**1.5)
            os.kill(writer.pid, signal.SIGKILL)
            said = _finish(writer)
        acknowledged = int(said[-1]) if said else len(before) + 1
        report = verify(post)
        assert report.exit_code == 0, report.errors
        assert report.tree_size + report.unsigned_entries >= acknowledged
        store = FileLogStore(post / "log", LazyDisk())
        now = [store.entry(i) for i in range(store.size())]
        store.close()
        assert len(now) >= acknowledged
        assert now[: len(before)] == before
        before = now
    open_account(post).close()
    report = verify(post)
    assert (report.exit_code, report.unsigned_entries) == (0, 0)
    assert report.tree_size == len(before) + 2
    assert len(before) > KILLS


@pytest.mark.parametrize("limit", [0, 50, 150, 400, 5_000, 15_000])
def test_a_full_disk_ends_the_writer_by_name_and_keeps_what_was_acknowledged(tmp_path, limit):
    """RLIMIT_FSIZE makes write() fail with EFBIG in the middle of a commit, of a tile or of the checkpoint."""
    post = tmp_path / "post"
    open_account(post)._store.close()
    said = _finish(_writer(post, limit))
    assert said[-2:] == ["disk_full", "4"]
    acknowledged = int(said[-3]) if len(said) > 2 else 1
    _must_still_be_sound(post, acknowledged)


def _must_still_be_sound(post, acknowledged):
    report = verify(post)
    assert report.exit_code == 0, report.as_json()
    store = FileLogStore(post / "log", LazyDisk())
    assert store.size() >= acknowledged
    assert all(store.entry(i) for i in range(store.size()))
    store.close()
    account = open_account(post)
    account.record(entry(1))
    account.close()
    assert verify(post).exit_code == 0


def test_a_full_file_system_ends_the_writer_by_name(tmp_path):
    """A tmpfs of 256 KiB: write() fails with ENOSPC; also mkdir and the making of files do."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"no tmpfs can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        said = _finish(_writer(disk / "post"))
        assert said[-2:] == ["disk_full", "4"]
        report = verify(disk / "post")
        assert report.exit_code == 0, report.as_json()
        assert report.tree_size + report.unsigned_entries >= int(said[-3])
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_after_a_full_disk_the_same_store_goes_on_when_there_is_room(tmp_path):
    class FullDisk(LazyDisk):
        is_full = False

        def write(self, descriptor, data):
            if self.is_full:
                super().write(descriptor, data[:3])
                raise OSError(28, os.strerror(28))
            super().write(descriptor, data)

    disk = FullDisk()
    account = open_account(tmp_path, disk)
    disk.is_full = True
    for work in (lambda: account.record(entry(1)), lambda: account.record(entry(2))):
        with pytest.raises(EnvironmentFault) as caught:
            work()
        assert caught.value.line.code == "disk_full"
    disk.is_full = False
    account.record(entry(3))
    disk.is_full = True
    with pytest.raises(EnvironmentFault):
        account.checkpoint()
    assert verify(tmp_path).exit_code == 0
    disk.is_full = False
    assert account.checkpoint().size == 2
    account.close()
    assert (verify(tmp_path).exit_code, verify(tmp_path).tree_size) == (0, 3)


def test_a_journal_counts_when_its_name_is_on_disk_also_at_the_second_try(tmp_path):
    class FailingOnce(LazyDisk):
        tries = 0

        def sync_folder(self, path):
            if path == tmp_path / "log":
                self.tries += 1
                if self.tries == 1:
                    raise OSError(5, os.strerror(5))

    disk = FailingOnce()
    with contextlib.closing(FileLogStore(tmp_path / "log", disk)) as store:
        with pytest.raises(EnvironmentFault):
            store.append([b"a"])
        store.append([b"a"])
    assert disk.tries == 2


def test_a_second_holder_is_refused_with_the_firsts_pid(tmp_path):
    with _writer(tmp_path / "post") as writer:
        assert writer.stdout.readline()
        with pytest.raises(EnvironmentFault) as caught:
            FileLogStore(tmp_path / "post" / "log")
        writer.kill()
        writer.communicate()
    assert (caught.value.line.code, caught.value.exit_code) == ("post_is_held", 4)
    assert str(writer.pid) in caught.value.line.text
    FileLogStore(tmp_path / "post" / "log", LazyDisk()).close()


def test_the_lock_goes_when_the_opening_fails(tmp_path):
    closed_log(tmp_path, 5)
    (tmp_path / "log/checkpoint").write_text("nonsense")
    for _ in range(2):
        with pytest.raises(InputFault, match="checkpoint"):
            FileLogStore(tmp_path / "log")
    with (tmp_path / "post.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _journal_of_three(post):
    """A log whose checkpoint signs 1 entry, with three commits of one entry each in its journal."""
    account = open_account(post)
    for n in range(3):
        account.record(entry(n))
    account._store.close()
    journal = post / "log/pending"
    return journal, journal.read_bytes()


def test_a_tail_torn_at_any_byte_is_cut_and_whole_commits_stay(tmp_path):
    journal, good = _journal_of_three(tmp_path)
    frame = len(good) // 3
    for length in sorted({*range(0, len(good), 7), frame - 1, frame, frame + 1, 2 * frame}):
        journal.write_bytes(good[:length])
        store = FileLogStore(tmp_path / "log", LazyDisk())
        assert _numbers(store) == [None, *range(length // frame)]
        assert journal.read_bytes() == good[:length], "opening alone changes nothing"
        store.append([b"new"])
        whole = length - length % frame
        assert journal.read_bytes() == good[:whole] + frame_bytes(1 + length // frame, [b"new"])
        store.close()


def _last_commit_of_sectors(post):
    """A journal whose last commit spans several sectors; its path, its bytes, where that commit begins."""
    account = open_account(post)
    account.record(entry(0))
    begin = (post / "log/pending").stat().st_size
    account.record_many([entry(n) for n in range(1, 40)])
    account._store.close()
    journal = post / "log/pending"
    good = journal.read_bytes()
    assert len(good) - begin > 3 * 512
    return journal, good, begin


def _opened_size(post):
    with contextlib.closing(FileLogStore(post / "log", LazyDisk())) as store:
        return store.size()


def test_a_commit_with_sectors_that_were_never_written_is_torn(tmp_path):
    journal, good, begin = _last_commit_of_sectors(tmp_path)
    edges = [begin, *range(begin - begin % 512 + 512, len(good), 512), len(good)]
    for start, end in pairwise(edges):
        journal.write_bytes(good[:start] + bytes(end - start) + good[end:])
        report = verify(tmp_path)
        assert (report.exit_code, report.unsigned_entries) == (0, 1)
        assert "torn_tail" in [warning["code"] for warning in report.warnings]
        assert _opened_size(tmp_path) == 2
    journal.write_bytes(good[:begin] + bytes(5000))
    assert (verify(tmp_path).exit_code, _opened_size(tmp_path)) == (0, 2)


def test_every_flipped_byte_of_the_last_commit_is_found_and_not_taken_for_a_torn_one(tmp_path):
    journal, good = _journal_of_three(tmp_path)
    for at in range(len(good) * 2 // 3, len(good)):
        journal.write_bytes(good[:at] + bytes([good[at] ^ 1 << at % 8]) + good[at + 1 :])
        _must_be_refused(tmp_path, "entry_changed", 3)


def test_bytes_after_the_last_commit_that_no_crash_leaves_are_refused(tmp_path):
    journal, good = _journal_of_three(tmp_path)
    for tail in (b"x", b"APL2", good[-20:], good[: len(good) // 3] + b"x"):
        journal.write_bytes(good + tail)
        with pytest.raises(InputFault):
            FileLogStore(tmp_path / "log", LazyDisk())
        assert verify(tmp_path).exit_code == 1


def _must_be_refused(post, what, index):
    """By the writer and by the verifier, which names it."""
    with pytest.raises(InputFault) as caught:
        FileLogStore(post / "log", LazyDisk())
    assert (caught.value.line.code, caught.value.line.file) == ("log_corrupt", "log/pending")
    first = verify(post).bad[0]
    assert (first.file, first.what, first.index) == ("log/pending", what, index)


def test_commits_that_stand_twice_or_in_another_order_are_refused_and_named(tmp_path):
    journal, good = _journal_of_three(tmp_path)
    size = len(good) // 3
    one, two, three = good[:size], good[size : 2 * size], good[2 * size :]
    for commits, what, index in [
        ([one, one, two, three], "duplicated", 1),
        ([one, two, three, three], "duplicated", 3),
        ([one, two, three, one], "duplicated", 1),
        ([two, one, three], "reordered", 1),
        ([one, three, two], "reordered", 2),
        ([three, one, two], "reordered", 1),
        ([one, three], "missing", 2),
        ([two, three], "missing", 1),
        ([one, two, three, frame_bytes(2, [b"{}"])], "entry_changed", 2),
    ]:
        journal.write_bytes(b"".join(commits))
        _must_be_refused(tmp_path, what, index)


def test_a_journal_that_a_crash_left_beside_its_checkpoint_must_say_what_is_signed(tmp_path):
    account = open_account(tmp_path)
    account.record_many([entry(n) for n in range(3)])
    account.record_many([entry(n) for n in range(3, 5)])
    journal = tmp_path / "log/pending"
    left = journal.read_bytes()
    account.checkpoint()
    account._store.close()
    journal.write_bytes(left)
    assert (verify(tmp_path).exit_code, verify(tmp_path).unsigned_entries, _opened_size(tmp_path)) == (0, 0, 6)
    forged = frame_bytes(2, [entry_bytes(entry(n)) for n in (1, 7, 3)])
    for bad, what, index in [(forged, "entry_changed", 3), (left + left, "duplicated", 1)]:
        journal.write_bytes(bad)
        _must_be_refused(tmp_path, what, index)


def test_a_change_before_the_last_commit_is_no_torn_tail(tmp_path):
    journal, good = _journal_of_three(tmp_path)
    for at in range(0, len(good) * 2 // 3, 5):
        journal.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
        with pytest.raises(InputFault) as caught:
            FileLogStore(tmp_path / "log", LazyDisk())
        assert (caught.value.line.code, caught.value.line.file) == ("log_corrupt", "log/pending")
        assert verify(tmp_path).bad[0].file == "log/pending"


def test_a_removed_first_commit_is_missed(tmp_path):
    journal, good = _journal_of_three(tmp_path)
    journal.write_bytes(good[len(good) // 3 :])
    with pytest.raises(InputFault, match="missing"):
        FileLogStore(tmp_path / "log", LazyDisk())
    assert verify(tmp_path).bad[0].what == "missing"


@pytest.mark.parametrize("name", ["tile/entries/000", "tile/entries/001.p/44", "tile/0/000", "tile/0/001.p/44"])
@pytest.mark.parametrize("damage", ["cut", "removed", "changed"])
def test_a_damaged_file_is_named_when_the_log_is_opened(tmp_path, name, damage):
    closed_log(tmp_path, 300)
    path = tmp_path / "log" / name
    data = path.read_bytes()
    path.unlink()
    if damage != "removed":
        path.write_bytes(data[:-1] if damage == "cut" else data[:100] + b"\x00" + data[101:])
    with pytest.raises(InputFault) as caught:
        open_account(tmp_path)
    assert caught.value.line.code == "log_corrupt"
    assert caught.value.line.file.endswith((name, name.replace("tile/0", "tile/entries")))


def test_what_a_crash_between_tiles_and_checkpoint_leaves_is_tidied(tmp_path):
    class Cut(BaseException):
        pass

    class CutDisk(LazyDisk):
        armed = False

        def rename(self, source, target):
            if self.armed and target.name == "checkpoint":
                raise Cut
            super().rename(source, target)

    disk = CutDisk()
    account = open_account(tmp_path, disk)
    account.record_many([entry(n) for n in range(300)])
    account.checkpoint()
    account.record_many([entry(n) for n in range(300)])
    disk.armed = True
    with pytest.raises(Cut):
        account.checkpoint()
    account._store.close()
    assert (tmp_path / "log/tile/0/002.p/89").exists()
    report = verify(tmp_path)
    assert (report.exit_code, report.tree_size, report.unsigned_entries) == (0, 301, 300)
    FileLogStore(tmp_path / "log", LazyDisk()).close()
    assert (tmp_path / "log/tile/0/002.p/89").exists(), "opening alone changes nothing"
    store = FileLogStore(tmp_path / "log", LazyDisk())
    store.append([entry_bytes(entry(300))])
    assert not (tmp_path / "log/tile/0/002.p/89").exists()
    assert (tmp_path / "log/tile/0/001.p/45").exists()
    store.close()
    open_account(tmp_path).close()
    assert (verify(tmp_path).exit_code, verify(tmp_path).unsigned_entries) == (0, 0)


def test_a_folder_that_may_not_be_written_is_an_environment_fault(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(EnvironmentFault), contextlib.closing(FileLogStore(tmp_path / "file" / "log")):
        pass
