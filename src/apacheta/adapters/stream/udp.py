"""A live stream over UDP: one datagram after another, counting what the machine could not take.

Linux reports with SO_MEMINFO how many datagrams found the socket's buffer full; their bytes are estimated by the mean
size of those received (senders of transport streams use one size, 1316 bytes). SO_RXQ_OVFL would tell only with the
next datagram that is taken. Loss on the way is not seen here: the continuity counters of the stream show it.
"""

import errno
import ipaddress
import socket
import struct
import time
from collections.abc import Callable, Iterator

from apacheta.core.errors import EnvironmentFault
from apacheta.ports import Chunk

RECEIVE_BUFFER_BYTES = 8 << 20
SILENCE_S = 0.5
"""After so long without a datagram an empty chunk is yielded."""
LARGEST_DATAGRAM = 1 << 16
_SO_MEMINFO, _MEMINFO = 55, struct.Struct("=9I")
"""Socket option of Linux 4.12 and later; the last of its nine numbers counts the datagrams that were dropped."""


class UdpStream:
    """StreamSource over a bound UDP socket. Opening fails with EnvironmentFault where the port is held.

    `idle_timeout_s`: the stream ends after so long without a datagram, once one has come; None = never. `port`: what
    was bound, also where 0 was asked for. A multicast address is joined. `inherited`: a bound socket, which is then
    the source's to close, instead of one of its own.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        idle_timeout_s: float | None = None,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
        inherited: socket.socket | None = None,
    ) -> None:
        self._idle_timeout_s = idle_timeout_s
        self._monotonic_ns = monotonic_ns
        self._received = self._received_bytes = self._dropped = 0
        self._closed = False
        self._socket = inherited or _bound(host, port)
        self._socket.settimeout(SILENCE_S)
        self.port: int = self._socket.getsockname()[1]
        self.name = f"udp://{host}:{self.port}"

    @classmethod
    def of_descriptor(cls, descriptor: int, *, idle_timeout_s: float | None = None) -> "UdpStream":
        """The source over a bound socket that a supervisor holds: what came while nobody read waits in it. Closing the
        source closes this process's own descriptor alone."""
        sock = socket.socket(fileno=descriptor)
        host, port = sock.getsockname()[:2]
        return cls(host, port, idle_timeout_s=idle_timeout_s, inherited=sock)

    def chunks(self) -> Iterator[Chunk]:
        """One chunk a datagram; empty ones while it is silent; ends by the idle timeout or by `close`."""
        heard_ns: int | None = None
        while not self._closed:
            try:
                data = self._socket.recv(LARGEST_DATAGRAM)
            except TimeoutError:
                now_ns = self._monotonic_ns()
                silent_ns = now_ns - heard_ns if heard_ns is not None else 0
                if self._idle_timeout_s is not None and silent_ns >= self._idle_timeout_s * 1e9 > 0:
                    return
                yield Chunk(b"", now_ns)
                continue
            except OSError as fault:
                if self._closed or fault.errno == errno.EBADF:
                    return
                raise EnvironmentFault("udp_receive_failed", f"{self.name}: {fault.strerror}.") from None
            heard_ns = self._monotonic_ns()
            self._received += 1
            self._received_bytes += len(data)
            yield Chunk(data, heard_ns)

    def fileno(self) -> int:
        """The socket's descriptor."""
        return self._socket.fileno()

    @property
    def dropped_bytes(self) -> int:
        """Bytes that found the buffer full so far; 0 where the machine does not tell."""
        if not self._closed:
            self._dropped = self._dropped_datagrams()
        return self._dropped * self._received_bytes // max(1, self._received)

    def _dropped_datagrams(self) -> int:
        try:
            told = self._socket.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size)
            return int(_MEMINFO.unpack(told)[-1])
        except (OSError, struct.error):
            return 0

    def close(self) -> None:
        """Let the port go; `dropped_bytes` keeps its last value."""
        if self._closed:
            return
        self._dropped = self._dropped_datagrams()
        self._closed = True
        self._socket.close()


def _bound(host: str, port: int) -> socket.socket:
    """A socket on the port, with a large buffer, in the group if the host is one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        group = _is_group(host)
        if group:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        if group and family == socket.AF_INET:
            sock.setsockopt(
                socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(host) + socket.inet_aton("0.0.0.0")
            )
        elif group:
            sock.setsockopt(
                socket.IPPROTO_IPV6,
                socket.IPV6_JOIN_GROUP,
                socket.inet_pton(family, host) + struct.pack("@I", 0),
            )
    except OSError as fault:
        sock.close()
        held = fault.errno == errno.EADDRINUSE
        text = "another process listens there" if held else fault.strerror or str(fault)
        raise EnvironmentFault(
            "port_is_held" if held else "port_unusable",
            f"udp://{host}:{port} cannot be bound: {text}.",
            field="stream",
            remedy="End that process or choose another port.",
        ) from None
    return sock


def _is_group(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_multicast
    except ValueError:
        return False
