"""Sockets that outlive the processes that read them: while one is down, what arrives waits in the kernel."""

import errno
import os
import socket
from pathlib import Path

from ...core.errors import EnvironmentFault

LOOPBACK = "127.0.0.1"
UDP_BUFFER_BYTES = 8 << 20
"""Sixteen seconds of a stream of 4 Mbit/s."""
WAITING_CLIENTS = 128


def udp_socket(port: int = 0, host: str = LOOPBACK) -> socket.socket:
    """A bound socket for one stream; port 0 takes a free one. EnvironmentFault where it is held."""
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, UDP_BUFFER_BYTES)
    return _bound(sock, (host, port), f"udp://{host}:{port}")


def http_socket(port: int = 0) -> socket.socket:
    """A listening socket on 127.0.0.1, and on no other address."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return _listening(_bound(sock, (LOOPBACK, port), f"http://{LOOPBACK}:{port}"))


def unix_socket(path: Path) -> socket.socket:
    """A listening Unix socket that only this user may connect to. One that an ended process left there is replaced;
    EnvironmentFault where somebody still listens, or where the path is too long for one (107 bytes)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if _is_served(path):
        raise _unusable(str(path), "port_is_held", "another process listens there")
    path.unlink(missing_ok=True)
    before = os.umask(0o177)
    try:
        return _listening(_bound(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM), str(path), str(path)))
    finally:
        os.umask(before)


def held_port(sock: socket.socket) -> int:
    """The port that a socket got."""
    return int(sock.getsockname()[1])


def _is_served(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def _listening(sock: socket.socket) -> socket.socket:
    sock.listen(WAITING_CLIENTS)
    return sock


def _bound(sock: socket.socket, address: tuple[str, int] | str, name: str) -> socket.socket:
    try:
        sock.bind(address)
    except OSError as fault:
        sock.close()
        if fault.errno == errno.EADDRINUSE:
            raise _unusable(name, "port_is_held", "another process listens there") from None
        raise _unusable(name, "port_unusable", fault.strerror or str(fault)) from None
    return sock


def _unusable(name: str, code: str, why: str) -> EnvironmentFault:
    remedy = "End that process, or choose another port or post."
    return EnvironmentFault(code, f"{name} cannot be bound: {why}.", remedy=remedy)
