"""`apacheta calibrate VIDEO... --walks FILE --terrain DEM --out FILE`: a table of looks from decoys' walks."""

import argparse
import time
from collections.abc import Sequence
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from ...adapters.stream import FileStream
from ...core.errors import ErrorLine, Refusal
from ...formats.canonical import sha256_hex
from ...plan.noticing import LookTable, default_table, written
from ..answer import Answer, run_to_answer, show
from ..chain import ChainSettings
from ..files import write_whole
from ..loading import load_look_table
from ..report.intervals import wilson_95
from ..watch.chain import WatchChain
from ..watch.refusals import terrain_of
from .fit import Shift, moved, predicted_of, shifts_of
from .passing import Pass, Passing
from .walks import Walk, load_walks

SCHEMA = "apacheta/calibrate/1"
KEYS = (
    *("videos", "walks", "passes", "noticed", "kinds", "rows", "look_table_sha256", "out", "out_sha256"),
    *("cpu_seconds",),
)
BINS_M = (0.0, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0, np.inf)
"""Ground resolution, metres a pixel."""


def command(arguments: argparse.Namespace) -> int:
    """The command line's `calibrate`."""
    answer = Answer(SCHEMA, KEYS)
    run_to_answer(answer, lambda a: _work(a, arguments))
    return show(answer, arguments.json, lambda body: _summary(body, arguments.lang))


def _work(answer: Answer, arguments: argparse.Namespace) -> None:
    cpu, out = time.process_time(), Path(arguments.out)
    walks = load_walks(Path(arguments.walks))
    table = default_table() if arguments.looks is None else load_look_table(Path(arguments.looks))
    passes = [one for video in arguments.video for one in passes_of(video, arguments.terrain, walks)]
    shifts = shifts_of(passes, table)
    answer.body |= {
        "videos": len(arguments.video),
        "walks": len(walks),
        "passes": len(passes),
        "noticed": sum(one.noticed_after_s is not None for one in passes),
        "kinds": [_kind_row(shift) for shift in shifts],
        "rows": rows_of(passes, table),
        "look_table_sha256": table.sha256,
        "cpu_seconds": round(time.process_time() - cpu, 3),
    }
    answer.warnings += [_too_few(shift) for shift in shifts if shift.least is None]
    if all(shift.least is None for shift in shifts):
        text = f"{len(passes)} passes of decoys through the pictures say too little of any kind."
        raise Refusal("too_few_passes", text, field="--walks", remedy="Let decoys walk through more looks.")
    data = written(moved(table, shifts))
    write_whole(out, data)
    answer.body |= {"out": str(out), "out_sha256": sha256_hex(data)}


def passes_of(video: str, terrain: str, walks: Sequence[Walk]) -> list[Pass]:
    """A recording through the chain that watches, and who passed through its pictures."""
    source = FileStream(video)
    try:
        chain = WatchChain(ChainSettings(stream=source.name), None, terrain_of(terrain), None)
        chain.tap = passing = Passing(walks, lambda: chain.eye)
        for chunk in source.chunks():
            chain.feed(chunk.data, chunk.received_monotonic_ns)
        chain.end()
    finally:
        source.close()
    return passing.passes()


def rows_of(passes: Sequence[Pass], table: LookTable) -> list[dict[str, Any]]:
    """Predicted and observed by kind and ground resolution."""
    rows = []
    for kind in sorted({one.kind for one in passes}):
        for low, high in pairwise(BINS_M):
            mine = [one for one in passes if one.kind == kind and low <= one.gsd_m < high]
            if mine:
                noticed = sum(one.noticed_after_s is not None for one in mine)
                rows.append(
                    {
                        "kind": kind,
                        "gsd_from_m": low,
                        "gsd_to_m": high if np.isfinite(high) else None,
                        "passes": len(mine),
                        "noticed": noticed,
                        "interval_95": wilson_95(noticed, len(mine)),
                        "predicted": float(predicted_of(mine, table).mean()),
                    }
                )
    return rows


def _kind_row(shift: Shift) -> dict[str, Any]:
    return asdict(shift) | {"interval_95": wilson_95(shift.noticed, shift.passes), "replaced": shift.least is not None}


def _too_few(shift: Shift) -> ErrorLine:
    text = f"{shift.passes} passes of kind {shift.kind} are too few: the table keeps what it says of them."
    return ErrorLine(
        code="too_few_passes", text=text, field=shift.kind, remedy="Let decoys of this kind pass more often."
    )


def _summary(body: dict[str, Any], language: str | None) -> str:
    from ..texts import Texts

    t = Texts(language)
    lines = [
        t(
            "calibrate.kind",
            kind=t(f"calibrate.{one['kind']}"),
            noticed=one["noticed"],
            passes=one["passes"],
            predicted=t.number(100.0 * one["predicted"]),
        )
        for one in body["kinds"]
    ]
    return "\n".join([*lines, body["out"]])
