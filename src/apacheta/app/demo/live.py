"""A live night from the command's side: sockets, preparation, supervision, and what the core left as the answer.

This process loads neither numpy nor any room: it is the supervisor, and small.
"""

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec

from ...core.errors import EnvironmentFault, ErrorLine
from ..answer import INTERRUPTED, Answer
from ..engine import Child, Supervisor, held_port, http_socket, udp_socket, unix_socket
from .settings import DemoSettings, Descriptor, NightSpec, RunFolder, Sockets, keep_settings, keep_spec, spec_of

ENDING = ("simulator", "core", "console")
"""The simulator first, so that its truth is whole; then the core, which scores by it."""
REPORT_S = 300.0
"""So long the core may take to verify, score and report."""
LONGEST_UNIX_PATH = 100


def run_live(answer: Answer, settings: DemoSettings, page_port: int | None) -> None:
    """Fly the night live and fill the answer. page_port: None for a night without the page. EnvironmentFault
    `port_is_held` before anything is written."""
    with ExitStack() as ends:
        http = None if page_port is None else ends.enter_context(closing(http_socket(page_port)))
        streams = [ends.enter_context(closing(udp_socket())) for _ in range(settings.aircraft)]
        fixes = ends.enter_context(closing(udp_socket()))
        core_path = _short(RunFolder(settings.post).core_socket)
        if not _prepared(answer, settings):
            return
        run = RunFolder(settings.post)
        core = ends.enter_context(closing(unix_socket(core_path)))
        spec = _with_sockets(spec_of(run.night), streams, fixes, core, core_path, http)
        keep_spec(run.night, spec)
        held = [sock.fileno() for sock in (*streams, fixes, core, *([] if http is None else [http]))]
        children, ending = _children(run, tuple(held), http is not None), _ending(http)
        asked = Supervisor(children, ending=ending, status=run.processes).run()
    _take(answer, run.answer, asked)


def _short(path: Path) -> Path:
    """The path as it fits into a Unix socket's address. EnvironmentFault where none does."""
    shortest = min((str(path), os.path.relpath(path)), key=len)
    if len(os.fsencode(shortest)) > LONGEST_UNIX_PATH:
        remedy = "Name a post with a shorter path, or run the command nearer to it."
        raise EnvironmentFault("path_too_long", "the path is too long for a socket.", file=str(path), remedy=remedy)
    return Path(shortest)


def _ending(http: socket.socket | None) -> tuple[str, ...]:
    return ENDING if http is not None else ENDING[:2]


def _children(run: RunFolder, held: tuple[int, ...], has_page: bool) -> list[Child]:
    """The night's processes, each with every socket under the number that the specification names."""
    night = str(run.night)
    children = [
        Child("core", _module("apacheta.app.demo.core", night), held, when_done="end_all", end_within_s=REPORT_S),
        Child("simulator", _module("apacheta.app.demo.simulate", night), held, when_done="rest"),
    ]
    if has_page:
        children.append(Child("console", _module("apacheta.app.page", night), held))
    return children


def _module(name: str, *words: str) -> tuple[str, ...]:
    """-P: Python looks for no module in the working directory."""
    return (sys.executable, "-P", "-m", name, *words)


def _with_sockets(
    spec: NightSpec,
    streams: list[socket.socket],
    fixes: socket.socket,
    core: socket.socket,
    core_path: Path,
    http: socket.socket | None,
) -> NightSpec:
    sockets = Sockets(
        streams=tuple(_descriptor(sock) for sock in streams),
        fixes=_descriptor(fixes),
        core=core.fileno(),
        core_path=str(core_path),
    )
    page = None
    if http is not None and spec.page is not None:
        page = msgspec.structs.replace(spec.page, http=http.fileno(), core_path=str(core_path))
    return msgspec.structs.replace(spec, sockets=sockets, page=page)


def _descriptor(sock: socket.socket) -> Descriptor:
    return Descriptor(fd=sock.fileno(), port=held_port(sock))


# -- preparation and answer -------------------------------------------------------------------------------------


def _prepared(answer: Answer, settings: DemoSettings) -> bool:
    """Prepare in a process apart; whether the night may begin. What was refused is in the answer."""
    with tempfile.TemporaryDirectory(prefix="apacheta-") as folder:
        request, result = Path(folder) / "request.json", Path(folder) / "answer.json"
        keep_settings(request, settings)
        words = _module("apacheta.app.demo.prepare", str(request), str(result))
        with _signals_kept() as asked:
            process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=sys.stderr.fileno())
            _wait(process, asked)
        _take(answer, result, bool(asked))
    return answer.exit_code == 0


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


def _take(answer: Answer, path: Path, asked: bool) -> None:
    """Take over what another process left as the answer. Without one the night was interrupted, or has failed."""
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
    if body["cpu_seconds"] is not None:
        answer.body["cpu_seconds"] = _cpu_seconds()


def _note_silence(answer: Answer, asked: bool) -> None:
    answer.whole = False
    if asked:
        answer.body["interrupted"], answer.exit_code = True, INTERRUPTED
    else:
        remedy = "See the lines above, and whether disk or memory ran out."
        answer.fail(EnvironmentFault("no_answer", "the night's processes left no answer.", remedy=remedy))


def _cpu_seconds() -> float:
    """CPU time of this process and of all the night's, which have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return round(sum(u.ru_utime + u.ru_stime for u in used), 2)
