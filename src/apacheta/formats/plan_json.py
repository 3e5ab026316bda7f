"""plan.json (`plan/1`): the night's plan as RFC 8785 canonical JSON; its hash is that of the bytes."""

import msgspec

from ..core.errors import InputFault
from ..core.plan import WatchPlan
from .canonical import canonical_bytes
from .strict import record_of


def encode_plan(plan: WatchPlan) -> bytes:
    """The bytes of plan.json."""
    return canonical_bytes(plan)


def decode_plan(data: bytes, file: str) -> WatchPlan:
    """The plan of a plan.json. Bytes that are not the canonical ones of a plan are refused. Raises InputFault."""
    try:
        content = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        remedy = "Plan again, or fetch the file again."
        raise InputFault("not_json", f"not readable as JSON: {wrong}.", file=file, remedy=remedy) from None
    plan = record_of(content, WatchPlan, kind="plan", version=1, file=file)
    if encode_plan(plan) != data:
        text = "the bytes are not the canonical ones: the file was edited, or holds keys that no plan has."
        raise InputFault("not_canonical", text, file=file, remedy="Plan again; do not edit plan.json.")
    return plan
