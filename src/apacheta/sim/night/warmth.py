"""The ground's temperature at an instant, as the renderer takes it."""

import numpy as np

from ...core.instant import NS
from ..world import World, ground_temperature_c
from .render import Temperatures

SMOOTH_GROUND, BOULDER_FIELD = 0.4, 1.3
"""Strength of the fine texture on bare flats and in scree, about 1 on common ground."""


def temperatures_of(world: World, utc_ns: int) -> Temperatures:
    """Temperatures at the local solar hour of an instant."""
    local_hour = (utc_ns / NS / 3600.0 + world.lon0_deg / 15.0) % 24.0
    rough = SMOOTH_GROUND + (BOULDER_FIELD - SMOOTH_GROUND) * world.boulder_share
    return Temperatures(
        np.ascontiguousarray(ground_temperature_c(world, local_hour), dtype=np.float32),
        np.ascontiguousarray(rough, dtype=np.float32),
        world.origin_x_m,
        world.origin_y_m,
        world.product_cell_m,
    )
