"""What is so now: snapshots, live messages, seen ground; the core that goes down and comes back."""

import json
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep

import numpy as np
import pytest
from console_room import GRID, SOON_S, START_NS, Console, console, fix, frame, messages, soon, whole_grid
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from apacheta.console.hub import MOST_BEHIND, Hub
from apacheta.console.link import LONGEST_FRAME
from apacheta.console.seen import SeenGrid
from apacheta.core.errors import RemoteProtocolError

HEALTH = {
    "kind": "health", "utc_ns": str(START_NS), "disk_free_bytes": 5, "real_time_factor": 1.0,
    "processes": [{"name": "core", "state": "up", "restarts": 2, "rss_mb": 300}],
    "streams": [{"stream": "drone-1", "state": "live", "frames": 7}],
}  # fmt: skip


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Console]:
    with console(tmp_path) as asked:
        yield asked


def test_a_page_that_opens_gets_the_last_of_each_at_once(room: Console) -> None:
    room.core.say(fix("a", 1), fix("b", 1), fix("a", 2), HEALTH, {"kind": "alert", "id": "x", "utc_ns": "1"})
    room.core.say({"kind": "decision", "alert": "x", "state": "confirmed", "index": 7})
    room.core.say({"kind": "decision", "alert": "x", "state": "open", "index": 8})
    room.core.say({"kind": "sight", "stream": "s", "frame": 1}, {"kind": "sight", "stream": "s", "frame": 2})
    room.core.say(
        {"kind": "tracks", "stream": "s", "frame": 2}, {"kind": "seen", "utc_ns": "5", "cells": [], "seen_km2": 2}
    )
    soon(lambda: seen_km2(room) == 2)
    state = room.json("/api/state")
    assert state["aircraft"] == [fix("a", 2), fix("b", 1)]
    assert [s["frame"] for s in state["sights"]] == [2]
    assert [t["frame"] for t in state["tracks"]] == [2]
    assert [a["id"] for a in state["alerts"]] == ["x"]
    assert [d["state"] for d in state["decisions"]] == ["confirmed", "open"]
    assert state["health"] == HEALTH
    with room.connect("/ws/live") as reader:
        assert json.loads(reader.recv(timeout=SOON_S)) == state


def seen_km2(room: Console) -> float:
    """The seen ground of the present snapshot."""
    return float(room.json("/api/state")["seen_km2"])


def close_code_of(reader: ClientConnection) -> int | None:
    """Read all that there is; the code with which the console closed."""
    try:
        while True:
            reader.recv(timeout=SOON_S)
    except ConnectionClosed as closed:
        return closed.rcvd and closed.rcvd.code


def test_live_messages_come_to_every_reader_as_they_were_said(room: Console) -> None:
    with room.connect("/ws/live") as first, room.connect("/ws/live") as second:
        assert next(messages(first, "snapshot"))
        assert next(messages(second, "snapshot"))
        room.core.say(fix("a", 1), {"kind": "something_new", "utc_ns": "1", "x": [1]})
        for reader in (first, second):
            assert next(messages(reader, "fix")) == fix("a", 1)
            assert next(messages(reader, "something_new"))["x"] == [1]


def test_the_end_of_the_night_is_told_to_a_page_that_opens_after_it(room: Console) -> None:
    room.core.say({"kind": "end", "utc_ns": "1", "report": "night.html"}, fix("a", 3))
    soon(lambda: room.json("/api/state")["aircraft"])
    with room.connect("/ws/live") as reader:
        assert next(messages(reader, "end"))["report"] == "night.html"


def test_a_core_that_is_killed_shows_as_down_until_a_new_one_says_its_snapshot(room: Console) -> None:
    room.core.say(HEALTH, fix("a", 1))
    with room.connect("/ws/live") as reader:
        assert next(messages(reader, "snapshot"))
        soon(lambda: room.json("/api/state")["aircraft"])
        room.core.kill()
        while (health := next(messages(reader, "health")))["processes"][0]["state"] == "up":
            pass
        assert health["processes"] == [{"name": "core", "state": "down", "restarts": 2, "rss_mb": None}]
        assert health["streams"][0]["state"] == "lost"
        assert next(messages(reader, "fault"))["code"] == "core_lost"
        meanwhile = room.json("/api/state")
        assert meanwhile["aircraft"] == [fix("a", 1)]
        assert meanwhile["health"]["processes"][0]["state"] == "down"
        assert next(messages(reader, "health"))["processes"][0]["state"] == "down", "said again while it lasts"
        room.core.snapshot["aircraft"] = [fix("a", 9)]
        room.core.start()
        assert next(messages(reader, "snapshot"))["aircraft"] == [fix("a", 9)]
        room.core.say(HEALTH)
        assert next(messages(reader, "health"))["processes"][0]["state"] == "up"


def test_before_the_first_core_everything_is_unknown_and_said_so(tmp_path: Path) -> None:
    with console(tmp_path, up=False, first_core_s=0.1) as room:
        state = room.json("/api/state")
        assert state["health"]["processes"] == [{"name": "core", "state": "down", "restarts": None, "rss_mb": None}]
        assert (state["aircraft"], state["seen_km2"], state["simulated"]) == ([], None, None)
        status, headers, _ = room.ask("/api/seen")
        assert (status, headers["retry-after"]) == (503, "1")
        with room.connect("/ws/live") as reader:
            assert next(messages(reader, "snapshot"))["health"]["processes"][0]["state"] == "down"
            room.core.start()
            assert next(messages(reader, "snapshot"))["simulated"] is True


def test_a_page_that_opens_before_the_core_has_spoken_waits_for_it(tmp_path: Path) -> None:
    with console(tmp_path, up=False, first_core_s=2 * SOON_S) as room, ThreadPoolExecutor() as pages:
        room.core.grids = [whole_grid([-1] * 12)]
        asked = [pages.submit(room.ask, path) for path in ("/api/night", "/api/seen")]
        sleep(0.3)
        assert not any(answer.done() for answer in asked)
        room.core.start()
        assert [answer.result(timeout=SOON_S)[0] for answer in asked] == [200, 200]


def test_a_core_that_says_nothing_is_left_and_tried_again(tmp_path: Path) -> None:
    with console(tmp_path, up=False, silence_s=0.3) as room:
        room.core.start()
        room.core.start()
        assert soon(lambda: room.core.connections == 2)


@pytest.mark.parametrize(
    "bad",
    [
        (LONGEST_FRAME + 1).to_bytes(4, "big") + b"J",
        (0).to_bytes(4, "big"),
        frame(b"J", b"{"),
        frame(b"J", b"[1]"),
        frame(b"J", b'{"kind":7}'),
        frame(b"J", b'{"kind":"fix"}'),
        frame(b"J", b'{"kind":"snapshot","aircraft":7}'),
        frame(b"J", b'{"kind":"seen","utc_ns":"now","cells":[1]}'),
        frame(b"J", b'{"kind":"seen_grid"}'),
        frame(b"J", b"[" * 100_000),
        frame(b"J", b'{"kind":"fix","aircraft":"\xff"}'),
        frame(b"V", b""),
        frame(b"V", b"\x03abcAPV1"),
        frame(b"V", b"\x02\xff\xff"),
    ],
)
def test_a_broken_frame_ends_the_link_and_a_new_one_begins_with_a_snapshot(room: Console, bad: bytes) -> None:
    with room.connect("/ws/live") as reader:
        assert next(messages(reader, "snapshot"))
        room.core.raw(bad)
        assert next(messages(reader, "fault"))["values"]["why"]
        room.core.start()
        assert next(messages(reader, "snapshot"))


def test_a_frame_cut_off_by_the_cores_end_is_no_message(room: Console) -> None:
    whole = frame(b"J", json.dumps(fix("cut", 1)).encode())
    room.core.raw(whole[:-5])
    room.core.kill()
    room.core.start()
    room.core.snapshot["aircraft"] = []
    soon(lambda: room.core.connections == 2)
    room.core.say(fix("whole", 1))
    assert [f["aircraft"] for f in soon(lambda: room.json("/api/state")["aircraft"])] == ["whole"]


def test_frames_of_other_kinds_are_passed_over(room: Console) -> None:
    room.core.raw(frame(b"Z", b"whatever"))
    room.core.say(fix("a", 1))
    assert soon(lambda: room.json("/api/state")["aircraft"])
    assert room.core.connections == 1


def test_a_live_reader_too_far_behind_is_sent_away_and_gets_a_snapshot_when_it_comes_again(room: Console) -> None:
    with room.connect("/ws/live", max_queue=1) as slow, room.connect("/ws/live") as quick:
        assert next(messages(quick, "snapshot"))
        rounds = MOST_BEHIND + 250
        for number in range(rounds):
            room.core.say(fix("a", number) | {"padding": "x" * 8_000})
            assert next(messages(quick, "fix"))["utc_ns"] == fix("a", number)["utc_ns"]
        assert close_code_of(slow) == 1013
    with room.connect("/ws/live") as again:
        assert next(messages(again, "snapshot"))["aircraft"][0]["utc_ns"] == fix("a", rounds - 1)["utc_ns"]


def test_a_reader_who_leaves_is_forgotten() -> None:
    hub = Hub()
    reader = hub.join(["first"])
    hub.leave(reader)
    hub.publish("second")
    assert list(reader._waiting) == ["first"]


def test_the_seen_ground_is_the_cores_grid_and_all_cells_since(room: Console) -> None:
    room.core.say(whole_grid([-1] * 11 + [5]))
    soon(lambda: room.ask("/api/seen")[0] == 200)
    room.core.say({"kind": "seen", "utc_ns": str(START_NS + 60 * 10**9), "cells": [0, 3, 99, -1], "seen_km2": 0.5})
    soon(lambda: seen_km2(room) == 0.5)
    room.core.say({"kind": "seen", "utc_ns": str(START_NS + 2 * 10**9), "cells": [3, 11], "seen_km2": 0.6})
    soon(lambda: seen_km2(room) == 0.6)
    status, headers, body = room.ask("/api/seen")
    assert (status, headers["content-encoding"]) == (200, "deflate")
    assert json.loads(headers["apacheta-grid"]) == GRID
    assert np.frombuffer(zlib.decompress(body), "<i4").tolist() == [60, -1, -1, 60, *[-1] * 7, 5]
    assert room.ask("/api/seen", If_None_Match=headers["etag"])[0] == 304


@pytest.mark.parametrize(
    "change",
    [
        {"header": GRID | {"rows": 4}},
        {"header": GRID | {"rows": -3, "cols": -4}},
        {"header": GRID | {"epoch_utc_ns": "x"}},
        {"header": None},
        {"body": None},
        {"body": "!"},
        {"body": "AAAA"},
    ],
)
def test_a_grid_that_does_not_hold_together_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(RemoteProtocolError):
        SeenGrid().replace(json.dumps(whole_grid([-1] * 12) | change).encode())


def test_a_watch_that_accounts_no_ground_says_so_without_an_error(room: Console) -> None:
    room.core.say({"kind": "seen_grid", "header": None, "body": None})
    soon(lambda: room.ask("/api/seen")[0] == 204)
    room.core.say(whole_grid([-1] * 12))
    soon(lambda: room.ask("/api/seen")[0] == 200)
    room.core.say({"kind": "seen_grid", "header": None, "body": None})
    soon(lambda: room.ask("/api/seen")[2] == b"")


def test_nothing_moves_while_nobody_says_anything(room: Console) -> None:
    before = room.json("/api/state")
    sleep(0.05)
    assert room.json("/api/state") == before
