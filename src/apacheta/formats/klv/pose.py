"""The camera's pose out of a packet, of either standard, in one convention (that of ST 0601 items 5-7 and 18-20).

Heights: item 104, then 75, are above the ellipsoid; item 15 and EG 0104 are above mean sea level. Frame centre,
corners and slant range (21, 23-33) are never used: real encoders put them on a flat Earth.
"""

from collections.abc import Callable
from typing import Literal

import msgspec

from apacheta.core.place import GeoPoint, HaeM
from apacheta.core.sight import CameraPose

from . import items as tags
from .packets import MetadataPacket

UndulationOf = Callable[[float, float], float]
"""Geoid height above the ellipsoid in metres at (lat_deg, lon_deg)."""

_Reference = Literal["hae", "amsl"]
_NEEDED_0601: tuple[tuple[int, ...], ...] = (
    (tags.TIMESTAMP_US,),
    (tags.HEADING,),
    (tags.PITCH_FULL, tags.PITCH),
    (tags.ROLL_FULL, tags.ROLL),
    (tags.SENSOR_LAT,),
    (tags.SENSOR_LON,),
    (tags.SENSOR_HEIGHT_HAE_EXTENDED, tags.SENSOR_HEIGHT_HAE, tags.SENSOR_ALT_AMSL),
    (tags.HFOV,),
    (tags.REL_AZIMUTH,),
    (tags.REL_ELEVATION,),
    (tags.REL_ROLL,),
)
_NEEDED_0104 = (
    "precision_timestamp_us",
    "sensor_lat_deg",
    "sensor_lon_deg",
    "sensor_alt_amsl_m",
    "sensor_hfov_deg",
    "angle_to_north_deg",
    "obliquity_deg",
)


def missing_for_pose(packet: MetadataPacket) -> tuple[str, ...]:
    """What a pose needs and the packet does not say: item numbers, alternatives joined by "|", or EG 0104 names."""
    if packet.standard == "EG 0104":
        return tuple(name for name in _NEEDED_0104 if _number(packet, name) is None)
    return tuple("|".join(map(str, row)) for row in _NEEDED_0601 if _first(packet, row)[1] is None)


def pose_of(packet: MetadataPacket, undulation_m: UndulationOf | None = None) -> CameraPose | None:
    """The pose, or None where the packet is not to be believed or lacks an item.

    With `undulation_m` a height above mean sea level becomes one above the ellipsoid; without it the pose's
    `height_reference` says "amsl". The vertical field of view is NaN where it is missing.
    """
    if not packet.usable or packet.utc_ns is None or missing_for_pose(packet):
        return None
    pose = _pose_0104(packet) if packet.standard == "EG 0104" else _pose_0601(packet)
    return _checked(pose, undulation_m)


def _checked(pose: CameraPose, undulation_m: UndulationOf | None) -> CameraPose | None:
    """The pose with its height above the ellipsoid if the geoid is at hand; None where it is nowhere on Earth."""
    at = pose.position
    inside = abs(at.lat_deg) <= 90.0 and abs(at.lon_deg) <= 180.0 and -1_000.0 < at.alt_hae_m < 50_000.0
    if not inside or not 0.0 < pose.hfov_deg < 180.0:
        return None
    if pose.height_reference == "hae" or undulation_m is None:
        return pose
    height = HaeM(at.alt_hae_m + undulation_m(at.lat_deg, at.lon_deg))
    return _with_height(pose, height)


def _with_height(pose: CameraPose, alt_hae_m: HaeM) -> CameraPose:
    position = msgspec.structs.replace(pose.position, alt_hae_m=alt_hae_m)
    return msgspec.structs.replace(pose, position=position, height_reference="hae")


def _pose_0601(packet: MetadataPacket) -> CameraPose:
    values = [_first(packet, row) for row in _NEEDED_0601[1:]]
    heading, pitch, roll, lat, lon, height, hfov, azimuth, elevation, sensor_roll = (v or 0.0 for _, v in values)
    height_tag = values[5][0]
    reference: _Reference = "amsl" if height_tag == tags.SENSOR_ALT_AMSL else "hae"
    vfov = _number(packet, tags.VFOV)
    return CameraPose(
        utc_ns=packet.utc_ns or 0,
        position=GeoPoint(lat_deg=lat, lon_deg=lon, alt_hae_m=HaeM(height)),
        height_exact=height_tag == tags.SENSOR_HEIGHT_HAE_EXTENDED,
        platform_heading_deg=heading,
        platform_pitch_deg=pitch,
        platform_roll_deg=roll,
        sensor_rel_azimuth_deg=azimuth,
        sensor_rel_elevation_deg=elevation,
        sensor_rel_roll_deg=sensor_roll,
        hfov_deg=hfov,
        vfov_deg=float("nan") if vfov is None else vfov,
        height_reference=reference,
    )


def elevation_of_obliquity(obliquity_deg: float) -> float:
    """Elevation, positive up, of the line of sight.

    The standard counts 0 backward, 180 forward, 270 down; the Predator streams that exist write the elevation itself,
    negative downward. 90 to 360 is read by the standard, -90 to 0 as elevation, 0 to 90 as depression.
    """
    if obliquity_deg > 90.0:
        return 180.0 - obliquity_deg
    return -abs(obliquity_deg)


def _pose_0104(packet: MetadataPacket) -> CameraPose:
    """EG 0104 gives the line of sight against north and horizon: the platform is taken as level, aimed along it."""

    def number(name: str) -> float:
        return _number(packet, name) or 0.0

    vfov = _number(packet, "sensor_vfov_deg")
    lat_deg, lon_deg = number("sensor_lat_deg"), number("sensor_lon_deg")
    return CameraPose(
        utc_ns=packet.utc_ns or 0,
        position=GeoPoint(lat_deg=lat_deg, lon_deg=lon_deg, alt_hae_m=HaeM(number("sensor_alt_amsl_m"))),
        height_exact=False,
        platform_heading_deg=number("angle_to_north_deg") % 360.0,
        platform_pitch_deg=0.0,
        platform_roll_deg=0.0,
        sensor_rel_azimuth_deg=0.0,
        sensor_rel_elevation_deg=elevation_of_obliquity(number("obliquity_deg")),
        sensor_rel_roll_deg=number("sensor_roll_deg"),
        hfov_deg=number("sensor_hfov_deg"),
        vfov_deg=float("nan") if vfov is None else vfov,
        height_reference="amsl",
    )


def _number(packet: MetadataPacket, key: int | str) -> float | None:
    value = packet.items.get(key)
    return value if isinstance(value, (int, float)) else None


def _first(packet: MetadataPacket, row: tuple[int, ...]) -> tuple[int, float | None]:
    """The first tag of the row that has a value, and the value."""
    for tag in row:
        value = _number(packet, tag)
        if value is not None:
            return tag, value
    return row[0], None
