"""Entries against tiles, and both against the root.

Two things can be compared with the root that the checkpoint signs: the entries, and the leaf hashes in the tiles of
level 0. Whichever gives that root is what was signed, and where the other differs from it is what was changed.
"""

from collections.abc import Sequence

from .canonical import canonical_value
from .compare import difference_of
from .files import CHECKPOINT, PENDING, WIDTH, Tile, entries_of, tiles_of_row
from .state import LOG, Log, split
from .tree import leaf_hash, root_of, tile_rows


def check_entries(log: Log) -> None:
    """Entry bundles against level-0 tiles, both against the signed root."""
    report = log.report
    tiles = tiles_of_row(0, log.size)
    kept = {tile.number: log.folder.read(tile.path) for tile in tiles}
    bundles = {tile.number: log.folder.read(Tile(-1, tile.number, tile.width).path) for tile in tiles}
    rests: dict[int, bytes] = {}
    for number, data in bundles.items():
        if data is not None:
            log.entries[number], rests[number] = entries_of(data)
    hashes = {number: [leaf_hash(entry) for entry in entries] for number, entries in log.entries.items()}
    found = [leaf for tile in tiles for leaf in hashes.get(tile.number, [])]
    stored = split(b"".join(kept[tile.number] or b"" for tile in tiles))
    by_entries = all(len(hashes.get(t.number, ())) == t.width and not rests[t.number] for t in tiles)
    by_tiles = all(len(kept[t.number] or b"") == 32 * t.width for t in tiles)
    wanted_root = log.checkpoint.root if log.trusted and log.checkpoint else None
    if by_entries and (wanted_root is None or root_of(found) == wanted_root):
        log.leaves = found
    elif by_tiles and (wanted_root is None or root_of(stored) == wanted_root):
        log.leaves = stored
    report.entries_checked = sum(len(leaves) for leaves in hashes.values())
    reference = log.leaves if log.leaves is not None else stored if by_tiles else found
    _compare_bundles(log, tiles, bundles, hashes, rests, reference)
    for tile in tiles:
        _compare_tile(log, tile, kept[tile.number], reference[tile.number * WIDTH :][: tile.width])


def _compare_bundles(
    log: Log,
    tiles: Sequence[Tile],
    bundles: dict[int, bytes | None],
    hashes: dict[int, list[bytes]],
    rests: dict[int, bytes],
    reference: Sequence[bytes],
) -> None:
    places = {leaf: index for index, leaf in reversed(list(enumerate(reference)))}
    all_found = {number * WIDTH + i: leaf for number, row in hashes.items() for i, leaf in enumerate(row)}
    for tile in tiles:
        first, file = tile.number * WIDTH, f"{LOG}/{Tile(-1, tile.number, tile.width).path}"
        if bundles[tile.number] is None:
            log.report.add_bad(first, file, "missing", f"entries {first} to {first + tile.width - 1} are missing")
            continue
        wanted = reference[first : first + tile.width]
        bad = difference_of(hashes[tile.number], rests[tile.number], wanted, first, places, all_found)
        if bad:
            log.report.add_bad(first + bad.place, file, bad.what, bad.text)


def _compare_tile(log: Log, tile: Tile, data: bytes | None, hashes: Sequence[bytes]) -> None:
    wanted, file, first = b"".join(hashes), f"{LOG}/{tile.path}", tile.number * WIDTH ** (tile.level + 1)
    if data is None:
        log.report.add_bad(first, file, "missing", "the tile is missing")
    elif data != wanted and wanted.startswith(data):
        log.report.add_bad(first, file, "truncated", f"{len(data)} of {len(wanted)} bytes are left")
    elif data != wanted:
        at = next((i for i, (a, b) in enumerate(zip(data, wanted, strict=False)) if a != b), len(wanted))
        index = min(first + at // 32 * WIDTH**tile.level, max(0, log.size - 1))
        log.report.add_bad(index, file, "tile", f"byte {at} is not what the entries give")


def check_upper_tiles(log: Log) -> None:
    if log.leaves is None:
        return
    for level, row in enumerate(tile_rows(log.leaves)):
        for tile in tiles_of_row(level, len(row)) if level else ():
            _compare_tile(log, tile, log.folder.read(tile.path), row[tile.number * WIDTH :][: tile.width])


def check_root(log: Log) -> None:
    if log.leaves is not None:
        log.report.root = root_of(log.leaves)
    elif log.trusted:
        log.report.add_bad(
            None, f"{LOG}/{CHECKPOINT}", "root", "neither entries nor tiles give the root that is signed"
        )
    first = int(log.report.unwitnessed_since_utc_ns or 0)
    log.report.unwitnessed_since_utc_ns = _utc_ns_of(log, first)


def _utc_ns_of(log: Log, index: int) -> str | None:
    entries = [entry for number in sorted(log.entries) for entry in log.entries[number]] + log.pending
    try:
        return str(canonical_value(entries[index])["utc_ns"])
    except (IndexError, ValueError, KeyError, TypeError):
        return None


def check_forms(log: Log) -> None:
    """Each entry is RFC 8785 JSON with exactly body, kind and utc_ns."""
    for tile in tiles_of_row(-1, log.size):
        for place, entry in enumerate(log.entries.get(tile.number, [])):
            index = tile.number * WIDTH + place
            is_signed = log.leaves is not None and log.leaves[index : index + 1] == [leaf_hash(entry)]
            if is_signed and (why := _form_problem(entry)):
                log.report.add_bad(index, f"{LOG}/{tile.path}", "entry_changed", f"entry {index}: {why}")
    for place, entry in enumerate(log.pending):
        if why := _form_problem(entry):
            index = log.size + place
            log.report.add_bad(index, f"{LOG}/{PENDING}", "entry_changed", f"entry {index}: {why}")


def _form_problem(entry: bytes) -> str | None:
    try:
        value = canonical_value(entry)
    except ValueError as problem:
        return f"not canonical JSON: {problem}"
    if not isinstance(value, dict) or set(value) != {"body", "kind", "utc_ns"}:
        return "not an object of body, kind and utc_ns"
    return None
