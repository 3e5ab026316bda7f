"""The world of a simulated night: truth terrain, the poorer product model, border, road, villages, ground warmth.

`generate_world(seed)` makes a fictitious pass, `world_from_heights(...)` a truth round a real tile; `save_world` and
`load_world` keep it; `ground_temperature_c(world, local_hour)` is what the thermal camera draws.
"""

from .model import PRODUCT_CELL_M, TRUTH_CELL_M, WORLD_VERSION, Site, Undulation, Village, Way, World
from .recipe import GENERATED_NOTE, generate_world, world_from_heights
from .store import load_world, save_world
from .warmth import ground_temperature_c

__all__ = [
    "World",
    "Way",
    "Village",
    "Site",
    "Undulation",
    "generate_world",
    "world_from_heights",
    "save_world",
    "load_world",
    "ground_temperature_c",
    "GENERATED_NOTE",
    "PRODUCT_CELL_M",
    "TRUTH_CELL_M",
    "WORLD_VERSION",
]
