"""HTTP answers: what is asked for, or a fault as JSON with its code, its text and its remedy."""

import hashlib

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..core.errors import EnvironmentFault, Fault, InputFault

JSON = "application/json"
RETRY_AFTER_S = 1


class NotThere(InputFault):
    """Nobody has what was asked for."""


class Conflict(InputFault):
    """It contradicts what was sent before."""


def json_answer(value: object, status: int = 200) -> Response:
    """A value as JSON that nobody keeps."""
    return Response(msgspec.json.encode(value), status, {"Cache-Control": "no-store"}, JSON)


def tagged_answer(request: Request, body: bytes, media_type: str, headers: dict[str, str] | None = None) -> Response:
    """The body with its hash as ETag, or 304 without it where the asker has it already."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    kept = {"ETag": tag, "Cache-Control": "no-cache"} | (headers or {})
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=kept)
    return Response(body, 200, kept, media_type)


def fault_answer(_request: Request, fault: Exception) -> Response:
    """A fault as JSON: 404, 409 or 422 for what was asked wrongly, 503 for what may be better in a moment."""
    assert isinstance(fault, Fault)
    status = _status_of(fault)
    answer = json_answer({k: getattr(fault.line, k) for k in ("code", "text", "field", "remedy")}, status)
    if status == 503:
        answer.headers["Retry-After"] = str(RETRY_AFTER_S)
    return answer


def unknown_answer(request: Request, problem: Exception) -> Response:
    """A path or a method that is none of ours, as JSON like every fault."""
    assert isinstance(problem, HTTPException)
    text = f"There is nothing for {request.method} at {request.url.path[:200]!r}."
    line = {"code": "not_there", "text": text, "field": None, "remedy": "Load the page anew."}
    return json_answer(line, problem.status_code)


def _status_of(fault: Fault) -> int:
    statuses = ((NotThere, 404), (Conflict, 409), (InputFault, 422), (EnvironmentFault, 503))
    return next((status for kind, status in statuses if isinstance(fault, kind)), 500)
