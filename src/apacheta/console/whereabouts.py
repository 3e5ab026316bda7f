"""What the past needs of the room `geo`: heights above the sea, and where a camera looks.

`geo` comes with its kernels, some seconds and 180 MB: it is imported with the first replay, not with the console.
"""

from ..core.sight import CameraPose


def undulation_m(lat_deg: float, lon_deg: float) -> float:
    """Height of the geoid (EGM96) above the ellipsoid in metres."""
    from ..geo import undulation_m as of_geoid

    return float(of_geoid(lat_deg, lon_deg))


def amsl_m(lat_deg: float, lon_deg: float, alt_hae_m: float) -> float:
    """Metres above mean sea level of a height above the ellipsoid."""
    return alt_hae_m - undulation_m(lat_deg, lon_deg)


def line_of_sight_deg(pose: CameraPose) -> tuple[float, float, float]:
    """Azimuth from true north and elevation up from the horizon of a camera's line of sight, and its roll about it."""
    from ..geo.camera import angles_of, rotation_of

    platform = rotation_of(pose.platform_heading_deg, pose.platform_pitch_deg, pose.platform_roll_deg)
    sensor = rotation_of(pose.sensor_rel_azimuth_deg, pose.sensor_rel_elevation_deg, pose.sensor_rel_roll_deg)
    return angles_of(platform @ sensor)
