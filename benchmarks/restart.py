"""Restarts: each process of a live night is killed (SIGKILL) under a reader's eyes; how long until all is back?

A night with three aircraft runs live. A reader follows three streams of video and the live messages, and connects anew
when it is cut off. Simulator, console, a decoder and the core are killed one after the other, so many rounds; what is
measured is the time from the kill to when every stream's video, and every stream's looks, have come again.
`--quick` does one round at 320x256; it never counts as met.
"""

import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import Any

from _common import arguments_of, inputs_sha256, row, say, serving
from fleet import DECIDING, FLEET

PROCESSES = ("simulator", "console", "decoder", "core")
ROUNDS, GOAL_S = 5, 5.0
STEADY_S, IN_FLIGHT_S, GIVEN_UP_S = 12.0, 0.3, 60.0
"""Time between two kills, so that no pause of a supervisor's is met; what may still be under way after a kill."""


class Reader:
    """When the newest unit and the newest look of each stream came, monotonic seconds."""

    def __init__(self, address: str) -> None:
        self.came_s: dict[str, float] = {}
        self._tasks = [asyncio.create_task(self._follow(address, name)) for name in FLEET]
        self._tasks.append(asyncio.create_task(self._listen(address)))

    async def wait_for_all(self, since_s: float) -> float | None:
        """Seconds from then until everything has come again; None where it does not."""
        names = {f"{kind} {name}" for kind in ("video", "look") for name in FLEET}
        back_s: dict[str, float] = {}
        while names - back_s.keys() and time.monotonic() < since_s + GIVEN_UP_S:
            back_s |= {n: s for n, s in self.came_s.items() if s > since_s + IN_FLIGHT_S and n not in back_s}
            await asyncio.sleep(0.02)
        return None if names - back_s.keys() else max(back_s.values()) - since_s

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _follow(self, address: str, name: str) -> None:
        async for _ in messages(f"{address}/ws/video/{name}"):
            self.came_s[f"video {name}"] = time.monotonic()

    async def _listen(self, address: str) -> None:
        async for text in messages(f"{address}/ws/live"):
            message = json.loads(text)
            if message["kind"] == "sight":
                self.came_s[f"look {message['stream']}"] = time.monotonic()


async def messages(address: str) -> AsyncIterator[Any]:
    """What a WebSocket says, for ever: it is opened anew when it ends."""
    from websockets.asyncio.client import connect
    from websockets.exceptions import WebSocketException

    while True:
        with suppress(OSError, WebSocketException):
            async with connect(address, max_size=None) as channel:
                async for said in channel:
                    yield said
        await asyncio.sleep(0.1)


def main() -> int:
    """Kill, wait, tell."""
    arguments = arguments_of().parse_args()
    rounds, camera = (1, "320x256") if arguments.quick else (ROUNDS, "640x512")
    with tempfile.TemporaryDirectory(prefix="apacheta-restart-") as folder:
        post = Path(folder) / "post"
        words = ["--post", str(post), "--minutes", "60", "--camera", camera, "--aircraft", "3", "--no-video"]
        with serving(Path(folder), "demo", "--lang", "en", *words) as (process, address):
            found = asyncio.run(measured(address, post, rounds))
            process.send_signal(signal.SIGINT)
            process.communicate()
    say("restart", rows_of(found, arguments.quick), not arguments.quick, inputs_sha256(DECIDING), arguments.table)
    return 0


async def measured(address: str, post: Path, rounds: int) -> dict[str, list[float | None]]:
    """By process, the seconds of each round."""
    reader, found = Reader(address), {name: list[float | None]() for name in PROCESSES}
    await reader.wait_for_all(time.monotonic())
    for name in PROCESSES * rounds:
        await asyncio.sleep(STEADY_S)
        since_s = time.monotonic()
        os.kill(pid_of(post, name), signal.SIGKILL)
        found[name].append(await reader.wait_for_all(since_s))
        sys.stderr.write(f"{name}: {found[name][-1]}\n")
    await reader.close()
    return found


def pid_of(post: Path, name: str) -> int:
    """The process of that name; of the decoders any one, found among the core's children."""
    rows = json.loads((post / "run" / "processes.json").read_bytes())["processes"]
    pids: dict[str, int] = {row["name"]: row["pid"] for row in rows}
    if name != "decoder":
        return pids[name]
    children = (c for f in Path(f"/proc/{pids['core']}/task").glob("*/children") for c in f.read_text().split())
    return next(int(c) for c in children if b"adapters.video.child" in Path(f"/proc/{c}/cmdline").read_bytes())


def rows_of(found: dict[str, list[float | None]], quick: bool) -> list[dict[str, Any]]:
    """The slowest of each process, and the median beside it."""
    rows = []
    for name, seconds in found.items():
        whole = [s for s in seconds if s is not None]
        worst = round(max(whole), 2) if len(whole) == len(seconds) else None
        met = None if quick else worst is not None and worst <= GOAL_S
        more = {"quick": quick, "runs": len(seconds), "spread": [round(median(whole), 2), worst] if worst else None}
        rows.append(row(f"{name} killed", "all is back, slowest", "s", worst, goal=f"<= {GOAL_S:g}", met=met, **more))
    return rows


if __name__ == "__main__":
    sys.exit(main())
