"""Write docs/schemas/*.json from the records themselves: `python design/make_schemas.py`.

Files get the schema of the struct that decodes them. A command's answer has no struct: its pinned keys, which are
never missing, are taken from the command, and their types from the unit at the end of each name. A test writes them
again and compares, so that a schema never says what the code does not.
"""

import importlib
import json
import re
from pathlib import Path
from typing import Any

import msgspec

from apacheta.core.alerts import Alert, Decision
from apacheta.core.entries import Entry
from apacheta.core.errors import ErrorLine
from apacheta.core.plan import WatchPlan
from apacheta.formats.aircraft_toml import AircraftFile
from apacheta.formats.mandate_toml import MandateFile
from apacheta.formats.sector_toml import SectorFile

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "schemas"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
RECORDS: dict[str, Any] = {
    "sector-1": SectorFile,
    "mandate-1": MandateFile,
    "aircraft-1": AircraftFile,
    "plan-1": WatchPlan,
    "entry": Entry,
    "alert": Alert,
    "decision": Decision,
}
ANSWERS = {
    "answer-demo-1": ("apacheta.app.demo.command", "apacheta/demo/1"),
    "answer-plan-1": ("apacheta.app.plan", "apacheta/plan/1"),
    "answer-prove-1": ("apacheta.app.prove", "apacheta/prove/1"),
    "answer-export-1": ("apacheta.app.export", "apacheta/export/1"),
    "answer-watch-1": ("apacheta.app.watch.command", "apacheta/watch/1"),
    "answer-certify-1": ("apacheta.app.certify.command", "apacheta/certify/1"),
    "answer-calibrate-1": ("apacheta.app.calibrate.command", "apacheta/calibrate/1"),
    "answer-doctor-video-1": ("apacheta.app.doctor", "apacheta/doctor-video/1"),
    "answer-terrain-tiles-1": ("apacheta.app.terrain.tiles", "apacheta/terrain-tiles/1"),
    "answer-terrain-viewshed-1": ("apacheta.app.terrain.viewshed", "apacheta/terrain-viewshed/1"),
    "answer-terrain-profile-1": ("apacheta.app.terrain.profile", "apacheta/terrain-profile/1"),
    "answer-terrain-travel-1": ("apacheta.app.terrain.travel", "apacheta/terrain-travel/1"),
    "answer-terrain-info-1": ("apacheta.app.terrain.info", "apacheta/terrain-info/1"),
    "answer-terrain-mosaic-1": ("apacheta.app.terrain.mosaic", "apacheta/terrain-mosaic/1"),
    "answer-bench-1": ("apacheta.app.bench", "apacheta/bench/1"),
}
_NUMBER = re.compile(r"_(m|s|km2|px|hz|mb|km2_h|hour|fraction|deg|factor|seconds)$")


def schemas() -> dict[str, str]:
    """Every schema by file name, as the text of the file."""
    made = {f"{name}.json": _of_record(record) for name, record in RECORDS.items()}
    made |= {f"{name}.json": _of_answer(*place) for name, place in ANSWERS.items()}
    return {
        name: json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True) + "\n" for name, schema in made.items()
    }


def _of_record(record: Any) -> dict[str, Any]:
    return {"$schema": DIALECT, **msgspec.json.schema(record)}


def _of_answer(module: str, schema: str) -> dict[str, Any]:
    keys = importlib.import_module(module).KEYS
    (line,), components = msgspec.json.schema_components([ErrorLine])
    general = {
        "schema": {"const": schema},
        "apacheta": {"type": "string"},
        "ok": {"type": "boolean"},
        "exit_code": {"enum": [0, 1, 2, 3, 4, 5, 130]},
        "warnings": {"type": "array", "items": line},
        "errors": {"type": "array", "items": line},
    }
    return {
        "$schema": DIALECT,
        "title": schema,
        "type": "object",
        "properties": general | {key: _type_of(key) for key in keys},
        "required": [*general, *keys],
        "$defs": components,
    }


def _type_of(key: str) -> dict[str, Any]:
    """What the name promises; whatever is unknown is null."""
    if key.endswith("_sha256"):
        return {"type": ["string", "null"], "pattern": "^[0-9a-f]{64}$"}
    if key.endswith("_utc_ns"):
        return {"type": ["string", "null"], "pattern": "^[0-9]+$"}
    if _NUMBER.search(key):
        return {"type": ["number", "null"]}
    return {}


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in schemas().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        print(f"docs/schemas/{name}")
