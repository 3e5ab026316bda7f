"""Waiting for what other processes do, without a wish for how fast they do it."""

import time
from collections.abc import Callable
from pathlib import Path

PATIENCE_S = 300.0
"""A machine that is busy with something else takes its time; only what never happens fails."""


def until(is_so: Callable[[], object], what: str, every_s: float = 0.02, patience_s: float = PATIENCE_S) -> None:
    """Return when it is so, having looked so often; AssertionError if it never comes."""
    end_s = time.monotonic() + patience_s
    while not is_so():
        assert time.monotonic() < end_s, f"never: {what}"
        time.sleep(every_s)


def is_gone(pid: int) -> bool:
    """Whether the process has ended; one that is only waited for has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True
