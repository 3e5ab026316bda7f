"""See: from a stream's frames to georeferenced footprints, seen ground, plots and tracks. `Eye` is the recipe."""

from .eye import Eye, EyeCounts, EyeSettings, Sighting
from .georeference import PoseSigmas, footprint_of, frame_centre_disagreement_m, pixel_position
from .movers import MoverFinder, MoverSettings
from .seen import SeenGround, SeenSettings, why_unseen_km2
from .tracks import Tracker, TrackerSettings
from .view import View, view_of

__all__ = [
    "Eye",
    "EyeCounts",
    "EyeSettings",
    "MoverFinder",
    "MoverSettings",
    "PoseSigmas",
    "SeenGround",
    "SeenSettings",
    "Sighting",
    "Tracker",
    "TrackerSettings",
    "View",
    "footprint_of",
    "frame_centre_disagreement_m",
    "pixel_position",
    "view_of",
    "why_unseen_km2",
]
