"""A live night from the command's side: sockets, preparation, supervision, and what the core left as the answer.

This process loads neither numpy nor any room: it is the supervisor, and small.
"""

import socket
from contextlib import ExitStack, closing
from pathlib import Path

import msgspec

from ..answer import Answer
from ..engine import Child, Supervisor, held_port, http_socket, udp_socket, unix_socket
from ..errand import module_words, prepared, short_path, take_answer
from .settings import DemoSettings, Descriptor, NightSpec, RunFolder, Sockets, keep_settings, keep_spec, spec_of

ENDING = ("simulator", "core", "console")
"""The simulator first, so that its truth is whole; then the core, which scores by it."""
REPORT_S = 300.0
"""So long the core may take to verify, score and report."""


def run_live(answer: Answer, settings: DemoSettings, page_port: int | None) -> None:
    """Fly the night live and fill the answer. page_port: None for a night without the page. EnvironmentFault
    `port_is_held` before anything is written."""
    with ExitStack() as ends:
        http = None if page_port is None else ends.enter_context(closing(http_socket(page_port)))
        streams = [ends.enter_context(closing(udp_socket())) for _ in range(settings.aircraft)]
        fixes = ends.enter_context(closing(udp_socket()))
        core_path = short_path(RunFolder(settings.post).core_socket)
        if not prepared(answer, "apacheta.app.demo.prepare", lambda path: keep_settings(path, settings)):
            return
        run = RunFolder(settings.post)
        core = ends.enter_context(closing(unix_socket(core_path)))
        spec = _with_sockets(spec_of(run.night), streams, fixes, core, core_path, http)
        keep_spec(run.night, spec)
        held = [sock.fileno() for sock in (*streams, fixes, core, *([] if http is None else [http]))]
        children, ending = _children(run, tuple(held), http is not None), _ending(http)
        asked = Supervisor(children, ending=ending, status=run.processes).run()
    take_answer(answer, run.answer, asked)


def _ending(http: socket.socket | None) -> tuple[str, ...]:
    return ENDING if http is not None else ENDING[:2]


def _children(run: RunFolder, held: tuple[int, ...], has_page: bool) -> list[Child]:
    """The night's processes, each with every socket under the number that the specification names."""
    night = str(run.night)
    children = [
        Child("core", module_words("apacheta.app.demo.core", night), held, when_done="end_all", end_within_s=REPORT_S),
        Child("simulator", module_words("apacheta.app.demo.simulate", night), held, when_done="rest"),
    ]
    if has_page:
        children.append(Child("console", module_words("apacheta.app.page", night), held))
    return children


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
