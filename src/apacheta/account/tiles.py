"""The tree as static files: names and contents of C2SP tlog-tiles.

`tile/<L>/<N>[.p/<W>]` holds W (256 when full) hashes of level L; `tile/entries/<N>[.p/<W>]` the entries themselves,
each as a big-endian uint16 length and its bytes. N is in groups of three digits, all but the last with an x before.
"""

import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

TILE_WIDTH = 256
ENTRY_MAX_BYTES = 65_535


class Tile(NamedTuple):
    """One tile: level 0.. of hashes, number from the left, width 1..256."""

    level: int
    number: int
    width: int


def tile_path(level: int | str, number: int, width: int = TILE_WIDTH) -> str:
    """Where a tile lies below the log's folder. `level` is 0.. or `entries`."""
    groups = [f"{number % 1000:03d}"]
    while number := number // 1000:
        groups.insert(0, f"x{number % 1000:03d}")
    partial = "" if width == TILE_WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(groups)}{partial}"


def tiles_of_growth(old_size: int, size: int) -> Iterator[Tile]:
    """The tiles that a tree of `size` needs and a tree of `old_size` did not have."""
    level = 0
    while old_size < size:
        for number in range(old_size // TILE_WIDTH, -(-size // TILE_WIDTH)):
            yield Tile(level, number, min(TILE_WIDTH, size - number * TILE_WIDTH))
        old_size, size, level = old_size // TILE_WIDTH, size // TILE_WIDTH, level + 1


def bundle_of(entries: Iterable[bytes]) -> bytes:
    """The bytes of an entry bundle."""
    return b"".join(struct.pack(">H", len(entry)) + entry for entry in entries)


def entries_of(bundle: bytes) -> list[bytes]:
    """The entries of a bundle. ValueError when the bytes end inside one."""
    entries: list[bytes] = []
    at = 0
    while at < len(bundle):
        start = at + 2
        if start > len(bundle):
            raise ValueError(f"the bytes end inside the length of entry {len(entries)}")
        at = start + int.from_bytes(bundle[at:start], "big")
        if at > len(bundle):
            raise ValueError(f"the bytes end inside entry {len(entries)}")
        entries.append(bundle[start:at])
    return entries
