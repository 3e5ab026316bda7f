"""Layers: the heights at which racetracks and ways are tried; an aircraft may have some of its own."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Height = TypeVar("Height", float, NDArray[np.float64])


@dataclass(frozen=True)
class Layer:
    """The heights first_m, first_m + every_m, ... and as many below; HAE."""

    every_m: float
    first_m: float = 0.0

    def at_least(self, height_m: Height) -> Height:
        """The lowest of its heights that is not below."""
        return height_m + (self.first_m - height_m) % self.every_m
