"""Replay and history: what the watch wrote to disk, read while its writer goes on, joined with the last minute.

frames   0 ....... 69 | 70 ....... 139 | 140 ....... 199      three segments as the chain cuts them, 10 Hz,
         K         K    K                K         K          a key frame each ten
"""

import json
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from shutil import copytree

import msgspec
import pytest
from account_log import entry, open_account
from console_room import START_NS, Console, console, envelope, soon
from live_stage import mandate
from stream_sample import items_at, own_stream, pictures
from tile_sample import ground_m, write_dem

from apacheta.app.chain import Chain, ChainSettings, Keeper
from apacheta.app.post import open_post
from apacheta.app.terrain.tiles import tiles_for
from apacheta.app.watch.chain import WatchChain
from apacheta.console.log_reader import LogReader
from apacheta.core.alerts import Alert, Decision, Evidence
from apacheta.core.errors import InputFault
from apacheta.core.place import GeoPoint, HaeM
from apacheta.core.sight import Fix
from apacheta.formats.envelope import Envelope, envelopes_of
from apacheta.formats.klv import encode_st0601
from apacheta.formats.ts import TsMuxer
from apacheta.formats.ts.mux import with_delimiter

FRAME_NS = 10**8
PLACE = GeoPoint(lat_deg=-32.82, lon_deg=-70.08, alt_hae_m=HaeM(4_200.0))


def fix_at(second: float, aircraft: str = "a1") -> Fix:
    return Fix(
        aircraft=aircraft, utc_ns=START_NS + int(second * 1e9), position=PLACE, heading_deg=90.0, pitch_deg=0.0,
        roll_deg=0.0, ground_speed_m_s=20.0, battery_fraction=0.8, phase="stare", sigma_h_m=2.0, sigma_v_m=3.0,
        source="sim",
    )  # fmt: skip


def alert_at(second: float) -> tuple[Alert, Decision]:
    utc_ns = START_NS + int(second * 1e9)
    evidence = Evidence(still_sha256=None, chip_sha256=None, track=((str(utc_ns), -70.0, -32.0),))
    alert = Alert(
        id="alert-1", incident="i", rule="zone_entry", line="l", utc_ns=utc_ns, stream="drone-1", tracks=("t",),
        position=PLACE, position_cov_m2=(1.0, 0.0, 1.0), probability=0.9, kind="person", reason="r", evidence=evidence,
    )  # fmt: skip
    return alert, Decision(alert="alert-1", utc_ns=utc_ns, state="unreviewed", by="nobody", reason="")


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The post of a watch of twenty seconds, as a chain and its keeper leave it."""
    folder = tmp_path_factory.mktemp("past") / "post"
    post = open_post(folder)
    keeper = Keeper(post, open_account(folder), keep_video=True)
    chain = Chain(ChainSettings(stream="drone-1"), None, None, keeper)
    for second in range(0, 40):
        keeper.fix(fix_at(second / 2))
    keeper.alert(*alert_at(12))
    keeper.note("looks", START_NS + 13 * 10**9, {"stream": "drone-1", "seen_km2": 1.25, "frames": 130})
    chain.feed(own_stream(200))
    chain.end()
    keeper.close()
    return folder


@pytest.fixture
def post(watched: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    return Path(copytree(watched, tmp_path / "post"))


@pytest.fixture
def room(post: Path) -> Iterator[Console]:
    with console(post) as asked:
        yield asked


def shots(room: Console, from_s: float, to_s: float, stream: str = "drone-1") -> list[Envelope]:
    """The replay of a span, in seconds from the start."""
    span = f"from_utc_ns={START_NS + int(from_s * 1e9)}&to_utc_ns={START_NS + int(to_s * 1e9)}"
    status, _, body = room.ask(f"/api/video/{stream}?{span}")
    assert status == 200
    return list(envelopes_of(body))


def numbers(found: Sequence[Envelope]) -> list[int]:
    """The numbers of the frames, by the time of their own metadata."""
    assert all(e.own_metadata for e in found)
    return [round((int(json.loads(e.metadata)["utc_ns"]) - START_NS) / FRAME_NS) for e in found]


def test_the_watch_left_three_segments(watched: Path) -> None:
    assert sorted(p.name for p in (watched / "video" / "drone-1").iterdir()) == [f"00000{n}.ts" for n in (1, 2, 3)]


@pytest.mark.parametrize(
    ("from_s", "to_s", "first", "last"),
    [
        (0, 1, 0, 10),
        (6.55, 7.25, 60, 72),
        (7.0, 7.0, 70, 70),
        (6.95, 14.55, 60, 145),
        (0, 600, 0, 199),
        (-5, 0.5, 0, 5),
    ],
)
def test_a_span_begins_at_its_key_frame_and_crosses_segments_whole(
    room: Console, from_s: float, to_s: float, first: int, last: int
) -> None:
    found = shots(room, from_s, to_s)
    assert numbers(found) == list(range(first, last + 1))
    assert found[0].key
    assert [e.key for e in found] == [n % 10 == 0 for n in range(first, last + 1)]
    assert not any(e.gap or e.damaged for e in found)
    assert [e.payload for e in found] == [with_delimiter(unit) for unit, _ in pictures(200)[first : last + 1]]
    assert [e.complete_utc_ns for e in found] == [START_NS + n * FRAME_NS for n in range(first, last + 1)]


def test_a_replayed_unit_says_where_its_camera_was(room: Console) -> None:
    shot = shots(room, 1.0, 1.0)[0]
    said = json.loads(shot.metadata)
    assert (said["lat_deg"], said["lon_deg"]) == pytest.approx((-32.82, -70.0799), abs=1e-6)
    assert said["alt_hae_m"] == pytest.approx(4_231.5, abs=0.1)
    assert 15 < said["alt_hae_m"] - said["alt_amsl_m"] < 40, "the geoid lies above the ellipsoid in the Andes"
    assert said["azimuth_deg"] == pytest.approx(110.0, abs=3.0), "20 degrees right of a nose to the east"
    assert said["elevation_deg"] == pytest.approx(-28.6, abs=3.0), "from the horizon, not from the aircraft"
    assert said["sight_roll_deg"] == pytest.approx(-2.5, abs=3.0), "nearly that of the aircraft"
    assert shot.codec == 1
    assert shot.pts_90k == 90_000 + 10 * 9_000


def test_a_replayed_unit_says_where_its_camera_says_that_the_middle_of_the_picture_lies(tmp_path: Path) -> None:
    """Frames before the fifth do not say; the height may lack by itself."""
    said = {5: {23: -32.83, 24: -70.07, 25: 3_900.0}, 6: {23: -32.84, 24: -70.06}}
    post = open_post(tmp_path / "post")
    keeper = Keeper(post, open_account(post.folder), keep_video=True)
    chain, muxer = Chain(ChainSettings(stream="drone-1"), None, None, keeper), TsMuxer()
    for n, (unit, key) in enumerate(pictures(7)):
        chain.feed(muxer.frame(90_000 + 9_000 * n, unit, encode_st0601(items_at(n) | said.get(n, {})), key))
    chain.end()
    keeper.close()
    with console(post.folder) as room:
        told = [json.loads(e.metadata) for e in shots(room, 0.4, 0.6)[4:]]
    centres = [[one[f"centre_{name}"] for name in ("lat_deg", "lon_deg", "alt_amsl_m")] for one in told]
    assert centres[0] == [None, None, None]
    assert centres[1] == pytest.approx([-32.83, -70.07, 3_900.0], abs=0.2)
    assert (centres[2][:2], centres[2][2]) == (pytest.approx([-32.84, -70.06], abs=1e-6), None)


@pytest.mark.parametrize("damage", ["missing", "changed"])
def test_a_segment_that_is_not_as_the_log_says_leaves_a_hole_that_is_said(post: Path, damage: str) -> None:
    path = post / "video" / "drone-1" / "000002.ts"
    data = path.read_bytes()
    path.unlink() if damage == "missing" else path.write_bytes(data[:-1] + bytes((data[-1] ^ 1,)))
    with console(post) as room:
        found = shots(room, 5.0, 16.0)
    assert numbers(found) == [*range(50, 70), *range(140, 161)]
    assert [number for number, e in zip(numbers(found), found, strict=True) if e.gap] == [140]


def test_disk_and_the_last_minute_join_without_a_seam(room: Console) -> None:
    room.core.show("drone-1", *(envelope(n, n % 10 == 0) for n in range(150, 231)))
    soon(lambda: shots(room, 22.9, 23)[-1].complete_utc_ns == START_NS + 230 * FRAME_NS)
    found = shots(room, 14.5, 30)
    assert numbers(found) == list(range(140, 231))
    assert not any(e.gap for e in found)
    assert [len(e.payload) for e in found[10:]] == [4] * 81, "from the ring's first unit on"


@pytest.mark.parametrize(("ring_from", "gaps"), [(200, []), (250, [250])])
def test_the_ring_says_gap_where_the_disk_does_not_reach_it(room: Console, ring_from: int, gaps: list[int]) -> None:
    room.core.show("drone-1", *(envelope(n, n % 10 == 0) for n in range(ring_from, ring_from + 11)))
    soon(lambda: shots(room, 19, 60)[-1].complete_utc_ns == START_NS + (ring_from + 10) * FRAME_NS)
    found = shots(room, 19.0, 60.0)
    assert numbers(found) == [*range(190, 200), *range(ring_from, ring_from + 11)]
    assert [n for n, e in zip(numbers(found), found, strict=True) if e.gap] == gaps


def test_a_stream_that_is_only_live_is_replayed_from_the_last_minute(room: Console) -> None:
    room.core.show("new", *(envelope(n, n % 10 == 0) for n in range(0, 35)))
    soon(lambda: room.ask(f"/api/video/new?from_utc_ns={START_NS}&to_utc_ns={START_NS}")[0] == 200)
    soon(lambda: len(shots(room, 0, 9, "new")) == 35)
    assert numbers(shots(room, 1.55, 2.25, "new")) == list(range(10, 23))


@pytest.mark.parametrize(
    "query",
    [
        "",
        "from_utc_ns=1",
        "from_utc_ns=a&to_utc_ns=2",
        "from_utc_ns=2&to_utc_ns=1",
        "from_utc_ns=0&to_utc_ns=600000000001",
        "from_utc_ns=-1&to_utc_ns=1",
        "from_utc_ns=%C2%B2&to_utc_ns=3",
        "from_utc_ns=1&to_utc_ns=99999999999999999999",
    ],
)
def test_a_span_that_is_none_is_refused(room: Console, query: str) -> None:
    status, _, body = room.ask(f"/api/video/drone-1?{query}")
    assert status == 422
    assert json.loads(body)["remedy"]


@pytest.mark.parametrize("stream", ["nobody", "..", "%2e%2e", "..%2fevidence"])
def test_a_stream_that_nobody_knows_is_not_there(room: Console, stream: str) -> None:
    assert room.ask(f"/api/video/{stream}?from_utc_ns=0&to_utc_ns=1")[0] == 404


def test_history_tells_a_span_in_the_words_of_the_live_messages(room: Console) -> None:
    span = f"from_utc_ns={START_NS + 5 * 10**9}&to_utc_ns={START_NS + 14 * 10**9}"
    told = room.json(f"/api/history?{span}")
    assert [int(f["utc_ns"]) for f in told["fixes"]] == [START_NS + n * 10**9 // 2 for n in range(10, 29)]
    assert told["fixes"][0]["aircraft"] == "a1"
    assert 15 < told["fixes"][0]["alt_hae_m"] - told["fixes"][0]["alt_amsl_m"] < 40
    assert (told["fixes"][0]["alt_agl_m"], told["fixes"][0]["link"]) == (None, None)
    assert [(a["kind"], a["id"], a["mover"]) for a in told["alerts"]] == [("alert", "alert-1", "person")]
    assert [(d["alert"], d["state"], d["index"]) for d in told["decisions"]] == [
        ("alert-1", "unreviewed", told["alerts"][0]["index"] + 1)
    ]
    assert [(s["stream"], s["seen_km2"]) for s in told["seen"]] == [("drone-1", 1.25)]


@pytest.mark.parametrize("datum", ["amsl_egm96", "hae", None])
def test_history_tells_the_height_above_ground_by_the_terrain_of_the_map(
    post: Path, tmp_path: Path, datum: str | None
) -> None:
    """The aircraft stands still 4,200 m above the ellipsoid, over the waves of tile_sample."""
    tiles = tmp_path / "ground.pmtiles"
    tiles_for(write_dem(tmp_path / "dem.tif"), None, tiles, vertical_datum=datum)
    with console(post, terrain=tiles) as room:
        told = room.json(f"/api/history?from_utc_ns={START_NS}&to_utc_ns={START_NS + 10**9}")["fixes"][0]
    if datum is None:
        assert told["alt_agl_m"] is None, "nobody says what its heights are above"
    else:
        height_m = told["alt_hae_m"] if datum == "hae" else told["alt_amsl_m"]
        assert told["alt_agl_m"] == pytest.approx(height_m - ground_m(PLACE.lon_deg, PLACE.lat_deg), abs=1.0)


def test_history_where_the_terrain_cannot_be_read_has_no_heights_above_it(post: Path, tmp_path: Path) -> None:
    (tmp_path / "no.pmtiles").write_bytes(b"\0" * 200)
    with console(post, terrain=tmp_path / "no.pmtiles") as room:
        told = room.json(f"/api/history?from_utc_ns={START_NS}&to_utc_ns={START_NS + 10**9}")
    assert {fix["alt_agl_m"] for fix in told["fixes"]} == {None}


def test_history_of_a_span_without_anything_is_empty(room: Console) -> None:
    told = room.json("/api/history?from_utc_ns=0&to_utc_ns=1")
    assert (told["fixes"], told["alerts"], told["decisions"], told["seen"]) == ([], [], [], [])


def test_history_grows_with_the_log(post: Path) -> None:
    with console(post) as room:
        span = f"/api/history?from_utc_ns={START_NS}&to_utc_ns={START_NS + 10**11}"
        assert len(room.json(span)["alerts"]) == 1
        keeper = Keeper(open_post(post), open_account(post), keep_video=True)
        keeper.alert(*alert_at(33))
        assert len(room.json(span)["alerts"]) == 2, "not signed yet"
        keeper.close()
        assert len(room.json(span)["alerts"]) == 2, "signed"


def test_what_an_earlier_watch_wrote_is_not_of_this_one(post: Path) -> None:
    size = len(LogReader(post / "log").since(0))
    with console(post, first_entry=size) as room:
        assert room.json(f"/api/history?from_utc_ns=0&to_utc_ns={START_NS + 10**12}")["fixes"] == []
        assert room.ask(f"/api/video/drone-1?from_utc_ns={START_NS}&to_utc_ns={START_NS}")[0] == 404


def test_a_long_span_has_fewer_fixes_at_even_distances(tmp_path: Path) -> None:
    folder = tmp_path / "post"
    keeper = Keeper(open_post(folder), open_account(folder), keep_video=False)
    for second in range(0, 7200, 3):
        keeper.fix(fix_at(second))
        keeper.fix(fix_at(second, "a2"))
    keeper.close()
    with console(folder) as room:
        span = f"/api/history?from_utc_ns={START_NS}&to_utc_ns={START_NS + 36_000 * 10**9}"
        told = room.json(span)
    times = [int(f["utc_ns"]) for f in told["fixes"] if f["aircraft"] == "a2"]
    assert told["fix_step_ns"] == str(10**10)
    assert times[:3] == [START_NS, START_NS + 12 * 10**9, START_NS + 24 * 10**9]


def test_a_reader_without_the_lock_sees_every_entry_once_while_the_writer_goes_on(tmp_path: Path) -> None:
    account = open_account(tmp_path)
    wanted = 1_500

    def write() -> None:
        for number in range(0, wanted, 5):
            account.record_many([entry(n) for n in range(number, number + 5)])
            if number % 35 == 0:
                account.checkpoint()

    writer, reader, read = threading.Thread(target=write), LogReader(tmp_path / "log"), list[tuple[int, bytes]]()
    writer.start()
    while len(read) < wanted + 1:
        read += reader.since(len(read))
    writer.join()
    assert [index for index, _ in read] == list(range(wanted + 1))
    assert [json.loads(data)["body"]["n"] for _, data in read[1:]] == list(range(wanted))
    assert reader.at([0, 3, 700, wanted, wanted + 9]) == {i: read[i][1] for i in (0, 3, 700, wanted)}
    account.close()


def test_of_a_watch_nothing_is_replayed_that_nobody_placed_within_the_mandates_area(tmp_path: Path) -> None:
    """Frames 0 to 14 have no pose, 15 to 44 lie within the area, 45 and those after it outside."""
    post = open_post(tmp_path / "post")
    keeper = Keeper(post, open_account(post.folder), keep_video=True)
    east = -70.08 + 44.5e-5
    area = ((-70.2, -33.0), (east, -33.0), (east, -32.5), (-70.2, -32.5), (-70.2, -33.0))
    allowed = msgspec.structs.replace(mandate(), from_utc_ns=0, to_utc_ns=2**62, area=area)
    chain = WatchChain(ChainSettings(stream="stream", live=True), keeper, None, allowed)
    muxer = TsMuxer()
    frames = [
        muxer.frame(90_000 + 9_000 * n, unit, encode_st0601(items_at(n)) if n >= 15 else b"", key)
        for n, (unit, key) in enumerate(pictures(60))
    ]
    with pytest.raises(InputFault, match="outside the mandate's area"):
        chain.feed(b"".join(frames))
    chain.break_off()
    keeper.close()
    (kept,) = (post.video / "stream").iterdir()
    assert kept.stat().st_size > len(b"".join(frames[:46]))
    with console(post.folder) as room:
        assert numbers(shots(room, -1, 500, "stream")) == list(range(20, 45))
