"""Live messages to everyone who reads them. Nobody waits for anybody: who falls behind is sent away."""

import asyncio
from collections import deque
from collections.abc import Iterable

MOST_BEHIND = 500
"""Messages. A reader further behind gets a snapshot sooner by asking anew."""


class LiveReader:
    """What one reader has still to be sent."""

    def __init__(self, first: Iterable[str]) -> None:
        self._waiting = deque(first)
        self._news = asyncio.Event()
        self.behind = asyncio.Event()
        """Set when the reader is too far behind to catch up."""

    def push(self, text: str) -> None:
        """Put a message to those that wait, unless too many do."""
        if len(self._waiting) >= MOST_BEHIND:
            self._waiting.clear()
            self.behind.set()
        if not self.behind.is_set():
            self._waiting.append(text)
            self._news.set()

    async def next(self) -> str:
        """The next message, as soon as there is one."""
        while not self._waiting:
            self._news.clear()
            await self._news.wait()
        return self._waiting.popleft()


class Hub:
    """Who reads along, and what all of them are told: each message is one string, however many read it."""

    def __init__(self) -> None:
        self._readers: set[LiveReader] = set()

    def join(self, first: Iterable[str]) -> LiveReader:
        """A reader who is told `first`, and then all that is published."""
        reader = LiveReader(first)
        self._readers.add(reader)
        return reader

    def leave(self, reader: LiveReader) -> None:
        """The reader is gone."""
        self._readers.discard(reader)

    def publish(self, text: str) -> None:
        """Tell everybody."""
        for reader in self._readers:
            reader.push(text)
