"""A plan of three slots whose tours are drawn from a seed, and small logs of its night, as they should be or not."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from account_log import open_account

from apacheta.app.draw import DRAW_FILE, encode_draw
from apacheta.app.post import Post, open_post
from apacheta.core.entries import Entry, EntryKind
from apacheta.core.plan import Slot, Tour, WatchPlan
from apacheta.formats.canonical import sha256_hex
from apacheta.formats.plan_json import encode_plan
from apacheta.plan.draw import blinding, commitment, drawn_index

NS, START_NS = 1_000_000_000, 1_782_000_000_000_000_000
SEED, OTHER = bytes(range(32)), bytes(range(1, 33))
TOURS, CHANCES, WATCH = ("t1", "t2", "t3"), (0.5, 0.25, 0.25), "watch-1"


def plan_drawn(seed: bytes = SEED, **changes: Any) -> WatchPlan:
    """The plan, which claims to notice nobody."""
    given: dict[str, Any] = {
        "format": "plan/1", "apacheta": "0", "policy": "strips", "seed": 1, "sector": "s", "sector_sha256": "0" * 64,
        "mandate_sha256": "0" * 64, "terrain_sha256": "0" * 64, "border_sha256": "0" * 64, "aircraft_sha256": {},
        "start_utc_ns": str(START_NS), "end_utc_ns": str(START_NS + 3600 * NS), "border_standoff_m": 0.0,
        "border_line_accuracy_m": 0.0, "clearance_required_m": None, "tours": tuple(map(_tour, TOURS)),
        "slots": tuple(_slot(number, seed) for number in range(1, 4)), "dropped": (), "min_border_distance_m": None,
        "min_terrain_clearance_m": None, "min_separation_m": None, "min_energy_reserve_fraction": None,
        "planned_km2": 0.0, "search_rate_km2_h": None, "containment": "standoff_only", "certified_detection": None,
        "draw_sha256": commitment(seed), "draw_blind": blinding(seed),
    }  # fmt: skip
    return WatchPlan(**(given | changes))


def _tour(name: str) -> Tour:
    return Tour(
        id=name, strip="", waypoints=(), stares=(), length_m=1.0, duration_s=1.0, laps=1, energy_wh=1.0,
        reserve_fraction=0.5, min_border_distance_m=1.0, min_terrain_clearance_m=1.0, max_density_altitude_m=1.0,
        radio_margin_db=1.0, watched_km2=0.0,
    )  # fmt: skip


def _slot(number: int, seed: bytes) -> Slot:
    name = f"slot-{number:02d}"
    return Slot(
        id=name, aircraft="A1", aircraft_type="x", base="b", launch_utc_ns=str(START_NS + number * 900 * NS),
        tours=TOURS, probabilities=CHANCES, drawn=TOURS[drawn_index(seed, name, CHANCES)],
    )  # fmt: skip


def with_slot(plan: WatchPlan, **changes: Any) -> WatchPlan:
    """The plan with its first slot changed."""
    first, *rest = plan.slots
    return msgspec.structs.replace(plan, slots=(msgspec.structs.replace(first, **changes), *rest))


def other_tour(plan: WatchPlan) -> str:
    """A tour that the first slot did not draw."""
    return next(name for name in TOURS if name != plan.slots[0].drawn)


def planned(plan: WatchPlan, watch: str = WATCH, **changes: Any) -> Entry:
    """The log's entry of the plan."""
    body = {"watch": watch, "plan_sha256": sha256_hex(encode_plan(plan)), "draw_sha256": plan.draw_sha256}
    return entry("plan", **(body | changes))


def flight(aircraft: str = "A1", watch: str = WATCH) -> list[Entry]:
    """A flight is opened, and closed."""
    body = {"watch": watch, "aircraft": aircraft, "number": 1}
    return [entry("flight_open", **body), entry("flight_close", **body)]


def revealed(plan: WatchPlan, watch: str = WATCH, seed: str = SEED.hex()) -> Entry:
    """The log's entry of the seed."""
    return entry("draw", **(planned(plan, watch).body | {"seed": seed}))


def entry(kind: EntryKind, **body: Any) -> Entry:
    """An entry of the night's begin."""
    return Entry(kind=kind, utc_ns=str(START_NS), body=body)


def night(plan: WatchPlan) -> list[Entry]:
    """A night as it should be in the log."""
    return [entry("mandate"), planned(plan), *flight(), *flight("A2"), revealed(plan)]


def kept(folder: Path, plan: WatchPlan, seed: bytes | None = SEED) -> Post:
    """A post with the plan in it, and its draw beside."""
    post = open_post(folder)
    post.plan.write_bytes(encode_plan(plan))
    if seed is not None:
        (post.plans / DRAW_FILE).write_bytes(encode_draw(sha256_hex(encode_plan(plan)), seed))
    return post


def flown(folder: Path, plan: WatchPlan, entries: Sequence[Entry]) -> Post:
    """A post with the plan and a closed log of these entries."""
    post = kept(folder, plan)
    account = open_account(folder)
    account.record_many(entries)
    account.close()
    return post


def without(entries: Iterable[Entry], kind: EntryKind) -> list[Entry]:
    """The entries without those of a kind."""
    return [e for e in entries if e.kind != kind]
