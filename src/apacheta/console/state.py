"""The last that is known: what a page that opens now is told first, also while the core is down."""

from collections.abc import Set

from ..ports import Clock
from .messages import Message

_NOTHING: Message = {
    "kind": "snapshot",
    "aircraft": [],
    "sights": [],
    "tracks": [],
    "alerts": [],
    "decisions": [],
    "health": None,
    "log": None,
    "seen_km2": None,
    "simulated": None,
}
_KEYS = {"fix": ("aircraft", "aircraft"), "sight": ("sights", "stream"), "tracks": ("tracks", "stream"),
         "alert": ("alerts", "id"), "decision": ("decisions", "index")}  # fmt: skip
"""Messages that go into a list of the snapshot: which list, and what makes two of them the same."""


class State:
    """The snapshot, kept up to date. Decisions are all kept, one below the other; an alert counts once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = dict(_NOTHING)
        self._heard: tuple[int, int] | None = None
        self.is_up = False
        self.end: Message | None = None
        self._live_alerts: set[str] = set()

    def heard(self, message: Message) -> None:
        """Take a message of the core in; one of a kind that is not known changes nothing."""
        kind = message["kind"]
        self._note_time(message)
        if kind == "snapshot":
            self._last, self.is_up, self.end = _NOTHING | message, True, None
        elif kind in _KEYS:
            if kind == "alert":
                self._live_alerts.add(message["id"])
            self._put(message, *_KEYS[kind])
        elif kind in ("health", "log"):
            self._last[kind] = message
        elif kind == "seen":
            self._last["seen_km2"] = message.get("seen_km2")
        elif kind == "end":
            self.end = message

    def lost(self) -> None:
        """The core is down from now on."""
        self.is_up = False

    def is_opened(self, alert: str, handed_out: Set[str]) -> bool | None:
        """Whether one of an alert's pictures was handed out; None where an earlier console may have done so, or where
        there is no picture."""
        found: Message = next((a for a in self._last["alerts"] if a["id"] == alert), {})
        evidence = found.get("evidence") or {}
        pictures = {evidence.get(name) for name in ("still_sha256", "chip_sha256")} - {None}
        if pictures & handed_out:
            return True
        return False if pictures and alert in self._live_alerts else None

    def snapshot(self) -> Message:
        """What is known now; without a core its health says so."""
        return self._last if self.is_up else self._last | {"utc_ns": str(self.utc_ns()), "health": self.health()}

    def health(self) -> Message:
        """The last health; without a core: the core is down, and no stream comes through."""
        last = self._last["health"] or {"processes": [], "streams": [], "disk_free_bytes": None}
        if self.is_up:
            return dict(last)
        core = next((p for p in last["processes"] if p.get("name") == "core"), {"restarts": None})
        others = [p for p in last["processes"] if p.get("name") != "core"]
        return last | {
            "kind": "health",
            "utc_ns": str(self.utc_ns()),
            "processes": [core | {"name": "core", "state": "down", "rss_mb": None}, *others],
            "streams": [s | {"state": "lost"} for s in last["streams"]],
            "real_time_factor": None,
        }

    def utc_ns(self) -> int:
        """The night's time now: that of the last message and what has passed since; this machine's without any."""
        if self._heard is None:
            return self._clock.utc_ns()
        utc_ns, at_ns = self._heard
        return utc_ns + self._clock.monotonic_ns() - at_ns

    def _note_time(self, message: Message) -> None:
        stamp = message.get("utc_ns")
        if isinstance(stamp, str) and stamp.isascii() and stamp.isdigit():
            self._heard = int(stamp), self._clock.monotonic_ns()
            self._last["utc_ns"] = stamp

    def _put(self, message: Message, name: str, key: str) -> None:
        """In place of the one with the same key, else at the end of the list."""
        rows: list[Message] = self._last[name]
        same = (i for i, row in enumerate(rows) if row.get(key) == message.get(key) is not None)
        place = next(same, len(rows))
        self._last[name] = [*rows[:place], message, *rows[place + 1 :]]
