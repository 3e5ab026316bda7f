"""Video segments on disk to envelopes: demultiplexed, each unit with the metadata of its camera and the night's time.

What is shown is what the log says: a segment whose bytes do not give the hash of its entry counts as missing.
"""

import hashlib
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from ..core.instant import NS
from ..core.sight import CameraPose
from ..formats.envelope import KEY, Envelope, codec_of, decode_envelope, encode_envelope, flags_of
from ..formats.keyframes import is_key_unit
from ..formats.klv import MetadataPacket, decode_packets, pose_of
from ..formats.ts import PesUnit, TsDemuxer
from .record import Segment
from .whereabouts import amsl_m, line_of_sight_deg, undulation_m

NEAR_90K = 1500
"""Half a frame at 30 Hz: metadata nearer than that to a frame is its own (as in app/chain/pairing.py)."""
SAME_NS = NS // 1000
"""Two times of one frame, by metadata and by the stream's clock, differ by less."""


FRAME_CENTRE = ((23, "frame_centre_lat_deg"), (24, "frame_centre_lon_deg"), (25, "frame_centre_alt_amsl_m"))
"""Items of ST 0601 and what EG 0104 has instead."""
Centre = tuple[float | None, float | None, float | None]
"""Latitude, longitude, height above mean sea level."""


class Camera(NamedTuple):
    """A camera at one frame: its pose, and where it says itself that the middle of the picture lies."""

    pose: CameraPose
    centre: Centre


class Shot(NamedTuple):
    """One unit of the replay: the night's time, whether it is a key frame, its envelope."""

    utc_ns: int
    is_key: bool
    envelope: bytes


class Footage(NamedTuple):
    """The shots that one segment completes. `follows`: they go on from the segment before, without a hole."""

    shots: list[Shot]
    follows: bool


def footage_of(folder: Path, segments: Sequence[Segment]) -> Iterator[Footage]:
    """The segments of one stream's folder, one after the other; those that are missing or changed are passed over."""
    cutter, before = None, None
    for segment in segments:
        data = segment_bytes(folder, segment)
        if data is None:
            continue
        follows = before is not None and segment.number == before.number + 1
        if cutter is None or not follows:
            cutter = _Cutter()
        is_last = segment is segments[-1]
        from_ns = None if follows else segment.from_utc_ns
        to_ns = segment.to_utc_ns if is_last else None
        yield Footage(_within(cutter.shots(data, segment.from_utc_ns, is_last), from_ns, to_ns), follows)
        before = segment


def _within(shots: list[Shot], from_ns: int | None, to_ns: int | None) -> list[Shot]:
    """The shots between these times, those of frames that the watch placed. Of what came before the first of them, and
    after the last, nobody has said that it may be shown: a mandate's area is looked for at each frame's place."""
    return [
        shot
        for shot in shots
        if (from_ns is None or shot.utc_ns >= from_ns - SAME_NS) and (to_ns is None or shot.utc_ns <= to_ns + SAME_NS)
    ]


def segment_bytes(folder: Path, segment: Segment) -> bytes | None:
    """The segment as the log knows it, or None."""
    try:
        data = (folder / f"{segment.number:06d}.ts").read_bytes()
    except OSError:
        return None
    return data if hashlib.sha256(data).hexdigest() == segment.sha256 else None


class _Cutter:
    """One stream from a segment on: its demultiplexer, its last known camera, and what its clock says in UTC."""

    def __init__(self) -> None:
        self._demuxer = TsDemuxer()
        self._camera = b""
        self._zero_ns: int | None = None

    def shots(self, data: bytes, from_utc_ns: int, is_last: bool) -> list[Shot]:
        """The shots that these bytes complete; with the last segment, what is still open too."""
        units = self._demuxer.feed(data) + (self._demuxer.flush() if is_last else [])
        cameras = _cameras_of(units)
        if self._zero_ns is None:
            self._zero_ns = next((_zero_ns(camera.pose, pts) for pts, camera in cameras.items()), None)
        video = [unit for unit in units if unit.kind == "video"]
        return [self._shot(unit, _own_camera(unit, cameras), from_utc_ns) for unit in video]

    def _shot(self, unit: PesUnit, camera: Camera | None, from_utc_ns: int) -> Shot:
        if camera is not None and unit.pts_90k is not None:
            self._camera, self._zero_ns = metadata_of(camera), _zero_ns(camera.pose, unit.pts_90k)
        is_timed = self._zero_ns is not None and unit.pts_90k is not None
        utc_ns = (self._zero_ns or 0) + _ns_of(unit.pts_90k or 0) if is_timed else from_utc_ns
        is_key = unit.keyframe or is_key_unit(unit.data, unit.stream_type)
        envelope = Envelope(
            key=is_key,
            damaged=unit.damaged,
            gap=unit.after_loss,
            own_metadata=camera is not None,
            codec=codec_of(unit.stream_type),
            pts_90k=unit.pts_90k,
            complete_utc_ns=utc_ns,
            metadata=self._camera,
            payload=unit.data,
        )
        return Shot(utc_ns, is_key, encode_envelope(envelope))


def shots_of_ring(envelopes: Sequence[bytes]) -> list[Shot]:
    """Live envelopes with the night's time: their own metadata's, else by the stream's clock, else when they came."""
    shots, zero_ns = list[Shot](), None
    for data in envelopes:
        e = decode_envelope(data)
        own_ns = _utc_ns_of(e.metadata) if e.own_metadata else None
        if own_ns is not None and e.pts_90k is not None:
            zero_ns = own_ns - _ns_of(e.pts_90k)
        by_clock_ns = None if zero_ns is None or e.pts_90k is None else zero_ns + _ns_of(e.pts_90k)
        utc_ns = next(t for t in (own_ns, by_clock_ns, e.complete_utc_ns) if t is not None)
        shots.append(Shot(utc_ns, bool(flags_of(data) & KEY), data))
    return shots


def metadata_of(camera: Camera) -> bytes:
    """The envelope's metadata of a camera whose height is above the ellipsoid: JSON, unknown as null."""
    pose = camera.pose
    at, (azimuth_deg, elevation_deg, roll_deg) = pose.position, line_of_sight_deg(pose)
    return msgspec.json.encode(
        {
            "utc_ns": str(pose.utc_ns),
            "lat_deg": at.lat_deg,
            "lon_deg": at.lon_deg,
            "alt_hae_m": at.alt_hae_m,
            "alt_amsl_m": amsl_m(at.lat_deg, at.lon_deg, at.alt_hae_m),
            "heading_deg": pose.platform_heading_deg,
            "pitch_deg": pose.platform_pitch_deg,
            "roll_deg": pose.platform_roll_deg,
            "azimuth_deg": azimuth_deg,
            "elevation_deg": elevation_deg,
            "sight_roll_deg": roll_deg,
            "hfov_deg": pose.hfov_deg,
            "vfov_deg": None if math.isnan(pose.vfov_deg) else pose.vfov_deg,
            "centre_lat_deg": camera.centre[0],
            "centre_lon_deg": camera.centre[1],
            "centre_alt_amsl_m": camera.centre[2],
        }
    )


def _cameras_of(units: Sequence[PesUnit]) -> dict[int, Camera]:
    """Cameras by presentation time. Metadata without one belongs to the video unit that comes out next."""
    cameras: dict[int, Camera] = {}
    untimed: Camera | None = None
    for unit in units:
        if unit.kind == "metadata":
            camera = _camera_of(unit)
            if camera is not None and unit.pts_90k is not None:
                cameras[unit.pts_90k] = camera
            elif camera is not None:
                untimed = camera
        elif unit.kind == "video" and unit.pts_90k is not None and untimed is not None:
            cameras[unit.pts_90k], untimed = untimed, None
    return cameras


def _camera_of(unit: PesUnit) -> Camera | None:
    packets = decode_packets(unit.data, unit.damaged)
    posed = ((pose_of(packet, undulation_m), packet) for packet in packets)
    return next((Camera(pose, _centre_of(packet)) for pose, packet in posed if pose is not None), None)


def _centre_of(packet: MetadataPacket) -> Centre:
    """Where the camera's own system says that the middle of the picture lies. It may have put it on a flat Earth: it is
    shown as what it said, and nothing is reckoned with it."""
    said = packet.items
    lat_deg, lon_deg, amsl_m = (_number(said.get(tag, said.get(name))) for tag, name in FRAME_CENTRE)
    return (None, None, None) if lat_deg is None or lon_deg is None else (lat_deg, lon_deg, amsl_m)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _own_camera(unit: PesUnit, cameras: dict[int, Camera]) -> Camera | None:
    """The camera at this very frame."""
    if unit.pts_90k is None or not cameras:
        return None
    if unit.pts_90k in cameras:
        return cameras[unit.pts_90k]
    nearest = min(cameras, key=lambda pts: abs(pts - (unit.pts_90k or 0)))
    return cameras[nearest] if abs(nearest - unit.pts_90k) <= NEAR_90K else None


def _zero_ns(pose: CameraPose, pts_90k: int) -> int:
    """UTC of presentation time 0."""
    return pose.utc_ns - _ns_of(pts_90k)


def _ns_of(pts_90k: int) -> int:
    return pts_90k * NS // 90_000


def _utc_ns_of(metadata: bytes) -> int | None:
    try:
        return int(msgspec.json.decode(metadata)["utc_ns"])
    except (msgspec.DecodeError, KeyError, TypeError, ValueError, RecursionError):
        return None
