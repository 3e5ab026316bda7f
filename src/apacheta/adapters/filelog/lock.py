"""One writer at a time: an exclusive flock on `<post>/post.lock`, gone with its process."""

import fcntl
import os
from pathlib import Path

from ...core.errors import EnvironmentFault

LOCK_FILE = "post.lock"


def hold(post: Path) -> int:
    """The descriptor that holds the post until it is closed. EnvironmentFault `post_is_held` with the holder's pid."""
    descriptor = os.open(post / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        raise EnvironmentFault(
            "post_is_held",
            f"process {holder} is writing to this post",
            file=LOCK_FILE,
            remedy="Wait until it ends, or give another folder.",
        ) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor
