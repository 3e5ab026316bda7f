"""What no checkpoint signs: the journal's entries, tiles that a writer left behind, foreign files."""

from .files import CHECKPOINT, PENDING, VKEY, WIDTH, WORK, Frame, Tile, entries_of, frames_of, tile_of, tiles_of_row
from .state import LOG, Log, split
from .tree import leaf_hash, tile_rows


def read_pending(log: Log) -> None:
    """Entries that no checkpoint signs yet, checked against the signed ones later by their index."""
    journal = log.folder.read(PENDING) or b""
    end = 0
    for frame in frames_of(journal):
        end = frame.end
        _take_frame(log, frame)
    if end < len(journal):
        later = (at for at in _finds(journal, b"APL1", end + 1) if next(frames_of(journal, at), None))
        if next(later, None) is not None:
            log.report.add_bad(log.size + len(log.pending), f"{LOG}/{PENDING}", "entry_changed",
                               f"the commit at byte {end} was changed")  # fmt: skip
        else:
            log.report.warn("torn_tail", f"the last {len(journal) - end} bytes are of a commit that was not finished",
                            f"{LOG}/{PENDING}")  # fmt: skip


def _take_frame(log: Log, frame: Frame) -> None:
    known = log.size + len(log.pending)
    if frame.first > known:
        log.report.add_bad(known, f"{LOG}/{PENDING}", "missing", f"the entries from {known} to {frame.first - 1}")
    log.pending += frame.entries[max(0, known - frame.first) :]


def _finds(data: bytes, word: bytes, at: int) -> list[int]:
    found = []
    while (at := data.find(word, at)) >= 0:
        found.append(at)
        at += 1
    return found


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
