"""`apacheta terrain mosaic`: tiles of a country as one elevation file, without copying them."""

import argparse
import time
from functools import partial
from pathlib import Path
from typing import Any

from ...adapters.raster.mosaic import mosaic_xml, tile_of
from ...core.errors import InputFault
from ..answer import Answer, run_to_answer, show
from ..files import write_whole
from ..texts import Texts
from .files import check_out, sha256_of
from .ground import Source

SCHEMA = "apacheta/terrain-mosaic/1"
KEYS = ("tiles", "crs", "cell_m", "width_px", "height_px", "bounds", "out", "out_sha256", "dem_sha256", "cpu_seconds")


def command(arguments: argparse.Namespace) -> int:
    """The command line's `terrain mosaic`."""
    answer = Answer(SCHEMA, KEYS)
    run_to_answer(answer, lambda a: _work(a, arguments))
    return show(answer, arguments.json, partial(_summary, language=arguments.lang))


def _work(answer: Answer, given: argparse.Namespace) -> None:
    cpu, out = time.process_time(), Path(given.out)
    if out.suffix.lower() != ".vrt":
        raise InputFault("not_vrt", f"{out.name} is no .vrt", field="--out", remedy="Name it like country.vrt.")
    for file in given.dem:
        check_out(Path(file), out)
    tiles = [tile_of(Path(file)) for file in given.dem]
    write_whole(out, mosaic_xml(tiles, out.parent))
    joined = Source(out)
    answer.body |= {
        "tiles": len(tiles),
        "crs": joined.crs,
        "cell_m": round(joined.cell_m, 3),
        "width_px": joined.size_px[0],
        "height_px": joined.size_px[1],
        "bounds": [round(v, 7) for v in joined.bounds],
        "out": given.out,
        "out_sha256": sha256_of(out),
        "dem_sha256": joined.sha256,
        "cpu_seconds": round(time.process_time() - cpu, 3),
    }


def _summary(body: dict[str, Any], language: str | None) -> str:
    t = Texts(language)
    values = {"out": body["out"], "tiles": body["tiles"], "wide": body["width_px"], "high": body["height_px"]}
    return t("terrain.mosaic", **values)
