"""Fractal fields: spectral noise for whole grids, smoothed white noise for errors of an elevation model."""

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

Grid = NDArray[np.float64]


def fractal(
    shape: tuple[int, int], rng: np.random.Generator, spectral_slope: float, cell_m: float, shortest_m: float
) -> Grid:
    """A random field of mean 0 and standard deviation 1 whose power falls as frequency^-spectral_slope.

    `shortest_m` damps waves shorter than that. Made on twice the size, so that it does not wrap.
    """
    rows, columns = fft.next_fast_len(2 * shape[0], real=True), fft.next_fast_len(2 * shape[1], real=True)
    spectrum = fft.rfft2(rng.standard_normal((rows, columns)))
    frequency = np.hypot(fft.rfftfreq(columns, cell_m)[None, :], fft.fftfreq(rows, cell_m)[:, None])
    frequency[0, 0] = 1.0
    weight = frequency ** (-spectral_slope / 2) * np.exp(-((frequency * shortest_m) ** 2))
    weight[0, 0] = 0.0
    field = fft.irfft2(spectrum * weight, (rows, columns))[: shape[0], : shape[1]]
    field = field - field.mean()
    return np.ascontiguousarray(field / field.std())


def correlated_error(
    shape: tuple[int, int], rng: np.random.Generator, sigma_m: float, correlation_m: float, cell_m: float
) -> Grid:
    """An elevation error of standard deviation `sigma_m` whose correlation falls to 1/e at `correlation_m`.

    White noise under a Gaussian of sigma s has the correlation exp(-d^2 / 4 s^2), so s is half of `correlation_m`.
    """
    field = ndimage.gaussian_filter(rng.standard_normal(shape), 0.5 * correlation_m / cell_m, mode="wrap")
    return np.asarray(field * (sigma_m / field.std()))
