"""Files are whole or not there: on a full disk, in their order on the way to the disk, in who may read them."""

import os
from pathlib import Path

import pytest
from small_disk import files_of_at_most

from apacheta.app.files import write_all, write_whole


def test_a_file_takes_its_name_with_its_bytes(tmp_path: Path) -> None:
    write_whole(tmp_path / "new" / "a.txt", b"one")
    write_whole(tmp_path / "new" / "a.txt", b"two", durable=True)
    assert {p.name: p.read_bytes() for p in (tmp_path / "new").iterdir()} == {"a.txt": b"two"}


@pytest.mark.parametrize("durable", [False, True])
def test_a_full_disk_leaves_the_older_file_and_nothing_beside_it(tmp_path: Path, durable: bool) -> None:
    (tmp_path / "a.txt").write_bytes(b"older")
    with files_of_at_most(10_000), pytest.raises(OSError, match="large"):
        write_whole(tmp_path / "a.txt", bytes(20_000), durable)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {"a.txt": b"older"}


def test_a_full_disk_leaves_no_folder_that_was_made_for_nothing(tmp_path: Path) -> None:
    with files_of_at_most(10_000), pytest.raises(OSError, match="large"):
        write_all({tmp_path / "x" / "y" / "a": b"fits", tmp_path / "x" / "y" / "b": bytes(20_000)})
    assert list(tmp_path.iterdir()) == []


def test_what_is_durable_is_on_disk_before_it_has_its_name_and_the_name_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    sync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (done.append("sync"), sync(fd))[1])
    monkeypatch.setattr(os, "replace", lambda a, b: (done.append("name"), replace(a, b))[1])
    write_whole(tmp_path / "a.txt", b"one", durable=True)
    assert done == ["sync", "name", "sync"]


def test_a_secret_is_its_owners_alone_from_its_first_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the umask, over an older file that all may read, and before it has its name."""
    modes: list[int] = []
    replace = os.replace
    monkeypatch.setattr(os, "replace", lambda a, b: (modes.append(a.stat().st_mode & 0o777), replace(a, b))[1])
    (tmp_path / "a").write_bytes(b"older")
    before = os.umask(0o002)
    try:
        write_all({tmp_path / "a": b"secret", tmp_path / "b": b"for all"}, secret=[tmp_path / "a"])
    finally:
        os.umask(before)
    assert modes == [(tmp_path / name).stat().st_mode & 0o777 for name in "ab"] == [0o600, 0o664]


def test_the_owner_says_who_may_read(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        write_whole(tmp_path / "a.txt", b"one")
    finally:
        os.umask(before)
    assert (tmp_path / "a.txt").stat().st_mode & 0o777 == 0o600
