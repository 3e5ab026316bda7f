"""The recipe: what the core tells and hears while it watches."""

import socket
import threading
import time
from dataclasses import dataclass
from typing import Any

from ...account import Account
from ...adapters.clock import SystemClock
from ...ports import Clock
from ..chain import Keeper
from ..post import Post
from .book import Book
from .decisions import Decisions
from .link import Link
from .night import Shown
from .outbox import Outbox
from .publisher import Publisher, Rows

PULSE_S = 0.5


@dataclass(frozen=True)
class Door:
    """Where readers come in. `listener`: a bound Unix socket that listens, which outlives this core; `book`: what the
    log holds of this watch already; `processes` gives the rows of `health`."""

    listener: socket.socket
    account: Account
    book: Book
    processes: Rows = list


class Live:
    """A watch as its readers hear it."""

    def __init__(self, scene: Shown, post: Post, keeper: Keeper, door: Door, clock: Clock | None = None) -> None:
        self.publisher = Publisher(door.book, scene, post.folder, clock or SystemClock(), door.processes)
        keeper.told = self.publisher.checkpoint
        self._account = door.account
        self._decisions = Decisions(door.book, keeper, self.publisher.utc_ns, self.publisher.decision)
        self._link = Link(door.listener, self)
        self._stop = threading.Event()
        self._pulse = threading.Thread(target=self._beat, daemon=True, name="pulse")

    def start(self) -> None:
        """Open to readers; the log stands as its last checkpoint says. Before anything else writes to the log."""
        self.publisher.checkpoint(self._account.checkpoint())
        self._link.start()
        self._pulse.start()

    def close(self, report: str | None, linger_s: float = 0.0) -> None:
        """The watch is over: tell so, and so much later let every reader go."""
        self._stop.set()
        self._pulse.join()
        self.publisher.tick()
        self.publisher.end(report)
        time.sleep(linger_s)
        self._link.close()

    def attach(self, outbox: Outbox) -> None:
        self.publisher.attach(outbox)

    def detach(self, outbox: Outbox) -> None:
        self.publisher.detach(outbox)

    def decide(self, message: dict[str, Any]) -> dict[str, Any]:
        return self._decisions.take(message)

    def _beat(self) -> None:
        while not self._stop.wait(PULSE_S):
            self.publisher.tick()
