"""What lies where in `<post>/log/`: checkpoint, vkey, C2SP tiles, and the journal of unsigned entries."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

CHECKPOINT, VKEY, PENDING, WORK = "checkpoint", "vkey", "pending", "tmp"
WIDTH = 256
_TILE = re.compile(r"tile/(entries|0|[1-9]\d?)/((?:x\d{3}/)*)(\d{3})(?:\.p/([1-9]\d{0,2}))?")


@dataclass(frozen=True)
class Tile:
    """A tile by its place; level -1 is a bundle of entries."""

    level: int
    number: int
    width: int

    @property
    def path(self) -> str:
        """Below the log's folder: groups of three digits, all but the last with an x before."""
        digits = str(self.number).rjust(-(-len(str(self.number)) // 3) * 3, "0")
        groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
        name = "/".join([f"x{group}" for group in groups[:-1]] + groups[-1:])
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{'entries' if self.level < 0 else self.level}/{name}{partial}"


def tile_of(path: str) -> Tile | None:
    """The tile of a path, or None when it is not the path of one."""
    match = _TILE.fullmatch(path)
    if not match:
        return None
    level, above, last, width = match.groups()
    number = int(above.replace("x", "").replace("/", "") + last)
    tile = Tile(-1 if level == "entries" else int(level), number, int(width or WIDTH))
    return tile if tile.path == path else None


def tiles_of_row(level: int, count: int) -> list[Tile]:
    """The tiles that hold `count` hashes (or entries) of a level."""
    starts = range(0, count, WIDTH)
    return [Tile(level, start // WIDTH, min(WIDTH, count - start)) for start in starts]


class Unreadable(Exception):
    """A file or folder is there and cannot be read. `name` is below the post."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name


class LogFolder:
    """Reads the files of one log. Names are relative to the log's folder and listed once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def names(self) -> list[str]:
        """Every file (whatever is not a folder), sorted. Raises Unreadable."""
        found: list[Path] = []
        for folder, folders, files in os.walk(self._folder, onerror=self._refuse_unreadable):
            links = (name for name in folders if Path(folder, name).is_symlink())
            found += [Path(folder, name) for name in (*files, *links)]
        return sorted(path.relative_to(self._folder).as_posix() for path in found)

    def read(self, name: str) -> bytes | None:
        """The bytes, or None when there is no such file. Raises Unreadable."""
        try:
            return (self._folder / name).read_bytes()
        except OSError as problem:
            self._refuse_unreadable(problem)
            return None

    def unreadable(self) -> Iterator[Unreadable]:
        """Each file, or the first folder, that cannot be read."""
        try:
            names = self.names
        except Unreadable as problem:
            yield problem
            return
        for name in names:
            try:
                self.read(name)
            except Unreadable as problem:
                yield problem

    def _refuse_unreadable(self, problem: OSError) -> None:
        """Pass over what is not there."""
        if not isinstance(problem, (FileNotFoundError, IsADirectoryError, NotADirectoryError)):
            name = Path(problem.filename or self._folder).relative_to(self._folder.parent).as_posix()
            raise Unreadable(name, problem.strerror or str(problem)) from problem

    def reach(self) -> int:
        """How many entries the bundles that are there would hold."""
        tiles = (tile_of(name) for name in self.names)
        reaches = (t.number * WIDTH + t.width for t in tiles if t and t.level < 0)
        return max((reach for reach in reaches if reach <= self.most()), default=0)

    def most(self) -> int:
        """More entries than these cannot be there, whatever a checkpoint or a file's name says."""
        return len(self.names) * WIDTH


def entries_of(bundle: bytes) -> tuple[list[bytes], bytes]:
    """The whole entries of a bundle (each a big-endian uint16 length and its bytes), and the bytes left over."""
    entries, at = [], 0
    while at + 2 <= len(bundle):
        end = at + 2 + int.from_bytes(bundle[at : at + 2], "big")
        if end > len(bundle):
            break
        entries.append(bundle[at + 2 : end])
        at = end
    return entries, bundle[at:]
