"""One PMTiles file (version 3, https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md), whole or not there.

The tiles come in any order and lie in the file in that of the format ("clustered"), so that neighbours are read with
one range. Same tiles, same bytes.
"""

import os
import secrets
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

from pmtiles.tile import Compression, Entry, TileType, zxy_to_tileid
from pmtiles.writer import finalize_header

from ...geo.datum import Bounds
from .mercator import Tile


class _Kept(NamedTuple):
    """A tile's number in the format's order, and where its bytes wait."""

    number: int
    offset: int
    length: int


def write_archive(out: Path, tiles: Iterable[tuple[Tile, bytes]], bounds: Bounds, metadata: dict[str, Any]) -> int:
    """Write PNG tiles; how many there were. With none no file is written. OSError: what stood there stands."""
    with _named_when_whole(out) as file, tempfile.TemporaryFile(dir=out.parent) as heap:
        kept = sorted(_heaped(heap, tiles))
        if kept:
            file.write(_front(kept, bounds, metadata))
            for one in kept:
                heap.seek(one.offset)
                file.write(heap.read(one.length))
    return len(kept)


@contextmanager
def _named_when_whole(out: Path) -> Iterator[IO[bytes]]:
    """A new file beside `out`, which takes its name when it is on disk; it is removed where nothing was written."""
    part = out.parent / f".{out.name}.{secrets.token_hex(4)}"
    try:
        with part.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if part.stat().st_size:
            os.replace(part, out)
    finally:
        part.unlink(missing_ok=True)


def _heaped(heap: IO[bytes], tiles: Iterable[tuple[Tile, bytes]]) -> Iterator[_Kept]:
    """Put the tiles' bytes aside as they come."""
    for tile, data in tiles:
        yield _Kept(zxy_to_tileid(*tile), heap.tell(), len(data))
        heap.write(data)


def _front(kept: list[_Kept], bounds: Bounds, metadata: dict[str, Any]) -> bytes:
    """Header, directories and metadata: all that comes before the tiles."""
    entries, offset = [], 0
    for one in kept:
        entries.append(Entry(one.number, offset, one.length, 1))
        offset += one.length
    parts = finalize_header(_header(bounds), len(kept), entries, len(kept), metadata, True, offset)
    return b"".join(parts)


def _header(bounds: Bounds) -> dict[str, Any]:
    names = ("min_lon_e7", "min_lat_e7", "max_lon_e7", "max_lat_e7")
    places = dict(zip(names, (round(degrees * 1e7) for degrees in bounds), strict=True))
    return places | {"tile_type": TileType.PNG, "tile_compression": Compression.NONE}
