"""What a verification has read and computed so far."""

from dataclasses import dataclass, field

from .files import LogFolder
from .note import Checkpoint, Key
from .report import Report

LOG = "log"


@dataclass
class Log:
    """What was read and computed so far.

    `keys` are all that signatures are checked with, `log_key` the one that must sign; `leaves` are the signed leaf
    hashes, None when they cannot be told.
    """

    folder: LogFolder
    report: Report
    keys: list[Key] = field(default_factory=list)
    log_key: Key | None = None
    checkpoint: Checkpoint | None = None
    trusted: bool = False
    size: int = 0
    entries: dict[int, list[bytes]] = field(default_factory=dict)
    leaves: list[bytes] | None = None
    pending: list[bytes] = field(default_factory=list)


def split(row: bytes) -> list[bytes]:
    """The whole hashes of a tile."""
    return [row[i : i + 32] for i in range(0, len(row) - 31, 32)]
