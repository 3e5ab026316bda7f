"""`apacheta watch`: one stream through the chain. A file is a replay; a live URL needs the post's mandate."""

import argparse
import math
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from shapely.geometry import Point, Polygon

from ..adapters.clock import SystemClock
from ..adapters.raster import RasterSource
from ..adapters.stream import is_live, open_stream
from ..core.alerts import Alert
from ..core.entries import EntryKind
from ..core.errors import ErrorLine, Fault, InputFault
from ..core.instant import NS, iso_of
from ..core.mandate import Mandate
from ..core.place import GeoPoint, HaeM
from ..core.sight import CameraPose
from ..formats.klv import MetadataPacket
from ..formats.ts import PesUnit
from ..geo import Dem, LocalGrid, dem_of, undulation_m
from ..ports import StreamSource
from ..see import Eye, frame_centre_disagreement_m
from .answer import INTERRUPTED, Answer, run_to_answer, show
from .chain import Chain, ChainSettings, Keeper, Paired, Sample
from .doctor import damage_lines
from .folders import unused_folder
from .loading import load_mandate
from .logbook import open_account
from .post import mandate_body, open_post
from .stop import Stop

SCHEMA = "apacheta/watch/1"
KEYS = (
    "interrupted",
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
STREAM = "stream"
"""The stream's name in a post; a later one in the same post is stream-2, so that no video is written over."""
MOST_CENTRES = 1000
"""Stated frame centres that wait for their frame; more means that they belong to none."""
REACH_DEG = 0.15
LIVE_IDLE_S = 5.0
"""With --until-end a live stream has ended when it was silent for so long."""
UNPLACED_S = 30.0
"""How much of a live stream may come without a pose: longer than any encoder's pause between two of them."""
STOPPED = ("interrupted", "a person ended the watch before its stream did.")
CELL_M = 30.0
PACKET_BYTES = 188


def command(arguments: argparse.Namespace) -> int:
    """Watch one stream to its end and print what was seen."""
    answer = Answer(SCHEMA, KEYS, {"interrupted": False, "source": arguments.stream, "ended": False})
    run_to_answer(answer, lambda a: _watch(a, arguments))
    return show(answer, arguments.json, _summary)


def _watch(answer: Answer, arguments: argparse.Namespace) -> None:
    """What may be refused is refused before a post is made or touched."""
    live = is_live(arguments.stream)
    mandate = _mandate_for(live, Path(arguments.post) if arguments.post else None)
    terrain = _terrain_of(arguments.terrain)
    source = open_stream(arguments.stream, idle_timeout_s=LIVE_IDLE_S if arguments.until_end else None)
    try:
        post = open_post(Path(arguments.post)) if arguments.post else None
        keeper = None if post is None else Keeper(post, open_account(post)[0], keep_video=True)
        stream = STREAM if post is None else unused_folder(post.video / STREAM).name
        chain = WatchChain(ChainSettings(stream=stream, live=live), keeper, terrain, mandate)
        notes = None if keeper is None else _Notes(arguments.stream, chain, keeper)
        _run(answer, chain, source, notes)
    finally:
        source.close()
    _judge(answer, chain)


class _Notes:
    """What the account of a watch says besides segments and looks: under which mandate, over what, and how it ended."""

    def __init__(self, address: str, chain: "WatchChain", keeper: Keeper) -> None:
        self._address, self._chain, self._keeper = address, chain, keeper

    def begin(self) -> None:
        """A live watch is in the account before its first byte is looked at."""
        mandate, terrain = self._chain.mandate, self._chain.terrain
        if mandate is None:
            return
        stream = {"stream": self._chain.stream, "source": self._address}
        terrain_sha256 = None if terrain is None else terrain.sha256
        self._note("mandate", mandate_body(mandate) | {"watch": stream | {"terrain_sha256": terrain_sha256}})

    def fault(self, what: str, text: str) -> None:
        """What ended the watch before its stream did, or was lost on the way in."""
        self._note("fault", {"what": what, "stream": self._chain.stream, "text": text})

    def close(self) -> int:
        """Write down what waits and close the log; its entries."""
        return self._keeper.close().size

    def _note(self, kind: EntryKind, body: dict[str, Any]) -> None:
        """By our own clock, for the stream's may be another, and on disk at once."""
        self._keeper.note(kind, SystemClock().utc_ns(), body, at_once=True)


def _run(answer: Answer, chain: "WatchChain", source: StreamSource, notes: _Notes | None) -> None:
    """Take the stream to its end; whatever ends it, the figures so far are noted and the log is closed."""
    started = time.monotonic()
    try:
        _take(answer, chain, source, notes)
    except BaseException as failure:
        with suppress(Fault, OSError):  # the first failure is the one to tell
            _take_failure(chain, notes, failure)
        with suppress(Fault, OSError):
            _sum_up(answer, chain, source, notes, started)
        raise
    _sum_up(answer, chain, source, notes, started)


def _take(answer: Answer, chain: "WatchChain", source: StreamSource, notes: _Notes | None) -> None:
    """The stream through the chain, until it ends or a person stops it."""
    if notes is not None:
        notes.begin()
    with Stop() as stop:
        for chunk in source.chunks():
            chain.feed(chunk.data, chunk.received_monotonic_ns)
            if stop.asked:
                break
        chain.end()
    answer.body["ended"] = not stop.asked
    if stop.asked:
        answer.body["interrupted"], answer.exit_code = True, INTERRUPTED
        if notes is not None:
            notes.fault(*STOPPED)


def _take_failure(chain: "WatchChain", notes: _Notes | None, failure: BaseException) -> None:
    """Write down what was looked at, and what ended the watch: also a full disk, a bug of ours, a second Ctrl-C."""
    try:
        chain.break_off()
    finally:
        if notes is not None:
            notes.fault(*_told_of(failure))


def _told_of(failure: BaseException) -> tuple[str, str]:
    """The failure as a fault of the account: code, text."""
    if isinstance(failure, Fault):
        return failure.line.code, failure.line.text
    return (
        STOPPED if isinstance(failure, KeyboardInterrupt) else ("watch_failed", f"{type(failure).__name__}: {failure}")
    )


def _sum_up(answer: Answer, chain: "WatchChain", source: StreamSource, notes: _Notes | None, started_s: float) -> None:
    """The figures of what was watched into the answer, and the log closed."""
    answer.body |= _figures(chain) | {"wall_s": round(time.monotonic() - started_s, 3)}
    answer.warnings += _warnings(chain, bool(answer.body["ended"]))
    try:
        _tell_dropped(answer, source, notes)
    finally:
        if notes is not None:
            answer.body["entries"] = notes.close()


def _tell_dropped(answer: Answer, source: StreamSource, notes: _Notes | None) -> None:
    """Bytes that reached this machine and found no room."""
    if not source.dropped_bytes:
        return
    text = f"about {source.dropped_bytes} bytes came faster than they could be taken and were lost"
    answer.warnings.append(ErrorLine(code="bytes_dropped", text=text, remedy="Watch fewer streams on this machine."))
    if notes is not None:
        notes.fault("bytes_dropped", text)


def _terrain_of(name: str | None) -> RasterSource | None:
    """The elevation file that was named. Raises InputFault."""
    try:
        return None if name is None else RasterSource(name)
    except InputFault as fault:
        raise _about_terrain(fault) from None


def _about_terrain(fault: InputFault) -> InputFault:
    """The fault as one of the command line's --terrain."""
    line = fault.line
    remedy = "Name an elevation file of the ground under the camera, or leave --terrain out."
    return InputFault(line.code, line.text, file=line.file, field="--terrain", remedy=remedy)


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
    _check_time(mandate, SystemClock().utc_ns(), str(post / "mandate.toml"))
    return mandate


def _check_time(mandate: Mandate, now_ns: int, file: str | None) -> None:
    """Refuse a watch before or after the mandate's time. Raises InputFault."""
    if mandate.covers_time(now_ns, now_ns):
        return
    span = f"from {iso_of(mandate.from_utc_ns)} to {iso_of(mandate.to_utc_ns)}"
    text = f"the mandate runs {span}; it is {iso_of(now_ns)}."
    late = now_ns >= mandate.to_utc_ns
    code, field = ("mandate_expired", "to_utc") if late else ("outside_mandate", "from_utc")
    raise InputFault(code, text, file=file, field=field, remedy="Ask the authority for a mandate for this time.")


class WatchChain(Chain):
    """A chain whose ground is laid when the first pose tells where the camera is. With a mandate it ends, by
    InputFault, when the mandate's time does, with the first frame outside its area, and where nobody can say for
    `UNPLACED_S` of the stream where the camera is; silence does not count."""

    def __init__(
        self, settings: ChainSettings, keeper: Keeper | None, terrain: RasterSource | None, mandate: Mandate | None
    ) -> None:
        super().__init__(settings, None, None, keeper, clock=SystemClock())
        self.terrain_sha256: str | None = None
        self.taken_bytes = 0
        self.stream, self.terrain, self.mandate = settings.stream, terrain, mandate
        self._area = None if mandate is None else Polygon(mandate.area)
        self._centres: dict[int, GeoPoint] = {}
        self._came_ns: int | None = None
        self._unplaced_ns = 0

    def feed(self, data: bytes, received_ns: int | None = None) -> list[Alert]:
        """As `Chain.feed`; a live watch hears of silence too, so that none outlasts its mandate."""
        if self.mandate is not None:
            _check_time(self.mandate, self._clock.utc_ns(), None)
            self._check_placed(data, self._clock.monotonic_ns() if received_ns is None else received_ns)
        self.taken_bytes += len(data)
        return super().feed(data, received_ns)

    def break_off(self) -> None:
        """End without looking at what still waits: what was looked at is written down, once."""
        if not self._ended:
            self._ended = True
            try:
                self._close_segment()
            finally:
                self._note_seen(force=True)

    def _pose(self, unit: PesUnit, packet: MetadataPacket) -> None:
        centre = stated_centre(packet)
        if centre is not None and packet.utc_ns is not None:
            self._centres[packet.utc_ns] = centre
        super()._pose(unit, packet)

    def _frame(self, paired: Paired) -> None:
        if paired.pose is not None:
            self._check_area(paired.pose)
            self._unplaced_ns = 0
            if self.eye is None:
                grid, dem = ground_about(paired.pose, self.terrain)
                self.terrain_sha256 = None if dem is None else dem.sha256
                self.eye = Eye(dem, grid, self.stream)
        before = self.totals.footprint
        super()._frame(paired)
        if paired.pose is not None and self.totals.footprint is not before:
            self._compare_centre(self._centres.pop(paired.pose.utc_ns, None))

    def _compare_centre(self, stated: GeoPoint | None) -> None:
        """How far the frame centre that the stream states lies from ours: shown, never used."""
        footprint = self.totals.footprint
        if stated is not None and footprint is not None:
            self.totals.centre_disagreements_m.add(frame_centre_disagreement_m(stated, footprint.centre))
        if len(self._centres) > MOST_CENTRES:
            self._centres.clear()

    def _check_placed(self, data: bytes, received_ns: int) -> None:
        """Add up for how long bytes have come since the last frame with a pose. Raises InputFault `no_position`."""
        if not data:
            return
        self._unplaced_ns += 0 if self._came_ns is None else min(received_ns - self._came_ns, NS)
        self._came_ns = received_ns
        if self._unplaced_ns > UNPLACED_S * NS:
            text = f"no frame came with a pose in {UNPLACED_S:.0f} s of the stream: nobody can say where the camera is."
            remedy = "Run `apacheta doctor video` on a recording: it says what the encoder must send."
            raise InputFault("no_position", text, field="stream", remedy=remedy)

    def _check_area(self, pose: CameraPose) -> None:
        if self._area is None or self._area.covers(Point(pose.position.lon_deg, pose.position.lat_deg)):
            return
        text = f"the camera is at {_place(pose)}, outside the mandate's area."
        raise InputFault("outside_mandate", text, field="area_file", remedy="Stop the watch, or ask for a mandate.")


def stated_centre(packet: MetadataPacket) -> GeoPoint | None:
    """The frame centre of items 23-25 (ST 0601) or of the EG 0104 set, its height made one above the ellipsoid; NaN
    where no height is stated. None without a place."""
    names = ("frame_centre_lat_deg", "frame_centre_lon_deg", "frame_centre_alt_amsl_m")
    lat, lon, amsl = (packet.items.get(k) for k in ((23, 24, 25) if packet.standard == "ST 0601" else names))
    if not isinstance(lat, float) or not isinstance(lon, float):
        return None
    height = amsl + float(undulation_m(lat, lon)) if isinstance(amsl, float) else math.nan
    return GeoPoint(lat_deg=lat, lon_deg=lon, alt_hae_m=HaeM(height))


def ground_about(pose: CameraPose, terrain: RasterSource | None) -> tuple[LocalGrid, Dem | None]:
    """A grid at the camera and the elevation model within about 15 km; without one the ellipsoid is the ground.

    Raises InputFault where the elevation file covers nothing of it.
    """
    lat, lon = pose.position.lat_deg, pose.position.lon_deg
    grid = LocalGrid(lat, lon, 0.0)
    if terrain is None:
        return grid, None
    reach = REACH_DEG / max(np.cos(np.radians(lat)), 0.1)
    try:
        box = terrain.clipped(lon - reach, lat - REACH_DEG, lon + reach, lat + REACH_DEG)
        return grid, dem_of(terrain, grid, *box, CELL_M, "amsl_egm96")
    except InputFault as fault:
        line = fault.line
        text = f"{line.text}; the camera is at {_place(pose)}."
        raise _about_terrain(InputFault(line.code, text, file=line.file)) from None


def _place(pose: CameraPose) -> str:
    return f"{pose.position.lat_deg:.4f}, {pose.position.lon_deg:.4f}"


def _figures(chain: WatchChain) -> dict[str, Any]:
    totals, eye = chain.totals, chain.eye
    span_s = None if totals.pts_span_90k is None else (totals.pts_span_90k[1] - totals.pts_span_90k[0]) / 90_000
    rate_hz = (totals.frames - 1) / span_s if span_s and span_s > 0 else None
    return {
        "codec": None if chain.decoder is None else chain.decoder.codec,
        "width_px": totals.width_px,
        "height_px": totals.height_px,
        "frame_rate_hz": None if not rate_hz else round(rate_hz, 3),
        "duration_s": None if not rate_hz else round(totals.frames / rate_hz, 3),
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
    """Nothing decoded: exit 3, but where a person ended it; with any frame it is 0, whatever the warnings say."""
    if chain.totals.frames == 0 and answer.exit_code != INTERRUPTED:
        text = "no frame of video could be decoded."
        raise InputFault("no_video", text, file=answer.body["source"], remedy="Run `apacheta doctor video` on it.")


def _warnings(chain: WatchChain, ended: bool) -> list[ErrorLine]:
    """What was wrong with the stream and was survived, a line for each kind; what its end shows, with `ended`."""
    totals, stats = chain.totals, chain.demuxer.stats
    trailing = max(0, chain.taken_bytes - stats.packets * PACKET_BYTES - stats.skipped_bytes) if ended else 0
    lines = damage_lines(stats, chain.decoder.stats if chain.decoder else None, trailing)
    if totals.metadata_rejected:
        text = f"{totals.metadata_rejected} metadata sets were not used: a wrong checksum, or broken"
        lines.append(ErrorLine(code="metadata_rejected", text=text))
    if ended and totals.frames and not totals.frames_georeferenced:
        none = totals.metadata_packets == 0
        text = f"{'no metadata came' if none else 'no usable pose came'}: no frame has a place on the ground"
        remedy = "Run `apacheta doctor video` on a recording: it says what the encoder must send."
        lines.append(ErrorLine(code="no_metadata" if none else "no_position", text=text, remedy=remedy))
    return lines


def _median(sample: Sample) -> float | None:
    values = sample.values()
    finite = values[np.isfinite(values)]
    return round(float(np.median(finite)), 3) if len(finite) else None


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
