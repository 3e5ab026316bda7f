"""The console's end of the core's link: a Unix stream socket that it opens, and opens again.

Frames both ways: 4 bytes length of what follows (big-endian), 1 byte kind, body. `J` is a JSON object with `kind`, `V`
a stream's name (after its length in one byte) and an envelope. Frames and messages of other kinds are passed over.
A link begins with `night`, `seen_grid` and `snapshot`. The kernel takes a connection also while no core listens: the
link is up from the snapshot on, not before.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import msgspec

from ..core.errors import EnvironmentFault, InputFault, RemoteProtocolError
from ..formats.envelope import decode_envelope
from .messages import Message

JSON_FRAME, VIDEO_FRAME = b"J", b"V"
FIRST = ("night", "seen_grid", "snapshot")
LONGEST_FRAME = 32 << 20
"""Bytes after the length: twice what may wait on the core's side."""
FIRST_WAIT_S, LONGEST_WAIT_S = 0.05, 1.0
SILENCE_S = 5.0
"""A core that is well says its health each second."""
ANSWER_S = 10.0
MOST_WAITING = 256
_READ_AHEAD = 1 << 20


class Listener(Protocol):
    """Who is told what the core says. None of these may wait."""

    def heard(self, message: Message, text: bytes) -> None:
        """One JSON message, and its bytes as they came."""

    def video(self, stream: str, envelope: bytes) -> None:
        """One access unit."""

    def lost(self, why: str) -> None:
        """The link is down. What comes after the next snapshot does not continue what came before."""


def frame_bytes(kind: bytes, body: bytes) -> bytes:
    """One frame of the link."""
    return (len(body) + 1).to_bytes(4, "big") + kind + body


class CoreLink:
    """Keeps the link, tells the listener what comes, and puts decisions to the core."""

    def __init__(self, path: Path, *, silence_s: float = SILENCE_S, answer_s: float = ANSWER_S) -> None:
        self._path, self._silence_s, self._answer_s = path, silence_s, answer_s
        self._writer: asyncio.StreamWriter | None = None
        self._waiting: dict[str, asyncio.Future[Message | None]] = {}
        self.is_up = False

    async def run(self, listener: Listener) -> None:
        """Keep the link up until cancelled."""
        wait_s = FIRST_WAIT_S
        while True:
            try:
                reader, writer = await asyncio.open_unix_connection(self._path, limit=_READ_AHEAD)
            except OSError:
                wait_s = min(2 * wait_s, LONGEST_WAIT_S)
            else:
                was_up = await self._hold(reader, writer, listener)
                wait_s = FIRST_WAIT_S if was_up else min(2 * wait_s, LONGEST_WAIT_S)
            await asyncio.sleep(wait_s)

    async def decide(self, name: str, decision: Mapping[str, Any]) -> Message:
        """The core's answer, `done` or `refused`, to a decision. One that is asked twice is sent once.

        EnvironmentFault where there is no answer: `core_down`, `core_slow`, `core_busy`. The decision may be written
        all the same: ask again under the same name.
        """
        if name not in self._waiting:
            self._send(name, decision)
        try:
            answer = await asyncio.wait_for(asyncio.shield(self._waiting[name]), self._answer_s)
        except TimeoutError:
            raise _unanswered("core_slow", f"The core has not answered within {self._answer_s:.0f} s.") from None
        if answer is None:
            raise _unanswered("core_down", "The core ended before it answered.")
        return answer

    def _send(self, name: str, decision: Mapping[str, Any]) -> None:
        if self._writer is None or not self.is_up:
            raise _unanswered("core_down", "The core is not there.")
        if len(self._waiting) >= MOST_WAITING:
            raise _unanswered("core_busy", f"{MOST_WAITING} decisions wait for the core.")
        self._waiting[name] = asyncio.get_running_loop().create_future()
        body = msgspec.json.encode({**decision, "kind": "decision", "id": name})
        self._writer.write(frame_bytes(JSON_FRAME, body))

    async def _hold(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, listener: Listener) -> bool:
        """Read until the link ends; whether it was up."""
        self._writer, why = writer, "closed"
        try:
            await self._read(reader, listener)
        except EOFError:
            why = "the core ended"
        except TimeoutError:
            why = f"the core said nothing for {self._silence_s:g} s"
        except (OSError, InputFault) as problem:
            why = str(problem)
        finally:
            was_up = self._let_go(writer)
            listener.lost(why)
        return was_up

    def _let_go(self, writer: asyncio.StreamWriter) -> bool:
        was_up, self.is_up, self._writer = self.is_up, False, None
        for answer in self._waiting.values():
            answer.set_result(None)
        self._waiting = {}
        with contextlib.suppress(RuntimeError):  # the loop is closed already
            writer.close()
        return was_up

    async def _read(self, reader: asyncio.StreamReader, listener: Listener) -> None:
        while True:
            kind, body = await asyncio.wait_for(_frame_of(reader), self._silence_s if self.is_up else None)
            if kind == JSON_FRAME:
                self._message(body, listener)
            elif kind == VIDEO_FRAME and self.is_up:
                listener.video(*_unit_of(body))

    def _message(self, body: bytes, listener: Listener) -> None:
        message = _message_of(body)
        if message["kind"] in ("done", "refused"):
            answer = self._waiting.pop(str(message.get("id")), None)
            if answer is not None:
                answer.set_result(message)
            return
        if self.is_up or message["kind"] in FIRST:
            listener.heard(message, body)
            self.is_up = self.is_up or message["kind"] == "snapshot"


async def _frame_of(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Kind and body of the next frame."""
    size = int.from_bytes(await reader.readexactly(4), "big")
    if not 1 <= size <= LONGEST_FRAME:
        raise RemoteProtocolError("bad_frame", f"a frame of {size} bytes; {LONGEST_FRAME} at most")
    frame = await reader.readexactly(size)
    return frame[:1], frame[1:]


def _message_of(body: bytes) -> Message:
    try:
        message = msgspec.json.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError) as problem:  # ValueError: no UTF-8
        raise RemoteProtocolError("bad_message", f"no JSON: {problem}") from problem
    if not isinstance(message, dict) or not isinstance(message.get("kind"), str):
        raise RemoteProtocolError("bad_message", "JSON, but no object that says its kind")
    return message


def _unit_of(body: bytes) -> tuple[str, bytes]:
    """Stream and envelope of a video frame. Raises InputFault where it is none."""
    end = 1 + body[0] if body else 0
    try:
        stream = body[1:end].decode()
    except UnicodeDecodeError as problem:
        raise RemoteProtocolError("bad_stream_name", "a stream's name that is no UTF-8") from problem
    decode_envelope(body[end:])
    return stream, body[end:]


def _unanswered(code: str, text: str) -> EnvironmentFault:
    remedy = "Send it again in a moment, under the same key: it is written once."
    return EnvironmentFault(code, text, remedy=remedy)
