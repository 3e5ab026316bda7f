"""Heights of all the tiles of an area: the finest from the file, each coarser one from its four children."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...geo.datum import Bounds
from .heights import Heights
from .mercator import TILE_PX, Tile, tile_ranges, tiles_over, zoom_for

HALF_PX = TILE_PX // 2
Quarters = tuple[slice, slice]
QUARTERS: tuple[Quarters, ...] = tuple(
    (slice(i, i + HALF_PX), slice(j, j + HALF_PX)) for i in (0, HALF_PX) for j in (0, HALF_PX)
)
"""Where the children lie in their parent, in their order: north-west, north-east, south-west, south-east."""


@dataclass(frozen=True)
class Pyramid:
    """The tiles of an area from `least` to `most`. A file finer than `most` is read at its own zoom all the same, so
    that every height is the average of all the ground in its pixel. A few tiles are in memory at a time."""

    source: Heights
    bounds: Bounds
    least: int
    most: int
    tell: Callable[[float], None]

    @property
    def finest(self) -> int:
        """The zoom that is read from the file."""
        lat_deg = (self.bounds[1] + self.bounds[3]) / 2
        return max(self.most, zoom_for(self.source.cell_m, lat_deg))

    def tiles(self) -> Iterator[tuple[Tile, NDArray[np.float32]]]:
        """Every tile with ground, children before their parent; heights as Heights.tile gives them."""
        ranges = {z: tile_ranges(self.bounds, z) for z in range(self.least, self.finest + 1)}
        progress = _Progress(len(ranges[self.finest][0]) * len(ranges[self.finest][1]), self.tell)
        for top in tiles_over(self.bounds, self.least):
            yield from self._under(top, ranges, progress)

    def _under(self, tile: Tile, ranges: Any, progress: "_Progress") -> Generator[Any, None, Any]:
        """The tiles of a branch; returns the heights of its top, None where it has no ground."""
        columns, rows = ranges[tile.z]
        if tile.x not in columns or tile.y not in rows:
            return None
        if tile.z == self.finest:
            height_m = self.source.tile(tile)
            progress.step()
        else:
            height_m = yield from self._from_children(tile, ranges, progress)
        if height_m is not None and tile.z <= self.most:
            yield tile, height_m
        return height_m

    def _from_children(self, tile: Tile, ranges: Any, progress: "_Progress") -> Generator[Any, None, Any]:
        """The same for the tiles below one, whose heights are their averages."""
        whole = None
        for child, quarter in zip(tile.children, QUARTERS, strict=True):
            height_m = yield from self._under(child, ranges, progress)
            if height_m is not None:
                whole = np.full((TILE_PX, TILE_PX), np.nan, np.float32) if whole is None else whole
                whole[quarter] = halved(height_m)
        return whole


class _Progress:
    """How many of the tiles that are read have been."""

    def __init__(self, all_: int, tell: Callable[[float], None]) -> None:
        self._all, self._done, self._tell = all_, 0, tell

    def step(self) -> None:
        self._done += 1
        self._tell(self._done / self._all)


def halved(height_m: NDArray[np.float32]) -> NDArray[np.float32]:
    """Averages of 2 x 2 pixels, of the ground among them; void where all four are."""
    rows, cols = height_m.shape
    blocks = height_m.reshape(rows // 2, 2, cols // 2, 2)
    known = np.isfinite(blocks)
    count = known.sum(axis=(1, 3))
    total = np.where(known, blocks, np.float32(0)).sum(axis=(1, 3), dtype=np.float64)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)
