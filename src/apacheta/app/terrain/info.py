"""`apacheta terrain info`: what elevation files hold, one after another, block by block."""

import argparse
import time
from functools import partial
from typing import Any

import numpy as np
from rasterio.windows import Window

from ...core.errors import Fault
from ..answer import Answer, run_to_answer, show
from ..texts import Texts
from .ground import Source

SCHEMA = "apacheta/terrain-info/1"
KEYS = ("files", "cpu_seconds")
ROWS = 256
"""Read at once: a country's tiles never need the memory of one."""


def command(arguments: argparse.Namespace) -> int:
    """The command line's `terrain info`: exit code of the first file that cannot be used, after all were looked at."""
    answer = Answer(SCHEMA, KEYS, {"files": []})
    run_to_answer(answer, lambda a: _work(a, arguments.dem))
    return show(answer, arguments.json, partial(_summary, language=arguments.lang))


def _work(answer: Answer, files: list[str]) -> None:
    cpu = time.process_time()
    for file in files:
        try:
            answer.body["files"].append(info_of(file))
        except Fault as fault:
            answer.fail(fault)
    answer.body["cpu_seconds"] = round(time.process_time() - cpu, 3)


def info_of(file: str) -> dict[str, Any]:
    """What one file holds. Raises what RasterSource does."""
    source = Source(file)
    lowest, highest, voids = np.inf, -np.inf, 0
    with source._open() as dataset:
        width, height = dataset.width, dataset.height
        for row in range(0, height, ROWS):
            band = dataset.read(1, window=Window(0, row, width, min(ROWS, height - row)), masked=True)
            metres = source._metres(band, dataset.scales[0], dataset.offsets[0])
            known = np.isfinite(metres)
            voids += int(metres.size - known.sum())
            if known.any():
                lowest, highest = min(lowest, float(metres[known].min())), max(highest, float(metres[known].max()))
        overviews, blocks = dataset.overviews(1), dataset.block_shapes[0]
    return {
        "file": file,
        "sha256": source.sha256,
        "crs": source.crs,
        "is_metric": source.is_metric,
        "width_px": width,
        "height_px": height,
        "cell_m": round(source.cell_m, 3),
        "bounds": [round(v, 7) for v in source.bounds],
        "lowest_m": None if voids == width * height else round(lowest, 2),
        "highest_m": None if voids == width * height else round(highest, 2),
        "cells_void": voids,
        "overviews": list(overviews),
        "block_px": list(blocks),
    }


def _summary(body: dict[str, Any], language: str | None) -> str:
    t = Texts(language)
    return "\n".join(
        t(
            "terrain.info",
            file=f["file"],
            wide=f["width_px"],
            high=f["height_px"],
            cell=t.number(f["cell_m"], 1),
            low=t.number(f["lowest_m"], 0),
            top=t.number(f["highest_m"], 0),
            voids=t.number(100.0 * f["cells_void"] / (f["width_px"] * f["height_px"]), 2),
        )
        for f in body["files"]
    )
