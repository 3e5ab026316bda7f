"""Heights as pictures: terrarium, height = 256 R + G + B / 256 - 32768 metres, in opaque PNG.

Where there is no ground (voids, and what lies beside the file) the pixel has the height of the nearest ground in its
tile, so that no cliff is drawn, and the last bit of blue is set: `B & 1`. Heights are written in steps that never set
it. Transparency would say it more plainly, but a browser loses the colours of a transparent pixel before anybody can
read them (a canvas keeps them multiplied by alpha), and the map would have a hole of 32,768 m there.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

LOWEST_M = -32_768.0
FINE_FROM_ZOOM = 12
COARSE_STEP_M, FINE_STEP_M = 1.0, 0.25
VOID_BIT = 1
_PNG = [cv2.IMWRITE_PNG_COMPRESSION, 6, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_DEFAULT]
"""Level 9 takes five times as long for 3 %."""


def step_m(z: int) -> float:
    """What heights are rounded to at a zoom."""
    return FINE_STEP_M if z >= FINE_FROM_ZOOM else COARSE_STEP_M


def encode(height_m: NDArray[np.float32], z: int) -> bytes:
    """PNG of heights (rows, cols), NaN = no ground; at least one must be ground."""
    step = step_m(z)
    steps = np.rint((filled(height_m).astype(np.float64) - LOWEST_M) / step)
    code = (steps * (256 * step)).astype(np.int32) | np.where(np.isnan(height_m), VOID_BIT, 0).astype(np.int32)
    return png_of(np.dstack([code & 255, (code >> 8) & 255, code >> 16]).astype(np.uint8))


def filled(height_m: NDArray[np.float32]) -> NDArray[np.float32]:
    """The heights with those of the nearest ground in place of NaN (nearest within some per cent of the distance)."""
    void = np.isnan(height_m)
    if not void.any():
        return height_m
    _, nearest = cv2.distanceTransformWithLabels(
        void.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    height_of = np.zeros(int(nearest.max()) + 1, np.float32)
    height_of[nearest[~void]] = height_m[~void]
    return height_of[nearest]


def png_of(picture: NDArray[np.uint8]) -> bytes:
    """PNG of blue, green, red (and alpha) in (rows, cols, 3 or 4)."""
    return cv2.imencode(".png", picture, _PNG)[1].tobytes()
