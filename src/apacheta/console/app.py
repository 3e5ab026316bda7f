"""The room on one screen: the desk, fed by the core's link; the record, fed by the log; the routes to both."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from ..adapters.clock import SystemClock
from ..core.errors import Fault
from ..ports import Clock
from .answers import fault_answer, unknown_answer
from .decisions import Decisions
from .desk import Desk
from .files import Files
from .guard import Guard
from .link import CoreLink
from .record import Record
from .routes import add_file_routes, add_now_routes, add_past_routes, add_sockets
from .settings import ConsoleSettings


def create_app(settings: ConsoleSettings, core: CoreLink, clock: Clock | None = None) -> ASGIApp:
    """The console of one watch; it holds the core's link from its start to its end."""
    desk, record = Desk(clock or SystemClock()), Record(settings)

    @asynccontextmanager
    async def linked(_app: FastAPI) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(core.run(desk)), asyncio.create_task(desk.tell_while_down())]
        for task in tasks:
            task.add_done_callback(_end_with)
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    app = FastAPI(lifespan=linked, openapi_url=None, redirect_slashes=False)
    app.add_exception_handler(Fault, fault_answer)
    app.add_exception_handler(HTTPException, unknown_answer)
    files = Files(settings)
    add_file_routes(app, settings, files)
    add_now_routes(app, settings, desk, Decisions(core), files)
    add_past_routes(app, settings, desk, record)
    add_sockets(app, desk)
    return Guard(app)


def _end_with(task: asyncio.Task[None]) -> None:
    """A console that has lost its ears by a bug of ours ends: the supervisor starts another."""
    if not task.cancelled() and task.exception() is not None:
        logging.getLogger(__name__).critical("the console ends", exc_info=task.exception())
        signal.raise_signal(signal.SIGTERM)
