"""`apacheta certify PLAN [--from-terrain]`: a plan's certified detection, worked out again."""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...core.errors import InputFault
from ...core.plan import WatchPlan
from ...formats.canonical import sha256_hex
from ...formats.plan_json import decode_plan
from ...plan.game.lattice import crossers_of, goals_of, lattice_of
from ...plan.game.night import lottery_of
from ...plan.game.recheck import Game, credit_violation, first_difference, game_of
from ...plan.game.record import looked_of_plan
from ...plan.game.value import guaranteed
from ..answer import Answer, run_to_answer, show
from ..loading import load_look_table, load_world
from ..openings import passed
from ..plan import GAME_FILE, LOOKS_FILE
from ..prove import given_of
from .draw import is_told_beside, wrong_beside, wrong_in_post
from .game_file import load_game

SCHEMA = "apacheta/certify/1"
KEYS = (
    *("plan_sha256", "from_terrain", "claimed_detection", "certified_detection", "difference"),
    *("max_credit_violation", "states", "tours", "worst_path", "draw", "first_failure", "cpu_seconds"),
)
SAME = 1e-9
"""Detections that differ by more are not the same."""
ROUNDING = 1e-12


def command(arguments: argparse.Namespace) -> int:
    """The command line's `certify`."""
    answer = Answer(SCHEMA, KEYS, {"from_terrain": arguments.from_terrain})
    sector = Path(arguments.sector) if arguments.sector else None
    post = Path(arguments.post) if arguments.post else None
    run_to_answer(answer, lambda a: _work(a, Path(arguments.plan), sector, arguments.from_terrain, post))
    return show(answer, arguments.json, lambda body: _summary(body, arguments.lang))


@dataclass(frozen=True)
class Claim:
    """A plan, what lies beside it, and what does not fit between the two."""

    plan: WatchPlan
    game: Game
    wrong: str | None


def _work(answer: Answer, plan_path: Path, sector: Path | None, from_terrain: bool, post: Path | None) -> None:
    cpu = time.process_time()
    plan, data = plan_of(plan_path)
    only_draw = plan.game_sha256 is None and post is not None and not from_terrain
    wrong = None if only_draw else _wrong_claim(answer, claim_of(plan, plan_path), plan_path, sector, from_terrain)
    draw, wrong_draw = _draw(plan, sha256_hex(data), plan_path, post)
    answer.body |= {
        "plan_sha256": sha256_hex(data),
        "draw": draw,
        "first_failure": wrong or wrong_draw,
        "cpu_seconds": round(time.process_time() - cpu, 3),
    }
    answer.exit_code = 0 if answer.body["first_failure"] is None else 1


def _draw(plan: WatchPlan, plan_sha256: str, plan_path: Path, post: Path | None) -> tuple[str | None, str | None]:
    """By what the draw was asked for (`log`, `file`; None: not at all), and what is otherwise."""
    if post is not None:
        return "log", wrong_in_post(plan, plan_sha256, post)
    if is_told_beside(plan_path):
        return "file", wrong_beside(plan, plan_sha256, plan_path)
    return None, None


def _wrong_claim(answer: Answer, claim: Claim, plan_path: Path, sector: Path | None, from_terrain: bool) -> str | None:
    """What is otherwise with what the plan claims to notice; None if nothing. The figures go into the answer."""
    lottery = lottery_of(claim.plan.slots, claim.game.worths, claim.game)
    found = guaranteed(lottery, claim.game.crossers, claim.game.hints)
    claimed = claim.plan.certified_detection
    violation = credit_violation(lottery, claim.game.crossers, found.way, np.random.default_rng(claim.plan.seed))
    wrong = claim.wrong or (anew_of(claim, plan_path, sector) if from_terrain else None)
    difference = None if claimed is None else claimed - found.detection
    if wrong is None and (difference is None or abs(difference) > SAME):
        wrong = f"{claimed} is claimed, {found.detection} is certified."
    if wrong is None and violation > ROUNDING:
        wrong = f"credits claim {violation:.3g} more than a tour notices."
    answer.body |= {
        "claimed_detection": claimed,
        "certified_detection": found.detection,
        "difference": difference,
        "max_credit_violation": violation,
        "states": claim.game.cells * claim.game.steps,
        "tours": len(claim.game.worths),
        "worst_path": passed(claim.game, found.way),
    }
    return wrong


def plan_of(plan_path: Path) -> tuple[WatchPlan, bytes]:
    """A plan, and its bytes. Raises InputFault."""
    if not plan_path.is_file():
        raise InputFault("missing_file", "there is no such plan.", file=str(plan_path), remedy="Correct the path.")
    data = plan_path.read_bytes()
    return decode_plan(data, str(plan_path)), data


def claim_of(plan: WatchPlan, plan_path: Path) -> Claim:
    """A plan with its game. Raises InputFault where there is none."""
    game, held = load_game(plan_path.parent / GAME_FILE)
    wrong = None if sha256_hex(held) == plan.game_sha256 else f"{GAME_FILE} is not the one that the plan names."
    missing = {name for slot in plan.slots for name in slot.tours} - game.worths.keys()
    if missing:
        text = f"it says nothing of tour {min(missing)}, which a slot may draw."
        raise InputFault("no_game", text, file=str(plan_path.parent / GAME_FILE), remedy="Plan again.")
    prices, tours = game.hints.prices, sum(len(slot.tours) for slot in plan.slots)
    if len(prices) and prices.shape[1] != tours:
        text = f"its prices are of {prices.shape[1]} tours, the slots may draw {tours}."
        raise InputFault("no_game", text, file=str(plan_path.parent / GAME_FILE), remedy="Plan again.")
    return Claim(plan, game, wrong)


def anew_of(claim: Claim, plan_path: Path, sector: Path | None) -> str | None:
    """What is otherwise when looks and ways are worked out from terrain, border, aircraft and table; None if nothing.
    Raises InputFault where one of the files is missing or another."""
    given = given_of(plan_path, sector)
    table = load_look_table(plan_path.parent / LOOKS_FILE)
    if table.sha256 != claim.plan.look_table_sha256:
        return f"{LOOKS_FILE} is not the table that the plan names."
    world = load_world(given.sector, given.sector_path)
    if world.dem.sha256 != claim.plan.terrain_sha256:
        return "the terrain is not the one that the plan names."
    looked = looked_of_plan(claim.plan, given.sector.weather, given.fleet, world.dem, table)
    lattice = lattice_of(given.sector, world.dem, world.border_line)
    return first_difference(claim.game, game_of(lattice, crossers_of(lattice, goals_of(lattice, given.sector)), looked))


def _summary(body: dict[str, Any], language: str | None) -> str:
    from ..texts import Texts

    t, said = Texts(language), list[str]()
    if body["certified_detection"] is not None:
        figures = {"certified": t.number(100.0 * body["certified_detection"], 2), "states": t.number(body["states"])}
        said.append(t("certify.detection", **figures))
    if body["first_failure"] is not None:
        return "\n".join([*said, t("certify.other"), body["first_failure"]])
    claimed = [t("certify.same")] if body["claimed_detection"] is not None else []
    return "\n".join([*said, *claimed, *([t(f"certify.draw.{body['draw']}")] if body["draw"] else [])])
