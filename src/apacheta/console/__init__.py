"""The console: HTTP and WebSocket for the page, on this machine only. The contract is docs/page.md.

`create_app` wires the room, `serve` answers on the socket that the supervisor bound, `CoreLink` is its one source of
what happens now; what has been comes from the post's files. Nothing here survives the process, and nothing needs to.
"""

from .app import create_app
from .link import CoreLink
from .server import bound_socket, serve
from .settings import ConsoleSettings

__all__ = ["ConsoleSettings", "CoreLink", "bound_socket", "create_app", "serve"]
