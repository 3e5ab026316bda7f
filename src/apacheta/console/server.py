"""The HTTP server on a socket that is there already: bound by the supervisor, it outlives the console."""

import ipaddress
import socket
from typing import TYPE_CHECKING

import uvicorn

from ..core.errors import EnvironmentFault, InputFault

if TYPE_CHECKING:
    from starlette.types import ASGIApp

LOOPBACK = "127.0.0.1"
SEND_BUFFER_BYTES = 256 << 10
"""What the kernel holds for one connection: more would let a viewer fall behind where our queues do not see it."""
LONGEST_FROM_PAGE = 64 << 10
GOING_S = 2


def bound_socket(host: str, port: int) -> socket.socket:
    """A listening socket on loopback; port 0 takes a free one. InputFault `not_loopback` for any other address,
    EnvironmentFault where the port is held."""
    refuse_other_address(host)
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((LOOPBACK, port))
        sock.listen(128)
    except OSError as fault:
        sock.close()
        text = f"http://{LOOPBACK}:{port} cannot be bound: {fault.strerror}."
        raise EnvironmentFault("port_is_held", text, remedy="End what listens there, or take another port.") from None
    sock.set_inheritable(True)
    return sock


def refuse_other_address(host: str) -> None:
    """Raise InputFault `not_loopback` for whatever is not this machine's 127.0.0.1."""
    try:
        is_loopback = host == "localhost" or ipaddress.ip_address(host) == ipaddress.ip_address(LOOPBACK)
    except ValueError:
        is_loopback = False
    if not is_loopback:
        text = f"{host!r} would serve the page to other machines, and it knows no accounts yet: anyone could decide."
        raise InputFault("not_loopback", text, field="host", remedy=f"Serve on {LOOPBACK}.")


def serve(app: "ASGIApp", listening: socket.socket) -> None:
    """Answer on the socket until SIGINT or SIGTERM. InputFault `not_loopback` where it is bound elsewhere."""
    server_of(app, listening).run(sockets=[listening])


def server_of(app: "ASGIApp", listening: socket.socket) -> uvicorn.Server:
    """The server, not yet running. Video is not compressed again, and nothing is buffered beyond our own queues."""
    refuse_other_address(listening.getsockname()[0])
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
    config = uvicorn.Config(
        app,
        http="h11",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_max_size=LONGEST_FROM_PAGE,
        lifespan="on",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GOING_S,
    )
    return uvicorn.Server(config)
