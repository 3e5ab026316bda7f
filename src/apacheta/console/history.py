"""What happened in a span, out of the log, in the shape of the live messages: fixes, alerts, decisions, seen ground."""

from collections.abc import Iterator, Sequence
from typing import Any

from ..core.instant import NS
from .ground import Ground
from .messages import Message
from .record import Found, Record
from .whereabouts import amsl_m

MOST_FIXES = 3_600
"""Of one aircraft: each of an hour at 1 Hz; of a longer span, so many at even distances."""


def history_of(
    record: Record, from_ns: int, to_ns: int, step_ns: int | None = None, ground: Ground | None = None
) -> dict[str, Any]:
    """`fixes`, `alerts`, `decisions`, `seen`, each in order of the log, and how far the fixes lie apart at least.

    ground: what heights above it are told by; without one they are null.
    """
    found = record.find(("positions", "alert", "decision", "looks"), from_ns, to_ns)
    least_ns = (to_ns - from_ns) // MOST_FIXES if to_ns - from_ns > MOST_FIXES * NS else 0
    step_ns = max(step_ns or 0, least_ns)
    return {
        "from_utc_ns": str(from_ns),
        "to_utc_ns": str(to_ns),
        "fix_step_ns": str(step_ns),
        "fixes": [_fix(*row, ground) for row in _rows(found["positions"], from_ns, to_ns, step_ns)],
        "alerts": [_alert(entry) for entry in found["alert"]],
        "decisions": [_decision(entry) for entry in found["decision"]],
        "seen": [_seen(entry) for entry in found["looks"]],
    }


def _rows(blocks: Sequence[Found], from_ns: int, to_ns: int, step_ns: int) -> Iterator[tuple[str, Sequence[Any]]]:
    """The aircraft and row of each fix within the span, at least a step apart for each aircraft."""
    last_ns: dict[str, int] = {}
    for block in blocks:
        aircraft = str(block.body.get("aircraft"))
        for row in block.body.get("fixes", []):
            utc_ns = int(row[0])
            due = aircraft not in last_ns or utc_ns - last_ns[aircraft] >= step_ns
            if due and from_ns <= utc_ns <= to_ns:
                last_ns[aircraft] = utc_ns
                yield aircraft, row


def _fix(aircraft: str, row: Sequence[Any], ground: Ground | None) -> Message:
    """A fix as the log keeps it (app/chain/keeper.py); what neither log nor ground says is null."""
    utc_ns, lat_deg, lon_deg, alt_hae_m, heading_deg, speed_m_s, battery, phase = row[:8]
    alt_amsl_m = amsl_m(lat_deg, lon_deg, alt_hae_m)
    return {
        "kind": "fix",
        "utc_ns": utc_ns,
        "aircraft": aircraft,
        "lat_deg": lat_deg,
        "lon_deg": lon_deg,
        "alt_hae_m": alt_hae_m,
        "alt_amsl_m": round(alt_amsl_m, 2),
        "alt_agl_m": None if ground is None else ground.agl_m(lat_deg, lon_deg, alt_hae_m, alt_amsl_m),
        "heading_deg": heading_deg,
        "ground_speed_m_s": speed_m_s,
        "battery_fraction": battery,
        "phase": phase,
        "link": None,
        "sigma_h_m": None,
    }


def _alert(entry: Found) -> Message:
    """The alert with the names that a live message has. The log keeps its severity and clip where its writer said."""
    clip = {"severity": None, "from_utc_ns": None, "to_utc_ns": None}
    return clip | entry.body | {"kind": "alert", "mover": entry.body.get("kind"), "index": entry.number}


def _decision(entry: Found) -> Message:
    return {"note": ""} | entry.body | {"kind": "decision", "index": entry.number}


def _seen(entry: Found) -> Message:
    """The total of one stream's seen ground at a time."""
    return {
        "kind": "seen",
        "utc_ns": str(entry.utc_ns),
        "stream": entry.body.get("stream"),
        "seen_km2": entry.body.get("seen_km2"),
    }
