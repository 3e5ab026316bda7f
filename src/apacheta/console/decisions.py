"""Decisions on their way to the core: checked here, written there, and answered when they are durable."""

import hashlib
import re
from collections import OrderedDict
from typing import Annotated, Any, Literal

import msgspec

from ..core.errors import InputFault
from .answers import Conflict
from .link import CoreLink

MOST_KEYS = 4096
"""Keys remembered, so that one that comes with another body is refused; the core knows all of them."""
LONGEST_BODY = 16 << 10
CONFIRMED = frozenset({"person", "vehicle"})
DISMISSED = frozenset({"animal", "lawful", "rock", "not_there", "duplicate", "unseen", "other"})
_KEY = re.compile(r"[!-~]{1,128}")

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Note = Annotated[str, msgspec.Meta(max_length=2000)]


class DecisionBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody decides about an alert. `open` takes a decision back, with no reason."""

    alert: Id
    state: Literal["confirmed", "dismissed", "open"]
    reason: str = ""
    note: Note = ""


def decision_of(body: bytes) -> DecisionBody:
    """The decision in a request's body. InputFault `bad_decision`, `unknown_reason` where it does not fit the state."""
    try:
        decision = msgspec.json.decode(body, type=DecisionBody)
    except (msgspec.DecodeError, ValueError, RecursionError) as problem:
        remedy = "Send alert, state, reason and note as JSON."
        raise InputFault("bad_decision", f"This is no decision: {problem}.", remedy=remedy) from None
    reasons = _reasons_for(decision.state)
    if decision.reason not in reasons:
        text = f"{decision.reason[:40]!r} is no reason for {decision.state}."
        remedy = f"Give one of: {', '.join(filter(None, sorted(reasons))) or 'none'}."
        raise InputFault("unknown_reason", text, field="reason", remedy=remedy)
    return decision


def _reasons_for(state: str) -> frozenset[str]:
    return {"confirmed": CONFIRMED, "dismissed": DISMISSED}.get(state, frozenset({""}))


class Decisions:
    """Puts decisions to the core, each under the sender's own key."""

    def __init__(self, core: CoreLink) -> None:
        self._core = core
        self._bodies: OrderedDict[str, bytes] = OrderedDict()

    async def put(self, key: str, decision: DecisionBody, evidence_opened: bool | None) -> dict[str, Any]:
        """`id` and `index` in the log, when the decision is on disk; the same again for the same key and decision.

        Conflict `key_used` for another decision under the same key, InputFault as the core refuses it,
        EnvironmentFault where the core does not answer.
        """
        self._remember(_checked(key), decision)
        said = msgspec.to_builtins(decision) | {"evidence_opened": evidence_opened}
        answer = await self._core.decide(key, said)
        if answer["kind"] == "refused":
            code, text, remedy = (str(answer.get(name) or "") for name in ("code", "text", "remedy"))
            raise InputFault(code or "refused", text, remedy=remedy or None)
        return {"id": key, "index": answer.get("index")}

    def _remember(self, key: str, decision: DecisionBody) -> None:
        body = hashlib.sha256(msgspec.json.encode(decision)).digest()
        if self._bodies.setdefault(key, body) != body:
            text = "Another decision was sent under this Idempotency-Key."
            raise Conflict("key_used", text, field="Idempotency-Key", remedy="Take a new key for each decision.")
        self._bodies.move_to_end(key)
        if len(self._bodies) > MOST_KEYS:
            self._bodies.popitem(last=False)


def _checked(key: str) -> str:
    if not _KEY.fullmatch(key):
        text = "A decision needs an Idempotency-Key of 1 to 128 plain characters."
        raise InputFault("no_key", text, field="Idempotency-Key", remedy="Send one, new for each decision.")
    return key
