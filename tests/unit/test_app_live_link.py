"""The core's link over real sockets: what a reader hears, what it may say, and what it cannot spoil."""

import socket
import struct
import threading
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from live_stage import Console, listening

from apacheta.app.live.link import MOST_READERS, Link
from apacheta.app.live.outbox import MOST_BYTES, Outbox
from apacheta.app.live.wire import MOST_HEARD_BYTES, json_frame, video_frame
from apacheta.formats.envelope import GAP, KEY, Envelope, encode_envelope, flags_of

SNAPSHOT = b'{"kind":"snapshot"}'


def envelope(number: int, key: bool = False, size: int = 1_000) -> bytes:
    """A unit whose presentation time is its number."""
    return encode_envelope(
        Envelope(
            key=key, damaged=False, gap=False, own_metadata=False, codec=1, pts_90k=number, complete_utc_ns=0,
            metadata=b"", payload=bytes(size),
        )
    )  # fmt: skip


class Station:
    """Gives a snapshot to whoever comes, and answers decisions with what was asked."""

    def __init__(self) -> None:
        self.outboxes: list[Outbox] = []
        self.asked: list[dict[str, Any]] = []

    def attach(self, outbox: Outbox) -> None:
        outbox.put(SNAPSHOT)
        self.outboxes.append(outbox)

    def detach(self, outbox: Outbox) -> None:
        self.outboxes.remove(outbox)

    def decide(self, message: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(message)
        return {"kind": "done", "id": message["id"], "index": 7}

    def tell(self, **message: Any) -> None:
        for outbox in list(self.outboxes):
            outbox.put(msgspec.json.encode(message))


@pytest.fixture
def station() -> Station:
    return Station()


@pytest.fixture
def address(tmp_path: Path, station: Station) -> Any:
    """Where a link with small outboxes serves."""
    listener = listening(tmp_path / "core.sock")
    link = Link(listener, station, most_bytes=400_000)
    link.start()
    yield tmp_path / "core.sock"
    link.close()
    listener.close()


def until(true: Any) -> None:
    """Wait for something that other threads bring about."""
    for _ in range(1_000):
        if true():
            return
        time.sleep(0.01)
    raise AssertionError("it never came about")


def test_a_reader_hears_the_snapshot_first_and_then_all_that_happens_in_order(address: Path, station: Station) -> None:
    with Console(address) as console:
        assert console.next()[0] == "snapshot"
        for number in range(50):
            station.tell(kind="log", number=number)
            station.outboxes[0].put_video("Ñ1", envelope(number, key=True))
        heard = [console.next() for _ in range(100)]
    assert [m["number"] for kind, m in heard if kind == "log"] == list(range(50))
    assert [m for kind, m in heard if kind == "V"] == [("Ñ1", envelope(n, key=True)) for n in range(50)]


def test_a_message_on_the_wire_is_as_the_contract_has_it() -> None:
    assert json_frame(b"{}") == b"\x00\x00\x00\x03J{}"
    assert video_frame("A1", b"xyz") == b"\x00\x00\x00\x07V\x02A1xyz"


def test_a_decision_is_answered_to_who_asked(address: Path, station: Station) -> None:
    with Console(address) as one, Console(address) as other:
        one.say(kind="decision", id="d1")
        assert one.until("done") == {"kind": "done", "id": "d1", "index": 7}
        other.say(kind="decision", id="d2")
        assert other.until("done", "refused")["id"] == "d2"
    assert [m["id"] for m in station.asked] == ["d1", "d2"]


def test_what_is_no_decision_is_skipped_and_what_is_no_object_refused(address: Path, station: Station) -> None:
    with Console(address) as console:
        console.say(kind="to_be_invented", id="x")
        console.send(b"whatever", kind=b"Q")
        for garbage in (b"", b"\xff\xfe", b"[1]", b'"text"', b"{", b"nul"):
            console.send(garbage)
            answer = console.until("done", "refused")
            assert (answer["kind"], answer["id"], answer["code"]) == ("refused", None, "bad_message")
        console.say(kind="decision", id="d1")
        assert console.until("done", "refused")["kind"] == "done"
    assert [m["id"] for m in station.asked] == ["d1"]


@pytest.mark.parametrize("head", [b"\x00\x00\x00\x00", b"\xff\xff\xff\xff", struct.pack(">I", MOST_HEARD_BYTES + 1)])
def test_a_length_that_no_message_has_ends_the_link_and_the_next_one_works(
    address: Path, station: Station, head: bytes
) -> None:
    with Console(address) as console:
        assert console.next()[0] == "snapshot"
        console.channel.sendall(head + b"J{}")
        assert console.rest() == []
    with Console(address) as console:
        assert console.next()[0] == "snapshot"
    until(lambda: not station.outboxes)


def test_a_message_cut_off_in_the_middle_does_no_harm(address: Path, station: Station) -> None:
    with Console(address) as console:
        console.channel.sendall(b'\x00\x00\x00\x20J{"kind":"deci')
        console.channel.shutdown(socket.SHUT_WR)
        console.rest()
    until(lambda: not station.outboxes)
    assert station.asked == []


def test_a_reader_that_never_reads_holds_nobody_up_and_is_let_go(address: Path, station: Station) -> None:
    """Its outbox fills with what may not be dropped; whoever tells never waits, and others hear all."""
    heard: list[int] = []
    with Console(address) as deaf:
        until(lambda: len(station.outboxes) == 1)
        with Console(address) as console:
            until(lambda: len(station.outboxes) == 2)
            ear = threading.Thread(target=lambda: heard.extend(console.until("log")["number"] for _ in range(300)))
            ear.start()
            quick = station.outboxes[1]
            for number in range(300):
                station.tell(kind="log", number=number, text="x" * 4_000)
                until(lambda: quick.waiting_bytes < 300_000)
            ear.join(20)
            until(lambda: station.outboxes == [quick])
        assert heard == list(range(300))
        assert deaf.rest()[0][0] == "snapshot"


def test_a_reader_that_is_killed_is_forgotten(address: Path, station: Station) -> None:
    console = Console(address)
    console.next()
    console.close()
    until(lambda: station.tell(kind="log", text="x") or not station.outboxes)


def test_one_reader_too_many_is_turned_away(address: Path, station: Station) -> None:
    readers = [Console(address) for _ in range(MOST_READERS)]
    assert [r.next()[0] for r in readers] == ["snapshot"] * MOST_READERS
    with Console(address) as extra:
        assert extra.rest() == []
    readers.pop().close()
    until(lambda: is_welcome(address))
    for reader in readers:
        reader.close()


def is_welcome(address: Path) -> bool:
    """Whether a new reader is told anything."""
    with Console(address) as console:
        try:
            return console.next()[0] == "snapshot"
        except EOFError:
            return False


def test_a_closed_link_says_its_last_words(tmp_path: Path, station: Station) -> None:
    listener = listening(tmp_path / "s")
    link = Link(listener, station)
    link.start()
    with Console(tmp_path / "s") as console:
        console.next()
        station.tell(kind="end", report="night.html")
        link.close()
        assert console.rest() == [("end", {"kind": "end", "report": "night.html"})]
    listener.close()


def all_of(outbox: Outbox) -> list[tuple[int, int] | bytes]:
    """What waits: presentation time and flags of video, the bodies of other messages."""
    out: list[tuple[int, int] | bytes] = []
    while outbox.waiting_bytes:
        message = outbox.take()
        assert message is not None
        body = message[5:]
        if message[4:5] == b"J":
            out.append(body)
        else:
            data = body[1 + body[0] :]
            out.append((int.from_bytes(data[12:20], "big"), flags_of(data)))
        outbox._in_hand = 0
    return out


def test_old_video_goes_first_and_the_key_frame_after_it_says_so() -> None:
    """Ten units with a key frame each five; the eleventh has no room."""
    outbox = Outbox(most_bytes=10 * len(envelope(0)) + 200)
    outbox.put(b"kept")
    for number in range(10):
        outbox.put_video("A1", envelope(number, key=number % 5 == 0))
    outbox.put_video("A1", envelope(10, key=True))
    assert all_of(outbox) == [b"kept", (5, KEY | GAP), (6, 0), (7, 0), (8, 0), (9, 0), (10, KEY)]
    assert (outbox.dropped, outbox.is_closed) == (5, False)


def test_a_stream_whose_units_were_dropped_goes_on_with_a_key_frame() -> None:
    outbox = Outbox(most_bytes=3 * len(envelope(0)))
    for number in range(8):
        outbox.put_video("A1", envelope(number, key=number in (0, 6)))
    assert all_of(outbox) == [(6, KEY | GAP), (7, 0)]
    assert outbox.dropped == 6


def test_messages_push_video_out_and_never_the_other_way_round() -> None:
    outbox = Outbox(most_bytes=5_000)
    for number in range(4):
        outbox.put_video("A1", envelope(number, key=True))
    for _ in range(4):
        outbox.put(bytes(1_000))
    outbox.put_video("A1", envelope(9, key=True, size=2_000))
    assert [len(m) for m in all_of(outbox)] == [1_000] * 4
    assert not outbox.is_closed


def test_an_outbox_full_of_messages_hangs_up() -> None:
    calls: list[str] = []
    outbox = Outbox(5_000, lambda: calls.append("hung up"))
    for _ in range(5):
        outbox.put(bytes(1_000))
    assert (outbox.is_closed, outbox.waiting_bytes, calls) == (True, 0, ["hung up"])
    assert outbox.take() is None
    outbox.put(b"late")
    outbox.put_video("A1", envelope(1, key=True))
    assert outbox.waiting_bytes == 0


UNITS = st.lists(st.tuples(st.sampled_from("AB"), st.booleans(), st.integers(10, 900), st.booleans()), max_size=60)


@settings(max_examples=200)
@given(UNITS, st.integers(1_000, 6_000))
def test_what_waits_is_bounded_and_each_stream_can_be_decoded(
    units: list[tuple[str, bool, int, bool]], most: int
) -> None:
    """After units that are missing comes a key frame that says so, whatever is put in and taken out between."""
    outbox = Outbox(most)
    numbers = {"A": 0, "B": 0}
    got: dict[str, list[tuple[int, int]]] = {"A": [], "B": []}

    def take() -> None:
        message = outbox.take()
        assert message is not None
        data = message[7:]
        got[message[6:7].decode()].append((int.from_bytes(data[12:20], "big"), flags_of(data)))

    for stream, key, size, taken in units:
        outbox.put_video(stream, envelope(numbers[stream], key, size))
        numbers[stream] += 1
        assert outbox.waiting_bytes <= most
        if taken and outbox._items:
            take()
    while outbox._items:
        take()
    for rows in got.values():
        last = -1
        for number, flags in rows:
            assert bool(flags & GAP) == (number != last + 1)
            assert flags & KEY or not flags & GAP
            last = number


def test_the_bound_is_that_of_the_contract() -> None:
    assert MOST_BYTES == 16 * 1024 * 1024
