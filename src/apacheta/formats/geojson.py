"""GeoJSON (RFC 7946) to chains and rings of lon, lat; WGS 84 only."""

import json
from collections.abc import Iterator
from typing import Any

import shapely

from ..core.errors import InputFault
from ..core.place import LonLat

Chain = tuple[LonLat, ...]

REWRITE = "Write the file again as GeoJSON."
_MEMBERS = {"FeatureCollection": "features", "GeometryCollection": "geometries"}
_WGS84 = {"urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:OGC::CRS84", "EPSG:4326", "urn:ogc:def:crs:EPSG::4326"}


def chains_of(data: bytes, file: str) -> tuple[Chain, ...]:
    """Every line in the file (LineString, MultiLineString; the rings of polygons are not lines). Raises InputFault."""
    chains: list[Chain] = []
    for kind, coordinates in _geometries(data, file):
        if kind == "LineString":
            chains.append(_chain(coordinates, file, 2))
        elif kind == "MultiLineString":
            chains += [_chain(part, file, 2) for part in _list(coordinates, "the coordinates", file)]
    if not chains:
        raise InputFault(
            "no_line", "there is no line in it.", file=file, remedy="Give a LineString or MultiLineString."
        )
    return tuple(chains)


def rings_of(data: bytes, file: str) -> tuple[Chain, ...]:
    """The outer ring of every polygon in the file. Raises InputFault; a polygon with a hole, and a ring that crosses or
    touches itself or bounds nothing, are refused."""
    rings: list[Chain] = []
    for kind, coordinates in _geometries(data, file):
        if kind == "Polygon":
            rings.append(_ring(coordinates, file))
        elif kind == "MultiPolygon":
            rings += [_ring(part, file) for part in _list(coordinates, "the coordinates", file)]
    if not rings:
        raise InputFault("no_polygon", "there is no polygon in it.", file=file, remedy="Give a Polygon.")
    return tuple(rings)


def _geometries(data: bytes, file: str) -> Iterator[tuple[str, Any]]:
    try:
        whole = json.loads(data)
    except (ValueError, RecursionError) as wrong:  # no UTF-8, no JSON, a number without end, lists in lists in lists
        text = f"not readable as GeoJSON: {wrong}."
        raise InputFault("not_geojson", text, file=file, remedy=REWRITE) from None
    _check_crs(whole, file)
    return _walk(whole, file)


def _walk(whole: Any, file: str) -> Iterator[tuple[str, Any]]:
    """Type and coordinates of every geometry, in the file's order."""
    left = [whole]
    while left:
        value = left.pop()
        kind = value.get("type") if isinstance(value, dict) else None
        if not isinstance(kind, str):
            raise InputFault("not_geojson", "it holds no GeoJSON geometry.", file=file, remedy=REWRITE)
        if kind in _MEMBERS:
            left += reversed(_list(value.get(_MEMBERS[kind]), _MEMBERS[kind], file))
        elif kind == "Feature":
            left += [] if value.get("geometry") is None else [value["geometry"]]
        elif "coordinates" in value:
            yield kind, value["coordinates"]
        else:
            raise InputFault("not_geojson", f"a {_short(kind)} in it has no coordinates.", file=file, remedy=REWRITE)


def _list(value: Any, name: str, file: str) -> list[Any]:
    if not isinstance(value, list):
        raise InputFault("not_geojson", f"{name} in it are no list.", file=file, remedy=REWRITE)
    return value


def _check_crs(whole: Any, file: str) -> None:
    """The old `crs` member is allowed when it names WGS 84, as many programs still write it."""
    crs = whole.get("crs") if isinstance(whole, dict) else None
    if crs is None:
        return
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    if not isinstance(name, str) or name not in _WGS84:
        text = f"its coordinates are in {_short(name)}, not in WGS 84."
        raise InputFault("not_wgs84", text, file=file, field="crs", remedy="Convert it: ogr2ogr -t_srs EPSG:4326.")


def _ring(parts: Any, file: str) -> Chain:
    if not isinstance(parts, list) or not parts:
        raise InputFault("not_geojson", "a polygon in it has no ring.", file=file, remedy="Draw its outline.")
    if len(parts) > 1:
        text = "a polygon in it has a hole, which no area here can have."
        raise InputFault("polygon_with_hole", text, file=file, remedy="Cut it into polygons without holes.")
    ring = _chain(parts[0], file, 4)
    _check_area(ring, file)
    return ring


def _check_area(ring: Chain, file: str) -> None:
    """Refuse a ring that bounds nothing, or of which nobody can say what it bounds."""
    area = shapely.Polygon(ring)
    if area.convex_hull.area == 0.0:
        text = "a ring in it bounds nothing: its points lie on one line."
        raise InputFault("no_area", text, file=file, remedy="Draw its outline.")
    if not area.is_valid:
        text = f"a ring in it crosses or touches itself ({shapely.is_valid_reason(area)}, lon lat)."
        raise InputFault("crossing_ring", text, file=file, remedy="Draw it so that it goes round once.")


def _chain(coordinates: Any, file: str, least: int) -> Chain:
    if not isinstance(coordinates, list) or len(coordinates) < least:
        text = f"a line or ring in it has fewer than {least} points."
        raise InputFault("too_few_points", text, file=file, remedy="Draw it with more points.")
    return tuple(_point(pair, file) for pair in coordinates)


def _point(pair: Any, file: str) -> LonLat:
    right = isinstance(pair, list) and len(pair) >= 2 and all(type(v) in (int, float) for v in pair[:2])
    if not right or not (-180.0 <= pair[0] <= 180.0 and -90.0 <= pair[1] <= 90.0):
        text = f"{_short(pair)} is not a longitude and a latitude in degrees."
        raise InputFault("not_lon_lat", text, file=file, remedy="Write longitude first, WGS 84, in degrees.")
    return float(pair[0]), float(pair[1])


def _short(value: Any) -> str:
    """A value as a message can hold it."""
    text = ascii(value)
    return text if len(text) <= 60 else text[:57] + "..."
