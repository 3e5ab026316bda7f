"""A stream through a pipe: what is not yet taken holds the writer back."""

import os
import select
import time
from collections.abc import Callable, Iterator
from typing import BinaryIO

from apacheta.ports import Chunk

SILENCE_S = 0.5
"""After so long without a byte an empty chunk is yielded."""
CHUNK_BYTES = 1 << 16


class PipeStream:
    """StreamSource over a pipe's file descriptor, or over a binary file that has one; closes what it was given."""

    def __init__(
        self,
        pipe: int | BinaryIO,
        *,
        name: str = "pipe",
        chunk_bytes: int = CHUNK_BYTES,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self.name = name
        self.dropped_bytes = 0
        self._pipe = pipe
        self._descriptor = pipe if isinstance(pipe, int) else pipe.fileno()
        self._chunk_bytes = chunk_bytes
        self._monotonic_ns = monotonic_ns
        self._closed = False

    def chunks(self) -> Iterator[Chunk]:
        """Bytes as they come; ends when the writer has closed its end and all is read, or when `close` is called."""
        while not self._closed:
            ready, _, _ = select.select([self._descriptor], [], [], SILENCE_S)
            data = os.read(self._descriptor, self._chunk_bytes) if ready else b""
            if ready and not data:
                return
            yield Chunk(data, self._monotonic_ns())

    def fileno(self) -> int:
        """The pipe's descriptor."""
        return self._descriptor

    def close(self) -> None:
        """Let the pipe go; its writer then gets a broken pipe."""
        if self._closed:
            return
        self._closed = True
        if isinstance(self._pipe, int):
            os.close(self._pipe)
        else:
            self._pipe.close()
