"""`apacheta watch` and `apacheta doctor video` by their command lines: real streams, damaged ones, live ones."""

import hashlib
import itertools
import json
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sectors import MANDATE, box, changed, geojson
from stream_sample import items_at, own_stream, pictures

from apacheta.adapters.filelog import FileLogStore
from apacheta.adapters.stream import FileStream
from apacheta.app.cli import main
from apacheta.app.doctor import KEYS as DOCTOR_KEYS
from apacheta.app.loading import load_mandate
from apacheta.app.watch import alone, chain, command, notes, refusals
from apacheta.core.errors import EnvironmentFault, InputFault
from apacheta.formats.klv import encode_st0601
from apacheta.formats.ts import TsMuxer
from apacheta.ports import Chunk
from apacheta_verify import verify

GENERAL = {"schema", "apacheta", "ok", "exit_code", "warnings", "errors"}
LINE = {"code", "text", "file", "field", "remedy"}
SHARED = ["aphill_short", "h264_klv", "h264_no_klv", "h264_audio"]
PACKET = 188
Run = Callable[..., dict[str, Any]]


def not_a_number(text: str) -> None:
    raise AssertionError(f"{text} in JSON")


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command line with --json; the object, after what every answer must keep to has been checked."""
    monkeypatch.setenv("APACHETA_KEY", str(tmp_path / "keys" / "post.pem"))

    def answer_of(*words: object) -> dict[str, Any]:
        capfd.readouterr()
        code = main([*map(str, words), "--json"])
        out, err = capfd.readouterr()
        assert out.endswith("}\n")
        assert out.count("\n") == 1
        assert "Traceback" not in err
        body: dict[str, Any] = json.loads(out, parse_constant=not_a_number)
        assert set(body) >= GENERAL | set(command.KEYS if words[0] == "watch" else DOCTOR_KEYS)
        assert (body["exit_code"], body["ok"]) == (code, code == 0)
        assert all(set(line) == LINE for line in body["warnings"] + body["errors"])
        assert all(line["remedy"] for line in body["errors"])
        return body

    return answer_of


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    """A stream of our own: 20 frames, a pose with each."""
    return written(tmp_path, own_stream(20))


def written(folder: Path, data: bytes, name: str = "stream.ts") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def codes(body: dict[str, Any], what: str = "warnings") -> set[str]:
    return {line["code"] for line in body[what]}


@pytest.mark.parametrize(
    ("name", "frames", "packets", "standard", "codec"),
    [
        ("aphill_short", 48, 48, "EG 0104", "h264"),
        ("h264_klv", 30, 30, "ST 0601", "h264"),
        ("h264_no_klv", 30, 0, "none", "h264"),
        ("h264_audio", 29, 0, "none", "mpeg2video"),
    ],
)
def test_watch_gives_the_pinned_figures(
    shared_data: Path, run: Run, name: str, frames: int, packets: int, standard: str, codec: str
) -> None:
    path = shared_data / "video" / f"{name}.ts"
    body = run("watch", "--stream", path)
    assert (body["exit_code"], body["source"], body["ended"]) == (0, str(path), True)
    found = (body["frames"], body["metadata_packets"], body["standard"], body["codec"])
    assert found == (frames, packets, standard, codec)
    assert (body["frames_damaged"], body["metadata_rejected"]) == (0, 0)
    assert codes(body) == (set() if packets else {"no_metadata"})
    placed = body["frames_georeferenced"]
    assert (placed >= frames - 1, body["height_reference"]) == ((True, "ellipsoid") if packets else (False, None))


@pytest.mark.parametrize("name", SHARED)
def test_watch_and_doctor_agree_about_a_stream(shared_data: Path, run: Run, name: str) -> None:
    path = shared_data / "video" / f"{name}.ts"
    seen, told = run("watch", "--stream", path), run("doctor", "video", path)
    for key in ("codec", "width_px", "height_px", "frame_rate_hz", "frames", "duration_s"):
        assert seen[key] == told["video"][key], key
    metadata = told["metadata"] or {"packets": 0, "standard": "none"}
    assert (seen["metadata_packets"], seen["standard"]) == (metadata["packets"], metadata["standard"])
    assert told["exit_code"] == (1 if told["georeferencing"] == "none" else 0)
    assert (told["georeferencing"] == "none") == (seen["frames_georeferenced"] == 0)


@pytest.mark.parametrize("name", ["aphill_short", "h264_klv"])
def test_a_real_stream_that_was_cut_is_watched_as_far_as_it_goes(
    shared_data: Path, run: Run, tmp_path: Path, name: str
) -> None:
    whole = (shared_data / "video" / f"{name}.ts").read_bytes()
    cut = written(tmp_path, whole[: len(whole) // 2 // PACKET * PACKET + 60])
    for body, frames in both(run, cut):
        assert body["exit_code"] == 0
        assert 5 <= frames < (48 if name == "aphill_short" else 30)
        assert "trailing_bytes" in codes(body)


@pytest.mark.parametrize("name", SHARED)
@pytest.mark.parametrize("flips", [20, 300])
def test_flipped_bytes_in_a_real_stream_are_counted_and_survived(
    shared_data: Path, run: Run, tmp_path: Path, name: str, flips: int
) -> None:
    data = bytearray((shared_data / "video" / f"{name}.ts").read_bytes())
    generator = np.random.default_rng(flips)
    for at in generator.integers(PACKET * 8, len(data), flips):
        data[at] ^= 1 << generator.integers(8)
    for body, frames in both(run, written(tmp_path, bytes(data))):
        assert body["exit_code"] in (0, 1)
        assert body["exit_code"] == 0 or (body["schema"], body["georeferencing"]) == ("apacheta/doctor-video/1", "none")
        assert frames >= 5
        assert codes(body) - {"no_metadata"}


def both(run: Run, path: Path) -> Iterator[tuple[dict[str, Any], int]]:
    """The answers of watch and doctor about a file, each with its number of frames."""
    seen = run("watch", "--stream", path)
    yield seen, seen["frames"]
    told = run("doctor", "video", path)
    yield told, told["video"]["frames"]


def test_a_stream_without_metadata_is_watched_and_the_doctor_says_no(run: Run, tmp_path: Path) -> None:
    path = written(tmp_path, own_stream(20, metadata=False))
    (seen, frames), (told, _) = both(run, path)
    assert (seen["exit_code"], frames, seen["standard"], codes(seen)) == (0, 20, "none", {"no_metadata"})
    assert (told["exit_code"], told["georeferencing"], told["metadata"]) == (1, "none", None)


def test_wrong_checksums_are_counted_and_place_no_frame(run: Run, tmp_path: Path) -> None:
    muxer, parts = TsMuxer(), []
    for n, (unit, key) in enumerate(pictures(20)):
        good = encode_st0601(items_at(n))
        parts.append(muxer.frame(9_000 * n, unit, good if n % 2 else good[:-1] + bytes((good[-1] ^ 1,)), key))
    (seen, _), (told, _) = both(run, written(tmp_path, b"".join(parts)))
    assert (seen["exit_code"], seen["frames"], seen["frames_georeferenced"]) == (0, 20, 10)
    assert (seen["metadata_packets"], seen["metadata_rejected"], codes(seen)) == (20, 10, {"metadata_rejected"})
    assert (told["metadata"]["checksum_failures"], told["georeferencing"]) == (10, "partial")


def test_a_wrong_checksum_in_a_real_stream_is_one_set_less(shared_data: Path, run: Run, tmp_path: Path) -> None:
    data = bytearray((shared_data / "video" / "h264_klv.ts").read_bytes())
    starts = [
        at for at in range(0, len(data), PACKET) if data[at + 1] & 0x40 and b"\x06\x0e+4" in data[at : at + PACKET]
    ]
    data[starts[3] + PACKET - 20] ^= 1
    body = run("watch", "--stream", written(tmp_path, bytes(data)))
    assert (body["exit_code"], body["frames"], body["metadata_packets"], body["metadata_rejected"]) == (0, 30, 30, 1)
    assert (
        run("watch", "--stream", shared_data / "video" / "h264_klv.ts")["frames_georeferenced"]
        > (body["frames_georeferenced"])
    )


def with_a_clock_beyond_2262(folder: Path) -> Path:
    """Our stream, its sets whole, their time stamps 2^63 microseconds: the year 294247."""
    muxer = TsMuxer()
    frames = enumerate(pictures(20))
    sets = (muxer.frame(9_000 * n, u, encode_st0601(items_at(n) | {2: 2**63 + n}), key) for n, (u, key) in frames)
    return written(folder, b"".join(sets))


@pytest.mark.parametrize("command", ["doctor", "watch"])
def test_an_impossible_time_stamp_is_survived(shared_data: Path, run: Run, tmp_path: Path, command: str) -> None:
    path, tile = with_a_clock_beyond_2262(tmp_path), shared_data / "terrain" / "S33W071.tif"
    words = ("doctor", "video", path) if command == "doctor" else ("watch", "--stream", path, "--terrain", tile)
    body = run(*words)
    assert body["exit_code"] in (0, 1)


GARBAGE = {
    "noise": np.random.default_rng(3).bytes(60_000),
    "empty": b"",
    "sync bytes": b"\x47" * 30_000,
    "mp4": b"\x00\x00\x00\x18ftypmp42" + bytes(9_000),
    "no key frame": own_stream(20)[: 3 * PACKET] + own_stream(20)[-5 * PACKET :],
}


@pytest.mark.parametrize("kind", sorted(GARBAGE))
def test_without_one_frame_both_are_input_faults(run: Run, tmp_path: Path, kind: str) -> None:
    path = written(tmp_path, GARBAGE[kind])
    seen, told = run("watch", "--stream", path), run("doctor", "video", path)
    assert (seen["exit_code"], told["exit_code"]) == (3, 3)
    assert (codes(seen, "errors"), seen["errors"][0]["file"]) == ({"no_video"}, str(path))
    assert (seen["frames"], told["video"]) == (0, None)


def test_noise_between_whole_streams_is_skipped_and_said(run: Run, tmp_path: Path) -> None:
    noise = np.random.default_rng(4).integers(0, 71, 5_000, dtype=np.uint8).tobytes()  # no sync byte, 0x47, in it
    body = run("watch", "--stream", written(tmp_path, noise + own_stream(20)))
    assert (body["exit_code"], body["frames"], body["frames_georeferenced"]) == (0, 20, 20)
    assert "bytes_skipped" in codes(body)


def test_a_file_that_is_not_there_leaves_no_post(run: Run, tmp_path: Path) -> None:
    body = run("watch", "--stream", tmp_path / "none.ts", "--post", tmp_path / "post")
    assert (body["exit_code"], codes(body, "errors")) == (3, {"file_missing"})
    assert not (tmp_path / "post").exists()


def test_terrain_of_elsewhere_is_refused_with_the_cameras_place(shared_data: Path, run: Run) -> None:
    tile = shared_data / "terrain" / "S33W071.tif"
    body = run("watch", "--stream", shared_data / "video" / "aphill_short.ts", "--terrain", tile)
    line = body["errors"][0]
    assert (body["exit_code"], line["code"], line["field"]) == (3, "raster_does_not_cover", "--terrain")
    assert line["file"] == tile.name
    assert "38.25" in line["text"]
    assert body["ended"] is False


def test_terrain_of_the_place_gives_heights_and_seen_ground(shared_data: Path, run: Run, ours: Path) -> None:
    tile = shared_data / "terrain" / "S33W071.tif"
    body = run("watch", "--stream", ours, "--terrain", tile)
    assert (body["exit_code"], body["height_reference"], body["frames_georeferenced"]) == (0, "terrain", 20)
    assert body["terrain_sha256"] == hashlib.sha256(tile.read_bytes()).hexdigest()
    assert body["seen_km2"] is not None


@pytest.mark.parametrize("what", ["missing", "garbage"])
def test_a_bad_terrain_file_is_refused_before_anything_is_made(run: Run, ours: Path, tmp_path: Path, what: str) -> None:
    if what == "garbage":
        written(tmp_path, b"no raster", "dem.tif")
    body = run("watch", "--stream", ours, "--terrain", tmp_path / "dem.tif", "--post", tmp_path / "post")
    assert (body["exit_code"], body["errors"][0]["field"]) == (3, "--terrain")
    assert body["errors"][0]["file"] == "dem.tif"
    assert not (tmp_path / "post").exists()


def entries_in(post: Path) -> list[dict[str, Any]]:
    store = FileLogStore(post / "log")
    try:
        return [json.loads(store.entry(i)) for i in range(store.size())]
    finally:
        store.close()


def test_a_replay_into_a_post_leaves_a_log_that_verifies(run: Run, ours: Path, tmp_path: Path) -> None:
    post = tmp_path / "post"
    body = run("watch", "--stream", ours, "--post", post)
    report = verify(post)
    assert (report.exit_code, report.as_json()["tree_size"]) == (0, body["entries"])
    segments = [e["body"] for e in entries_in(post) if e["kind"] == "video_segment"]
    assert sum(s["frames"] for s in segments) == 20
    assert sum(s["bytes"] for s in segments) == ours.stat().st_size


def test_a_second_replay_into_a_post_keeps_the_firsts_video(run: Run, ours: Path, tmp_path: Path) -> None:
    post, other = tmp_path / "post", written(tmp_path, own_stream(7), "other.ts")
    first, second = (run("watch", "--stream", path, "--post", post)["entries"] for path in (ours, other))
    assert second > first
    assert verify(post).exit_code == 0
    segments = [e["body"] for e in entries_in(post) if e["kind"] == "video_segment"]
    kept = [post / "video" / s["stream"] / f"{s['number']:06d}.ts" for s in segments]
    assert [hashlib.sha256(p.read_bytes()).hexdigest() for p in kept] == [s["sha256"] for s in segments]
    assert len(set(kept)) == len(segments) >= 2


def test_damaged_video_in_a_post_is_kept_as_it_came(run: Run, ours: Path, tmp_path: Path) -> None:
    data = bytearray(ours.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 300] = bytes(300)
    body = run("watch", "--stream", written(tmp_path, bytes(data)), "--post", tmp_path / "post")
    assert (body["exit_code"], verify(tmp_path / "post").exit_code) == (0, 0)
    kept = b"".join(p.read_bytes() for p in sorted((tmp_path / "post" / "video").rglob("*.ts")))
    assert kept == bytes(data)


class Interrupting(FileStream):
    """A file from which Ctrl-C comes with a chunk, `times` in a row."""

    def __init__(self, path: Path, at: int, times: int = 1) -> None:
        super().__init__(path, chunk_bytes=7 * PACKET)
        self._at, self._times = at, times

    def chunks(self) -> Iterator[Chunk]:
        for number, chunk in enumerate(super().chunks()):
            if number == self._at:
                for _ in range(self._times):
                    signal.raise_signal(signal.SIGINT)
            yield chunk


def frames_in(entries: list[dict[str, Any]]) -> int:
    return sum(e["body"]["frames"] for e in entries if e["kind"] == "video_segment")


def ends_in(entries: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """What the account says of a watch that did not end with its stream."""
    return [(e["body"]["what"], e["body"]["text"]) for e in entries if e["kind"] == "fault"]


def test_control_c_writes_down_what_was_watched(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, post = written(tmp_path, own_stream(40)), tmp_path / "post"
    monkeypatch.setattr(alone, "open_stream", lambda *_, **__: Interrupting(path, 10))
    before = signal.getsignal(signal.SIGINT)
    body = run("watch", "--stream", path, "--post", post)
    assert (body["exit_code"], body["interrupted"], body["ended"]) == (130, True, False)
    account = entries_in(post)
    assert 0 < body["frames_georeferenced"] == body["frames"] == frames_in(account) < 40
    assert [e["body"]["what"] for e in account if e["kind"] == "fault"] == ["interrupted"]
    assert verify(post).exit_code == 0
    assert signal.getsignal(signal.SIGINT) is before


def test_a_second_control_c_ends_it_at_once(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, post = written(tmp_path, own_stream(40)), tmp_path / "post"
    monkeypatch.setattr(alone, "open_stream", lambda *_, **__: Interrupting(path, 10, times=2))
    body = run("watch", "--stream", path, "--post", post)
    assert (body["exit_code"], body["interrupted"], body["ended"]) == (130, True, False)
    assert [what for what, _ in ends_in(entries_in(post))] == ["interrupted"]
    assert verify(post).exit_code == 0


def test_control_c_before_the_first_frame_is_an_interruption(
    run: Run, ours: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alone, "open_stream", lambda *_, **__: Interrupting(ours, 0))
    body = run("watch", "--stream", ours)
    assert (body["exit_code"], body["interrupted"], body["errors"]) == (130, True, [])


def test_bytes_that_found_no_room_are_said_and_accounted(
    run: Run, ours: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = FileStream(ours)
    source.dropped_bytes = 1316
    monkeypatch.setattr(alone, "open_stream", lambda *_, **__: source)
    body = run("watch", "--stream", ours, "--post", tmp_path / "post")
    assert (body["exit_code"], codes(body)) == (0, {"bytes_dropped"})
    (fault,) = (e["body"] for e in entries_in(tmp_path / "post") if e["kind"] == "fault")
    assert (fault["what"], "1316" in fault["text"]) == ("bytes_dropped", True)


def test_the_chain_is_told_when_each_chunk_came(run: Run, ours: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    came = [Chunk(ours.read_bytes(), 1_000), Chunk(b"", 2_000)]
    source = FileStream(ours)
    monkeypatch.setattr(source, "chunks", lambda: iter(came))
    monkeypatch.setattr(alone, "open_stream", lambda *_, **__: source)
    fed: list[Chunk] = []
    real = chain.WatchChain.feed
    monkeypatch.setattr(chain.WatchChain, "feed", lambda self, *given: (fed.append(Chunk(*given)), real(self, *given)))
    assert run("watch", "--stream", ours)["frames"] == 20
    assert fed == came


# Live: a sender on this machine, and the post's mandate.


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Once the watch has bound its port, our stream is sent to it."""
    threads: list[threading.Thread] = []
    real = alone.open_stream

    def opened(address: str, **given: Any) -> Any:
        source = real(address, **given)
        threads.append(threading.Thread(target=send, args=(source.port,)))
        threads[-1].start()
        return source

    monkeypatch.setattr(alone, "open_stream", opened)
    monkeypatch.setattr(alone, "LIVE_IDLE_S", 0.4)
    yield
    for thread in threads:
        thread.join()


def send(port: int) -> None:
    data = own_stream(20)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        for at in range(0, len(data), 7 * PACKET):
            out.sendto(data[at : at + 7 * PACKET], ("127.0.0.1", port))
            time.sleep(0.002)


def free_url() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
        held.bind(("127.0.0.1", 0))
        return f"udp://127.0.0.1:{held.getsockname()[1]}"


def post_with_mandate(folder: Path, to_utc: str = "2199-01-01T00:00:00Z", east: float = -70.0) -> Path:
    """A folder with a mandate over the sample stream's place, from 2020 on."""
    post = folder / "post"
    post.mkdir()
    mandate = changed(MANDATE, "2026-06-01T00:00:00Z", "2020-01-01T00:00:00Z")
    (post / "mandate.toml").write_text(changed(mandate, "2026-07-01T00:00:00Z", to_utc), encoding="utf-8")
    geojson(post / "area.geojson", "Polygon", [box(-70.2, -33.0, east, -32.5)])
    return post


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("address", ["udp://127.0.0.1:5600", "-", "/dev/null", "file:/dev/null"])
def test_a_live_stream_without_a_post_is_refused(run: Run, address: str) -> None:
    body = run("watch", "--stream", address, "--until-end")
    assert (body["exit_code"], codes(body, "errors"), body["errors"][0]["field"]) == (3, {"no_mandate"}, "--post")


def test_a_live_stream_without_a_mandate_is_refused_and_makes_no_post(run: Run, tmp_path: Path) -> None:
    body = run("watch", "--no-page", "--stream", free_url(), "--until-end", "--post", tmp_path / "post")
    assert (body["exit_code"], codes(body, "errors")) == (3, {"no_mandate"})
    assert body["errors"][0]["file"] == str(tmp_path / "post" / "mandate.toml")
    assert not (tmp_path / "post").exists()


def test_a_live_stream_under_an_expired_mandate_is_refused_and_changes_nothing(run: Run, tmp_path: Path) -> None:
    post = post_with_mandate(tmp_path, to_utc="2021-01-01T00:00:00Z")
    before = files_in(post)
    body = run("watch", "--no-page", "--stream", free_url(), "--until-end", "--post", post)
    line = body["errors"][0]
    assert (body["exit_code"], line["code"], line["field"]) == (3, "mandate_expired", "to_utc")
    assert "2021-01-01T00:00:00Z" in line["text"]
    assert files_in(post) == before


def test_a_live_stream_under_its_mandate_is_watched_and_accounted(live: None, run: Run, tmp_path: Path) -> None:
    post = post_with_mandate(tmp_path)
    body = run("watch", "--no-page", "--stream", free_url(), "--until-end", "--post", post)
    assert (body["exit_code"], body["frames"], body["frames_georeferenced"]) == (0, 20, 20)
    assert (verify(post).exit_code, verify(post).as_json()["tree_size"]) == (0, body["entries"])


def test_a_live_watchs_account_begins_with_its_mandate(live: None, shared_data: Path, run: Run, tmp_path: Path) -> None:
    post, url, tile = post_with_mandate(tmp_path), free_url(), shared_data / "terrain" / "S33W071.tif"
    run("watch", "--no-page", "--stream", url, "--until-end", "--post", post, "--terrain", tile)
    opened, mandate, *_ = entries_in(post)
    assert (opened["kind"], mandate["kind"]) == ("log_open", "mandate")
    assert mandate["body"]["sha256"] == load_mandate(post / "mandate.toml").sha256
    assert mandate["body"]["watch"] == {
        "stream": "stream",
        "source": url,
        "terrain_sha256": hashlib.sha256(tile.read_bytes()).hexdigest(),
    }


def test_a_live_watch_ends_where_the_camera_leaves_the_mandates_area(live: None, run: Run, tmp_path: Path) -> None:
    post = post_with_mandate(tmp_path, east=-70.08 + 5.5e-5)  # the sample flies 1e-5 degrees east with each frame
    body = run("watch", "--no-page", "--stream", free_url(), "--until-end", "--post", post)
    assert (body["exit_code"], codes(body, "errors"), body["ended"]) == (3, {"outside_mandate"}, False)
    assert body["frames_georeferenced"] == frames_in(entries_in(post)) == 6
    assert [e["kind"] for e in entries_in(post)][1] == "mandate"
    assert ends_in(entries_in(post)) == [("outside_mandate", body["errors"][0]["text"])]
    assert verify(post).exit_code == 0


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> str:
    """Our clock goes on by ten minutes with each look at it; a time about thirty looks ahead."""
    looks = itertools.count()

    class Hasty:
        def utc_ns(self) -> int:
            return 1_780_000_000_000_000_000 + 600_000_000_000 * next(looks)  # from 2026-05-28T20:26:40Z

        def monotonic_ns(self) -> int:
            return time.monotonic_ns()

    for module in (chain, notes, refusals):
        monkeypatch.setattr(module, "SystemClock", Hasty)
    return "2026-05-29T01:30:00Z"


def test_a_live_watch_ends_with_the_mandates_time(live: None, run: Run, tmp_path: Path, soon: str) -> None:
    post = post_with_mandate(tmp_path, to_utc=soon)
    body = run("watch", "--no-page", "--stream", free_url(), "--until-end", "--post", post)
    assert (body["exit_code"], codes(body, "errors"), body["ended"]) == (3, {"mandate_expired"}, False)
    assert 0 < body["frames_georeferenced"] == frames_in(entries_in(post)) < 20
    assert ends_in(entries_in(post)) == [("mandate_expired", body["errors"][0]["text"])]
    assert verify(post).exit_code == 0


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch, ours: Path) -> Callable[[Iterable[Chunk]], None]:
    """What a live stream brings, made up."""

    def send_these(chunks: Iterable[Chunk]) -> None:
        source = FileStream(ours)
        monkeypatch.setattr(source, "chunks", lambda: iter(chunks))
        monkeypatch.setattr(alone, "open_stream", lambda *_, **__: source)

    return send_these


Sent = Callable[[Iterable[Chunk]], None]


@pytest.mark.timeout(30)
@pytest.mark.parametrize("comes", [b"", b"\x47" * PACKET], ids=["silence", "what nobody can decode"])
def test_nothing_that_comes_lets_a_live_watch_outlast_its_mandate(
    run: Run, tmp_path: Path, soon: str, sent: Sent, comes: bytes
) -> None:
    sent(itertools.chain([Chunk(own_stream(20), 0)], (Chunk(comes, n) for n in itertools.count())))
    post = post_with_mandate(tmp_path, to_utc=soon)
    body = run("watch", "--no-page", "--stream", free_url(), "--post", post)
    assert (body["exit_code"], codes(body, "errors"), body["ended"]) == (3, {"mandate_expired"}, False)
    assert ends_in(entries_in(post)) == [("mandate_expired", body["errors"][0]["text"])]


def coming(data: bytes, from_s: float, to_s: float) -> list[Chunk]:
    """The bytes, spread evenly over a time, a packet at a time."""
    pieces = [data[at : at + PACKET] for at in range(0, len(data), PACKET)]
    step_s = (to_s - from_s) / (len(pieces) - 1)
    return [Chunk(piece, round((from_s + step_s * n) * 1e9)) for n, piece in enumerate(pieces)]


def test_a_live_stream_that_says_for_long_nowhere_it_is_is_refused(run: Run, tmp_path: Path, sent: Sent) -> None:
    sent(coming(own_stream(20, metadata=False), 100.0, 135.0))
    post = post_with_mandate(tmp_path)
    body = run("watch", "--no-page", "--stream", free_url(), "--post", post)
    assert (body["exit_code"], codes(body, "errors"), body["ended"]) == (3, {"no_position"}, False)
    assert ends_in(entries_in(post)) == [("no_position", body["errors"][0]["text"])]
    kept = sum(e["body"]["bytes"] for e in entries_in(post) if e["kind"] == "video_segment")
    assert kept == pytest.approx(30 / 35 * len(own_stream(20, metadata=False)), rel=0.02)


def test_a_live_stream_may_be_without_a_pose_for_a_while_and_silent_for_long(
    run: Run, tmp_path: Path, sent: Sent
) -> None:
    silence = [Chunk(b"", n * 500_000_000) for n in range(260, 1000)]
    dark, placed = own_stream(20, metadata=False), own_stream(20)
    sent([*coming(dark, 100.0, 129.0), *coming(placed, 129.0, 130.0), *silence, *coming(placed, 500.0, 525.0)])
    body = run("watch", "--no-page", "--stream", free_url(), "--post", post_with_mandate(tmp_path))
    assert (body["exit_code"], body["ended"], body["frames"]) == (0, True, 60)


def test_what_was_seen_is_noted_once_though_the_last_frame_is_refused(
    live: None, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: chain.WatchChain) -> None:
        text = "the last frame, which only the stream's end brings out, lies outside."
        raise InputFault("outside_mandate", text, remedy="Stop the watch.")

    noted: list[bool] = []
    monkeypatch.setattr(chain.WatchChain, "_note_seen", lambda _, force: noted.append(force))
    monkeypatch.setattr(chain.WatchChain, "_bring_out", refused)
    body = run("watch", "--no-page", "--stream", free_url(), "--until-end", "--post", post_with_mandate(tmp_path))
    assert codes(body, "errors") == {"outside_mandate"}
    assert noted.count(True) == 1


@pytest.mark.parametrize(
    ("failure", "what", "exit_code"),
    [
        (EnvironmentFault("udp_receive_failed", "the network is down."), "udp_receive_failed", 4),
        (OSError(5, "Input/output error"), "watch_failed", 4),
        (ZeroDivisionError("by zero"), "watch_failed", 5),
        (KeyboardInterrupt(), "interrupted", 130),
    ],
)
def test_a_watch_that_breaks_says_so_in_its_account_and_keeps_what_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sent: Sent, failure: BaseException, what: str, exit_code: int
) -> None:
    def breaks() -> Iterator[Chunk]:
        yield Chunk(own_stream(20), 0)
        raise failure

    monkeypatch.setenv("APACHETA_KEY", str(tmp_path / "keys" / "post.pem"))
    sent(breaks())
    assert main(["watch", "--no-page", "--stream", free_url(), "--post", str(post_with_mandate(tmp_path))]) == exit_code
    account = entries_in(tmp_path / "post")
    assert [code for code, _ in ends_in(account)] == [what]
    assert sum(e["body"]["bytes"] for e in account if e["kind"] == "video_segment") == len(own_stream(20))
    assert verify(tmp_path / "post").exit_code == 0
