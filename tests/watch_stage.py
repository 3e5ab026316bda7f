"""A live watch with its page, as an operator starts it: the real command, a sender of UDP datagrams, real clients.

sender (thread) ──UDP──> `apacheta watch` ──┬── core ── decoder
                                            └── console ──HTTP, WebSocket──> the test
"""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from processes import PATIENCE_S
from running import Running
from sectors import MANDATE, box, changed, geojson
from stream_sample import items_at, pictures
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from apacheta.app.engine import held_port, udp_socket
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


class Watch(Running):
    """A running `apacheta watch` of a UDP stream."""

    def __init__(self, post: Path, *flags: str) -> None:
        self.stream_port = free_port()
        super().__init__(post, "watch", "--stream", f"udp://127.0.0.1:{self.stream_port}", "--port", "0", *flags)

    def live(self, enough: Callable[[Said], Any]) -> Said:
        """What /ws/live says until that is enough of it."""
        return asyncio.run(_heard(self.address, "/ws/live", json.loads, enough))

    def video(self, count: int, stream: str = "stream") -> list[Envelope]:
        """So many units of the video."""
        path = f"/ws/video/{stream}"
        return asyncio.run(_heard(self.address, path, decode_envelope, lambda said: len(said) >= count))

    def log(self) -> list[dict[str, Any]]:
        """The log's entries now, read beside its writer."""
        return [json.loads(data) for _, data in LogReader(self.post / "log").since(0)]


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
