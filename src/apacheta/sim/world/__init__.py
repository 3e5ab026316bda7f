"""The world of a simulated night: truth terrain, the poorer product model, border, road, villages, ground warmth.

`generate_world(seed)` makes a fictitious pass, `world_from_heights(...)` a truth round a real tile; `save_world` and
`load_world` keep it; `ground_temperature_c(world, local_hour)` is what the thermal camera draws;
`parties_of(world, from, to, seed)` are the people and animals of a night, `crowd_of` packs them, `positions(crowd,
utc_ns)` says where they are.
"""

from .crowd import Crowd, Member, Party, Positions, Route, crowd_of, positions
from .model import PRODUCT_CELL_M, TRUTH_CELL_M, WORLD_VERSION, Site, Undulation, Village, Way, World
from .parties import CROSSERS_PER_HOUR, parties_of
from .party_bytes import bytes_of, parties_in
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
    "parties_of",
    "crowd_of",
    "positions",
    "bytes_of",
    "parties_in",
    "Party",
    "Member",
    "Route",
    "Crowd",
    "Positions",
    "CROSSERS_PER_HOUR",
    "GENERATED_NOTE",
    "PRODUCT_CELL_M",
    "TRUTH_CELL_M",
    "WORLD_VERSION",
]
