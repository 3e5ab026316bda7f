"""What the aircraft says about its camera: the truth with a receiver's and an attitude system's errors.

Position: slow bias (2 m horizontal, 4 m vertical, minutes) and 0.05 m noise. Attitude: a bias of 0.3 deg in each
angle for the whole sortie and 0.02 deg jitter. The gimbal's own angles are exact but for the metadata's steps.
"""

import math
from dataclasses import dataclass

import numpy as np

from ...core.place import GeoPoint, HaeM
from ...core.sight import CameraPose, Fix
from .air import Drift
from .attitude import Matrix, relative_angles, rotation_of
from .flight import Motion
from .gimbal import Sight
from .ground import Ground

BIAS_H_M, BIAS_V_M, BIAS_S = 2.0, 4.0, 300.0
NOISE_M = 0.05
ATTITUDE_BIAS_DEG, ATTITUDE_JITTER_DEG = 0.3, 0.02
ST0601_VERSION = 17
WGS84_A_M, WGS84_E2 = 6_378_137.0, 6.694_379_990_14e-3


@dataclass(frozen=True)
class TruePose:
    """The camera as it is. sight_ned: columns forward, right, down in NED; platform angles true, degrees."""

    utc_ns: int
    lat_deg: float
    lon_deg: float
    hae_m: float
    amsl_m: float
    platform: tuple[float, float, float]
    sight_ned: Matrix
    hfov_deg: float
    vfov_deg: float

    def record(self) -> CameraPose:
        """The exact pose as a core record."""
        return camera_pose(self, (self.lat_deg, self.lon_deg, self.hae_m), self.platform)


def true_pose(utc_ns: int, motion: Motion, sight: Sight, ground: Ground, hfov_deg: float, aspect: float) -> TruePose:
    """The exact pose of a camera on an aircraft; `aspect` is height over width of the image."""
    lon, lat = ground.lonlat(motion.x_m, motion.y_m)
    local = ground.local(motion.x_m, motion.y_m)
    vfov = 2.0 * math.degrees(math.atan(aspect * math.tan(math.radians(hfov_deg) / 2.0)))
    heading = (motion.heading_deg + local.convergence_deg) % 360.0
    return TruePose(
        utc_ns=utc_ns,
        lat_deg=lat,
        lon_deg=lon,
        hae_m=motion.amsl_m + local.undulation_m,
        amsl_m=motion.amsl_m,
        platform=(heading, motion.pitch_deg, motion.roll_deg),
        sight_ned=rotation_of(sight.azimuth_deg, sight.elevation_deg, sight.roll_deg),
        hfov_deg=hfov_deg,
        vfov_deg=vfov,
    )


def camera_pose(true: TruePose, place: tuple[float, float, float], platform: tuple[float, float, float]) -> CameraPose:
    """A pose with the true gimbal angles, at `place` (lat, lon, HAE) with `platform` angles as told."""
    azimuth, elevation, roll = relative_angles(true.sight_ned, rotation_of(*true.platform))
    return CameraPose(
        utc_ns=true.utc_ns,
        position=GeoPoint(lat_deg=place[0], lon_deg=place[1], alt_hae_m=HaeM(place[2])),
        height_exact=True,
        platform_heading_deg=platform[0],
        platform_pitch_deg=platform[1],
        platform_roll_deg=platform[2],
        sensor_rel_azimuth_deg=azimuth,
        sensor_rel_elevation_deg=elevation,
        sensor_rel_roll_deg=roll,
        hfov_deg=true.hfov_deg,
        vfov_deg=true.vfov_deg,
    )


class Navigation:
    """One sortie's receiver and attitude errors. `exact=True` reports the truth, for checks of geometry."""

    def __init__(self, rng: np.random.Generator, exact: bool = False) -> None:
        self.rng, self.exact = rng, exact
        sigmas = (BIAS_H_M, BIAS_H_M, BIAS_V_M)
        self.bias = tuple(Drift(sigma, BIAS_S, rng) for sigma in sigmas)
        self.attitude_bias_deg = rng.standard_normal(3) * ATTITUDE_BIAS_DEG

    def report(self, true: TruePose, dt_s: float) -> CameraPose:
        """The pose as the aircraft reports it, `dt_s` after the last report."""
        if self.exact:
            return true.record()
        drift = [b.step(dt_s) for b in self.bias]
        north, east, up = (d + float(n) for d, n in zip(drift, NOISE_M * self.rng.standard_normal(3), strict=True))
        shake = self.attitude_bias_deg + ATTITUDE_JITTER_DEG * self.rng.standard_normal(3)
        heading, pitch, roll = (a + float(s) for a, s in zip(true.platform, shake, strict=True))
        per_lat = 111_132.0
        per_lon = 111_320.0 * math.cos(math.radians(true.lat_deg))
        place = (true.lat_deg + north / per_lat, true.lon_deg + east / per_lon, true.hae_m + up)
        return camera_pose(true, place, (heading % 360.0, pitch, roll))


@dataclass(frozen=True)
class FrameCentre:
    """Where the aircraft says that the middle of the picture lies: lat, lon, AMSL, slant range, width of the picture
    there."""

    lat_deg: float
    lon_deg: float
    amsl_m: float
    slant_range_m: float
    width_m: float


def centre_told(pose: CameraPose, undulation_m: float, slant_range_m: float, width_m: float) -> FrameCentre:
    """The place at a measured range along the reported line of sight, as an aircraft with a range finder tells it: with
    every error of its pose. The Earth is round as at the aircraft's place and height: good to 0.1 % of the range."""
    platform = rotation_of(pose.platform_heading_deg, pose.platform_pitch_deg, pose.platform_roll_deg)
    sensor = rotation_of(pose.sensor_rel_azimuth_deg, pose.sensor_rel_elevation_deg, pose.sensor_rel_roll_deg)
    north_m, east_m, down_m = (float(m) for m in slant_range_m * (platform @ sensor)[:, 0])
    at, latitude = pose.position, math.radians(pose.position.lat_deg)
    bent = 1.0 - WGS84_E2 * math.sin(latitude) ** 2
    across_m = WGS84_A_M / math.sqrt(bent) + at.alt_hae_m
    along_m = WGS84_A_M * (1.0 - WGS84_E2) / bent**1.5 + at.alt_hae_m
    fall_m = (north_m**2 / along_m + east_m**2 / across_m) / 2.0
    lat_deg = at.lat_deg + math.degrees(north_m / along_m)
    lon_deg = at.lon_deg + math.degrees(east_m / (across_m * math.cos(math.radians(lat_deg))))
    return FrameCentre(lat_deg, lon_deg, at.alt_hae_m - undulation_m - down_m + fall_m, slant_range_m, width_m)


def st0601_items(
    pose: CameraPose, undulation_m: float, centre: FrameCentre | None, mission: str, platform: str
) -> dict[int, object]:
    """The local set's items, units as in ST 0601; checksum and lengths are the encoder's."""
    hae = float(pose.position.alt_hae_m)
    items: dict[int, object] = {
        2: pose.utc_ns // 1000,
        3: mission,
        5: pose.platform_heading_deg,
        6: _held(pose.platform_pitch_deg, 20.0),
        7: _held(pose.platform_roll_deg, 50.0),
        10: platform,
        11: "LWIR",
        12: "Geodetic WGS84",
        13: pose.position.lat_deg,
        14: pose.position.lon_deg,
        15: hae - undulation_m,
        16: pose.hfov_deg,
        17: pose.vfov_deg,
        18: pose.sensor_rel_azimuth_deg % 360.0,
        19: pose.sensor_rel_elevation_deg,
        20: pose.sensor_rel_roll_deg % 360.0,
        65: ST0601_VERSION,
        75: hae,
        90: pose.platform_pitch_deg,
        91: pose.platform_roll_deg,
        104: hae,
    }
    if centre is not None:
        items |= {21: centre.slant_range_m, 22: min(centre.width_m, 10_000.0)}
        items |= {23: centre.lat_deg, 24: centre.lon_deg, 25: centre.amsl_m}
    return items


def _held(value: float, bound: float) -> float:
    """Within an item's range: items 6 and 7 are narrow, 90 and 91 carry the whole angle."""
    return min(max(value, -bound), bound)


def fix_of(aircraft: str, pose: CameraPose, motion: Motion, battery_fraction: float, source: str = "simulator") -> Fix:
    """The telemetry's report at the same instant, with the same errors."""
    return Fix(
        aircraft=aircraft,
        utc_ns=pose.utc_ns,
        position=pose.position,
        heading_deg=pose.platform_heading_deg,
        pitch_deg=pose.platform_pitch_deg,
        roll_deg=pose.platform_roll_deg,
        ground_speed_m_s=math.hypot(motion.vx_m_s, motion.vy_m_s),
        battery_fraction=battery_fraction,
        phase=motion.phase,
        sigma_h_m=BIAS_H_M * math.sqrt(2.0),
        sigma_v_m=BIAS_V_M,
        source=source,
    )
