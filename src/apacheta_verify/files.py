"""What lies where in `<post>/log/`: checkpoint, vkey, C2SP tiles, and the journal of unsigned entries."""

import hashlib
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

CHECKPOINT, VKEY, PENDING, WORK = "checkpoint", "vkey", "pending", "tmp"
WIDTH = 256
_TILE = re.compile(r"tile/(entries|0|[1-9]\d?)/((?:x\d{3}/)*)(\d{3})(?:\.p/([1-9]\d{0,2}))?")
_HEAD = struct.Struct(">4sQI32s")


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


class LogFolder:
    """Reads the files of one log. Names are relative to the log's folder and listed once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def names(self) -> list[str]:
        """Every file (whatever is not a folder), sorted."""
        found = (path for path in self._folder.rglob("*") if path.is_symlink() or not path.is_dir())
        return sorted(path.relative_to(self._folder).as_posix() for path in found)

    def read(self, name: str) -> bytes | None:
        """The bytes, or None when there is no such file."""
        try:
            return (self._folder / name).read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None

    def reach(self) -> int:
        """How many entries the bundles that are there would hold."""
        tiles = (tile_of(name) for name in self.names)
        return max((t.number * WIDTH + t.width for t in tiles if t and t.level < 0), default=0)


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


@dataclass(frozen=True)
class Frame:
    """A commit in the journal: its place in the file, index of its first entry, its entries."""

    start: int
    end: int
    first: int
    entries: list[bytes]


def frames_of(journal: bytes, at: int = 0) -> Iterator[Frame]:
    """The commits of the journal up to the first one that is not whole.

    A commit: `APL1`, index of the first entry (u64), bytes of payload (u32), SHA-256 over these 16 bytes and the
    payload, payload = the entries as in a bundle; big-endian.
    """
    while at + _HEAD.size <= len(journal):
        magic, first, length, wanted = _HEAD.unpack_from(journal, at)
        end = at + _HEAD.size + length
        payload = journal[at + _HEAD.size : end]
        found = hashlib.sha256(journal[at : at + _HEAD.size - 32] + payload).digest()
        entries, rest = entries_of(payload)
        if magic != b"APL1" or found != wanted or rest:
            return
        yield Frame(at, end, first, entries)
        at = end
