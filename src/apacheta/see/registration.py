"""Lays an older picture over the newest one: by pose and terrain first, then by an affine fit to what is left.

False plots a frame at 0.31 m ground resolution: 2.0 by pose and terrain alone, 1.1 by an image homography, 0.13 by
both steps together (simulation page, section 4).
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..kernels.registration import affine_normal, shifted_map
from .view import MESH_STEP_PX, Array, View

Image = NDArray[np.float32]

VOID = -1e4
CUT_FIRST, CUT_LAST = 40.0, 6.0
LEVELS = ((4, 4, 1), (2, 3, 2))
"""Scale, Gauss-Newton steps, stride between samples."""
LIMIT_PX = 24.0
USED_SHARE_MIN = 0.15
NOISE_CORRELATION = 2.0
SIGMA_FLOOR_PX = 0.05
POSE_ONLY_SIGMA_PX = 1.5
UNLIKE = 0.9
"""What a fit leaves, in deviations of the picture from its surroundings. Two independent pictures leave 1.4."""
AROUND_PX = 33


@dataclass(frozen=True)
class Fit:
    """An affine shift of the older picture. params (7,): p0..p5 in pixels (u and v from -1 to 1), p6 in grey levels.
    sigma_px: deviation of the shift at the centre. by_image is False where only the pose was used: the pictures are
    too unlike to say more, and nothing can be said about what moved between them."""

    params: Array
    sigma_px: float
    by_image: bool

    def shift_at(self, column: Array, row: Array, width_px: int, height_px: int) -> Array:
        """(n, 2) shift in pixels at columns and rows."""
        return shift_of(self.params, column, row, width_px, height_px)


def shift_of(params: Array, column: Array, row: Array, width_px: int, height_px: int) -> Array:
    """(n, 2) affine shift in pixels: p0 + p1 u + p2 v, p3 + p4 u + p5 v."""
    u, v = 2 * column / (width_px - 1) - 1, 2 * row / (height_px - 1) - 1
    return np.stack([params[0] + params[1] * u + params[2] * v, params[3] + params[4] * u + params[5] * v], axis=-1)


class Picture:
    """A smoothed picture (rows, cols) float32 with its half and quarter sizes and their gradients, made when asked."""

    def __init__(self, gray: NDArray[np.uint8]) -> None:
        self.full: Image = cv2.GaussianBlur(gray.astype(np.float32), (0, 0), 0.8)
        self._small: dict[int, Image] = {}
        self._gradients: dict[int, tuple[Image, Image]] = {}
        self._contrast: dict[int, float] = {}

    def small(self, scale: int) -> Image:
        """The picture at 1 / scale."""
        if scale not in self._small:
            rows, cols = self.full.shape
            self._small[scale] = cv2.resize(self.full, (cols // scale, rows // scale), interpolation=cv2.INTER_AREA)
        return self._small[scale]

    def gradients(self, scale: int) -> tuple[Image, Image]:
        """Slopes along columns and rows at 1 / scale, grey levels a pixel."""
        if scale not in self._gradients:
            small = self.small(scale)
            self._gradients[scale] = (
                cv2.Sobel(small, cv2.CV_32F, 1, 0, ksize=3, scale=0.125),
                cv2.Sobel(small, cv2.CV_32F, 0, 1, ksize=3, scale=0.125),
            )
        return self._gradients[scale]

    def contrast(self, scale: int) -> float:
        """Deviation from the own surroundings at 1 / scale, grey levels: what two pictures of one ground share."""
        if scale not in self._contrast:
            small = self.small(scale)
            self._contrast[scale] = float((small - cv2.blur(small, (AROUND_PX, AROUND_PX)))[::2, ::2].std())
        return self._contrast[scale]

    def forget_gradients(self) -> None:
        """Frees what only the newest picture needs."""
        self._gradients.clear()


def spread(mesh: NDArray[np.floating], width: int, height: int, step: int) -> Image:
    """A mesh of nodes every `step` pixels as a full picture (height, width), linear between nodes."""
    rows, cols = mesh.shape
    full = cv2.resize(mesh.astype(np.float32), (cols * step, rows * step), interpolation=cv2.INTER_LINEAR)
    down, right = height - rows * step, width - cols * step
    if down > 0 or right > 0:
        full = cv2.copyMakeBorder(full, 0, max(down, 0), 0, max(right, 0), cv2.BORDER_REPLICATE)
    return np.ascontiguousarray(full[:height, :width])


def warped(image: Image, map_x: Image, map_y: Image) -> Image:
    """The image sampled at map_x, map_y; VOID outside."""
    out: Image = cv2.remap(
        image, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=(VOID,) * 4
    )
    return out


def affine_fit(
    now: Picture, old: dict[int, Image], start: Array | None = None, levels: tuple[tuple[int, int, int], ...] = LEVELS
) -> Fit | None:
    """The affine shift and brightness offset that lay the older picture over the newest one; None when it fails, and
    when what is left is not much less than the picture itself: two pictures of noise fit nowhere.

    old: the older picture at each level's scale, laid over `now` by pose and terrain, VOID where it has nothing.
    """
    params = np.zeros(7) if start is None else start.copy()
    matrix, vector = np.empty((7, 7)), np.empty(7)
    cut, sigma = CUT_FIRST, np.inf
    for scale, steps, stride in levels:
        small, (gradient_x, gradient_y) = now.small(scale), now.gradients(scale)
        params[:6] /= scale
        needed = USED_SHARE_MIN * small.size / stride**2
        for _ in range(steps):
            total, used = affine_normal(small, old[scale], gradient_x, gradient_y, params, cut, stride, matrix, vector)
            if used < needed:
                return None
            try:
                change = np.linalg.solve(matrix, vector)
            except np.linalg.LinAlgError:
                return None
            params -= change
            if not np.isfinite(params).all() or np.abs(params[:6]).max() * scale > LIMIT_PX:
                return None
            cut = float(np.clip(5.0 * total / used, CUT_LAST, CUT_FIRST))
        params[:6] *= scale
        error = 1.25 * total / used
        with np.errstate(invalid="ignore"):
            spread_px2 = np.linalg.pinv(matrix)[[0, 3], [0, 3]].sum() / 2
        sigma = NOISE_CORRELATION * scale * error * float(np.sqrt(max(spread_px2, 0.0)))
    if not np.isfinite(sigma) or _left_over(now, old, params, levels[-1]) > UNLIKE * now.contrast(scale):
        return None
    return Fit(params=params, sigma_px=max(sigma, SIGMA_FLOOR_PX), by_image=True)


def _left_over(now: Picture, old: dict[int, Image], params: Array, level: tuple[int, int, int]) -> float:
    """Deviation in grey levels of what a fit leaves, all pixels counted: the fit's own cut would hide the worst."""
    scale, _, stride = level
    scaled = np.append(params[:6] / scale, params[6])
    matrix, vector = np.empty((7, 7)), np.empty(7)
    total, used = affine_normal(
        now.small(scale), old[scale], *now.gradients(scale), scaled, 1e3, stride, matrix, vector
    )
    return float(1.25 * total / used) if used else np.inf


def pose_only() -> Fit:
    """No shift beyond the pose's: what is left to use when the fit fails."""
    return Fit(params=np.zeros(7), sigma_px=POSE_ONLY_SIGMA_PX, by_image=False)


def laid_over(now: Picture, view: View, old: Picture, old_view: View, start: Array | None) -> tuple[Image, Fit]:
    """The older picture as it would look from the newest pose, VOID where it has nothing, and the fit used."""
    rows_px, cols_px = now.full.shape
    mesh_rows, mesh_cols = view.range_m.shape
    pixel = old_view.pixels_of(view.point_m)
    map_x = np.ascontiguousarray(pixel[:, 0].reshape(mesh_rows, mesh_cols))
    map_y = np.ascontiguousarray(pixel[:, 1].reshape(mesh_rows, mesh_cols))
    plain_x, plain_y = np.nan_to_num(map_x, nan=-99.0), np.nan_to_num(map_y, nan=-99.0)
    small: dict[int, Image] = {}
    for scale, _, _ in LEVELS:
        size = (cols_px // scale, rows_px // scale)
        half = (scale - 1) / 2
        small[scale] = warped(
            old.small(scale),
            spread((plain_x - half) / scale, *size, MESH_STEP_PX // scale),
            spread((plain_y - half) / scale, *size, MESH_STEP_PX // scale),
        )
    fit = affine_fit(now, small, start) or pose_only()
    out_x, out_y = np.empty((mesh_rows, mesh_cols), np.float32), np.empty((mesh_rows, mesh_cols), np.float32)
    shifted_map(map_x, map_y, fit.params, float(MESH_STEP_PX), float(cols_px), float(rows_px), out_x, out_y)
    full_x, full_y = spread(out_x, cols_px, rows_px, MESH_STEP_PX), spread(out_y, cols_px, rows_px, MESH_STEP_PX)
    return warped(old.full, full_x, full_y), fit
