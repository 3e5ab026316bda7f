"""What does not change in a watch: the object of `GET /api/night`."""

import math
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import shapely
from contourpy import contour_generator
from pygeomag import GeoMag

from ... import __version__
from ...core.aircraft import Aircraft
from ...core.instant import datetime_of
from ...core.mandate import Mandate
from ...core.place import LonLat
from ...core.plan import Sortie, WatchPlan, sorties_of
from ...core.sector import Sector
from ...geo import BorderLine, Dem, LocalGrid
from ..loading import bounds_of

CONTOUR_STEP = 4
"""Nodes between those at which the distance to the border is asked for: 120 m, as in the report."""
BAND_CORNERS = 16
"""Corners of a quarter circle of the accuracy band."""


class Shown(Protocol):
    """What is watched, as its readers are shown it. epoch_utc_ns: from when on ground can have been seen."""

    @property
    def dem(self) -> Dem | None: ...

    @property
    def own_side(self) -> np.ndarray | None: ...

    @property
    def simulated(self) -> bool: ...

    @property
    def epoch_utc_ns(self) -> int: ...

    def night(self) -> dict[str, Any]:
        """The object of `GET /api/night`."""
        ...


@dataclass(frozen=True)
class Scene:
    """A watch's fixed parts. `types` of the fleet by name; `lines_m`: distances from the border, own side positive, of
    the lines whose crossing is reported; each aircraft's stream bears its id."""

    watch: str
    sector: Sector
    mandate: Mandate
    plan: WatchPlan
    types: dict[str, Aircraft]
    dem: Dem
    border_line: BorderLine
    own_side: np.ndarray | None
    lines_m: tuple[float, ...]
    width_px: int
    height_px: int
    simulated: bool
    terrain: bool

    @property
    def epoch_utc_ns(self) -> int:
        return self.sector.start_utc_ns

    def night(self) -> dict[str, Any]:
        return night_of(self)


def night_of(scene: Scene) -> dict[str, Any]:
    """The night's object, live."""
    sector, mandate = scene.sector, scene.mandate
    west, south, east, north = bounds_of(sector)
    lat_deg, lon_deg = (south + north) / 2, (west + east) / 2
    return {
        "apacheta": __version__,
        "name": sector.name,
        "watch": scene.watch,
        "exercise": mandate.exercise,
        "authority": mandate.authority,
        "purpose": mandate.purpose,
        "start_utc_ns": str(sector.start_utc_ns),
        "end_utc_ns": str(sector.end_utc_ns),
        "mandate_to_utc_ns": str(mandate.to_utc_ns),
        "bounds": [west, south, east, north],
        "grid_north_deg": float(scene.dem.grid.convergence_deg(lat_deg, lon_deg)),
        "declination_deg": declination_deg(lat_deg, lon_deg, sector.start_utc_ns),
        "border": _border(scene),
        "keep_in": sector.keep_in,
        "zones": [{"kind": z.kind, "name": z.name, "ring": z.ring} for z in sector.zones],
        **_places(sector),
        "roads": [{"name": r.name, "chains": r.chains} for r in sector.roads],
        "lines": _lines(scene),
        "aircraft": _aircraft(scene),
        "tours": [_tour(s) for s in sorties_of(scene.plan)],
        "planned_km2": scene.plan.planned_km2,
        "terrain": scene.terrain,
        "live": True,
    }


def declination_deg(lat_deg: float, lon_deg: float, utc_ns: int) -> float | None:
    """How far magnetic north lies east of true north, at sea level: World Magnetic Model 2025, good to about 0.5
    degrees; None beyond its five years."""
    moment = datetime_of(utc_ns).replace(microsecond=0)
    begin, end = (
        moment.replace(year=y, month=1, day=1, hour=0, minute=0, second=0) for y in (moment.year, moment.year + 1)
    )
    year = moment.year + (moment - begin) / (end - begin)
    try:
        return round(float(GeoMag().calculate(glat=lat_deg, glon=lon_deg, alt=0.0, time=year).d), 2)
    except ValueError:
        return None


def accuracy_band(line: BorderLine) -> list[list[list[LonLat]]]:
    """Where the border may be, by its stated accuracy: polygons of rings of lon, lat; the first ring is the outer one,
    others are holes. Corners are laid outwards, so that no arc falls short of the accuracy."""
    reach_m = line.border.accuracy_m / math.cos(math.pi / (4 * BAND_CORNERS))
    band = shapely.union_all([shapely.LineString(c).buffer(reach_m, BAND_CORNERS) for c in line.xy_chains])
    parts = [p for p in getattr(band, "geoms", [band]) if not p.is_empty]
    return [[_lonlat(line.grid, np.asarray(r.coords)) for r in (p.exterior, *p.interiors)] for p in parts]


def _border(scene: Scene) -> dict[str, Any]:
    border = scene.border_line.border
    return {
        "chains": border.chains,
        "accuracy_m": border.accuracy_m,
        "standoff_m": border.standoff_m,
        "source": border.source,
        "band": accuracy_band(scene.border_line),
    }


def _places(sector: Sector) -> dict[str, Any]:
    """Bases, relays, patrols and goals, by name and place."""
    groups = {"bases": sector.bases, "relays": sector.relays, "patrols": sector.patrols, "goals": sector.goals}
    return {
        name: [{"name": p.name, "lon_deg": p.lon_deg, "lat_deg": p.lat_deg} for p in group]
        for name, group in groups.items()
    }


def _lines(scene: Scene) -> list[dict[str, Any]]:
    """The inner lines by the names that alerts give them; the border among them is drawn as the border."""
    x_m, y_m = (axis[::CONTOUR_STEP] for axis in scene.dem.node_xy())
    lat, lon = scene.dem.grid.latlon(*(a.ravel() for a in np.meshgrid(x_m, y_m)))
    distance_m = scene.border_line.signed_distance_m(lat, lon).reshape(len(y_m), len(x_m))
    contours = contour_generator(x_m, y_m, distance_m)
    return [
        {"name": f"inner_line_{at_m:.0f}_m", "chains": [_lonlat(scene.dem.grid, c) for c in contours.lines(at_m)]}
        for at_m in scene.lines_m
        if at_m > 0
    ]


def _aircraft(scene: Scene) -> list[dict[str, Any]]:
    return [
        {
            "id": member.id,
            "type": member.type,
            "base": member.base,
            "stream": member.id,
            "width_px": scene.width_px,
            "height_px": scene.height_px,
            "hfov_deg": scene.types[member.type].camera.hfov_deg,
        }
        for member in scene.sector.fleet
    ]


def _tour(sortie: Sortie) -> dict[str, Any]:
    points = [(w.position.lon_deg, w.position.lat_deg, w.alt_amsl_m) for w in sortie.tour.waypoints]
    return {
        "aircraft": sortie.aircraft,
        "slot": sortie.id,
        "launch_utc_ns": str(sortie.launch_utc_ns),
        "points": points,
    }


def _lonlat(grid: LocalGrid, xy_m: np.ndarray) -> list[LonLat]:
    """Grid metres (n, 2) as lon, lat to a centimetre."""
    lat, lon = grid.latlon(xy_m[:, 0], xy_m[:, 1])
    return list(zip(np.round(lon, 7).tolist(), np.round(lat, 7).tolist(), strict=True))
