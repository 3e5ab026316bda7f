"""The JSON Schemas in docs say what the code does."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import msgspec
import pytest
from report_sample import sample

SCHEMAS = Path(__file__).resolve().parents[2] / "docs" / "schemas"


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    """The script that writes them."""
    path = SCHEMAS.parents[1] / "design" / "make_schemas.py"
    spec = importlib.util.spec_from_file_location("make_schemas", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_schemas_are_those_of_the_code(maker: ModuleType) -> None:
    made = maker.schemas()
    kept = {path.name: path.read_text(encoding="utf-8") for path in SCHEMAS.glob("*.json")}
    stale = [name for name in made.keys() | kept.keys() if made.get(name) != kept.get(name)]
    assert stale == [], "run: python design/make_schemas.py"


def test_a_plan_has_every_key_that_its_schema_requires() -> None:
    schema = json.loads((SCHEMAS / "plan-1.json").read_text(encoding="utf-8"))
    required = set(schema["$defs"]["WatchPlan"]["required"])
    assert required
    assert required - set(msgspec.to_builtins(sample(alerts=0, flights=1).plan)) == set()


def test_the_demo_schema_has_the_pinned_keys() -> None:
    schema = json.loads((SCHEMAS / "answer-demo-1.json").read_text(encoding="utf-8"))
    pinned = (
        "schema ok exit_code warnings errors seed post report alerts log_verified marker_error_max_m checkpoint_sha256"
    )
    assert set(pinned.split()) <= set(schema["required"])
