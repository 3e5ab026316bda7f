"""A LogStore in memory, and disks that fail: at the n-th write, which is then either lost or on disk all the same."""

import errno
from collections.abc import Callable, Sequence
from pathlib import Path

from apacheta.adapters.filelog import Disk
from apacheta.core.errors import EnvironmentFault

LOST, PERSISTED, HALF = "lost", "failed but persisted", "half written"


class InjectedFault(OSError):
    """What a disk says that fails."""

    def __init__(self) -> None:
        super().__init__(errno.EIO, "injected fault")


class Faults:
    """Counts writes; the one numbered `at` fails (from 0; None: none), and all after it when `for_good`.

    `error` is what it raises: an OSError, or KeyboardInterrupt.
    """

    def __init__(
        self,
        at: int | None = None,
        flavour: str = LOST,
        for_good: bool = False,
        error: type[BaseException] = InjectedFault,
    ) -> None:
        self.at, self.flavour, self.for_good, self.error = at, flavour, for_good, error
        self.count = 0

    def step(self, write: Callable[[], None], half: Callable[[], None] = lambda: None) -> None:
        """Do one write, or fail it."""
        number, self.count = self.count, self.count + 1
        if self.at is None or number < self.at or (number > self.at and not self.for_good):
            write()
            return
        if number == self.at and self.flavour == PERSISTED:
            write()
        if number == self.at and self.flavour == HALF:
            half()
        raise self.error

    @property
    def happened(self) -> bool:
        """Whether the fault was reached."""
        return self.at is not None and self.count > self.at


class FaultyDisk(Disk):
    """Real files, injected faults."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def write(self, descriptor: int, data: bytes) -> None:
        self._faults.step(
            lambda: Disk.write(self, descriptor, data), lambda: Disk.write(self, descriptor, data[: len(data) // 2])
        )

    def sync(self, descriptor: int) -> None:
        self._faults.step(lambda: None)

    def cut(self, descriptor: int, length: int) -> None:
        self._faults.step(lambda: Disk.cut(self, descriptor, length))

    def rename(self, source: Path, target: Path) -> None:
        self._faults.step(lambda: Disk.rename(self, source, target))

    def unlink(self, path: Path) -> None:
        self._faults.step(lambda: Disk.unlink(self, path))

    def make_folder(self, path: Path) -> None:
        self._faults.step(lambda: Disk.make_folder(self, path))

    def sync_folder(self, path: Path) -> None:
        self._faults.step(lambda: None)


class Memory:
    """What a memory store writes to; outlives the store as a disk outlives a process."""

    def __init__(self) -> None:
        self.entries: list[bytes] = []
        self.tiles: dict[str, bytes] = {}
        self.checkpoint: bytes | None = None
        self.is_held = False


class MemoryLogStore:
    """LogStore over `Memory`. After a failed write it refuses everything until it is opened anew."""

    def __init__(self, memory: Memory, faults: Faults | None = None) -> None:
        if memory.is_held:
            raise EnvironmentFault("post_is_held", "another store holds this memory")
        memory.is_held = True
        self._memory, self._faults, self._works = memory, faults or Faults(), True

    def size(self) -> int:
        return len(self._memory.entries)

    def append(self, entries: Sequence[bytes]) -> int:
        first = self.size()
        if entries:
            self._write(lambda: self._memory.entries.extend(entries))
        return first

    def entry(self, index: int) -> bytes:
        return self._memory.entries[index]

    def publish(self, tiles: Sequence[tuple[str, bytes]], checkpoint: bytes) -> None:
        self._write(lambda: self._memory.tiles.update(tiles))
        self._write(lambda: setattr(self._memory, "checkpoint", checkpoint))

    def checkpoint(self) -> bytes | None:
        return self._memory.checkpoint

    def close(self) -> None:
        self._works = self._memory.is_held = False

    def _write(self, write: Callable[[], None]) -> None:
        if not self._works:
            raise EnvironmentFault("log_store_failed", "a write failed before, or the store is closed")
        try:
            self._faults.step(write)
        except OSError as problem:
            self._works = False
            raise EnvironmentFault("log_io", str(problem)) from problem
