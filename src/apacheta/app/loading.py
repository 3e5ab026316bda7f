"""Files on disk to records: sector, mandate, fleet, terrain and border line, checked against each other.

A path inside a file is relative to that file. `${NAME}` is taken from the environment; APACHETA_SHARED_DATA, when it
is not set, is the folder `shared/data` beside the source checkout (searched upwards from the file).
"""

import os
import re
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from shapely.geometry import LineString, Point, Polygon, box

from ..adapters.raster import RasterSource
from ..core.aircraft import Aircraft
from ..core.errors import InputFault
from ..core.instant import iso_of
from ..core.mandate import Mandate
from ..core.place import LonLat
from ..core.sector import Base, Border, Relay, Sector
from ..formats.aircraft_toml import aircraft_of
from ..formats.canonical import sha256_hex
from ..formats.mandate_toml import mandate_file_of, mandate_of, plain
from ..formats.sector_toml import SectorFile, sector_file_of, sector_of
from ..geo import BorderLine, Dem, LocalGrid, dem_of
from ..plan.containment import PARAMETERS, Ground, ground_of, room_round
from ..plan.containment.ground import Bounds
from ..plan.noticing import LookTable, read_table

CELL_M = 30.0
"""The planner's cell: that of the 1-arc-second models in use. A finer model is sampled at the cells' middles, and the
highest ground of each cell kept beside (`Dem.highest_hae_m`)."""

GEOID_CE90_M = 1000.0
"""A geoid may be that far to the side: it rises by less than 0.1 m over a kilometre."""

_VARIABLE = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True)
class World:
    """A sector's ground: elevation model and border line in one local grid."""

    dem: Dem
    border_line: BorderLine


def load_mandate(path: Path) -> Mandate:
    """The mandate in a file. Raises InputFault (`no_mandate` when there is none)."""
    if not path.is_file():
        text = "there is no mandate: nothing is planned or watched without one."
        remedy = "Write mandate.toml beside the sector, or name it with --mandate."
        raise InputFault("no_mandate", text, file=str(path), remedy=remedy)
    found, content = mandate_file_of(_bytes(path, str(path), None), str(path))
    area = _bytes(_resolved(found.area_file, path, "area_file"), str(path), "area_file")
    return mandate_of(found, content, area, str(path))


def load_sector(path: Path) -> Sector:
    """The sector in a file, with every file that it names read and hashed; paths in it are then absolute.

    Raises InputFault that names file, field and remedy.
    """
    found, content = sector_file_of(_bytes(path, str(path), None), str(path))
    vectors: dict[str, bytes] = {}
    for name, field in found.vector_files():
        vectors[name] = _bytes(_resolved(name, path, field), str(path), field)
    hashes = {name: sha256_hex(data) for name, data in vectors.items()}
    hashes |= {name: sha256_hex(_bytes(p, str(path), field)) for name, p, field in _rasters(found, path)}
    sector = sector_of(found, content, vectors, hashes, str(path))
    return _with_paths(sector, found, path)


def load_look_table(path: Path) -> LookTable:
    """What looks are worth, from a file. Raises InputFault."""
    return read_table(_bytes(path, str(path), None), str(path))


def load_fleet(sector: Sector, sector_path: Path) -> dict[str, Aircraft]:
    """The aircraft types that the sector's fleet names: from `aircraft/` beside the sector, else from the catalogue.

    Raises InputFault `unknown_aircraft` with the names that exist.
    """
    types = sorted({member.type for member in sector.fleet})
    return {name: _aircraft(name, sector, sector_path) for name in types}


def aircraft_contents(sector: Sector, sector_path: Path) -> dict[str, dict[str, Any]]:
    """The files of the fleet's types as plain content: what their hashes are of. Raises InputFault."""
    types = sorted({member.type for member in sector.fleet})
    return {name: plain(tomllib.loads(_aircraft_file(name, sector, sector_path)[0].decode())) for name in types}


def load_world(sector: Sector, sector_path: Path) -> World:
    """The sector's terrain and border line, checked: the raster covers the sector, no void under a base or relay, the
    border crosses the sector, every base and relay lies on the own side. Raises InputFault."""
    file = str(sector_path)
    west, south, east, north = bounds_of(sector)
    source, geoid = rasters_of(sector)
    lat0, lon0 = (south + north) / 2, (west + east) / 2
    heights = source.read(west, south, east, north).height_m
    if not np.isfinite(heights).any():
        text = "the elevation model has nothing but voids in the sector."
        raise InputFault("void_sector", text, file=file, field="terrain.file", remedy="Name another model.")
    grid = LocalGrid(lat0, lon0, float(np.round(np.nanmedian(heights), -2)))
    dem = dem_of(source, grid, west, south, east, north, CELL_M, sector.terrain.vertical_datum, geoid)
    _check_border_crosses(sector, file)
    line = BorderLine(_near(sector.border, (west, south, east, north)), grid, (west, south, east, north))
    check_ground(sector, dem, line, file)
    return World(dem=dem, border_line=line)


def load_proof_ground(sector: Sector) -> Ground:
    """What the containment proof needs of a sector: the elevation model's own pixels and the border, as far round
    keep_in as both go. Raises InputFault."""
    source, _ = rasters_of(sector)
    inner = bounds_of(sector)
    outer = source.clipped(*room_round(sector))
    fault: InputFault | None = None
    for bounds in _between(inner, outer):
        grid = LocalGrid((bounds[1] + bounds[3]) / 2, (bounds[0] + bounds[2]) / 2, 0.0)
        try:
            line = BorderLine(_near(sector.border, bounds), grid, bounds)
        except InputFault as problem:  # the line ends inside: less room
            fault = problem
            continue
        heights = source.read(*source.clipped(*bounds))
        return ground_of(sector, bounds, heights, line, PARAMETERS["le90_factor"], PARAMETERS["ce90_factor"])
    assert fault is not None
    raise fault


def _between(inner: Bounds, outer: Bounds) -> tuple[Bounds, ...]:
    """Bounds to try, the widest first: room on all sides, to south and north, to west and east, none."""
    (w, s, e, n), (west, south, east, north) = inner, outer
    return outer, (w, south, e, north), (west, s, east, n), inner


def rasters_of(sector: Sector) -> tuple[RasterSource, RasterSource | None]:
    """The elevation model and, where the sector names one, the geoid. Raises InputFault."""
    terrain = sector.terrain
    geoid = None if terrain.geoid_file is None else RasterSource(Path(terrain.geoid_file), GEOID_CE90_M)
    return RasterSource(Path(terrain.file), terrain.ce90_m), geoid


def check_ground(sector: Sector, dem: Dem, line: BorderLine, file: str) -> None:
    """Refuse a base or relay outside keep_in, beyond or too near the border, or over a void. Raises InputFault.

    A base keeps the standoff, for aircraft leave from it; a relay stands on own ground wherever the true border is.
    """
    border = sector.border
    for index, base in enumerate(sector.bases):
        site = _Site("base", base, file, f"bases[{index}]")
        wanted_m = border.standoff_m + border.accuracy_m
        _check_site(site, sector, dem, line, wanted_m, "standoff and the line's accuracy ask for")
    for index, relay in enumerate(sector.relays):
        site = _Site("relay", relay, file, f"relays[{index}]")
        _check_site(site, sector, dem, line, border.accuracy_m, "the line's accuracy asks for")


@dataclass(frozen=True)
class _Site:
    """A base or relay and where it is named."""

    kind: str
    place: Base | Relay
    file: str
    field: str

    def fault(self, code: str, what: str, remedy: str) -> InputFault:
        return InputFault(
            code, f"{self.kind} {self.place.name} {what}", file=self.file, field=self.field, remedy=remedy
        )


def _check_site(site: _Site, sector: Sector, dem: Dem, line: BorderLine, wanted_m: float, why: str) -> None:
    kind, place = site.kind, site.place
    if not Polygon(sector.keep_in).covers(Point(place.lon_deg, place.lat_deg)):
        raise site.fault(f"{kind}_outside_sector", "lies outside keep_in.", f"Move the {kind} or keep_in.")
    distance = float(line.signed_distance_m(place.lat_deg, place.lon_deg))
    if distance < 0:
        what = f"lies {-distance:,.0f} m beyond the border, on the side that is not ours."
        raise site.fault(f"{kind}_on_wrong_side", what, "Move it, or correct own_side.")
    if distance < wanted_m:
        what = f"lies {distance:,.0f} m from the border; {why} {wanted_m:,.0f} m."
        raise site.fault(f"{kind}_too_near", what, f"Move the {kind} away from the border.")
    if not np.isfinite(dem.height_at(*dem.grid.xy(place.lat_deg, place.lon_deg))):
        what = "stands over a void of the elevation model."
        raise site.fault(f"void_under_{kind}", what, "Name a model without it there.")


def check_mandate(mandate: Mandate, sector: Sector, from_utc_ns: int, to_utc_ns: int, file: str | None = None) -> None:
    """Refuse a span or a sector that the mandate does not cover. Raises InputFault (`mandate_expired`,
    `outside_mandate`)."""
    if not mandate.covers_time(from_utc_ns, to_utc_ns):
        text = (
            f"the mandate runs from {iso_of(mandate.from_utc_ns)} to {iso_of(mandate.to_utc_ns)}; "
            f"the watch from {iso_of(from_utc_ns)} to {iso_of(to_utc_ns)}."
        )
        late = from_utc_ns >= mandate.to_utc_ns or to_utc_ns > mandate.to_utc_ns
        code, field = ("mandate_expired", "to_utc") if late else ("outside_mandate", "from_utc")
        raise InputFault(code, text, file=file, field=field, remedy="Ask the authority for a mandate for that time.")
    area = Polygon(mandate.area)
    for base in sector.bases:
        if not area.covers(Point(base.lon_deg, base.lat_deg)):
            text = f"base {base.name} lies outside the mandate's area."
            remedy = "Ask for a mandate that covers it, or move the base."
            raise InputFault("outside_mandate", text, file=file, field="area_file", remedy=remedy)
    if not area.intersects(Polygon(sector.keep_in)):
        text = "the sector lies outside the mandate's area."
        raise InputFault("outside_mandate", text, file=file, field="area_file", remedy="Name the right mandate.")


def bounds_of(sector: Sector) -> tuple[float, float, float, float]:
    """(west, south, east, north) of keep_in in degrees."""
    lons, lats = [p[0] for p in sector.keep_in], [p[1] for p in sector.keep_in]
    return min(lons), min(lats), max(lons), max(lats)


def _check_border_crosses(sector: Sector, file: str) -> None:
    area = Polygon(sector.keep_in)
    lines = [LineString(chain) for chain in sector.border.chains]
    if not any(line.intersects(area) for line in lines):
        west, south, east, north = bounds_of(sector)
        text = (
            f"the border in {Path(sector.border.file).name} does not cross the sector "
            f"({west:.3f} to {east:.3f} E, {south:.3f} to {north:.3f} N)."
        )
        remedy = "Name the border's file for this sector, or correct keep_in (longitude comes first in GeoJSON)."
        raise InputFault("border_outside_sector", text, file=file, field="border.file", remedy=remedy)


def _near(border: Border, bounds: tuple[float, float, float, float]) -> Border:
    """The border within a degree of the box that its sides are told in, round the sector and the own-side point: what
    is farther is never the nearest, and slows every distance."""
    west, south, east, north = bounds
    lon, lat = border.own_side
    around = box(min(west, lon) - 1.0, min(south, lat) - 1.0, max(east, lon) + 1.0, max(north, lat) + 1.0)
    parts = [part for chain in border.chains for part in _lines_in(LineString(chain).intersection(around))]
    return msgspec.structs.replace(border, chains=tuple(parts))


def _lines_in(shape: Any) -> list[tuple[LonLat, ...]]:
    lines = getattr(shape, "geoms", [shape])
    return [
        tuple((p[0], p[1]) for p in line.coords)
        for line in lines
        if line.geom_type == "LineString" and not line.is_empty
    ]


def _rasters(found: SectorFile, path: Path) -> list[tuple[str, Path, str]]:
    named = [(found.terrain.file, "terrain.file")]
    if found.terrain.geoid_file is not None:
        named.append((found.terrain.geoid_file, "terrain.geoid_file"))
    return [(name, _resolved(name, path, field), field) for name, field in named]


def _with_paths(sector: Sector, found: SectorFile, path: Path) -> Sector:
    name = found.name or path.resolve().parent.name
    terrain = msgspec.structs.replace(
        sector.terrain,
        file=str(_resolved(found.terrain.file, path, "terrain.file")),
        geoid_file=None
        if found.terrain.geoid_file is None
        else str(_resolved(found.terrain.geoid_file, path, "terrain.geoid_file")),
    )
    return msgspec.structs.replace(sector, name=name, terrain=terrain)


def _aircraft(name: str, sector: Sector, sector_path: Path) -> Aircraft:
    return aircraft_of(*_aircraft_file(name, sector, sector_path))


def _aircraft_file(name: str, sector: Sector, sector_path: Path) -> tuple[bytes, str]:
    """The bytes of a type's file, and what to call it."""
    beside = sector_path.parent / "aircraft" / f"{name}.toml"
    if beside.is_file():
        return beside.read_bytes(), str(beside)
    shipped = files("apacheta.app.catalogue").joinpath(f"{name}.toml")
    if Path(name).name == name and shipped.is_file():
        return shipped.read_bytes(), f"catalogue/{name}.toml"
    known = sorted({p.stem for p in beside.parent.glob("*.toml")} | set(catalogue_names()))
    index = next(i for i, member in enumerate(sector.fleet) if member.type == name)
    text = f"there is no aircraft type {name!r}; there are {', '.join(known)}."
    field = f"fleet.aircraft[{index}].type"
    raise InputFault(
        "unknown_aircraft", text, file=str(sector_path), field=field, remedy=f"Write {beside}, or name one."
    )


def catalogue_names() -> tuple[str, ...]:
    """The names of the aircraft classes that come with the program."""
    shipped = files("apacheta.app.catalogue").iterdir()
    return tuple(sorted(f.name.removesuffix(".toml") for f in shipped if f.name.endswith(".toml")))


def _resolved(name: str, file: Path, field: str) -> Path:
    def value(match: re.Match[str]) -> str:
        found = os.environ.get(match[1]) or (_shared_data(file) if match[1] == "APACHETA_SHARED_DATA" else None)
        if found is None:
            text = f"{field} uses ${{{match[1]}}}, which is not set."
            raise InputFault("unset_variable", text, file=str(file), field=field, remedy=f"Set {match[1]}.")
        return found

    return (file.resolve().parent / _VARIABLE.sub(value, name)).resolve()


def _shared_data(file: Path) -> str | None:
    beside = (parent / "shared" / "data" for parent in file.resolve().parents)
    return next((str(folder) for folder in beside if folder.is_dir()), None)


def _bytes(path: Path, named_in: str, field: str | None) -> bytes:
    try:
        return path.read_bytes()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        what = f"{field} names {path}, which is not a file." if field else "there is no such file."
        raise InputFault("missing_file", what, file=named_in, field=field, remedy="Correct the path.") from None
    except PermissionError:
        text = f"{path} may not be read."
        raise InputFault(
            "unreadable_file", text, file=named_in, field=field, remedy="Correct its permissions."
        ) from None
