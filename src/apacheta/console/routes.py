"""The paths of docs/page.md and what answers them."""

import msgspec
from fastapi import FastAPI, Request, WebSocket
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from ..core.errors import EnvironmentFault, InputFault
from .answers import JSON, NotThere, json_answer, tagged_answer
from .decisions import LONGEST_BODY, Decisions, decision_of
from .desk import Desk
from .files import Files
from .ground import ground_of
from .history import history_of
from .record import Record, Segment
from .replay import LONGEST_NS, envelopes_of_span, span_of, step_of
from .seen import packed
from .settings import ConsoleSettings
from .sockets import serve_live, serve_video


def add_file_routes(app: FastAPI, settings: ConsoleSettings, files: Files) -> None:
    """What lies in files: page, texts, terrain, relief, evidence."""
    texts = {language: _page_texts(settings, language) for language in settings.texts}

    @app.get("/")
    async def page() -> Response:
        return files.page()

    @app.get("/assets/{name:path}")
    async def asset(name: str) -> Response:
        return files.asset(name)

    @app.get("/api/texts/{language}")
    async def texts_of(request: Request, language: str) -> Response:
        if language not in texts:
            raise NotThere("no_language", f"No texts in {language[:20]!r}.", remedy=f"Ask for {' or '.join(texts)}.")
        return tagged_answer(request, texts[language], JSON)

    @app.get("/api/terrain.pmtiles")
    async def terrain() -> Response:
        return files.terrain()

    @app.get("/api/relief/{tile:path}.png")
    async def relief(tile: str) -> Response:
        return files.relief(tile)

    @app.get("/api/evidence/{sha256}.png")
    async def evidence(sha256: str) -> Response:
        return await run_in_threadpool(files.evidence, sha256)


def add_now_routes(app: FastAPI, settings: ConsoleSettings, desk: Desk, decisions: Decisions, files: Files) -> None:
    """What is so now, and what somebody decides about it."""

    @app.get("/api/night")
    async def night(request: Request) -> Response:
        await desk.begun(settings.first_core_s)
        if desk.night is None:
            raise EnvironmentFault(
                "no_night", "The core has not said yet which night it is.", remedy="Ask in a moment."
            )
        return tagged_answer(request, desk.night, JSON)

    @app.get("/api/state")
    async def state() -> Response:
        return json_answer(desk.state.snapshot())

    @app.get("/api/seen")
    async def seen(request: Request) -> Response:
        await desk.begun(settings.first_core_s)
        served = desk.seen.served()
        if served is None:
            return Response(status_code=204, headers={"Cache-Control": "no-store"})
        grid, values = served
        headers = {"Apacheta-Grid": grid.decode(), "Content-Encoding": "deflate"}
        body = await run_in_threadpool(packed, values)
        return tagged_answer(request, body, "application/octet-stream", headers)

    @app.post("/api/decisions")
    async def decide(request: Request) -> Response:
        decision = decision_of(await _body_of(request))
        opened = desk.state.is_opened(decision.alert, files.handed_out)
        return json_answer(await decisions.put(request.headers.get("idempotency-key", ""), decision, opened))


def add_past_routes(app: FastAPI, settings: ConsoleSettings, desk: Desk, record: Record) -> None:
    """What was: video and history of a span."""

    @app.get("/api/video/{stream}")
    async def video(request: Request, stream: str) -> Response:
        from_ns, to_ns = span_of(request.query_params, LONGEST_NS)
        segments: list[Segment] = await run_in_threadpool(record.segments, stream)
        if not segments and stream not in desk.relay.streams:
            raise NotThere(
                "no_stream", f"There is no stream {stream[:80]!r}.", remedy="See /api/night for their names."
            )
        folder, ring = settings.video / stream, desk.relay.ring(stream)
        envelopes = envelopes_of_span(folder, segments, ring, from_ns, to_ns)
        return StreamingResponse(
            envelopes, headers={"Cache-Control": "no-store"}, media_type="application/octet-stream"
        )

    @app.get("/api/history")
    async def history(request: Request) -> Response:
        from_ns, to_ns = span_of(request.query_params)
        step_ns = step_of(request.query_params)
        ground = await run_in_threadpool(ground_of, settings.terrain)
        return json_answer(await run_in_threadpool(history_of, record, from_ns, to_ns, step_ns, ground))


def add_sockets(app: FastAPI, desk: Desk) -> None:
    """What comes."""

    @app.websocket("/ws/live")
    async def live(socket: WebSocket) -> None:
        await serve_live(desk, socket)

    @app.websocket("/ws/video/{stream}")
    async def video(socket: WebSocket, stream: str) -> None:
        await serve_video(desk, socket, stream)


def _page_texts(settings: ConsoleSettings, language: str) -> bytes:
    """The page's sentences under flat keys."""
    return msgspec.json.encode({k: v for k, v in settings.texts[language].items() if k.startswith("page.")})


async def _body_of(request: Request) -> bytes:
    """A request's body. InputFault `bad_decision` as soon as it is too long."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LONGEST_BODY:
            raise InputFault("bad_decision", f"More than {LONGEST_BODY} bytes.", remedy="Write a shorter note.")
    return body
