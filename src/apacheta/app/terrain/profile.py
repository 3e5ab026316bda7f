"""`apacheta terrain profile`: the ground between two places, whether one sees the other, what a radio link costs."""

import argparse
import csv
import io
import math
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod

from ...core.errors import InputFault
from ...geo import (
    LIGHT_M_S,
    Dem,
    Profile,
    diffraction_loss_db,
    free_space_loss_db,
    line_of_sight,
    profile,
    undulation_m,
)
from ..answer import Answer, run_to_answer, show
from ..files import write_whole
from ..texts import Texts
from .files import check_out, sha256_of
from .ground import Source, ground_round

SCHEMA = "apacheta/terrain-profile/1"
KEYS = (
    *("dem_sha256", "crs", "cell_m", "geoid", "refraction_coefficient", "distance_m", "azimuth_deg", "points", "voids"),
    *("seen", "least_clearance_m", "least_clearance_at_m", "highest_amsl_m", "frequency_hz", "least_fresnel_share"),
    *("free_space_loss_db", "diffraction_loss_db", "out", "out_sha256", "png", "cpu_seconds"),
)
COLUMNS = ("distance_m", "lat_deg", "lon_deg", "ground_amsl_m", "line_amsl_m", "clearance_m", "fresnel_radius_m")
_GEOD = Geod(ellps="WGS84")


def command(arguments: argparse.Namespace) -> int:
    """The command line's `terrain profile`."""
    answer = Answer(SCHEMA, KEYS)
    run_to_answer(answer, lambda a: _work(a, arguments))
    return show(answer, arguments.json, partial(_summary, language=arguments.lang))


def _work(answer: Answer, given: argparse.Namespace) -> None:
    cpu, source = time.process_time(), Source(given.dem)
    for path in (Path(p) for p in (given.out, given.png) if p):
        check_out(Path(given.dem), path)
    (lat0, lon0), (lat1, lon1) = given.from_, given.to
    azimuth, _, distance = _GEOD.inv(lon0, lat0, lon1, lat1)
    if distance < 1.0:
        raise InputFault("one_place", "both ends are the same place", field="--to", remedy="Give two places.")
    lon, lat, _ = _GEOD.fwd(lon0, lat0, azimuth, distance / 2)
    found = ground_round(source, lat, lon, 0.51 * distance + 10 * source.cell_m)
    ends = [
        _end(source, found.dem, *place, given)
        for place in ((*given.from_, given.from_height), (*given.to, given.to_height))
    ]
    line = profile(found.dem, *ends, refraction=given.refraction)
    answer.body |= {"dem_sha256": found.dem.sha256, "crs": found.crs, "geoid": found.geoid}
    answer.body |= _told(found.dem, line, ends, given) | {"distance_m": round(distance, 2)}
    answer.body |= {"azimuth_deg": round(azimuth % 360.0, 3), "refraction_coefficient": given.refraction}
    if given.out:
        write_whole(Path(given.out), _table(found.dem, line, given.frequency).encode())
        answer.body |= {"out": given.out, "out_sha256": sha256_of(Path(given.out))}
    if given.png:
        from .picture import draw_profile

        draw_profile(Path(given.png), line, LIGHT_M_S / given.frequency if given.frequency else None, Texts(given.lang))
        answer.body["png"] = given.png
    answer.body["cpu_seconds"] = round(time.process_time() - cpu, 3)


def _end(
    source: Source, dem: Dem, lat_deg: float, lon_deg: float, height_m: float, given: argparse.Namespace
) -> NDArray[np.float64]:
    """One end in the model's grid, metres HAE."""
    x, y = dem.grid.xy(lat_deg, lon_deg)
    ground = dem.height_at(x, y)
    if math.isnan(ground):
        raise InputFault(
            "place_void",
            f"no ground is known at {lat_deg:.5f}, {lon_deg:.5f}",
            file=str(source.path),
            field="--from, --to",
            remedy="Give places where the file has heights.",
        )
    return np.array([x, y, ground + height_m])


def _told(dem: Dem, line: Profile, ends: list[NDArray[np.float64]], given: argparse.Namespace) -> dict[str, Any]:
    inner, known = line.clearance_m[1:-1], np.isfinite(line.ground_hae_m)
    least = int(np.nanargmin(inner)) if np.isfinite(inner).any() else None
    lat, lon = dem.grid.latlon(line.x_m, line.y_m)
    amsl = line.ground_hae_m - undulation_m(lat, lon)
    told = {
        "cell_m": round(dem.cell_m, 6),
        "points": len(line.distance_m),
        "voids": int((~known).sum()),
        "seen": bool(line_of_sight(dem, *ends, given.refraction)[0]) if known.all() else None,
        "least_clearance_m": None if least is None else round(float(inner[least]), 3),
        "least_clearance_at_m": None if least is None else round(float(line.distance_m[least + 1]), 1),
        "highest_amsl_m": round(float(np.nanmax(amsl)), 2),
        "frequency_hz": given.frequency,
    }
    if given.frequency:
        told |= _radio(dem, line, ends, given.frequency)
    return told


def _radio(dem: Dem, line: Profile, ends: list[NDArray[np.float64]], frequency_hz: float) -> dict[str, Any]:
    """Over an effective Earth of 4/3, whatever light does."""
    bent = profile(dem, *ends, refraction=0.25)
    share = bent.clearance_m[1:-1] / bent.fresnel_radius_m(LIGHT_M_S / frequency_hz)[1:-1]
    loss = float(diffraction_loss_db(dem, *ends, frequency_hz)[0])
    return {
        "least_fresnel_share": round(float(np.nanmin(share)), 3) if np.isfinite(share).any() else None,
        "free_space_loss_db": round(float(free_space_loss_db(np.linalg.norm(ends[1] - ends[0]), frequency_hz)), 2),
        "diffraction_loss_db": round(loss, 2) if math.isfinite(loss) else None,
    }


def _table(dem: Dem, line: Profile, frequency_hz: float | None) -> str:
    """The profile as CSV, one line a step."""
    lat, lon = dem.grid.latlon(line.x_m, line.y_m)
    above = undulation_m(lat, lon)
    zone = line.fresnel_radius_m(LIGHT_M_S / frequency_hz) if frequency_hz else np.full(len(lat), np.nan)
    rows = zip(
        *(line.distance_m, lat, lon, line.ground_hae_m - above, line.line_hae_m - above, line.clearance_m, zone),
        strict=True,
    )
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    digits = (2, 7, 7, 2, 2, 2, 2)
    writer.writerows(["" if math.isnan(v) else f"{v:.{d}f}" for v, d in zip(row, digits, strict=True)] for row in rows)
    return text.getvalue()


def _summary(body: dict[str, Any], language: str | None) -> str:
    t = Texts(language)
    key = {True: "terrain.profile.seen", False: "terrain.profile.hidden", None: "terrain.profile.unknown"}[body["seen"]]
    least_m = body["least_clearance_m"]
    clear_m = None if least_m is None else abs(least_m)
    return t(key, km=t.number(body["distance_m"] / 1e3, 2), clear=t.number(clear_m, 1))
