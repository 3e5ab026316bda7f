"""A real stream watched with its page: the real command and its processes, a UDP sender, HTTP and WebSocket clients.

Slow: each test starts five processes and watches at the pace of the clock.
"""

import hashlib
import json
import math
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from live_stage import ground, stream
from processes import is_gone, until
from see_world import GRID
from watch_stage import Said, Sender, Watch, post_with_mandate, send_once

from apacheta.adapters.raster import write_grid
from apacheta.app.engine import held_port, http_socket
from apacheta.app.watch.command import KEYS
from apacheta.formats.envelope import Envelope
from apacheta.geo import undulation_m
from apacheta_verify import verify

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
Begin = Callable[..., tuple[Watch, Sender]]


@pytest.fixture
def begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Begin]:
    """Starts a watch over a post with a mandate, and its sender when the page is there."""
    monkeypatch.setenv("APACHETA_KEY", str(tmp_path / "keys" / "post.pem"))
    with ExitStack() as ends:

        def begun(*flags: str, east: float = -70.0, **sent: Any) -> tuple[Watch, Sender]:
            watch = ends.enter_context(closing(Watch(post_with_mandate(tmp_path / "post", east), *flags)))
            assert watch.address
            sender = Sender(watch.stream_port, **sent)
            ends.callback(sender.stop)
            return watch, sender

        yield begun


def of_kind(said: Said, kind: str) -> Said:
    return [message for message in said if message["kind"] == kind]


def is_heard(said: Said) -> bool:
    """Whether the aircraft's link was good at some time."""
    return any(fix["link"] == "good" for fix in of_kind(said, "fix"))


def metadata(unit: Envelope) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(unit.metadata)
    return found


def test_a_real_stream_is_seen_by_real_clients_and_ends_with_control_c(begin: Begin, shared_data: Path) -> None:
    tile = shared_data / "terrain" / "S33W071.tif"
    watch, _ = begin("--terrain", str(tile))
    said = watch.live(lambda said: len(of_kind(said, "health")) >= 3 and is_heard(said) and of_kind(said, "sight"))
    assert said[0]["kind"] == "snapshot"
    fix, sight, health = (of_kind(said, kind)[-1] for kind in ("fix", "sight", "health"))
    assert (fix["aircraft"], fix["battery_fraction"], fix["phase"]) == ("stream", None, None)
    assert fix["lon_deg"] == pytest.approx(-70.08, abs=1e-6)
    assert sight["centre"]["alt_amsl_m"] > 500.0
    assert {p["name"]: p["state"] for p in health["processes"]}.keys() >= {"core", "console", "decoder stream"}
    (stream,) = health["streams"]
    assert (stream["stream"], stream["state"]) == ("stream", "live")
    assert abs(stream["clock_offset_s"]) < 30.0
    units = watch.video(15)
    assert units[0].key
    assert all(unit.own_metadata and metadata(unit)["lat_deg"] == -32.82 for unit in units)
    until(lambda: watch.get("/api/night")["terrain"], "a map")
    night = watch.get("/api/night")
    assert (night["authority"], night["purpose"]) == ("test", "exercise")
    assert (night["end_utc_ns"], night["border"], night["planned_km2"]) == (None, None, None)
    assert night["mandate_to_utc_ns"] == "7226582400000000000"
    assert night["aircraft"][0] | {"width_px": 160, "height_px": 128, "base": None} == night["aircraft"][0]
    west, south, east, north = night["bounds"]
    assert west < -70.08 < east
    assert south < -32.82 < north
    assert watch.ask("/api/terrain.pmtiles")[1][:7] == b"PMTiles"
    until(lambda: watch.get("/api/state")["seen_km2"] is not None, "an account of the ground")
    assert watch.ask("/api/seen")[0] == 200
    assert watch.get("/api/state")["log"]["tree_size"] >= 1
    answer = watch.interrupt()
    assert (answer["exit_code"], answer["interrupted"], answer["ended"]) == (130, True, False)
    assert set(KEYS) <= set(answer)
    assert answer["terrain_sha256"] == hashlib.sha256(tile.read_bytes()).hexdigest()
    assert 0 < answer["frames_georeferenced"] <= answer["frames"]
    kinds = [entry["kind"] for entry in watch.log()]
    assert kinds[:2] == ["log_open", "mandate"]
    assert (kinds.count("mandate"), kinds.count("fault"), len(kinds)) == (1, 1, answer["entries"])
    assert verify(watch.post).exit_code == 0


def test_a_walker_in_a_real_stream_is_a_track_on_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twelve seconds of a stare, with a person who walks by, over terrain of a file."""
    monkeypatch.setenv("APACHETA_KEY", str(tmp_path / "keys" / "post.pem"))
    dem = ground()
    amsl_m = (dem.height_hae_m - float(undulation_m(GRID.lat0_deg, GRID.lon0_deg))).astype(np.float32)
    write_grid(tmp_path / "dem.tif", amsl_m, GRID, dem.origin_x_m, dem.origin_y_m, dem.cell_m)
    post, terrain = post_with_mandate(tmp_path / "post"), ("--terrain", str(tmp_path / "dem.tif"))
    with closing(Watch(post, *terrain)) as watch:
        assert watch.address
        threading.Thread(target=send_once, args=(watch.stream_port, stream(), 5.0), daemon=True).start()
        said = watch.live(confirmed)
        track = confirmed(said)[-1]
        assert distance_m(track) < 60.0
        assert 0.0 < track["col_px"] < 320.0
        assert of_kind(said, "sight")[-1]["why_not"] == ""
        assert watch.ask("/api/seen")[0] == 200
        assert watch.get("/api/state")["alerts"] == []
        answer = watch.interrupt()
    assert (answer["exit_code"], answer["height_reference"], answer["tracks"] > 0) == (130, "terrain", True)


def confirmed(said: Said) -> Said:
    return [track for message in of_kind(said, "tracks") for track in message["tracks"] if track["confirmed"]]


def distance_m(track: dict[str, Any]) -> float:
    """From the stage's middle, by which the walker passes."""
    return math.hypot(*GRID.xy(track["lat_deg"], track["lon_deg"]))


def test_no_picture_from_outside_the_mandates_area_reaches_a_viewer(begin: Begin) -> None:
    edge, out_at = -70.05, 60
    watch, sender = begin(east=edge, lon_deg=lambda n: edge - 0.01 if n < out_at else edge + 1e-4)
    shown = watch.video(10_000)
    assert shown[0].key
    assert all(unit.own_metadata and metadata(unit)["lon_deg"] <= edge for unit in shown)
    assert sender.frames > out_at
    answer = watch.answer()
    assert (answer["exit_code"], [e["code"] for e in answer["errors"]]) == (3, ["outside_mandate"])
    assert [e["body"]["what"] for e in watch.log() if e["kind"] == "fault"] == ["outside_mandate"]
    assert verify(watch.post).exit_code == 0


def test_a_viewer_hears_why_a_watch_ended(begin: Begin) -> None:
    watch, _ = begin(east=-70.05, lon_deg=lambda n: -70.06 if n < 40 else -70.04)
    said = watch.live(lambda said: said and said[-1]["kind"] == "end")
    assert [m["code"] for m in of_kind(said, "fault")] == ["outside_mandate"]
    assert watch.answer()["exit_code"] == 3


def test_a_stream_whose_clock_is_off_sets_the_pages_time_and_the_page_says_so(begin: Begin) -> None:
    watch, _ = begin(ahead_s=-3600.0)
    said = watch.live(lambda said: of_kind(said, "fault") and len(of_kind(said, "health")) >= 3)
    assert [m["code"] for m in of_kind(said, "fault")] == ["clock_off"]
    sight, health = of_kind(said, "sight")[-1], of_kind(said, "health")[-1]
    assert health["streams"][0]["clock_offset_s"] == pytest.approx(-3600.0, abs=30.0)
    assert abs(int(health["utc_ns"]) - int(sight["utc_ns"])) < 30e9
    mandate_to_utc_ns = int(watch.get("/api/night")["mandate_to_utc_ns"])
    assert mandate_to_utc_ns == pytest.approx(7226582400000000000 - 3600e9, abs=30e9)


def test_console_and_core_may_be_killed_and_nothing_that_was_acknowledged_is_lost(begin: Begin) -> None:
    watch, _ = begin()
    until(lambda: (watch.post / "video" / "stream" / "000001.ts").exists(), "a segment")
    core, frames = watch.pid("core"), frames_of(watch)
    kill(watch, "console")
    assert sees(watch)
    assert (watch.pid("core"), frames_of(watch) > frames) == (core, True)
    before = watch.log()
    kill(watch, "core")
    until(lambda: sees(watch), "pictures after another core")
    assert watch.log()[: len(before)] == before
    until(lambda: (watch.post / "video" / "stream" / "000002.ts").exists(), "a segment of another core")
    answer = watch.interrupt()
    assert (answer["exit_code"], [w["code"] for w in answer["warnings"]]) == (130, ["process_restarted"])
    log = watch.log()
    assert [e["body"]["what"] for e in log if e["kind"] == "fault"] == ["process_restarted", "interrupted"]
    assert [e["kind"] for e in log].count("mandate") == 1
    numbers = [e["body"]["number"] for e in log if e["kind"] == "video_segment"]
    assert numbers == list(range(1, len(numbers) + 1))
    kept = {e["body"]["number"]: e["body"]["sha256"] for e in log if e["kind"] == "video_segment"}
    for number, sha256 in kept.items():
        data = (watch.post / "video" / "stream" / f"{number:06d}.ts").read_bytes()
        assert hashlib.sha256(data).hexdigest() == sha256
    assert verify(watch.post).exit_code == 0


def kill(watch: Watch, name: str) -> None:
    """kill -9, and wait for another."""
    pid = watch.pid(name)
    os.kill(pid, signal.SIGKILL)
    until(lambda: is_gone(pid), f"the end of {name}")
    until(lambda: watch.pid(name) not in (0, pid), f"another {name}")


def sees(watch: Watch) -> bool:
    """Whether pictures and looks come through."""
    try:
        return bool(watch.video(12) and watch.live(lambda said: of_kind(said, "sight")))
    except (OSError, TimeoutError):
        return False


def frames_of(watch: Watch) -> int:
    said = watch.live(lambda said: of_kind(said, "health"))
    frames: int = of_kind(said, "health")[-1]["streams"][0]["frames"]
    return frames


def test_a_watch_that_is_refused_says_so_and_changes_nothing(tmp_path: Path) -> None:
    with closing(Watch(tmp_path / "post")) as watch:
        answer = watch.answer()
    assert (answer["exit_code"], [e["code"] for e in answer["errors"]]) == (3, ["no_mandate"])
    assert set(KEYS) <= set(answer)
    assert not (tmp_path / "post").exists()


def test_a_port_that_is_taken_is_said_before_anything_is_written(tmp_path: Path) -> None:
    post = post_with_mandate(tmp_path / "post")
    before = sorted(p.name for p in post.iterdir())
    with closing(http_socket()) as taken, closing(Watch(post, "--port", str(held_port(taken)))) as watch:
        answer = watch.answer()
    assert (answer["exit_code"], [e["code"] for e in answer["errors"]]) == (4, ["port_is_held"])
    assert sorted(p.name for p in post.iterdir()) == before
