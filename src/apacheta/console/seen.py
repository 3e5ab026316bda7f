"""The seen ground as the page draws it: a grid of when each cell was last seen, kept up to date from live messages.

The core sends the grid whole at the start of each link (`seen_grid`), then the cells that are new (`seen`).
"""

import base64
import zlib
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from ..core.errors import EnvironmentFault, RemoteProtocolError
from ..core.instant import NS

MOST_CELLS = 1 << 26
NOTHING: NDArray[np.int32] = np.empty(0, np.int32)


class Grid(msgspec.Struct, frozen=True, kw_only=True):
    """Where the cells lie: rows from the north, equal in Mercator y; edges in degrees; the epoch of their times."""

    rows: int
    cols: int
    west: float
    south: float
    east: float
    north: float
    epoch_utc_ns: str


class _WholeGrid(msgspec.Struct, frozen=True, kw_only=True):
    """The core's message: `body` is base64 of deflated int32, little-endian, row by row. Null where no ground is
    accounted, or none yet."""

    header: Grid | None
    body: str | None


class SeenGrid:
    """Grid and values (rows * cols,) int32: seconds from the epoch at which a cell was last seen, -1 for never."""

    def __init__(self) -> None:
        self._grid: Grid | None = None
        self._values = NOTHING
        self._is_told = False

    def replace(self, text: bytes) -> None:
        """Take the core's whole grid. RemoteProtocolError where it does not hold together."""
        try:
            whole = msgspec.json.decode(text, type=_WholeGrid)
            grid = whole.header
            values = _values_of(grid, whole.body)
        except (msgspec.MsgspecError, ValueError, zlib.error) as problem:
            raise RemoteProtocolError("bad_grid", f"the seen grid cannot be read: {problem}") from problem
        self._grid, self._values, self._is_told = grid, values, True

    def see(self, cells: Sequence[int], utc_ns: int) -> None:
        """These cells were seen then, or later already. Before the grid has come, and outside it, nothing is."""
        if self._grid is None:
            return
        index = np.asarray(cells, np.int64)
        index = index[(index >= 0) & (index < self._values.size)]
        seconds = (utc_ns - int(self._grid.epoch_utc_ns)) // NS
        self._values[index] = np.maximum(self._values[index], seconds)

    def served(self) -> tuple[bytes, NDArray[np.int32]] | None:
        """The grid as JSON, and a copy of its values; None where no ground is accounted. EnvironmentFault `no_grid`
        before the core has said anything."""
        if not self._is_told:
            raise EnvironmentFault("no_grid", "The core has not said yet what was seen.", remedy="Ask in a moment.")
        return None if self._grid is None else (msgspec.json.encode(self._grid), self._values.copy())


def _values_of(grid: Grid | None, body: str | None) -> NDArray[np.int32]:
    """The values in a message's body. RemoteProtocolError where they are not as many as the grid has cells."""
    if grid is None and body is None:
        return NOTHING
    if grid is None or body is None:
        raise RemoteProtocolError("bad_grid", "a seen grid of which half is null")
    size = grid.rows * grid.cols if min(grid.rows, grid.cols) > 0 else 0
    data = zlib.decompressobj().decompress(base64.b64decode(body), 4 * min(size, MOST_CELLS) + 1)
    if len(data) != 4 * size or not grid.epoch_utc_ns.isdigit():
        raise RemoteProtocolError("bad_grid", f"{len(data)} bytes of seen grid where {4 * size} are due")
    return np.frombuffer(data, "<i4").astype(np.int32)


def packed(values: NDArray[np.int32]) -> bytes:
    """The values as int32, little-endian, deflated (zlib)."""
    return zlib.compress(values.astype("<i4").tobytes(), 1)
