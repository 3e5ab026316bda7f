"""Who would get through a plan: asked of the planner, and as keys of its answer."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.instant import NS
from ..core.sector import Sector
from ..geo import BorderLine
from ..plan import PlanResult
from ..plan.game import Value, value_of
from ..plan.game.lattice import Lattice
from ..plan.game.night import lottery_of_plan
from ..plan.game.openings import Openings, openings_of
from ..plan.game.remedies import Remedy, remedies_of

ATTACK = 2
"""The stream of random numbers that attacks draw from; a plan draws from others of its seed."""
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Unseen:
    """What was found; without openings, and a value, nobody arrives."""

    openings: Openings | None = None
    remedies: tuple[Remedy, ...] = ()
    value: Value | None = None


def unseen_of(
    result: PlanResult, sector: Sector, line: BorderLine, out_of_time: Callable[[], bool] = lambda: False
) -> Unseen:
    """Who gets through unseen, and what would help, as far as the time allows."""
    openings = openings_of(result, sector, line)
    if openings is None:
        return Unseen()
    rng = np.random.default_rng([result.plan.seed, ATTACK])
    value = value_of(lottery_of_plan(result, openings.lattice), openings.crossers, rng)
    return Unseen(openings, remedies_of(openings, result, sector, line, out_of_time), value)


def keys_of(unseen: Unseen) -> dict[str, Any]:
    """What the answer says of it; nothing where nobody arrives."""
    found, value = unseen.openings, unseen.value
    if found is None or value is None:
        return {}
    return {
        "unwatchable": bool(found.unwatchable.any()),
        "unwatchable_path": _passed(found.lattice, found.allowed.way) if found.unwatchable.any() else None,
        "unwatchable_share": found.share(found.unwatchable),
        "open_share": found.share(found.open_tonight),
        "open_path": _passed(found.lattice, found.menu.way) if found.open_tonight.any() else None,
        "remedies": [asdict(remedy) for remedy in unseen.remedies],
        "excluded": [
            {"aircraft_type": e.aircraft_type, "why": why, "km2": km2}
            for e in found.excluded
            for why, km2 in e.km2.items()
        ],
        "best_attack_detection": value.attack,
        "attack_restarts": value.restarts,
        "bracket": value.bracket,
        "worst_path": _passed(found.lattice, value.way),
    }


def _passed(lattice: Lattice, way: Ints) -> list[dict[str, Any]]:
    """When somebody comes where on a way (n, 2; step and cell)."""
    if not len(way):
        return []
    first = np.concatenate([[True], np.diff(way[:, 1]) != 0])
    lat, lon = (np.asarray(v) for v in lattice.dem.grid.latlon(*lattice.xy_of(way[first, 1])))
    times = [lattice.start_utc_ns + int(step * lattice.step_s * NS) for step in way[first, 0]]
    return [
        {"utc_ns": str(t), "lat_deg": float(a), "lon_deg": float(o)} for t, a, o in zip(times, lat, lon, strict=True)
    ]
