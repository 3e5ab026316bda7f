"""The night's plan from what is given: airspace, walkers, tours and their odds, slots, draw. One screen."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
import shapely
from numpy.typing import NDArray

from .. import __version__
from ..core.aircraft import Aircraft
from ..core.errors import InputFault
from ..core.mandate import Mandate
from ..core.plan import Dropped, Policy, Tour, WatchPlan
from ..core.sector import Base, Sector
from ..formats.canonical import canonical_bytes, sha256_hex
from ..geo import BorderLine, Dem, amsl_of_hae
from .airspace import airspace_of
from .by_menu import by_menu
from .containment import Ground, ceiling_of
from .draw import blinding, commitment, exercise_seed
from .game.choice import by_game
from .looks import STARE_S, Look
from .lottery import picks_of, separation_m, slot_of
from .menu import Racetracks
from .noticing import LookTable, default_table
from .performance import density_altitude_at, wind_at
from .setting import Setting, base_of
from .sight import sight_of
from .tours import Flown
from .walkers import Traffic, traffic_of

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class PlanResult:
    """The plan, and what pictures and scores need beside it.

    watched, drawn_watched: (rows, cols) of the elevation model: nodes that the menu, or what was drawn, would notice.
    flown: by tour id. tracks: what the menus were chosen from.
    """

    plan: WatchPlan
    dem: Dem
    flown: dict[str, Flown]
    watched: Bools
    drawn_watched: Bools
    traffic: Traffic
    tracks: tuple[Racetracks, ...] = ()


def plan_night(
    sector: Sector,
    mandate: Mandate,
    fleet: Mapping[str, Aircraft],
    dem: Dem,
    border_line: BorderLine,
    policy: Policy,
    seed: int,
    out_of_time: Callable[[], bool] = lambda: False,
    tell: Callable[[str], None] = lambda text: None,
    proof_ground: Ground | None = None,
    looks: LookTable | None = None,
    draw_seed: bytes | None = None,
) -> PlanResult:
    """Plan every slot of the night. The same arguments give the same plan.

    `proof_ground`: what the containment proof needs; then tours are moved, lowered or dropped until it holds. Without
    it, and where nothing bounds a failure of an aircraft, only the standoff is kept. looks: what they are worth, by
    default by the program's own table. draw_seed: 32 secret bytes from which the slots' tours are drawn; by default
    they follow from `seed`, which is for exercises: whoever knows it knows the draw.
    `out_of_time` is asked between tries; once it says yes the plan is made of what was found. Raises InputFault where
    an aircraft cannot lift off from its base (`cannot_lift_off`).
    """
    rng, draw_seed = np.random.default_rng([seed, 0]), draw_seed or exercise_seed(seed)
    setting = setting_of(sector, mandate, fleet, dem, border_line, rng, out_of_time, tell, proof_ground, looks)
    found = by_game(setting, rng) if policy == "game" else by_menu(setting, policy)
    slots = [slot_of(launch, odds, draw_seed) for launch, odds in zip(found.launches, found.odds, strict=True)]
    dropped = found.dropped
    if sector.weather.icing:
        text = "icing is forecast: no aircraft of this fleet is cleared for it, nothing is flown."
        slots, dropped = [], [*dropped, Dropped(what="night", why="icing", text=text)]
    flown = _by_id(found.flown)
    drawn = {s.drawn: flown[s.drawn] for s in slots}
    watched = _marked([f.cells() for f in flown.values()], dem)
    drawn_watched = _marked([flown[s.drawn].cells_of(picks_of(s.id, flown[s.drawn], draw_seed)) for s in slots], dem)
    tours = tuple(f.tour for f in flown.values())
    plan = WatchPlan(
        format="plan/1",
        apacheta=__version__,
        policy=policy,
        seed=seed,
        sector=sector.name,
        sector_sha256=sector.sha256,
        mandate_sha256=mandate.sha256,
        terrain_sha256=dem.sha256,
        border_sha256=sha256_hex(canonical_bytes(sector.border.chains)),
        aircraft_sha256={name: aircraft.sha256 for name, aircraft in sorted(fleet.items())},
        start_utc_ns=str(sector.start_utc_ns),
        end_utc_ns=str(sector.end_utc_ns),
        border_standoff_m=sector.border.standoff_m,
        border_line_accuracy_m=sector.border.accuracy_m,
        clearance_required_m=min((f.required_m for f in flown.values()), default=None),
        tours=tours,
        slots=tuple(slots),
        dropped=tuple(dropped),
        min_border_distance_m=_least(tours, "min_border_distance_m"),
        min_terrain_clearance_m=_least(tours, "min_terrain_clearance_m"),
        min_separation_m=separation_m(slots, flown, setting.bases),
        min_energy_reserve_fraction=_least(tours, "reserve_fraction"),
        planned_km2=float(drawn_watched.sum()) * dem.cell_m**2 / 1e6,
        search_rate_km2_h=_search_rate(drawn, dem),
        sweep_width_m=_sweep_width_m(drawn, dem),
        look_table_sha256=(looks or default_table()).sha256,
        draw_sha256=commitment(draw_seed),
        draw_blind=blinding(draw_seed),
        containment="standoff_only",
        certified_detection=None,
    )
    return PlanResult(plan, dem, flown, watched, drawn_watched, setting.traffic, found.tracks)


def setting_of(
    sector: Sector,
    mandate: Mandate,
    fleet: Mapping[str, Aircraft],
    dem: Dem,
    border_line: BorderLine,
    rng: np.random.Generator,
    out_of_time: Callable[[], bool] = lambda: False,
    tell: Callable[[str], None] = lambda text: None,
    proof_ground: Ground | None = None,
    looks: LookTable | None = None,
) -> Setting:
    """What every way of choosing tours needs; the arguments are `plan_night`'s. Raises InputFault."""
    for member in sector.fleet:
        check_lift_off(sector, base_of(sector, member.base), fleet[member.type], dem)
    inside, sight = _inside_mandate(sector, mandate), sight_of(sector, mandate, dem)
    tell("walkers")
    traffic = traffic_of(sector, dem, border_line, rng)
    airspaces = {
        kind: airspace_of(
            *(inside, dem, border_line, fleet[kind].radio, fleet[kind].nav_sigma_h_m, fleet[kind].nav_sigma_v_m),
            None if proof_ground is None else ceiling_of(sector, fleet[kind], proof_ground),
            looks,
        )
        for kind in sorted({member.type for member in sector.fleet})
    }
    bases = [(float(x), float(y)) for x, y in (dem.grid.xy(b.lat_deg, b.lon_deg) for b in sector.bases)]
    return Setting(sector, fleet, dem, border_line, airspaces, sight, traffic, bases, out_of_time, tell)


def check_lift_off(sector: Sector, base: Base, aircraft: Aircraft, dem: Dem) -> None:
    """Refuse an aircraft that its base's height, air or wind keeps down, with the figure. Raises InputFault."""
    if aircraft.kind == "plane":
        text = f"{aircraft.name}: a plane without rotors is not planned for yet."
        remedy = "Take a vtol_plane or a multirotor."
        raise InputFault("cannot_lift_off", text, field="fleet.aircraft", remedy=remedy)
    x, y = dem.grid.xy(base.lat_deg, base.lon_deg)
    amsl = float(amsl_of_hae(base.lat_deg, base.lon_deg, float(dem.height_at(x, y))))
    dense = float(density_altitude_at(sector.weather, amsl))
    limit, text = aircraft.launch.height_max_amsl_m, ""
    wind = wind_at(sector.weather, amsl)
    blows = max(wind.speed_m_s + wind.sigma_m_s, sector.weather.gust_m_s)
    air_c = 15.0 - 0.0065 * amsl + sector.weather.isa_deviation_c
    if dense > limit:
        text = f"density altitude at base {base.name} is {dense:.0f} m, it lifts off up to {limit:.0f} m."
    elif blows > aircraft.launch.wind_max_m_s:
        text = (
            f"wind at base {base.name} reaches {blows:.1f} m/s, it lifts off up to {aircraft.launch.wind_max_m_s:.1f}."
        )
    elif not aircraft.launch.temperature_min_c <= air_c <= aircraft.launch.temperature_max_c:
        low, high = aircraft.launch.temperature_min_c, aircraft.launch.temperature_max_c
        text = f"air at base {base.name} is at {air_c:.0f} C, it lifts off between {low:.0f} and {high:.0f} C."
    if text:
        remedy = "Take a lower base, a calmer or warmer night, or an aircraft that can."
        raise InputFault("cannot_lift_off", f"{aircraft.name}: {text}", field="fleet.aircraft", remedy=remedy)


def _inside_mandate(sector: Sector, mandate: Mandate) -> Sector:
    """The sector with keep_in cut down to the mandate's area (its largest part)."""
    both = shapely.Polygon(sector.keep_in).intersection(shapely.Polygon(mandate.area))
    parts = [p for p in getattr(both, "geoms", [both]) if p.geom_type == "Polygon" and not p.is_empty]
    if not parts:
        remedy = "Name the mandate of this sector."
        raise InputFault(
            "outside_mandate", "the sector lies outside the mandate's area.", field="area_file", remedy=remedy
        )
    ring = tuple((float(x), float(y)) for x, y in max(parts, key=lambda p: p.area).exterior.coords)
    return msgspec.structs.replace(sector, keep_in=ring)


def _by_id(tours: Sequence[Flown]) -> dict[str, Flown]:
    """The tours by id; two of one id would fly one aircraft on the other's tour."""
    flown = {f.tour.id: f for f in tours}
    assert len(flown) == len(tours), "two tours have one id"
    return flown


def _marked(nodes: Iterable[Ints], dem: Dem) -> Bools:
    """(rows, cols) of the elevation model: these nodes (flat indices)."""
    mask: Bools = np.zeros(dem.height_hae_m.shape, dtype=np.bool_)
    for some in nodes:
        mask.ravel()[some] = True
    return mask


def _least(tours: tuple[Tour, ...], name: str) -> float | None:
    return min((float(getattr(t, name)) for t in tours), default=None)


def _search_rate(drawn: Mapping[str, Flown], dem: Dem) -> float | None:
    """Ground in a stare times the share of walkers noticed there, over the time that a stare and its slew take, mean
    over the tours drawn, km2/h; of a stare that is drawn by lot the mean of all that it may take."""
    lots = [(f, lot) for f in drawn.values() for lot in f.looks]
    area_km2 = sum(_noticed(f, lot) for f, lot in lots) * dem.cell_m**2 / 1e6
    hours = sum(STARE_S + f.view.slew_s for f, _ in lots) / 3600.0
    return area_km2 / hours if lots else None


def _noticed(flown: Flown, lot: Sequence[Look]) -> float:
    """How many nodes' walkers a stare notices, mean over the looks that it may take."""
    return sum(look.chance * len(flown.ground[look.window, look.aim]) for look in lot) / len(lot)


def _sweep_width_m(drawn: Mapping[str, Flown], dem: Dem) -> float | None:
    """The search rate over the mean speed over ground on the laps (Koopman 1946: W = rate / speed)."""
    rate_km2_h = _search_rate(drawn, dem)
    if rate_km2_h is None:
        return None
    speed_m_s = sum(f.view.lap_m for f in drawn.values()) / sum(f.view.lap_s for f in drawn.values())
    return rate_km2_h * 1e6 / 3600.0 / speed_m_s
