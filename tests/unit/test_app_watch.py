"""A watch without a sector: what its readers are told, and when; what its account holds already when a core goes on."""

import argparse
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from account_log import open_account
from live_stage import Console, listening, mandate
from stream_sample import items_at, own_stream

from apacheta.adapters.stream import open_live_stream, stream_of_descriptor
from apacheta.app.answer import Answer
from apacheta.app.chain import ChainSettings, Keeper, Posed
from apacheta.app.demo.settings import PagePart
from apacheta.app.engine import held_port, udp_socket
from apacheta.app.engine.status import ProcessHealth, write_status
from apacheta.app.live.health import Arrivals
from apacheta.app.post import open_post
from apacheta.app.watch import command, telling
from apacheta.app.watch.chain import WatchChain, box_about
from apacheta.app.watch.notes import Notes, Past, past_of
from apacheta.app.watch.settings import Asked, WatchRun, WatchSpec, keep, kept
from apacheta.app.watch.telling import Telling
from apacheta.console.settings import STATIC
from apacheta.core.mandate import Mandate
from apacheta.formats.klv import decode_packets, encode_st0601, pose_of

AREA = ((-70.2, -33.0), (-70.0, -33.0), (-70.0, -32.5), (-70.2, -32.5), (-70.2, -33.0))
SAMPLE_NS = 1_790_000_000 * 10**9
"""When the sample's first frame was taken, by its own clock."""


def allowed() -> Mandate:
    return msgspec.structs.replace(mandate(), from_utc_ns=0, to_utc_ns=2**62, area=AREA)


def spec_in(folder: Path, core_fd: int = -1) -> WatchSpec:
    return WatchSpec(
        asked=Asked(address="udp://127.0.0.1:5600", post=str(folder), terrain=None, until_end=False),
        stream="stream", mandate_sha256="0" * 64, began_utc_ns=time.time_ns(), core_fd=core_fd,
        page=PagePart(log="log", video="video", evidence="evidence", first_entry=0, terrain=None, relief=None),
    )  # fmt: skip


class Stage:
    """A core's live side without its process."""

    def __init__(self, folder: Path) -> None:
        self.post = open_post(folder / "post")
        self.run = WatchRun(self.post.folder)
        self.run.folder.mkdir()
        self.address = folder / "core.sock"
        self._listener = listening(self.address)
        account = open_account(self.post.folder)
        self.keeper = Keeper(self.post, account, keep_video=True)
        self.chain = WatchChain(ChainSettings("stream", live=True), self.keeper, None, allowed())
        spec = spec_in(self.post.folder, os.dup(self._listener.fileno()))
        self.telling = Telling(spec, self.run, self.chain, self.keeper, account)
        self.telling.live.start()

    def take(self, data: bytes) -> None:
        self.chain.feed(data)
        self.telling.look()

    def close(self) -> None:
        self.telling.close()
        self.keeper.close()
        self._listener.close()


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setattr(telling, "LINGER_S", 0.0)
    made = Stage(tmp_path)
    yield made
    made.close()


@contextmanager
def reader(stage: Stage) -> Iterator[Console]:
    """One who has heard the three first messages."""
    with Console(stage.address) as console:
        console.until("snapshot")
        yield console


def first_of(stage: Stage) -> list[Any]:
    with Console(stage.address) as console:
        return [console.next()[1] for _ in range(3)]


def test_before_the_first_pose_the_page_shows_the_mandates_area_and_nothing_that_is_not_known(stage: Stage) -> None:
    night, grid, snapshot = first_of(stage)
    told = night["night"]
    assert told["bounds"] == [-70.2, -33.0, -70.0, -32.5]
    assert (told["authority"], told["purpose"], told["exercise"]) == ("Ministerio", "una prueba", True)
    unknown = ("end_utc_ns", "grid_north_deg", "border", "planned_km2")
    assert [told[key] for key in unknown] == [None] * 4
    assert [told[key] for key in ("keep_in", "zones", "bases", "roads", "lines", "tours")] == [[]] * 6
    (aircraft,) = told["aircraft"]
    assert (aircraft["id"], aircraft["stream"]) == ("stream", "stream")
    assert [aircraft[key] for key in ("type", "base", "width_px", "height_px", "hfov_deg")] == [None] * 5
    assert (grid["header"], grid["body"], snapshot["seen_km2"]) == (None, None, None)
    assert (snapshot["simulated"], snapshot["alerts"], snapshot["aircraft"]) == (False, [], [])


def test_with_the_first_pose_all_readers_hear_the_night_anew(stage: Stage) -> None:
    with reader(stage) as console:
        stage.take(own_stream(3))
        night, grid, _ = console.until("night"), console.until("seen_grid"), console.until("snapshot")
    told = night["night"]
    assert told["bounds"] == pytest.approx(box_about(-32.82, -70.08, telling.VIEW_DEG), abs=1e-6)
    assert (told["aircraft"][0]["width_px"], told["aircraft"][0]["height_px"], grid["header"]) == (160, 128, None)
    assert first_of(stage)[0]["night"] == told


def test_the_night_is_told_once_while_nothing_more_becomes_known(stage: Stage) -> None:
    stage.take(own_stream(3))
    with reader(stage) as console:
        stage.telling._looked_s = 0.0
        stage.telling.look()
        stage.telling.fault("nothing_new", "nothing was told before this.")
        while (heard := console.next())[0] != "fault":
            assert heard[0] not in ("night", "snapshot")


def test_a_stream_whose_clock_is_far_off_sets_the_watchs_time(stage: Stage) -> None:
    with reader(stage) as console:
        checkpoint = first_of(stage)[2]["log"]
        stage.take(own_stream(3))
        log, fault, night = (console.until(kind) for kind in ("log", "fault", "night"))
    offset_ns = SAMPLE_NS - time.time_ns()
    assert fault["code"] == "clock_off"
    assert fault["values"] == {"stream": "stream", "seconds": pytest.approx(offset_ns / 1e9, abs=120.0)}
    assert int(night["night"]["mandate_to_utc_ns"]) - 2**62 == pytest.approx(offset_ns, abs=120e9)
    assert abs(stage.telling.live.publisher.utc_ns() - SAMPLE_NS) < 120e9
    assert log["root_hash"] == checkpoint["root_hash"]
    assert int(log["checkpoint_utc_ns"]) - int(checkpoint["checkpoint_utc_ns"]) == pytest.approx(offset_ns, abs=120e9)


def test_what_waited_while_the_core_started_is_not_taken_for_a_slow_clock(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s, offset_s = [100.0], [-8.0]
    monkeypatch.setattr(telling.time, "monotonic", lambda: now_s[0])
    monkeypatch.setattr(stage.telling.live.publisher, "clock_offset_s", lambda stream: offset_s[0])
    publisher = stage.telling.live.publisher
    stage.telling.look()
    assert publisher._ahead_ns == 0
    now_s[0] += telling.BACKLOG_S + 1.0
    stage.telling.look()
    assert publisher._ahead_ns == -8 * 10**9
    now_s[0], offset_s[0] = now_s[0] + 5.0, -0.2
    stage.telling.look()
    assert publisher._ahead_ns == 0


def test_a_pose_that_comes_late_says_nothing_of_the_clocks_and_a_clock_that_was_set_is_believed_in_time() -> None:
    arrivals, pose = Arrivals(), posed(0).pose
    poses = ((0, -1.0, -1.0), (1, -6.0, -1.0), (2, -0.9, -0.9), (40, -9.0, -0.9), (80, -9.0, -9.0))
    for second, offset_s, told_s in poses:
        arrivals.unit((second + 1) * 10**9)
        arrivals.pose(msgspec.structs.replace(pose), pose.utc_ns - round(offset_s * 1e9))
        assert arrivals.clock_offset_s == pytest.approx(told_s)
    arrivals.pose(arrivals._pose, 0)
    assert arrivals.clock_offset_s == pytest.approx(-9.0)


def test_a_maps_maker_that_is_done_is_no_process_that_is_down(stage: Stage) -> None:
    rows = [ProcessHealth(name, state, 0, None, None, None) for name, state in (("core", "up"), ("map", "down"))]
    write_status(stage.run.processes, time.time_ns(), rows)
    assert [row["name"] for row in stage.telling.live.publisher._health()["processes"]] == ["core"]


def test_a_first_frame_that_came_late_makes_no_frame_early(stage: Stage) -> None:
    """Two seconds of video, taken at once: the first frame had waited."""
    stage.take(own_stream(20))
    assert stage.chain.totals.lag_s is not None
    assert stage.chain.totals.lag_s >= 0.0


def test_a_core_that_goes_on_knows_that_the_watch_has_begun_and_how_many_segments_there_are(tmp_path: Path) -> None:
    post = open_post(tmp_path / "post")
    account = open_account(post.folder)
    assert past_of(account, "stream") == Past(is_begun=False, segments=0)
    keeper = Keeper(post, account, keep_video=False)
    chain = WatchChain(ChainSettings("stream", live=True), keeper, None, allowed())
    notes = Notes("udp://127.0.0.1:5600", chain, keeper)
    notes.begin()
    for number in (1, 2):
        keeper.note("video_segment", 0, {"stream": "stream", "number": number}, at_once=True)
    keeper.note("video_segment", 0, {"stream": "stream-2", "number": 7}, at_once=True)
    assert past_of(account, "stream") == Past(is_begun=True, segments=2)
    assert past_of(account, "stream-2") == Past(is_begun=False, segments=7)
    size = account.size
    Notes("udp://127.0.0.1:5600", chain, keeper, is_begun=True).begin()
    assert account.size == size
    keeper.close()


def test_a_mandate_of_a_nights_plan_begins_no_watch(tmp_path: Path) -> None:
    post = open_post(tmp_path / "post")
    account = open_account(post.folder)
    keeper = Keeper(post, account, keep_video=False)
    keeper.note("mandate", 0, {"authority": "test"}, at_once=True)
    assert not past_of(account, "stream").is_begun
    keeper.close()


def test_a_specification_comes_back_as_it_was_kept(tmp_path: Path) -> None:
    keep(tmp_path / "night.json", spec_in(tmp_path, 5))
    assert kept(tmp_path / "night.json", WatchSpec).core_fd == 5


def test_nothing_of_an_earlier_watch_stays_in_the_run_folder(tmp_path: Path) -> None:
    run = WatchRun(tmp_path)
    run.folder.mkdir()
    for path in (run.night, run.ready, run.answer, run.ground, run.terrain):
        path.write_text("old")
    run.relief.symlink_to(tmp_path)
    run.clear()
    assert list(run.folder.iterdir()) == []
    assert tmp_path.is_dir()


def posed(number: int) -> Posed:
    (packet,) = decode_packets(encode_st0601(items_at(number)))
    pose = pose_of(packet, lambda lat, lon: 0.0)
    assert pose is not None
    return Posed(None, pose)


def asked_for(post: str | None, stream: str, no_page: bool = False) -> argparse.Namespace:
    return argparse.Namespace(post=post, stream=stream, no_page=no_page)


@pytest.mark.parametrize(
    ("arguments", "serves"),
    [
        (asked_for("post", "udp://127.0.0.1:5600"), True),
        (asked_for("post", "-"), True),
        (asked_for("post", "udp://127.0.0.1:5600", no_page=True), False),
        (asked_for(None, "udp://127.0.0.1:5600"), False),
        (asked_for("post", "flight.ts"), False),
    ],
)
def test_a_live_stream_that_is_watched_into_a_post_has_the_page(
    arguments: argparse.Namespace, serves: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "index.html"
    page.write_text("")
    monkeypatch.setattr(command, "PAGE", page)
    answer = Answer("s")
    assert (command._serves_page(answer, arguments), answer.warnings) == (serves, [])


def test_without_a_built_page_a_live_stream_is_watched_all_the_same_and_the_answer_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "PAGE", tmp_path / "index.html")
    answer = Answer("s")
    assert not command._serves_page(answer, asked_for("post", "udp://127.0.0.1:5600"))
    assert [line.code for line in answer.warnings] == ["page_not_built"]


def test_a_stream_that_somebody_else_holds_open_is_read_and_stays_open() -> None:
    with udp_socket() as port:
        free = held_port(port)
    held = open_live_stream(f"udp://127.0.0.1:{free}")
    reader = stream_of_descriptor("udp://127.0.0.1", os.dup(held.fileno()))
    with udp_socket() as sender:
        sender.sendto(b"first", ("127.0.0.1", free))
        assert next(iter(reader.chunks())).data == b"first"
        reader.close()
        sender.sendto(b"second", ("127.0.0.1", free))
        assert next(iter(held.chunks())).data == b"second"
    held.close()


def test_a_pipe_that_somebody_else_holds_open_is_read_by_its_descriptor() -> None:
    out, into = os.pipe()
    source = stream_of_descriptor("-", out)
    os.write(into, b"bytes")
    os.close(into)
    assert b"".join(chunk.data for chunk in source.chunks()) == b"bytes"
    source.close()


def test_the_page_is_looked_for_where_the_console_serves_it_from() -> None:
    assert command.PAGE.parent == STATIC
