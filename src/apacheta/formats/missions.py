"""Routes for other programs: `.waypoints` and `.plan` for ground stations, KML for maps.

Heights are AMSL (EGM96), which is what MAV_FRAME_GLOBAL and KML's `absolute` mean. A tour's laps are written out: its
points are those of plan.json, in their order.
Sources: mavlink.io, "File Formats" (plain-text mission) and "MAV_CMD"; QGroundControl developer guide, "Plan File
Format"; OGC KML 2.3.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from ..core.instant import NS
from ..core.plan import Sortie, Tour, Waypoint
from ..core.sector import Sector

FRAME_AMSL, FRAME_NONE = 0, 2
"""MAV_FRAME_GLOBAL, MAV_FRAME_MISSION."""
WAYPOINT, LAND, TAKEOFF, VTOL_TAKEOFF, VTOL_LAND, CHANGE_SPEED = 16, 21, 22, 84, 85, 178
ARDUPILOT, MULTIROTOR, VTOL = 3, 2, 22
"""MAV_AUTOPILOT_ARDUPILOTMEGA, MAV_TYPE_QUADROTOR, MAV_TYPE_VTOL_FIXEDROTOR."""
AMSL_MODE = 2
"""QGroundControl's altitude mode for heights above mean sea level."""
KML = "http://www.opengis.net/kml/2.2"


@dataclass(frozen=True)
class Item:
    """One mission item: a MAV_CMD with its first four parameters, and where (degrees, AMSL)."""

    command: int
    frame: int
    params: tuple[float, float, float, float]
    lat_deg: float
    lon_deg: float
    alt_amsl_m: float


def mission_of(tour: Tour, is_wing: bool, airspeed_m_s: float) -> tuple[Item, ...]:
    """The tour as mission items: straight up, at this calibrated airspeed (a wing's) along its way, straight down."""
    up, down = (VTOL_TAKEOFF, VTOL_LAND) if is_wing else (TAKEOFF, LAND)
    points = tour.waypoints
    first = [_item(up, points[1])]
    if is_wing:
        first.append(Item(CHANGE_SPEED, FRAME_NONE, (0.0, airspeed_m_s, -1.0, 0.0), 0.0, 0.0, 0.0))
    return (*first, *(_item(WAYPOINT, point) for point in points[2:-1]), _item(down, points[-1]))


def _item(command: int, point: Waypoint) -> Item:
    at = point.position
    return Item(command, FRAME_AMSL, (0.0, 0.0, 0.0, 0.0), at.lat_deg, at.lon_deg, point.alt_amsl_m)


def encode_waypoints(tour: Tour, items: Sequence[Item]) -> bytes:
    """A `.waypoints` file (QGC WPL 110); line 0 is home."""
    home = _item(WAYPOINT, tour.waypoints[0])
    return "".join(["QGC WPL 110\n", *(_line(n, item) for n, item in enumerate((home, *items)))]).encode()


def _line(number: int, item: Item) -> str:
    numbers = [f"{value:.7f}" for value in (*item.params, item.lat_deg, item.lon_deg)]
    fields = (number, int(number == 0), item.frame, item.command, *numbers, f"{item.alt_amsl_m:.2f}", 1)
    return "\t".join(map(str, fields)) + "\n"


def encode_qgc_plan(tour: Tour, items: Sequence[Item], sector: Sector, is_wing: bool, airspeed_m_s: float) -> bytes:
    """A `.plan` file: the mission, and the sector's keep-in as inclusion fence."""
    home = tour.waypoints[0]
    ring = [[round(lat, 7), round(lon, 7)] for lon, lat in sector.keep_in]
    ring = ring[:-1] if ring[0] == ring[-1] else ring
    mission = {
        "version": 2,
        "firmwareType": ARDUPILOT,
        "vehicleType": VTOL if is_wing else MULTIROTOR,
        "cruiseSpeed": airspeed_m_s,
        "hoverSpeed": 5,
        "globalPlanAltitudeMode": AMSL_MODE,
        "plannedHomePosition": [*_degrees(home.position.lat_deg, home.position.lon_deg), round(home.alt_amsl_m, 2)],
        "items": [_simple(number, item) for number, item in enumerate(items, 1)],
    }
    plan = {
        "fileType": "Plan",
        "version": 1,
        "groundStation": "Apacheta",
        "mission": mission,
        "geoFence": {
            "version": 2,
            "circles": [],
            "polygons": [{"version": 1, "inclusion": True, "polygon": ring}],
        },
        "rallyPoints": {"version": 2, "points": []},
    }
    return (json.dumps(plan, indent=1) + "\n").encode()


def _simple(number: int, item: Item) -> dict[str, object]:
    params = [*item.params, *_degrees(item.lat_deg, item.lon_deg), round(item.alt_amsl_m, 2)]
    simple = {
        "type": "SimpleItem",
        "autoContinue": True,
        "command": item.command,
        "doJumpId": number,
        "frame": item.frame,
        "params": params,
    }
    if item.frame == FRAME_NONE:
        return simple
    height = {"AMSLAltAboveTerrain": None, "Altitude": params[-1], "AltitudeMode": AMSL_MODE}
    return simple | height | {"params": [*item.params[:3], None, *params[4:]]}


def _degrees(lat_deg: float, lon_deg: float) -> list[float]:
    return [round(lat_deg, 7), round(lon_deg, 7)]


def encode_kml(sector: Sector, sorties: Sequence[Sortie]) -> bytes:
    """The night for a map: border, keep-in, bases, and each sortie at its heights, shown while it flies."""
    root = ET.Element("kml", xmlns=KML)
    document = ET.SubElement(root, "Document")
    _text(document, "name", sector.name)
    for name, colour in (("border", "ff0000ff"), ("keep_in", "ff00a5ff"), ("sortie", "ffff8c00")):
        style = ET.SubElement(document, "Style", id=name)
        line = ET.SubElement(style, "LineStyle")
        _text(line, "color", colour)
        _text(line, "width", "2")
    accuracy = f"accuracy {sector.border.accuracy_m:g} m"
    for chain in sector.border.chains:
        _line_string(_placemark(document, "border", accuracy, "border"), [(lon, lat, None) for lon, lat in chain])
    _line_string(_placemark(document, "keep-in", "", "keep_in"), [(lon, lat, None) for lon, lat in sector.keep_in])
    for base in sector.bases:
        point = ET.SubElement(_placemark(document, base.name, "base", None), "Point")
        _text(point, "coordinates", _coordinate(base.lon_deg, base.lat_deg, None))
    for sortie in sorties:
        _sortie(document, sortie)
    data: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return data


def _sortie(document: ET.Element, sortie: Sortie) -> None:
    what = f"{sortie.id} {sortie.aircraft} {sortie.tour.id}"
    place = _placemark(document, what, sortie.aircraft_type, "sortie")
    span = ET.Element("TimeSpan")
    _text(span, "begin", _time(sortie.launch_utc_ns))
    _text(span, "end", _time(sortie.launch_utc_ns + int(sortie.tour.duration_s * NS)))
    place.insert(2, span)
    points = [(w.position.lon_deg, w.position.lat_deg, float(w.alt_amsl_m)) for w in sortie.tour.waypoints]
    _line_string(place, points)


def _placemark(document: ET.Element, name: str, about: str, style: str | None) -> ET.Element:
    place = ET.SubElement(document, "Placemark")
    _text(place, "name", name)
    _text(place, "description", about)
    if style is not None:
        _text(place, "styleUrl", f"#{style}")
    return place


def _line_string(place: ET.Element, points: Sequence[tuple[float, float, float | None]]) -> None:
    line = ET.SubElement(place, "LineString")
    if points[0][2] is None:
        _text(line, "tessellate", "1")
    else:
        _text(line, "altitudeMode", "absolute")
    _text(line, "coordinates", " ".join(_coordinate(*point) for point in points))


def _coordinate(lon_deg: float, lat_deg: float, alt_amsl_m: float | None) -> str:
    height = "" if alt_amsl_m is None else f",{alt_amsl_m:.2f}"
    return f"{lon_deg:.7f},{lat_deg:.7f}{height}"


def _text(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, tag).text = text


def _time(utc_ns: int) -> str:
    return datetime.fromtimestamp(utc_ns // NS, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
