"""A disk that loses power: what was not synced may be gone, half there, or there.

Content counts by inode from the last `sync` of the file, names by folder from the last `sync_folder`. After the cut
each file has its synced content, its last one, or the synced one with half or zeros of what was appended, or all of it
but one sector; each folder its synced names or its last ones. That is what POSIX leaves open; a real file system is
kinder.
"""

import os
import random
from collections.abc import Callable
from pathlib import Path

from apacheta.adapters.filelog import Disk

SECTOR = 512


class PowerCut(BaseException):
    """The power is gone; nothing after this runs."""


class PowerCutDisk(Disk):
    """Real files, cut before the operation numbered `at`."""

    def __init__(self, at: int | None = None) -> None:
        self.count = 0
        self._at = at
        self._contents: dict[int, bytes] = {}
        self._names: dict[Path, dict[str, tuple[int, bool]]] = {}
        self._held: dict[int, int] = {}

    def close(self) -> None:
        """Let go of the files that were kept open so that no inode is used twice."""
        for descriptor in self._held.values():
            os.close(descriptor)
        self._held = {}

    def image(self, source: Path, target: Path, chance: random.Random) -> None:
        """Copy what the disk may hold of a folder after the cut."""
        target.mkdir()
        synced, last = self._names.get(source, {}), _names_in(source)
        names = synced if chance.random() < 0.5 else last
        for name, (inode, is_folder) in names.items():
            if is_folder:
                self.image(source / name, target / name, chance)
            else:
                last_content = _content_of(inode, source)
                (target / name).write_bytes(_survivor(self._contents.get(inode, b""), last_content, chance))

    def write(self, descriptor: int, data: bytes) -> None:
        self._step(lambda: Disk.write(self, descriptor, data))

    def sync(self, descriptor: int) -> None:
        def keep() -> None:
            inode = os.fstat(descriptor).st_ino
            self._contents[inode] = Path(f"/proc/self/fd/{descriptor}").read_bytes()
            if inode not in self._held:
                self._held[inode] = os.dup(descriptor)

        self._step(keep)

    def cut(self, descriptor: int, length: int) -> None:
        self._step(lambda: Disk.cut(self, descriptor, length))

    def rename(self, source: Path, target: Path) -> None:
        self._step(lambda: Disk.rename(self, source, target))

    def unlink(self, path: Path) -> None:
        self._step(lambda: Disk.unlink(self, path))

    def make_folder(self, path: Path) -> None:
        self._step(lambda: Disk.make_folder(self, path))

    def sync_folder(self, path: Path) -> None:
        self._step(lambda: self._names.__setitem__(path, _names_in(path)))

    def _step(self, do: Callable[[], None]) -> None:
        if self.count == self._at:
            raise PowerCut
        self.count += 1
        do()


def _names_in(folder: Path) -> dict[str, tuple[int, bool]]:
    """Inode and whether it is a folder, by name."""
    return {found.name: (found.inode(), found.is_dir()) for found in os.scandir(folder)} if folder.is_dir() else {}


def _content_of(inode: int, folder: Path) -> bytes | None:
    """The last content of a file that still has a name in the folder; None when it was replaced or removed."""
    names = {number: name for name, (number, _) in _names_in(folder).items()}
    return (folder / names[inode]).read_bytes() if inode in names else None


def _survivor(synced: bytes, last: bytes | None, chance: random.Random) -> bytes:
    if last is None or last == synced:
        return synced
    choices = [synced, last]
    if last.startswith(synced):
        more = last[len(synced) :]
        choices += [synced + more[: len(more) // 2], synced + bytes(len(more)), _without_a_sector(synced, last, chance)]
    return chance.choice(choices)


def _without_a_sector(synced: bytes, last: bytes, chance: random.Random) -> bytes:
    """What was appended, but one of its sectors was never written."""
    sector = chance.randrange(len(synced) // SECTOR, -(-len(last) // SECTOR))
    start, end = max(len(synced), sector * SECTOR), min(len(last), (sector + 1) * SECTOR)
    return last[:start] + bytes(end - start) + last[end:]
