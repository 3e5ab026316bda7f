"""Who may speak to the console: this machine's own browser, on the console's own page. Headers of every answer.

A foreign page in the same browser can reach 127.0.0.1, by its own name for it (DNS rebinding) or by a request across
origins: the first is seen by `Host`, the second by `Origin`.
"""

from typing import Final

import msgspec
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CSP = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; worker-src 'self' blob:; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
NOT_OUR_HOST, FOREIGN_ORIGIN = 421, 403


class Guard:
    """Lets through what comes from the page itself, and puts the headers on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        wrong = _wrong_with(Headers(scope=scope))
        await (wrong or self._app)(scope, receive, _with_headers(send))


def _wrong_with(headers: Headers) -> Response | None:
    """Why this is not for us, or None."""
    host, origins = headers.get("host", ""), headers.getlist("origin")
    if len(headers.getlist("host")) != 1 or not is_loopback_name(host):
        text = f"{host[:80]!r} is no name of this machine's own address."
        return _refusal(NOT_OUR_HOST, "foreign_host", text, "Open the page at http://127.0.0.1.")
    if origins and origins != [f"http://{host}"]:
        text = f"{origins[0][:80]!r} is not this page."
        return _refusal(FOREIGN_ORIGIN, "foreign_origin", text, f"Open the page at http://{host}.")
    return None


def is_loopback_name(host: str) -> bool:
    """Whether a Host header names the loopback address, with or without a port."""
    name, colon, port = host.rpartition(":")
    if not colon or host.endswith("]"):
        return host.lower() in LOOPBACK_NAMES
    return name.lower() in LOOPBACK_NAMES and port.isascii() and port.isdigit()


def _refusal(status: int, code: str, text: str, remedy: str) -> Response:
    body = msgspec.json.encode({"code": code, "text": text, "field": None, "remedy": remedy})
    return Response(body, status, media_type="application/json")


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            MutableHeaders(scope=message).update(HEADERS)
        await send(message)

    return sending
