"""The post's log as a reader sees it who takes no lock, while its one writer goes on.

The writer puts bundles on disk, then the checkpoint that signs them, then cuts the journal and drops the bundles that
are replaced (adapters/filelog). A reader in between may find a bundle gone or the journal shorter than a moment ago: it
takes what is whole, and the rest when it looks again.
"""

from collections.abc import Iterable
from pathlib import Path

from ..account import TILE_WIDTH, checkpoint_of, entries_of, tile_path
from ..adapters.filelog.journal import frame_at

TRIES = 3


class LogReader:
    """Reads the entries of one log folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stamp: tuple[tuple[int, int], ...] = ()

    def since(self, first: int) -> list[tuple[int, bytes]]:
        """The entries from index `first` on, with their indexes; none where nothing was written since the last call."""
        stamp = tuple(_stamp_of(self._folder / name) for name in ("checkpoint", "pending"))
        if stamp == self._stamp:
            return []
        entries = self._signed(first)
        entries += self._pending(first + len(entries))
        self._stamp = stamp
        return list(enumerate(entries, first))

    def at(self, indexes: Iterable[int]) -> dict[int, bytes]:
        """The entries at these indexes; one that cannot be read just now is left out."""
        wanted = sorted(set(indexes))
        found: dict[int, bytes] = {}
        for number in {index // TILE_WIDTH for index in wanted}:
            bundle = dict(enumerate(self._bundle(number), number * TILE_WIDTH))
            found |= {index: bundle[index] for index in wanted if index in bundle}
        missing = [index for index in wanted if index not in found]
        if missing:
            rest = dict(enumerate(self._pending(missing[0]), missing[0]))
            found |= {index: rest[index] for index in missing if index in rest}
        return found

    def _signed(self, first: int) -> list[bytes]:
        """The entries from `first` on that the checkpoint signs, as far as the bundles are there."""
        size, entries = self._size(), list[bytes]()
        for number in range(first // TILE_WIDTH, -(-size // TILE_WIDTH)):
            begin = number * TILE_WIDTH
            wanted = min(size - begin, TILE_WIDTH)
            bundle = self._bundle(number)[:wanted]
            entries += bundle[max(0, first - begin) :]
            if len(bundle) < wanted:
                break
        return entries

    def _bundle(self, number: int) -> list[bytes]:
        """A bundle as full as it is now; the partial one may be replaced while we look."""
        for _ in range(TRIES):
            width = min(self._size() - number * TILE_WIDTH, TILE_WIDTH)
            try:
                return (
                    entries_of((self._folder / tile_path("entries", number, width)).read_bytes()) if width > 0 else []
                )
            except (OSError, ValueError):
                continue
        return []

    def _size(self) -> int:
        try:
            return checkpoint_of((self._folder / "checkpoint").read_bytes()).size
        except (OSError, ValueError):
            return 0

    def _pending(self, first: int) -> list[bytes]:
        """The journal's entries from `first` on; none where it does not reach back to it."""
        try:
            data = (self._folder / "pending").read_bytes()
        except OSError:
            return []
        entries, at = list[bytes](), 0
        while frame := frame_at(data, at):
            if frame.first <= first + len(entries):
                entries += frame.entries[first + len(entries) - frame.first :]
            at = frame.end
        return entries


def _stamp_of(path: Path) -> tuple[int, int]:
    """What changes when the file does: time of its last change in ns, bytes."""
    try:
        there = path.stat()
    except OSError:
        return (0, 0)
    return (there.st_mtime_ns, there.st_size)
