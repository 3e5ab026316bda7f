"""`apacheta terrain travel`: how long people take from a place, or to it, and by which way."""

import argparse
import json
import math
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...adapters.raster import write_geotiff
from ...core.errors import InputFault
from ...formats.geojson import chains_of, rings_of
from ...geo import Dem, Times, travel_times
from ..answer import Answer, run_to_answer, show
from ..files import write_whole
from ..texts import Texts
from .files import check_out, sha256_of
from .ground import Source, ground_round

SCHEMA = "apacheta/terrain-travel/1"
KEYS = (
    *("dem_sha256", "crs", "cell_m", "traveller", "by_night", "to_start", "start", "longest_s", "cells", "cells_void"),
    *("cells_reached", "reached_km2", "goal", "goal_time_s", "way_length_m", "out", "out_sha256", "way", "png"),
    "cpu_seconds",
)
ABOUT_M_S = 3.0
"""As fast as a walker gets downhill, and more: so far a search in so many hours can reach."""


def command(arguments: argparse.Namespace) -> int:
    """The command line's `terrain travel`."""
    answer = Answer(SCHEMA, KEYS)
    run_to_answer(answer, lambda a: _work(a, arguments))
    return show(answer, arguments.json, partial(_summary, language=arguments.lang))


def _work(answer: Answer, given: argparse.Namespace) -> None:
    cpu, source = time.process_time(), Source(given.dem)
    for path in (Path(p) for p in (given.out, given.png, given.way) if p):
        check_out(Path(given.dem), path)
    if given.way and not given.to:
        raise InputFault("no_goal", "a way needs two ends", field="--way", remedy="Give --to LAT,LON as well.")
    longest_s = math.inf if given.hours is None else 3600.0 * given.hours
    speed_m_s = 10.0 if given.traveller == "vehicle" else ABOUT_M_S
    found = ground_round(source, *given.from_, longest_s * speed_m_s)
    dem = found.dem
    start, goal = _node(source, dem, given.from_, "--from"), _node(source, dem, given.to, "--to") if given.to else None
    paths, flats = _mask(dem, given.paths, "--paths"), _mask(dem, given.flats, "--flats")
    x, y = dem.node_xy()
    times = travel_times(
        *(dem, [(x[start[1]], y[start[0]])], given.traveller),
        **{"paths": paths, "flats": flats, "by_night": not given.by_day, "longest_s": longest_s},
        to_start=given.to_start,
    )
    west, top = dem.origin_x_m - dem.cell_m / 2, dem.origin_y_m + (len(y) - 0.5) * dem.cell_m
    seconds = np.where(np.isfinite(times.time_s), times.time_s, np.nan).astype(np.float32)
    write_geotiff(Path(given.out), seconds[::-1], dem.grid.crs_wkt, (dem.cell_m, 0.0, west, 0.0, -dem.cell_m, top))
    way = times.way(*goal) if goal else np.empty((0, 2), np.int64)
    if given.way:
        write_whole(Path(given.way), _geojson(dem, way if given.to_start else way[::-1], times).encode())
    if given.png:
        from .picture import draw_times

        draw_times(Path(given.png), dem, start, times.time_s, way, Texts(given.lang))
    reached = np.isfinite(times.time_s)
    scale = dem.grid.ground_scale(float(dem.height_hae_m[start]))
    answer.body |= {
        "dem_sha256": dem.sha256,
        "crs": found.crs,
        "cell_m": round(dem.cell_m, 6),
        "traveller": given.traveller,
        "by_night": not given.by_day,
        "to_start": given.to_start,
        "start": {"lat_deg": given.from_[0], "lon_deg": given.from_[1]},
        "longest_s": None if math.isinf(longest_s) else longest_s,
        "cells": int(reached.size),
        "cells_void": int(dem.voids.sum()),
        "cells_reached": int(reached.sum()),
        "reached_km2": round(int(reached.sum()) * (dem.cell_m / scale) ** 2 / 1e6, 4),
        "goal": {"lat_deg": given.to[0], "lon_deg": given.to[1]} if given.to else None,
        "goal_time_s": round(float(times.time_s[goal]), 1) if goal and reached[goal] else None,
        "way_length_m": round(_length_m(dem, way), 1) if len(way) else None,
        "out": given.out,
        "out_sha256": sha256_of(Path(given.out)),
        "way": given.way,
        "png": given.png,
        "cpu_seconds": round(time.process_time() - cpu, 3),
    }


def _node(source: Source, dem: Dem, place: tuple[float, float], field: str) -> tuple[int, int]:
    """Row and column of the node nearest to a place."""
    x, y = dem.grid.xy(*place)
    col, row = round((x - dem.origin_x_m) / dem.cell_m), round((y - dem.origin_y_m) / dem.cell_m)
    rows, cols = dem.height_hae_m.shape
    if not (0 <= row < rows and 0 <= col < cols) or dem.voids[row, col]:
        text = f"no ground is known at {place[0]:.5f}, {place[1]:.5f} within reach"
        remedy = "Give a place where the file has heights, and hours enough."
        raise InputFault("place_void", text, file=str(source.path), field=field, remedy=remedy)
    return row, col


def _mask(dem: Dem, path: str | None, field: str) -> NDArray[np.bool_] | None:
    """Where the lines (--paths) or areas (--flats) of a GeoJSON file lie."""
    if path is None:
        return None
    import shapely
    from rasterio.features import rasterize
    from rasterio.transform import Affine

    is_lines = field == "--paths"
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        text = f"it cannot be read: {error.strerror or error}"
        raise InputFault("file_missing", text, file=path, field=field, remedy="Check the path.") from error
    chains = (chains_of if is_lines else rings_of)(data, path)
    places = [np.column_stack(dem.grid.xy(*np.array(chain, float).T[::-1])) for chain in chains]
    shapes = [(shapely.LineString if is_lines else shapely.Polygon)(p) for p in places]
    rows, cols = dem.height_hae_m.shape
    place = Affine(dem.cell_m, 0, dem.origin_x_m - dem.cell_m / 2, 0, dem.cell_m, dem.origin_y_m - dem.cell_m / 2)
    found = rasterize(shapes, (rows, cols), transform=place, all_touched=is_lines, dtype="uint8")
    return np.asarray(found, np.bool_)


def _length_m(dem: Dem, way: NDArray[np.int64]) -> float:
    return float(np.hypot(*np.diff(way, axis=0).T).sum() * dem.cell_m)


def _geojson(dem: Dem, way: NDArray[np.int64], times: Times) -> str:
    """The way as a line with heights above the ellipsoid, and its time; no geometry where there is none."""
    x, y = dem.node_xy()
    row, col = way.T
    lat, lon = dem.grid.latlon(x[col], y[row]) if len(way) else ((), ())
    points = [
        [round(float(a), 7), round(float(b), 7), round(float(dem.height_hae_m[r, c]), 1)]
        for a, b, r, c in zip(lon, lat, row, col, strict=True)
    ]
    total = round(float(times.time_s[row, col].max()), 1) if len(way) else None
    geometry = {"type": "LineString", "coordinates": points} if len(points) > 1 else None
    feature = {"type": "Feature", "geometry": geometry, "properties": {"time_s": total}}
    return json.dumps({"type": "FeatureCollection", "features": [feature]}) + "\n"


def _summary(body: dict[str, Any], language: str | None) -> str:
    t = Texts(language)
    area = t("terrain.travel.reached", out=body["out"], km2=t.number(body["reached_km2"], 1))
    if not body["goal"]:
        return area
    if body["goal_time_s"] is None:
        return area + "\n" + t("terrain.travel.never")
    km, hours = t.number(body["way_length_m"] / 1e3, 1), t.number(body["goal_time_s"] / 3600, 1)
    return area + "\n" + t("terrain.travel.way", km=km, hours=hours)
