"""The recipe of a simulated night: exercise, plan, flight and watch, account, verification, score, report."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from ...account import Checkpoint
from ...adapters.keys import KeyFileSigner
from ...core.errors import Fault, InputFault, Refusal
from ...core.mandate import Mandate
from ...core.sector import Sector
from ...formats.canonical import sha256_hex
from .. import verify
from ..answer import INTERRUPTED, Answer
from ..chain import Keeper
from ..exercise import Exercise, generated_pass, world_of_sector
from ..loading import World as Ground
from ..loading import check_mandate, load_fleet, load_mandate, load_sector, load_world
from ..logbook import open_account
from ..plan import make_plan
from ..post import Post, mandate_body, open_post
from ..stop import sigterm_is_ctrl_c
from .figures import fill_scored, fill_verified, fill_watched
from .night import DemoSettings, Night, own_side_of, rate_hz_of
from .progress import Progress
from .reporting import write_report
from .watching import fault_of, watch_night


@dataclass(frozen=True)
class Given:
    """What a night is made of, before anything is written."""

    settings: DemoSettings
    exercise: Exercise
    sector: Sector
    ground: Ground
    mandate: Mandate
    fleet: tuple[str, ...]


@sigterm_is_ctrl_c()
def run_night(answer: Answer, settings: DemoSettings, progress: Progress) -> None:
    """Run the whole night; fills the answer's body as far as it comes. A post that another process holds, or that keeps
    another mandate, is refused and left as it was."""
    given = given_of(settings, progress)
    Post(settings.post).refuse_other_mandate(given.exercise.mandate)
    post = open_post(settings.post)
    account, signer = open_account(post)
    post = post.for_another_watch(given.fleet)
    say_given(answer, given, post)
    keeper = Keeper(post, account, settings.keep_video)
    night, checkpoint = planned_and(
        answer, given, keeper, post, progress, lambda night: watch_night(night, keeper, progress)
    )
    finish(answer, night, checkpoint, signer, progress)


def finish(answer: Answer, night: Night, checkpoint: Checkpoint, signer: KeyFileSigner, progress: Progress) -> None:
    """From the closed log to the answer and the report."""
    fill_watched(answer, night, checkpoint)
    progress.step("verifying")
    verified = verify.run(night.post.folder)[1] == 0
    fill_verified(answer, night, verified)
    progress.step("scoring")
    fill_scored(answer, night)
    progress.step("reporting")
    answer.body["report"] = str(write_report(night, answer.body, checkpoint, signer, verified))
    _judge(answer, night, verified)


def given_of(settings: DemoSettings, progress: Progress) -> Given:
    """Exercise, sector, ground and mandate, checked against each other. Raises InputFault."""
    progress.step("preparing")
    exercise, sector, ground = _exercise(settings, progress)
    mandate = load_mandate(exercise.mandate)
    check_mandate(mandate, sector, sector.start_utc_ns, sector.end_utc_ns, str(exercise.mandate))
    fleet = tuple(m.id for m in sector.fleet)[: settings.aircraft]
    if len(fleet) < settings.aircraft and not settings.fewer_will_do:
        text = f"the sector's fleet has {len(fleet)} aircraft, {settings.aircraft} were asked for."
        raise InputFault(
            "fleet_too_small", text, file=str(exercise.sector), field="fleet.aircraft", remedy="Ask for fewer."
        )
    sector = msgspec.structs.replace(sector, fleet=tuple(m for m in sector.fleet if m.id in fleet))
    rate_hz = settings.rate_hz or rate_hz_of(load_fleet(sector, exercise.sector).values())
    return Given(replace(settings, rate_hz=rate_hz), exercise, sector, ground, mandate, fleet)


def _exercise(settings: DemoSettings, progress: Progress) -> tuple[Exercise, Sector, Ground]:
    if settings.sector is None:
        exercise = generated_pass(settings.seed, progress.at)
        sector = load_sector(exercise.sector)
        return exercise, sector, load_world(sector, exercise.sector)
    sector = load_sector(settings.sector)
    ground = load_world(sector, settings.sector)
    world = world_of_sector(sector, ground, settings.seed, progress.at)
    mandate = settings.mandate or settings.sector.parent / "mandate.toml"
    return Exercise(settings.sector, mandate, world), sector, ground


def planned_and(
    answer: Answer,
    given: Given,
    keeper: Keeper,
    post: Post,
    progress: Progress,
    work: Callable[[Night], None],
    goes_on: bool = False,
) -> tuple[Night, Checkpoint]:
    """The night, planned and worked on, and its closed log's checkpoint. Whatever ends it before its time is written
    down before the log is closed, and raised. goes_on: another process flies it after the work, and until then its draw
    is secret."""
    night = None
    try:
        night = _ready(answer, given, post, keeper, progress)
        work(night)
    except BaseException as failure:
        with suppress(Fault, OSError):  # the first failure is the one to tell
            note_failure(given.sector, night, keeper, failure)
        with suppress(Fault, OSError):
            keeper.close(is_over=True)
        raise
    return night, keeper.close(is_over=not goes_on)


def note_failure(sector: Sector, night: Night | None, keeper: Keeper, failure: BaseException) -> None:
    """What ended the night, into its account; the watch has written its own failures down itself."""
    fault = fault_of(failure)
    if night is None or fault not in night.faults:
        body = {"what": fault.code, "text": fault.text(), **fault.values}
        keeper.note("fault", sector.start_utc_ns, body, at_once=True)


def _ready(answer: Answer, given: Given, post: Post, keeper: Keeper, progress: Progress) -> Night:
    """The night with its plan in a post that we hold; mandate and plan are in the account before anything flies."""
    start_ns = given.sector.start_utc_ns
    post.keep_mandate(given.exercise.mandate)
    keeper.note("mandate", start_ns, mandate_body(given.mandate), at_once=True)
    progress.step("planning")
    night = _planned(given, post)
    keeper.note("plan", start_ns, _plan_body(night), at_once=True)
    answer.body["planned_km2"] = night.plan.planned_km2
    if not night.plan.slots:
        raise Refusal("no_sortie", "No sortie can be flown in this night.", remedy="The plan's page says why for each.")
    return night


def _planned(given: Given, post: Post) -> Night:
    """The night with its plan, which is the post's newest; the one before it keeps its hash for a name."""
    sector, settings = given.sector, given.settings
    post.set_plan_aside()
    made = make_plan(
        sector, given.mandate, load_fleet(sector, given.exercise.sector), given.ground, policy="strips",
        sector_path=given.exercise.sector,
        seed=settings.seed, max_seconds=None, out_dir=post.plans, language=settings.language,
    )  # fmt: skip
    return Night(
        settings=settings,
        exercise=given.exercise,
        sector=sector,
        mandate=given.mandate,
        ground=given.ground,
        post=post,
        plan=made.plan,
        fleet=given.fleet,
        chains={},
        fixes={name: [] for name in given.fleet},
        own_side=own_side_of(given.ground),
    )


def say_given(answer: Answer, given: Given, post: Post) -> None:
    sector, settings = given.sector, given.settings
    answer.body |= {
        "sector": sector.name,
        "sector_sha256": sector.sha256,
        "post": str(post.folder),
        "streams": len(given.fleet),
        "frame_width_px": settings.width_px,
        "frame_height_px": settings.height_px,
        "frame_rate_hz": settings.rate_hz,
        "border_standoff_m": sector.border.standoff_m,
        "border_line_accuracy_m": sector.border.accuracy_m,
    }


def _plan_body(night: Night) -> dict[str, Any]:
    """What the log says of the plan before anything flies: of the draw the commitment, not which tours it gave."""
    plan, proof = night.plan, night.post.certificate
    slots = [{"slot": s.id, "launch_utc_ns": s.launch_utc_ns} for s in plan.slots]
    return {
        "watch": night.post.watch,
        "video": str(night.post.video.relative_to(night.post.folder)),
        "plan_sha256": sha256_hex(night.post.plan.read_bytes()),
        "draw_sha256": plan.draw_sha256,
        "containment": plan.containment,
        "certificate_sha256": sha256_hex(proof.read_bytes()) if proof.is_file() else None,
        "policy": plan.policy,
        "seed": plan.seed,
        "sector_sha256": plan.sector_sha256,
        "slots": slots,
    }


def _judge(answer: Answer, night: Night, verified: bool) -> None:
    """The exit code of a night that came to its report."""
    if not verified:
        answer.exit_code = Refusal.exit_code
    if night.interrupted:
        answer.exit_code = INTERRUPTED
    answer.warnings += [fault.line() for fault in night.faults]
    if night.dead_simulator is not None:
        answer.fail(night.dead_simulator)
