"""The sector: border, terrain, zones, bases, people and weather of one watch. Files: sector.toml (`sector/1`)."""

from typing import Literal

import msgspec

from .place import AmslM, LonLat

ZoneKind = Literal["no_look", "no_fly", "no_overfly", "priority", "village"]
VerticalDatum = Literal["amsl_egm96", "hae", "amsl_egm2008"]


class Border(msgspec.Struct, frozen=True, kw_only=True):
    """The line, as one or more chains of lon, lat; how far the line itself may be wrong; which side is ours."""

    chains: tuple[tuple[LonLat, ...], ...]
    file: str
    source: str
    accuracy_m: float
    own_side: LonLat
    standoff_m: float


class TerrainRef(msgspec.Struct, frozen=True, kw_only=True):
    """The elevation model by file; errors are linear and circular at 90 %."""

    file: str
    vertical_datum: VerticalDatum
    le90_m: float
    ce90_m: float
    geoid_file: str | None = None


class Zone(msgspec.Struct, frozen=True, kw_only=True):
    """An area with a rule. A village is a place of lawful people: no alerts in it and 300 m round it."""

    kind: ZoneKind
    name: str
    ring: tuple[LonLat, ...]
    floor_amsl_m: AmslM | None = None
    ceiling_amsl_m: AmslM | None = None
    valid_from_utc_ns: int | None = None
    valid_to_utc_ns: int | None = None


class Base(msgspec.Struct, frozen=True, kw_only=True):
    """Where aircraft start and land, with the antenna's mast."""

    name: str
    lat_deg: float
    lon_deg: float
    pads: int
    mast_agl_m: float


class Relay(msgspec.Struct, frozen=True, kw_only=True):
    """A radio relay on the ground."""

    name: str
    lat_deg: float
    lon_deg: float
    mast_agl_m: float


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A named point: a patrol, or the goal of a crosser."""

    name: str
    lat_deg: float
    lon_deg: float


class Road(msgspec.Struct, frozen=True, kw_only=True):
    """A road or track as chains of lon, lat."""

    name: str
    chains: tuple[tuple[LonLat, ...], ...]


class WindLayer(msgspec.Struct, frozen=True, kw_only=True):
    """Wind at one height; `from_deg` is where it comes from, clockwise from true north."""

    height_amsl_m: AmslM
    from_deg: float
    speed_m_s: float
    sigma_m_s: float


class Weather(msgspec.Struct, frozen=True, kw_only=True):
    """The forecast for the night. `isa_deviation_c` is the air's difference from the standard atmosphere."""

    wind: tuple[WindLayer, ...]
    gust_m_s: float
    updraft_max_m_s: float
    isa_deviation_c: float
    qnh_hpa: float
    icing: bool


class FleetMember(msgspec.Struct, frozen=True, kw_only=True):
    """One aircraft of the night: its id, its type (name of an aircraft file) and its base."""

    id: str
    type: str
    base: str


class Sector(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a night is planned from. `sha256` is that of the canonical whole, files included."""

    name: str
    border: Border
    terrain: TerrainRef
    keep_in: tuple[LonLat, ...]
    zones: tuple[Zone, ...]
    bases: tuple[Base, ...]
    relays: tuple[Relay, ...]
    patrols: tuple[Place, ...]
    roads: tuple[Road, ...]
    goals: tuple[Place, ...]
    weather: Weather
    start_utc_ns: int
    end_utc_ns: int
    fleet: tuple[FleetMember, ...]
    note: str
    sha256: str
