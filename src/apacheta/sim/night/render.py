"""The thermal camera's picture of the truth: ranges, shading, bodies, markers, sensor."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .ground import Ground
from .raster_kernel import range_image
from .shade_kernel import digitise, draw_bodies, draw_markers, shade
from .textures import COARSE_TEXEL_M, FINE_TEXEL_M, patchy, rocky

FAR_M = 8_000.0
SKY_C = -40.0
PSF_SIGMA_PX = 0.7
MARKER_HALF_M = 1.0
MARKER_WARMER_K = 3.0
AGC_RATE = 0.05
"""Fraction by which the gain moves towards the scene at each frame: uncooled cores adapt over seconds."""


@dataclass
class Temperatures:
    """Apparent ground temperature, degrees C, and strength of its texture (1 is usual), rows from south."""

    celsius: NDArray[np.float32]
    roughness: NDArray[np.float32]
    origin_x_m: float
    origin_y_m: float
    cell_m: float

    def at(self, x_m: NDArray[np.float64], y_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """The nearest node's temperature at grid points."""
        rows, columns = self.celsius.shape
        i = np.clip(np.rint((x_m - self.origin_x_m) / self.cell_m), 0, columns - 1).astype(np.int64)
        j = np.clip(np.rint((y_m - self.origin_y_m) / self.cell_m), 0, rows - 1).astype(np.int64)
        return self.celsius[j, i].astype(np.float64)


@dataclass(frozen=True)
class View:
    """One camera at one instant: grid x, y, AMSL; axes (rows right, down, forward) in the grid tangent frame."""

    camera: tuple[float, float, float]
    axes: NDArray[np.float64]
    focal_px: float


class Scene:
    """What all cameras of a night share: terrain, textures, ground temperatures."""

    def __init__(self, ground: Ground, temperatures: Temperatures, seed: int, texture_k: float = 1.0) -> None:
        self.ground = ground
        self.temperatures = temperatures
        self.texture_k = texture_k
        self.fine, self.coarse = rocky(seed + 5), patchy(seed + 6)
        self.lowest_m = float(np.nanmin(ground.height_amsl_m))
        self.highest_m = float(np.nanmax(ground.height_amsl_m))


class Sensor:
    """An uncooled core: blur, vignette, fixed pattern, temporal noise, slow automatic gain to 8 bits."""

    def __init__(self, width_px: int, height_px: int, netd_k: float, rng: np.random.Generator) -> None:
        self.netd_k = np.float32(netd_k)
        self.rng = rng
        self.noise = rng.standard_normal((height_px * 2, width_px * 2), dtype=np.float32)
        rows, columns = np.mgrid[0:height_px, 0:width_px]
        off_axis = np.hypot(columns - width_px / 2, rows - height_px / 2) / math.hypot(width_px / 2, height_px / 2)
        stripes = rng.standard_normal((1, width_px)) * 0.03 + rng.standard_normal((height_px, 1)) * 0.02
        self.fixed: NDArray[np.float32] = np.ascontiguousarray(stripes - 1.2 * off_axis**2, dtype=np.float32)
        self.low_c: float | None = None
        self.high_c = 0.0

    def expose(self, kelvins: NDArray[np.float32]) -> NDArray[np.uint8]:
        """One 8-bit image (H, W) of apparent temperatures."""
        blurred = cv2.GaussianBlur(kelvins, (5, 5), PSF_SIGMA_PX)
        self._adapt(blurred)
        assert self.low_c is not None
        counts = np.empty(blurred.shape, np.uint8)
        row, column = self._place_of_noise()
        gain = np.float32(255.0 / (self.high_c - self.low_c))
        digitise(blurred, self.fixed, self.noise, row, column, self.netd_k, np.float32(self.low_c), gain, counts)
        return counts

    def skip(self) -> None:
        """One image that nobody takes: chance goes on as if it had been."""
        self._place_of_noise()

    def _place_of_noise(self) -> tuple[int, int]:
        """Where in the sheet of noise this image's lies: row, column."""
        height, width = self.fixed.shape
        return int(self.rng.integers(0, height)), int(self.rng.integers(0, width))

    def _adapt(self, kelvins: NDArray[np.float32]) -> None:
        """Move the span of the picture towards the middle 99 % of the scene, at least 15 K wide."""
        low, high = np.percentile(kelvins[::8, ::8], [0.5, 99.5])
        centre, span = 0.5 * (low + high), max(high - low, 10.0) * 1.5
        rate = 1.0 if self.low_c is None else AGC_RATE
        start = self.low_c if self.low_c is not None else 0.0
        self.low_c = start + rate * (centre - span / 2 - start)
        self.high_c += rate * (centre + span / 2 - self.high_c)


class Renderer:
    """Pictures of one camera; holds its buffers. `ranges` (H, W) float32 is the last frame's depth, 1e9 = sky."""

    def __init__(self, scene: Scene, width_px: int, height_px: int) -> None:
        self.scene = scene
        self.ranges = np.empty((height_px, width_px), np.float32)
        self.kelvins = np.empty((height_px, width_px), np.float32)

    def look(self, view: View) -> None:
        """Fill `ranges` and `kelvins` with the bare ground."""
        scene, ground = self.scene, self.scene.ground
        local = ground.local(view.camera[0], view.camera[1])
        camera = np.array(view.camera)
        range_image(
            ground.height_amsl_m, ground.cell_m, ground.origin_x_m, ground.origin_y_m, camera, view.axes,
            view.focal_px, FAR_M, local.scale0, local.scale1, local.drop_per_m, local.tilt_x, local.tilt_y,
            scene.lowest_m, scene.highest_m, self.ranges,
        )  # fmt: skip
        warm = scene.temperatures
        to_camera = np.array([camera[0] - ground.origin_x_m, camera[1] - ground.origin_y_m])
        shade(
            warm.celsius, warm.roughness, warm.cell_m, warm.origin_x_m - ground.origin_x_m,
            warm.origin_y_m - ground.origin_y_m,
            to_camera, view.axes, view.focal_px, local.scale0 + local.scale1 * camera[2], local.scale1, self.ranges,
            scene.fine.values, scene.fine.offsets, FINE_TEXEL_M, scene.coarse.values, scene.coarse.offsets,
            COARSE_TEXEL_M, scene.texture_k, SKY_C, self.kelvins,
        )  # fmt: skip

    def add_markers(self, view: View, markers_xy_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Paint the flat squares; (n, 6) as `draw_markers` says."""
        ground = self.scene.ground
        local = ground.local(view.camera[0], view.camera[1])
        result = np.zeros((len(markers_xy_m), 6))
        draw_markers(
            self.kelvins, self.ranges, ground.height_amsl_m, ground.cell_m, ground.origin_x_m, ground.origin_y_m,
            np.array(view.camera), view.axes, view.focal_px, local.scale0, local.scale1, local.drop_per_m,
            local.tilt_x, local.tilt_y, markers_xy_m, MARKER_HALF_M, MARKER_WARMER_K, result,
        )  # fmt: skip
        return result

    def add_bodies(self, view: View, bodies: NDArray[np.float64]) -> NDArray[np.float64]:
        """Paint ellipsoids (n, 9) far to near; (n, 6) in the order given, as `draw_bodies` says."""
        order = np.argsort(-(bodies[:, :3] @ view.axes[2]), kind="stable")
        drawn = np.zeros((len(bodies), 6))
        draw_bodies(self.kelvins, self.ranges, view.axes, view.focal_px, np.ascontiguousarray(bodies[order]), drawn)
        result = np.empty_like(drawn)
        result[order] = drawn
        return result
