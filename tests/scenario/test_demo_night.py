"""Whole short nights through the command line: truth apart, pipe and socket alike, killed, held, disk full."""

import hashlib
import html
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from processes import PATIENCE_S, until

from apacheta.adapters.filelog import FileLogStore
from apacheta.app.cli import main
from apacheta.app.demo.command import KEYS
from apacheta.app.post import open_post

pytestmark = pytest.mark.timeout(600)
SHORT = ["--headless", "--camera", "320x256", "--seed", "2"]


def demo(post: Path, *flags: str, minutes: float = 0.5, **popen: Any) -> subprocess.Popen[bytes]:
    """A demo in a process of its own."""
    command = [
        sys.executable,
        "-m",
        "apacheta.app.cli",
        "demo",
        "--post",
        str(post),
        "--minutes",
        str(minutes),
        "--json",
    ]
    return subprocess.Popen([*command, *flags], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, **popen)


def answer_of(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """Its one JSON object."""
    out, _ = process.communicate(timeout=PATIENCE_S)
    result: dict[str, Any] = json.loads(out)
    return result


def verified(post: Path) -> dict[str, Any]:
    """What the stand-alone verifier says."""
    done = subprocess.run(
        [sys.executable, "-m", "apacheta_verify", str(post), "--json"], stdout=subprocess.PIPE, check=False
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def entries(post: Path) -> list[dict[str, Any]]:
    """All entries of a post's log."""
    store = FileLogStore(post / "log")
    try:
        return [json.loads(store.entry(i)) for i in range(store.size())]
    finally:
        store.close()


def frames_in(post: Path) -> int:
    """Frames in the video segments of a post's account."""
    return sum(e["body"]["frames"] for e in entries(post) if e["kind"] == "video_segment")


def content(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """One minute of seed 2: markers come into view in it."""
    post = tmp_path_factory.mktemp("night") / "a post"
    return post, answer_of(demo(post, *SHORT, minutes=1.0))


def test_a_night_runs_to_a_verified_log(night: tuple[Path, dict[str, Any]]) -> None:
    post, answer = night
    assert answer["exit_code"] == 0, answer["errors"]
    assert set(KEYS) <= set(answer)
    assert answer["log_verified"] is True
    assert answer["frames_decoded"] == answer["frames_sent"] == 600
    assert answer["frames_georeferenced"] == 600
    assert Path(answer["report"]).stat().st_size > 10_000
    assert verified(post)["tree_size"] == answer["entries"]


def test_the_checkpoint_that_the_report_prints_can_be_kept_and_used(
    night: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    answer = night[1]
    page = Path(answer["report"]).read_text(encoding="utf-8")
    command, checkpoint = (html.unescape(text) for text in re.findall(r"<pre>(.*?)</pre>", page, re.DOTALL))
    (tmp_path / "kept").write_text(checkpoint, encoding="utf-8")
    words = [*shlex.split(command)[1:], "--checkpoint", str(tmp_path / "kept"), "--json"]
    done = subprocess.run([sys.executable, "-m", "apacheta_verify", *words], stdout=subprocess.PIPE, check=False)
    body = json.loads(done.stdout)
    assert (body["exit_code"], body["tree_size"]) == (0, answer["entries"])
    assert body["root_hash"] in page
    assert hashlib.sha256(checkpoint.encode()).hexdigest() == answer["checkpoint_sha256"]


def test_the_account_holds_every_link_of_the_chain(night: tuple[Path, dict[str, Any]]) -> None:
    post, _ = night
    kinds = Counter(e["kind"] for e in entries(post))
    assert {
        "log_open",
        "mandate",
        "plan",
        "flight_open",
        "positions",
        "video_segment",
        "looks",
        "flight_close",
        "draw",
        "log_close",
    } <= set(kinds)


def test_the_draw_is_committed_to_before_the_flight_and_told_after_it(
    night: tuple[Path, dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    post, _ = night
    plan, draw = (next(e["body"] for e in entries(post) if e["kind"] == kind) for kind in ("plan", "draw"))
    assert plan["draw_sha256"] == hashlib.sha256(bytes.fromhex(draw["seed"])).hexdigest()
    assert [set(slot) for slot in plan["slots"]] == [{"slot", "launch_utc_ns"}] * len(plan["slots"])
    assert main(["certify", str(post / "plans" / "plan.json"), "--post", str(post), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["draw"] == "log"


def test_the_kept_video_is_what_the_log_hashed(night: tuple[Path, dict[str, Any]]) -> None:
    post, _ = night
    segments = [e["body"] for e in entries(post) if e["kind"] == "video_segment"]
    files = [post / "video" / s["stream"] / f"{s['number']:06d}.ts" for s in segments]
    assert [hashlib.sha256(f.read_bytes()).hexdigest() for f in files] == [s["sha256"] for s in segments]
    assert sum(s["frames"] for s in segments) == 600


def test_the_aircraft_keeps_its_distances(night: tuple[Path, dict[str, Any]]) -> None:
    answer = night[1]
    assert answer["min_border_distance_m"] >= answer["border_standoff_m"] + answer["border_line_accuracy_m"]
    assert answer["min_terrain_clearance_m"] >= 60


def test_markers_are_found_within_half_a_metre(night: tuple[Path, dict[str, Any]]) -> None:
    answer = night[1]
    assert answer["markers"] > 0
    assert answer["marker_error_max_m"] <= 0.5


@pytest.mark.slow
def test_the_night_runs_without_its_truth(tmp_path: Path) -> None:
    post = tmp_path / "post"
    process = demo(post, *SHORT, minutes=0.2)
    until((post / "truth" / "truth.jsonl").exists, "a truth")
    shutil.rmtree(post / "truth")
    answer = answer_of(process)
    assert answer["exit_code"] == 0
    assert answer["log_verified"] is True
    assert answer["frames_georeferenced"] == 120
    assert answer["true_alerts"] is None
    assert [w["code"] for w in answer["warnings"]] == ["no_truth"]


@pytest.mark.slow
def test_pipe_and_socket_give_the_same_records(tmp_path: Path) -> None:
    """Live over UDP at the pace of the clock against headless through a pipe: same video, same looks, same alerts."""
    kinds = ("video_segment", "alert", "looks")
    records = []
    live = [*SHORT[1:], "--no-page", "--on-station", "--aircraft", "1"]
    for name, flags in (("pipe", SHORT), ("udp", live)):
        answer = answer_of(demo(tmp_path / name, *flags, minutes=0.2))
        assert answer["frames_decoded"] == 120, answer["errors"]
        records.append([e for e in entries(tmp_path / name) if e["kind"] in kinds])
    assert sorted(map(str, records[0])) == sorted(map(str, records[1]))


@pytest.mark.slow
def test_a_killed_night_goes_on_and_verifies(tmp_path: Path) -> None:
    post = tmp_path / "post"
    process = demo(post, *SHORT, minutes=30.0)
    until((post / "video" / "A1" / "000003.ts").exists, "a segment")
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    after_kill = verified(post)
    assert after_kill["ok"], after_kill
    acknowledged = after_kill["tree_size"]
    kept = (post / "video" / "A1" / "000001.ts").read_bytes()
    again = answer_of(demo(post, *SHORT, minutes=0.1))
    assert (post / "video" / "A1" / "000001.ts").read_bytes() == kept
    assert (post / "video" / "watch-2" / "A1" / "000001.ts").is_file()
    assert again["log_verified"] is True
    assert again["entries"] > acknowledged
    assert "log_resume" in [e["kind"] for e in entries(post)]
    planned = {e["body"]["plan_sha256"] for e in entries(post) if e["kind"] == "plan"}
    kept = {hashlib.sha256(p.read_bytes()).hexdigest() for p in (post / "plans").glob("*.json")}
    assert planned <= kept
    assert {e["body"]["certificate_sha256"] for e in entries(post) if e["kind"] == "plan"} <= kept


def test_a_post_that_another_process_holds_is_left_as_it_is(tmp_path: Path) -> None:
    post = open_post(tmp_path / "post")
    post.plan.write_bytes(b"the plan of the night that is being watched")
    post.plan.with_suffix(".html").write_bytes(b"its page")
    holder = FileLogStore(post.log)
    try:
        before = content(post.folder)
        answer = answer_of(demo(post.folder, *SHORT, minutes=0.1))
        after = content(post.folder)
    finally:
        holder.close()
    assert answer["exit_code"] == 4
    assert answer["errors"][0]["code"] == "post_is_held"
    assert after == before


def simulator_of(process: subprocess.Popen[bytes]) -> int:
    """The process id of a demo's simulator."""
    for children in Path(f"/proc/{process.pid}/task").glob("*/children"):
        for child in children.read_text().split():
            if b"apacheta.app.simulator" in Path(f"/proc/{child}/cmdline").read_bytes():
                return int(child)
    raise AssertionError("there is no simulator")


def test_a_killed_simulator_is_said_and_what_came_before_is_reported(tmp_path: Path) -> None:
    post = tmp_path / "post"
    process = demo(post, *SHORT, "--lang", "en", minutes=30.0)
    until((post / "video" / "A1" / "000001.ts").exists, "a segment")
    os.kill(simulator_of(process), signal.SIGKILL)
    answer = answer_of(process)
    assert (answer["ok"], answer["exit_code"], answer["interrupted"]) == (False, 4, False)
    assert [e["code"] for e in answer["errors"]] == ["simulator_killed"]
    assert answer["errors"][0]["remedy"]
    assert answer["frames_dropped"] is None  # a killed simulator does not say what it sent
    page = Path(answer["report"]).read_text(encoding="utf-8")
    assert "SIGKILL" in page
    assert '<tr><td>Dropped</td><td class="n">–</td>' in page
    assert [e["body"]["what"] for e in entries(post) if e["kind"] == "fault"] == ["simulator_killed"]
    assert verified(post)["ok"]
    assert frames_in(post) == answer["frames_georeferenced"] > 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 14 MB: room for a plan and half a minute of video."""
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=14m", "tmpfs", str(place)]
    mounted = subprocess.run(mount, capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("a small tmpfs cannot be mounted here (needs root)")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.slow
def test_a_full_disk_ends_the_night_with_a_valid_log(small_disk: Path) -> None:
    post = small_disk / "post"
    answer = answer_of(demo(post, "--headless", "--seed", "1", minutes=2.0))
    assert answer["exit_code"] == 4
    assert answer["errors"][0]["code"] == "disk_full"
    assert verified(post)["ok"]


@pytest.mark.slow
def test_control_c_ends_the_night_cleanly(tmp_path: Path) -> None:
    post = tmp_path / "post"
    process = demo(post, *SHORT, minutes=30.0)
    until((post / "video" / "A1" / "000001.ts").exists, "a segment")
    process.send_signal(signal.SIGINT)
    answer = answer_of(process)
    assert (answer["exit_code"], answer["interrupted"]) == (130, True)
    assert answer["log_verified"] is True
    assert Path(answer["report"]).is_file()
    assert [e["body"]["what"] for e in entries(post) if e["kind"] == "fault"] == ["interrupted"]
    assert frames_in(post) == answer["frames_georeferenced"] == answer["frames_decoded"] > 0
