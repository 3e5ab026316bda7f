"""`apacheta watch`: one stream through the chain. A file is a replay; a live URL needs the post's mandate."""

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
from shapely.geometry import Point, Polygon

from ..account import Account
from ..adapters.clock import SystemClock
from ..adapters.filelog import FileLogStore
from ..adapters.keys import open_signer
from ..adapters.raster import RasterSource
from ..adapters.stream import open_stream
from ..core.errors import ErrorLine, InputFault
from ..core.instant import iso_of
from ..core.mandate import Mandate
from ..core.sight import CameraPose
from ..geo import Dem, LocalGrid, dem_of
from ..see import Eye
from .answer import Answer, run_to_answer, show
from .chain import Chain, ChainSettings, Keeper, Paired
from .loading import load_mandate
from .post import open_post

KEYS = (
    "source",
    "ended",
    "codec",
    "width_px",
    "height_px",
    "frame_rate_hz",
    "duration_s",
    "frames",
    "frames_damaged",
    "metadata_packets",
    "metadata_rejected",
    "standard",
    "standard_version",
    "frames_georeferenced",
    "height_reference",
    "terrain_sha256",
    "position_sigma_median_m",
    "frame_centre_disagreement_median_m",
    "footprint_km2",
    "seen_km2",
    "plots",
    "tracks",
    "entries",
    "wall_s",
)
REACH_DEG = 0.15
LIVE_IDLE_S = 5.0
"""With --until-end a live stream has ended when it was silent for so long."""
CELL_M = 30.0


def command(arguments: argparse.Namespace) -> int:
    """Watch one stream to its end and print what was seen."""
    answer = Answer("apacheta/watch/1", KEYS, {"source": arguments.stream, "ended": False})
    run_to_answer(answer, lambda a: _watch(a, arguments))
    return show(answer, arguments.json, _summary)


def _watch(answer: Answer, arguments: argparse.Namespace) -> None:
    live = "://" in arguments.stream and not arguments.stream.startswith("file:")
    post = open_post(Path(arguments.post)) if arguments.post else None
    mandate = _mandate_for(live, Path(arguments.post) if arguments.post else None)
    source = open_stream(arguments.stream, idle_timeout_s=LIVE_IDLE_S if arguments.until_end else None)
    started = time.monotonic()
    account = keeper = None
    if post is not None:
        signer = open_signer(post.folder)
        account = Account(FileLogStore(post.log), signer, signer.key.name, SystemClock())
        keeper = Keeper(post, account, keep_video=True)
    chain = WatchChain(keeper, Path(arguments.terrain) if arguments.terrain else None, live, mandate)
    try:
        for chunk in source.chunks():
            chain.feed(chunk.data)
        chain.end()
        answer.body["ended"] = True
    finally:
        source.close()
        answer.body |= _figures(chain) | {"wall_s": round(time.monotonic() - started, 3)}
        if keeper is not None and account is not None:
            keeper.commit(chain.totals.last_utc_ns or 0)
            answer.body["entries"] = account.close().size
    _judge(answer, chain)


def _mandate_for(live: bool, post: Path | None) -> Mandate | None:
    """A live watch needs a mandate that holds now; a replay needs none. Raises InputFault."""
    if not live:
        return None
    if post is None:
        text = "a live stream is watched under a mandate, and the mandate lies in a post."
        raise InputFault(
            "no_mandate", text, field="--post", remedy="Name the post whose mandate.toml covers this watch."
        )
    mandate = load_mandate(post / "mandate.toml")
    now_ns = SystemClock().utc_ns()
    if not mandate.covers_time(now_ns, now_ns):
        span = f"from {iso_of(mandate.from_utc_ns)} to {iso_of(mandate.to_utc_ns)}"
        text = f"the mandate runs {span}; it is {iso_of(now_ns)}."
        raise InputFault(
            "mandate_expired", text, file=str(post / "mandate.toml"), remedy="Ask for a mandate for this time."
        )
    return mandate


class WatchChain(Chain):
    """A chain whose ground is laid when the first pose tells where the camera is."""

    def __init__(self, keeper: Keeper | None, terrain: Path | None, live: bool, mandate: Mandate | None) -> None:
        super().__init__(ChainSettings(stream="stream", live=live), None, None, keeper)
        self.terrain_sha256: str | None = None
        self._terrain, self._mandate = terrain, mandate

    def _frame(self, paired: Paired) -> None:
        if paired.pose is not None and self.eye is None:
            self._check_area(paired.pose)
            grid, dem = ground_about(paired.pose, self._terrain)
            self.terrain_sha256 = None if dem is None else dem.sha256
            self.eye = Eye(dem, grid, "stream")
        super()._frame(paired)

    def _check_area(self, pose: CameraPose) -> None:
        if self._mandate is None:
            return
        if not Polygon(self._mandate.area).covers(Point(pose.position.lon_deg, pose.position.lat_deg)):
            place = f"{pose.position.lat_deg:.4f}, {pose.position.lon_deg:.4f}"
            text = f"the camera is at {place}, outside the mandate's area."
            raise InputFault("outside_mandate", text, field="area_file", remedy="Stop the watch, or ask for a mandate.")


def ground_about(pose: CameraPose, terrain: Path | None) -> tuple[LocalGrid, Dem | None]:
    """A grid at the camera and the elevation model within about 15 km; without one the ellipsoid is the ground."""
    lat, lon = pose.position.lat_deg, pose.position.lon_deg
    grid = LocalGrid(lat, lon, 0.0)
    if terrain is None:
        return grid, None
    source = RasterSource(terrain)
    reach = REACH_DEG / max(np.cos(np.radians(lat)), 0.1)
    box = source.clipped(lon - reach, lat - REACH_DEG, lon + reach, lat + REACH_DEG)
    return grid, dem_of(source, grid, *box, CELL_M, "amsl_egm96")


def _figures(chain: WatchChain) -> dict[str, Any]:
    totals, eye = chain.totals, chain.eye
    span_s = None if totals.pts_span_90k is None else (totals.pts_span_90k[1] - totals.pts_span_90k[0]) / 90_000
    return {
        "codec": None if chain.decoder is None else chain.decoder.codec,
        "width_px": totals.width_px,
        "height_px": totals.height_px,
        "frame_rate_hz": None if not span_s else round((totals.frames - 1) / span_s, 3),
        "duration_s": None if span_s is None else round(span_s, 3),
        "frames": totals.frames,
        "frames_damaged": totals.frames_damaged,
        "metadata_packets": totals.metadata_packets,
        "metadata_rejected": totals.metadata_rejected,
        "standard": totals.standard,
        "standard_version": totals.standard_version,
        "frames_georeferenced": totals.frames_georeferenced,
        "height_reference": None if eye is None else eye.height_reference,
        "terrain_sha256": chain.terrain_sha256,
        "position_sigma_median_m": _median(totals.sigmas_m),
        "frame_centre_disagreement_median_m": _median(totals.centre_disagreements_m),
        "footprint_km2": None if totals.footprint is None else round(_area_km2(totals.footprint.ring), 6),
        "seen_km2": None if eye is None or eye.seen is None else round(eye.seen.seen_km2(), 4),
        "plots": totals.plots,
        "tracks": len(totals.tracks),
    }


def _judge(answer: Answer, chain: WatchChain) -> None:
    """Nothing decoded: exit 3. Decoded but damaged or without metadata: warnings."""
    totals = chain.totals
    if totals.frames == 0:
        text = "no frame of video could be decoded."
        raise InputFault("no_video", text, file=answer.body["source"], remedy="Run `apacheta doctor video` on it.")
    stats = chain.demuxer.stats
    counts = {
        "no_metadata": totals.metadata_packets == 0,
        "no_position": totals.metadata_packets > 0 and totals.frames_georeferenced == 0,
        "frames_damaged": totals.frames_damaged,
        "metadata_rejected": totals.metadata_rejected,
        "continuity_errors": stats.continuity_errors,
        "crc_errors": stats.crc_errors,
        "resyncs": stats.resyncs,
    }
    answer.warnings += [ErrorLine(code=k, text=f"{k.replace('_', ' ')}: {int(n)}") for k, n in counts.items() if n]


def _median(values: list[float]) -> float | None:
    finite = [v for v in values if np.isfinite(v)]
    return round(float(np.median(finite)), 3) if finite else None


def _area_km2(ring: Any) -> float:
    from pyproj import Geod

    lon, lat = np.asarray(ring, dtype=float).T
    return abs(float(Geod(ellps="WGS84").polygon_area_perimeter(lon, lat)[0])) / 1e6


def _summary(body: dict[str, Any]) -> str:
    return (
        f"{body['frames']} frames ({body['codec']}), {body['metadata_packets']} metadata packets ({body['standard']}), "
        f"{body['frames_georeferenced']} georeferenced over the {body['height_reference'] or 'nothing'}, "
        f"{body['tracks']} tracks"
    )
