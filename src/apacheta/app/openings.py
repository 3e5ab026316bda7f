"""Who would get through a plan: asked of the planner, and as keys of its answer."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.aircraft import Aircraft
from ..core.instant import NS
from ..core.sector import Sector
from ..geo import BorderLine
from ..plan import PlanResult
from ..plan.game import Value, value_of
from ..plan.game.night import lottery_of
from ..plan.game.openings import Openings, openings_of
from ..plan.game.recheck import Game, game_of
from ..plan.game.record import looked_of_plan
from ..plan.game.remedies import Remedy, remedies_of
from ..plan.noticing import LookTable

ATTACK = 2
"""The stream of random numbers that attacks draw from; a plan draws from others of its seed."""
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Unseen:
    """What was found; without openings, value and game, nobody arrives. game: what the value was worked out from."""

    openings: Openings | None = None
    remedies: tuple[Remedy, ...] = ()
    value: Value | None = None
    game: Game | None = None


def unseen_of(
    result: PlanResult,
    sector: Sector,
    fleet: Mapping[str, Aircraft],
    line: BorderLine,
    table: LookTable,
    out_of_time: Callable[[], bool] = lambda: False,
) -> Unseen:
    """Who gets through unseen, and what would help, as far as the time allows."""
    looked = looked_of_plan(result.plan, sector.weather, fleet, result.dem, table)
    openings = openings_of(result, looked, sector, line)
    if openings is None:
        return Unseen()
    game = game_of(openings.lattice, openings.crossers, looked)
    rng = np.random.default_rng([result.plan.seed, ATTACK])
    value = value_of(lottery_of(result.plan.slots, game.worths, game), game.crossers, rng)
    remedies = remedies_of(openings, result, sector, line, out_of_time)
    return Unseen(openings, remedies, value, replace(game, hints=value.hints))


def keys_of(unseen: Unseen) -> dict[str, Any]:
    """What the answer says of it; nothing where nobody arrives."""
    found, value, game = unseen.openings, unseen.value, unseen.game
    if found is None or value is None or game is None:
        return {}
    return {
        "unwatchable": bool(found.unwatchable.any()),
        "unwatchable_path": passed(game, found.allowed.way) if found.unwatchable.any() else None,
        "unwatchable_share": found.share(found.unwatchable),
        "open_share": found.share(found.open_tonight),
        "open_path": passed(game, found.menu.way) if found.open_tonight.any() else None,
        "remedies": [asdict(remedy) for remedy in unseen.remedies],
        "excluded": [
            {"aircraft_type": e.aircraft_type, "why": why, "km2": km2}
            for e in found.excluded
            for why, km2 in e.km2.items()
        ],
        "best_attack_detection": value.attack,
        "attack_restarts": value.restarts,
        "bracket": value.bracket,
        "worst_path": passed(game, value.way),
    }


def passed(game: Game, way: Ints) -> list[dict[str, Any]]:
    """When somebody comes where on a way (n, 2; step and cell)."""
    if not len(way):
        return []
    first = np.concatenate([[True], np.diff(way[:, 1]) != 0])
    return [
        {
            "utc_ns": str(game.start_utc_ns + int(step * game.step_s * NS)),
            "lat_deg": float(game.lat_deg[cell]),
            "lon_deg": float(game.lon_deg[cell]),
        }
        for step, cell in way[first]
    ]
