"""The verification: everything is computed again from the entries' bytes and compared with what is there.

Two things can be compared with the root that the checkpoint signs: the entries, and the leaf hashes in the tiles of
level 0. Whichever gives that root is what was signed, and where the other differs from it is what was changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .canonical import canonical_value
from .compare import difference_of
from .files import (
    CHECKPOINT,
    PENDING,
    VKEY,
    WIDTH,
    WORK,
    Frame,
    LogFolder,
    Tile,
    entries_of,
    frames_of,
    tile_of,
    tiles_of_row,
)
from .note import COSIGNATURE_BYTES, ED25519, Checkpoint, Key, Malformed, can_check, checkpoint_of, holds, key_of
from .report import Report
from .tree import leaf_hash, root_of, tile_rows

LOG = "log"
TRIES = 5
"""A log that is being written may get a new checkpoint while it is read; then it is read again."""


@dataclass
class Log:
    """What was read and computed so far. `leaves` are the signed leaf hashes, None when they cannot be told."""

    folder: LogFolder
    report: Report
    keys: list[Key] = field(default_factory=list)
    checkpoint: Checkpoint | None = None
    trusted: bool = False
    size: int = 0
    entries: dict[int, list[bytes]] = field(default_factory=dict)
    leaves: list[bytes] | None = None
    pending: list[bytes] = field(default_factory=list)


def verify(post: Path, keys: Sequence[str] = (), outside: Path | None = None) -> Report:
    """Verify the log in `<post>/log`. `keys`: text forms of the log's key and of cosigners' keys; without a key of
    the log its own `log/vkey` is used. `outside`: a checkpoint of this log that was kept elsewhere."""
    for _ in range(TRIES):
        folder = LogFolder(Path(post) / LOG)
        before = folder.read(CHECKPOINT)
        report = _verify_once(folder, keys, outside)
        if folder.read(CHECKPOINT) == before:
            break
    return report


def _verify_once(folder: LogFolder, keys: Sequence[str], outside: Path | None) -> Report:
    log = Log(folder, Report())
    if not folder.names:
        return log.report.fail(
            3, "no_log", "there is no log here", LOG, "Name the post's folder, the one that holds `log`."
        )
    if not _take_keys(log, keys):
        return log.report
    _check_checkpoint(log)
    _read_pending(log)
    _check_entries(log)
    _check_upper_tiles(log)
    _check_root(log)
    _check_forms(log)
    _check_other_files(log)
    _say_what_is_unsigned(log)
    if outside is not None:
        _check_outside(log, outside)
    return log.report


def _take_keys(log: Log, given: Sequence[str]) -> bool:
    """The log's key, given or its own. False when a given one is not a key."""
    try:
        log.keys = [key_of(vkey) for vkey in given]
    except Malformed as problem:
        log.report.fail(2, "bad_key", str(problem), None, "Give the key as it stands in log/vkey.")
        return False
    log_key = next((key for key in log.keys if key.type_byte == ED25519), None)
    own = log.folder.read(VKEY)
    try:
        own_key = key_of(own.decode("utf-8", "replace").removesuffix("\n")) if own is not None else None
        if own_key and own != f"{own_key.vkey}\n".encode():
            raise Malformed("signature", "the file does not end as it was written")
    except Malformed as problem:
        log.report.add_bad(None, f"{LOG}/{VKEY}", problem.what, f"the post's key cannot be read: {problem}")
        own_key = None
    if log_key is None:
        log_key = own_key
        log.keys += [own_key] if own_key else []
        log.report.warn("own_key", "the key is the post's own: it shows that nothing changed, not who wrote it",
                        f"{LOG}/{VKEY}", "Get the key from who runs the post and give it with --key.")  # fmt: skip
        if own is None:
            log.report.add_bad(None, f"{LOG}/{VKEY}", "missing", "there is no key to verify the signature with")
    elif own_key and own_key != log_key:
        log.report.add_bad(
            None, f"{LOG}/{VKEY}", "signature", f"the post's key is not the given one but {own_key.vkey}"
        )
    log.report.key = log_key.vkey if log_key else None
    return True


def _check_checkpoint(log: Log) -> None:
    """Read it and verify its signatures. `trusted` is set when the log's own key signed it."""
    report, file = log.report, f"{LOG}/{CHECKPOINT}"
    note = log.folder.read(CHECKPOINT)
    log.size = log.folder.reach()
    if note is None:
        report.add_bad(None, file, "missing", "there is no checkpoint: nothing is signed")
        return
    try:
        log.checkpoint = checkpoint = checkpoint_of(note)
    except Malformed as problem:
        report.add_bad(None, file, problem.what, f"the checkpoint cannot be read: {problem}")
        return
    report.origin, report.tree_size = checkpoint.origin, checkpoint.size
    _check_signatures(log, checkpoint)
    log.trusted = report.signatures > 0 and not any(bad.file == file for bad in report.bad)
    if log.trusted:
        log.size = checkpoint.size


def _check_signatures(log: Log, checkpoint: Checkpoint) -> None:
    report, file = log.report, f"{LOG}/{CHECKPOINT}"
    seen: set[tuple[str, bytes]] = set()
    witnessed = False
    for signature in checkpoint.signatures:
        who = (signature.name, signature.key_id)
        if who in seen:
            report.add_bad(None, file, "duplicated", f"{signature.name} signed twice with one key")
        seen.add(who)
        report.cosignatures += len(signature.raw) in COSIGNATURE_BYTES
        key = next((key for key in log.keys if (key.name, key.key_id) == who), None)
        if key is None:
            report.warn("unknown_signature", f"no key was given for the signature of {signature.name}", file)
        elif not can_check(key):
            report.warn("unknown_signature", f"no ML-DSA here to check the signature of {signature.name}", file,
                        "Install a newer `cryptography`.")  # fmt: skip
        elif not holds(checkpoint, signature, key):
            what = _text_or_signature(log, checkpoint) if key.type_byte == ED25519 else "signature"
            report.add_bad(None, file, what, f"the signature of {signature.name} does not stand")
        elif key.type_byte != ED25519:
            witnessed = True
        elif key.name == checkpoint.origin:
            report.signatures += 1
    if not report.signatures and not any(bad.file == file for bad in report.bad):
        report.add_bad(None, file, "signature", f"no signature of the log's key {report.key}")
    report.unwitnessed_since_utc_ns = str(checkpoint.size) if witnessed else "0"  # an index until entries are read


def _text_or_signature(log: Log, checkpoint: Checkpoint) -> str:
    """Which half of a checkpoint was changed: its text still fits the tiles, or it does not."""
    row = [log.folder.read(tile.path) or b"" for tile in tiles_of_row(0, log.size)]
    fits = checkpoint.size == log.size and root_of(_split(b"".join(row))) == checkpoint.root
    known = any(key.name == checkpoint.origin for key in log.keys)
    return "signature" if fits and known else "checkpoint"


def _read_pending(log: Log) -> None:
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


def _check_entries(log: Log) -> None:
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
    stored = _split(b"".join(kept[tile.number] or b"" for tile in tiles))
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


def _check_upper_tiles(log: Log) -> None:
    if log.leaves is None:
        return
    for level, row in enumerate(tile_rows(log.leaves)):
        for tile in tiles_of_row(level, len(row)) if level else ():
            _compare_tile(log, tile, log.folder.read(tile.path), row[tile.number * WIDTH :][: tile.width])


def _check_root(log: Log) -> None:
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


def _check_forms(log: Log) -> None:
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


def _check_other_files(log: Log) -> None:
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
    found = [leaf_hash(entry) for entry in entries] if tile.level < 0 else _split(data)
    if found != wanted or (rest if tile.level < 0 else len(data) % 32):
        log.report.add_bad(
            first, file, "entry_changed" if tile.level < 0 else "tile", "it does not fit the signed entries"
        )
    else:
        log.report.warn("left_over", "a tile that this checkpoint does not need; the writer removes it", file)


def _say_what_is_unsigned(log: Log) -> None:
    log.report.unsigned_entries = len(log.pending)
    if log.folder.read(WORK) is not None:
        log.report.warn("left_over", "a file that was being written; the writer removes it", f"{LOG}/{WORK}")
    if log.pending:
        text = f"{len(log.pending)} entries are newer than the checkpoint and signed by nobody yet"
        log.report.warn(
            "unsigned_entries", text, f"{LOG}/{PENDING}", "Open the post once more, or wait for a checkpoint."
        )


def _check_outside(log: Log, outside: Path) -> None:
    """A checkpoint kept elsewhere must sign a beginning of this log."""
    report = log.report
    try:
        kept = checkpoint_of(outside.read_bytes())
    except (OSError, Malformed) as problem:
        report.fail(3, "bad_checkpoint", f"the checkpoint cannot be read: {problem}", str(outside))
        return
    signed = [holds(kept, s, k) for s in kept.signatures for k in log.keys if (k.name, k.key_id) == (s.name, s.key_id)]
    if kept.origin != (log.checkpoint.origin if log.checkpoint else kept.origin) or not signed or not all(signed):
        report.fail(
            3, "bad_checkpoint", "the checkpoint is not of this log, or its signature does not stand", str(outside)
        )
    elif kept.size > log.size:
        text = f"the log once held {kept.size} signed entries and now {log.size}: it was put back"
        report.add_bad(log.size, f"{LOG}/{CHECKPOINT}", "truncated", text)
    elif log.leaves is not None and root_of(log.leaves[: kept.size]) != kept.root:
        text = f"the first {kept.size} entries are not those of the checkpoint that was kept"
        report.add_bad(None, f"{LOG}/{CHECKPOINT}", "root", text)


def _split(row: bytes) -> list[bytes]:
    """The whole hashes of a tile."""
    return [row[i : i + 32] for i in range(0, len(row) - 31, 32)]
