"""The night's plan: per launch slot a lottery of tours. File: plan.json (`plan/1`, RFC 8785 canonical)."""

from typing import Literal

import msgspec
from msgspec.structs import replace

from .place import AmslM, GeoPoint

Policy = Literal["strips", "strip-lottery", "lawnmower", "game"]
WaypointKind = Literal["takeoff", "climb", "transit", "station", "approach", "land"]


class Waypoint(msgspec.Struct, frozen=True, kw_only=True):
    """A point of a route; legs between are straight in the local grid. `along_m` is the distance flown so far."""

    position: GeoPoint
    alt_amsl_m: AmslM
    kind: WaypointKind
    along_m: float


class Stare(msgspec.Struct, frozen=True, kw_only=True):
    """The camera holds `aim` while the aircraft flies from `from_along_m` to `to_along_m` of its route."""

    from_along_m: float
    to_along_m: float
    aim: GeoPoint
    slant_range_m: float
    depression_deg: float
    gsd_m: float


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """A stare whose aim each slot draws anew from a lot (which of the tour's `lots`)."""

    from_along_m: float
    to_along_m: float
    lot: int


class Tour(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One route from take-off to landing, with what limits it and what it would see.

    Where the camera looks stands in `stares`; or it is drawn for each launch, and then the slot says what was drawn for
    the tour's `choices`. Each lot holds some of the `aims`, each as likely as the others. watched_km2: of all that it
    may look at.
    """

    id: str
    strip: str
    waypoints: tuple[Waypoint, ...]
    stares: tuple[Stare, ...]
    length_m: float
    duration_s: float
    laps: int
    energy_wh: float
    reserve_fraction: float
    min_border_distance_m: float
    min_terrain_clearance_m: float
    max_density_altitude_m: float
    radio_margin_db: float
    watched_km2: float
    aims: tuple[GeoPoint, ...] = ()
    lots: tuple[tuple[int, ...], ...] = ()
    choices: tuple[Choice, ...] = ()

    def __post_init__(self) -> None:
        whole = all(lot and all(0 <= aim < len(self.aims) for aim in lot) for lot in self.lots)
        if not whole or not all(0 <= choice.lot < len(self.lots) for choice in self.choices):
            raise ValueError(f"tour {self.id}: a choice names no lot of it, or a lot no aim of it")

    def aims_of(self, choice: Choice) -> tuple[GeoPoint, ...]:
        """Those of which a stare takes one."""
        return tuple(self.aims[k] for k in self.lots[choice.lot])


class Slot(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One launch opportunity: the lottery over tours (`tours[i]` with `probabilities[i]`) and what was drawn; stares:
    where its camera looks, as it was drawn from the tour's choices, if there are any."""

    id: str
    aircraft: str
    aircraft_type: str
    base: str
    launch_utc_ns: str
    tours: tuple[str, ...]
    probabilities: tuple[float, ...]
    drawn: str
    stares: tuple[Stare, ...] = ()


class Dropped(msgspec.Struct, frozen=True, kw_only=True):
    """What the planner had to leave out, and why."""

    what: str
    why: str
    text: str


class WatchPlan(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The whole night. Hashes name every input; what is not built yet is null, and so is the least of no tours.

    search_rate_km2_h: ground in the looks times the share of walkers that they notice there, for each hour of looking;
    sweep_width_m: the same for each metre flown (Koopman's effective sweep width). game_sha256: of what
    certified_detection was worked out from (`apacheta certify`). draw_sha256: of the seed that the slots' tours were
    drawn from, which is told after the flight; draw_blind: what keeps them from being found by this file's own hash
    until then (plan/draw.py). The last five are left out where they are not known.
    """

    format: Literal["plan/1"]
    apacheta: str
    policy: Policy
    seed: int
    sector: str
    sector_sha256: str
    mandate_sha256: str
    terrain_sha256: str
    border_sha256: str
    aircraft_sha256: dict[str, str]
    start_utc_ns: str
    end_utc_ns: str
    border_standoff_m: float
    border_line_accuracy_m: float
    clearance_required_m: float | None
    tours: tuple[Tour, ...]
    slots: tuple[Slot, ...]
    dropped: tuple[Dropped, ...]
    min_border_distance_m: float | None
    min_terrain_clearance_m: float | None
    min_separation_m: float | None
    min_energy_reserve_fraction: float | None
    planned_km2: float
    search_rate_km2_h: float | None
    containment: Literal["proven", "standoff_only", "not_proven", "not_provable"]
    certified_detection: float | None
    sweep_width_m: float | None = None
    look_table_sha256: str | None = None
    game_sha256: str | None = None
    draw_sha256: str | None = None
    draw_blind: str | None = None

    def tour(self, tour_id: str) -> Tour:
        """The tour of that id."""
        return next(t for t in self.tours if t.id == tour_id)

    def flown(self, slot: Slot) -> Tour:
        """The tour drawn for a slot, with the stares that were drawn for it."""
        tour = self.tour(slot.drawn)
        return replace(tour, stares=slot.stares) if tour.choices else tour


class Sortie(msgspec.Struct, frozen=True, kw_only=True):
    """One flight: the tour drawn for a slot."""

    id: str
    aircraft: str
    aircraft_type: str
    base: str
    launch_utc_ns: int
    tour: Tour


def sorties_of(plan: WatchPlan) -> tuple[Sortie, ...]:
    """One sortie per slot, in order of launch."""
    flown = [
        Sortie(
            id=s.id,
            aircraft=s.aircraft,
            aircraft_type=s.aircraft_type,
            base=s.base,
            launch_utc_ns=int(s.launch_utc_ns),
            tour=plan.flown(s),
        )
        for s in plan.slots
    ]
    return tuple(sorted(flown, key=lambda s: (s.launch_utc_ns, s.id)))
