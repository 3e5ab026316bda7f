"""The plan in words, tables and pictures, set by the template in the report's style."""

from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any

import jinja2
import numpy as np

from ...core.aircraft import Aircraft
from ...core.instant import NS, datetime_of, iso_of
from ...core.mandate import Mandate
from ...core.plan import Slot, Tour, WatchPlan
from ...core.sector import Sector
from ...plan import PlanResult
from ..loading import World
from ..openings import Unseen
from ..report.ink import INKS, Ink
from ..texts import Texts
from .failures import Failures, changes_of, picture_of, rows_of, said_of
from .openings import excluded_rows, openings_map, remedy_row, sayings_of
from .pictures import Scene, profile, scene_of, sector_map, strips_map

PROFILES_MAX = 6

_templates = jinja2.Environment(
    loader=jinja2.PackageLoader("apacheta.app.plan_page", "."),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render_plan(
    result: PlanResult,
    sector: Sector,
    mandate: Mandate,
    fleet: Mapping[str, Aircraft],
    world: World,
    plan_sha256: str,
    language: str | None = None,
    failures: Failures | None = None,
    unseen: Unseen | None = None,
) -> str:
    """The whole page as one HTML text, in `es` or `en`; it asks nothing of any network. Without `unseen` it was not
    asked who gets through."""
    t, plan = Texts(language), result.plan
    scene = scene_of(result, sector, mandate, world)
    return _templates.get_template("page.html.j2").render(
        t=t,
        n=t.number,
        css=files("apacheta.app.report").joinpath("page.css").read_text(encoding="utf-8"),
        plan=plan,
        sector=sector,
        notices=_notices(plan, sector, mandate, t),
        about=_about(plan, sector, mandate, fleet, t),
        facts=_facts(plan, t),
        overview=_twice(lambda ink: sector_map(scene, ink, t)),
        strips=_twice(lambda ink: strips_map(scene, ink, t)) if result.flown else None,
        slots=[_slot(s, plan, t) for s in plan.slots],
        tours=[_tour(tour, t) for tour in plan.tours],
        profiles=_profiles(scene, t),
        failures=rows_of(failures, t) if failures else [],
        changes=changes_of(failures, t) if failures else [],
        failures_said=said_of(failures, t) if failures else "",
        reaches=_twice(lambda ink: picture_of(failures, ink, t)) if failures and failures.reached else None,
        openings=None if unseen is None else _openings(unseen, scene, t),
        dropped=[
            (d.what, t(f"plan.why.{d.why}") if t.has(f"plan.why.{d.why}") else d.why, d.text) for d in plan.dropped
        ],
        limits=_limits(result, t),
        prints=_prints(plan, plan_sha256),
    )


def _openings(unseen: Unseen, scene: Scene, t: Texts) -> dict[str, Any]:
    """The section on who would get through unseen."""
    found, value = unseen.openings, unseen.value
    return {
        "found": found,
        "said": sayings_of(unseen, scene.result.plan, t),
        "map": _twice(lambda ink: openings_map(scene, found, value, ink, t)) if found and value else None,
        "remedies": [remedy_row(r, t) for r in unseen.remedies],
        "excluded": [] if found is None else [excluded_rows(e, t) for e in found.excluded],
    }


def _twice(draw: Callable[[Ink], str | None]) -> tuple[str | None, ...]:
    """Each picture for a light and for a dark page."""
    return tuple(draw(ink) for ink in INKS)


def _notices(plan: WatchPlan, sector: Sector, mandate: Mandate, t: Texts) -> list[str]:
    said = [t("plan.exercise")] if mandate.exercise else []
    said += [sector.note] if sector.note else []
    return said if plan.slots else [*said, t("plan.no_sortie")]


def _about(
    plan: WatchPlan, sector: Sector, mandate: Mandate, fleet: Mapping[str, Aircraft], t: Texts
) -> list[tuple[str, str]]:
    border = sector.border
    line = t(
        "plan.about.border_value",
        source=border.source,
        accuracy=t.number(border.accuracy_m),
        standoff=t.number(border.standoff_m),
    )
    weather = t(
        "plan.about.weather_value",
        gust=t.number(sector.weather.gust_m_s, 0),
        deviation=t.number(sector.weather.isa_deviation_c, 0),
    )
    return [
        (t("plan.about.authority"), mandate.authority),
        (t("plan.about.purpose"), mandate.purpose),
        (t("plan.about.mandate"), f"{iso_of(mandate.from_utc_ns)} – {iso_of(mandate.to_utc_ns)}"),
        (t("plan.about.night"), f"{iso_of(int(plan.start_utc_ns))} – {iso_of(int(plan.end_utc_ns))}"),
        (t("plan.about.border"), line),
        (t("plan.about.aircraft"), "; ".join(f"{m.id}: {fleet[m.type].name} ({m.base})" for m in sector.fleet)),
        (t("plan.about.weather"), weather),
        (t("plan.about.policy"), t(f"plan.policy.{plan.policy}")),
    ]


def _facts(plan: WatchPlan, t: Texts) -> list[tuple[str, str, str]]:
    """(figure, what it is, how it was got)."""
    reserve = plan.min_energy_reserve_fraction
    if reserve is None:  # there are no tours
        return []
    wanted = t.number(plan.border_standoff_m + plan.border_line_accuracy_m)
    found = [
        (f"{t.number(plan.min_border_distance_m)} m", "border", {"wanted": wanted}),
        (f"{t.number(plan.min_terrain_clearance_m)} m", "clearance", {}),
        (f"{t.number(100 * reserve)} %", "reserve", {}),
        (f"{t.number(plan.planned_km2, 1)} km²", "watched", {}),
        (f"{t.number(plan.search_rate_km2_h, 1)} km²/h", "rate", {}),
    ]
    if plan.sweep_width_m is not None:
        found.append((f"{t.number(plan.sweep_width_m)} m", "sweep", {}))
    if plan.min_separation_m is not None:
        found.append((f"{t.number(plan.min_separation_m)} m", "separation", {}))
    return [(value, t(f"plan.fact.{k}"), t(f"plan.fact.{k}_how", **more)) for value, k, more in found]


def _slot(slot: Slot, plan: WatchPlan, t: Texts) -> list[str]:
    tour, launch = plan.flown(slot), int(slot.launch_utc_ns)
    chance = slot.probabilities[slot.tours.index(slot.drawn)]
    return [
        slot.id.removeprefix("slot-"),
        datetime_of(launch).strftime("%H:%M"),
        datetime_of(launch + int(tour.duration_s * NS)).strftime("%H:%M"),
        slot.aircraft,
        tour.id,
        f"{t.number(100 * chance)} %",
        t.number(tour.laps),
        t.number(len(tour.stares)),
        t.number(tour.watched_km2, 2),
        f"{t.number(100 * tour.reserve_fraction)} %",
    ]


def _tour(tour: Tour, t: Texts) -> list[str]:
    return [
        tour.id,
        t.number(tour.duration_s / 60),
        t.number(tour.laps),
        t.number(tour.min_border_distance_m),
        t.number(tour.min_terrain_clearance_m),
        t.number(tour.max_density_altitude_m),
        t.number(tour.radio_margin_db),
        t.number(float(np.mean([s.slant_range_m for s in tour.stares])) if tour.stares else None),
        t.number(float(np.mean([s.gsd_m for s in tour.stares])) if tour.stares else None, 2),
        t.number(tour.watched_km2, 2),
    ]


def _profiles(scene: Scene, t: Texts) -> list[tuple[str, tuple[str | None, ...]]]:
    """Of every tour that was drawn, once; the first few."""
    names = list(dict.fromkeys(s.drawn for s in scene.result.plan.slots))[:PROFILES_MAX]
    return [(n, _twice(lambda ink, n=n: profile(scene, scene.result.flown[n], ink, t))) for n in names]  # type: ignore[misc]


def _limits(result: PlanResult, t: Texts) -> list[str]:
    said = [t("plan.limits.detection"), t(f"report.limits.containment_{result.plan.containment}")]
    said.append(t("plan.limits.weather"))
    return [*said, t("plan.limits.walkers", paths=t.number(result.traffic.paths))]


def _prints(plan: WatchPlan, plan_sha256: str) -> list[tuple[str, Any]]:
    inputs = [
        ("plan.json", plan_sha256),
        ("sector", plan.sector_sha256),
        ("mandate", plan.mandate_sha256),
        ("terrain", plan.terrain_sha256),
        ("border", plan.border_sha256),
    ]
    return [*inputs, *((f"aircraft {k}", v) for k, v in plan.aircraft_sha256.items()), ("seed", plan.seed)]
