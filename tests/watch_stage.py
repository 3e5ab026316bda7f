"""A live watch with its page, as an operator starts it: the real command, a sender of UDP datagrams, real clients.

sender (thread) ──UDP──> `apacheta watch` ──┬── core ── decoder
                                            └── console ──HTTP, WebSocket──> the test
"""

import asyncio
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from processes import PATIENCE_S, until
from sectors import MANDATE, box, changed, geojson
from stream_sample import items_at, pictures
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from apacheta.app.engine import held_port, read_status, udp_socket
from apacheta.console.log_reader import LogReader
from apacheta.formats.envelope import Envelope, decode_envelope
from apacheta.formats.klv import encode_st0601
from apacheta.formats.ts import TsMuxer

PACKET = 188
RATE_HZ = 10.0
Said = list[dict[str, Any]]


class Sender:
    """Sends ten frames a second of a bright square over noise, with the pose that `lon_deg` says, until it is stopped.
    ahead_s: by how much its clock is ahead of this machine's."""

    def __init__(
        self, port: int, lon_deg: Callable[[int], float] = lambda number: -70.08, ahead_s: float = 0.0
    ) -> None:
        self.frames, self._port, self._lon_deg, self._ahead_s = 0, port, lon_deg, ahead_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._send)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _send(self) -> None:
        muxer, units = TsMuxer(), pictures(20)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            while not self._stop.wait(1 / RATE_HZ):
                n = self.frames
                unit, key = units[n % len(units)]
                items = items_at(n) | {2: int((time.time() + self._ahead_s) * 1e6), 14: self._lon_deg(n)}
                data = muxer.frame(90_000 + 9_000 * n, unit, encode_st0601(items), key)
                for at in range(0, len(data), 7 * PACKET):
                    out.sendto(data[at : at + 7 * PACKET], ("127.0.0.1", self._port))
                self.frames += 1


def send_once(port: int, frames: Sequence[bytes], rate_hz: float) -> None:
    """Send the packets of each frame, so many frames a second."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        for data in frames:
            for at in range(0, len(data), 7 * PACKET):
                out.sendto(data[at : at + 7 * PACKET], ("127.0.0.1", port))
            time.sleep(1 / rate_hz)


def free_port() -> int:
    with udp_socket() as held:
        return held_port(held)


def post_with_mandate(folder: Path, east: float = -70.0) -> Path:
    """A folder with a mandate over the places of sample stream and stage, from 2020 on."""
    folder.mkdir()
    mandate = changed(MANDATE, "2026-06-01T00:00:00Z", "2020-01-01T00:00:00Z")
    (folder / "mandate.toml").write_text(changed(mandate, "2026-07-01T00:00:00Z", "2199-01-01T00:00:00Z"))
    geojson(folder / "area.geojson", "Polygon", [box(-70.3, -33.0, east, -32.5)])
    return folder


class Watch:
    """A running `apacheta watch`, with what it says."""

    def __init__(self, post: Path, *flags: str) -> None:
        self.post, self.stream_port, self.said = post, free_port(), ""
        words = ["watch", "--stream", f"udp://127.0.0.1:{self.stream_port}", "--post", str(post), "--port", "0"]
        words = [sys.executable, "-m", "apacheta.app.cli", *words, "--json", *flags]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self._ear = threading.Thread(target=self._listen)
        self._ear.start()

    @property
    def address(self) -> str:
        """Where the page is; waits until it is said."""
        until(lambda: self._found() or self.process.poll() is not None, "an address")
        found = self._found()
        assert found, self.said
        return found

    def ask(self, path: str) -> tuple[int, bytes]:
        with urllib.request.urlopen(self.address + path, timeout=60) as answer:
            return answer.status, answer.read()

    def get(self, path: str) -> Any:
        return json.loads(self.ask(path)[1])

    def live(self, enough: Callable[[Said], Any]) -> Said:
        """What /ws/live says until that is enough of it."""
        return asyncio.run(_heard(self.address, "/ws/live", json.loads, enough))

    def video(self, count: int, stream: str = "stream") -> list[Envelope]:
        """So many units of the video."""
        path = f"/ws/video/{stream}"
        return asyncio.run(_heard(self.address, path, decode_envelope, lambda said: len(said) >= count))

    def pid(self, name: str) -> int:
        """The process of that name; 0 while there is none."""
        status = read_status(self.post / "run" / "processes.json") or {"processes": []}
        return next((row["pid"] or 0 for row in status["processes"] if row["name"] == name), 0)

    def log(self) -> list[dict[str, Any]]:
        """The log's entries now, read beside its writer."""
        return [json.loads(data) for _, data in LogReader(self.post / "log").since(0)]

    def interrupt(self) -> dict[str, Any]:
        """Ctrl-C, and the answer."""
        self.process.send_signal(signal.SIGINT)
        return self.answer()

    def answer(self) -> dict[str, Any]:
        """Its one JSON object, when it has ended."""
        assert self.process.stdout is not None
        out = self.process.stdout.read()
        self.process.wait()
        self._ear.join()
        result: dict[str, Any] = json.loads(out)
        assert result["exit_code"] == self.process.returncode
        return result

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._ear.join()
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()

    def _found(self) -> str | None:
        named = re.search(r"http://127\.0\.0\.1:\d+", self.said)
        return named[0] if named else None

    def _listen(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said += line


async def _heard(
    address: str, path: str, decoded: Callable[[Any], Any], enough: Callable[[list[Any]], Any]
) -> list[Any]:
    """What a WebSocket says until that is enough of it, or until it is closed."""
    said: list[Any] = []
    async with connect(address.replace("http", "ws") + path, max_size=None) as channel:
        with suppress(ConnectionClosed):
            async with asyncio.timeout(PATIENCE_S):
                while not enough(said):
                    said.append(decoded(await channel.recv()))
    return said
