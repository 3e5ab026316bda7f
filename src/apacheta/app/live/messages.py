"""Records of the core as the JSON messages of docs/page.md: pure functions, one for each kind.

Times are decimal strings, positions WGS 84; what is not known is null (NaN becomes null when it is encoded).
"""

import math
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from ...account import Checkpoint
from ...core.alerts import Alert
from ...core.instant import NS
from ...core.place import GeoPoint
from ...core.sight import Fix, Footprint, Frame, Track
from ...geo import Dem, amsl_of_hae
from ...see import Sighting
from .book import Decided

Message = dict[str, Any]
LinkState = Literal["good", "late", "lost"]

CLIP_BEFORE_S, CLIP_AFTER_S, CLIP_LONGEST_BEFORE_S = 3.0, 10.0, 30.0
"""A clip runs from a little before the mover's first estimate, at most so long before the alert, to a while after."""
_NAMED_MOVERS = ("person", "vehicle")


def fix_message(fix: Fix, dem: Dem | None, link: LinkState) -> Message:
    """Where an aircraft is; its height above ground is null where the terrain is not known."""
    at = fix.position
    return {
        "kind": "fix",
        "utc_ns": str(fix.utc_ns),
        "aircraft": fix.aircraft,
        "lat_deg": at.lat_deg,
        "lon_deg": at.lon_deg,
        "alt_hae_m": at.alt_hae_m,
        "alt_amsl_m": _amsl_m(at),
        "alt_agl_m": _agl_m(at, dem),
        "heading_deg": fix.heading_deg,
        "ground_speed_m_s": fix.ground_speed_m_s,
        "battery_fraction": fix.battery_fraction,
        "phase": fix.phase or None,
        "link": link,
        "sigma_h_m": fix.sigma_h_m,
    }


def sight_message(frame: Frame, sighting: Sighting) -> Message:
    """What a look covers; an empty ring and nulls where the picture shows no ground."""
    assert frame.pose is not None
    head = {"kind": "sight", "utc_ns": str(frame.pose.utc_ns), "stream": frame.stream, "frame": frame.number}
    return head | _ground_of(sighting.footprint) | {"why_not": sighting.why_not}


def _ground_of(footprint: Footprint | None) -> Message:
    if footprint is None:
        return {"ring": [], "centre": None, "slant_range_m": None, "gsd_m": None, "sigma_m": None}
    centre = msgspec.structs.asdict(footprint.centre) | {"alt_amsl_m": _amsl_m(footprint.centre)}
    return {
        "ring": footprint.ring,
        "centre": centre,
        "slant_range_m": footprint.slant_range_m,
        "gsd_m": footprint.gsd_m,
        "sigma_m": footprint.position_sigma_m,
    }


def tracks_message(frame: Frame, sighting: Sighting, alerts: Mapping[str, str]) -> Message:
    """The tracks of a look; alerts: ids of alerts by the ids of the tracks that they are about."""
    assert frame.pose is not None
    return {
        "kind": "tracks",
        "utc_ns": str(frame.pose.utc_ns),
        "stream": frame.stream,
        "frame": frame.number,
        "tracks": [_track(t, alerts.get(t.id)) for t in sighting.tracks],
    }


def _track(track: Track, alert: str | None) -> Message:
    east_m_s, north_m_s = track.velocity_east_m_s, track.velocity_north_m_s
    return {
        "id": track.id,
        "kind": track.kind,
        "confirmed": track.confirmed,
        "lat_deg": track.position.lat_deg,
        "lon_deg": track.position.lon_deg,
        "cov_m2": track.position_cov_m2,
        "speed_m_s": math.hypot(east_m_s, north_m_s),
        "course_deg": math.degrees(math.atan2(east_m_s, north_m_s)) % 360.0,
        "col_px": track.column_px,
        "row_px": track.row_px,
        "alert": alert,
    }


def alert_message(alert: Alert) -> Message:
    """The alert with its severity and the span of its clip."""
    from_utc_ns, to_utc_ns = clip_utc_ns(alert)
    body: Message = msgspec.to_builtins(alert)
    return body | {
        "kind": "alert",
        "mover": alert.kind,
        "utc_ns": str(alert.utc_ns),
        "severity": severity_of(alert),
        "from_utc_ns": str(from_utc_ns),
        "to_utc_ns": str(to_utc_ns),
    }


def severity_of(alert: Alert) -> Literal["high", "medium", "low"]:
    """high: a person or vehicle crossed a line inward. medium: one of the two holds. low: neither."""
    crossed, named = alert.rule == "line_crossing", alert.kind in _NAMED_MOVERS
    if crossed and named:
        return "high"
    return "medium" if crossed or named else "low"


def clip_utc_ns(alert: Alert) -> tuple[int, int]:
    """From when to when the video shows what the alert is about."""
    first_ns = min((int(utc_ns) for utc_ns, _, _ in alert.evidence.track), default=alert.utc_ns)
    before_s = min(max((alert.utc_ns - first_ns) / NS, 0.0) + CLIP_BEFORE_S, CLIP_LONGEST_BEFORE_S)
    return alert.utc_ns - round(before_s * NS), alert.utc_ns + round(CLIP_AFTER_S * NS)


def decision_message(decided: Decided) -> Message:
    """A person's decision, with the index of its entry in the log."""
    body: Message = msgspec.structs.asdict(decided)
    return body | {"kind": "decision", "utc_ns": str(decided.utc_ns)}


def log_message(checkpoint: Checkpoint, utc_ns: int) -> Message:
    """The log as its newest checkpoint signs it, made at that time."""
    return {
        "kind": "log",
        "utc_ns": str(utc_ns),
        "tree_size": checkpoint.size,
        "root_hash": b64encode(checkpoint.root).decode(),
        "checkpoint_sha256": checkpoint.sha256,
        "checkpoint_utc_ns": str(utc_ns),
    }


def _amsl_m(at: GeoPoint) -> float:
    return float(amsl_of_hae(at.lat_deg, at.lon_deg, at.alt_hae_m))


def _agl_m(at: GeoPoint, dem: Dem | None) -> float:
    """Height above the terrain model, NaN where it says nothing."""
    if dem is None:
        return math.nan
    return at.alt_hae_m - float(dem.height_at(*dem.grid.xy(at.lat_deg, at.lon_deg)))
