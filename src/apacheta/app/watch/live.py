"""A watch with a page from the command's side: it holds stream and sockets, and keeps the other processes running.

This process loads neither numpy nor any room: it is the supervisor, and small.
"""

import argparse
import os
import socket
from contextlib import ExitStack, closing
from pathlib import Path

import msgspec

from ...adapters.stream import open_live_stream
from ..answer import Answer
from ..engine import Child, Supervisor, http_socket, unix_socket
from ..errand import module_words, prepared, short_path, take_answer
from .settings import MAP, Asked, WatchRun, WatchSpec, keep, kept

CLOSING_S = 60.0
"""So long the core may take to look at what still waits and close the log."""


def run_live(answer: Answer, arguments: argparse.Namespace) -> None:
    """Watch the stream, serve the page, and fill the answer. EnvironmentFault `port_is_held` before anything is
    written."""
    asked = Asked(
        address=arguments.stream,
        post=arguments.post,
        terrain=arguments.terrain,
        until_end=arguments.until_end,
        language=arguments.lang,
    )
    run = WatchRun(Path(asked.post))
    with ExitStack() as ends:
        http = ends.enter_context(closing(http_socket(arguments.port)))
        core_path = short_path(run.core_socket)
        if not prepared(answer, "apacheta.app.watch.prepare", lambda path: keep(path, asked)):
            return
        stream = _held(ends, asked.address)
        core = ends.enter_context(closing(unix_socket(core_path)))
        keep(run.night, _with_sockets(kept(run.night, WatchSpec), stream, core, http, core_path))
        children = _children(run, (stream, core.fileno(), http.fileno()), asked.terrain is not None)
        is_asked = Supervisor(children, ending=("core", "console"), status=run.processes).run()
    take_answer(answer, run.answer, is_asked)


def _held(ends: ExitStack, address: str) -> int:
    """A descriptor of the stream, open until the end: none of the first three, which every process has its own of."""
    source = ends.enter_context(closing(open_live_stream(address)))
    descriptor = os.dup(source.fileno())
    ends.callback(os.close, descriptor)
    return descriptor


def _with_sockets(spec: WatchSpec, stream: int, core: socket.socket, http: socket.socket, core_path: Path) -> WatchSpec:
    page = msgspec.structs.replace(spec.page, http=http.fileno(), core_path=str(core_path))
    return msgspec.structs.replace(spec, page=page, stream_fd=stream, core_fd=core.fileno())


def _children(run: WatchRun, held: tuple[int, ...], has_terrain: bool) -> list[Child]:
    """The watch's processes, each with every descriptor under the number that the specification names."""
    spec = str(run.night)
    children = [
        Child("core", module_words("apacheta.app.watch.core", spec), held, when_done="end_all", end_within_s=CLOSING_S),
        Child("console", module_words("apacheta.app.page", spec), held),
    ]
    if has_terrain:
        children.append(Child(MAP, module_words("apacheta.app.watch.map_files", spec), when_done="rest"))
    return children
