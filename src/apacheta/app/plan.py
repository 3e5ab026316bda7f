"""`apacheta plan`: from sector and mandate to plan.json and its page. Both are written whole or not at all."""

import argparse
import json
import os
import secrets
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ..core.aircraft import Aircraft
from ..core.certificate import Certificate
from ..core.errors import EnvironmentFault, ErrorLine, InputFault
from ..core.mandate import Mandate
from ..core.plan import Policy, WatchPlan
from ..core.sector import Sector
from ..formats.canonical import sha256_hex
from ..formats.certificate_json import encode_certificate
from ..formats.plan_json import encode_plan
from ..plan import PlanResult, plan_night
from ..plan.containment import Ground, check_inputs, prove
from ..plan.cost import Change, cost_of
from ..plan.draw import SEED_BYTES, exercise_seed
from ..plan.noticing import LookTable, default_table, written
from ..plan.performance import wind_at
from .answer import Answer, run_to_answer, show
from .draw import DRAW_FILE, encode_draw
from .files import write_all
from .loading import (
    World,
    aircraft_contents,
    check_mandate,
    load_fleet,
    load_look_table,
    load_mandate,
    load_proof_ground,
    load_sector,
    load_world,
)

if TYPE_CHECKING:
    from .openings import Unseen

SCHEMA = "apacheta/plan/1"
KEYS = (
    *("interrupted", "policy", "seed", "sector_sha256", "plan", "plan_sha256", "report", "sorties", "slots", "tours"),
    *("legs", "min_border_distance_m", "border_line_accuracy_m", "min_terrain_clearance_m", "min_separation_m"),
    *("min_energy_reserve_fraction", "containment", "unwatchable", "unwatchable_path", "remedies"),
    *("unwatchable_share", "open_share", "open_path", "excluded"),
    *("search_rate_km2_h", "sweep_width_m", "look_table_sha256", "draw_sha256"),
    *("certified_detection", "best_attack_detection", "attack_restarts", "bracket"),
    *("worst_path", "dropped", "planned_km2", "watched_without_proof_km2", "still_watched_share"),
    *("changed_by_proof", "certificate", "certificate_sha256", "cpu_seconds", "wall_seconds"),
)
GAME_FILE, LOOKS_FILE = "game.npz", "looks.csv"
"""Beside plan.json: what its certified detection was worked out from, and the table of looks."""
SEARCH_SEED = 1
"""Of the search, where none is given; the tours are then drawn from a secret one."""
INPUTS_FILE = "inputs.json"
"""Beside plan.json: where its sector is, so that it can be proven anew."""


@dataclass(frozen=True)
class Made:
    """A plan on disk: the record, the planner's result, its files, and the figures that a command prints. Without a
    certificate nothing was proven; `unproven` says why."""

    plan: WatchPlan
    result: PlanResult
    certificate: Certificate | None
    unproven: ErrorLine | None
    plan_path: Path
    report_path: Path
    body: dict[str, Any]


def make_plan(
    sector: Sector,
    mandate: Mandate,
    fleet: Mapping[str, Aircraft],
    ground: World,
    *,
    sector_path: Path,
    policy: Policy,
    seed: int,
    max_seconds: float | None,
    out_dir: Path,
    language: str | None = None,
    with_cost: bool = False,
    looks: LookTable | None = None,
    draw_seed: bytes | None = None,
) -> Made:
    """Plan the night, prove its containment, and write plan.json, plan.html, certificate.json and draw.json into a
    folder, which is made. `with_cost`: plan once more without the proof, to say what it costs in watched ground (not by
    the game, which would choose other racetracks: nothing to compare), and ask who gets through unseen. draw_seed: from
    which the tours are drawn; by default that of an exercise, from `seed`. Raises InputFault.
    """
    from .openings import keys_of, unseen_of
    from .plan_page import failures_of, render_plan

    started, cpu = time.monotonic(), time.process_time()
    deadline = _Deadline(max_seconds)
    proof_ground, unproven = _proof_ground(sector, fleet)
    given = sector, mandate, fleet, ground.dem, ground.border_line, policy, seed, deadline
    draw_seed = draw_seed or exercise_seed(seed)
    result = plan_night(*given, tell=_tell, proof_ground=proof_ground, looks=looks, draw_seed=draw_seed)
    interrupted, cost = deadline.interrupted, None
    if with_cost and proof_ground is not None and not interrupted and policy != "game":
        _tell("cost")
        without = plan_night(*given, looks=looks, draw_seed=draw_seed)
        if not deadline.interrupted:
            cost = cost_of(result, without, _prove_anyway(without.plan, sector, fleet, sector_path, proof_ground))
    unseen, beside = None, dict[str, bytes]()
    if with_cost and not deadline.interrupted:
        _tell("openings")
        table = looks or default_table()
        unseen = unseen_of(result, sector, fleet, ground.border_line, table, deadline)
        beside = files_of(unseen, table)
        result = replace(result, plan=_certified(result.plan, unseen, beside))
    certificate = None
    if proof_ground is not None:
        _tell("proof")
        contents = aircraft_contents(sector, sector_path)
        certificate = prove(result.plan, "", sector, fleet, contents, proof_ground)
        result = replace(result, plan=msgspec.structs.replace(result.plan, containment=certificate.verdict))
    data = encode_plan(result.plan)
    failures = None
    if certificate is not None and proof_ground is not None:
        _tell("reach")
        failures = failures_of(certificate, sector, fleet, proof_ground, cost)
    page = render_plan(result, sector, mandate, fleet, ground, sha256_hex(data), language, failures, unseen)
    files = {out_dir / "plan.html": page.encode("utf-8")} | {out_dir / name: held for name, held in beside.items()}
    for name in {GAME_FILE, LOOKS_FILE} - beside.keys():
        (out_dir / name).unlink(missing_ok=True)  # an older plan's, of the same folder
    if certificate is not None:
        certificate = msgspec.structs.replace(certificate, plan_sha256=sha256_hex(data))
        files[out_dir / "certificate.json"] = encode_certificate(certificate)
    else:
        (out_dir / "certificate.json").unlink(missing_ok=True)  # an older plan's, of the same folder
    plan_path, report_path = out_dir / "plan.json", out_dir / "plan.html"
    draw = {out_dir / DRAW_FILE: encode_draw(sha256_hex(data), draw_seed)}
    write_all(files | draw | {plan_path: data}, secret=draw)
    body = _body(result.plan) | {
        "interrupted": interrupted,
        "plan": str(plan_path),
        "plan_sha256": sha256_hex(data),
        "report": str(report_path),
        "watched_without_proof_km2": None if cost is None else cost.without_km2,
        "still_watched_share": None if cost is None else cost.still_share,
        "changed_by_proof": None if cost is None else [_changed(change) for change in cost.changes],
        **({} if unseen is None else keys_of(unseen)),
        "certificate": None if certificate is None else str(out_dir / "certificate.json"),
        "certificate_sha256": None if certificate is None else sha256_hex(files[out_dir / "certificate.json"]),
        "cpu_seconds": round(time.process_time() - cpu, 3),
        "wall_seconds": round(time.monotonic() - started, 3),
    }
    return Made(result.plan, result, certificate, unproven, plan_path, report_path, body)


def files_of(unseen: "Unseen", table: LookTable) -> dict[str, bytes]:
    """What `apacheta certify` works from, beside the plan; nothing where nobody arrives."""
    from .certify.game_file import encode_game

    return {} if unseen.game is None else {GAME_FILE: encode_game(unseen.game), LOOKS_FILE: written(table)}


def _certified(plan: WatchPlan, unseen: "Unseen", beside: Mapping[str, bytes]) -> WatchPlan:
    """The plan with what is certified, and from what."""
    if unseen.value is None:
        return plan
    game_sha256 = sha256_hex(beside[GAME_FILE])
    return msgspec.structs.replace(plan, certified_detection=unseen.value.certified, game_sha256=game_sha256)


def _proof_ground(sector: Sector, fleet: Mapping[str, Aircraft]) -> tuple[Ground | None, ErrorLine | None]:
    """What the proof needs; or why nothing can be proven, and then the plan says so."""
    try:
        check_inputs(sector, fleet)
    except InputFault as fault:
        return None, fault.line
    return load_proof_ground(sector), None


def _prove_anyway(
    plan: WatchPlan, sector: Sector, fleet: Mapping[str, Aircraft], sector_path: Path, ground: Ground
) -> Certificate | None:
    """What the proof says of a plan that was made without it; None where its failures leave the air worked out."""
    try:
        return prove(plan, "", sector, fleet, aircraft_contents(sector, sector_path), ground)
    except InputFault:
        return None


def run(
    sector_path: Path,
    out_dir: Path,
    mandate_path: Path | None = None,
    policy: Policy = "game",
    seed: int | None = None,
    max_seconds: float | None = None,
    language: str | None = None,
    looks_path: Path | None = None,
) -> tuple[dict[str, Any], int]:
    """Plan a sector's night; the answer as JSON and the exit code. Faults become lines of the answer."""
    answer = _answer(policy, seed)
    given = mandate_path, policy, seed, max_seconds, language, looks_path
    run_to_answer(answer, lambda a: _work(a, sector_path, out_dir, *given))
    return answer.as_json(), answer.exit_code


def command(arguments: argparse.Namespace) -> int:
    """The command line's `plan`."""
    mandate = Path(arguments.mandate) if arguments.mandate else None
    looks = Path(arguments.looks) if arguments.looks else None
    given = arguments.policy, arguments.seed, arguments.max_seconds, arguments.lang, looks
    answer = _answer(arguments.policy, arguments.seed)
    run_to_answer(answer, lambda a: _work(a, Path(arguments.sector), Path(arguments.out), mandate, *given))
    return show(answer, arguments.json, lambda body: _summary(body, arguments.lang))


def _answer(policy: Policy, seed: int | None) -> Answer:
    return Answer(SCHEMA, KEYS, {"interrupted": False, "policy": policy, "seed": SEARCH_SEED if seed is None else seed})


def _work(
    answer: Answer,
    sector_path: Path,
    out_dir: Path,
    mandate_path: Path | None,
    policy: Policy,
    seed: int | None,
    max_seconds: float | None,
    language: str | None,
    looks_path: Path | None,
) -> None:
    sector = load_sector(sector_path)
    answer.body["sector_sha256"] = sector.sha256
    mandate_file = mandate_path or sector_path.parent / "mandate.toml"
    mandate = load_mandate(mandate_file)
    check_mandate(mandate, sector, sector.start_utc_ns, sector.end_utc_ns, str(mandate_file))
    fleet = load_fleet(sector, sector_path)
    looks = None if looks_path is None else load_look_table(looks_path)
    check_folder(out_dir)
    ground = load_world(sector, sector_path)
    try:
        made = make_plan(
            sector,
            mandate,
            fleet,
            ground,
            sector_path=sector_path,
            policy=policy,
            seed=SEARCH_SEED if seed is None else seed,
            max_seconds=max_seconds,
            out_dir=out_dir,
            language=language,
            with_cost=True,
            looks=looks,
            draw_seed=secrets.token_bytes(SEED_BYTES) if seed is None else None,
        )
    except InputFault as fault:
        raise with_file(fault, sector_path) from None
    inputs = {"format": "inputs/1", "sector": os.path.relpath(sector_path, out_dir)}
    write_all({out_dir / INPUTS_FILE: json.dumps(inputs).encode()})
    answer.body |= made.body
    if made.unproven is not None:
        answer.warnings.append(msgspec.structs.replace(made.unproven, file=str(sector_path)))
    answer.warnings += _gust_below_wind(made.plan, sector, sector_path)
    answer.warnings += _draw_foretellable(seed)
    if sector.note:
        answer.warnings.append(ErrorLine(code="sector_note", text=sector.note, file=str(sector_path), field="note"))
    if not made.plan.slots:
        text = "no sortie can be flown in this night; `dropped` says why."
        answer.warnings.append(ErrorLine(code="no_sortie", text=text, file=str(sector_path)))
        answer.exit_code = 1
    if made.plan.slots and made.plan.containment in ("not_proven", "not_provable"):
        answer.warnings.append(_not_to_be_flown(made, sector_path))
        answer.exit_code = 1
    if made.body["interrupted"]:
        text = "the time given was up: the plan holds what was found until then."
        answer.warnings.append(ErrorLine(code="interrupted", text=text, remedy="Give more with --max-seconds."))


def _not_to_be_flown(made: Made, sector_path: Path) -> ErrorLine:
    """Why nobody may go on this plan."""
    found = [m for m in made.certificate.modes if m.verdict != "proven"] if made.certificate else []
    text = f"{made.plan.containment}: {', '.join(m.mode for m in found)}. This plan is not to be flown."
    remedy = "Take aircraft with a termination that is independent of the autopilot, or another night."
    return ErrorLine(code=made.plan.containment, text=text, file=str(sector_path), field="fleet", remedy=remedy)


def _gust_below_wind(plan: WatchPlan, sector: Sector, sector_path: Path) -> list[ErrorLine]:
    """A forecast that contradicts itself at a height that is flown: a gust has the mean wind in it."""
    heights = {w.alt_amsl_m for tour in plan.tours for w in tour.waypoints}
    mean, height = max(((wind_at(sector.weather, h).speed_m_s, h) for h in heights), default=(0.0, 0.0))
    gust = sector.weather.gust_m_s
    if gust >= mean:
        return []
    text = (
        f"gust_m_s of {gust:.1f} is below the mean wind of {mean:.1f} m/s at {height:.0f} m; there it counts as none."
    )
    remedy = "Give the strongest wind at the heights flown, its mean included."
    return [
        ErrorLine(code="gust_below_wind", text=text, file=str(sector_path), field="weather.gust_m_s", remedy=remedy)
    ]


def _draw_foretellable(seed: int | None) -> list[ErrorLine]:
    """A seed on the command line is no secret."""
    if seed is None:
        return []
    text = f"whoever knows that the seed is {seed} knows every tour that is drawn: this plan is for exercises."
    remedy = "Leave --seed out: the tours are then drawn from a secret seed."
    return [ErrorLine(code="draw_foretellable", text=text, field="--seed", remedy=remedy)]


def check_folder(out_dir: Path) -> None:
    """Refuse a place for the plan where a file is in the way, before anything is worked out."""
    there = next(path for path in (out_dir, *out_dir.absolute().parents) if path.exists())
    if not there.is_dir():
        remedy = "Name a folder with --out."
        raise EnvironmentFault("not_a_folder", "a file of that name is in the way.", file=str(there), remedy=remedy)


def with_file(fault: InputFault, sector_path: Path) -> InputFault:
    """The planner knows no files: what it refuses stands in the sector's."""
    line = fault.line
    file = line.file or str(sector_path)
    return InputFault(line.code, line.text, file=file, field=line.field, remedy=line.remedy)


def _body(plan: WatchPlan) -> dict[str, Any]:
    """The figures of a plan."""
    return {
        "policy": plan.policy,
        "seed": plan.seed,
        "sector_sha256": plan.sector_sha256,
        "sorties": len(plan.slots),
        "slots": len(plan.slots),
        "tours": len(plan.tours),
        "legs": sum(len(t.waypoints) - 1 for t in plan.tours),
        "min_border_distance_m": plan.min_border_distance_m,
        "border_line_accuracy_m": plan.border_line_accuracy_m,
        "min_terrain_clearance_m": plan.min_terrain_clearance_m,
        "min_separation_m": plan.min_separation_m,
        "min_energy_reserve_fraction": plan.min_energy_reserve_fraction,
        "containment": plan.containment,
        "search_rate_km2_h": plan.search_rate_km2_h,
        "sweep_width_m": plan.sweep_width_m,
        "look_table_sha256": plan.look_table_sha256,
        "draw_sha256": plan.draw_sha256,
        "certified_detection": plan.certified_detection,
        "dropped": [{"what": d.what, "why": d.why, "text": d.text} for d in plan.dropped],
        "planned_km2": plan.planned_km2,
    }


def _changed(change: Change) -> dict[str, Any]:
    worst = change.worst
    return {
        "tour": change.tour,
        "height_hae_m": change.height_hae_m,
        "fate": change.fate,
        "mode": None if worst is None else worst.mode,
        "margin_m": None if worst is None else worst.margin_m,
        "became": change.became,
        "moved_m": change.moved_m,
        "lowered_m": change.lowered_m,
        "still_watched_share": change.still_share,
    }


def _summary(body: dict[str, Any], language: str | None) -> str:
    from .texts import Texts

    t = Texts(language)
    figures = t(
        "plan.summary",
        sorties=body["sorties"],
        tours=body["tours"],
        km2=t.number(body["planned_km2"], 1),
        border=t.number(body["min_border_distance_m"]),
        clearance=t.number(body["min_terrain_clearance_m"]),
    )
    return f"{figures}\n{body['plan']}\n{body['report']}"


def _tell(text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"plan: {text}\n")


class _Deadline:
    """Says whether the time is up; remembers that it said so."""

    def __init__(self, max_seconds: float | None) -> None:
        self._end = None if max_seconds is None else time.monotonic() + max_seconds
        self.interrupted = False

    def __call__(self) -> bool:
        self.interrupted = self.interrupted or (self._end is not None and time.monotonic() > self._end)
        return self.interrupted
