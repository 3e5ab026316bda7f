"""`apacheta terrain viewshed`: what is seen from a place, as GeoTIFF and picture."""

import argparse
import math
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...adapters.raster import write_geotiff
from ...core.errors import InputFault
from ...geo import Dem, Look, Viewshed, hae_of_amsl, undulation_m, viewshed
from ...geo.visibility import IS_OUT, IS_SEEN
from ..answer import Answer, run_to_answer, show
from ..texts import Texts
from .files import check_out, sha256_of
from .ground import Ground, Source, ground_round

SCHEMA = "apacheta/terrain-viewshed/1"
KEYS = (
    *("dem_sha256", "crs", "cell_m", "mode", "observer", "target_height_m", "range_m", "refraction_coefficient"),
    *("geoid", "azimuth_deg", "elevation_deg", "cells", "cells_in_range", "cells_void", "cells_seen", "seen_km2"),
    *("out", "out_sha256", "png", "cpu_seconds"),
)


def command(arguments: argparse.Namespace) -> int:
    """The command line's `terrain viewshed`."""
    answer = Answer(SCHEMA, KEYS)
    run_to_answer(answer, lambda a: _work(a, arguments))
    return show(answer, arguments.json, partial(_summary, language=arguments.lang))


def _work(answer: Answer, given: argparse.Namespace) -> None:
    cpu, out = time.process_time(), Path(given.out)
    source, range_m = Source(given.dem), math.inf if given.range is None else given.range
    for path in (out, *([Path(given.png)] if given.png else [])):
        check_out(Path(given.dem), path)
    found = ground_round(source, given.lat, given.lon, range_m)
    eye = _eye(source, found.dem, given)
    look = Look(
        target_height_m=given.target_height,
        range_m=range_m,
        refraction=given.refraction,
        azimuth_deg=given.azimuth,
        elevation_deg=given.elevation,
    )
    shed = viewshed(found.dem, eye, look, given.mode, with_margin=given.margin).of_model(found.dem)
    _write(out, found, shed)
    if given.png:
        from .picture import draw

        draw(Path(given.png), found.dem, eye, shed.seen, Texts(given.lang))
    answer.body |= _told(found, eye, look, shed, given) | {
        "out": given.out,
        "out_sha256": sha256_of(out),
        "png": given.png,
        "cpu_seconds": round(time.process_time() - cpu, 3),
    }


def _eye(source: Source, dem: Dem, given: argparse.Namespace) -> NDArray[np.float64]:
    """The observer in the model's grid, metres HAE."""
    x, y = dem.grid.xy(given.lat, given.lon)
    ground = dem.height_at(x, y)
    if math.isnan(ground):
        raise InputFault(
            "place_void",
            f"no ground is known at {given.lat:.5f}, {given.lon:.5f}",
            file=str(source.path),
            field="--lat, --lon",
            remedy="Give a place where the file has heights.",
        )
    heights = {"ground": ground + given.height, "amsl": hae_of_amsl(given.lat, given.lon, given.height)}
    z = heights.get(given.above, given.height)
    if z < ground:
        raise InputFault(
            "observer_under_ground",
            f"the observer lies {ground - z:.1f} m under the ground there",
            field="--height",
            remedy=f"The ground is {ground - undulation_m(given.lat, given.lon):.1f} m above mean sea level.",
        )
    return np.array([x, y, z])


def _write(out: Path, found: Ground, shed: Viewshed) -> None:
    """Rows from the north; pixel centres are the model's nodes."""
    dem, values = found.dem, shed.seen if shed.margin_m is None else shed.margin_m
    west, top = dem.origin_x_m - dem.cell_m / 2, dem.origin_y_m + (values.shape[0] - 0.5) * dem.cell_m
    nodata = float(IS_OUT) if values.dtype == np.uint8 else None
    write_geotiff(out, values[::-1], dem.grid.crs_wkt, (dem.cell_m, 0.0, west, 0.0, -dem.cell_m, top), nodata)


def _told(
    found: Ground, eye: NDArray[np.float64], look: Look, shed: Viewshed, given: argparse.Namespace
) -> dict[str, Any]:
    dem = found.dem
    seen = int((shed.seen == IS_SEEN).sum())
    above = undulation_m(given.lat, given.lon)
    ground = float(dem.height_at(eye[0], eye[1]))
    return {
        "dem_sha256": dem.sha256,
        "crs": found.crs,
        "cell_m": round(dem.cell_m, 6),
        "mode": given.mode,
        "observer": {
            "lat_deg": given.lat,
            "lon_deg": given.lon,
            "height_m": given.height,
            "above": given.above,
            "alt_hae_m": round(float(eye[2]), 3),
            "alt_amsl_m": round(float(eye[2] - above), 3),
            "ground_amsl_m": round(ground - above, 3),
        },
        "target_height_m": look.target_height_m,
        "range_m": given.range,
        "refraction_coefficient": look.refraction,
        "azimuth_deg": given.azimuth,
        "elevation_deg": given.elevation,
        "geoid": found.geoid,
        "cells": int(shed.seen.size),
        "cells_in_range": int((shed.seen != IS_OUT).sum()),
        "cells_void": int(dem.voids.sum()),
        "cells_seen": seen,
        "seen_km2": round(seen * (dem.cell_m / dem.grid.ground_scale(eye[2])) ** 2 / 1e6, 4),
    }


def _summary(body: dict[str, Any], language: str | None) -> str:
    t = Texts(language)
    share = t.number(100.0 * body["cells_seen"] / max(body["cells_in_range"], 1), 1)
    return t("terrain.seen", out=body["out"], km2=t.number(body["seen_km2"], 2), share=share)
