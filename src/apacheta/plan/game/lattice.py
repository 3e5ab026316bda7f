"""The ground of a sector as the game's lattice: cells of so many nodes of the elevation model, steps of the night.

A look counts in a cell only where it notices a walker at every node of it, with the least of their probabilities, and
in the step in which most of it lies. Times from cell to cell are rounded down, so that nobody is slower than he is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ...core.instant import NS
from ...core.sector import Sector
from ...geo import BorderLine, Dem
from ...geo.travel import GOINGS, Going, Traveller
from ...kernels.crossing import DOWN, RIGHT
from .crossers import Bools, Crossers, Floats, Ints
from .lottery import Exposure, summed

CELL_M, STEP_S = 90.0, 30.0
"""In steps of a minute a walker of 0.8 m/s would be taken to cross a cell at 1.5: one in steps of 30 s, at 1.0."""
LONGEST_MOVE = 30
"""Steps: whoever takes longer from cell to cell is taken to be as quick."""
SUREST = 0.95
"""No look is believed to notice more surely."""


class Timed(Protocol):
    """When a night's steps are, and how many cells there are."""

    @property
    def start_utc_ns(self) -> int:
        """When the first step begins."""

    @property
    def step_s(self) -> float:
        """How long each lasts."""

    @property
    def steps(self) -> int:
        """How many."""

    @property
    def cells(self) -> int:
        """How many."""


@dataclass(frozen=True, eq=False)
class Lattice:
    """own, far (rows, cols) of the elevation model: nodes that lie on the own side, and that are known to lie beyond
    the border, voids among them; of others nobody knows. every: nodes on a cell's side. Cells are counted row by row
    from the south-west; what is left over in the north and east belongs to none."""

    dem: Dem
    own: Bools
    far: Bools
    every: int
    start_utc_ns: int
    step_s: float
    steps: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of cells."""
        rows, cols = self.own.shape
        return rows // self.every, cols // self.every

    @property
    def cells(self) -> int:
        """How many."""
        return self.shape[0] * self.shape[1]

    @property
    def cell_m(self) -> float:
        """A cell's side."""
        return self.every * self.dem.cell_m

    @cached_property
    def height_m(self) -> Floats:
        """(rows, cols) of the node in each cell's middle; NaN where that is void."""
        rows, cols = self.shape
        middle = slice(self.every // 2, None, self.every)
        return np.asarray(self.dem.height_hae_m[middle, middle][:rows, :cols], dtype=np.float64)

    @cached_property
    def is_own(self) -> Bools:
        """(rows, cols) whether all of a cell is known ground of the own side."""
        return np.asarray(self._by_cell(self.own & ~self.dem.voids).all(axis=(1, 3)))

    @cached_property
    def is_at_border(self) -> Bools:
        """(rows, cols) whether one of the own side's cells lies beside one with ground beyond the border. Voids, the
        edge of the elevation model and ground of which nobody knows whose it is make no border."""
        padded = np.pad(np.asarray(self._by_cell(self.far).any(axis=(1, 3))), 1, constant_values=False)
        rows, cols = self.shape
        beside = np.zeros(self.shape, dtype=np.bool_)
        for down, right in zip(DOWN, RIGHT, strict=True):
            beside |= padded[1 + down : 1 + down + rows, 1 + right : 1 + right + cols]
        return self.is_own & beside

    def least_of(self, field: Floats) -> Floats:
        """(cells,) the least of a field (rows, cols of the elevation model) at each cell's own nodes."""
        return np.asarray(self._by_cell(np.where(self.own, field, np.inf)).min(axis=(1, 3)).ravel())

    def _by_cell(self, field: NDArray[Any]) -> NDArray[Any]:
        rows, cols = self.shape
        return field[: rows * self.every, : cols * self.every].reshape(rows, self.every, cols, self.every)

    def cell_of(self, nodes: Ints) -> Ints:
        """The cells of nodes (flat indices of the elevation model); -1 beside all."""
        row, col = np.divmod(nodes, self.own.shape[1])
        row, col = row // self.every, col // self.every
        return np.where((row < self.shape[0]) & (col < self.shape[1]), row * self.shape[1] + col, -1)

    def xy_of(self, cells: Ints) -> tuple[Floats, Floats]:
        """Grid metres of cells' middles."""
        row, col = np.divmod(cells, self.shape[1])
        west_m, south_m = self.dem.south_west_m
        half = self.every // 2
        return (
            west_m + (col * self.every + half) * self.dem.cell_m,
            south_m + (row * self.every + half) * self.dem.cell_m,
        )


@dataclass(frozen=True, eq=False)
class Looked:
    """One look: from and to, seconds after the launch, the nodes at which it notices a walker, and how surely, at the
    least of them; share: how often it is the one of its moment that is taken."""

    from_s: float
    to_s: float
    nodes: Ints
    probability: float
    share: float = 1.0


@dataclass(frozen=True, eq=False)
class Worth:
    """What a tour's looks are worth to the game, whenever it is launched: after_s (n,) seconds after the launch, cell
    (n,), value (n,) of exposure."""

    after_s: Floats
    cell: Ints
    value: Floats


def lattice_of(sector: Sector, dem: Dem, line: BorderLine, cell_m: float = CELL_M, step_s: float = STEP_S) -> Lattice:
    """The lattice of a sector's night."""
    rows, cols = dem.height_hae_m.shape
    west_m, south_m = dem.south_west_m
    x, y = np.meshgrid(west_m + dem.cell_m * np.arange(cols), south_m + dem.cell_m * np.arange(rows))
    places = dem.grid.latlon(x.ravel(), y.ravel())
    own, far = (np.asarray(side(*places)).reshape(rows, cols) for side in (line.own_side, line.far_side))
    steps = int((sector.end_utc_ns - sector.start_utc_ns) / NS // step_s)
    return Lattice(dem, own, far, max(1, round(cell_m / dem.cell_m)), sector.start_utc_ns, step_s, steps)


def goals_of(lattice: Lattice, sector: Sector) -> Ints:
    """The nodes of the goals that the sector names, as far as they lie on its own side's ground."""
    x, y = lattice.dem.grid.xy(np.array([g.lat_deg for g in sector.goals]), np.array([g.lon_deg for g in sector.goals]))
    (west_m, south_m), (rows, cols) = lattice.dem.south_west_m, lattice.own.shape
    row = np.rint((np.asarray(y) - south_m) / lattice.dem.cell_m).astype(np.int64)
    col = np.rint((np.asarray(x) - west_m) / lattice.dem.cell_m).astype(np.int64)
    inside = (row >= 0) & (col >= 0) & (row < rows) & (col < cols)
    return np.unique((row * cols + col)[inside])


def crossers_of(lattice: Lattice, goals: Ints, kind: Traveller = "walker") -> Crossers:
    """Those who come in from beside the own side, anywhere and at any step, and want one of the goals (nodes)."""
    to = lattice.cell_of(goals)
    wanted = np.zeros(lattice.shape, dtype=np.bool_)
    wanted.ravel()[to[to >= 0]] = True
    return Crossers(_moves(lattice, GOINGS[kind]), lattice.is_at_border, wanted & lattice.is_own, lattice.steps)


def _moves(lattice: Lattice, going: Going) -> NDArray[np.int16]:
    height, (rows, cols) = lattice.height_m, lattice.shape
    row, col = np.indices((rows, cols))
    moves = np.zeros((8, rows, cols), np.int16)
    for m in range(8):
        to_row, to_col = row + DOWN[m], col + RIGHT[m]
        inside = (to_row >= 0) & (to_row < rows) & (to_col >= 0) & (to_col < cols)
        there = np.clip(to_row, 0, rows - 1), np.clip(to_col, 0, cols - 1)
        length_m = lattice.cell_m * float(np.hypot(DOWN[m], RIGHT[m]))
        slope = (height[there] - height) / length_m
        speed_m_s = going.on_path_m_s(slope) * going.beside_share * going.night_share
        with np.errstate(divide="ignore", invalid="ignore"):
            steps = np.clip(np.floor(length_m / speed_m_s / lattice.step_s), 1, LONGEST_MOVE)
            can = inside & lattice.is_own & lattice.is_own[there] & (np.abs(slope) <= going.steepest)
        moves[m] = np.where(can, np.nan_to_num(steps), 0.0).astype(np.int16)
    return moves


def worth_of(lattice: Lattice, looks: Sequence[Looked]) -> Worth:
    """Each look by the own side's cells that it notices whole, at its middle. Of looks of one moment one is taken, so
    that a cell's probabilities add up; those of different moments are drawn apart."""
    known: dict[int, Ints] = {}
    cells = [known.setdefault(id(look.nodes), _whole_cells(lattice, look.nodes)) for look in looks]
    many = [len(one) for one in cells]
    middle_s = np.array([(look.from_s + look.to_s) / 2.0 for look in looks], dtype=np.float64)
    chance = np.array([look.share * min(look.probability, SUREST) for look in looks], dtype=np.float64)
    moments, moment = np.unique(middle_s, return_inverse=True)
    place = np.repeat(moment, many) * lattice.cells + np.concatenate([*cells, np.empty(0, np.int64)])
    places, at = np.unique(place, return_inverse=True)
    noticed = np.minimum(summed(at, np.repeat(chance, many), len(places)), SUREST)
    when, cell = np.divmod(places, lattice.cells)
    return Worth(moments[when], cell, -np.log1p(-noticed))


def exposure_of(night: Timed, worth: Worth, launch_utc_ns: int) -> Exposure:
    """What one tour exposes a walker to when it is launched then."""
    step = ((launch_utc_ns - night.start_utc_ns) / NS + worth.after_s) // night.step_s
    there = (step >= 0) & (step < night.steps)
    place = step[there].astype(np.int64) * night.cells + worth.cell[there]
    places, at = np.unique(place, return_inverse=True)
    steps, cells = np.divmod(places, night.cells)
    return Exposure(steps, cells, summed(at, worth.value[there], len(places)))


def _whole_cells(lattice: Lattice, nodes: Ints) -> Ints:
    """The cells of which every node is among these."""
    cell, count = np.unique(lattice.cell_of(nodes), return_counts=True)
    whole = cell[(count == lattice.every**2) & (cell >= 0)]
    return np.asarray(whole[lattice.is_own.ravel()[whole]])
