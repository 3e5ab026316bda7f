"""Pictures to H.264 (libx264 by PyAV) and, with their metadata, into one transport stream."""

from fractions import Fraction

import av
import numpy as np
from av.video.frame import PictureType
from numpy.typing import NDArray

from ...core.instant import NS
from ...formats.ts import TsMuxer

GOP_S = 2.0
CRF = 23
"""Below 30 costs no movers, 36 does (reference/simulation, sensitivity)."""


class Encoder:
    """One thread, no delay: each picture gives its access unit at once (Annex B, headers at each key frame)."""

    def __init__(self, width_px: int, height_px: int, rate_hz: float) -> None:
        rate = Fraction(rate_hz).limit_denominator(1000)
        context = av.CodecContext.create("libx264", "w")
        assert isinstance(context, av.VideoCodecContext)
        context.width, context.height, context.pix_fmt = width_px, height_px, "yuv420p"
        context.time_base, context.framerate = 1 / rate, rate
        context.gop_size = max(1, round(GOP_S * rate_hz))
        context.thread_count = 1
        context.options = {
            "preset": "ultrafast",
            "forced-idr": "1",
            "tune": "zerolatency",
            "crf": str(CRF),
            "x264-params": "threads=1:sliced-threads=0:scenecut=0:aud=1:repeat-headers=1",
        }
        self._context = context
        self._picture = np.full((height_px * 3 // 2, width_px), 128, np.uint8)
        self._height = height_px
        self._number = 0

    def encode(self, gray: NDArray[np.uint8], as_key: bool = False) -> tuple[bytes, bool]:
        """The access unit and whether it is a key frame: every 2 s of pictures, and where it has to be one."""
        self._picture[: self._height] = gray
        frame = av.VideoFrame.from_ndarray(self._picture, format="yuv420p")
        frame.pts = self._number
        if as_key:
            frame.pict_type = PictureType.I
        self._number += 1
        packets = self._context.encode(frame)
        return b"".join(bytes(p) for p in packets), any(p.is_keyframe for p in packets)


class Stream:
    """The transport stream of one sortie after another; time runs from `zero_utc_ns` at PTS 1 s. `frames`: sent."""

    def __init__(self, width_px: int, height_px: int, rate_hz: float, zero_utc_ns: int) -> None:
        self._size = (width_px, height_px, rate_hz)
        self._zero_utc_ns = zero_utc_ns
        self.muxer = TsMuxer()
        self.encoder = Encoder(*self._size)
        self.frames = 0
        self._key_due_utc_ns = zero_utc_ns

    def restart(self) -> None:
        """A new sortie: the next picture is a key frame."""
        self.encoder = Encoder(*self._size)

    def packets(self, utc_ns: int, gray: NDArray[np.uint8], klv: bytes) -> bytes:
        """The transport stream's bytes of one frame. A key frame comes in time where pictures are missed, too."""
        unit, key = self.encoder.encode(gray, utc_ns > self._key_due_utc_ns)
        if key:
            self._key_due_utc_ns = utc_ns + round(GOP_S * NS)
        self.frames += 1
        pts_90k = 90_000 + (utc_ns - self._zero_utc_ns) * 9 // 100_000
        return self.muxer.frame(pts_90k % (1 << 33), unit, klv, key)
