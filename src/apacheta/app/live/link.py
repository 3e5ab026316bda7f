"""The core's end of the link: a Unix socket on which readers hear all that happens, and may send decisions.

Each reader has two threads, one that sends and one that hears; neither is the chain's. A reader that does not read, or
goes, harms itself alone. What cannot be understood is answered `refused`; a message whose end nobody can tell closes
the link, which the reader opens anew.
"""

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from ...core.errors import RemoteProtocolError
from .decisions import refusal
from .outbox import MOST_BYTES, Outbox
from .wire import JSON, heard

MOST_READERS = 4
"""The console is one; a fifth is turned away, so that what waits stays bounded."""
LAST_WORDS_S = 1.0
"""So long a reader may take to hear the end."""


class Station(Protocol):
    """Who has news for readers and takes their decisions."""

    def attach(self, outbox: Outbox) -> None: ...

    def detach(self, outbox: Outbox) -> None: ...

    def decide(self, message: dict[str, Any]) -> dict[str, Any]: ...


class Link:
    """Serves a listening Unix socket until it is closed. The socket is the caller's, and outlives us."""

    def __init__(self, listener: socket.socket, station: Station, most_bytes: int = MOST_BYTES) -> None:
        self._listener, self._station, self._most_bytes = listener, station, most_bytes
        self._readers: set[_Reader] = set()
        self._lock = threading.Lock()
        self._is_closed = False
        self._thread = threading.Thread(target=self._serve, daemon=True, name="link")

    def start(self) -> None:
        """Begin to serve, in threads of our own."""
        self._listener.settimeout(0.2)  # so that a close is heard: nothing else wakes an accept
        self._thread.start()

    def close(self) -> None:
        """Let every reader go; one that reads hears the last words."""
        self._is_closed = True
        self._thread.join()
        with self._lock:
            readers = list(self._readers)
        for reader in readers:
            reader.outbox.drain(LAST_WORDS_S)
            reader.outbox.close()
        for reader in readers:
            reader.join()

    def _serve(self) -> None:
        while not self._is_closed:
            with contextlib.suppress(TimeoutError):
                channel, _ = self._listener.accept()
                self._welcome(channel)

    def _welcome(self, channel: socket.socket) -> None:
        channel.setblocking(True)
        with self._lock:
            if len(self._readers) >= MOST_READERS:
                channel.close()
                return
            reader = _Reader(channel, self._station, self._most_bytes, self._gone)
            self._readers.add(reader)
        reader.start()

    def _gone(self, reader: "_Reader") -> None:
        with self._lock:
            self._readers.discard(reader)


class _Reader:
    """One connection."""

    def __init__(
        self, channel: socket.socket, station: Station, most_bytes: int, gone: Callable[["_Reader"], None]
    ) -> None:
        self.outbox = Outbox(most_bytes, self._hang_up)
        self._channel, self._station, self._gone = channel, station, gone
        self._sender = threading.Thread(target=self._run, daemon=True, name="link-send")
        self._hearer = threading.Thread(target=self._hear, daemon=True, name="link-hear")

    def start(self) -> None:
        self._sender.start()

    def join(self) -> None:
        """Wait for the connection's end, which a closed outbox brings about."""
        self._sender.join()

    def _hang_up(self) -> None:
        """End what both threads wait for."""
        with contextlib.suppress(OSError):  # it has gone by itself
            self._channel.shutdown(socket.SHUT_RDWR)

    def _run(self) -> None:
        """The whole of a connection: the snapshot first, then both ways at once, until either side ends it."""
        self._station.attach(self.outbox)
        self._hearer.start()
        with contextlib.suppress(OSError):  # the reader has gone: it comes back, or it does not
            while (message := self.outbox.take()) is not None:
                self._channel.sendall(message)
        self._station.detach(self.outbox)
        self.outbox.close()
        self._hearer.join()
        self._channel.close()
        self._gone(self)

    def _hear(self) -> None:
        try:
            while (message := heard(self._channel)) is not None:
                if message.kind == JSON:
                    self._answer(message.body)
        except (OSError, RemoteProtocolError):
            pass  # it has gone, or nobody can say where its next message begins
        finally:
            self.outbox.close()

    def _answer(self, body: bytes) -> None:
        """Kinds other than decisions are skipped, as the contract has it."""
        try:
            message = msgspec.json.decode(body, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError) as problem:
            fault = RemoteProtocolError("bad_message", f"this is no JSON object: {problem}.")
            self.outbox.put(msgspec.json.encode(refusal(None, fault)))
            return
        if message.get("kind") == "decision":
            self.outbox.put(msgspec.json.encode(self._station.decide(message)))
