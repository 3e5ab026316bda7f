"""Where heights come from."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class HeightGrid:
    """A window of an elevation model in its own reference system.

    height_m: (rows, cols) float32, row 0 in the north, in the source's vertical datum; void = NaN.
    crs: as WKT. transform: (a, b, c, d, e, f) of x = a col + b row + c, y = d col + e row + f, pixel corners.
    """

    height_m: "NDArray[np.float32]"
    crs_wkt: str
    transform: tuple[float, float, float, float, float, float]
    sha256: str


class DemSource(Protocol):
    """Reads heights. Guarantees: voids stay voids (NaN), nothing is filled or smoothed; the window returned covers
    the bounds asked for or the call fails with InputFault `raster_does_not_cover` that says by how much; the same
    bounds give the same bytes; `sha256` is that of the whole file."""

    def read(self, west_deg: float, south_deg: float, east_deg: float, north_deg: float) -> HeightGrid: ...
