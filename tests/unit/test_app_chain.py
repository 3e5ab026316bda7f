"""A chain over hand-made streams: what it keeps of them, and when."""

import hashlib
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stream_sample import START_US, items_at, pictures

from apacheta.adapters.video import ApartDecoder, VideoDecoder
from apacheta.app.chain import Chain, ChainSettings, Paired, segments
from apacheta.app.chain.segments import PACKET
from apacheta.core.errors import InputFault
from apacheta.core.sight import Frame
from apacheta.formats.klv import encode_st0601
from apacheta.formats.ts import TsMuxer
from apacheta.see import Sighting

RATE_90K = 9_000
TWO_HOURS_90K = 7_200 * 90_000


class Notes:
    """A keeper that remembers what it was given."""

    def __init__(self) -> None:
        self.videos: list[bytes] = []
        self.bodies: list[dict[str, Any]] = []
        self.noted: list[tuple[str, int]] = []

    def tick(self) -> None:
        pass

    def note(self, kind: str, utc_ns: int, body: dict[str, Any]) -> None:
        self.noted.append((kind, utc_ns))

    def segment(self, stream: str, number: int, data: bytes, body: dict[str, Any], utc_ns: int) -> None:
        self.videos.append(data)
        self.bodies.append(body)


class SetClock:
    """A clock that stands where it was set."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def utc_ns(self) -> int:
        return START_US * 1_000

    def monotonic_ns(self) -> int:
        return round(self.now_s * 1e9)


class WideEye:
    """An eye that looks at every frame it is given and has a little ground to see; it takes its time over each look."""

    def __init__(self, clock: SetClock | None = None, looks_s: Iterable[float] = ()) -> None:
        self.seen = self
        self.frames: list[Frame] = []
        self.damaged: list[int] = []
        self.sparser: list[int] = []
        self.broken_off_after: list[int] = []
        self._clock, self._looks_s = clock or SetClock(), iter(looks_s)

    def step(self, gray: Any, frame: Frame, damaged: bool, sparser: int) -> Sighting:
        self.frames.append(frame)
        self.sparser.append(sparser)
        self.damaged += [frame.number] if damaged else []
        self._clock.now_s += next(self._looks_s, 0.0)
        return Sighting(footprint=None, looked=True)

    def break_off(self) -> None:
        self.broken_off_after.append(self.frames[-1].number)

    def seen_km2(self, mask: Any) -> float:
        return 0.1 * len(self.frames)


def frames_at(times_90k: Iterable[int], clock_us: Sequence[int] | None = None) -> list[bytes]:
    """The packets of one frame for each time; tables with every tenth. clock_us: UTC of each frame's pose."""
    muxer, units = TsMuxer(), pictures(20)
    out = []
    for n, pts_90k in enumerate(times_90k):
        items = items_at(n) | ({} if clock_us is None else {2: clock_us[n]})
        out.append(muxer.frame(pts_90k, units[n % len(units)][0], encode_st0601(items), n % 10 == 0))
    return out


def watched(pieces: Iterable[bytes]) -> Notes:
    """What a chain without an eye keeps of these bytes."""
    notes = Notes()
    chain = Chain(ChainSettings("s"), None, None, notes)  # type: ignore[arg-type]
    for piece in pieces:
        chain.feed(piece)
    chain.end()
    assert [b["sha256"] for b in notes.bodies] == [hashlib.sha256(v).hexdigest() for v in notes.videos]
    return notes


def seconds(begin_s: float, end_s: float) -> list[int]:
    """Times of frames at 10 Hz."""
    return [round(s * 10) * RATE_90K for s in [begin_s + 0.1 * n for n in range(round((end_s - begin_s) * 10))]]


@pytest.mark.parametrize(
    ("times_90k", "name"),
    [
        (seconds(7200, 7215) + seconds(1, 16), "the camera started anew"),
        ([*seconds(1, 8), TWO_HOURS_90K, *seconds(8, 31)], "one time far ahead"),
        ([*seconds(100, 108), 0, *seconds(108, 131)], "one time far behind"),
        ([t % (1 << 33) for t in range((1 << 33) - 15 * 90_000, (1 << 33) + 15 * 90_000, RATE_90K)], "33 bits wrap"),
    ],
)
def test_segments_go_on_closing_whatever_the_times_do(times_90k: list[int], name: str) -> None:
    frames = frames_at(times_90k)
    notes = watched(frames)
    assert b"".join(notes.videos) == b"".join(frames), name
    assert max(b["frames"] for b in notes.bodies) <= 80, name
    assert 4 <= len(notes.bodies) <= 8, name


def test_one_slipped_byte_does_not_stop_segments_from_closing() -> None:
    frames = frames_at(seconds(1, 31))
    data = b"".join(frames[:5]) + b"x" + b"".join(frames[5:])
    pieces = [data[at : at + 188 * 348] for at in range(0, len(data), 188 * 348)]
    notes = watched(pieces)
    assert b"".join(notes.videos) == data
    assert len(notes.bodies) >= 4
    assert watched(data[a:b] for a, b in pairwise([*range(0, len(data), 1001), len(data)])).videos == notes.videos


def test_video_without_times_is_cut_by_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = frames_at([90_000] * 100)
    data = b"".join(frames)
    most = 188 * (len(data) // 188 // 5)
    monkeypatch.setattr(segments, "MOST_BYTES", most)
    notes = watched(frames)
    assert b"".join(notes.videos) == data
    assert max(map(len, notes.videos)) <= most
    assert len(notes.videos) >= 5


def test_bytes_without_tables_are_cut_where_a_segment_may_hold_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "MOST_BYTES", 1880)
    noise = bytes(5_000)
    for size in (999, 5_000):
        notes = watched(noise[at : at + size] for at in range(0, len(noise), size))
        assert [len(v) for v in notes.videos] == [1880, 1880, 1240]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 30_000), st.integers(0, 400), st.binary(max_size=300), st.integers(100, 30_000))
def test_every_byte_is_in_exactly_one_segment(at: int, lost: int, put: bytes, size: int) -> None:
    """A stream with bytes lost or put in somewhere, in pieces of any size: the same segments, and all of it."""
    data = b"".join(frames_at([RATE_90K * (1 + 10 * n) for n in range(20)]))
    data = data[:at] + put + data[at + lost :]
    whole = watched([data])
    assert b"".join(whole.videos) == data
    assert watched(data[a : a + size] for a in range(0, len(data), size)).videos == whole.videos


def test_one_pose_from_the_future_does_not_silence_the_notes_of_what_was_seen() -> None:
    """Five minutes with a look a second; the clock of the fiftieth pose is a year ahead."""
    clock_us = [START_US + 1_000_000 * n for n in range(300)]
    clock_us[50] += 365 * 86_400 * 1_000_000
    notes = Notes()
    chain = Chain(ChainSettings("s"), WideEye(), None, notes)  # type: ignore[arg-type]
    for frame in frames_at([RATE_90K * 10 * n for n in range(300)], clock_us):
        chain.feed(frame)
    chain.end()
    noted_s = [(ns // 1000 - START_US) // 1_000_000 for kind, ns in notes.noted if kind == "looks"]
    assert noted_s == [0, 50 + 365 * 86_400, 51, 111, 171, 231, 291, 299]


@pytest.mark.parametrize("told", [True, False])
def test_lag_counts_from_the_first_frames_arrival(told: bool) -> None:
    """10 Hz; the first look takes 1.5 s, each later one 0.05 s: the backlog shrinks by 0.05 s a frame."""
    clock = SetClock()
    eye = WideEye(clock, [1.5] + [0.05] * 19)
    chain = Chain(ChainSettings("s", live=True), eye, None, None, clock=clock)  # type: ignore[arg-type]
    begin_s = clock.now_s
    for n, frame in enumerate(frames_at([RATE_90K * n for n in range(20)])):
        clock.now_s = max(clock.now_s, begin_s + 0.1 * n)
        chain.feed(frame, clock.monotonic_ns() if told else None)
    assert list(chain.totals.lags_s.values()) == pytest.approx([1.5 - 0.05 * n for n in range(20)], abs=1e-6)


@pytest.mark.parametrize("live", [True, False])
def test_a_live_watch_that_falls_behind_looks_less_often_until_it_is_not(live: bool) -> None:
    """10 Hz; the first look takes 1.5 s, each later one 0.05 s."""
    clock = SetClock()
    eye = WideEye(clock, [1.5] + [0.05] * 19)
    chain = Chain(ChainSettings("s", live=live), eye, None, None, clock=clock)  # type: ignore[arg-type]
    begin_s = clock.now_s
    for n, frame in enumerate(frames_at([RATE_90K * n for n in range(20)])):
        clock.now_s = max(clock.now_s, begin_s + 0.1 * n)
        chain.feed(frame, clock.monotonic_ns())
    assert eye.sparser == ([1] + [3] * 2 + [2] * 14 + [1] * 3 if live else [1] * 20)


def test_lag_counts_the_time_between_arrival_and_the_chain() -> None:
    clock = SetClock()
    chain = Chain(ChainSettings("s", live=True), WideEye(clock), None, None, clock=clock)  # type: ignore[arg-type]
    received_ns = clock.monotonic_ns() - 700_000_000
    chain.feed(frames_at([0])[0], received_ns)
    assert list(chain.totals.lags_s.values()) == pytest.approx([0.7])


def without_a_packet(frame: bytes) -> bytes:
    """The frame's packets without that in the middle."""
    middle = len(frame) // PACKET // 2
    return frame[: PACKET * middle] + frame[PACKET * (middle + 1) :]


def test_the_eye_is_told_of_a_frame_that_the_decoder_patched_up() -> None:
    """A packet in the middle of frame 15's picture is lost; the next key frame would be frame 20."""
    frames = frames_at([RATE_90K * n for n in range(20)])
    frames[15] = without_a_packet(frames[15])
    eye, notes = WideEye(), Notes()
    chain = Chain(ChainSettings("s"), eye, None, notes)  # type: ignore[arg-type]
    for frame in frames:
        chain.feed(frame)
    chain.end()
    assert (chain.totals.frames, chain.totals.frames_damaged) == (20, 5)
    assert ([f.number for f in eye.frames], eye.damaged) == (list(range(20)), [15, 16, 17, 18, 19])
    assert sum(b["frames"] for b in notes.bodies) == 20


def test_a_damaged_frame_whose_pose_is_lost_too_ends_the_look() -> None:
    """Frame 15's picture lacks a packet, and its metadata all of theirs; frames 16 to 19 are damaged by it."""
    frames = frames_at([RATE_90K * n for n in range(24)])
    packets = [frames[15][at : at + PACKET] for at in range(0, len(frames[15]), PACKET)]
    frames[15] = without_a_packet(b"".join(p for p in packets if p[1] & 0x1F == 1 and p[2] == 0))
    eye = WideEye()
    chain = Chain(ChainSettings("s"), eye, None, None)  # type: ignore[arg-type]
    for frame in frames:
        chain.feed(frame)
    chain.end()
    assert (chain.totals.frames, chain.totals.frames_damaged) == (24, 5)
    assert [f.number for f in eye.frames] == [n for n in range(24) if n != 15]
    assert (eye.broken_off_after, eye.damaged) == ([14], [16, 17, 18, 19])


def test_a_chain_that_is_interrupted_keeps_what_came_and_ends_once() -> None:
    """Interrupted between two chunks, the last of which ended in the middle of a packet: that frame is damaged."""
    data = b"".join(frames_at([RATE_90K * n for n in range(20)]))[:20_001]
    eye, notes = WideEye(), Notes()
    chain = Chain(ChainSettings("s"), eye, None, notes)  # type: ignore[arg-type]
    chain.feed(data[:9_000])
    chain.feed(data[9_000:])
    chain.end()
    before = list(notes.videos), list(notes.noted), chain.totals.frames
    assert chain.end() == []
    assert (notes.videos, notes.noted, chain.totals.frames) == before
    assert b"".join(notes.videos) == data
    assert sum(b["frames"] for b in notes.bodies) == chain.totals.frames == len(eye.frames)
    assert eye.damaged == [eye.frames[-1].number]
    assert [kind for kind, _ in notes.noted] == ["looks", "looks"]


class Refusing(Chain):
    """A chain that may not watch a frame without a pose."""

    def _frame(self, paired: Paired) -> None:
        if paired.pose is None:
            raise InputFault("outside_mandate", "where is the camera?")
        super()._frame(paired)


def test_what_came_is_kept_though_the_last_frame_cannot_be_watched() -> None:
    """The last frame has lost its pose, waits for it in the chain, and is refused when the chain ends."""
    *frames, last = frames_at([RATE_90K * n for n in range(16)])
    packets = [last[at : at + PACKET] for at in range(0, len(last), PACKET)]
    video = b"".join(p for p in packets if p[1] & 0x1F == 1 and p[2] == 0)
    notes = Notes()
    chain = Refusing(ChainSettings("s"), WideEye(), None, notes)  # type: ignore[arg-type]
    chain.feed(b"".join(frames) + video)
    with pytest.raises(InputFault):
        chain.end()
    assert chain.end() == []
    assert b"".join(notes.videos) == b"".join(frames) + video
    assert [kind for kind, _ in notes.noted] == ["looks", "looks"]


def test_a_frame_that_is_lost_whole_breaks_those_drawn_from_it() -> None:
    """Frame 15 is gone with all its packets; its unit was closed by its length, so that none is cut short."""
    frames = frames_at([RATE_90K * n for n in range(24)])
    eye = WideEye()
    chain = Chain(ChainSettings("s"), eye, None, None)  # type: ignore[arg-type]
    for frame in frames[:15] + frames[16:]:
        chain.feed(frame)
    chain.end()
    assert (chain.totals.frames, chain.totals.frames_damaged) == (23, 4)
    assert eye.damaged == [15, 16, 17, 18]


def test_the_chain_gives_the_same_records_with_a_decoder_apart() -> None:
    data = b"".join(frames_at([RATE_90K * n for n in range(24)]))
    told = []
    for decoder_for in (VideoDecoder.for_stream_type, ApartDecoder.for_stream_type):
        eye, notes = WideEye(), Notes()
        chain = Chain(ChainSettings("s"), eye, None, notes, decoder_for=decoder_for)  # type: ignore[arg-type]
        chain.feed(data)
        chain.end()
        told.append((eye.frames, notes.noted, notes.bodies, notes.videos, chain.totals.frames))
    assert told[0] == told[1]
    assert told[0][-1] == 24
