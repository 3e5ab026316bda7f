"""One stream's access units to gray images by libavcodec (PyAV), one thread: order and results repeat exactly."""

import re
from collections import deque
from dataclasses import dataclass
from itertools import pairwise

import av
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from apacheta.core.errors import InputFault

CODECS = {0x01: "mpeg1video", 0x02: "mpeg2video", 0x10: "mpeg4", 0x1B: "h264", 0x24: "hevc"}
"""Decoders by the stream type of ISO/IEC 13818-1."""

_EIGHT_BIT_LUMA = frozenset(
    {"gray", "yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "nv12", "nv21"}
)
_DELIMITERS = {"h264": re.compile(rb"\x00\x00\x01\x09"), "hevc": re.compile(rb"\x00\x00\x01\x46\x01")}
MOST_REORDERED = 17
"""Pictures that a decoder may hold back (H.264 allows 16), and the one at hand."""
LARGEST_PIXELS = 4096 * 2304
"""A head that claims more is damage: it must not make the decoder take gigabytes."""


@dataclass(frozen=True)
class DecodedFrame:
    """gray: (height, width) uint8, row 0 on top, luma as coded, read-only. `damaged`: the decoder had to conceal."""

    gray: NDArray[np.uint8]
    pts_90k: int | None
    keyframe: bool
    damaged: bool


@dataclass
class DecoderStats:
    """Counts so far. `damaged_frames`: given out although concealed; `failed_units`: refused by the decoder."""

    codec: str
    frames: int = 0
    damaged_frames: int = 0
    failed_units: int = 0


class VideoDecoder:
    """Decodes one stream. Nothing that it is fed raises: what cannot be decoded is counted and left out."""

    def __init__(self, codec: str = "h264") -> None:
        self.codec = codec
        self.stats = DecoderStats(codec)
        self._context = av.CodecContext.create(codec, "r")
        self._context.thread_count = 1
        self._context.options = {"max_pixels": str(LARGEST_PIXELS)}
        self._damaged_pts: deque[int] = deque(maxlen=MOST_REORDERED)
        self._delimiter = _DELIMITERS.get(codec)

    @classmethod
    def for_stream_type(cls, stream_type: int) -> "VideoDecoder":
        """The decoder for a stream type. Raises InputFault where there is none."""
        if stream_type not in CODECS:
            text = f"Video of stream type 0x{stream_type:02x} is not read here."
            raise InputFault("unknown_video_codec", text, remedy="Send H.264, H.265 or MPEG-2 video.")
        return VideoDecoder(CODECS[stream_type])

    @property
    def profile(self) -> str | None:
        """For example "High" or "High 4:4:4 Predictive"."""
        return self._context.profile

    @property
    def pixel_format(self) -> str | None:
        """For example "yuv420p"."""
        return self._context.pix_fmt

    def decode(self, access_unit: bytes, pts_90k: int | None, damaged: bool = False) -> list[DecodedFrame]:
        """Images that are ready now, in order of display; with reordered pictures that may be an earlier one.

        `damaged`: the demultiplexer knows that bytes are missing; the image made of them says so.
        """
        frames: list[DecodedFrame] = []
        for k, picture in enumerate(self._pictures(access_unit)):
            packet = av.Packet(picture)
            packet.pts = packet.dts = pts_90k if k == 0 else None
            packet.is_corrupt = damaged
            if damaged and packet.pts is not None:
                self._damaged_pts.append(packet.pts)
            frames += self._decode(packet, damaged and packet.pts is None)
        return frames

    def flush(self) -> list[DecodedFrame]:
        """The images that the decoder still holds, at the end of the stream."""
        return self._decode(None)

    def _pictures(self, access_unit: bytes) -> list[bytes]:
        """The unit cut at its delimiters: some multiplexers put several pictures into one PES packet."""
        found = [m.start() for m in self._delimiter.finditer(access_unit)] if self._delimiter else []
        if len(found) < 2:
            return [access_unit] if access_unit else []
        cuts = [0, *found[1:], len(access_unit)]
        return [access_unit[a:b] for a, b in pairwise(cuts)]

    def _decode(self, packet: av.Packet | None, damaged: bool = False) -> list[DecodedFrame]:
        try:
            pictures = self._context.decode(packet)
        except FFmpegError:
            self.stats.failed_units += 1
            return []
        frames = [_gray_frame(p, damaged or p.pts in self._damaged_pts) for p in pictures]
        self.stats.frames += len(frames)
        self.stats.damaged_frames += sum(f.damaged for f in frames)
        return frames


def _gray_frame(picture: av.VideoFrame, damaged: bool) -> DecodedFrame:
    return DecodedFrame(
        gray=_luma(picture),
        pts_90k=picture.pts,
        keyframe=bool(picture.key_frame),
        damaged=damaged or bool(picture.is_corrupt),
    )


def _luma(picture: av.VideoFrame) -> NDArray[np.uint8]:
    """The luma plane itself where it has eight bits, which costs one copy; a conversion else."""
    if picture.format.name in _EIGHT_BIT_LUMA:
        plane = picture.planes[0]
        rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
        gray = np.array(rows[: picture.height, : picture.width])
    else:
        gray = np.ascontiguousarray(picture.to_ndarray(format="gray"))
    gray.flags.writeable = False
    return gray
