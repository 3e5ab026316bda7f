"""Where video comes from: bytes of an MPEG transport stream."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol


class Chunk(NamedTuple):
    """Bytes as they came, and when they came on our clock (monotonic)."""

    data: bytes
    received_monotonic_ns: int


class StreamSource(Protocol):
    """Yields chunks until the stream ends. Guarantees: bytes in the order of arrival, none invented; a file or pipe
    loses none and holds its writer back; a datagram source may lose some and says how many it could not take
    (`dropped_bytes`). A silent source yields an empty chunk at least once a second, so that staleness shows."""

    name: str
    dropped_bytes: int

    def chunks(self) -> Iterator[Chunk]: ...

    def close(self) -> None: ...
