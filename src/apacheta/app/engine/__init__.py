"""The supervisor: it owns the sockets, starts the other processes, and starts them again when they end.

It knows their commands and nothing of what they do. A child that ends is replaced: at once, then with the pauses of
`adapters.backoff`. What stands where is in a status file, once a second, for whoever asks.
"""

from .child import Child
from .sockets import held_port, http_socket, udp_socket, unix_socket
from .status import ProcessHealth, read_status
from .supervisor import Supervisor

__all__ = [
    "Child",
    "ProcessHealth",
    "Supervisor",
    "held_port",
    "http_socket",
    "read_status",
    "udp_socket",
    "unix_socket",
]
