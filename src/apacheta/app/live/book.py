"""The alerts and decisions of one watch: what the log on disk holds of them, and what has come since.

A core that was killed goes on in the same watch: numbers of alerts, incidents, tracks and segments go on after the
greatest that the log names, so that no id stands for two things.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ...account import Account
from ...core.alerts import Alert, AlertState
from ...core.entries import Entry

_KINDS = ("plan", "alert", "decision", "video_segment")


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """A person's decision as the log holds it: `index` is that of its entry, `id` the sender's own."""

    id: str
    alert: str
    utc_ns: int
    state: AlertState
    by: str
    reason: str
    note: str
    index: int = -1


@dataclass
class Book:
    """Alerts by id and a person's decisions in their order; segments: the last one's number of each stream."""

    watch: str
    alerts: dict[str, Alert] = field(default_factory=dict)
    decisions: list[Decided] = field(default_factory=list)
    segments: dict[str, int] = field(default_factory=dict)

    def answered(self, decision_id: str) -> Decided | None:
        """The decision that came with this id, or None."""
        return next((d for d in self.decisions if d.id == decision_id), None)

    def decisions_on(self, alert_id: str) -> list[Decided]:
        """What persons decided of one alert, in order."""
        return [d for d in self.decisions if d.alert == alert_id]

    @property
    def alerts_before(self) -> int:
        """The greatest number of an alert, 0 for none."""
        return _greatest(self.alerts)

    @property
    def incidents_before(self) -> int:
        """The greatest number of an incident, 0 for none."""
        return _greatest(a.incident for a in self.alerts.values())

    def tracks_before(self, stream: str) -> int:
        """The greatest number of one of the stream's tracks that an alert names, 0 for none."""
        return _greatest(t for a in self.alerts.values() if a.stream == stream for t in a.tracks)


def book_of(account: Account, watch: str) -> Book:
    """What the log holds of a watch."""
    return _book_of((account.entry(index) for index in range(account.size)), watch)


def _book_of(entries: Iterable[bytes], watch: str) -> Book:
    book, is_begun = Book(watch), False
    for index, data in enumerate(entries):
        entry = msgspec.json.decode(data, type=Entry)
        if entry.kind not in _KINDS:
            continue
        if entry.kind == "plan" and entry.body.get("watch") == watch and not is_begun:
            book.segments, is_begun = {}, True  # those before belong to earlier watches
        _take(book, entry.kind, entry.body, index)
    return book


def _take(book: Book, kind: str, body: dict[str, Any], index: int) -> None:
    """Put one entry into the book, if it belongs there."""
    if kind == "video_segment":
        book.segments[body["stream"]] = max(int(body["number"]), book.segments.get(body["stream"], 0))
    elif kind == "alert" and body.get("watch") == book.watch:
        alert = msgspec.convert(body, Alert, strict=False)
        book.alerts[alert.id] = alert
    elif kind == "decision" and body.get("watch") == book.watch and "id" in body:
        book.decisions.append(msgspec.convert(body | {"index": index}, Decided, strict=False))


def _greatest(names: Iterable[str]) -> int:
    """The greatest number at the end of names like `alert-0007`; 0 for none."""
    numbers = (name.rpartition("-")[2] for name in names)
    return max((int(n) for n in numbers if n.isdecimal()), default=0)
