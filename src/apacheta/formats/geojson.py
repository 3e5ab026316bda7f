"""GeoJSON (RFC 7946) to chains and rings of lon, lat; WGS 84 only."""

import json
from collections.abc import Iterator
from typing import Any

from ..core.errors import InputFault
from ..core.place import LonLat

Chain = tuple[LonLat, ...]

_WGS84 = {"urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:OGC::CRS84", "EPSG:4326", "urn:ogc:def:crs:EPSG::4326"}


def chains_of(data: bytes, file: str) -> tuple[Chain, ...]:
    """Every line in the file (LineString, MultiLineString; the rings of polygons are not lines). Raises InputFault."""
    chains: list[Chain] = []
    for kind, coordinates in _geometries(data, file):
        if kind == "LineString":
            chains.append(_chain(coordinates, file, 2))
        elif kind == "MultiLineString":
            chains += [_chain(part, file, 2) for part in coordinates]
    if not chains:
        raise InputFault(
            "no_line", "there is no line in it.", file=file, remedy="Give a LineString or MultiLineString."
        )
    return tuple(chains)


def rings_of(data: bytes, file: str) -> tuple[Chain, ...]:
    """The outer ring of every polygon in the file. A polygon with a hole is refused. Raises InputFault."""
    rings: list[Chain] = []
    for kind, coordinates in _geometries(data, file):
        if kind == "Polygon":
            rings.append(_ring(coordinates, file))
        elif kind == "MultiPolygon":
            rings += [_ring(part, file) for part in coordinates]
    if not rings:
        raise InputFault("no_polygon", "there is no polygon in it.", file=file, remedy="Give a Polygon.")
    return tuple(rings)


def _geometries(data: bytes, file: str) -> Iterator[tuple[str, Any]]:
    try:
        whole = json.loads(data)
    except (UnicodeDecodeError, json.JSONDecodeError) as wrong:
        text = f"not readable as GeoJSON: {wrong}."
        raise InputFault("not_geojson", text, file=file, remedy="Write the file again as GeoJSON.") from None
    _check_crs(whole, file)
    yield from _walk(whole, file)


def _walk(value: Any, file: str) -> Iterator[tuple[str, Any]]:
    kind = value.get("type") if isinstance(value, dict) else None
    if kind == "FeatureCollection":
        for feature in value.get("features", []):
            yield from _walk(feature, file)
    elif kind == "Feature":
        if value.get("geometry") is not None:
            yield from _walk(value["geometry"], file)
    elif kind == "GeometryCollection":
        for geometry in value.get("geometries", []):
            yield from _walk(geometry, file)
    elif isinstance(kind, str) and "coordinates" in value:
        yield kind, value["coordinates"]
    else:
        raise InputFault("not_geojson", "it holds no GeoJSON geometry.", file=file, remedy="Write it again as GeoJSON.")


def _check_crs(whole: Any, file: str) -> None:
    """The old `crs` member is allowed when it names WGS 84, as many programs still write it."""
    crs = whole.get("crs") if isinstance(whole, dict) else None
    if crs is None:
        return
    name = crs.get("properties", {}).get("name") if isinstance(crs, dict) else None
    if name not in _WGS84:
        text = f"its coordinates are in {name}, not in WGS 84."
        raise InputFault("not_wgs84", text, file=file, field="crs", remedy="Convert it: ogr2ogr -t_srs EPSG:4326.")


def _ring(parts: Any, file: str) -> Chain:
    if not isinstance(parts, list) or not parts:
        raise InputFault("not_geojson", "a polygon in it has no ring.", file=file, remedy="Draw its outline.")
    if len(parts) > 1:
        text = "a polygon in it has a hole, which no area here can have."
        raise InputFault("polygon_with_hole", text, file=file, remedy="Cut it into polygons without holes.")
    return _chain(parts[0], file, 4)


def _chain(coordinates: Any, file: str, least: int) -> Chain:
    if not isinstance(coordinates, list) or len(coordinates) < least:
        text = f"a line or ring in it has fewer than {least} points."
        raise InputFault("too_few_points", text, file=file, remedy="Draw it with more points.")
    return tuple(_point(pair, file) for pair in coordinates)


def _point(pair: Any, file: str) -> LonLat:
    right = isinstance(pair, list) and len(pair) >= 2 and all(type(v) in (int, float) for v in pair[:2])
    if not right or not (-180.0 <= pair[0] <= 180.0 and -90.0 <= pair[1] <= 90.0):
        text = f"{pair} is not a longitude and a latitude in degrees."
        raise InputFault("not_lon_lat", text, file=file, remedy="Write longitude first, WGS 84, in degrees.")
    return float(pair[0]), float(pair[1])
