"""A small live watch for tests: a walker under a real flight, as a transport stream; a real chain, account and link.

   own side (north)
        o->  a walker, 12 s under the camera
------------ border, 900 m south of it
"""

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import av
import msgspec
from see_world import GRID, START_NS, Body, Flight, terrain

from apacheta.account import Account, MemorySigner
from apacheta.adapters.filelog import FileLogStore
from apacheta.alert import Watchman, WatchSettings
from apacheta.app.chain import Chain, ChainSettings, Keeper
from apacheta.app.live import Book, Door, Live, Scene, book_of
from apacheta.app.loading import catalogue_names
from apacheta.app.post import Post, open_post
from apacheta.core.alerts import Alert, Evidence
from apacheta.core.mandate import Mandate
from apacheta.core.place import GeoPoint, HaeM
from apacheta.core.plan import WatchPlan
from apacheta.core.sector import Border, FleetMember, Sector, TerrainRef, Weather, Zone
from apacheta.core.sight import Fix
from apacheta.formats.aircraft_toml import aircraft_of
from apacheta.formats.klv import encode_st0601
from apacheta.formats.ts import TsMuxer
from apacheta.geo import BorderLine, Dem, amsl_of_hae
from apacheta.see import Eye, EyeSettings, TrackerSettings

NS = 1_000_000_000
STREAM = "A1"
SIZE = (320, 256)


@cache
def ground() -> Dem:
    """The flight's terrain."""
    return terrain(2)


@cache
def stream() -> tuple[bytes, ...]:
    """The packets of each frame of a stare of 12 s at 5 Hz, with a person who walks by; a key frame a second."""
    body = Body(-8.0, 0.0, vx_m_s=1.3, vy_m_s=0.3)
    flight = Flight(ground(), size=SIZE, bodies=[body])
    context = av.CodecContext.create("libx264", "w")
    context.width, context.height, context.pix_fmt = *SIZE, "yuv420p"
    context.framerate, context.time_base, context.gop_size, context.thread_count = 5, Fraction(1, 5), 5, 1
    context.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "crf": "18",
        "x264-params": "scenecut=0:repeat-headers=1",
    }
    muxer, out = TsMuxer(), []
    for gray, frame in flight.frames(rate_hz=5.0):
        picture = av.VideoFrame.from_ndarray(gray, format="gray").reformat(format="yuv420p")
        picture.pts = frame.number
        packets = context.encode(picture)
        klv = encode_st0601(items_of(frame.pose))
        pts_90k, is_key = 90_000 + 18_000 * frame.number, frame.number % 5 == 0
        out.append(muxer.frame(pts_90k, b"".join(map(bytes, packets)), klv, is_key))
    return tuple(out)


def items_of(pose: Any) -> dict[int, float | int]:
    """A pose as items of ST 0601."""
    at = pose.position
    return {
        2: pose.utc_ns // 1000, 5: pose.platform_heading_deg, 90: pose.platform_pitch_deg,
        91: pose.platform_roll_deg, 13: at.lat_deg, 14: at.lon_deg,
        15: amsl_of_hae(at.lat_deg, at.lon_deg, at.alt_hae_m), 16: pose.hfov_deg, 17: pose.vfov_deg,
        18: pose.sensor_rel_azimuth_deg, 19: pose.sensor_rel_elevation_deg, 20: pose.sensor_rel_roll_deg,
        104: at.alt_hae_m,
    }  # fmt: skip


def box(half_m: float) -> tuple[tuple[float, float], ...]:
    """A square ring of lon, lat round the grid's origin."""
    corners = [(-half_m, -half_m), (half_m, -half_m), (half_m, half_m), (-half_m, half_m), (-half_m, -half_m)]
    return tuple((lon, lat) for lat, lon in (GRID.latlon(x, y) for x, y in corners))


def border() -> Border:
    """A line from west to east, 900 m south of the origin, good to 30 m."""
    chain = tuple((lon, lat) for lat, lon in (GRID.latlon(x, -900.0) for x in (-9_000.0, -100.0, 9_000.0)))
    return Border(
        chains=(chain,), file="border.geojson", source="drawn for a test", accuracy_m=30.0,
        own_side=(GRID.lon0_deg, GRID.lat0_deg), standoff_m=400.0,
    )  # fmt: skip


def sector() -> Sector:
    """Two kilometres of mountain with one aircraft and one village."""
    weather = Weather(wind=(), gust_m_s=0, updraft_max_m_s=0, isa_deviation_c=0, qnh_hpa=1013.25, icing=False)
    return Sector(
        name="stage", border=border(), keep_in=box(1_700.0), bases=(), relays=(), patrols=(),
        zones=(Zone(kind="village", name="Ñuñoa", ring=box(50.0)),),
        terrain=TerrainRef(file="", vertical_datum="hae", le90_m=4.0, ce90_m=10.0),
        roads=(), goals=(), weather=weather, start_utc_ns=START_NS - 60 * NS, end_utc_ns=START_NS + 3600 * NS,
        fleet=(FleetMember(id=STREAM, type="plane", base="Base"),), note="", sha256="0" * 64,
    )  # fmt: skip


def mandate() -> Mandate:
    """Covers the stage's night."""
    return Mandate(
        authority="Ministerio", purpose="una prueba", exercise=True, partners=(), share=(),
        from_utc_ns=START_NS - 3600 * NS, to_utc_ns=START_NS + 7200 * NS, area=box(5_000.0), area_file="a.geojson",
        sha256="0" * 64,
    )  # fmt: skip


def plan() -> WatchPlan:
    """A plan in which nothing flies."""
    return WatchPlan(
        format="plan/1", apacheta="0", policy="strips", seed=1, sector="stage", sector_sha256="", mandate_sha256="",
        terrain_sha256="", border_sha256="", aircraft_sha256={}, start_utc_ns="0", end_utc_ns="0",
        border_standoff_m=400.0, border_line_accuracy_m=30.0, clearance_required_m=None, tours=(), slots=(), dropped=(),
        min_border_distance_m=None, min_terrain_clearance_m=None, min_separation_m=None,
        min_energy_reserve_fraction=None, planned_km2=1.5, search_rate_km2_h=None, containment="standoff_only",
        certified_detection=None,
    )  # fmt: skip


def scene(simulated: bool = True) -> Scene:
    """The stage's watch."""
    shipped = resources.files("apacheta.app.catalogue").joinpath(f"{catalogue_names()[0]}.toml").read_bytes()
    return Scene(
        watch="watch-1", sector=sector(), mandate=mandate(), plan=plan(), dem=ground(),
        types={"plane": aircraft_of(shipped, "plane")}, border_line=BorderLine(border(), GRID), own_side=None,
        lines_m=(0.0, 600.0), width_px=SIZE[0], height_px=SIZE[1], simulated=simulated, terrain=True,
    )  # fmt: skip


def alert(number: int = 1, **changes: Any) -> Alert:
    """An alert about a track of the stage."""
    evidence = Evidence(still_sha256=None, chip_sha256=None, track=((str(START_NS), -70.2, -32.7),))
    made = Alert(
        id=f"alert-{number:04d}", incident=f"incident-{number:04d}", rule="zone_entry", line="own_side",
        utc_ns=START_NS + number * NS, stream=STREAM, tracks=(f"{STREAM}-{number:05d}",), kind="person",
        position=place(), position_cov_m2=(4.0, 1.0, 9.0), probability=0.97, reason="", evidence=evidence,
    )  # fmt: skip
    return msgspec.structs.replace(made, **changes)


def place(above_m: float = 0.0) -> GeoPoint:
    """The grid's origin, so high above the terrain."""
    height_m = float(ground().height_at(0.0, 0.0)) + above_m
    return GeoPoint(lat_deg=GRID.lat0_deg, lon_deg=GRID.lon0_deg, alt_hae_m=HaeM(height_m))


def fix(utc_ns: int = START_NS, above_m: float = 120.0, aircraft: str = STREAM) -> Fix:
    """A position over the origin."""
    return Fix(
        aircraft=aircraft, utc_ns=utc_ns, position=place(above_m), heading_deg=45.0, pitch_deg=0.0, roll_deg=0.0,
        ground_speed_m_s=20.0, battery_fraction=0.5, phase="station", sigma_h_m=2.0, sigma_v_m=3.0, source="test",
    )  # fmt: skip


@dataclass
class Core:
    """A core without its process: account, keeper, book, live side."""

    post: Post
    account: Account
    keeper: Keeper
    book: Book
    live: Live

    def still(self) -> None:
        """From now on only the test ticks."""
        self.live._stop.set()
        self.live._pulse.join()

    def chain(self) -> Chain:
        """A chain over the stage, told by the live side; its numbers go on after the book's."""
        before = self.book
        tracker = TrackerSettings(before=before.tracks_before(STREAM))
        eye = Eye(ground(), GRID, STREAM, EyeSettings(tracker=tracker))
        settings = WatchSettings(
            standoff_m=400.0, resolved_range_m=2_000.0, alerts_before=before.alerts_before,
            incidents_before=before.incidents_before,
        )  # fmt: skip
        watchman = Watchman(BorderLine(border(), GRID), (), GRID, settings)
        segments = before.segments.get(STREAM, 0)
        chain = Chain(ChainSettings(STREAM, live=True, segments_before=segments), eye, watchman, self.keeper)
        self.live.publisher.follow({STREAM: chain})
        return chain


@contextmanager
def core(folder: Path, simulated: bool = True) -> Iterator[Core]:
    """A running core in a post of that folder. Its log is not closed at the end, as that of a killed one is not."""
    post = open_post(folder)
    store = FileLogStore(post.log)
    account = Account(store, MemorySigner(bytes(32), "test.invalid/a"), "test.invalid/a", _Clock())
    keeper = Keeper(post, account, keep_video=True)
    book = book_of(account, post.watch)
    listener = listening(folder / "core.sock")
    live = Live(scene(simulated), post, keeper, Door(listener, account, book))
    live.start()
    try:
        yield Core(post, account, keeper, book, live)
    finally:
        live.close(None)
        listener.close()
        store.close()


class _Clock:
    def utc_ns(self) -> int:
        return START_NS

    def monotonic_ns(self) -> int:
        return 0


def listening(address: Path) -> socket.socket:
    """A Unix socket that listens, as the supervisor makes it."""
    address.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(address))
    listener.listen()
    return listener


class Console:
    """The other end of the link: a blocking socket and what comes over it."""

    def __init__(self, address: Path) -> None:
        self.channel = socket.socket(socket.AF_UNIX)
        self.channel.settimeout(20.0)
        self.channel.connect(str(address))

    def send(self, body: bytes, kind: bytes = b"J") -> None:
        self.channel.sendall(struct.pack(">I", 1 + len(body)) + kind + body)

    def say(self, **message: Any) -> None:
        self.send(msgspec.json.encode(message))

    def next(self) -> tuple[str, Any]:
        """Kind of the next message and its object; for video `V`, and the stream's name with the envelope."""
        data = self._bytes(struct.unpack(">I", self._bytes(4))[0])
        if data[:1] == b"J":
            message = msgspec.json.decode(data[1:])
            return message["kind"], message
        name = 2 + data[1]
        return "V", (data[2:name].decode(), data[name:])

    def until(self, *kinds: str) -> Any:
        """The next message of one of these kinds; others are passed over."""
        while True:
            kind, message = self.next()
            if kind in kinds:
                return message

    def rest(self) -> list[tuple[str, Any]]:
        """All that comes until the other side ends."""
        out = []
        try:
            while True:
                out.append(self.next())
        except (EOFError, ConnectionError):
            return out

    def close(self) -> None:
        self.channel.close()

    def __enter__(self) -> "Console":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _bytes(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            part = self.channel.recv(count - len(data))
            if not part:
                raise EOFError
            data += part
        return data
