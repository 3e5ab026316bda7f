"""`sector/1`: border, terrain, zones, bases, people, weather, night and fleet of one watch, as TOML.

The file names other files (GeoJSON and the elevation model); the caller reads those and hands in bytes and hashes.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from ..core.errors import InputFault
from ..core.instant import utc_ns_of
from ..core.place import AmslM, LonLat
from ..core.sector import (
    Base,
    Border,
    FleetMember,
    Place,
    Relay,
    Road,
    Sector,
    TerrainRef,
    VerticalDatum,
    Weather,
    WindLayer,
    Zone,
    ZoneKind,
)
from .canonical import canonical_bytes, sha256_hex
from .geojson import Chain, chains_of, rings_of
from .mandate_toml import Text, Zoned, plain
from .strict import decode_toml

Lat = Annotated[float, Meta(ge=-90, le=90)]
Lon = Annotated[float, Meta(ge=-180, le=180)]
Height = Annotated[float, Meta(ge=-500, le=20_000)]
Mast = Annotated[float, Meta(ge=0, le=200)]
Positive = Annotated[float, Meta(ge=0)]
Wind = Annotated[float, Meta(ge=0, le=100)]


class _Keys(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Keys of one table: what is not named is refused."""


class PointKeys(_Keys, frozen=True, kw_only=True):
    lat_deg: Lat
    lon_deg: Lon


class BorderKeys(_Keys, frozen=True, kw_only=True):
    file: Text
    source: Text
    accuracy_m: Annotated[float, Meta(ge=0, le=50_000)]
    own_side: PointKeys
    standoff_m: Annotated[float, Meta(ge=0, le=50_000)]


class TerrainKeys(_Keys, frozen=True, kw_only=True):
    file: Text
    vertical_datum: VerticalDatum
    le90_m: Annotated[float, Meta(ge=0, le=500)]
    ce90_m: Annotated[float, Meta(ge=0, le=500)]
    geoid_file: Text | None = None


class KeepInKeys(_Keys, frozen=True, kw_only=True):
    """A polygon's file, or a box in degrees."""

    file: Text | None = None
    west_deg: Lon | None = None
    south_deg: Lat | None = None
    east_deg: Lon | None = None
    north_deg: Lat | None = None


class ZoneKeys(_Keys, frozen=True, kw_only=True):
    kind: ZoneKind
    file: Text
    name: Text | None = None
    floor_amsl_m: Height | None = None
    ceiling_amsl_m: Height | None = None
    valid_from: Zoned | None = None
    valid_to: Zoned | None = None


class BaseKeys(PointKeys, frozen=True, kw_only=True):
    name: Text
    pads: Annotated[int, Meta(ge=1, le=50)]
    mast_agl_m: Mast


class RelayKeys(PointKeys, frozen=True, kw_only=True):
    name: Text
    mast_agl_m: Mast


class PlaceKeys(PointKeys, frozen=True, kw_only=True):
    name: Text


class RoadKeys(_Keys, frozen=True, kw_only=True):
    name: Text
    file: Text


class WindKeys(_Keys, frozen=True, kw_only=True):
    height_amsl_m: Height
    from_deg: Annotated[float, Meta(ge=0, le=360)]
    speed_m_s: Wind
    sigma_m_s: Wind


class WeatherKeys(_Keys, frozen=True, kw_only=True):
    wind: Annotated[tuple[WindKeys, ...], Meta(min_length=1)]
    gust_m_s: Wind
    updraft_max_m_s: Wind
    isa_deviation_c: Annotated[float, Meta(ge=-60, le=60)]
    qnh_hpa: Annotated[float, Meta(ge=850, le=1100)]
    icing: bool


class NightKeys(_Keys, frozen=True, kw_only=True):
    start_utc: Zoned
    end_utc: Zoned


class MemberKeys(_Keys, frozen=True, kw_only=True):
    id: Text
    type: Text
    base: Text


class FleetKeys(_Keys, frozen=True, kw_only=True):
    aircraft: Annotated[tuple[MemberKeys, ...], Meta(min_length=1)]


class SectorFile(_Keys, frozen=True, kw_only=True):
    """The keys of sector.toml. Without a default: required."""

    format: str
    border: BorderKeys
    terrain: TerrainKeys
    keep_in: KeepInKeys
    bases: Annotated[tuple[BaseKeys, ...], Meta(min_length=1)]
    weather: WeatherKeys
    night: NightKeys
    fleet: FleetKeys
    zones: tuple[ZoneKeys, ...] = ()
    relays: tuple[RelayKeys, ...] = ()
    patrols: tuple[PlaceKeys, ...] = ()
    roads: tuple[RoadKeys, ...] = ()
    goals: tuple[PlaceKeys, ...] = ()
    name: Text | None = None
    note: str = ""

    def vector_files(self) -> tuple[tuple[str, str], ...]:
        """(file, field) of every GeoJSON file that the sector names."""
        named = [(self.border.file, "border.file")]
        if self.keep_in.file is not None:
            named.append((self.keep_in.file, "keep_in.file"))
        named += [(z.file, f"zones[{i}].file") for i, z in enumerate(self.zones)]
        named += [(r.file, f"roads[{i}].file") for i, r in enumerate(self.roads)]
        return tuple(named)


def sector_file_of(data: bytes, file: str) -> tuple[SectorFile, dict[str, Any]]:
    """The keys of a sector file, checked against each other, and its plain content. Raises InputFault."""
    found, content = decode_toml(data, SectorFile, kind="sector", version=1, file=file)
    _check_night(found, file)
    _check_names(found, file)
    _check_terrain(found, file)
    if found.keep_in.file is None:
        _box(found.keep_in, file)
    return found, content


def sector_of(
    found: SectorFile, content: dict[str, Any], vectors: Mapping[str, bytes], hashes: Mapping[str, str], file: str
) -> Sector:
    """The record. `vectors`: bytes of each GeoJSON file by name as written; `hashes`: SHA-256 of every file named,
    the elevation model among them. Raises InputFault."""
    whole = {"content": plain(content), "files": dict(hashes)}
    return Sector(
        name=found.name or "sector",
        border=_border(found.border, vectors),
        terrain=TerrainRef(
            file=found.terrain.file,
            vertical_datum=found.terrain.vertical_datum,
            le90_m=found.terrain.le90_m,
            ce90_m=found.terrain.ce90_m,
            geoid_file=found.terrain.geoid_file,
        ),
        keep_in=_keep_in(found.keep_in, vectors, file),
        zones=tuple(zone for i, keys in enumerate(found.zones) for zone in _zones(keys, i, vectors)),
        bases=tuple(_base(b) for b in found.bases),
        relays=tuple(
            Relay(name=r.name, lat_deg=r.lat_deg, lon_deg=r.lon_deg, mast_agl_m=r.mast_agl_m) for r in found.relays
        ),
        patrols=tuple(_place(p) for p in found.patrols),
        roads=tuple(Road(name=r.name, chains=chains_of(vectors[r.file], r.file)) for r in found.roads),
        goals=tuple(_place(p) for p in found.goals),
        weather=_weather(found.weather),
        start_utc_ns=utc_ns_of(found.night.start_utc),
        end_utc_ns=utc_ns_of(found.night.end_utc),
        fleet=tuple(FleetMember(id=m.id, type=m.type, base=m.base) for m in found.fleet.aircraft),
        note=found.note,
        sha256=sha256_hex(canonical_bytes(whole)),
    )


def _border(keys: BorderKeys, vectors: Mapping[str, bytes]) -> Border:
    return Border(
        chains=chains_of(vectors[keys.file], keys.file),
        file=keys.file,
        source=keys.source,
        accuracy_m=keys.accuracy_m,
        own_side=(keys.own_side.lon_deg, keys.own_side.lat_deg),
        standoff_m=keys.standoff_m,
    )


def _keep_in(keys: KeepInKeys, vectors: Mapping[str, bytes], file: str) -> Chain:
    if keys.file is not None:
        rings = rings_of(vectors[keys.file], keys.file)
        if len(rings) != 1:
            text = f"{keys.file} holds {len(rings)} polygons where one is wanted."
            raise InputFault("several_areas", text, file=file, field="keep_in.file", remedy="Draw one polygon.")
        return rings[0]
    west, south, east, north = _box(keys, file)
    return ((west, south), (east, south), (east, north), (west, north), (west, south))


def _box(keys: KeepInKeys, file: str) -> tuple[float, float, float, float]:
    west, south, east, north = keys.west_deg, keys.south_deg, keys.east_deg, keys.north_deg
    if west is None or south is None or east is None or north is None:
        remedy = "Give keep_in a file, or all of west_deg, south_deg, east_deg and north_deg."
        raise InputFault("missing_key", "keep_in says no area.", file=file, field="keep_in", remedy=remedy)
    if west >= east or south >= north:
        text = "keep_in is empty: west is not west of east, or south is not south of north."
        raise InputFault("wrong_value", text, file=file, field="keep_in", remedy="Correct the degrees.")
    return west, south, east, north


def _zones(keys: ZoneKeys, index: int, vectors: Mapping[str, bytes]) -> list[Zone]:
    return [
        Zone(
            kind=keys.kind,
            name=keys.name or f"{keys.kind} {index + 1}",
            ring=ring,
            floor_amsl_m=None if keys.floor_amsl_m is None else AmslM(keys.floor_amsl_m),
            ceiling_amsl_m=None if keys.ceiling_amsl_m is None else AmslM(keys.ceiling_amsl_m),
            valid_from_utc_ns=_ns(keys.valid_from),
            valid_to_utc_ns=_ns(keys.valid_to),
        )
        for ring in rings_of(vectors[keys.file], keys.file)
    ]


def _ns(moment: datetime | None) -> int | None:
    return None if moment is None else utc_ns_of(moment)


def _base(keys: BaseKeys) -> Base:
    return Base(name=keys.name, lat_deg=keys.lat_deg, lon_deg=keys.lon_deg, pads=keys.pads, mast_agl_m=keys.mast_agl_m)


def _place(keys: PlaceKeys) -> Place:
    return Place(name=keys.name, lat_deg=keys.lat_deg, lon_deg=keys.lon_deg)


def _weather(keys: WeatherKeys) -> Weather:
    layers = [
        WindLayer(
            height_amsl_m=AmslM(w.height_amsl_m),
            from_deg=w.from_deg,
            speed_m_s=w.speed_m_s,
            sigma_m_s=w.sigma_m_s,
        )
        for w in keys.wind
    ]
    return Weather(
        wind=tuple(sorted(layers, key=lambda layer: layer.height_amsl_m)),
        gust_m_s=keys.gust_m_s,
        updraft_max_m_s=keys.updraft_max_m_s,
        isa_deviation_c=keys.isa_deviation_c,
        qnh_hpa=keys.qnh_hpa,
        icing=keys.icing,
    )


def _check_night(found: SectorFile, file: str) -> None:
    if found.night.start_utc >= found.night.end_utc:
        text = "night.end_utc is not after night.start_utc."
        raise InputFault("wrong_value", text, file=file, field="night.end_utc", remedy="Correct one of the two times.")
    for index, zone in enumerate(found.zones):
        if zone.valid_from and zone.valid_to and zone.valid_from >= zone.valid_to:
            field = f"zones[{index}].valid_to"
            raise InputFault("wrong_value", f"{field} is not after valid_from.", file=file, field=field, remedy="Swap.")


def _check_names(found: SectorFile, file: str) -> None:
    bases = [b.name for b in found.bases]
    for what, names in (("bases", bases), ("fleet.aircraft", [m.id for m in found.fleet.aircraft])):
        for index, name in enumerate(names):
            if name in names[:index]:
                text = f"{what}[{index}] is called {name!r}, as one before it is."
                raise InputFault("same_name", text, file=file, field=f"{what}[{index}]", remedy="Rename one.")
    for index, member in enumerate(found.fleet.aircraft):
        if member.base not in bases:
            field = f"fleet.aircraft[{index}].base"
            text = f"{field} is {member.base!r}, which is no base of this sector ({', '.join(bases)})."
            raise InputFault("unknown_base", text, file=file, field=field, remedy="Name one of its bases.")


def _check_terrain(found: SectorFile, file: str) -> None:
    if found.terrain.vertical_datum == "amsl_egm2008" and found.terrain.geoid_file is None:
        text = "vertical_datum amsl_egm2008 needs a geoid grid of yours; only EGM96 is inside the program."
        remedy = "Name the grid in terrain.geoid_file (for example egm08_25.gtx)."
        raise InputFault("geoid_missing", text, file=file, field="terrain.geoid_file", remedy=remedy)


__all__ = ["LonLat", "SectorFile", "sector_file_of", "sector_of"]
