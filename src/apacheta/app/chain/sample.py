"""What is kept of a figure that comes with every frame: all of it for hours, an even part of it for days."""

from array import array

import numpy as np

MOST = 1 << 17
"""3.6 hours of frames at 10 Hz, 1 MB."""


class Sample:
    """Every value until `MOST` are held; from then on every second, fourth, ... of all that came, so that quantiles
    stand for the whole time."""

    def __init__(self) -> None:
        self.every = 1
        self._came = 0
        self._values = array("d")

    def add(self, value: float) -> None:
        """Take the next value."""
        if self._came % self.every == 0:
            self._values.append(value)
        self._came += 1
        if len(self._values) > MOST:
            self._values = self._values[::2]
            self.every *= 2

    def values(self, every: int = 1) -> np.ndarray:
        """What is held (n,) float64; `every`: no more of it than one of so many that came, a power of two."""
        return np.array(self._values[:: max(every // self.every, 1)])


def pooled(samples: list[Sample]) -> np.ndarray:
    """The values of several samples together (n,) float64, each by the same share of what came to it."""
    every = max((s.every for s in samples), default=1)
    return np.concatenate([s.values(every) for s in samples]) if samples else np.empty(0)
