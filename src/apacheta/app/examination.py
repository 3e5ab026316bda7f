"""One pass over a recorded stream that counts and measures what the doctor reports."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from apacheta.adapters.stream import FileStream
from apacheta.adapters.video import CODECS, DecodedFrame, DecoderStats, VideoDecoder
from apacheta.formats.klv import MetadataPacket, decode_packets, missing_for_pose, pose_of
from apacheta.formats.ts import METADATA_IN_PES, PesUnit, TsDemuxer

_PACKET_BYTES = 188
_BROWSER_PROFILES = frozenset({"Baseline", "Constrained Baseline", "Main", "High"})
_DRIFT_SETS, _DRIFT_S = 10, 1.0
"""Least number of sets and least time span from which a drift is told."""
FULL_FRACTION = 0.9
"""From this share of sets with a pose on, georeferencing is full: a link always loses some."""


def examine(path: Path) -> "Examination":
    """Read the file to its end. Raises InputFault where there is none."""
    found = Examination()
    source = FileStream(path)
    try:
        for chunk in source.chunks():
            found.feed(chunk.data)
        found.end()
    finally:
        source.close()
    return found


class Examination:
    """What was met so far. The first video stream whose coding we know is decoded; all metadata is read."""

    def __init__(self) -> None:
        self.demuxer = TsDemuxer()
        self.video_pid: int | None = None
        self.frames = 0
        self.checksum_failures = self.length_failures = self.garbage = 0
        self.trailing_bytes = 0
        self._bytes = 0
        self._decoder: VideoDecoder | None = None
        self._size_px: tuple[int, int] | None = None
        self._frame_pts: list[int] = []
        self._video_pts: list[int] = []
        self._sets: list[tuple[int | None, int | None]] = []
        """Each set's time: (its UTC in ns, its PTS or that of the video unit before it, at 90 kHz)."""
        self._without_pts = self._poses = 0
        self._positions = 0
        self._first: tuple[MetadataPacket, PesUnit] | None = None
        self._present: set[int | str] = set()
        self._missing: Counter[str] = Counter()

    @property
    def decoder_stats(self) -> DecoderStats | None:
        """Of the video that was decoded, None where there is none."""
        return self._decoder.stats if self._decoder else None

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the file."""
        self._bytes += len(data)
        self._units(self.demuxer.feed(data))

    def end(self) -> None:
        """The file has ended."""
        self._units(self.demuxer.flush())
        if self._decoder:
            self._decoded(self._decoder.flush())
        stats = self.demuxer.stats
        self.trailing_bytes = max(0, self._bytes - stats.packets * _PACKET_BYTES - stats.skipped_bytes)

    def _units(self, units: list[PesUnit]) -> None:
        for unit in units:
            if unit.kind == "metadata":
                self._metadata(unit)
            elif unit.kind == "video":
                self._video(unit)

    def _video(self, unit: PesUnit) -> None:
        if self.video_pid is None:
            self.video_pid = unit.pid
            self._decoder = VideoDecoder.for_stream_type(unit.stream_type) if unit.stream_type in CODECS else None
        if unit.pid != self.video_pid or self._decoder is None:
            return
        if unit.pts_90k is not None and not unit.damaged:
            self._video_pts.append(unit.pts_90k)
        self._decoded(self._decoder.decode(unit.data, unit.pts_90k, unit.damaged, unit.after_loss))

    def _decoded(self, frames: list[DecodedFrame]) -> None:
        self.frames += len(frames)
        self._frame_pts += [f.pts_90k for f in frames if f.pts_90k is not None]
        if frames:
            height, width = frames[-1].gray.shape
            self._size_px = (width, height)

    def _metadata(self, unit: PesUnit) -> None:
        for packet in decode_packets(unit.data, unit.damaged):
            self.length_failures += packet.length_failures
            if packet.standard == "other":
                self.garbage += bool(packet.problems)
                continue
            self._first = self._first or (packet, unit)
            self.checksum_failures += packet.checksum_ok is False
            self._without_pts += unit.pts_90k is None
            before = self._video_pts[-1] if self._video_pts else None
            self._sets.append((packet.utc_ns, before if unit.pts_90k is None else unit.pts_90k))
            if packet.usable:
                self._present.update(packet.items)
                self._missing.update(missing_for_pose(packet))
                self._poses += pose_of(packet) is not None
                self._positions += packet.items.get(13, packet.items.get("sensor_lat_deg")) is not None

    def georeferencing(self) -> str:
        """`full`: nearly every set gives a pose; `partial`: some do, or a position is known; `none`."""
        if self._sets and self._poses >= FULL_FRACTION * len(self._sets):
            return "full"
        return "partial" if self._poses or self._positions else "none"

    def video_figures(self) -> dict[str, Any] | None:
        """The `video` object; None where no frame was decoded."""
        if not self.frames or self._decoder is None or self._size_px is None:
            return None
        pts = np.unique(self._frame_pts)
        span_s = float(pts[-1] - pts[0]) / 90_000 if len(pts) > 1 else 0.0
        rate_hz = round((len(pts) - 1) / span_s, 3) if span_s else None
        return {
            "pid": self.video_pid,
            "codec": self._decoder.codec,
            "profile": self._decoder.profile,
            "width_px": self._size_px[0],
            "height_px": self._size_px[1],
            "frame_rate_hz": rate_hz,
            "frames": self.frames,
            "frames_damaged": self._decoder.stats.damaged_frames,
            "duration_s": round(span_s + 1.0 / rate_hz, 3) if rate_hz else None,
            "browser_playable": self._decoder.codec == "h264"
            and self._decoder.profile in _BROWSER_PROFILES
            and self._decoder.pixel_format in ("yuv420p", "yuvj420p"),
        }

    def metadata_figures(self) -> dict[str, Any] | None:
        """The `metadata` object; None where no set of a known standard was found."""
        if self._first is None:
            return None
        packet, unit = self._first
        usable = max(1, len(self._sets) - self.checksum_failures)
        return {
            "pid": unit.pid,
            "standard": packet.standard,
            "version": packet.version,
            "carriage": "synchronous" if unit.stream_type == METADATA_IN_PES else "asynchronous",
            "packets": len(self._sets),
            "packets_without_pts": self._without_pts,
            "checksum_failures": self.checksum_failures,
            "length_failures": self.length_failures,
            "rate_hz": self._rate_hz(),
            "items_present": sorted(self._present, key=lambda item: (isinstance(item, str), item)),
            "items_missing_for_georeferencing": [i for i, n in self._missing.items() if n > usable / 2],
        }

    def _times(self) -> tuple[np.ndarray, np.ndarray]:
        """(sets,) UTC and stream time in seconds of the sets that have both, from the first."""
        pairs = np.array([(u, p) for u, p in self._sets if u is not None and p is not None], dtype=np.int64)
        if not len(pairs):
            return np.empty(0), np.empty(0)
        pairs -= pairs[0]
        return pairs[:, 0] / 1e9, pairs[:, 1] / 90_000

    def _rate_hz(self) -> float | None:
        _, stream_s = self._times()
        span_s = float(np.ptp(stream_s)) if len(stream_s) else 0.0
        return round((len(stream_s) - 1) / span_s, 3) if span_s > 0 else None

    def timing_figures(self) -> dict[str, Any]:
        """The `timing` object. Offset: a set's PTS after the nearest frame's; drift: its UTC against the stream's time.

        `clock`: `pts`, or `arrival` where sets have no PTS and the video before them tells their time.
        """
        utc_s, stream_s = self._times()
        stands_still = len(utc_s) > 1 and float(np.ptp(utc_s)) == 0.0
        timed = self._without_pts < len(self._sets)
        offsets = self._offsets_s() if timed else np.empty(0)
        drift = None
        if len(utc_s) >= _DRIFT_SETS and float(np.ptp(stream_s)) >= _DRIFT_S and not stands_still:
            drift = round((float(np.polyfit(stream_s, utc_s, 1)[0]) - 1.0) * 1e6, 1)
        return {
            "clock": ("pts" if timed else "arrival") if self._sets else None,
            "offset_median_s": round(float(np.median(offsets)), 6) if len(offsets) else None,
            "offset_p95_s": round(float(np.percentile(np.abs(offsets), 95)), 6) if len(offsets) else None,
            "drift_ppm": drift,
            "stands_still": stands_still,
        }

    def _offsets_s(self) -> np.ndarray:
        """(sets,) seconds from the nearest video unit to each set that has a time."""
        video = np.unique(self._video_pts)
        sets = np.array([p for _, p in self._sets if p is not None], dtype=np.int64)
        if not len(video) or not len(sets):
            return np.empty(0)
        after = np.clip(np.searchsorted(video, sets), 1, max(len(video) - 1, 1))
        near = video[np.minimum(after, len(video) - 1)]
        before = video[after - 1]
        return np.where(np.abs(sets - near) < np.abs(sets - before), sets - near, sets - before) / 90_000
