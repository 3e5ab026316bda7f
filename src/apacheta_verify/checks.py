"""The verification, on one screen: everything is computed again from the entries' bytes and compared."""

from collections.abc import Sequence
from pathlib import Path

from .entries import check_entries, check_forms, check_root, check_upper_tiles
from .files import CHECKPOINT, LogFolder, Unreadable
from .report import Report
from .signed import check_checkpoint, check_outside, take_keys
from .state import LOG, Log
from .unsigned import check_other_files, read_pending, say_what_is_unsigned

TRIES = 5
"""A log that is being written may get a new checkpoint while it is read; then it is read again."""


def verify(post: Path, keys: Sequence[str] = (), outside: Path | None = None) -> Report:
    """Verify the log in `<post>/log`. `keys`: text forms of the log's key and of cosigners' keys; without a key of
    the log its own `log/vkey` is used. `outside`: a checkpoint of this log that was kept elsewhere."""
    for _ in range(TRIES):
        log = Log(LogFolder(Path(post) / LOG), Report())
        try:
            before = log.folder.read(CHECKPOINT)
            _verify_once(log, keys, outside)
            if log.folder.read(CHECKPOINT) == before:
                break
        except Unreadable as problem:
            _name_unreadable(log, problem)
            break
    return log.report


def _name_unreadable(log: Log, first: Unreadable) -> None:
    """Nothing is said of a log that cannot be read, but which files it is."""
    for name, problem in {p.name: p for p in (first, *log.folder.unreadable())}.items():
        log.report.fail(4, "unreadable", f"it cannot be read: {problem}", name, "Check the disk and the permissions.")


def _verify_once(log: Log, keys: Sequence[str], outside: Path | None) -> None:
    if not log.folder.names:
        log.report.fail(3, "no_log", "there is no log here", LOG, "Name the post's folder, the one that holds `log`.")
        return
    if not take_keys(log, keys):
        return
    check_checkpoint(log)
    check_entries(log)
    read_pending(log)
    check_upper_tiles(log)
    check_root(log)
    check_forms(log)
    check_other_files(log)
    say_what_is_unsigned(log)
    if outside is not None:
        check_outside(log, outside)
