"""What no checkpoint signs: the journal's entries, tiles that a writer left behind, foreign files."""

from collections.abc import Sequence

from .files import CHECKPOINT, PENDING, VKEY, WIDTH, WORK, Tile, entries_of, tile_of, tiles_of_row
from .journal import Frame, frames_of, is_torn
from .state import LOG, Log, split
from .tree import leaf_hash, tile_rows


def read_pending(log: Log) -> None:
    """Entries that no checkpoint signs yet. Commits that one signs by now, which a crash leaves, must hold the same."""
    journal = log.folder.read(PENDING) or b""
    frames = list(frames_of(journal))
    reached = min([log.size, *(frame.first for frame in frames)])
    _check_order(log, frames, reached)
    for frame in sorted(frames, key=lambda frame: frame.first):
        _check_frame(log, frame, reached)
        reached = max(reached, frame.reach)
        log.pending += frame.entries[max(0, log.size + len(log.pending) - frame.first) :]
    _check_end(log, journal, frames[-1].end if frames else 0)


def _check_order(log: Log, frames: Sequence[Frame], reached: int) -> None:
    """Name the first commit that stands before one that was written earlier."""
    for place, frame in enumerate(frames):
        if frame.first > reached and any(f.first <= reached < f.reach for f in frames[place + 1 :]):
            log.report.add_bad(reached, f"{LOG}/{PENDING}", "reordered",
                               f"the commit of entry {frame.first} stands before that of entry {reached}")  # fmt: skip
            return
        reached = max(reached, frame.reach)


def _check_frame(log: Log, frame: Frame, reached: int) -> None:
    """A commit begins where the one before it ended, and does not change what is known already."""
    file = f"{LOG}/{PENDING}"
    index = next((i for i, entry in enumerate(frame.entries, frame.first) if _is_known_otherwise(log, i, entry)), None)
    if index is not None:
        log.report.add_bad(index, file, "entry_changed", f"entry {index} is not the one that is known already")
    elif frame.first > reached:
        log.report.add_bad(reached, file, "missing", f"the entries from {reached} to {frame.first - 1}")
    elif frame.first < reached:
        log.report.add_bad(frame.first, file, "duplicated", f"the commit of entry {frame.first} stands there again")


def _is_known_otherwise(log: Log, index: int, entry: bytes) -> bool:
    if index < log.size:
        return log.leaves is not None and log.leaves[index] != leaf_hash(entry)
    return index < log.size + len(log.pending) and log.pending[index - log.size] != entry


def _check_end(log: Log, journal: bytes, end: int) -> None:
    """What follows the last whole commit: nothing, or one that a crash tore."""
    file = f"{LOG}/{PENDING}"
    if end == len(journal):
        return
    if is_torn(journal, end):
        text = f"the last {len(journal) - end} bytes are of a commit that was not finished"
        log.report.warn("torn_tail", text, file)
    else:
        index = log.size + len(log.pending)
        log.report.add_bad(index, file, "entry_changed", f"the commit at byte {end} was changed")


def check_other_files(log: Log) -> None:
    """Files that the checkpoint does not need: what a writer leaves when it ends between two steps, or foreign."""
    leaves = None if log.leaves is None else log.leaves + [leaf_hash(entry) for entry in log.pending]
    rows = tile_rows(leaves) if leaves is not None else None
    needed = {CHECKPOINT, VKEY, PENDING, WORK}
    needed |= {
        tile.path for level, row in enumerate(tile_rows([b""] * log.size)) for tile in tiles_of_row(level, len(row))
    }
    needed |= {tile.path for tile in tiles_of_row(-1, log.size)}
    for name in (name for name in log.folder.names if name not in needed):
        tile = tile_of(name)
        if tile is None:
            log.report.add_bad(None, f"{LOG}/{name}", "tile", "a file that is no part of a log")
        elif rows is not None:
            _check_other_tile(log, tile, rows)


def _check_other_tile(log: Log, tile: Tile, rows: list[list[bytes]]) -> None:
    level, file = max(0, tile.level), f"{LOG}/{tile.path}"
    first = tile.number * WIDTH ** (level + 1)
    row = rows[level] if level < len(rows) else []
    wanted = row[tile.number * WIDTH :][: tile.width]
    if len(wanted) < tile.width:
        text = "it holds more than the checkpoint signs and the journal knows: an older checkpoint was put back"
        log.report.add_bad(log.size if level == 0 else first, file, "checkpoint", text)
        return
    data = log.folder.read(tile.path) or b""
    entries, rest = entries_of(data)
    found = [leaf_hash(entry) for entry in entries] if tile.level < 0 else split(data)
    if found != wanted or (rest if tile.level < 0 else len(data) % 32):
        log.report.add_bad(
            first, file, "entry_changed" if tile.level < 0 else "tile", "it does not fit the signed entries"
        )
    else:
        log.report.warn("left_over", "a tile that this checkpoint does not need; the writer removes it", file)


def say_what_is_unsigned(log: Log) -> None:
    log.report.unsigned_entries = len(log.pending)
    if log.folder.read(WORK) is not None:
        log.report.warn("left_over", "a file that was being written; the writer removes it", f"{LOG}/{WORK}")
    if log.pending:
        text = f"{len(log.pending)} entries are newer than the checkpoint and signed by nobody yet"
        log.report.warn(
            "unsigned_entries", text, f"{LOG}/{PENDING}", "Open the post once more, or wait for a checkpoint."
        )
