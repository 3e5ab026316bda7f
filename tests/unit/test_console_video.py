"""Live video: the newest key frame first, a bounded queue for each viewer, and nobody waits for anybody."""

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

import pytest
from console_room import SOON_S, Console, HandClock, console, envelope, number_of, soon
from hypothesis import given
from hypothesis import strategies as st
from websockets.sync.client import ClientConnection

from apacheta.console.relay import RING_NS, Relay, Ring, Viewer
from apacheta.core.instant import NS
from apacheta.formats.envelope import GAP, KEY, flags_of

STEP_NS = NS // 10
GROUP = 10


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def room(tmp_path: Path, clock: HandClock) -> Iterator[Console]:
    with console(tmp_path, clock=clock) as asked:
        yield asked


def unit(number: int, payload: bytes = b"") -> bytes:
    """A unit of a stream with a key frame each ten."""
    return envelope(number, number % GROUP == 0, payload)


def read(viewer: ClientConnection) -> bytes:
    data = viewer.recv(timeout=SOON_S)
    assert isinstance(data, bytes)
    return data


def show(room: Console, clock: HandClock, numbers: range, viewer: ClientConnection, payload: bytes = b"") -> None:
    """Show units one after the other; each has reached the viewer before the next is shown."""
    for number in numbers:
        room.core.show("drone-1", unit(number, payload))
        assert read(viewer) == unit(number, payload)
        clock.now_ns += STEP_NS


def test_a_viewer_begins_at_the_newest_key_frame(room: Console, clock: HandClock) -> None:
    with room.connect("/ws/video/drone-1") as first:
        show(room, clock, range(25), first)
        with room.connect("/ws/video/drone-1") as second:
            assert [number_of(read(second)) for _ in range(5)] == [20, 21, 22, 23, 24]
            room.core.show("drone-1", unit(25))
            assert read(second) == read(first) == unit(25)


def test_what_comes_before_the_first_key_frame_is_of_no_use(room: Console) -> None:
    with room.connect("/ws/video/drone-1") as viewer:
        room.core.show("drone-1", unit(7), unit(8), unit(10))
        assert read(viewer) == unit(10)


def test_streams_do_not_mix(room: Console) -> None:
    with room.connect("/ws/video/a") as first, room.connect("/ws/video/se%C3%B1al") as second:
        room.core.show("señal", unit(20))
        room.core.show("a", unit(10))
        assert (read(first), read(second)) == (unit(10), unit(20))


def test_twenty_viewers_of_three_streams_get_the_same_bytes(room: Console) -> None:
    streams = ["a", "b", "c"]
    with ExitStack() as open_ones:
        viewers = [
            (place, open_ones.enter_context(room.connect(f"/ws/video/{stream}")))
            for place, stream in enumerate(streams * 20)
        ]
        for number in range(3):
            for place, stream in enumerate(streams):
                room.core.show(stream, unit(number, bytes((place,))))
        for place, viewer in viewers:
            assert [read(viewer) for _ in range(3)] == [unit(n, bytes((place % 3,))) for n in range(3)]


def test_a_slow_viewer_loses_his_own_pictures_and_slows_nobody(room: Console, clock: HandClock) -> None:
    payload = bytes(20_000)
    with room.connect("/ws/video/drone-1", max_queue=1) as slow, room.connect("/ws/video/drone-1") as quick:
        show(room, clock, range(300), quick, payload)
        got = [read(slow)]
        room.core.show("drone-1", *(unit(number, payload) for number in range(300, 320)))
        while number_of(got[-1]) < 319:
            got.append(read(slow))
        assert [number_of(read(quick)) for _ in range(20)] == list(range(300, 320))
    jumps = [after for before, after in pairwise(got) if number_of(after) != number_of(before) + 1]
    assert jumps
    assert all(flags_of(data) & (KEY | GAP) == KEY | GAP for data in jumps)
    assert sum(bool(flags_of(data) & GAP) for data in got) == len(jumps)
    assert len(got) < 200


def test_after_a_new_core_a_viewer_goes_on_from_a_key_frame_that_says_gap(room: Console, clock: HandClock) -> None:
    with room.connect("/ws/video/drone-1") as viewer:
        show(room, clock, range(13), viewer)
        room.core.kill()
        room.core.start()
        soon(lambda: room.core.connections == 2)
        room.core.show("drone-1", unit(17), unit(18), unit(20), unit(21))
        assert flags_of(after := read(viewer)) == flags_of(unit(20)) | GAP
        assert number_of(after) == 20
        assert read(viewer) == unit(21)


def test_a_viewer_who_leaves_is_forgotten(clock: HandClock) -> None:
    relay = Relay(clock)
    viewer = relay.join("drone-1")
    relay.leave("drone-1", viewer)
    assert relay._viewers == {}
    relay.take("drone-1", unit(0))
    assert viewer._waiting == type(viewer._waiting)()


def test_the_ring_holds_a_minute_and_begins_with_a_key_frame() -> None:
    ring = Ring()
    for number in range(2000):
        ring.add(unit(number), number % GROUP == 0, number * STEP_NS)
    numbers = [number_of(data) for data in ring.units()]
    assert numbers == list(range(numbers[0], 2000))
    assert numbers[0] % GROUP == 0
    assert RING_NS <= (1999 - numbers[0]) * STEP_NS <= RING_NS + GROUP * STEP_NS


def test_a_group_without_end_does_not_fill_the_memory_and_is_passed_on_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("apacheta.console.relay.RING_MOST_BYTES", 10_000)
    ring = Ring()
    for number in range(1, 101):
        assert ring.add(envelope(number, number == 1, bytes(1_000)), number == 1, number) is not None
        assert sum(map(len, ring.units())) <= 10_000
    assert ring.units() == []
    assert ring.add(unit(110), True, 110) == unit(110)
    assert ring.units() == [unit(110)]


def taken(viewer: Viewer) -> bytes:
    """The unit that waits first."""
    with pytest.raises(StopIteration) as done:
        viewer.next().send(None)
    unit = done.value.value
    assert isinstance(unit, bytes)
    return unit


@given(pauses=st.lists(st.integers(0, 60), min_size=2, max_size=8), step_ms=st.integers(20, 900))
def test_whatever_a_viewer_reads_can_be_decoded_and_is_never_older_than_two_seconds(
    pauses: list[int], step_ms: int
) -> None:
    """A viewer who reads all that waits after each pause of so many units: a key frame with `gap` at each jump."""
    viewer, got, number = Viewer(), list[bytes](), 0
    for pause in pauses:
        for _ in range(pause):
            now_ns = number * step_ms * 1_000_000
            viewer.push(unit(number), number % GROUP == 0, now_ns)
            assert not viewer._waiting or now_ns - viewer._waiting[0][0] <= 2 * NS
            number += 1
        got += [taken(viewer) for _ in range(len(viewer._waiting))]
    for before, after in pairwise(got):
        jumps = number_of(after) > number_of(before) + 1
        assert number_of(after) > number_of(before)
        assert bool(flags_of(after) & GAP) == jumps
        assert not jumps or flags_of(after) & KEY
