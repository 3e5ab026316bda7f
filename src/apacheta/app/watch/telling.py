"""What readers are told of a watch: its facts as they become known, its video as far as the mandate's area reaches."""

import math
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ...account import Account
from ...adapters.raster import RasterSource
from ...core.instant import NS
from ..chain import Keeper
from ..demo.joined import health_rows
from ..live import AreaGate, Book, Door, GatedTap, Live, StreamScene, bounds_about
from ..post import Post
from .chain import WatchChain, box_about
from .settings import MAP, Ground, WatchRun, WatchSpec, keep

CLOCK_OFF_S = 2.0
"""Beyond it the page would call every picture stale."""
BACKLOG_S = 30.0
"""What waits while a core starts makes a stream's clock look so far behind at most, and for no longer than this."""
LOOK_EVERY_S = 1.0
LINGER_S = 2.0
"""So long readers have to take in that the watch is over."""
VIEW_DEG = 0.05
"""The page shows the ground about the camera's first place, 5 km each way; the map reaches further."""
PER_DEGREE = 20
"""A map begins and ends at twentieths of a degree: the next watch over the same ground finds it made."""


class Telling:
    """The live side of a watch. Only the chain's own thread calls it."""

    def __init__(self, spec: WatchSpec, run: WatchRun, chain: WatchChain, keeper: Keeper, account: Account) -> None:
        assert chain.mandate is not None
        self._stream, self._run, self._chain = spec.stream, run, chain
        self._scene = StreamScene(
            watch=spec.stream,
            name=spec.asked.address,
            mandate=chain.mandate,
            began_utc_ns=spec.began_utc_ns,
            bounds=bounds_about(chain.mandate.area),
            epoch_utc_ns=spec.began_utc_ns,
        )
        self._listener = socket.socket(fileno=spec.core_fd)
        door = Door(
            self._listener, account, Book(spec.stream), partial(_processes, health_rows(run, {spec.stream: chain}))
        )
        self.live = Live(self._scene, Post(Path(spec.asked.post)), keeper, door)
        self.live.publisher.follow({spec.stream: chain})
        tap = GatedTap(self.live.publisher, spec.stream, AreaGate(chain.mandate.area))
        chain.tap, chain.tell_pose = tap, tap.pose
        self._looked_s = 0.0
        self._posed_s: float | None = None

    def fault(self, code: str, text: str, **values: object) -> None:
        """Something failed, or ended the watch; `values` fill the page's own sentence for it."""
        self.live.publisher.fault(code, text, {"stream": self._stream, **values})

    def look(self) -> None:
        """See, once a second and when the ground is laid, what has become known since, and tell it."""
        now_s = time.monotonic()
        if not self._is_newly_laid() and now_s - self._looked_s < LOOK_EVERY_S:
            return
        self._looked_s = now_s
        scene = self._with_map(self._with_clock(self._with_ground(self._scene)))
        if scene is not self._scene:
            self._scene = scene
            self.live.publisher.renew(scene)

    def close(self) -> None:
        """The watch is over; the supervisor's socket stays."""
        self.live.close(None, LINGER_S)
        self._listener.close()

    def _is_newly_laid(self) -> bool:
        """Whether a first frame has told where the camera is, and readers do not know it yet."""
        return self._chain.eye is not None and self._scene.width_px is None

    def _with_ground(self, scene: StreamScene) -> StreamScene:
        """The scene with the ground about the camera; the map's maker hears of it."""
        eye, totals = self._chain.eye, self._chain.totals
        if eye is None or not self._is_newly_laid():
            return scene
        assert totals.first_utc_ns is not None
        at = eye.grid.lat0_deg, eye.grid.lon0_deg
        if self._chain.terrain is not None:
            keep(self._run.ground, Ground(bounds=map_bounds(self._chain.terrain, box_about(*at))))
        return replace(
            scene,
            bounds=box_about(*at, VIEW_DEG),
            dem=eye.dem,
            epoch_utc_ns=totals.first_utc_ns,
            width_px=totals.width_px,
            height_px=totals.height_px,
        )

    def _with_clock(self, scene: StreamScene) -> StreamScene:
        """The watch's time is this machine's while the stream's is near it, else the stream's."""
        offset_s = self.live.publisher.clock_offset_s(self._stream)
        if offset_s is None or not self._is_clear(offset_s):
            return scene
        ahead_s = offset_s if abs(offset_s) > CLOCK_OFF_S else 0.0
        if abs(ahead_s - scene.ahead_ns / NS) <= CLOCK_OFF_S:
            return scene
        ahead_ns = round(ahead_s * NS)
        self.live.publisher.set_ahead(ahead_ns)
        if ahead_ns:
            self.fault("clock_off", _off_text(ahead_s), seconds=round(ahead_s, 1))
        return replace(scene, ahead_ns=ahead_ns)

    def _is_clear(self, offset_s: float) -> bool:
        """Whether an offset is the clock's, and not that of what waited while we started."""
        self._posed_s = time.monotonic() if self._posed_s is None else self._posed_s
        return abs(offset_s) > BACKLOG_S or time.monotonic() - self._posed_s > BACKLOG_S

    def _with_map(self, scene: StreamScene) -> StreamScene:
        """The scene with its ground drawn, once that is made."""
        is_there = not scene.terrain and scene.width_px is not None and self._run.relief.exists()
        return replace(scene, terrain=True) if is_there else scene


def _processes(rows: Callable[[], list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """The watch's processes; the map's maker only while it has something to do."""
    return [row for row in rows() if row["name"] != MAP or row["state"] != "down"]


def map_bounds(terrain: RasterSource, bounds: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """The bounds, outwards to twentieths of a degree, as far as the elevation file reaches. Raises InputFault where it
    covers nothing of them."""
    west, south, east, north = bounds
    low = (math.floor(PER_DEGREE * v) / PER_DEGREE for v in (west, south))
    high = (math.ceil(PER_DEGREE * v) / PER_DEGREE for v in (east, north))
    return terrain.clipped(*low, *high)


def _off_text(ahead_s: float) -> str:
    way = "ahead of" if ahead_s > 0 else "behind"
    return f"the stream's clock is {abs(ahead_s):.1f} s {way} this machine's: the page tells the stream's time."
