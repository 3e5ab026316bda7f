"""The recipe of one stream: segments and hashes, demultiplexer, decoder, pairing, eye, watchman, account."""

import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import cv2
import msgspec
import numpy as np

from ...adapters.clock import SystemClock
from ...adapters.video import DecodedFrame, Decoder, VideoDecoder
from ...alert import Watchman
from ...alert.watchman import unreviewed
from ...core.alerts import Alert, Evidence
from ...core.instant import NS
from ...core.sight import Footprint, Frame, Track
from ...formats.klv import MetadataPacket, decode_packets, pose_of
from ...formats.ts import PesUnit, TsDemuxer
from ...geo import undulation_m
from ...ports import Clock
from ...see import Eye, Sighting
from .keeper import Keeper
from .pairing import Paired, Pairing
from .sample import Sample
from .segments import Segment, Segmenter
from .tap import Posed, Tap

CHIP_PX = 48
MARK_PX = 14

BEHIND_S = (0.7, 1.4)
"""Lags from which on a live watch looks half as often, and a third."""


@dataclass(frozen=True)
class ChainSettings:
    """Live: frames have due times, and how late they are tracked is noted. segments_before: the last one's number,
    where a watch goes on in a new process."""

    stream: str
    seen_every_s: float = 60.0
    live: bool = False
    segments_before: int = 0


@dataclass
class ChainTotals:
    """What went through a chain. `frames` decoded; lag only where frames have a due time (live)."""

    frames: int = 0
    frames_damaged: int = 0
    frames_georeferenced: int = 0
    metadata_packets: int = 0
    metadata_rejected: int = 0
    video_bytes: int = 0
    plots: int = 0
    tracks: set[str] = field(default_factory=set)
    standard: str = "none"
    standard_version: str | None = None
    width_px: int | None = None
    height_px: int | None = None
    pts_span_90k: tuple[int, int] | None = None
    first_utc_ns: int | None = None
    last_utc_ns: int | None = None
    lag_s: float | None = None
    lags_s: Sample = field(default_factory=Sample)
    sigmas_m: Sample = field(default_factory=Sample)
    centre_disagreements_m: Sample = field(default_factory=Sample)
    seen_utc_ns: list[int] = field(default_factory=list)
    seen_km2: list[float] = field(default_factory=list)
    footprint: Footprint | None = None


class Chain:
    """Takes the bytes of one stream; gives the alerts that begin. A replay may have no watchman and no keeper. Who is
    to be told of each step is its `tap`.

    decoder_for: the decoder of a stream type; `ApartDecoder.for_stream_type` decodes in a process of its own.
    """

    def __init__(
        self,
        settings: ChainSettings,
        eye: Eye | None,
        watchman: Watchman | None,
        keeper: Keeper | None,
        own_side: np.ndarray | None = None,
        lock: AbstractContextManager[Any] | None = None,
        clock: Clock | None = None,
        decoder_for: Callable[[int], Decoder] = VideoDecoder.for_stream_type,
    ) -> None:
        self.totals = ChainTotals()
        self.alerts: list[Alert] = []
        self.demuxer = TsDemuxer()
        self.decoder: Decoder | None = None
        self.eye = eye
        self.tap: Tap | None = None
        self._settings, self._watchman, self._keeper, self._own_side = settings, watchman, keeper, own_side
        self._lock = lock or threading.Lock()
        self._clock = clock or SystemClock()
        self._decoder_for = decoder_for
        self._received_ns = 0
        self._ended = False
        self._due: tuple[int, int] | None = None
        self._segmenter, self._pairing = Segmenter(settings.segments_before), Pairing()
        self._newest_pose: Posed | None = None
        self._segment_utc_ns: tuple[int, int] | None = None
        self._segment_frames = self._number = 0
        self._live: set[str] = set()
        self._noted_seen_ns: int | None = None

    def feed(self, data: bytes, received_ns: int | None = None) -> list[Alert]:
        """Take bytes as they come; returns the alerts that they raised. received_ns: when they came, monotonic; None
        means now."""
        before = len(self.alerts)
        self._received_ns = self._clock.monotonic_ns() if received_ns is None else received_ns
        for run in self._segmenter.runs(data):
            if run.at_table and self._segmenter.is_full:
                self._close_segment()
            self._take(run.data)
        if self._keeper is not None:
            self._keeper.tick()
        return self.alerts[before:]

    def end(self) -> list[Alert]:
        """The stream has ended, or nobody takes more of it: bring out what still waits. Whatever fails at that, what
        came is kept. A second call does nothing."""
        before = len(self.alerts)
        if not self._ended:
            self._ended = True
            try:
                self._bring_out()
            finally:
                if self.decoder is not None:
                    self.decoder.close()
                self._close_segment()
                self._note_seen(force=True)
        return self.alerts[before:]

    def _bring_out(self) -> None:
        """What segmenter, demultiplexer, decoder and pairing still hold."""
        self._take(self._segmenter.flush())
        self._units(self.demuxer.flush())
        if self.decoder is not None:
            self._decoded(self.decoder.flush())
        for paired in self._pairing.flush():
            self._frame(paired)

    def _take(self, data: bytes) -> None:
        """Put bytes into segments, and what is whole with them through the chain."""
        while data:
            if self._segmenter.room == 0:
                self._close_segment()
            part, data = data[: self._segmenter.room], data[self._segmenter.room :]
            self._segmenter.keep(part)
            self._units(self.demuxer.feed(part))

    def _units(self, units: Iterable[PesUnit]) -> None:
        for unit in units:
            if unit.kind == "video":
                self._video(unit)
            elif unit.kind == "metadata":
                self._metadata(unit)
            for paired in self._pairing.ready():
                self._frame(paired)

    def _video(self, unit: PesUnit) -> None:
        if self.tap is not None:
            self.tap.unit(unit, self._newest_pose)
        if self.decoder is None:
            self.decoder = self._decoder_for(unit.stream_type)
        self.totals.video_bytes += len(unit.data)
        if unit.pts_90k is not None:
            self._segmenter.at(unit.pts_90k)
        self._pairing.video_unit(unit.pts_90k)
        self._decoded(self.decoder.decode(unit.data, unit.pts_90k, unit.damaged, unit.after_loss))

    def _decoded(self, frames: Sequence[DecodedFrame]) -> None:
        for frame in frames:
            self.totals.frames += 1
            self.totals.frames_damaged += frame.damaged
            self._span(frame.pts_90k)
            self.totals.height_px, self.totals.width_px = frame.gray.shape
            self._pairing.frame(frame)

    def _span(self, pts_90k: int | None) -> None:
        """First and last presentation time, of frames that have one."""
        if pts_90k is not None:
            first = self.totals.pts_span_90k[0] if self.totals.pts_span_90k else pts_90k
            self.totals.pts_span_90k = (first, pts_90k)

    def _metadata(self, unit: PesUnit) -> None:
        for packet in decode_packets(unit.data, unit.damaged):
            self.totals.metadata_packets += 1
            self.totals.metadata_rejected += not packet.usable
            if packet.usable:
                self._pose(unit, packet)

    def _pose(self, unit: PesUnit, packet: MetadataPacket) -> None:
        """Note what the packet is, and hand its pose, if it holds one, to the frame that it belongs to."""
        self.totals.standard = packet.standard
        if packet.version is not None:
            self.totals.standard_version = str(packet.version)
        pose = pose_of(packet, undulation_m)
        if pose is not None:
            self._newest_pose = Posed(unit.pts_90k, pose)
            self._pairing.pose(unit.pts_90k, pose)

    def _frame(self, paired: Paired) -> None:
        """One frame on its way: without a pose it has no place, but a damaged one ends the look all the same."""
        number, self._number = self._number, self._number + 1
        if paired.pose is None:
            if paired.damaged and self.eye is not None:
                self.eye.break_off()
            return
        self._time(paired.pose.utc_ns)
        self._due = self._due or (paired.pose.utc_ns, self._received_ns)
        if self.eye is None:
            return
        height_px, width_px = paired.gray.shape
        frame = Frame(
            stream=self._settings.stream,
            number=number,
            pts_s=None if paired.pts_90k is None else paired.pts_90k / 90_000,
            width_px=width_px,
            height_px=height_px,
            pose=paired.pose,
        )
        sighting = self.eye.step(paired.gray, frame, paired.damaged, self._sparser())
        self._footprint(sighting.footprint)
        if sighting.looked:
            self._sighting(sighting, frame)

    def _footprint(self, footprint: Footprint | None) -> None:
        if footprint is None:
            return
        self.totals.frames_georeferenced += 1
        self.totals.footprint = footprint
        self.totals.sigmas_m.add(footprint.position_sigma_m)

    def _sighting(self, sighting: Sighting, frame: Frame) -> None:
        self.totals.plots += len(sighting.plots)
        self.totals.tracks.update(t.id for t in sighting.tracks if t.confirmed)
        incidents = {} if self._watchman is None else self._watched(sighting.tracks, self._watchman)
        if self.tap is not None:
            self.tap.look(frame, sighting, incidents)
        self._note_seen(force=False)
        if self._settings.live:
            self._note_lag()

    def _watched(self, tracks: Sequence[Track], watchman: Watchman) -> dict[str, str]:
        """Show the tracks to the watchman; the incident of each that has one, by the track's id."""
        with self._lock:
            for alert in watchman.step(tracks):
                self._raise(alert, tracks)
            self._forget(tracks)
            return watchman.incidents_of(tracks)

    def _raise(self, alert: Alert, tracks: Sequence[Track]) -> None:
        """Put the evidence to an alert and write it down, with the decision that nobody has taken yet."""
        track = next(t for t in tracks if t.id == alert.tracks[0])
        still = self.eye.still(track.frame) if self.eye is not None else None
        if self._keeper is not None:
            evidence = Evidence(
                still_sha256=self._keeper.picture(_marked(still, track)),
                chip_sha256=self._keeper.picture(_chip(still, track)),
                track=alert.evidence.track,
            )
            alert = msgspec.structs.replace(alert, evidence=evidence)
            self._keeper.alert(alert, unreviewed(alert))
        self.alerts.append(alert)
        if self.tap is not None:
            self.tap.alert(alert)

    def _forget(self, tracks: Sequence[Track]) -> None:
        now = {t.id for t in tracks}
        if self._watchman is not None:
            self._watchman.forget(self._live - now)
        self._live = now

    def _time(self, utc_ns: int) -> None:
        self.totals.first_utc_ns = self.totals.first_utc_ns or utc_ns
        self.totals.last_utc_ns = utc_ns
        first = self._segment_utc_ns[0] if self._segment_utc_ns else utc_ns
        self._segment_utc_ns = (first, utc_ns)
        self._segment_frames += 1

    def _close_segment(self) -> None:
        segment = self._segmenter.close()
        if segment is not None and self._keeper is not None:
            self._keep(segment, self._keeper)
        self._segment_utc_ns, self._segment_frames = None, 0

    def _keep(self, segment: Segment, keeper: Keeper) -> None:
        from_ns, to_ns = self._segment_utc_ns or (None, None)
        body = {
            "from_utc_ns": None if from_ns is None else str(from_ns),
            "to_utc_ns": None if to_ns is None else str(to_ns),
            "frames": self._segment_frames,
            "bytes": len(segment.data),
            "sha256": segment.sha256,
        }
        keeper.segment(self._settings.stream, segment.number, segment.data, body, to_ns or self.totals.last_utc_ns or 0)

    def _note_seen(self, force: bool) -> None:
        utc_ns = self.totals.last_utc_ns
        if self.eye is None or self.eye.seen is None or utc_ns is None or not (force or self._is_seen_due(utc_ns)):
            return
        self._noted_seen_ns = utc_ns
        km2 = float(self.eye.seen.seen_km2(self._own_side))
        self.totals.seen_utc_ns.append(utc_ns)
        self.totals.seen_km2.append(km2)
        if self._keeper is not None:
            body = {"stream": self._settings.stream, "seen_km2": round(km2, 4), "frames": self.totals.frames}
            self._keeper.note("looks", utc_ns, body)

    def _is_seen_due(self, utc_ns: int) -> bool:
        """Whether the stream's time lies far enough from the last note's, before it or after: it may jump."""
        noted_ns = self._noted_seen_ns
        return noted_ns is None or abs(utc_ns - noted_ns) >= self._settings.seen_every_s * NS

    def _sparser(self) -> int:
        """How many times as far apart looks are: a live watch that has fallen behind looks less often until it is not.
        Every picture is decoded, placed and kept all the same."""
        behind_s = self.totals.lag_s or 0.0
        return 1 if not self._settings.live else 1 + sum(behind_s > most_s for most_s in BEHIND_S)

    def _note_lag(self) -> None:
        """From when a frame was due to when it is tracked; due times count from the arrival of the first with a pose,
        so that a backlog which the first look makes shows in all that come after."""
        if self._due is not None and self.totals.last_utc_ns is not None:
            first_utc_ns, first_ns = self._due
            due_ns = first_ns + self.totals.last_utc_ns - first_utc_ns
            self.totals.lag_s = (self._clock.monotonic_ns() - due_ns) / NS
            self.totals.lags_s.add(self.totals.lag_s)


def _marked(still: np.ndarray | None, track: Track) -> np.ndarray | None:
    """The picture with a frame round the mover (rows, cols, 3), uint8."""
    if still is None:
        return None
    picture = cv2.cvtColor(still, cv2.COLOR_GRAY2BGR)
    column, row = round(track.column_px), round(track.row_px)
    cv2.rectangle(picture, (column - MARK_PX, row - MARK_PX), (column + MARK_PX, row + MARK_PX), (0, 159, 230), 1)
    return picture


def _chip(still: np.ndarray | None, track: Track) -> np.ndarray | None:
    """The mover alone, enlarged four times (rows, cols), uint8."""
    if still is None:
        return None
    column, row = round(track.column_px), round(track.row_px)
    half = CHIP_PX // 2
    top, left = max(row - half, 0), max(column - half, 0)
    chip = still[top : row + half, left : column + half]
    return cv2.resize(chip, None, fx=4, fy=4, interpolation=cv2.INTER_NEAREST) if chip.size else None
