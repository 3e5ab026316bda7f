"""A recorded stream, read from beginning to end as fast as it is taken."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from apacheta.core.errors import EnvironmentFault, InputFault
from apacheta.ports import Chunk

CHUNK_BYTES = 188 * 348
"""About 64 KiB in whole packets."""


class FileStream:
    """StreamSource over a file. Opening fails with InputFault where there is no readable file."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        chunk_bytes: int = CHUNK_BYTES,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self.name = Path(path).name
        self.dropped_bytes = 0
        self._chunk_bytes = chunk_bytes
        self._monotonic_ns = monotonic_ns
        self._file = opened(path)

    def chunks(self) -> Iterator[Chunk]:
        """The file's bytes; ends at its end, or when `close` is called."""
        while not self._file.closed:
            try:
                data = self._file.read(self._chunk_bytes)
            except OSError as fault:
                raise EnvironmentFault(
                    "file_read_failed", f"Reading broke off: {fault.strerror}.", file=self.name
                ) from None
            if not data:
                return
            yield Chunk(data, self._monotonic_ns())

    def close(self) -> None:
        """Let the file go."""
        self._file.close()


def opened(path: str | os.PathLike[str]) -> BinaryIO:
    """The file, opened for reading as bytes come. Raises InputFault where there is none that can be read."""
    try:
        return open(path, "rb", buffering=0)
    except FileNotFoundError:
        raise InputFault("file_missing", "There is no such file.", file=str(path), remedy="Check the path.") from None
    except OSError as fault:
        raise InputFault("file_unreadable", f"It cannot be read: {fault.strerror}.", file=str(path)) from None
