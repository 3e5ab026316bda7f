"""How a world is made: a fictitious pass from a seed, or a truth around the heights of a real tile."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from . import border as borders
from . import places, relief, warmth
from .erosion import eroded_pass
from .grids import Chain, cells_of_chain, inside_ring, near_side
from .model import PRODUCT_CELL_M, TRUTH_CELL_M, WORLD_VERSION, XY, Site, Undulation, Village, Way, World
from .noise import correlated_error

Progress = Callable[[float, str], None]

GENERATED_LAT_DEG, GENERATED_LON_DEG = -19.6, -66.9
"""Inside one country, far from any real border: the generated place is fictitious."""
GENERATED_NOTE = "generated terrain, not a real place"
_LOWEST_M, _HIGHEST_M = 3600.0, 5900.0


def silent(share: float, text: str) -> None:
    """A progress that nobody watches."""


def generate_world(
    seed: int,
    width_m: float = 40_000.0,
    height_m: float = 30_000.0,
    undulation: Undulation | None = None,
    progress: Progress = silent,
    between_amsl_m: tuple[float, float] = (_LOWEST_M, _HIGHEST_M),
) -> World:
    """A fictitious pass, own side north, with border, road, two villages, salt flat, bases and relays.

    The same seed and size give the same bytes. `progress` gets the share done and a text. Small sizes (from about
    6 x 5 km) are for tests: everything is nearer to everything. between_amsl_m: lowest and highest ground.
    """
    cell = PRODUCT_CELL_M
    rows, cols = round(height_m / cell) + 1, round(width_m / cell) + 1
    west, south = -(cols - 1) * cell / 2, -(rows - 1) * cell / 2
    made = eroded_pass(rows, cols, cell, seed, *between_amsl_m, lambda s, t: progress(0.75 * s, t))
    line = borders.divide(made.drains_north, west, south, cell)
    progress(0.76, "the truth gets its finer relief")
    truth = relief.refined(made.height_m, made.salt, cell, seed)
    product, _ = relief.degraded(truth, TRUTH_CELL_M, np.random.default_rng([seed, 5]))
    progress(0.88, "villages, road, bases")
    own_side = (0.0, -south * 0.9)
    own = _own_mask((line,), own_side, made.height_m.shape, west, south)
    ground = places.ground_of(made.height_m, cell, west, south, (line,), own, made.salt)
    saddle = places.lowest_saddle(line, ground)
    flat = _ring_of(made.salt, west, south, cell)
    villages = places.villages_of(ground, saddle, (float(flat[:, 0].mean()), float(flat[:, 1].mean())))
    ways = places.ways_of(ground, villages, saddle)
    bounds = (west, south, -west, -south)
    world = World(
        name=f"generated pass {seed}",
        seed=seed,
        version=WORLD_VERSION,
        real_place=False,
        lat0_deg=GENERATED_LAT_DEG,
        lon0_deg=GENERATED_LON_DEG,
        origin_x_m=west,
        origin_y_m=south,
        truth_amsl_m=truth,
        product_amsl_m=product,
        undulation=undulation or Undulation(),
        border=(line,),
        own_side=own_side,
        own_mask=own,
        ways=ways,
        villages=villages,
        salt_flat=flat,
        goals=places.goals_of(ways, villages),
        bases=places.bases_of(ground, ways, seed),
        relays=places.relays_of(ground, seed),
        keep_in=places.keep_in_of((line,), own_side, bounds),
        note=GENERATED_NOTE,
        **warmth.shares_of(made.height_m, cell, GENERATED_LAT_DEG, made.salt, seed),
    )
    progress(1.0, "the world is made")
    return world


def world_from_heights(
    name: str,
    heights_amsl_m: NDArray[np.floating],
    lat0_deg: float,
    lon0_deg: float,
    border: Sequence[Chain],
    own_side: XY,
    roads: Sequence[Way] = (),
    goals: Sequence[Site] = (),
    villages: Sequence[Village] = (),
    bases: Sequence[Site] = (),
    relays: Sequence[Site] = (),
    salt_flat: Chain | None = None,
    seed: int = 1,
    origin_x_m: float | None = None,
    origin_y_m: float | None = None,
    undulation: Undulation | None = None,
    note: str = "",
) -> World:
    """A world over a real tile: the product gets the tile, the truth differs from it as it would in the field.

    `heights_amsl_m` (rows from south, cols) at 30 m without voids, in the transverse Mercator frame of the World at
    (lat0_deg, lon0_deg), centred there unless an origin is given. The truth is the tile plus an error of sigma 4 m
    correlated over 150 m plus finer relief at 10 m. What is not given (goals, bases, relays) is chosen.
    """
    heights = np.ascontiguousarray(heights_amsl_m, dtype=np.float64)
    cell = PRODUCT_CELL_M
    rows, cols = heights.shape
    west = -(cols - 1) * cell / 2 if origin_x_m is None else origin_x_m
    south = -(rows - 1) * cell / 2 if origin_y_m is None else origin_y_m
    lines = tuple(np.asarray(chain, float) for chain in border)
    flat = np.zeros((0, 2)) if salt_flat is None else np.asarray(salt_flat, float)
    salt = inside_ring(flat, heights.shape, west, south, cell)
    error = correlated_error(
        heights.shape, np.random.default_rng([seed, 5]), relief.ERROR_SIGMA_M, relief.ERROR_CORRELATION_M, cell
    )
    own = _own_mask(lines, own_side, heights.shape, west, south)
    ground = places.ground_of(heights, cell, west, south, lines, own, salt)
    return World(
        name=name,
        seed=seed,
        version=WORLD_VERSION,
        real_place=True,
        lat0_deg=lat0_deg,
        lon0_deg=lon0_deg,
        origin_x_m=west,
        origin_y_m=south,
        truth_amsl_m=relief.refined(heights + error, salt, cell, seed),
        product_amsl_m=heights.astype(np.float32),
        undulation=undulation or Undulation(),
        border=lines,
        own_side=own_side,
        own_mask=own,
        ways=tuple(roads),
        villages=tuple(villages),
        salt_flat=flat,
        goals=tuple(goals) or places.goals_of(tuple(roads), tuple(villages)),
        bases=tuple(bases) or places.bases_of(ground, tuple(roads), seed),
        relays=tuple(relays) or places.relays_of(ground, seed),
        keep_in=places.keep_in_of(lines, own_side, (west, south, west + (cols - 1) * cell, south + (rows - 1) * cell)),
        note=note,
        **warmth.shares_of(heights, cell, lat0_deg, salt, seed),
    )


def _own_mask(
    lines: tuple[Chain, ...], own_side: XY, shape: tuple[int, int], west: float, south: float
) -> NDArray[np.bool_]:
    barrier = np.zeros(shape, np.bool_)
    for chain in lines:
        barrier |= cells_of_chain(chain, shape, west, south, PRODUCT_CELL_M)
    row = min(max(round((own_side[1] - south) / PRODUCT_CELL_M), 0), shape[0] - 1)
    col = min(max(round((own_side[0] - west) / PRODUCT_CELL_M), 0), shape[1] - 1)
    return near_side(barrier, row, col)


def _ring_of(mask: NDArray[np.bool_], west: float, south: float, cell_m: float) -> Chain:
    """A ring inside the one piece of a mask: how far one gets from its middle in 72 directions, less 45 m."""
    rows, cols = np.nonzero(mask)
    mid_row, mid_col = rows.mean(), cols.mean()
    bearing = np.arange(72) / 72 * 2 * np.pi
    far = np.arange(0.0, np.hypot(*mask.shape), 0.25)
    row = np.clip(np.rint(mid_row + far[:, None] * np.sin(bearing)), 0, mask.shape[0] - 1).astype(int)
    col = np.clip(np.rint(mid_col + far[:, None] * np.cos(bearing)), 0, mask.shape[1] - 1).astype(int)
    radius = cell_m * (far[np.argmin(mask[row, col], axis=0)] - 1.5)
    x, y = west + mid_col * cell_m, south + mid_row * cell_m
    return np.column_stack([x + radius * np.cos(bearing), y + radius * np.sin(bearing)])
