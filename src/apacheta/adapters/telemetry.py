"""Telemetry as JSON (one core.sight.Fix a line or a datagram) from a pipe, a file or a socket: what the simulator
writes."""

import socket
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from ..core.sight import Fix

SILENCE_S = 0.2
LARGEST_DATAGRAM = 1 << 16


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


class DatagramLink:
    """VehicleLink over a bound socket, one fix a datagram. It ends when it is closed and all that came is read. A
    datagram that is no fix is counted in `damaged` and left out."""

    def __init__(self, descriptor: int, name: str) -> None:
        self.name = name
        self.damaged = 0
        self._socket = socket.socket(fileno=descriptor)
        self._socket.settimeout(SILENCE_S)
        self._decoder = msgspec.json.Decoder(Fix)
        self._is_closed = False

    def fixes(self) -> Iterator[Fix]:
        with self._socket:
            while (data := self._next()) is not None:
                try:
                    fix = self._decoder.decode(data)
                except msgspec.DecodeError:
                    self.damaged += 1
                    continue
                yield fix

    def close(self) -> None:
        """No more is waited for."""
        self._is_closed = True

    def _next(self) -> bytes | None:
        """The next datagram; None once it is silent after the close."""
        while True:
            try:
                return self._socket.recv(LARGEST_DATAGRAM)
            except TimeoutError:
                if self._is_closed:
                    return None
