"""The verification, on one screen: everything is computed again from the entries' bytes and compared."""

from collections.abc import Sequence
from pathlib import Path

from .entries import check_entries, check_forms, check_root, check_upper_tiles
from .files import CHECKPOINT, LogFolder
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
    if not take_keys(log, keys):
        return log.report
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
    return log.report
