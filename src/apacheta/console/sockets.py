"""The two WebSockets: each connection sends from its own queue, and ends when either side has enough."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import TypeVar

from starlette.websockets import WebSocket, WebSocketDisconnect

from .desk import Desk

_Item = TypeVar("_Item")

TRY_AGAIN = 1013
CLOSE_S = 60.0
"""How long a reader who is sent away may take to hear it."""


async def serve_live(desk: Desk, socket: WebSocket) -> None:
    """The snapshot, then each message as it comes; closed with 1013 when the reader is too far behind."""
    await socket.accept()
    reader = desk.join()
    try:
        await _first_of(_listen(socket), _send(reader.next, socket.send_text), reader.behind.wait())
    finally:
        desk.hub.leave(reader)
    if reader.behind.is_set():
        with contextlib.suppress(TimeoutError, WebSocketDisconnect, RuntimeError):
            await asyncio.wait_for(socket.close(TRY_AGAIN, "too far behind: ask for a snapshot"), CLOSE_S)


async def serve_video(desk: Desk, socket: WebSocket, stream: str) -> None:
    """Envelopes of a stream from the newest key frame on."""
    await socket.accept()
    viewer = desk.relay.join(stream)
    try:
        await _first_of(_listen(socket), _send(viewer.next, socket.send_bytes))
    finally:
        desk.relay.leave(stream, viewer)


async def _listen(socket: WebSocket) -> None:
    """Return when the other side goes; what it says is not for us."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


async def _send(following: Callable[[], Awaitable[_Item]], send: Callable[[_Item], Awaitable[None]]) -> None:
    """Send what comes until the other side goes."""
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            await send(await following())


async def _first_of(*ways: Awaitable[object]) -> None:
    """Run all until one ends; the others are cancelled."""
    tasks = [asyncio.ensure_future(way) for way in ways]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
