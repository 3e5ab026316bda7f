"""A person's decisions as the console sends them: judged, written down, answered. Durable before it is answered."""

import threading
from collections.abc import Callable
from typing import Annotated, Any, Literal

import msgspec

from ...core.alerts import Decision
from ...core.errors import Fault, InputFault, Refusal
from ..chain import Keeper
from .book import Book, Decided

OPERATOR = "operator"
UNSEEN = "unseen"
REASONS = {
    "confirmed": ("person", "vehicle"),
    "dismissed": ("animal", "lawful", "rock", "not_there", "duplicate", UNSEEN, "other"),
    "open": ("",),
}
"""Reason codes by state (docs/page.md)."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The console's message. `evidence_opened`: whether it handed out one of the alert's pictures; None: not said."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
    alert: Annotated[str, msgspec.Meta(max_length=64)]
    state: Literal["confirmed", "dismissed", "open"]
    reason: str | None = None
    note: Annotated[str, msgspec.Meta(max_length=2000)] | None = None
    evidence_opened: bool | None = None


class Decisions:
    """Takes decisions on the alerts of a book. Safe to call from several threads: one is decided after the other."""

    def __init__(self, book: Book, keeper: Keeper, utc_ns: Callable[[], int], tell: Callable[[Decided], None]) -> None:
        self._book, self._keeper, self._utc_ns, self._tell = book, keeper, utc_ns, tell
        self._lock = threading.Lock()

    def take(self, message: dict[str, Any]) -> dict[str, Any]:
        """The answer to one message: `done` with the index of its entry, which is on disk then, or `refused`. An id
        that the log holds is answered by its entry and written no second time."""
        decision_id = message.get("id")
        try:
            asked = _asked(message)
            with self._lock:
                decided = self._book.answered(asked.id) or self._decide(asked)
        except Fault as fault:
            return refusal(decision_id if isinstance(decision_id, str) else None, fault)
        return {"kind": "done", "id": decided.id, "index": decided.index}

    def _decide(self, asked: Asked) -> Decided:
        reason, note = asked.reason or "", asked.note or ""
        judge(asked, self._book)
        record = Decision(alert=asked.alert, utc_ns=self._utc_ns(), state=asked.state, by=OPERATOR, reason=reason)
        index = self._keeper.decide(record, {"id": asked.id, "note": note})
        decided = Decided(**msgspec.structs.asdict(record), id=asked.id, note=note, index=index)
        self._tell(decided)
        return decided


def judge(asked: Asked, book: Book) -> None:
    """Refuse a decision that cannot stand. Raises Refusal or InputFault with its code."""
    if asked.alert not in book.alerts:
        text = f"there is no alert {asked.alert!r} in {book.watch}."
        raise InputFault("unknown_alert", text, field="alert", remedy="Reload the page.")
    if (asked.reason or "") not in REASONS[asked.state]:
        text = f"{asked.reason!r} is no reason for {asked.state}."
        known = ", ".join(filter(None, REASONS[asked.state])) or "none"
        raise InputFault("unknown_reason", text, field="reason", remedy=f"Give {known}.")
    _judge_evidence(asked, book)


def _judge_evidence(asked: Asked, book: Book) -> None:
    """What nobody has looked at is dismissed as unseen, and only that is."""
    before = book.decisions_on(asked.alert)
    looked = any(d.state != "open" and d.reason != UNSEEN for d in before)
    if asked.state == "open" and (not before or before[-1].state == "open"):
        text = f"no decision stands on {asked.alert}."
        raise Refusal("nothing_to_take_back", text, field="state", remedy="Decide on it.")
    if asked.reason == UNSEEN and looked:
        text = f"a decision on {asked.alert} was made by somebody who had looked at it."
        raise Refusal("already_looked_at", text, field="reason", remedy="Dismiss it with what was seen.")
    if asked.state == "dismissed" and asked.reason != UNSEEN and asked.evidence_opened is False and not looked:
        text = f"nobody has opened the evidence of {asked.alert}."
        raise Refusal("evidence_not_opened", text, field="reason", remedy="Look at it, or dismiss it as unseen.")


def refusal(decision_id: str | None, fault: Fault) -> dict[str, Any]:
    """The answer that says why not."""
    line = fault.line
    return {"kind": "refused", "id": decision_id, "code": line.code, "text": line.text, "remedy": line.remedy}


def _asked(message: dict[str, Any]) -> Asked:
    try:
        return msgspec.convert(message, Asked)
    except msgspec.ValidationError as problem:
        text = f"this is no decision: {problem}."
        raise InputFault("bad_decision", text, remedy="Reload the page.") from problem
