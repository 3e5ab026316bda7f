"""Telemetry as JSON lines (one core.sight.Fix a line) from a pipe or a file: what the simulator writes."""

from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from ..core.sight import Fix


class JsonLinesLink:
    """VehicleLink over a binary stream. A line that is no fix is counted in `damaged` and left out."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self.name = name
        self.damaged = 0
        self._stream = stream
        self._decoder = msgspec.json.Decoder(Fix)

    def fixes(self) -> Iterator[Fix]:
        for line in self._stream:
            try:
                fix = self._decoder.decode(line)
            except msgspec.DecodeError:
                self.damaged += 1
                continue
            yield fix

    def close(self) -> None:
        self._stream.close()
