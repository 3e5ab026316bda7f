"""How the processes are, in a file that is replaced once a second: whoever asks reads it, and nobody waits.

    {"utc_ns": "...", "processes": [{"name", "state", "restarts", "rss_mb", "pid", "last_end"}, ...]}

`utc_ns` is when it was so: a file that has grown old tells that the supervisor is gone or hangs.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..files import write_whole
from .ward import State

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class ProcessHealth:
    """One process. rss_mb: its resident memory, without that of what it started itself; null, like `pid`, while it is
    down. last_end: how its last life ended, in words."""

    name: str
    state: State
    restarts: int
    rss_mb: float | None
    pid: int | None
    last_end: str | None


def write_status(path: Path, utc_ns: int, processes: list[ProcessHealth]) -> None:
    """Replace the file. OSError where the disk has no room: the old one stands, and grows old."""
    body = {"utc_ns": str(utc_ns), "processes": [asdict(process) for process in processes]}
    write_whole(path, json.dumps(body).encode())


def read_status(path: Path) -> dict[str, Any] | None:
    """What `write_status` wrote last; None where nothing is to be read."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def resident_mb(pid: int) -> float:
    """Resident memory of a process, MB; 0 for one that has gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES / 1e6
    except (OSError, IndexError):
        return 0.0
