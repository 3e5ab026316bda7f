"""The relay: 720p30 H.264 over UDP MPEG-TS on loopback to decoded in headless Chromium, by our path and by aiortc.

Ours is the whole way: `apacheta watch` with its core, which looks at every picture, too, its console, and the page's
own decoder (WebCodecs). The peer: the same access units, taken apart by our demultiplexer and passed through aiortc
without a new encoding, its receiver's jitter buffer asked for 0 ms. `by itself` is our demultiplexer, envelope and
WebSocket in the peer's place: what the two ways of sending cost. All run one after the other in one run; late is a
picture by the time from when its access unit was due at the sender to when the browser had it decoded, before any
display. The sender is a process of its own. `--quick` measures 4 s each; it never counts as met.
"""

import asyncio
import contextlib
import functools
import json
import math
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from fractions import Fraction
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from statistics import quantiles
from typing import Any

from _common import ROOT, arguments_of, inputs_sha256, row, say, serving

WIDTH_PX, HEIGHT_PX, RATE_HZ = 1280, 720, 30
LOOP_FRAMES, KEY_FRAMES = 300, 60
SQUARE_PX, BITS = 40, 16
BIT_RATE = 1_500_000
GOAL_MS = {"p50": 15.0, "p90": 30.0}
WARM_UP_S, WHOLE_S, QUICK_S = 3.0, 30.0, 4.0
DECIDING = tuple(
    f"src/apacheta/{room}" for room in ("formats", "adapters", "see", "console", "app/chain", "app/live", "app/watch")
)
MANDATE = """format = "mandate/1"
authority = "bench"
purpose = "bench"
exercise = true
partners = []
share = []
from_utc = 2020-01-01T00:00:00Z
to_utc = 2199-01-01T00:00:00Z
area_file = "area.geojson"
"""
AREA_DEG = [[-70.2, -33.0], [-70.0, -33.0], [-70.0, -32.6], [-70.2, -32.6], [-70.2, -33.0]]
POSE = {
    5: 90.0,
    90: 1.5,
    91: -2.5,
    13: -32.82,
    14: -70.08,
    15: 4_200.0,
    16: 12.5,
    17: 10.0,
    18: 20.0,
    19: -30.0,
    20: 0.0,
}
"""Items of ST 0601: an aircraft within the mandate's area."""
INSTALL = ".venv/bin/python -m pip install --editable '.[bench]'"
Push = Callable[[bytes, bool, int], None]


def main() -> int:
    """Measure both paths, or say what is missing."""
    parser = arguments_of()
    parser.add_argument("--send", nargs=2, metavar=("PORT", "ZERO_NS"), help="be the sender")
    arguments = parser.parse_args()
    if arguments.send:
        return send(int(arguments.send[0]), int(arguments.send[1]))
    missing = what_is_missing()
    if missing:
        sys.stderr.write(f"bench relay is skipped: {missing}\n")
        say("relay", [], False, inputs_sha256(DECIDING), arguments.table)
        return 0
    has_peer = find_spec("aiortc") is not None
    if not has_peer:
        sys.stderr.write(f"bench relay runs without its peer, aiortc: {INSTALL}\n")
    late = asyncio.run(measured(QUICK_S if arguments.quick else WHOLE_S, has_peer))
    say("relay", rows_of(late, arguments.quick), has_peer, inputs_sha256(DECIDING), arguments.table)
    return 0


def what_is_missing() -> str | None:
    """The first thing that this benchmark needs and does not find, with the remedy; None when all is there."""
    if find_spec("playwright") is None:
        return f"there is no playwright here. Install it: {INSTALL}"
    if chromium() is None:
        return "there is no chromium on the PATH. Install it: apt install chromium."
    if not bundler().exists():
        return "the page's tools are not installed. Run: cd web && npm ci."
    return None


def chromium() -> str | None:
    """Where the browser is."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


def bundler() -> Path:
    """What makes one script of the page's modules."""
    return ROOT / "web" / "node_modules" / ".bin" / "rolldown"


CASES = {"watch": "720p30 through apacheta watch", "bare": "720p30, the relay by itself"}


def rows_of(late: dict[str, list[float]], quick: bool) -> list[dict[str, Any]]:
    """Two figures of each of our paths, beside the peer's, in milliseconds; `count` is how many pictures of ours they
    come from."""
    return [_row_of(late, path, name, quick) for path in CASES for name in GOAL_MS]


def _row_of(late: dict[str, list[float]], path: str, name: str, quick: bool) -> dict[str, Any]:
    ours, peer = (percentile(late.get(one, []), name) for one in (path, "passthrough"))
    more = {"quick": quick, "runs": 1, "count": len(late.get(path, []))}
    if peer is not None:
        more |= {"peer": peer, "peer_name": "aiortc passthrough", "peer_version": version("aiortc")}
    if peer and ours:
        more |= {"ratio": round(peer / ours, 2), "ratio_of": "peer / ours"}
    if path == "watch":
        met = None if quick or ours is None else ours <= GOAL_MS[name]
        more |= {"goal": f"<= {GOAL_MS[name]:g}", "met": met}
    return row(CASES[path], f"due to decoded, {name}", "ms", ours, **more)


def percentile(late_ms: list[float], name: str) -> float | None:
    """`p50` or `p90`, to a tenth; None for too few."""
    return round(quantiles(late_ms, n=100)[int(name[1:]) - 1], 1) if len(late_ms) > 1 else None


# The sender


def pictures() -> Iterator[Any]:
    """Ten seconds of a slowly moving ground, each picture's number in sixteen squares along the top."""
    import numpy as np

    chance = np.random.default_rng(1)
    coarse = chance.integers(40, 180, (HEIGHT_PX // 8, WIDTH_PX // 8 + LOOP_FRAMES // 8 + 1), dtype=np.uint8)
    ground = np.kron(coarse, np.ones((8, 8), np.uint8))
    for number in range(LOOP_FRAMES):
        gray = ground[:, number : number + WIDTH_PX].copy()
        bits = [number >> bit & 1 for bit in range(BITS)] + [1, 0]
        gray[:SQUARE_PX, : SQUARE_PX * len(bits)] = np.repeat(np.array(bits, np.uint8) * 235, SQUARE_PX)
        yield gray


def access_units() -> list[tuple[bytes, bool]]:
    """The ten seconds as H.264 (libx264, zero latency), and which are key frames; they may follow themselves."""
    import av
    import numpy as np

    context = av.CodecContext.create("libx264", "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height, context.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuv420p"
    context.time_base, context.framerate = Fraction(1, RATE_HZ), Fraction(RATE_HZ)
    context.gop_size, context.bit_rate, context.thread_count = KEY_FRAMES, BIT_RATE, 1
    params = "threads=1:sliced-threads=0:scenecut=0:aud=1:repeat-headers=1"
    context.options = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline", "x264-params": params}
    units = []
    for number, gray in enumerate(pictures()):
        chroma = np.full((HEIGHT_PX // 2, WIDTH_PX), 128, np.uint8)
        frame = av.VideoFrame.from_ndarray(np.concatenate((gray, chroma)), format="yuv420p")
        frame.pts = number
        packets = context.encode(frame)
        units.append((b"".join(map(bytes, packets)), any(p.is_keyframe for p in packets)))
    return units


def send(port: int, zero_ns: int) -> int:
    """Send the units of the standard input, over and over, each with a pose, the n-th when n / 30 s have passed since
    `zero_ns`."""
    import pickle

    from apacheta.formats.klv import encode_st0601
    from apacheta.formats.ts import TsMuxer

    units: list[tuple[bytes, bool]] = pickle.load(sys.stdin.buffer)
    muxer, out = TsMuxer(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    number = 0
    while True:
        unit, key = units[number % LOOP_FRAMES]
        due_us = (zero_ns + number * 10**9 // RATE_HZ) // 1000
        packets = muxer.frame(90_000 + number * 90_000 // RATE_HZ, unit, encode_st0601(POSE | {2: due_us}), key)
        time.sleep(max(0.0, (zero_ns + number * 10**9 // RATE_HZ - time.time_ns()) / 1e9))
        for at in range(0, len(packets), 7 * 188):
            out.sendto(packets[at : at + 7 * 188], ("127.0.0.1", port))
        number += 1


# The relay


class Hub:
    """What comes in, to whoever follows: from a key frame on. `push` may be called from another thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._queues: set[asyncio.Queue[tuple[bytes, bool, int]]] = set()

    def push(self, unit: bytes, key: bool, pts_90k: int) -> None:
        self._loop.call_soon_threadsafe(self._spread, (unit, key, pts_90k))

    def _spread(self, item: tuple[bytes, bool, int]) -> None:
        for queue in self._queues:
            queue.put_nowait(item)

    async def follow(self) -> AsyncIterator[tuple[bytes, bool, int]]:
        queue: asyncio.Queue[tuple[bytes, bool, int]] = asyncio.Queue()
        self._queues.add(queue)
        started = False
        try:
            while True:
                item = await queue.get()
                started = started or item[1]
                if started:
                    yield item
        finally:
            self._queues.discard(queue)


def receive(chunks: Iterator[Any], push: Push) -> None:
    """Our demultiplexer between socket and hub, until the socket is closed."""
    from apacheta.formats.keyframes import is_key_unit
    from apacheta.formats.ts import TsDemuxer

    demuxer = TsDemuxer()
    for chunk in chunks:
        for unit in demuxer.feed(chunk.data):
            if unit.kind == "video":
                push(unit.data, is_key_unit(unit.data, unit.stream_type), unit.pts_90k or 0)


def envelope_bytes(unit: bytes, key: bool, pts_90k: int) -> bytes:
    """As the core sends it; the metadata of a pose is some 300 bytes, too little to matter here."""
    from apacheta.formats.envelope import H264, Envelope, encode_envelope

    named = {"damaged": False, "gap": False, "own_metadata": False, "metadata": b""}
    now = time.time_ns()
    return encode_envelope(
        Envelope(key=key, codec=H264, pts_90k=pts_90k, complete_utc_ns=now, payload=unit, **named)  # type: ignore[arg-type]
    )


def application(hub: Hub, peers: list[Any]) -> Any:
    """Our way of sending, the peer's, and an empty page."""
    from starlette.applications import Starlette
    from starlette.responses import HTMLResponse, JSONResponse
    from starlette.routing import Route, WebSocketRoute

    async def video(socket: Any) -> None:
        await socket.accept()
        with contextlib.suppress(Exception):
            async for unit, key, pts_90k in hub.follow():
                await socket.send_bytes(envelope_bytes(unit, key, pts_90k))

    async def offer(request: Any) -> Any:
        return JSONResponse(await answered(await request.json(), hub, peers))

    page = "<!doctype html><title>relay</title>"
    return Starlette(
        routes=[
            Route("/", lambda _: HTMLResponse(page)),
            Route("/offer", offer, methods=["POST"]),
            WebSocketRoute("/ws/video/bench", video),
        ]
    )


async def answered(offer: dict[str, str], hub: Hub, peers: list[Any]) -> dict[str, str]:
    """WebRTC's answer to a browser that wants the hub's units as they are."""
    import aioice.ice
    from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription

    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    peers.append(peer)
    peer.addTrack(track_of(hub))
    known = [c for c in RTCRtpSender.getCapabilities("video").codecs if c.mimeType == "video/H264"]
    for transceiver in peer.getTransceivers():
        transceiver.setCodecPreferences(known)
    await peer.setRemoteDescription(RTCSessionDescription(offer["sdp"], offer["type"]))
    await peer.setLocalDescription(await peer.createAnswer())
    return {"sdp": peer.localDescription.sdp, "type": peer.localDescription.type}


def track_of(hub: Hub) -> Any:
    """A track that hands out packets instead of pictures, which aiortc passes on without encoding."""
    import av
    from aiortc.mediastreams import MediaStreamTrack

    class Track(MediaStreamTrack):
        kind = "video"

        def __init__(self) -> None:
            super().__init__()
            self._items = hub.follow()

        async def recv(self) -> Any:
            unit, key, pts_90k = await anext(self._items)
            packet = av.Packet(unit)
            packet.pts = packet.dts = pts_90k
            packet.time_base, packet.is_keyframe = Fraction(1, 90_000), key
            return packet

    return Track()


# The run


async def measured(seconds: float, has_peer: bool) -> dict[str, list[float]]:
    """Milliseconds from due to decoded of each picture, by path."""
    units = access_units()
    late = {"watch": await through_watch(units, seconds)}
    return late | await by_themselves(units, seconds, ("bare", "passthrough") if has_peer else ("bare",))


async def through_watch(units: list[tuple[bytes, bool]], seconds: float) -> list[float]:
    """The whole way: a running watch of the sender's stream, and the page's decoder at its console."""
    with tempfile.TemporaryDirectory(prefix="apacheta-relay-") as folder:
        post, port, zero_ns = post_in(Path(folder)), free_port(), time.time_ns() + 10**9
        sender = start_sender(port, zero_ns, units)
        words = ("watch", "--stream", f"udp://127.0.0.1:{port}", "--post", str(post))
        try:
            with serving(Path(folder), *words) as (watch, address):
                late = await in_browser(
                    f"{address.replace('ws', 'http', 1)}/api/state", "ours('stream')", seconds, zero_ns
                )
                watch.send_signal(signal.SIGINT)
                watch.communicate()
        finally:
            sender.kill()
            sender.wait()
    return late


def post_in(folder: Path) -> Path:
    """A post with a mandate over the sender's aircraft."""
    post = folder / "post"
    post.mkdir()
    (post / "mandate.toml").write_text(MANDATE, encoding="utf-8")
    area = {"type": "Polygon", "coordinates": [AREA_DEG]}
    feature = {"type": "Feature", "properties": {}, "geometry": area}
    (post / "area.geojson").write_text(
        json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8"
    )
    return post


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


async def by_themselves(
    units: list[tuple[bytes, bool]], seconds: float, paths: tuple[str, ...]
) -> dict[str, list[float]]:
    """Our way of sending and the peer's, without a watch around them."""
    from apacheta.adapters.stream import UdpStream

    hub, peers = Hub(asyncio.get_running_loop()), list[Any]()
    stream = UdpStream("127.0.0.1", 0)
    threading.Thread(target=receive, args=(stream.chunks(), hub.push), daemon=True).start()
    zero_ns = time.time_ns() + 10**9
    sender = start_sender(stream.port, zero_ns, units)
    calls = {"bare": "ours('bench')", "passthrough": "passthrough()"}
    try:
        async with served(application(hub, peers)) as port:
            address = f"http://127.0.0.1:{port}/"
            return {path: await in_browser(address, calls[path], seconds, zero_ns) for path in paths}
    finally:
        sender.kill()
        sender.wait()
        stream.close()
        for peer in peers:
            await peer.close()


def start_sender(port: int, zero_ns: int, units: list[tuple[bytes, bool]]) -> subprocess.Popen[bytes]:
    """The sender in a process of its own, with its units."""
    import pickle

    command = [sys.executable, __file__, "--send", str(port), str(zero_ns)]
    sender = subprocess.Popen(command, stdin=subprocess.PIPE)
    assert sender.stdin is not None
    sender.stdin.write(pickle.dumps(units))
    sender.stdin.close()
    return sender


@functools.cache
def bundled() -> str:
    """The page's own modules and those of the measurement as one script."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "relay.js"
        command = [str(bundler()), "src/bench/relay.ts", "--file", str(out), "--format", "iife"]
        subprocess.run(command, cwd=ROOT / "web", check=True, stdout=subprocess.DEVNULL)
        return out.read_text(encoding="utf-8")


@contextlib.asynccontextmanager
async def served(app: Any) -> AsyncIterator[int]:
    """A server on a port of its own while this lasts."""
    import uvicorn

    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="error", ws_per_message_deflate=False, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    task = asyncio.ensure_future(server.serve([bound]))
    while not server.started:
        await asyncio.sleep(0.02)
    try:
        yield bound.getsockname()[1]
    finally:
        server.should_exit = True
        await task


async def in_browser(address: str, call: str, seconds: float, zero_ns: int) -> list[float]:
    """What one path gives in a browser of its own, on that page, after a warm-up."""
    from playwright.async_api import async_playwright

    flags = ["--no-sandbox", "--disable-features=WebRtcHideLocalIpsWithMdns", "--allow-loopback-in-peer-connection"]
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=chromium(), args=flags)
        page = await browser.new_page()
        await page.goto(address)
        await page.evaluate(bundled())
        await page.evaluate(f"void relay.{call}")
        await asyncio.sleep(WARM_UP_S)
        before = await page.evaluate("relay.seen.length")
        await asyncio.sleep(seconds)
        seen, trouble = await page.evaluate(f"[relay.seen.slice({before}), relay.trouble()]")
        await browser.close()
    if trouble or not seen:
        sys.stderr.write(f"bench relay, {call}: {len(seen)} pictures, {trouble or 'no trouble said'}\n")
    return [lateness_ms(one["number"], one["utc_ms"], zero_ns) for one in seen]


def lateness_ms(number: int, utc_ms: float, zero_ns: int) -> float:
    """How long after it was due a picture was seen; its number counts modulo the ten seconds."""
    passed_ms = utc_ms - zero_ns / 1e6
    loop_ms = LOOP_FRAMES * 1000 / RATE_HZ
    due_ms = number * 1000 / RATE_HZ
    # a millisecond to spare: two clocks of one machine
    return passed_ms - due_ms - math.floor((passed_ms - due_ms + 1) / loop_ms) * loop_ms


if __name__ == "__main__":
    sys.exit(main())
