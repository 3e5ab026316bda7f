"""When a live night begins: found once for a plan, and kept beside the exercise.

The simulator's geometry proposes begins (`sim.night.moment`). The first few are looked at with the simulator itself, a
picture a second: does a crosser come into view by the pinned definition? Where he does, his aircraft's stream goes
through the chain: does it find him by itself? The first begin after which it does is taken; without any, the first with
somebody in view. Where nobody comes into view in a part of the night, the next part is looked through. Nothing else of
the night is chosen, and nothing that is found here goes into it.
"""

import hashlib
import json
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from ...core.alerts import Alert
from ...core.instant import NS
from ...core.plan import Sortie, sorties_of
from ...formats.canonical import sha256_hex
from ...sim.night import (
    MOMENT_VERSION,
    Cast,
    Moment,
    NightSimulator,
    camera_ways_of,
    cast_of,
    moments_of,
    on_station,
)
from ...sim.world import CROSSERS_PER_HOUR, WORLD_VERSION, World, load_world
from ..chain import Chain, ChainSettings
from ..files import write_whole
from ..live import Book
from ..loading import load_fleet
from ..score.score import GEOD, in_view_since_s
from ..simulator import has_landed
from .night import Night, on_station_utc_ns
from .watching import eye_of, watchman_of

SPAN_S = 9_000
"""So much of the night is looked through at once, from the first aircraft on station on."""
TRIES, APART_S = 6, 5
LOOK_S = 60
SOONEST_S, LATEST_S = 10.0, 45.0
ALERT_SOONEST_S, ALERT_LATEST_S = 12.0, 52.0
MOST_SEEN = 200
"""Truth of some seconds: so many lines are kept to hold an alert against."""
NEAR_M = 60.0
"""From an alert to the crosser whom it is about."""
Tell = Callable[[float], None]


class Begin(msgspec.Struct, frozen=True, kw_only=True):
    """The night's first instant. is_chosen: a crosser comes into view soon after it, and is found by the chain where
    any begin has that; else it is the first at which as many aircraft are on station as ever."""

    utc_ns: int
    is_chosen: bool


def begin_of(night: Night, tell: Tell = lambda share: None) -> Begin:
    """When to begin, from the cache where this plan has been looked through before. Crossers or none: the same."""
    path = begin_file(night)
    try:
        return msgspec.json.decode(path.read_bytes(), type=Begin)
    except (OSError, msgspec.MsgspecError):
        begin = _found(night, tell)
        write_whole(path, msgspec.json.encode(begin))
        return begin


def begin_file(night: Night) -> Path:
    """Where it is kept: by all that decides it."""
    asked, plan = night.settings, sha256_hex(night.post.plan.read_bytes())
    key = [MOMENT_VERSION, WORLD_VERSION, asked.seed, plan, asked.minutes, night.fleet, asked.width_px, asked.height_px]
    return night.exercise.world.parent / "moments" / f"{hashlib.sha256(json.dumps(key).encode()).hexdigest()[:32]}.json"


def _found(night: Night, tell: Tell) -> Begin:
    """Part of the night by part of it, until one has somebody in view."""
    world = load_world(night.exercise.world)
    first_ns = -(-on_station_utc_ns(night.plan) // NS) * NS
    parts = range(first_ns, night.sector.end_utc_ns - LOOK_S * NS, SPAN_S * NS) or (first_ns,)
    quiet: Begin | None = None
    for number, from_ns in enumerate(parts):
        begin = _in_part(night, world, from_ns, partial(_tell_part, tell, number, len(parts)))
        if begin.is_chosen:
            return begin
        quiet = quiet or begin
    assert quiet is not None
    return quiet


def _tell_part(tell: Tell, number: int, parts: int, share: float) -> None:
    tell((number + share) / parts)


def _in_part(night: Night, world: World, from_ns: int, tell: Tell) -> Begin:
    """The begin in one part of the night."""
    seconds = min(SPAN_S, (night.sector.end_utc_ns - from_ns) // NS)
    simulator = _simulator(night, world, from_ns)
    ways = camera_ways_of(simulator, seconds, lambda share: tell(0.5 * share))
    in_view: Moment | None = None
    for number, moment in enumerate(islice(_apart(moments_of(simulator, ways)), TRIES), 1):
        tell(0.5 + 0.5 * number / (TRIES + 1))
        cast = _cast(night, world, moment.utc_ns)
        if is_in_view(night, world, moment.utc_ns, cast):
            if is_found(night, world, moment, cast):
                return Begin(utc_ns=moment.utc_ns, is_chosen=True)
            in_view = in_view or moment
    if in_view is not None:
        return Begin(utc_ns=in_view.utc_ns, is_chosen=True)
    return Begin(utc_ns=from_ns + int(np.argmax(on_station(ways))) * NS, is_chosen=False)


def _apart(moments: Iterable[Moment]) -> Iterator[Moment]:
    """Those that are not much the same as the one before."""
    last_ns = -APART_S * NS
    for moment in moments:
        if abs(moment.utc_ns - last_ns) >= APART_S * NS:
            last_ns = moment.utc_ns
            yield moment


def is_in_view(night: Night, world: World, utc_ns: int, cast: Cast | None = None) -> bool:
    """Whether a crosser comes into view soon after that begin, by pictures of the night's own first minute."""
    simulator = _simulator(night, world, utc_ns, cast=cast)
    views: dict[str, list[dict[str, Any]]] = defaultdict(list)
    crossers = {p.id for p in simulator.cast.parties if p.crosser}
    for tick in simulator.run(lambda at_ns: (at_ns - utc_ns) % NS != 0):
        for line in tick.truth:
            if line["kind"] == "view" and line["party"] in crossers:
                views[f"{line['stream']} {line['party']}"].append(line)
        if tick.utc_ns >= utc_ns + LOOK_S * NS:
            break
    since = [s - utc_ns / NS for rows in views.values() if (s := in_view_since_s(rows)) is not None]
    return any(SOONEST_S <= s <= LATEST_S for s in since)


def is_found(night: Night, world: World, moment: Moment, cast: Cast | None = None) -> bool:
    """Whether the chain, given that aircraft's stream from that begin on, raises an alert in time near a crosser."""
    simulator = _simulator(night, world, moment.utc_ns, (moment.aircraft,), cast)
    before = Book(night.post.watch)
    eye, watchman = eye_of(night, moment.aircraft, before), watchman_of(night, before)
    chain = Chain(ChainSettings(stream=moment.aircraft), eye, watchman, None, night.own_side)
    crossers = {p.id for p in simulator.cast.parties if p.crosser}
    there: deque[dict[str, Any]] = deque(maxlen=MOST_SEEN)
    for tick in simulator.run():
        there.extend(v for v in tick.truth if v["kind"] == "view" and v["party"] in crossers)
        for alert in chain.feed(tick.streams.get(moment.aircraft, b"")):
            if tick.utc_ns >= moment.utc_ns + ALERT_SOONEST_S * NS and _is_about(alert, there):
                return True
        if tick.utc_ns >= moment.utc_ns + ALERT_LATEST_S * NS:
            break
    return False


def _is_about(alert: Alert, there: Iterable[dict[str, Any]]) -> bool:
    """Whether one of those who were in the picture of late is near the alert."""
    at = alert.position
    return any(GEOD.inv(at.lon_deg, at.lat_deg, v["lon"], v["lat"])[2] <= NEAR_M for v in there)


def _cast(night: Night, world: World, from_ns: int) -> Cast:
    """Who is out in the night that begins then. It takes seconds to make."""
    asked = night.settings
    to_ns = from_ns + round(asked.minutes * 60 * NS)
    return cast_of(world, asked.seed, from_ns, to_ns, asked.crossers_per_hour or CROSSERS_PER_HOUR)


def _simulator(
    night: Night, world: World, from_ns: int, fleet: tuple[str, ...] | None = None, cast: Cast | None = None
) -> NightSimulator:
    """The night's simulator as it would begin then, with crossers; with its whole fleet or some of it."""
    asked = night.settings
    return NightSimulator(
        world=world,
        sorties=tuple(s for s in _sorties(night, fleet or night.fleet) if not has_landed(s, from_ns)),
        aircraft=load_fleet(night.sector, night.exercise.sector),
        sector=night.sector,
        minutes=asked.minutes,
        seed=asked.seed,
        width_px=asked.width_px,
        height_px=asked.height_px,
        from_utc_ns=from_ns,
        cast=cast,
    )


def _sorties(night: Night, fleet: tuple[str, ...]) -> list[Sortie]:
    return [s for s in sorties_of(night.plan) if s.aircraft in fleet]
