"""A post's log as plain files: C2SP static tiles below `<post>/log/`, and a journal of what is not signed yet."""

import errno
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from ...account import TILE_WIDTH, checkpoint_of, entries_of, leaf_hash, tile_path
from ...core.errors import EnvironmentFault, Fault
from .disk import Disk, make_folder_durably
from .journal import Frame, corrupt, frame_bytes, frames_of
from .lock import hold

LOG = "log"
CHECKPOINT = "checkpoint"
PENDING = "pending"
WORK = "tmp"
_NOT_OPEN = -1
_FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
_Result = TypeVar("_Result")


class FileLogStore:
    """LogStore on the files of a post's log folder, `<post>/log`; the lock is in the post.

    Acknowledged entries are in `pending` until a checkpoint signs them, then in bundles. The folder
    keeps the tiles of its newest checkpoint; older partial tiles go when the newer ones are durable.
    Opening only reads. What a crash left (a torn commit, tiles that the checkpoint does not need) goes at the first
    write, when whoever opened it has found that the log fits its checkpoint: a log that is refused stays as it was.
    After a failure that leaves it open what is on disk, the store refuses everything until it is opened anew.
    """

    def __init__(self, folder: Path | str, disk: Disk | None = None) -> None:
        self._folder = Path(folder)
        self._disk = disk or Disk()
        self._failed = False
        self._closed = False
        self._journal = _NOT_OPEN
        self._bundle: tuple[int, list[bytes]] = (-1, [])
        self._doing("make the log's folder", lambda: make_folder_durably(self._disk, self._folder))
        self._lock = self._doing("hold the post", lambda: hold(self._folder.parent))
        try:
            self._doing("read the log", self._read)
        except BaseException:
            os.close(self._lock)
            raise

    def size(self) -> int:
        """Number of entries."""
        return self._signed + len(self._pending)

    def append(self, entries: Sequence[bytes]) -> int:
        """Store entries as one commit; returns the index of the first when all of them are on disk."""
        self._must_work()
        first = self.size()
        if entries:
            self._begin_writing()
            self._doing("append to the log", lambda: self._commit(entries))
        return first

    def entry(self, index: int) -> bytes:
        """The bytes of one entry."""
        if not 0 <= index < self.size():
            raise IndexError(f"no entry {index} in a log of {self.size()}")
        return self._pending[index - self._signed] if index >= self._signed else self._signed_entry(index)

    def _signed_entry(self, index: int) -> bytes:
        number, place = divmod(index, TILE_WIDTH)
        if self._bundle[0] != number:
            self._bundle = (number, self._read_bundle(number))
        return self._bundle[1][place]

    def publish(self, tiles: Sequence[tuple[str, bytes]], checkpoint: bytes) -> None:
        """Make the tiles durable, then replace the checkpoint, which must sign all entries that are there."""
        self._must_work()
        self._begin_writing()
        self._doing("publish a checkpoint", lambda: self._publish(tiles, checkpoint))

    def checkpoint(self) -> bytes | None:
        """The checkpoint as it lies on disk."""
        path = self._folder / CHECKPOINT
        return path.read_bytes() if path.exists() else None

    def close(self) -> None:
        """Let the post go. A journal that was written and is empty now is removed."""
        if self._closed:
            return
        self._closed = True
        try:
            if self._journal != _NOT_OPEN:
                self._doing("close the log", self._close_journal)
        finally:
            os.close(self._lock)

    def _read(self) -> None:
        self._signed = self._signed_size()
        self._pending = self._read_journal()
        self._refuse_old_checkpoint()

    def _begin_writing(self) -> None:
        """Open the journal and remove what a crash left, once."""
        if self._journal == _NOT_OPEN:
            self._journal = self._doing("open the journal", self._open_journal)

    def _open_journal(self) -> int:
        journal = os.open(self._folder / PENDING, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            self._disk.sync_folder(self._folder)  # who made it may have ended before its name was on disk
            if os.fstat(journal).st_size > self._whole_bytes:
                self._cut(journal, self._whole_bytes)
            self._tidy()
        except BaseException:
            os.close(journal)
            raise
        return journal

    def _close_journal(self) -> None:
        is_empty = os.fstat(self._journal).st_size == 0
        os.close(self._journal)
        if is_empty:
            self._disk.unlink(self._folder / PENDING)

    def _signed_size(self) -> int:
        note = self.checkpoint()
        if note is None:
            return 0
        try:
            return checkpoint_of(note).size
        except ValueError as problem:
            raise corrupt(f"{LOG}/{CHECKPOINT}", f"the checkpoint cannot be read: {problem}") from problem

    def _read_journal(self) -> list[bytes]:
        path = self._folder / PENDING
        frames, self._whole_bytes = frames_of(path.read_bytes() if path.exists() else b"")
        reached = min([self._signed, *(frame.first for frame in frames)])
        pending: list[bytes] = []
        for frame in frames:
            self._refuse_wrong_frame(frame, reached)
            reached += len(frame.entries)
            pending += frame.entries[max(0, self._signed - frame.first) :]
        return pending

    def _refuse_wrong_frame(self, frame: Frame, reached: int) -> None:
        """Commits follow one another, and one that the checkpoint signs by now holds the entries that it signs."""
        if frame.first > reached:
            raise corrupt(f"{LOG}/{PENDING}", f"entries before {frame.first} are missing")
        if frame.first < reached:
            raise corrupt(f"{LOG}/{PENDING}", f"the entries from {frame.first} on stand there twice")
        for index, entry in zip(range(frame.first, self._signed), frame.entries, strict=False):
            if entry != self._signed_entry(index):
                raise corrupt(f"{LOG}/{PENDING}", f"entry {index} is not the one that was signed")

    def _refuse_old_checkpoint(self) -> None:
        """Bundles beyond the checkpoint are there only while the journal still holds the same entries."""
        reach, number = self._signed, self._signed // TILE_WIDTH
        while widest := self._widest_bundle(number):
            reach, number = max(reach, number * TILE_WIDTH + widest), number + 1
        if reach > self.size():
            text = f"the checkpoint signs {self._signed} entries, the bundles hold {reach}: an older one was put back"
            raise corrupt(f"{LOG}/{CHECKPOINT}", text)

    def _widest_bundle(self, number: int) -> int:
        full = self._folder / tile_path("entries", number)
        if full.exists():
            return TILE_WIDTH
        partial = full.with_name(full.name + ".p")
        return max((int(name) for name in os.listdir(partial)), default=0) if partial.exists() else 0

    def _tidy(self) -> None:
        """Remove what a crash between tiles and checkpoint, or just after the checkpoint, left behind.

        Partial tiles go only where those of the checkpoint are all there.
        """
        if (self._folder / WORK).exists():
            self._disk.unlink(self._folder / WORK)
        wanted = _partial_tiles_of(self._signed)
        if not all((self._folder / path).exists() for path in wanted):
            return
        for folder in (self._folder / "tile").rglob("*.p"):
            here = folder.relative_to(self._folder).as_posix()
            self._drop(folder, [name for name in os.listdir(folder) if f"{here}/{name}" not in wanted])

    def _read_bundle(self, number: int) -> list[bytes]:
        width = min(TILE_WIDTH, self._signed - number * TILE_WIDTH)
        path, leaves = tile_path("entries", number, width), tile_path(0, number, width)
        try:
            entries = entries_of((self._folder / path).read_bytes())
        except FileNotFoundError:
            raise corrupt(f"{LOG}/{path}", f"the entries from {number * TILE_WIDTH} on are missing") from None
        except ValueError as problem:
            raise corrupt(f"{LOG}/{path}", f"the entries cannot be read: {problem}") from problem
        try:
            wanted = (self._folder / leaves).read_bytes()
        except FileNotFoundError:
            raise corrupt(f"{LOG}/{leaves}", "the tile is missing") from None
        if b"".join(map(leaf_hash, entries)) != wanted:
            raise corrupt(f"{LOG}/{path}", f"the entries do not fit {LOG}/{leaves}")
        return entries

    def _commit(self, entries: Sequence[bytes]) -> None:
        """Kept, or taken back: also when it is interrupted, since then nobody was told that it is kept."""
        good, is_written = os.fstat(self._journal).st_size, False
        self._failed = True  # until it is certain what is on disk
        try:
            self._disk.write(self._journal, frame_bytes(self.size(), entries))
            is_written = True
            self._disk.sync(self._journal)
        except BaseException as problem:
            if not (is_written and isinstance(problem, OSError)):  # after a failed fdatasync nobody knows
                self._cut(self._journal, good)
                self._failed = False
            raise
        self._pending.extend(entries)
        self._failed = False

    def _cut(self, journal: int, length: int) -> None:
        """Durably, so that what was cut never stands among what is written there next."""
        self._disk.cut(journal, length)
        self._disk.sync(journal)

    def _publish(self, tiles: Sequence[tuple[str, bytes]], checkpoint: bytes) -> None:
        touched: dict[Path, None] = {}
        for name, data in tiles:
            self._put(self._folder / name, data, touched)
        for folder in touched:
            self._disk.sync_folder(folder)
        self._put(self._folder / CHECKPOINT, checkpoint, {})
        self._disk.sync_folder(self._folder)
        self._disk.cut(self._journal, 0)
        self._pending, self._signed, self._bundle = [], self.size(), (-1, [])
        for name, _ in tiles:
            self._drop_older(self._folder / name)

    def _put(self, path: Path, data: bytes, touched: dict[Path, None]) -> None:
        """Write a file whole: beside its place, to disk, then renamed. `touched` collects folders to sync."""
        self._make_parents(path.parent, touched)
        work = self._folder / WORK
        descriptor = os.open(work, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        try:
            self._disk.write(descriptor, data)
            self._disk.sync(descriptor)
        except OSError:
            work.unlink()
            raise
        finally:
            os.close(descriptor)
        self._disk.rename(work, path)
        touched[path.parent] = None

    def _make_parents(self, folder: Path, touched: dict[Path, None]) -> None:
        if not folder.is_dir():
            self._make_parents(folder.parent, touched)
            self._disk.make_folder(folder)
            touched[folder.parent] = None

    def _drop_older(self, path: Path) -> None:
        """Remove the partial tiles that this tile replaces."""
        folder = path.parent if path.parent.name.endswith(".p") else path.with_name(path.name + ".p")
        if folder.is_dir():
            self._drop(folder, [name for name in os.listdir(folder) if folder / name != path])

    def _drop(self, folder: Path, names: Sequence[str]) -> None:
        for name in names:
            self._disk.unlink(folder / name)
        if not os.listdir(folder):
            folder.rmdir()

    def _must_work(self) -> None:
        if self._failed or self._closed:
            raise EnvironmentFault(
                "log_store_failed",
                "a write to the log failed and what is on disk is not certain" if self._failed else "the log is closed",
                file=LOG,
                remedy="Open the post anew: it takes up what is on disk.",
            )

    def _doing(self, what: str, step: Callable[[], _Result]) -> _Result:
        try:
            return step()
        except OSError as problem:
            raise _fault_of(what, problem) from problem


def _partial_tiles_of(size: int) -> set[str]:
    """Paths of the partial tiles that a log of `size` entries has."""
    paths: set[str] = set()
    level = 0
    while size:
        number, width = divmod(size, TILE_WIDTH)
        names = ("entries", 0) if level == 0 else (level,)
        paths |= {tile_path(name, number, width) for name in names if width}
        size, level = number, level + 1
    return paths


def _fault_of(what: str, problem: OSError) -> Fault:
    if problem.errno in _FULL:
        text = f"no room on the disk to {what}: {problem.strerror}"
        return EnvironmentFault("disk_full", text, file=LOG, remedy="Make room. What was acknowledged is kept.")
    text = f"the machine does not let us {what}: {problem.strerror or problem}"
    return EnvironmentFault(
        "log_io", text, file=problem.filename, remedy="Check the disk and the folder's permissions."
    )
