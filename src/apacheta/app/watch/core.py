"""The core of a watch with a page: `python -m apacheta.app.watch.core SPEC.json`.

It watches, keeps the account, and answers the console, until the stream is over or it is asked to end; then it closes
the log and leaves the command's answer in run/answer.json. Killed and started again it goes on in the same watch. It
ends with 0 when there is an answer, whatever that says: only a core that was killed, or crashed, is started again.
"""

import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from ...adapters.clock import SystemClock
from ...adapters.stream import stream_of_descriptor
from ...adapters.video import ApartDecoder
from ...core.errors import ErrorLine, Fault, InputFault
from ...core.mandate import Mandate
from ..answer import Answer, run_to_answer
from ..chain import ChainSettings, Keeper
from ..errand import answer_left
from ..files import write_whole
from ..loading import load_mandate
from ..logbook import open_account
from ..post import Post
from ..stop import Stop
from ..texts import Texts
from .alone import LIVE_IDLE_S
from .chain import WatchChain
from .command import answer_for
from .figures import judge
from .notes import Notes, past_of
from .refusals import terrain_of
from .settings import WatchRun, WatchSpec, kept
from .taking import take_stream, told_of
from .telling import Telling

RESTARTED = ErrorLine(
    code="process_restarted",
    text="the core was started again: what it watched before is in the account, not in these figures.",
)


def main(argv: Sequence[str]) -> int:
    """Watch the stream, or the rest of it; 0."""
    spec = kept(Path(argv[0]), WatchSpec)
    run = WatchRun(Path(spec.asked.post))
    with Stop() as stop:
        answer = run_to_answer(answer_for(spec.asked.address), lambda a: _watched(a, spec, run, stop))
        with suppress(OSError):  # the command says that there is none
            write_whole(run.answer, answer_left(answer))
    return 0


def _watched(answer: Answer, spec: WatchSpec, run: WatchRun, stop: Stop) -> None:
    post, asked = Post(Path(spec.asked.post)), spec.asked
    account, _ = open_account(post)
    keeper, past = Keeper(post, account, keep_video=True), past_of(account, spec.stream)
    chain = _chain_of(spec, post, keeper, past.segments)
    telling = Telling(spec, run, chain, keeper, account)
    notes = Notes(asked.address, chain, keeper, past.is_begun, telling.fault)
    idle_s = LIVE_IDLE_S if asked.until_end else None
    source = stream_of_descriptor(asked.address, spec.stream_fd, idle_timeout_s=idle_s)
    telling.live.start()
    _say_where(spec, run)
    try:
        if past.is_begun:
            answer.warnings.append(RESTARTED)
            notes.fault(RESTARTED.code, RESTARTED.text)
        take_stream(answer, chain, source, notes, stop, telling.look)
    finally:
        source.close()
        telling.close()
    judge(answer, chain)


def _chain_of(spec: WatchSpec, post: Post, keeper: Keeper, segments_before: int) -> WatchChain:
    """The chain, whose numbers go on. Where mandate or terrain are no more what they were, the account says so."""
    settings = ChainSettings(stream=spec.stream, live=True, segments_before=segments_before)
    try:
        terrain, mandate = terrain_of(spec.asked.terrain), _mandate_of(post, spec.mandate_sha256)
        return WatchChain(settings, keeper, terrain, mandate, ApartDecoder.for_stream_type)
    except BaseException as failure:
        with suppress(Fault, OSError):  # the first failure is the one to tell
            what, text = told_of(failure)
            body = {"what": what, "stream": spec.stream, "text": text}
            keeper.note("fault", SystemClock().utc_ns(), body, at_once=True)
            keeper.close()
        raise


def _mandate_of(post: Post, sha256: str) -> Mandate:
    """The mandate under which the watch was begun. InputFault `other_mandate` where the post holds another by now."""
    mandate = load_mandate(post.mandate)
    if mandate.sha256 != sha256:
        text = "the post's mandate was changed while a watch was held under it."
        raise InputFault("other_mandate", text, file=str(post.mandate), remedy="Begin another watch under it.")
    return mandate


def _say_where(spec: WatchSpec, run: WatchRun) -> None:
    """Name the page on stderr, once a watch."""
    if not run.ready.exists():
        write_whole(run.ready, b"")
        with socket.socket(fileno=spec.page.http) as http:
            address = f"http://127.0.0.1:{http.getsockname()[1]}"
        print(Texts(spec.asked.language)("watch.page", address=address), file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
