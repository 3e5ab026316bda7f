"""A small world for the tests of `see`: textured bilinear terrain, warm bodies, a camera that flies by.

Not the simulator: a few lines of numpy and OpenCV, so that a test of the eye stands on its own.
"""

import math
from dataclasses import dataclass, field
from functools import cached_property

import cv2
import numpy as np

from apacheta.core.place import GeoPoint, HaeM
from apacheta.core.sight import CameraPose, Frame
from apacheta.geo import Camera, Dem, LocalGrid, aim_axes, camera_mesh, pixel_rays, relative_angles

GRID = LocalGrid(-32.7, -70.2, 4000.0)
NS = 1_000_000_000
START_NS = 1_782_000_000 * NS
TEXEL_M, TEXELS = 0.25, 1024


def smooth_noise(rng, shape, length, sigma):
    """Gaussian noise of a correlation length in samples."""
    raw = cv2.GaussianBlur(rng.standard_normal(shape).astype(np.float32), (0, 0), length)
    return raw / raw.std() * sigma


def terrain(seed=1, size=121, cell_m=30.0, slope=0.25, relief_m=25.0):
    """A rough hillside that rises to the north, centred on the grid's origin."""
    rng = np.random.default_rng(seed)
    y = (np.arange(size) - size // 2)[:, None] * cell_m
    height = 4000.0 + slope * y + smooth_noise(rng, (size, size), 4.0, relief_m)
    half = (size // 2) * cell_m
    return Dem(GRID, height.astype(np.float32), -half, -half, cell_m, "0" * 64)


def one_ridge(size=121, cell_m=30.0, height_m=120.0):
    r"""Flat ground with one wall of a ridge along y = 0.

              /\
        _____/  \_____
      south      north
    """
    y = (np.arange(size) - size // 2)[:, None] * cell_m
    height = 4000.0 + height_m * np.maximum(1 - np.abs(y) / 60.0, 0.0) * np.ones((1, size))
    half = (size // 2) * cell_m
    return Dem(GRID, height.astype(np.float32), -half, -half, cell_m, "0" * 64)


def degraded(dem, seed, sigma_m=4.0, shift_m=5.0):
    """What the product gets: heights wrong by sigma_m over 150 m, places by shift_m on each axis."""
    rng = np.random.default_rng(seed)
    wrong = smooth_noise(rng, dem.height_hae_m.shape, 5.0, sigma_m)
    dx, dy = rng.normal(0.0, shift_m, 2)
    return Dem(GRID, dem.height_hae_m + wrong, dem.origin_x_m + dx, dem.origin_y_m + dy, dem.cell_m, "1" * 64)


def rocky(seed):
    """Ground temperature detail (texels, texels), kelvin: soft soil, outcrops, warm boulders."""
    rng = np.random.default_rng(seed)
    soil = smooth_noise(rng, (TEXELS, TEXELS), 2.0, 0.4) + smooth_noise(rng, (TEXELS, TEXELS), 12.0, 0.8)
    outcrop = 2.5 / (1 + np.exp(-4 * (smooth_noise(rng, (TEXELS, TEXELS), 20.0, 1.0) - 1.2)))
    stones = np.zeros((TEXELS, TEXELS), np.float32)
    for x, y, size in zip(
        rng.integers(20, TEXELS - 20, 1500),
        rng.integers(20, TEXELS - 20, 1500),
        rng.exponential(1.2, 1500),
        strict=True,
    ):
        cv2.circle(stones, (int(x), int(y)), int(1 + size), float(rng.uniform(1.0, 4.0)), -1)
    return (soil + outcrop + cv2.GaussianBlur(stones, (0, 0), 1.0)).astype(np.float32)


@dataclass
class Body:
    """A warm upright ellipsoid: place at `time_s`, velocity, size, kelvin above the ground."""

    x_m: float
    y_m: float
    vx_m_s: float = 0.0
    vy_m_s: float = 0.0
    width_m: float = 0.5
    height_m: float = 1.7
    kelvin: float = 12.0

    def at(self, time_s):
        return self.x_m + self.vx_m_s * time_s, self.y_m + self.vy_m_s * time_s


@dataclass
class Flight:
    """A stare from a straight flight: the gimbal holds an aim; poses are reported with bias and jitter."""

    dem: Dem
    seed: int = 1
    size: tuple[int, int] = (320, 256)
    hfov_deg: float = 12.5
    slant_m: float = 600.0
    depression_deg: float = 35.0
    azimuth_deg: float = 20.0
    speed_m_s: float = 25.0
    duration_s: float = 12.0
    aim_m: tuple[float, float] = (0.0, 0.0)
    aims: tuple[tuple[float, float, float], ...] = ()
    """From time_s on, look at x, y: for slews."""
    attitude_bias_deg: float = 0.3
    jitter_deg: float = 0.02
    gnss_bias_m: float = 2.0
    bodies: list[Body] = field(default_factory=list)
    netd_k: float = 0.08

    def __post_init__(self):
        self.rng = np.random.default_rng(self.seed)
        self.camera = Camera(*self.size, self.hfov_deg)
        self.bias_deg = self.rng.standard_normal(3) * self.attitude_bias_deg
        self.bias_m = self.rng.standard_normal(3) * np.array([1.0, 1.0, 1.5]) * self.gnss_bias_m
        low = self.slant_m * math.cos(math.radians(self.depression_deg))
        a = math.radians(self.azimuth_deg)
        x, y = self.aim_m
        self.middle = np.array([x - low * math.sin(a), y - low * math.cos(a)])
        self.way = np.array([math.cos(a), -math.sin(a)])
        self.height = float(self.dem.height_at(x, y)) + self.slant_m * math.sin(math.radians(self.depression_deg))

    @cached_property
    def texture(self):
        """The ground's detail; made when the first picture is drawn."""
        return rocky(self.seed % 7 + 3)

    def truth(self, time_s):
        """True position (3,) and axes (3, 3)."""
        xy = self.middle + self.way * self.speed_m_s * (time_s - self.duration_s / 2)
        aim = self.aim_m
        for since, x, y in self.aims:
            if time_s >= since:
                aim = (x, y)
        position = np.array([*xy, self.height])
        return position, aim_axes(position, np.array([*aim, float(self.dem.height_at(*aim))]), GRID)

    def pose(self, time_s, exact=False):
        """The pose as the aircraft reports it."""
        position, axes = self.truth(time_s)
        wrong = np.zeros(3) if exact else self.bias_deg + self.rng.standard_normal(3) * self.jitter_deg
        if not exact:
            position = position + self.bias_m
            axes = cv2.Rodrigues(np.radians(wrong))[0] @ axes
        lat, lon = GRID.latlon(*position[:2])
        angles = relative_angles(axes, GRID, lat, lon, 0.0, 0.0, 0.0)
        return CameraPose(
            utc_ns=START_NS + round(time_s * NS),
            position=GeoPoint(lat_deg=lat, lon_deg=lon, alt_hae_m=HaeM(float(position[2]))),
            height_exact=True,
            platform_heading_deg=0.0,
            platform_pitch_deg=0.0,
            platform_roll_deg=0.0,
            sensor_rel_azimuth_deg=angles[0],
            sensor_rel_elevation_deg=angles[1],
            sensor_rel_roll_deg=angles[2],
            hfov_deg=self.hfov_deg,
            vfov_deg=self.hfov_deg * self.size[1] / self.size[0],
        )

    def picture(self, time_s):
        """Gray (rows, cols) uint8."""
        position, axes = self.truth(time_s)
        w, h = self.size
        coarse = camera_mesh(self.dem, position, axes, self.camera, 4)
        reach = cv2.resize(np.nan_to_num(coarse, nan=5000.0), (w, h), interpolation=cv2.INTER_LINEAR)
        col, row = np.meshgrid(np.arange(w), np.arange(h))
        ray = pixel_rays(col, row, axes, self.camera)
        x, y = position[0] + ray[..., 0] * reach, position[1] + ray[..., 1] * reach
        texel = [np.mod(c / TEXEL_M, TEXELS - 1).astype(np.float32) for c in (x, y)]
        heat = cv2.remap(self.texture, texel[0], texel[1], cv2.INTER_LINEAR)
        for body in self.bodies:
            self._draw(heat, body, time_s, position, axes)
        heat = cv2.GaussianBlur(heat, (0, 0), 0.7)
        heat += self.rng.standard_normal(heat.shape).astype(np.float32) * self.netd_k
        return np.clip(60 + 9 * heat, 0, 255).astype(np.uint8)

    def pixel_of(self, body, time_s):
        """Column, row and metres a pixel of a body's middle."""
        position, axes = self.truth(time_s)
        return self._pixel(body, time_s, position, axes)

    def _pixel(self, body, time_s, position, axes):
        x, y = body.at(time_s)
        z = float(self.dem.height_at(x, y)) + body.height_m / 2
        local = axes @ (np.array([x, y, z]) - position)
        c0, r0 = self.camera.principal_point
        f = self.camera.focal_px
        return c0 + f * local[0] / local[2], r0 + f * local[1] / local[2], local[2] / f

    def _draw(self, heat, body, time_s, position, axes):
        column, row, gsd = self._pixel(body, time_s, position, axes)
        if not (-5 < column < heat.shape[1] + 5 and -5 < row < heat.shape[0] + 5):
            return
        drop = -axes[2, 2]
        tall = math.hypot(body.height_m * math.sqrt(1 - drop**2), body.width_m * drop) / 2 / gsd
        wide = body.width_m / 2 / gsd
        r = math.ceil(max(tall, wide)) + 2
        c0, r0 = round(column), round(row)
        top, left = max(r0 - r, 0), max(c0 - r, 0)
        patch = heat[top : r0 + r + 1, left : c0 + r + 1]
        s = (np.arange(4) - 1.5) / 4
        rr = (top + np.arange(patch.shape[0])[:, None] + s - row) / tall
        cc = (left + np.arange(patch.shape[1])[:, None] + s - column) / wide
        share = (rr[:, None, :, None] ** 2 + cc[None, :, None, :] ** 2 <= 1).mean(axis=(2, 3))
        patch += (share * (body.kelvin - patch)).astype(np.float32)

    def frames(self, rate_hz=10.0, exact=False, stream="t"):
        """Pairs of picture and Frame."""
        for n in range(round(self.duration_s * rate_hz)):
            t = n / rate_hz
            pose = self.pose(t, exact)
            yield (
                self.picture(t),
                Frame(stream=stream, number=n, pts_s=t, width_px=self.size[0], height_px=self.size[1], pose=pose),
            )


def gliding(seed, duration_s, slant_m=350.0, speed_m_s=15.0, **kw):
    """A flight whose camera is stowed: it looks down beside the way and goes with the aircraft, ground after ground."""
    flight = Flight(
        terrain(seed), seed=seed, duration_s=duration_s, slant_m=slant_m, speed_m_s=speed_m_s, depression_deg=60.0, **kw
    )
    times = np.arange(0.0, duration_s, 0.1)
    flight.aims = tuple((float(t), *(flight.way * speed_m_s * (t - duration_s / 2))) for t in times)
    return flight
