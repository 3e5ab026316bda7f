"""What becomes of what the core says: known (state, seen ground), told (hub), shown (relay)."""

import asyncio
import contextlib

import msgspec

from ..ports import Clock
from .hub import Hub, LiveReader
from .messages import Message, checked
from .relay import Relay
from .seen import SeenGrid
from .state import State

STILL_DOWN_S = 1.0
"""How often those who read along hear that the core is still down."""


class Desk:
    """The listener of the core's link, and what the routes ask."""

    def __init__(self, clock: Clock) -> None:
        self.state, self.hub, self.relay, self.seen = State(clock), Hub(), Relay(clock), SeenGrid()
        self.night: bytes | None = None
        """What `/api/night` says, as JSON; None before the first core."""
        self._has_begun = asyncio.Event()

    def heard(self, message: Message, text: bytes) -> None:
        """Take one message in, and pass it on as it came. RemoteProtocolError where it lacks what its kind has."""
        kind = checked(message)["kind"]
        if kind == "seen_grid":
            self.seen.replace(text)
        elif kind == "night":
            self.night = msgspec.json.encode(message["night"])
        else:
            self._tell(message, text)

    async def begun(self, within_s: float) -> None:
        """Wait for the first core's snapshot, before which it says night and seen ground; no longer than that."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._has_begun.wait(), within_s)

    def _tell(self, message: Message, text: bytes) -> None:
        """A message for those who read along."""
        self.state.heard(message)
        if self.state.is_up:
            self._has_begun.set()
        if message["kind"] == "seen":
            self.seen.see(message["cells"], int(message["utc_ns"]))
        self.hub.publish(text.decode())

    def video(self, stream: str, envelope: bytes) -> None:
        """One access unit."""
        self.relay.take(stream, envelope)

    def lost(self, why: str) -> None:
        """The core is down: said at once, with the reason."""
        was_up = self.state.is_up
        self.state.lost()
        self.relay.cut()
        if was_up:
            self.hub.publish(_text(self.state.health()))
            fault = {"kind": "fault", "code": "core_lost", "text": why, "values": {"why": why}}
            self.hub.publish(_text(fault | {"utc_ns": str(self.state.utc_ns())}))

    def join(self) -> LiveReader:
        """One who reads along: first the snapshot, and the end of the night where it has come."""
        end = [self.state.end] if self.state.end else []
        return self.hub.join(map(_text, [self.state.snapshot(), *end]))

    async def tell_while_down(self) -> None:
        """Say each second that the core is down, as long as it is; until cancelled."""
        while True:
            await asyncio.sleep(STILL_DOWN_S)
            if not self.state.is_up:
                self.hub.publish(_text(self.state.health()))


def _text(message: Message) -> str:
    return msgspec.json.encode(message).decode()
