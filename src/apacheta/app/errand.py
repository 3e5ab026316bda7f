"""What a command has other processes do for it: a preparation, and the answer that they leave. It loads no room."""

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from ..core.errors import EnvironmentFault, ErrorLine
from .answer import INTERRUPTED, Answer

LONGEST_UNIX_PATH = 100


def module_words(name: str, *words: str) -> tuple[str, ...]:
    """The command of a module of ours. -P: Python looks for no module in the working directory."""
    return (sys.executable, "-P", "-m", name, *words)


def short_path(path: Path) -> Path:
    """The path as it fits into a Unix socket's address. EnvironmentFault where none does."""
    shortest = min((str(path), os.path.relpath(path)), key=len)
    if len(os.fsencode(shortest)) > LONGEST_UNIX_PATH:
        remedy = "Name a post with a shorter path, or run the command nearer to it."
        raise EnvironmentFault("path_too_long", "the path is too long for a socket.", file=str(path), remedy=remedy)
    return Path(shortest)


def prepared(answer: Answer, module: str, keep_request: Callable[[Path], None]) -> bool:
    """Prepare in a process apart, `module REQUEST ANSWER`; whether one may begin. What was refused is in the answer."""
    with tempfile.TemporaryDirectory(prefix="apacheta-") as folder:
        request, result = Path(folder) / "request.json", Path(folder) / "answer.json"
        keep_request(request)
        words = module_words(module, str(request), str(result))
        with _signals_kept() as asked:
            process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=sys.stderr.fileno())
            _wait(process, asked)
        take_answer(answer, result, bool(asked))
    return answer.exit_code == 0


def take_answer(answer: Answer, path: Path, asked: bool) -> None:
    """Take over what another process left as the answer. Without one the work was interrupted (asked), or failed."""
    try:
        told: dict[str, Any] = json.loads(path.read_bytes())
    except (OSError, ValueError):
        _note_silence(answer, asked)
        return
    body = told["answer"]
    answer.whole, answer.exit_code = told["whole"], body["exit_code"]
    answer.warnings += [msgspec.convert(line, ErrorLine) for line in body["warnings"]]
    answer.errors += [msgspec.convert(line, ErrorLine) for line in body["errors"]]
    general = ("schema", "apacheta", "ok", "exit_code", "warnings", "errors")
    answer.body |= {key: value for key, value in body.items() if key not in general}
    if body.get("cpu_seconds") is not None:
        answer.body["cpu_seconds"] = _cpu_seconds()


def answer_left(answer: Answer) -> bytes:
    """The answer as `take_answer` takes it over."""
    return msgspec.json.encode({"whole": answer.whole, "answer": answer.as_json()})


@contextmanager
def _signals_kept() -> Iterator[list[int]]:
    """Ctrl-C and SIGTERM are noted instead of raised."""
    asked: list[int] = []
    before = {n: signal.signal(n, lambda number, _: asked.append(number)) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _wait(process: subprocess.Popen[bytes], asked: list[int]) -> None:
    """Wait for its end; each Ctrl-C is handed on: one that came by the terminal had it, too, and takes it once."""
    handed = 0
    while True:
        try:
            process.wait(0.2)
            return
        except subprocess.TimeoutExpired:
            if len(asked) > handed:
                handed = len(asked)
                process.send_signal(signal.SIGTERM)


def _note_silence(answer: Answer, asked: bool) -> None:
    answer.whole = False
    if asked:
        answer.body["interrupted"], answer.exit_code = True, INTERRUPTED
    else:
        remedy = "See the lines above, and whether disk or memory ran out."
        answer.fail(EnvironmentFault("no_answer", "the processes left no answer.", remedy=remedy))


def _cpu_seconds() -> float:
    """CPU time of this process and of all its children, which have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return round(sum(u.ru_utime + u.ru_stime for u in used), 2)
