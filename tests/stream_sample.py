"""Small streams for tests: packets laid by hand (not by our multiplexer), a short night's video with poses, and access
units of any coding.

PAT ──> PMT ──> 0x100 video, 0x101 metadata
"""

from fractions import Fraction
from functools import cache

import av
import numpy as np

from apacheta.formats.klv import encode_st0601
from apacheta.formats.ts import TsMuxer

VIDEO_PID, METADATA_PID, PMT_PID = 0x100, 0x101, 0x1000
START_US = 1_790_000_000_000_000


class Laid:
    """Lays transport packets by hand, keeping each PID's counter."""

    def __init__(self) -> None:
        self.counts: dict[int, int] = {}

    def packet(self, pid: int, payload: bytes, start: bool, flags: int = 0, scrambled: int = 0) -> bytes:
        """One packet; stuffing goes into an adaptation field, with `flags` as its flag byte."""
        assert len(payload) <= 184
        count = self.counts[pid] = (self.counts.get(pid, -1) + 1) & 15
        head = bytes((0x47, (0x40 if start else 0) | pid >> 8, pid & 0xFF))
        room = 184 - len(payload)
        if not room:
            return head + bytes((0x10 | scrambled | count,)) + payload
        field = b"" if room == 1 else bytes((flags,)) + b"\xff" * (room - 2)
        return head + bytes((0x30 | scrambled | count, room - 1)) + field + payload

    def payload(self, pid: int, data: bytes, size: int = 184) -> bytes:
        """Packets that carry `data`, at most `size` bytes in each."""
        cuts = range(0, len(data), size)
        return b"".join(self.packet(pid, data[at : at + size], at == 0) for at in cuts)

    def section(self, pid: int, section: bytes, size: int = 184) -> bytes:
        """Packets that carry one section, with the pointer byte before it."""
        return self.payload(pid, b"\x00" + section, size)


def pes(stream_id: int, payload: bytes, pts_90k: int | None = None, bounded: bool = True) -> bytes:
    """A PES packet, written out from the standard's table 2-21."""
    stamp = b""
    if pts_90k is not None:
        t = pts_90k % (1 << 33)
        bits = 0b0010 << 36 | (t >> 30 & 7) << 33 | 1 << 32 | (t >> 15 & 0x7FFF) << 17 | 1 << 16 | (t & 0x7FFF) << 1 | 1
        stamp = bits.to_bytes(5, "big")
    length = 3 + len(stamp) + len(payload) if bounded else 0
    head = b"\x00\x00\x01" + bytes((stream_id,)) + length.to_bytes(2, "big")
    return head + bytes((0x80, 0x80 if stamp else 0, len(stamp))) + stamp + payload


def items_at(number: int, rate_hz: float = 10.0) -> dict[int, float | int]:
    """Items of a pose over the Andes, a little further east with each frame."""
    return {
        2: START_US + int(number * 1e6 / rate_hz),
        5: 90.0,
        90: 1.5,
        91: -2.5,
        13: -32.82,
        14: -70.08 + 1e-5 * number,
        15: 4_200.0,
        16: 12.5,
        17: 10.0,
        18: 20.0,
        19: -30.0,
        20: 0.0,
        104: 4_231.5,
    }


@cache
def pictures(frames: int = 20, width_px: int = 160, height_px: int = 128) -> tuple[tuple[bytes, bool], ...]:
    """H.264 access units of a bright square that moves over noise, a key frame each ten; (unit, key)."""
    context = av.CodecContext.create("libx264", "w")
    context.width, context.height, context.pix_fmt = width_px, height_px, "yuv420p"
    context.framerate, context.time_base = 10, Fraction(1, 10)
    context.gop_size, context.thread_count = 10, 1
    context.options = {"preset": "ultrafast", "tune": "zerolatency", "x264-params": "scenecut=0:repeat-headers=1"}
    noise = np.random.default_rng(1).integers(60, 120, (height_px, width_px), dtype=np.uint8)
    units = []
    for number in range(frames):
        gray = noise.copy()
        gray[40:60, 4 * number : 4 * number + 20] = 220
        frame = av.VideoFrame.from_ndarray(gray, format="gray").reformat(format="yuv420p")
        frame.pts = number
        packets = context.encode(frame)
        units.append((b"".join(map(bytes, packets)), packets[0].is_keyframe))
    return tuple(units)


def own_stream(frames: int = 20, *, metadata: bool = True, start_90k: int = 90_000) -> bytes:
    """A stream by our own multiplexer: 10 Hz, a pose with each frame."""
    muxer = TsMuxer()
    return b"".join(
        muxer.frame(start_90k + 9_000 * n, unit, encode_st0601(items_at(n)) if metadata else b"", key)
        for n, (unit, key) in enumerate(pictures(frames))
    )


def units_of(
    codec: str,
    reordered: int,
    options: dict[str, str],
    pixel_format: str = "yuv420p",
    size: tuple[int, int] = (160, 120),
    count: int = 40,
) -> list[tuple[bytes, int]]:
    """Access units of noise that moves, a key frame each 12, in order of decoding; (unit, number in display)."""
    width, height = size
    context = av.CodecContext.create(codec, "w")
    context.width, context.height, context.pix_fmt = width, height, pixel_format
    context.framerate, context.time_base, context.bit_rate = 10, Fraction(1, 10), 800_000
    context.gop_size, context.max_b_frames, context.thread_count = 12, reordered, 1
    context.options = options
    blocks = np.random.default_rng(0).integers(0, 255, (height // 4, width // 4 + 40), dtype=np.uint8)
    noise = blocks.repeat(4, 0).repeat(4, 1)
    packets = []
    for number in range(count):
        frame = av.VideoFrame.from_ndarray(noise[:, number : number + width].copy(), format="gray")
        frame = frame.reformat(format=pixel_format)
        frame.pts = number
        packets += context.encode(frame)
    return [(bytes(p), p.pts) for p in packets + context.encode(None)]
