"""Scoring a night: who was in view, who was alerted, and which alerts were true, lawful or false."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any

import numpy as np
from pyproj import Geod

from ...core.alerts import Alert
from .truth import Party, Truth

GEOD = Geod(ellps="WGS84")
IN_VIEW_S = 10.0
IN_VIEW_GAP_S = 1.01
"""Views are written every half second; one missing line does not end a view, two do."""
AREA_PX = 4.0
CONTRAST_K = 4.0
SPEED_M_S = 0.3
NEAR_M = 30.0


@dataclass(frozen=True)
class Verdict:
    """What an alert was about: kind true, lawful or false; the party nearest to it of that kind (of any, where false),
    how far its nearest member was, and how far it might have been to count: 30 m or three sigma. crossers: all parties
    within that; who goes there finds them all."""

    alert: str
    kind: str
    party: str | None
    distance_m: float | None
    reach_m: float
    crossers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Miss:
    """A crosser in view without an alert: since when, for how many views, and their medians."""

    party: str
    kind: str
    since_utc_s: float
    views: int
    slant_range_m: float
    area_px: float
    contrast_k: float
    speed_m_s: float


@dataclass(frozen=True)
class Score:
    """The figures of the demo's JSON that need truth."""

    crossers: int
    crossers_in_view: int
    crossers_in_view_alerted: int
    crossers_alerted: int
    lawful: int
    lawful_in_view: int
    alerts: int
    true_alerts: int
    lawful_alerts: int
    false_alerts: int
    time_to_alert_s: float | None
    time_to_alert_p90_s: float | None
    true_alerts_within_30_m: int
    verdicts: tuple[Verdict, ...]
    missed: tuple[Miss, ...]


def score_night(truth: Truth, alerts: Sequence[Alert], from_utc_s: float, to_utc_s: float) -> Score:
    """Score the alerts of a night against what was truly there."""
    present = truth.present(from_utc_s, to_utc_s)
    crossers = [p for p in present if p.crosser]
    lawful = [p for p in present if p.lawful]
    verdicts = [_verdict(truth, crossers, lawful, a) for a in alerts]
    alerted = {party for v in verdicts for party in v.crossers}
    in_view = {p.id: since for p in crossers if (since := in_view_since_s(truth.views.get(p.id, []))) is not None}
    both = [p for p in in_view if p in alerted]
    delays = sorted(max(0.0, _first_after(alerts, verdicts, p, in_view[p]) - in_view[p]) for p in both)
    return Score(
        crossers=len(crossers),
        crossers_in_view=len(in_view),
        crossers_in_view_alerted=len(both),
        crossers_alerted=len(alerted),
        lawful=len(lawful),
        lawful_in_view=sum(in_view_since_s(truth.views.get(p.id, [])) is not None for p in lawful),
        alerts=len(alerts),
        true_alerts=sum(v.kind == "true" for v in verdicts),
        lawful_alerts=sum(v.kind == "lawful" for v in verdicts),
        false_alerts=sum(v.kind == "false" for v in verdicts),
        time_to_alert_s=median(delays) if delays else None,
        time_to_alert_p90_s=_p90(delays),
        true_alerts_within_30_m=sum(v.kind == "true" and _least(v) <= NEAR_M for v in verdicts),
        verdicts=tuple(verdicts),
        missed=tuple(_miss(truth, p, in_view[p]) for p in in_view if p not in alerted),
    )


def in_view_since_s(views: Sequence[dict[str, Any]]) -> float | None:
    """First instant of the first stretch of >= 10 s in which one member of the party is in view; None if never.

    `views` are the view lines of one party in order of time.
    """
    starts = []
    for member in {v["member"] for v in views}:
        times = [int(v["utc_ns"]) / 1e9 for v in views if v["member"] == member and _counts(v)]
        start = _first_long_stretch_s(times)
        if start is not None:
            starts.append(start)
    return min(starts, default=None)


def _counts(view: dict[str, Any]) -> bool:
    return bool(
        view["los_half"]
        and view["area_px"] >= AREA_PX
        and abs(view["contrast_k"]) >= CONTRAST_K
        and view["speed_m_s"] >= SPEED_M_S
    )


def _first_long_stretch_s(times: Sequence[float]) -> float | None:
    start = last = None
    for t in times:
        if last is None or t - last > IN_VIEW_GAP_S:
            start = t
        last = t
        if start is not None and t - start >= IN_VIEW_S - 1e-6:
            return start
    return None


def _verdict(truth: Truth, crossers: Sequence[Party], lawful: Sequence[Party], alert: Alert) -> Verdict:
    """True, lawful or false: a crosser within reach wins over a lawful party."""
    reach_m, others = (
        reach_m_of(alert.position_cov_m2),
        [p for p in truth.parties.values() if not (p.crosser or p.lawful)],
    )
    for kind, parties in (("true", crossers), ("lawful", lawful)):
        party, distance_m = _nearest(truth, parties, alert)
        if distance_m <= reach_m:
            within = tuple(p.id for p in parties if p.crosser and _distance_m(truth, p.id, alert) <= reach_m)
            return Verdict(alert.id, kind, party, round(distance_m, 1), round(reach_m, 1), within)
    party, distance_m = _nearest(truth, [*crossers, *lawful, *others], alert)
    known = round(distance_m, 1) if math.isfinite(distance_m) else None
    return Verdict(alert.id, "false", party, known, round(reach_m, 1))


def _nearest(truth: Truth, parties: Sequence[Party], alert: Alert) -> tuple[str | None, float]:
    distances = {p.id: _distance_m(truth, p.id, alert) for p in parties}
    nearest = min(distances, key=lambda p: distances[p], default=None)
    return nearest, math.inf if nearest is None else distances[nearest]


def _least(verdict: Verdict) -> float:
    return math.inf if verdict.distance_m is None else verdict.distance_m


def _miss(truth: Truth, party: str, since_utc_s: float) -> Miss:
    views = [v for v in truth.views[party] if _counts(v)]
    middle = (float(median(v[k] for v in views)) for k in ("slant_range_m", "area_px", "contrast_k", "speed_m_s"))
    return Miss(party, truth.parties[party].kind, round(since_utc_s, 1), len(views), *middle)


def reach_m_of(position_cov_m2: tuple[float, float, float]) -> float:
    """Within how many metres of a stated place one is who is meant by it: 30, or three deviations."""
    ee, en, nn = position_cov_m2
    largest_m2 = 0.5 * (ee + nn) + float(np.hypot(0.5 * (ee - nn), en))
    return max(NEAR_M, 3.0 * float(np.sqrt(largest_m2)))


def _distance_m(truth: Truth, party: str, alert: Alert) -> float:
    places = list(truth.positions_of(party, alert.utc_ns / 1e9))
    if not places:
        return float("inf")
    lat, lon, _ = np.array(places).T
    same = np.ones_like(lat)
    return float(GEOD.inv(lon, lat, same * alert.position.lon_deg, same * alert.position.lat_deg)[2].min())


def _first_after(alerts: Sequence[Alert], verdicts: Sequence[Verdict], party: str, since_s: float) -> float:
    """Time of the first true alert on the party at or after `since_s`, else of its last one."""
    about = zip(alerts, verdicts, strict=True)
    times = [a.utc_ns / 1e9 for a, v in about if party in v.crossers]
    return min((t for t in times if t >= since_s), default=max(times))


def _p90(delays: Sequence[float]) -> float | None:
    if not delays:
        return None
    return delays[0] if len(delays) == 1 else quantiles(delays, n=10, method="inclusive")[-1]
