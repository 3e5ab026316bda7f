"""Where the account is kept."""

from collections.abc import Sequence
from typing import Protocol


class LogStore(Protocol):
    """Keeps the bytes of one append-only log: entries, tiles, checkpoints.

    Guarantees: `append` returns only when the entries are durable (data and directory on disk): acknowledged =
    on disk. A crash at any moment leaves a prefix of the acknowledged entries plus at most whole entries that were
    not yet acknowledged, never half of one. One writer at a time: opening a store that another process holds fails
    with EnvironmentFault `post_is_held`. A full disk fails the append with EnvironmentFault `disk_full` and leaves
    the log valid. `publish` replaces the checkpoint atomically and only after its tiles are durable.
    """

    def size(self) -> int: ...

    def append(self, entries: Sequence[bytes]) -> int:
        """Store entries; returns the index of the first."""
        ...

    def entry(self, index: int) -> bytes: ...

    def publish(self, tiles: Sequence[tuple[str, bytes]], checkpoint: bytes) -> None: ...

    def checkpoint(self) -> bytes | None: ...

    def close(self) -> None: ...
