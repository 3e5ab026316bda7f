"""The page: the night's facts put into words, tables and pictures, and set by the template."""

import math
import re
from typing import Any

import jinja2
import numpy as np

from apacheta.core.alerts import Decision
from apacheta.core.instant import datetime_of, iso_of
from apacheta.core.place import GeoPoint
from apacheta.core.plan import Dropped

from ..texts import Texts
from . import charts, maps
from .ink import INKS, LIGHT, data_address
from .intervals import poisson_95, radius_90_m, wilson_95
from .night import AlertCard, Flight, NightReport

_MOST_CARDS = 40
_LIMITS = ("sensors", "other_aircraft", "copies", "person", "camera", "key_holder")

_templates = jinja2.Environment(
    loader=jinja2.PackageLoader("apacheta.app.report", "."),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(report: NightReport, language: str | None = None) -> str:
    """The whole report as one HTML text, in `es` or `en`."""
    texts = Texts(language)
    return _templates.get_template("page.html.j2").render(
        t=texts,
        n=texts.number,
        report=report,
        notices=_notices(report, texts),
        opening=_opening(report, texts),
        about=_about(report, texts),
        facts=_facts(report, texts),
        pictures=_pictures(report, texts),
        sorties=[_sortie(f, texts) for f in report.flights],
        dropped=[_dropped(d, texts) for d in report.plan.dropped],
        unseen=_unseen(report, texts),
        alerts=[_alert(i, card, report, texts) for i, card in enumerate(report.alerts, start=1)],
        health=_health(report, texts),
        score=_score(report, texts),
        limits=[texts(f"report.limits.{name}") for name in _LIMITS],
        fingerprints=_fingerprints(report, texts),
    )


def _pictures(report: NightReport, texts: Texts) -> dict[str, tuple[str, ...] | None]:
    """Each picture twice, for a light and for a dark page."""
    draw = {
        "overview": maps.overview,
        "detail": maps.detail,
        "profiles": charts.profiles,
        "timeline": charts.timeline,
        "growth": charts.growth,
        "not_seen": charts.not_seen,
    }
    drawn = {name: [make(report, ink, texts) for ink in INKS] for name, make in draw.items()}
    return {name: None if None in pair else tuple(str(p) for p in pair) for name, pair in drawn.items()}


def _notices(report: NightReport, t: Texts) -> list[str]:
    """What a reader must know before anything else."""
    said = [t("report.notice.exercise")] if report.mandate.exercise else []
    if report.simulated or report.score is not None:
        said.append(t("report.notice.simulated"))
    if report.interrupted:
        said.append(t("report.notice.interrupted"))
    if report.log.verified is False:
        said.append(t("report.notice.not_verified"))
    if report.sector.note:
        said.append(report.sector.note)
    return said


def _opening(report: NightReport, t: Texts) -> str:
    """The night in three sentences."""
    seen = charts.shares_of(report.unseen)[0][1]
    unreviewed = sum(c.decision is None or c.decision.state == "unreviewed" for c in report.alerts)
    flights = len(report.flights)
    first = t(
        "report.opening.flown_one" if flights == 1 else "report.opening.flown",
        sorties=flights,
        hours=t.number(report.health.video_s / 3600.0, 1),
        seen=t.number(seen, 1),
        own=t.number(report.unseen.own_side_km2, 0),
    )
    if not report.alerts:
        return f"{first} {t('report.opening.no_alerts')}"
    key = "report.opening.alerts_one" if len(report.alerts) == 1 else "report.opening.alerts"
    return f"{first} {t(key, alerts=len(report.alerts), unreviewed=unreviewed)}"


def _about(report: NightReport, t: Texts) -> list[tuple[str, str]]:
    mandate = report.mandate
    return [
        (t("report.about.watch"), report.watch),
        (t("report.about.night"), f"{_moment(report.start_utc_ns)} – {_moment(report.end_utc_ns)} UTC"),
        (t("report.about.authority"), mandate.authority),
        (t("report.about.purpose"), mandate.purpose),
        (t("report.about.mandate"), f"{_moment(mandate.from_utc_ns)} – {_moment(mandate.to_utc_ns)} UTC"),
        (t("report.about.partners"), ", ".join(mandate.partners) or t("report.none")),
        (t("report.about.share"), ", ".join(mandate.share) or t("report.none")),
        (t("report.about.border"), f"{report.sector.border.source} (± {t.number(report.sector.border.accuracy_m)} m)"),
    ]


def _facts(report: NightReport, t: Texts) -> list[tuple[str, str, str]]:
    """(figure with unit, what it is, how it was got) of the numbers that the page opens with."""
    distances = [f.min_border_distance_m for f in report.flights if f.min_border_distance_m is not None]
    seen = charts.shares_of(report.unseen)[0][1]
    shown = {
        "sorties": f"{len(report.flights)} / {len(report.plan.slots)}",
        "video": f"{t.number(report.health.video_s / 3600.0, 2)} h",
        "planned": f"{t.number(report.plan.planned_km2, 1)} km²",
        "seen": f"{t.number(seen, 1)} km²",
        "alerts": str(len(report.alerts)),
        "border": f"{t.number(min(distances) if distances else None)} m",
    }
    required = t.number(report.plan.border_standoff_m + report.plan.border_line_accuracy_m)
    return [
        (figure, t(f"report.fact.{k}"), t(f"report.fact.{k}_how", required=required)) for k, figure in shown.items()
    ]


def _sortie(flight: Flight, t: Texts) -> dict[str, str]:
    battery = flight.battery_left_fraction
    return {
        "id": flight.sortie,
        "aircraft": f"{flight.aircraft} ({flight.aircraft_type})",
        "base": flight.base,
        "start": _clock(int(flight.utc_ns[0])) if len(flight.utc_ns) else "–",
        "end": _clock(int(flight.utc_ns[-1])) if len(flight.utc_ns) else "–",
        "km": t.number(float(np.sum(np.hypot(np.diff(flight.x_m), np.diff(flight.y_m)))) / 1000.0, 1),
        "border": t.number(flight.min_border_distance_m),
        "clearance": t.number(flight.min_terrain_clearance_m),
        "battery": t.number(None if battery is None else 100.0 * battery),
    }


def _unseen(report: NightReport, t: Texts) -> list[dict[str, str]]:
    whole = report.unseen.own_side_km2
    return [
        {
            "cause": t(f"report.unseen.{cause}"),
            "how": t(f"report.unseen.{cause}_how"),
            "km2": t.number(area, 2),
            "percent": t.number(100.0 * area / whole if whole > 0 else math.nan, 1),
        }
        for cause, area in charts.shares_of(report.unseen)
        if area > 0 or cause in ("seen", "never_in_frame", "hidden", "too_coarse", "too_short")
    ]


def _dropped(dropped: Dropped, t: Texts) -> tuple[str, str, str]:
    """What the plan left out, why in the reader's words, and the plan's own words."""
    return dropped.what, _named("plan.why", dropped.why, t), dropped.text


def _alert(number: int, card: AlertCard, report: NightReport, t: Texts) -> dict[str, Any]:
    alert = card.alert
    state, by = _decided(card.decision, t)
    whole_card = number <= _MOST_CARDS
    return {
        "number": number,
        "id": alert.id,
        "time": _clock(alert.utc_ns),
        "rule": t(f"report.rule.{alert.rule}"),
        "line": _line_name(alert.line, t),
        "kind": _named("report.kind", alert.kind, t),
        "position": _position(alert.position, t),
        "radius": f"± {t.number(radius_90_m(alert.position_cov_m2))} m",
        "probability": t.number(alert.probability, 2),
        "state": state,
        "by": by,
        "reason": t("report.alert.reason", rule=alert.rule, tracks=", ".join(alert.tracks), reason=alert.reason),
        "still": data_address(card.still) if whole_card and card.still else None,
        "chip": data_address(card.chip) if whole_card and card.chip else None,
        "map": maps.small_map(card, report.ground, report.lines, LIGHT, t) if whole_card else None,
        "whole": whole_card,
    }


def _decided(decision: Decision | None, t: Texts) -> tuple[str, str]:
    """How an alert stands; and, where a person decided, who it was and why. Dismissed unseen is a state of its own."""
    if decision is None or decision.state == "unreviewed":
        return t("report.state.unreviewed"), ""
    by = _named("page.by", decision.by, t)
    if decision.reason == "unseen":
        return t("report.state.unseen"), by
    reason = _named("page.reason", decision.reason, t)
    return t(f"report.state.{decision.state}"), f"{by}: {reason}" if reason else by


def _named(group: str, code: str, t: Texts) -> str:
    """The catalogue's word for a code; the code itself where it has none."""
    key = f"{group}.{code}"
    return t(key) if t.has(key) else code


def _line_name(line: str, t: Texts) -> str:
    """The rule's own name for its zone or line, in the reader's words; `inner_line_600_m` is 600 m inside."""
    inner = re.fullmatch(r"inner_line_(\d+)_m", line)
    if inner:
        return t("report.line.inner", m=t.number(float(inner[1])))
    return _named("report.line", line, t)


def _position(position: GeoPoint, t: Texts) -> str:
    lat, lon = position.lat_deg, position.lon_deg
    north, east = "north" if lat >= 0 else "south", "east" if lon >= 0 else "west"
    return f"{t.number(abs(lat), 5)}° {t(f'report.{north}')}, {t.number(abs(lon), 5)}° {t(f'report.{east}')}"


def _health(report: NightReport, t: Texts) -> list[tuple[str, str, str]]:
    health = report.health
    sent = health.frames_sent
    rows: list[tuple[str, str]] = [
        ("sent", t.number(sent)),
        ("decoded", _of(health.frames_decoded, sent, t)),
        ("georeferenced", _of(health.frames_georeferenced, health.frames_decoded, t)),
        ("dropped", _of(health.frames_dropped, sent, t)),
        ("damaged", t.number(health.frames_damaged)),
        ("lag", "–" if health.video_lag_p95_s is None else f"{t.number(health.video_lag_p95_s, 2)} s"),
        ("factor", t.number(health.real_time_factor, 2)),
    ]
    return [(t(f"report.health.{name}"), value, t(f"report.health.{name}_how")) for name, value in rows]


def _of(count: int | None, whole: int | None, t: Texts) -> str:
    if count is None or not whole:
        return t.number(count)
    return f"{t.number(count)} ({t.number(100.0 * count / whole, 1)} %)"


def _score(report: NightReport, t: Texts) -> list[tuple[str, str]] | None:
    score = report.score
    if score is None:
        return None
    seen, alerted = score.crossers_in_view, score.crossers_in_view_alerted
    low, high = wilson_95(alerted, seen)
    least, most = poisson_95(score.false_alerts)
    hours = report.health.video_s / 3600.0
    hourly = f"{t.number(score.false_alerts_per_drone_hour, 2)}"
    if hours > 0:
        hourly += f" ({t.number(least / hours, 2)}–{t.number(most / hours, 2)})"
    return [
        (t("report.score.crossers"), f"{score.crossers}"),
        (t("report.score.in_view"), f"{seen}"),
        (t("report.score.alerted"), f"{alerted} / {seen} ({t.number(100 * low)}–{t.number(100 * high)} %)"),
        (t("report.score.true"), f"{score.true_alerts}"),
        (t("report.score.lawful"), f"{score.lawful_alerts}"),
        (t("report.score.false"), f"{score.false_alerts}"),
        (t("report.score.false_hourly"), hourly),
        (t("report.score.time"), "–" if score.time_to_alert_s is None else f"{t.number(score.time_to_alert_s, 1)} s"),
    ]


def _fingerprints(report: NightReport, t: Texts) -> list[tuple[str, str]]:
    plan = report.plan
    return [
        (t("report.print.sector"), report.sector.sha256),
        (t("report.print.mandate"), report.mandate.sha256),
        (t("report.print.terrain"), report.ground.terrain_sha256),
        (t("report.print.border"), plan.border_sha256),
        *((f"{t('report.print.aircraft')} {name}", digest) for name, digest in sorted(plan.aircraft_sha256.items())),
    ]


def _moment(utc_ns: int) -> str:
    return datetime_of(utc_ns).strftime("%Y-%m-%d %H:%M")


def _clock(utc_ns: int) -> str:
    return iso_of(utc_ns)[11:19]
