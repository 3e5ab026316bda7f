"""What a plan's record says that its looks notice: from plan.json, terrain, aircraft, weather and the table of looks.

Nothing of the search for the plan goes in, so that anybody may work it out again (`apacheta certify --from-terrain`).
"""

from collections.abc import Mapping

import numpy as np

from ...core.aircraft import Aircraft
from ...core.place import GeoPoint
from ...core.plan import Tour, WatchPlan
from ...core.sector import Weather
from ...geo import Dem
from ..airspace import undulation_m_of
from ..looks import BODY_M, camera_of, noticed_nodes
from ..noticing import LookTable
from ..routes import Point
from ..tours import Why, times_of
from .crossers import Floats
from .lattice import Looked


def looked_of_plan(
    plan: WatchPlan, weather: Weather, fleet: Mapping[str, Aircraft], dem: Dem, table: LookTable
) -> dict[str, tuple[Looked, ...]]:
    """The looks of each tour that some slot may draw, by its id."""
    types = {name: slot.aircraft_type for slot in plan.slots for name in slot.tours}
    return {name: looked_of(plan.tour(name), weather, fleet[types[name]], dem, table) for name in sorted(types)}


def looked_of(tour: Tour, weather: Weather, aircraft: Aircraft, dem: Dem, table: LookTable) -> tuple[Looked, ...]:
    """A tour's looks, each as it is in its middle: what it notices is asked from where the aircraft is then. Where aims
    are drawn by lot, each of them with its share."""
    lat, lon, hae_m = np.array(
        [[getattr(w.position, k) for k in ("lat_deg", "lon_deg", "alt_hae_m")] for w in tour.waypoints]
    ).T
    corners = np.column_stack([*dem.grid.xy(lat, lon), hae_m])
    seconds, along_m = _seconds(tour, corners, weather, aircraft, dem), [w.along_m for w in tour.waypoints]
    camera, found, known = camera_of(aircraft), [], {}
    for from_m, to_m, aims in _stares_of(tour):
        from_s, to_s = (float(v) for v in np.interp([from_m, to_m], along_m, seconds))
        eye = np.array([np.interp((from_s + to_s) / 2.0, seconds, axis) for axis in corners.T])
        points = _points_of(aims, dem)
        gsd_m = np.linalg.norm(points - eye, axis=1) / camera.focal_px
        for point, chance in zip(points, table.chance(gsd_m, to_s - from_s), strict=True):
            same = tuple(np.round([*eye, *point], 3))  # laps repeat themselves
            if same not in known:
                known[same] = noticed_nodes(eye, point, dem, camera, table)
            found.append(Looked(from_s, to_s, known[same], float(chance), 1.0 / len(aims)))
    return tuple(found)


def _stares_of(tour: Tour) -> list[tuple[float, float, tuple[GeoPoint, ...]]]:
    """Each stare from and to which metre of the route, and the aims of which it takes one, all as likely."""
    lots = [(c.from_along_m, c.to_along_m, tour.aims_of(c)) for c in tour.choices]
    return lots or [(s.from_along_m, s.to_along_m, (s.aim,)) for s in tour.stares]


def _points_of(aims: tuple[GeoPoint, ...], dem: Dem) -> Floats:
    """(n, 3) half a person above the aims, grid metres and HAE."""
    x, y = dem.grid.xy(np.array([a.lat_deg for a in aims]), np.array([a.lon_deg for a in aims]))
    return np.column_stack([x, y, [a.alt_hae_m + BODY_M for a in aims]])


def _seconds(tour: Tour, corners: Floats, weather: Weather, aircraft: Aircraft, dem: Dem) -> Floats:
    """(n,) when the aircraft is at each corner, in the forecast wind."""
    undulation_m = undulation_m_of(dem)
    points = [Point(x, y, z, w.kind) for (x, y, z), w in zip(corners.tolist(), tour.waypoints, strict=True)]
    times = times_of(points, lambda hae_m: hae_m - undulation_m, weather, aircraft)
    if isinstance(times, Why):
        raise ValueError(f"tour {tour.id} cannot be flown: {times.text}")
    return times.seconds
