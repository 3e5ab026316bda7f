"""What the account of a watch says besides segments and looks, and what it said already when a core goes on."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from ...account import Account
from ...adapters.clock import SystemClock
from ...core.entries import Entry, EntryKind
from ..chain import Keeper
from ..post import mandate_body
from .chain import WatchChain


class Notes:
    """Under which mandate was watched, over what, and how it ended. `tell`: who hears of faults beside the account."""

    def __init__(
        self,
        address: str,
        chain: WatchChain,
        keeper: Keeper,
        is_begun: bool = False,
        tell: Callable[..., None] = lambda code, text, **values: None,
    ) -> None:
        self._address, self._chain, self._keeper = address, chain, keeper
        self._is_begun, self._tell = is_begun, tell

    def begin(self) -> None:
        """A live watch is in the account before its first byte is looked at, and once."""
        mandate, terrain = self._chain.mandate, self._chain.terrain
        if mandate is None or self._is_begun:
            return
        stream = {"stream": self._chain.stream, "source": self._address}
        terrain_sha256 = None if terrain is None else terrain.sha256
        self._note("mandate", mandate_body(mandate) | {"watch": stream | {"terrain_sha256": terrain_sha256}})

    def fault(self, what: str, text: str, **values: object) -> None:
        """What ended the watch before its stream did, or was lost on the way in; `values` fill the page's sentence."""
        self._tell(what, text, **values)
        self._note("fault", {"what": what, "stream": self._chain.stream, "text": text})

    def close(self) -> int:
        """Write down what waits and close the log; its entries."""
        return self._keeper.close().size

    def _note(self, kind: EntryKind, body: dict[str, Any]) -> None:
        """By our own clock, for the stream's may be another, and on disk at once."""
        self._keeper.note(kind, SystemClock().utc_ns(), body, at_once=True)


@dataclass(frozen=True)
class Past:
    """What the log holds of a watch: whether it has begun, and the number of its last segment of video."""

    is_begun: bool = False
    segments: int = 0


def past_of(account: Account, stream: str) -> Past:
    """What the log holds of the watch of that stream, which bears its name alone in the post."""
    entries = (msgspec.json.decode(account.entry(n), type=Entry) for n in range(account.size))
    return _past_of(entries, stream)


def _past_of(entries: Iterable[Entry], stream: str) -> Past:
    is_begun, segments = False, 0
    for entry in entries:
        if entry.kind == "mandate":
            is_begun = is_begun or _stream_of(entry) == stream
        elif entry.kind == "video_segment" and entry.body["stream"] == stream:
            segments = max(segments, int(entry.body["number"]))
    return Past(is_begun, segments)


def _stream_of(entry: Entry) -> str | None:
    """The stream of a mandate's watch; None where a night was flown under it."""
    watch = entry.body.get("watch")
    return watch.get("stream") if isinstance(watch, dict) else None
