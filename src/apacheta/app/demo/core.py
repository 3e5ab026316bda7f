"""The core of a live night: `python -m apacheta.app.demo.core NIGHT.json`.

It watches, keeps the account, and answers the console, until the night is over or it is asked to end; then it closes
the log, verifies, scores and reports, and leaves the command's answer in run/answer.json. Killed and started again it
goes on in the same watch, with what the log holds. It ends with 0 when there is an answer, whatever that says: only a
core that was killed, or crashed, is started again.
"""

import socket
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from ...account import Account
from ...core.errors import Fault
from ...formats.plan_json import decode_plan
from ..answer import Answer, run_to_answer
from ..chain import Keeper
from ..errand import answer_left
from ..exercise import Exercise
from ..files import write_whole
from ..live import Door
from ..loading import load_mandate, load_sector, load_world
from ..logbook import open_account
from ..post import Post
from ..stop import Stop
from ..texts import Texts
from .command import answer_for
from .joined import JoinedSimulation, health_rows
from .night import Night, NightFault, own_side_of
from .past import past_of
from .progress import Progress
from .recipe import Given, finish, note_failure, say_given
from .settings import NightSpec, RunFolder, spec_of
from .watching import watch_night

LINGER_S = 2.0
"""So long readers have to take in that the night is over."""
FIRST_PICTURE_S = 60.0
"""The page is named when there is something to see, or when that takes longer than this."""


def main(argv: Sequence[str]) -> int:
    """Watch the night, or the rest of it; 0."""
    spec = spec_of(Path(argv[0]))
    run = RunFolder(spec.settings.post)
    with Stop() as stop:
        answer = run_to_answer(answer_for(spec.settings), lambda a: _watched(a, spec, run, stop))
        with suppress(OSError):  # the command says that there is none
            write_whole(run.answer, answer_left(answer))
    return 0


def _watched(answer: Answer, spec: NightSpec, run: RunFolder, stop: Stop) -> None:
    post = Post(spec.settings.post, spec.watch)
    account, signer = open_account(post)
    keeper = Keeper(post, account, spec.settings.keep_video)
    night = None
    try:
        night = _night(answer, spec, post, account)
        with Progress(sys.stderr, Texts(spec.settings.language)) as progress:
            _watch(night, keeper, progress, spec, run, account, stop)
            finish(answer, night, keeper.close(is_over=True), signer, progress)
    except BaseException as failure:
        with suppress(Fault, OSError):  # the first failure is the one to tell
            note_failure(load_sector(Path(spec.sector)), night, keeper, failure)
        with suppress(Fault, OSError):
            keeper.close(is_over=True)
        raise
    finally:
        if night is not None and night.live is not None:
            night.live.close(_page_path(answer, post), LINGER_S)


def _night(answer: Answer, spec: NightSpec, post: Post, account: Account) -> Night:
    """The night as it was prepared, with what the log holds of it."""
    exercise = Exercise(Path(spec.sector), Path(spec.mandate), Path(spec.world))
    sector = load_sector(exercise.sector)
    sector = msgspec.structs.replace(sector, fleet=tuple(m for m in sector.fleet if m.id in spec.fleet))
    given = Given(
        spec.settings, exercise, sector, load_world(sector, exercise.sector), load_mandate(exercise.mandate), spec.fleet
    )
    say_given(answer, given, post)
    past = past_of(account, post.watch)
    night = Night(
        settings=spec.settings,
        exercise=exercise,
        sector=sector,
        mandate=given.mandate,
        ground=given.ground,
        post=post,
        plan=decode_plan(post.plan.read_bytes(), str(post.plan)),
        fleet=spec.fleet,
        chains={},
        fixes={name: list(past.fixes.get(name, [])) for name in spec.fleet},
        own_side=own_side_of(given.ground),
        past=past,
    )
    answer.body["planned_km2"] = night.plan.planned_km2
    return night


def _watch(
    night: Night, keeper: Keeper, progress: Progress, spec: NightSpec, run: RunFolder, account: Account, stop: Stop
) -> None:
    assert night.past is not None
    listener = socket.socket(fileno=spec.held().core)
    door = Door(listener, account, night.past.book, health_rows(run, night.chains))

    def joined() -> JoinedSimulation:
        """From here on the night may begin."""
        if not run.ready.exists():
            write_whole(run.ready, b"")
            threading.Thread(target=_say_where, args=(night, spec), daemon=True, name="address").start()
        return JoinedSimulation(spec, run)

    watch_night(night, keeper, progress, door, joined, stop)
    _note_restarts(night, keeper, run)


def _note_restarts(night: Night, keeper: Keeper, run: RunFolder) -> None:
    """Which processes had to be started again, as faults of the night."""
    utc_ns = night.sector.start_utc_ns if night.live is None else night.live.publisher.utc_ns()
    for row in health_rows(run, night.chains)():
        if row["restarts"]:
            fault = NightFault("process_restarted", {"name": row["name"], "times": row["restarts"]})
            night.faults.append(fault)
            keeper.note("fault", utc_ns, {"what": fault.code, "text": fault.text(), **fault.values})


def _say_where(night: Night, spec: NightSpec) -> None:
    """Name the page on stderr, once there is something to see."""
    end_s = time.monotonic() + FIRST_PICTURE_S
    while night.first_frame_s is None and time.monotonic() < end_s:
        time.sleep(0.1)
    if spec.page is not None:
        port = socket.socket(fileno=spec.page.http).getsockname()[1]
        text = Texts(spec.settings.language)("demo.page", address=f"http://127.0.0.1:{port}")
        print(text, file=sys.stderr, flush=True)


def _page_path(answer: Answer, post: Post) -> str | None:
    """Where the report lies in the post; None without one."""
    report = answer.body.get("report")
    return None if report is None else str(Path(report).relative_to(post.folder))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
