"""A unit of video as the page gets it: with what is known of its camera when it is complete. Nothing waits."""

import msgspec

from ...core.sight import CameraPose
from ...formats.envelope import Envelope, codec_of, encode_envelope
from ...formats.keyframes import is_key_unit
from ...formats.ts import PesUnit
from ...geo import amsl_of_hae
from ...geo.camera import angles_of, rotation_of
from ..chain import Posed
from ..chain.pairing import NEAR_90K


def envelope_of(unit: PesUnit, newest: Posed | None, complete_utc_ns: int) -> bytes:
    """The unit's envelope, with the newest pose that came before it."""
    return encode_envelope(
        Envelope(
            key=is_key_unit(unit.data, unit.stream_type),
            damaged=unit.damaged,
            gap=unit.after_loss,
            own_metadata=newest is not None and _is_of(unit, newest),
            codec=codec_of(unit.stream_type),
            pts_90k=unit.pts_90k,
            complete_utc_ns=complete_utc_ns,
            metadata=b"" if newest is None else msgspec.json.encode(pose_message(newest.pose)),
            payload=unit.data,
        )
    )


def pose_message(pose: CameraPose) -> dict[str, object]:
    """The pose for the page, heights HAE and AMSL. azimuth and elevation are those of the line of sight, from true
    north and up from the horizon; the camera is rolled about it by sight_roll, its right side down. What the stream
    does not say is null."""
    at = pose.position
    platform = rotation_of(pose.platform_heading_deg, pose.platform_pitch_deg, pose.platform_roll_deg)
    sensor = rotation_of(pose.sensor_rel_azimuth_deg, pose.sensor_rel_elevation_deg, pose.sensor_rel_roll_deg)
    azimuth_deg, elevation_deg, roll_deg = angles_of(platform @ sensor)
    return {
        "utc_ns": str(pose.utc_ns),
        "lat_deg": round(at.lat_deg, 7),
        "lon_deg": round(at.lon_deg, 7),
        "alt_hae_m": round(at.alt_hae_m, 2),
        "alt_amsl_m": round(amsl_of_hae(at.lat_deg, at.lon_deg, at.alt_hae_m), 2),
        "heading_deg": round(pose.platform_heading_deg, 3),
        "pitch_deg": round(pose.platform_pitch_deg, 3),
        "roll_deg": round(pose.platform_roll_deg, 3),
        "azimuth_deg": round(azimuth_deg, 3),
        "elevation_deg": round(elevation_deg, 3),
        "sight_roll_deg": round(roll_deg, 3),
        "hfov_deg": round(pose.hfov_deg, 4),
        "vfov_deg": round(pose.vfov_deg, 4),
    }


def _is_of(unit: PesUnit, newest: Posed) -> bool:
    """Whether a pose came with the unit's own presentation time."""
    if unit.pts_90k is None or newest.pts_90k is None:
        return False
    return abs(unit.pts_90k - newest.pts_90k) <= NEAR_90K
