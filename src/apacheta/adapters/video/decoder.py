"""One stream's access units to gray images by libavcodec (PyAV), one thread: order and results repeat exactly."""

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple, Protocol

import av
import numpy as np
from av.codec.context import Flags
from av.error import FFmpegError
from numpy.typing import NDArray

from apacheta.core.errors import InputFault

from .recovery import is_reference, recovery_frames

CODECS = {0x01: "mpeg1video", 0x02: "mpeg2video", 0x10: "mpeg4", 0x1B: "h264", 0x24: "hevc"}
"""Decoders by the stream type of ISO/IEC 13818-1."""

_EIGHT_BIT_LUMA = frozenset(
    {"gray", "yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "nv12", "nv21"}
)
_DELIMITERS = {"h264": re.compile(rb"\x00\x00\x01\x09"), "hevc": re.compile(rb"\x00\x00\x01\x46\x01")}
LARGEST_PIXELS = 4096 * 2304
"""A head that claims more is damage: it must not make the decoder take gigabytes."""


@dataclass(frozen=True)
class DecodedFrame:
    """gray: (height, width) uint8, row 0 on top, luma as coded, read-only. `damaged`: the decoder had to conceal in it,
    or in a picture that it may be drawn from: damage stays in the images until a key frame."""

    gray: NDArray[np.uint8]
    pts_90k: int | None
    keyframe: bool
    damaged: bool


@dataclass
class DecoderStats:
    """Counts so far. `damaged_frames`: given out although `damaged`; `failed_units`: refused by the decoder;
    `lost_units`: lost with a decoder's process, up to the next whole frame."""

    codec: str
    frames: int = 0
    damaged_frames: int = 0
    failed_units: int = 0
    lost_units: int = 0


class Decoder(Protocol):
    """What decodes a stream, here or apart."""

    codec: str
    stats: DecoderStats

    @property
    def profile(self) -> str | None: ...

    @property
    def pixel_format(self) -> str | None: ...

    def decode(
        self, access_unit: bytes, pts_90k: int | None, damaged: bool = False, after_loss: bool = False
    ) -> list[DecodedFrame]: ...

    def flush(self) -> list[DecodedFrame]: ...

    def close(self) -> None: ...


def codec_of(stream_type: int) -> str:
    """The coding of a stream type. Raises InputFault where we read none such."""
    if stream_type not in CODECS:
        text = f"Video of stream type 0x{stream_type:02x} is not read here."
        raise InputFault("unknown_video_codec", text, remedy="Send H.264, H.265 or MPEG-2 video.")
    return CODECS[stream_type]


class _Place(NamedTuple):
    """Where a unit lies in the order of decoding; `reference`: its number among those referred to, 0 for others."""

    unit: int
    reference: int


class _Wholeness:
    """Which pictures can be believed. Units are fed in order of decoding, pictures come out in order of display.

    What is lost breaks every picture decoded from there on. The break ends where a picture is shown from which on the
    stream promises right ones, and which was fed after the last loss: a key frame, or the end of an H.264 recovery
    point. Pictures that are shown before it may still be drawn from what was lost, though decoded after it. Damage that
    only the decoder notices is known when its picture comes out: reordered ones shown before it were not called broken.
    """

    def __init__(self) -> None:
        self._broken_from: int | None = None
        self._lost_last = -1
        self._recovery: tuple[int, int] | None = None

    def lose(self, unit: int) -> None:
        """This unit is damaged, refused or missing."""
        self._broken_from = unit if self._broken_from is None else min(self._broken_from, unit)
        self._lost_last, self._recovery = max(self._lost_last, unit), None

    def promise(self, references: int, frames: int) -> None:
        """A recovery point with so many references before it holds after so many frames; after none: a key frame."""
        if frames and self._recovery is None:
            self._recovery = references, frames + 1

    def is_broken(self, picture: av.VideoFrame, place: _Place) -> bool:
        """Whether the next picture in order of display is. Of two fields the place is that of the first one."""
        if picture.is_corrupt:
            self.lose(place.unit)
        if self._broken_from is None:
            return False
        if place.unit > self._lost_last and (picture.key_frame or self._is_recovered(picture, place)):
            self._broken_from = self._recovery = None
            return False
        return place.unit + picture.interlaced_frame >= self._broken_from

    def _is_recovered(self, picture: av.VideoFrame, place: _Place) -> bool:
        if self._recovery is None:
            return False
        before, frames = self._recovery
        fields = 1 + picture.interlaced_frame
        return 0 <= place.reference - (before + frames * fields) < fields


class VideoDecoder:
    """Decodes one stream. Nothing that it is fed raises: what cannot be decoded is counted and left out."""

    def __init__(self, codec: str = "h264") -> None:
        self.codec = codec
        self.stats = DecoderStats(codec)
        self._context = av.CodecContext.create(codec, "r")
        self._context.thread_count = 1
        self._context.options = {"max_pixels": str(LARGEST_PIXELS)}
        self._context.flags |= Flags.copy_opaque
        self._units = self._references = 0
        self._wholeness = _Wholeness()
        self._delimiter = _DELIMITERS.get(codec)

    @classmethod
    def for_stream_type(cls, stream_type: int) -> "VideoDecoder":
        """The decoder for a stream type. Raises InputFault where there is none."""
        return VideoDecoder(codec_of(stream_type))

    @property
    def profile(self) -> str | None:
        """For example "High" or "High 4:4:4 Predictive"."""
        return self._context.profile

    @property
    def pixel_format(self) -> str | None:
        """For example "yuv420p"."""
        return self._context.pix_fmt

    def decode(
        self, access_unit: bytes, pts_90k: int | None, damaged: bool = False, after_loss: bool = False
    ) -> list[DecodedFrame]:
        """Images that are ready now, in order of display; with reordered pictures that may be an earlier one.

        `damaged`: the demultiplexer knows that bytes are missing; all images until the next key frame say so.
        `after_loss`: whole units are missing before this one, with the same consequence.
        """
        if after_loss:
            self._miss()
        frames: list[DecodedFrame] = []
        for k, picture in enumerate(self._pictures(access_unit)):
            packet = av.Packet(picture)
            packet.pts = packet.dts = pts_90k if k == 0 else None
            packet.is_corrupt = damaged
            packet.opaque = self._place(picture, damaged)
            frames += self._decode(packet)
        return frames

    def flush(self) -> list[DecodedFrame]:
        """The images that the decoder still holds, at the end of the stream."""
        return self._decode(None)

    def close(self) -> None:
        """Nothing is held but memory."""

    def _pictures(self, access_unit: bytes) -> list[bytes]:
        """The unit cut at its delimiters: some multiplexers put several pictures into one PES packet."""
        found = [m.start() for m in self._delimiter.finditer(access_unit)] if self._delimiter else []
        if len(found) < 2:
            return [access_unit] if access_unit else []
        cuts = [0, *found[1:], len(access_unit)]
        return [access_unit[a:b] for a, b in pairwise(cuts)]

    def _miss(self) -> None:
        """A unit that never came has its place, too."""
        self._wholeness.lose(self._units)
        self._units += 1

    def _place(self, picture: bytes, damaged: bool) -> _Place:
        """The next place in the order of decoding; what the picture says about itself is noted."""
        unit, before = self._units, self._references
        is_h264 = self.codec == "h264"
        if damaged:
            self._wholeness.lose(unit)
        elif is_h264 and (frames := recovery_frames(picture)) is not None:
            self._wholeness.promise(before, frames)
        refers = is_h264 and is_reference(picture)
        self._units, self._references = unit + 1, before + refers
        return _Place(unit, self._references if refers else 0)

    def _decode(self, packet: av.Packet | None) -> list[DecodedFrame]:
        try:
            pictures = self._context.decode(packet)
        except FFmpegError:
            self._refused()
            return []
        frames = [self._frame(p) for p in pictures]
        self.stats.frames += len(frames)
        self.stats.damaged_frames += sum(f.damaged for f in frames)
        return frames

    def _refused(self) -> None:
        """Count the unit. Before the first that is taken, without which there is no stream yet, nothing is lost."""
        self.stats.failed_units += 1
        if self.stats.failed_units < self._units:
            self._wholeness.lose(self._units - 1)

    def _frame(self, picture: av.VideoFrame) -> DecodedFrame:
        damaged = self._wholeness.is_broken(picture, picture.opaque or _Place(self._units, 0))
        return DecodedFrame(_luma(picture), picture.pts, keyframe=bool(picture.key_frame), damaged=damaged)


def _luma(picture: av.VideoFrame) -> NDArray[np.uint8]:
    """The luma plane itself where it has eight bits, which costs one copy; a conversion else."""
    if picture.format.name in _EIGHT_BIT_LUMA:
        plane = picture.planes[0]
        rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
        gray = np.array(rows[: picture.height, : picture.width])
    else:
        gray = np.ascontiguousarray(picture.to_ndarray(format="gray", threads=1))
    gray.flags.writeable = False
    return gray
