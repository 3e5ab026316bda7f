"""When a live night begins: found once for a plan, and kept beside the exercise.

The simulator's geometry proposes begins (`sim.night.moment`); the first three are looked at with the simulator itself,
a picture a second, and the first in which a crosser comes into view by the pinned definition is taken.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from ...core.instant import NS
from ...core.plan import Sortie, sorties_of
from ...formats.canonical import sha256_hex
from ...sim.night import MOMENT_VERSION, Moment, NightSimulator, camera_ways_of, moments_of, on_station
from ...sim.world import WORLD_VERSION, World, load_world
from ..files import write_whole
from ..loading import load_fleet
from ..score.score import in_view_since_s
from ..simulator import has_landed
from .night import Night, on_station_utc_ns

SPAN_S = 9_000
"""So much of the night is looked through, from the first aircraft on station on."""
TRIES, APART_S = 3, 5
LOOK_S = 60
SOONEST_S, LATEST_S = 10.0, 45.0
Tell = Callable[[float], None]


class Begin(msgspec.Struct, frozen=True, kw_only=True):
    """The night's first instant. is_chosen: a crosser comes into view soon after it; else it is the first at which as
    many aircraft are on station as ever."""

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
    world = load_world(night.exercise.world)
    first_ns = -(-on_station_utc_ns(night.plan) // NS) * NS
    seconds = min(SPAN_S, (night.sector.end_utc_ns - first_ns) // NS)
    simulator = _simulator(night, world, first_ns)
    ways = camera_ways_of(simulator, seconds, lambda share: tell(0.5 * share))
    for number, moment in enumerate(islice(_apart(moments_of(simulator, ways)), TRIES), 1):
        tell(0.5 + 0.5 * number / (TRIES + 1))
        if is_in_view(night, world, moment.utc_ns):
            return Begin(utc_ns=moment.utc_ns, is_chosen=True)
    count = on_station(ways)
    return Begin(utc_ns=first_ns + int(np.argmax(count)) * NS, is_chosen=False)


def _apart(moments: Iterable[Moment]) -> Iterator[Moment]:
    """Those that are not much the same as the one before."""
    last_ns = -APART_S * NS
    for moment in moments:
        if abs(moment.utc_ns - last_ns) >= APART_S * NS:
            last_ns = moment.utc_ns
            yield moment


def is_in_view(night: Night, world: World, utc_ns: int) -> bool:
    """Whether a crosser comes into view soon after that begin, by pictures of the night's own first minute."""
    simulator = _simulator(night, world, utc_ns)
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


def _simulator(night: Night, world: World, from_ns: int) -> NightSimulator:
    """The night's simulator as it would begin then, with crossers."""
    asked = night.settings
    return NightSimulator(
        world=world,
        sorties=tuple(s for s in _sorties(night) if not has_landed(s, from_ns)),
        aircraft=load_fleet(night.sector, night.exercise.sector),
        sector=night.sector,
        minutes=asked.minutes,
        seed=asked.seed,
        width_px=asked.width_px,
        height_px=asked.height_px,
        from_utc_ns=from_ns,
    )


def _sorties(night: Night) -> list[Sortie]:
    return [s for s in sorties_of(night.plan) if s.aircraft in night.fleet]
