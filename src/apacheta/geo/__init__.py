"""Where things are: the local grid, heights and datums, elevation, rays, sight, the camera, the border, air, radio.

Conventions (docs/frames.md): grid x east, y north, z metres HAE; height arrays with rows from south to north, void =
NaN; camera axes as rows right, down, forward; pixel (0, 0) is the centre of the top-left pixel.
"""

from .atmosphere import (
    air_density,
    cold_altimeter_error_m,
    density_altitude_m,
    isa_pressure_pa,
    isa_temperature_k,
)
from .border import BorderLine
from .camera import (
    Camera,
    aim_axes,
    camera_axes,
    camera_position,
    pixel_rays,
    project,
    relative_angles,
    sight_vectors,
)
from .datum import amsl_of_hae, hae_of_amsl, transformer_between, undulation_m
from .dem import Dem, dem_of
from .grid import REFRACTION, Grid, LocalGrid, ProjectedGrid
from .profile import Profile, profile
from .radio import (
    LIGHT_M_S,
    Antenna,
    budget_db,
    diffraction_loss_db,
    free_space_loss_db,
    link_clear,
    link_margin_db,
)
from .rays import camera_mesh, line_of_sight, ray_points, ray_ranges_m
from .travel import Going, Times, travel_times
from .visibility import Look, Viewshed, times_seen, viewshed

__all__ = [
    "REFRACTION",
    "LocalGrid",
    "ProjectedGrid",
    "Grid",
    "undulation_m",
    "hae_of_amsl",
    "amsl_of_hae",
    "transformer_between",
    "Dem",
    "dem_of",
    "ray_ranges_m",
    "ray_points",
    "camera_mesh",
    "line_of_sight",
    "Look",
    "Viewshed",
    "viewshed",
    "times_seen",
    "Profile",
    "profile",
    "LIGHT_M_S",
    "Camera",
    "camera_axes",
    "camera_position",
    "aim_axes",
    "relative_angles",
    "sight_vectors",
    "project",
    "pixel_rays",
    "BorderLine",
    "Going",
    "Times",
    "travel_times",
    "link_margin_db",
    "link_clear",
    "free_space_loss_db",
    "diffraction_loss_db",
    "Antenna",
    "budget_db",
    "air_density",
    "isa_pressure_pa",
    "isa_temperature_k",
    "density_altitude_m",
    "cold_altimeter_error_m",
]
