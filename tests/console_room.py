"""A console to be asked: the real server on a port of its own, a small core that speaks the link, a post with a log.

core (thread, Unix socket) ──> console (thread, uvicorn) ──> the test: http.client, websockets
"""

import base64
import http.client
import json
import queue
import socket
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import numpy as np
from websockets.sync.client import ClientConnection, connect

from apacheta.console import ConsoleSettings, CoreLink, bound_socket, create_app
from apacheta.console.server import server_of
from apacheta.formats.envelope import Envelope, encode_envelope

START_NS = 1_790_000_000 * 10**9
SOON_S = 100.0
GRID = {"rows": 3, "cols": 4, "west": -70.1, "south": -32.9, "east": -70.0, "north": -32.8,
        "epoch_utc_ns": str(START_NS)}  # fmt: skip


def soon(what: Callable[[], Any]) -> Any:
    """What the call gives as soon as it gives something; a test that waits in vain fails."""
    deadline = monotonic() + SOON_S
    while not (found := what()):
        assert monotonic() < deadline, "it did not come"
        sleep(0.01)
    return found


def frame(kind: bytes, body: bytes) -> bytes:
    """One frame of the link, written out from the contract."""
    return (1 + len(body)).to_bytes(4, "big") + kind + body


def envelope(number: int, key: bool = False, payload: bytes = b"", rate_hz: float = 10.0) -> bytes:
    """A unit of a made-up stream: ten a second, its number in the payload and its time in the metadata."""
    utc_ns = START_NS + int(number * 1e9 / rate_hz)
    return encode_envelope(
        Envelope(
            key=key,
            damaged=False,
            gap=False,
            own_metadata=True,
            codec=1,
            pts_90k=90_000 + int(number * 90_000 / rate_hz),
            complete_utc_ns=utc_ns,
            metadata=json.dumps({"utc_ns": str(utc_ns)}).encode(),
            payload=number.to_bytes(4, "big") + payload,
        )
    )


def number_of(data: bytes) -> int:
    """The number of a made-up unit."""
    metadata_bytes = int.from_bytes(data[6:8], "big")
    return int.from_bytes(data[28 + metadata_bytes : 32 + metadata_bytes], "big")


def fix(aircraft: str, number: int) -> dict[str, Any]:
    """A live fix, as far as a test needs it."""
    return {"kind": "fix", "utc_ns": str(START_NS + number * 10**9), "aircraft": aircraft, "lat_deg": -32.8}


class Core:
    """The other end of the link: takes connections while it lives, answers decisions once per id, says what it is told.

    The listening socket is the supervisor's: it stays when the core is killed.
    """

    def __init__(self, path: Path) -> None:
        self.written: dict[str, dict[str, Any]] = {}
        self.heard: queue.Queue[dict[str, Any]] = queue.Queue()
        self.snapshot: dict[str, Any] = {
            "kind": "snapshot", "utc_ns": str(START_NS), "aircraft": [], "sights": [], "tracks": [], "alerts": [],
            "decisions": [], "log": None, "seen_km2": 0.0, "simulated": True, "health": None,
        }  # fmt: skip
        self.night: dict[str, Any] = {"name": "Paso"}
        self.grids: list[dict[str, Any]] = []
        self.is_mute = False
        self.connections = 0
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(path))
        self._listening.listen(8)
        self._connection: socket.socket | None = None
        self._lock = threading.Lock()

    def start(self) -> None:
        """Begin to live: take the next connection."""
        threading.Thread(target=self._live, daemon=True).start()

    def kill(self) -> None:
        """End at once."""
        with self._lock, suppress(OSError):
            if self._connection is not None:
                self._connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.kill()
        self._listening.close()

    def say(self, *messages: dict[str, Any]) -> None:
        for message in messages:
            self.raw(frame(b"J", json.dumps(message).encode()))

    def show(self, stream: str, *envelopes: bytes) -> None:
        name = stream.encode()
        for data in envelopes:
            self.raw(frame(b"V", bytes((len(name),)) + name + data))

    def raw(self, data: bytes) -> None:
        with self._lock:
            assert self._connection is not None
            self._connection.sendall(data)

    def _live(self) -> None:
        try:
            connection, _ = self._listening.accept()
        except OSError:
            return
        with self._lock:
            self._connection = connection
        with connection, connection.makefile("rb") as reader, suppress(OSError, ValueError, AssertionError):
            self.say({"kind": "night", "utc_ns": str(START_NS), "night": self.night}, *self.grids, self.snapshot)
            self.connections += 1
            while head := reader.read(4):
                self._answer(json.loads(reader.read(int.from_bytes(head, "big"))[1:]))

    def _answer(self, decision: dict[str, Any]) -> None:
        self.heard.put(decision)
        name = decision["id"]
        if self.is_mute:
            return
        if decision["alert"] == "nobody":
            said = {"code": "no_alert", "text": "There is no such alert.", "remedy": "Look at the list."}
            self.say({"kind": "refused", "id": name, **said})
            return
        done = self.written.setdefault(name, {"kind": "done", "id": name, "index": 100 + len(self.written)})
        self.say(done)


def whole_grid(values: list[int]) -> dict[str, Any]:
    """The core's message with all that was seen."""
    data = zlib.compress(np.array(values, "<i4").tobytes())
    return {"kind": "seen_grid", "header": GRID, "body": base64.b64encode(data).decode()}


class Console:
    """What a test asks: answers over HTTP, readers over WebSocket."""

    def __init__(self, port: int, settings: ConsoleSettings, core: Core) -> None:
        self.port, self.settings, self.core = port, settings, core

    def ask(
        self, path: str, method: str = "GET", body: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers (names in lower case) and body. Header names are written with `_` for `-`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SOON_S)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, named)
        answer = connection.getresponse()
        found = answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        connection.close()
        return found

    def json(self, path: str) -> Any:
        return json.loads(self.ask(path)[2])

    def decide(self, key: str | None, **decision: Any) -> tuple[int, dict[str, Any]]:
        headers = {} if key is None else {"Idempotency_Key": key}
        status, _, body = self.ask("/api/decisions", "POST", json.dumps(decision).encode(), **headers)
        return status, json.loads(body)

    def connect(self, path: str, **options: Any) -> ClientConnection:
        options = {"compression": None, "open_timeout": SOON_S, "proxy": None} | options
        return connect(f"ws://127.0.0.1:{self.port}{path}", **options)


def messages(reader: ClientConnection, kind: str) -> Iterator[dict[str, Any]]:
    """The messages of a kind, as they come."""
    while True:
        message = json.loads(reader.recv(timeout=SOON_S))
        if message["kind"] == kind:
            yield message


def settings_in(post: Path, **given: Any) -> ConsoleSettings:
    """The settings of a post's folder, with texts and a night in it."""
    texts = {"es": {"page.title": "Noche", "report.title": "Informe"}, "en": {"page.title": "Night"}}
    paths = {"log": post / "log", "video": post / "video", "evidence": post / "evidence", "static": post / "static"}
    return ConsoleSettings(**({"texts": texts} | paths | given))


class HandClock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now_ns = START_NS

    def utc_ns(self) -> int:
        return self.now_ns

    def monotonic_ns(self) -> int:
        return self.now_ns


@contextmanager
def console(
    post: Path, *, up: bool = True, silence_s: float = 60.0, clock: HandClock | None = None, **given: Any
) -> Iterator[Console]:
    """A console that answers, with its core up (or not yet)."""
    core = Core(post / "core.sock")
    if up:
        core.start()
    settings = settings_in(post, **given)
    link = CoreLink(post / "core.sock", silence_s=silence_s, answer_s=1.0)
    listening = bound_socket("127.0.0.1", 0)
    server = server_of(create_app(settings, link, clock), listening)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        soon(lambda: server.started)
        asked = Console(listening.getsockname()[1], settings, core)
        if up:
            soon(lambda: link.is_up)
        yield asked
    finally:
        server.should_exit = True
        thread.join()
        core.close()
        listening.close()
