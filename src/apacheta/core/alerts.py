"""Alerts are rule outputs for a human; decisions are the human's signed answers."""

from typing import Literal

import msgspec

from .place import GeoPoint, LonLat

Rule = Literal["zone_entry", "line_crossing"]
AlertState = Literal["open", "confirmed", "dismissed", "unreviewed"]


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What a human needs to judge: the picture with the mover marked, the chip, the track. Files are hashes."""

    still_sha256: str | None
    chip_sha256: str | None
    track: tuple[tuple[str, float, float], ...]
    """utc_ns, lon, lat of each estimate so far."""


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One incident as a rule saw it. `probability` is that the rule holds, from the track's covariance."""

    id: str
    incident: str
    rule: Rule
    line: str
    utc_ns: int
    stream: str
    tracks: tuple[str, ...]
    position: GeoPoint
    position_cov_m2: tuple[float, float, float]
    probability: float
    kind: str
    reason: str
    evidence: Evidence


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """Who decided what about an alert and why. Until somebody has looked: state `unreviewed`, by `nobody`."""

    alert: str
    utc_ns: int
    state: AlertState
    by: str
    reason: str


class WatchLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line whose crossing is reported: the border, or an inner line on the own side. Left is the far side."""

    name: str
    chain: tuple[LonLat, ...]
