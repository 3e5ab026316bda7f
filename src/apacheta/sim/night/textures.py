"""Sub-cell ground texture: two tiling, mip-mapped fields, fixed to the ground.

Noise with a 1/f spectrum alone looks like clouds; outcrops with sharp edges and boulders that crowd together look
like thermal mountain ground and are the harder clutter.
"""

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SIZE = 1024
"""Texels along one side of the finest level."""
FINE_TEXEL_M = 0.406
COARSE_TEXEL_M = 3.14


@dataclass(frozen=True)
class Texture:
    """Mip levels one after another: `values` float32, level k begins at `offsets[k]` and is SIZE >> k wide."""

    values: NDArray[np.float32]
    offsets: NDArray[np.int64]


def _noise(rng: np.random.Generator, slope: float, lowest: float) -> NDArray[np.float64]:
    """Tiling noise with spectrum f^-slope above `lowest` cycles a tile; unit variance."""
    frequency = np.hypot(np.fft.fftfreq(SIZE)[:, None], np.fft.rfftfreq(SIZE)[None])
    frequency[0, 0] = 1.0
    gain = frequency**-slope
    gain[frequency < lowest / SIZE] = 0.0
    gain[0, 0] = 0.0
    field = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((SIZE, SIZE))) * gain, (SIZE, SIZE))
    return np.asarray(field / field.std())


def _mipmap(finest: NDArray[np.float64]) -> Texture:
    """Levels by 2 x 2 means, down to 8 texels."""
    levels, offsets, at = [], [], 0
    level = finest.astype(np.float32)
    while level.shape[0] >= 8:
        offsets.append(at)
        levels.append(level.ravel())
        at += level.size
        level = (level[::2, ::2] + level[1::2, ::2] + level[::2, 1::2] + level[1::2, 1::2]) / 4
    return Texture(np.concatenate(levels), np.array(offsets, np.int64))


def _add_boulders(field: NDArray[np.float64], rng: np.random.Generator, count: int) -> None:
    """Boulders that crowd in scree: most warm after sunset, a quarter (shaded or snowy tops) cold."""
    density = np.clip(0.2 + _noise(rng, 1.2, 4), 0, None)
    places = rng.choice(SIZE * SIZE, count, p=density.ravel() / density.sum())
    for place in places:
        row, column = divmod(int(place), SIZE)
        radius = 0.45 + rng.exponential(0.5)
        amplitude = rng.uniform(0.8, 4.0) * (1.0 if rng.random() < 0.75 else -0.6)
        reach = np.arange(-int(3 * radius) - 1, int(3 * radius) + 2)
        blob = amplitude * np.exp(-(((reach[:, None] ** 2 + reach[None] ** 2) / (2 * radius * radius)) ** 1.5))
        field[np.ix_((row + reach) % SIZE, (column + reach) % SIZE)] += blob


@functools.lru_cache(maxsize=2)
def rocky(seed: int, boulders: int = 9000) -> Texture:
    """Soil, warm outcrops with sharp edges, boulders; kelvins about zero, texels of FINE_TEXEL_M."""
    rng = np.random.default_rng(seed)
    field = 0.6 * _noise(rng, 0.85, 3)
    outcrop = _noise(rng, 1.3, 6)
    field += 2.2 / (1 + np.exp(-(outcrop - 1.0) * 14)) * (1 + 0.3 * _noise(rng, 0.3, 40))
    _add_boulders(field, rng, boulders)
    return _mipmap(field)


@functools.lru_cache(maxsize=2)
def patchy(seed: int) -> Texture:
    """Grass, soil and gravel in patches: 1/f noise, texels of COARSE_TEXEL_M."""
    return _mipmap(_noise(np.random.default_rng(seed), 0.85, 3))
