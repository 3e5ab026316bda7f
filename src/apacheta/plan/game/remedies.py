"""What would help: a sensor on which ridge, a relay, a higher mast, another base, a longer lens; each tried alone.

Each is asked on a coarser lattice than the openings themselves, and so is what it is compared with. What a relay, a
mast, a base or a lens opens to racetracks is put beside what they could watch before; a sensor watches all night.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import msgspec
import numpy as np
from scipy import ndimage

from ...core.sector import Sector
from ...geo import BorderLine
from ...geo.grid import REFRACTION
from ...kernels.watching import NOBODY, first_watcher
from ..airspace import Airspace, Station, radio_floor_m, stations_of
from ..looks import BODY_M
from ..menu import LOW_M, Circles, Racetracks, racetracks_of
from ..recipe import PlanResult
from ..routes import Ways
from ..strips import candidates_of
from ..tours import Why
from .allowed import Watchable, watchable_of, watched_by_slots
from .crossers import Bools, Crossers, Floats
from .lattice import Lattice, crossers_of, goals_of, lattice_of
from .openings import Openings, watched_by_menu

Kind = Literal["sensor", "relay", "mast", "base", "camera"]
COARSE_CELL_M, COARSE_STEP_S = 180.0, 120.0
HILL_M = 1_500.0
"""A hill is the highest node within so much of it."""
SENSOR_MAST_M, SENSOR_REACH_M = 4.0, 1_500.0
"""A small thermal camera that turns on a pole: assumed, as is that it notices whoever walks in its sight."""
SENSORS_TRIED, RELAYS_TRIED, BASES_TRIED = 12, 2, 2
RELAY_MAST_M = 6.0
MAST_HIGHER_M = 10.0
LENS_LONGER = 1.5
BASE_APART_M, BASE_BEHIND_M = 4_000.0, 500.0


@dataclass(frozen=True)
class Remedy:
    """One remedy tried alone. place: the name of its base or type of aircraft; where it would stand, if anywhere.

    closed_share: of the border's cells from which somebody arrives, those that are open to one whom no allowed
    racetrack could watch, and with it are no more; closed_tonight_share: the same of one whom no tour of tonight's menu
    can see, None where the menu would have to be planned anew to say so.
    """

    kind: Kind
    place: str
    lat_deg: float | None
    lon_deg: float | None
    closed_share: float
    closed_tonight_share: float | None


@dataclass(frozen=True, eq=False)
class _Now:
    """What remedies are compared with: what could be watched (steps, cells), and the border's cells that are open."""

    result: PlanResult
    sector: Sector
    lattice: Lattice
    crossers: Crossers
    allowed: Bools
    menu: Bools
    reaching: int
    allowed_open: Bools
    menu_open: Bools

    def closed(self, before: Bools, watched: Bools) -> float:
        """Of the border's cells: those that were open before and are no more."""
        still = int(self.crossers.unseen_starts(watched).sum())
        return (int(before.sum()) - still) / self.reaching

    def remedy(self, kind: Kind, place: str, at: tuple[float, float] | None, more: Sequence[Watchable]) -> Remedy:
        """One that opens more racetracks, or lets them see farther."""
        watched = self.allowed | watched_by_slots(self.lattice, more, self.result.plan.slots)
        lat, lon = (None, None) if at is None else self.latlon(at)
        return Remedy(kind, place, lat, lon, self.closed(self.allowed_open, watched), None)

    def sensor(self, hill: Floats, cover: Bools) -> Remedy:
        """One that watches the same cells all night."""
        lat, lon = self.latlon((float(hill[0]), float(hill[1])))
        ever = self.closed(self.allowed_open, self.allowed | cover)
        tonight = self.closed(self.menu_open, self.menu | cover)
        return Remedy("sensor", "", lat, lon, ever, tonight)

    def latlon(self, at: tuple[float, float]) -> tuple[float, float]:
        """Of a place in grid metres."""
        lat, lon = self.lattice.dem.grid.latlon(*at)
        return float(lat), float(lon)


def remedies_of(
    openings: Openings,
    result: PlanResult,
    sector: Sector,
    line: BorderLine,
    out_of_time: Callable[[], bool] = lambda: False,
) -> tuple[Remedy, ...]:
    """All that were tried and help, best first. More racetracks are tried only where some border is open to one whom no
    allowed racetrack could watch: elsewhere it is not places that lack, but aircraft."""
    now = _now(openings, result, sector, line)
    if not now.reaching:
        return ()
    tried = (_sensors, _relays, _masts, _bases, _cameras) if now.allowed_open.any() and result.tracks else (_sensors,)
    found = [remedy for several in tried if not out_of_time() for remedy in several(now)]
    helps = [r for r in found if r.closed_share > 0.0 or (r.closed_tonight_share or 0.0) > 0.0]
    return tuple(sorted(helps, key=lambda r: (-r.closed_share, -(r.closed_tonight_share or 0.0), r.kind, r.place)))


def _now(openings: Openings, result: PlanResult, sector: Sector, line: BorderLine) -> _Now:
    lattice = lattice_of(sector, result.dem, line, COARSE_CELL_M, COARSE_STEP_S)
    crossers = crossers_of(lattice, goals_of(lattice, sector))
    reaching = crossers.unseen_starts(np.zeros((lattice.steps, lattice.cells), dtype=np.bool_))
    allowed = watched_by_slots(lattice, openings.watchable, result.plan.slots)
    menu = watched_by_menu(result.plan.slots, openings.looked, lattice)
    opened = crossers.unseen_starts(allowed), crossers.unseen_starts(menu)
    return _Now(result, sector, lattice, crossers, allowed, menu, int(reaching.sum()), *opened)


def _sensors(now: _Now) -> list[Remedy]:
    """On the hills from which most of the open border's cells are in sight."""
    hills = hills_of(now.lattice)
    covers = [_in_sight(now.lattice, hill) for hill in hills]
    lies_open = now.menu_open.ravel()
    best = sorted(range(len(hills)), key=lambda n: (-int((covers[n] & lies_open).sum()), n))[:SENSORS_TRIED]
    return [now.sensor(hills[n], covers[n]) for n in best if covers[n].any()]


def hills_of(lattice: Lattice) -> Floats:
    """(n, 3) grid metres and HAE of the hills of the own side."""
    dem = lattice.dem
    height = np.where(dem.voids, -np.inf, dem.height_hae_m)
    size = 2 * round(HILL_M / 2 / dem.cell_m) + 1
    is_highest = height == ndimage.maximum_filter(height, size=size, mode="nearest")
    row, col = np.nonzero(is_highest & lattice.own & ~dem.voids)
    west_m, south_m = dem.south_west_m
    return np.column_stack([west_m + col * dem.cell_m, south_m + row * dem.cell_m, height[row, col]])


def _in_sight(lattice: Lattice, hill: Floats) -> Bools:
    """(cells,): of which a sensor on a hill sees every node of a walker's ground."""
    dem, tree = lattice.dem, lattice.dem.pyramid
    first = np.full(dem.height_hae_m.shape, NOBODY, dtype=np.int64)
    at = [(hill[0] - dem.south_west_m[0]) / dem.cell_m, (hill[1] - dem.south_west_m[1]) / dem.cell_m]
    eye = np.array([[*at, hill[2] + SENSOR_MAST_M]])
    first_watcher(
        *(dem.height_hae_m, tree.top_m, tree.levels, eye, np.zeros(1, np.int64), float(dem.cell_m), BODY_M),
        *(-np.inf, np.inf, SENSOR_REACH_M, dem.grid.radius_m, REFRACTION, first),
    )
    return np.asarray(lattice.least_of((first != NOBODY).astype(np.float64)) == 1.0)


def _relays(now: _Now) -> list[Remedy]:
    """On the hills, in radio sight of a mast, that let racetracks be flown over most ground."""
    found = []
    for air in {id(one.airspace): one.airspace for one in now.result.tracks}.values():
        hills = hills_of(now.lattice)
        heard = hills[air.link_db(hills[:, 0], hills[:, 1], hills[:, 2] + RELAY_MAST_M) > 0.0]
        gains = [_newly_heard(air, _station(hill)) for hill in heard]
        for n in sorted(range(len(heard)), key=lambda n: (-gains[n], n))[:RELAYS_TRIED]:
            if gains[n]:
                more = [_with_station(one, _station(heard[n]), now) for one in now.result.tracks]
                found.append(now.remedy("relay", "", (float(heard[n][0]), float(heard[n][1])), more))
    return found


def _station(hill: Floats) -> Station:
    return Station("", float(hill[0]), float(hill[1]), float(hill[2]) + RELAY_MAST_M)


def _newly_heard(air: Airspace, station: Station) -> int:
    """How many nodes of the lattice an aircraft may fly over with a station, and may not without."""
    proven, without = air.lattice_ceiling_m, np.maximum(air.lattice_floor_m, air.lattice_radio_m)
    lacks = air.lattice_free & (without > proven) & (air.lattice_floor_m <= proven)
    row, col = np.nonzero(lacks & (air.lattice_border_m >= air.wanted_border_m))
    heard = radio_floor_m(air.dem, (station,), air.radio, air.lattice_x_m[col], air.lattice_y_m[row])
    return int((heard <= proven[row, col]).sum())


def _masts(now: _Now) -> list[Remedy]:
    """Each base's mast, so much higher."""
    found = []
    stations = {s.name: s for s in stations_of(now.sector, now.lattice.dem)}
    for mast in (stations[b.name] for b in now.sector.bases if b.name in stations):
        higher = replace(mast, z_hae_m=mast.z_hae_m + MAST_HIGHER_M)
        more = [_with_station(one, higher, now) for one in now.result.tracks]
        found.append(now.remedy("mast", mast.name, (mast.x_m, mast.y_m), more))
    return found


def _with_station(tracks: Racetracks, station: Station, now: _Now) -> Watchable:
    """What can be watched from the racetracks that only a further station makes possible."""
    air = _wider(tracks.airspace, station)
    known = {s for s, share in zip(tracks.strips, tracks.on_station, strict=True) if share > 0.0}
    strips = candidates_of(air, tracks.start.aircraft, now.result.traffic, tracks.gsd_m).strips
    others = tuple(s for s in strips if s not in known)
    return watchable_of(racetracks_of(tracks.start, air, Ways(air, tracks.ways.pad), tracks.gsd_m, others))


def _wider(air: Airspace, station: Station) -> Airspace:
    """The airspace with one station more."""
    x, y = np.meshgrid(air.lattice_x_m, air.lattice_y_m)
    heard = radio_floor_m(air.dem, (station,), air.radio, x.ravel(), y.ravel()).reshape(x.shape)
    stations = (*air.stations, station)
    return replace(air, stations=stations, lattice_radio_m=np.minimum(air.lattice_radio_m, heard), _allowed={})


def _bases(now: _Now) -> list[Remedy]:
    """On a road, far from all others, with a mast of its own: as if tonight's slots could start there too."""
    found = []
    for x_m, y_m in _sites(now)[:BASES_TRIED]:
        others = [_from_site(one, x_m, y_m, now) for one in now.result.tracks]
        found.append(now.remedy("base", "", (x_m, y_m), [one for one in others if one is not None]))
    return found


def _sites(now: _Now) -> list[tuple[float, float]]:
    """Places on roads well behind the standoff, each as far as can be from all bases and from those before it."""
    dem, air = now.lattice.dem, now.result.tracks[0].airspace
    points = np.array([p for road in now.sector.roads for c in road.chains for p in c]).reshape(-1, 2)
    x, y = (np.asarray(v, dtype=np.float64) for v in dem.grid.xy(points[:, 1], points[:, 0]))
    fits = np.isfinite(dem.height_at(x, y)) & (air.border_about_m(x, y) > air.wanted_border_m + BASE_BEHIND_M)
    places = np.column_stack([x[fits], y[fits]])
    taken = [np.array([s.x_m, s.y_m]) for s in stations_of(now.sector, dem)[: len(now.sector.bases)]]
    found: list[tuple[float, float]] = []
    while len(places) and len(found) < BASES_TRIED:
        apart_m = np.min([np.hypot(*(places - t).T) for t in taken], axis=0) if taken else np.full(len(places), np.inf)
        best = int(np.argmax(apart_m))
        if apart_m[best] < BASE_APART_M:
            break
        taken.append(places[best])
        found.append((float(places[best, 0]), float(places[best, 1])))
    return found


def _from_site(tracks: Racetracks, x_m: float, y_m: float, now: _Now) -> Watchable | None:
    """What the aircraft of a base could watch from another place; None where they have no circle there."""
    dem, old = tracks.airspace.dem, tracks.start
    lat, lon = (float(v) for v in dem.grid.latlon(x_m, y_m))
    ground = float(dem.height_at(x_m, y_m))
    air = _wider(tracks.airspace, Station("", x_m, y_m, ground + max(old.base.mast_agl_m, 1.0)))
    start = replace(old, base=msgspec.structs.replace(old.base, lat_deg=lat, lon_deg=lon))
    ways = Circles(start, air).ways_to(ground + LOW_M)
    if isinstance(ways, Why):
        return None
    strips = candidates_of(air, start.aircraft, now.result.traffic, tracks.gsd_m).strips
    return watchable_of(racetracks_of(start, air, ways, tracks.gsd_m, strips))


def _cameras(now: _Now) -> list[Remedy]:
    """The same racetracks with a lens so much longer on each type of aircraft."""
    found = []
    for name in dict.fromkeys(one.start.type_name for one in now.result.tracks):
        longer = [watchable_of(_with_lens(one)) for one in now.result.tracks if one.start.type_name == name]
        found.append(now.remedy("camera", name, None, longer))
    return found


def _with_lens(tracks: Racetracks) -> Racetracks:
    aircraft = tracks.start.aircraft
    camera = msgspec.structs.replace(aircraft.camera, hfov_deg=aircraft.camera.hfov_deg / LENS_LONGER)
    start = replace(tracks.start, aircraft=msgspec.structs.replace(aircraft, camera=camera))
    return replace(tracks, start=start)
