"""A stream through its chain, to its end or to whatever ends it before; the figures, and the log closed."""

import time
from collections.abc import Callable
from contextlib import suppress

from ...core.errors import ErrorLine, Fault
from ...ports import StreamSource
from ..answer import INTERRUPTED, Answer
from ..stop import Stop
from .chain import WatchChain
from .figures import figures_of, warnings_of
from .notes import Notes

STOPPED = ("interrupted", "a person ended the watch before its stream did.")


def take_stream(
    answer: Answer,
    chain: WatchChain,
    source: StreamSource,
    notes: Notes | None,
    stop: Stop,
    after_each: Callable[[], None] = lambda: None,
) -> None:
    """Take the stream to its end; whatever ends it, the figures so far are noted and the log is closed. after_each: is
    called when a chunk, or a silence of half a second, was taken."""
    started = time.monotonic()
    try:
        _take(answer, chain, source, notes, stop, after_each)
    except BaseException as failure:
        with suppress(Fault, OSError):  # the first failure is the one to tell
            _take_failure(chain, notes, failure)
        with suppress(Fault, OSError):
            _sum_up(answer, chain, source, notes, started)
        raise
    _sum_up(answer, chain, source, notes, started)


def _take(
    answer: Answer,
    chain: WatchChain,
    source: StreamSource,
    notes: Notes | None,
    stop: Stop,
    after_each: Callable[[], None],
) -> None:
    """The stream through the chain, until it ends or a person stops it."""
    if notes is not None:
        notes.begin()
    for chunk in source.chunks():
        chain.feed(chunk.data, chunk.received_monotonic_ns)
        after_each()
        if stop.asked:
            break
    chain.end()
    answer.body["ended"] = not stop.asked
    if stop.asked:
        answer.body["interrupted"], answer.exit_code = True, INTERRUPTED
        if notes is not None:
            notes.fault(*STOPPED)


def _take_failure(chain: WatchChain, notes: Notes | None, failure: BaseException) -> None:
    """Write down what was looked at, and what ended the watch: also a full disk, a bug of ours, a second Ctrl-C."""
    try:
        chain.break_off()
    finally:
        if notes is not None:
            notes.fault(*told_of(failure))


def told_of(failure: BaseException) -> tuple[str, str]:
    """The failure as a fault of the account: code, text."""
    if isinstance(failure, Fault):
        return failure.line.code, failure.line.text
    return (
        STOPPED if isinstance(failure, KeyboardInterrupt) else ("watch_failed", f"{type(failure).__name__}: {failure}")
    )


def _sum_up(answer: Answer, chain: WatchChain, source: StreamSource, notes: Notes | None, started_s: float) -> None:
    """The figures of what was watched into the answer, and the log closed."""
    answer.body |= figures_of(chain) | {"wall_s": round(time.monotonic() - started_s, 3)}
    answer.warnings += warnings_of(chain, bool(answer.body["ended"]))
    try:
        _tell_dropped(answer, source, notes)
    finally:
        if notes is not None:
            answer.body["entries"] = notes.close()


def _tell_dropped(answer: Answer, source: StreamSource, notes: Notes | None) -> None:
    """Bytes that reached this machine and found no room."""
    if not source.dropped_bytes:
        return
    text = f"about {source.dropped_bytes} bytes came faster than they could be taken and were lost"
    answer.warnings.append(ErrorLine(code="bytes_dropped", text=text, remedy="Watch fewer streams on this machine."))
    if notes is not None:
        notes.fault("bytes_dropped", text, bytes=source.dropped_bytes)
