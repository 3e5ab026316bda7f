"""Whatever a file holds, reading it gives records or an InputFault with a remedy: never any other error."""

import json
import tomllib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sectors import MANDATE, SECTOR

from apacheta.core.errors import InputFault
from apacheta.formats.geojson import chains_of, rings_of
from apacheta.formats.mandate_toml import MandateFile, mandate_file_of
from apacheta.formats.plan_json import decode_plan
from apacheta.formats.sector_toml import SectorFile, sector_file_of
from apacheta.formats.strict import record_of

NUMBER = st.integers() | st.floats() | st.floats(-180, 180) | st.sampled_from([0, 1, -70, 10**400])
PLAIN = st.text(max_size=4) | st.sampled_from(["EPSG:4326", "sector/" + "9" * 5000])
TEXT = PLAIN | st.just("\ud800")
"""JSON may write half of a character, TOML may not."""


def anything(text: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """Any plain value with such texts in it."""
    return st.recursive(
        st.none() | st.booleans() | NUMBER | text,
        lambda inner: st.lists(inner, max_size=6) | st.dictionaries(text, inner, max_size=4),
        max_leaves=25,
    )


ANYTHING = anything(TEXT)
POINTS = st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3)).map(list), max_size=9)
COORDINATES = POINTS | st.lists(POINTS, max_size=2) | st.lists(st.lists(POINTS, max_size=2), max_size=2) | ANYTHING
KINDS = ("Point", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "FeatureCollection", "Feature")
SHAPES = st.recursive(
    st.fixed_dictionaries(
        {"type": st.sampled_from([*KINDS, "GeometryCollection"]) | ANYTHING},
        optional={
            "coordinates": COORDINATES,
            "crs": st.fixed_dictionaries({"properties": st.fixed_dictionaries({"name": ANYTHING}) | ANYTHING}),
        },
    )
    | ANYTHING,
    lambda inner: st.fixed_dictionaries(
        {"type": st.sampled_from(KINDS[5:]) | st.just("GeometryCollection")},
        optional={name: st.lists(inner, max_size=3) | inner for name in ("features", "geometries", "geometry", "crs")},
    ),
    max_leaves=5,
)


def read(call: Callable[[], Any]) -> Any:
    """What a reader gives; None where it refuses, with a remedy and a message that can be written."""
    try:
        return call()
    except InputFault as refused:
        fault = refused
    assert fault.line.remedy
    assert str(fault).encode()
    return None


@settings(max_examples=400)
@given(SHAPES)
def test_any_json_gives_rings_and_chains_or_a_fault(value: Any) -> None:
    data = json.dumps(value).encode()
    read(lambda: chains_of(data, "x.geojson"))
    for ring in read(lambda: rings_of(data, "x.geojson")) or ():
        assert len(ring) >= 4


@given(st.binary(max_size=200))
def test_any_bytes_give_a_record_or_a_fault(data: bytes) -> None:
    for reader in (chains_of, rings_of, sector_file_of, mandate_file_of, decode_plan):
        read(lambda reader=reader: reader(data, "x"))


@pytest.mark.parametrize(
    "data",
    [b"[" * 100_000, b"9" * 5000, b'{"type": ' * 3000 + b"1" + b"}" * 3000, b'format = "sector/' + b"9" * 5000 + b'"'],
)
def test_lists_in_lists_and_numbers_without_end_are_faults(data: bytes) -> None:
    for reader in (chains_of, rings_of, sector_file_of, mandate_file_of, decode_plan):
        for prefix in (b"", b"a = "):
            assert read(lambda reader=reader, whole=prefix + data: reader(whole, "x")) is None


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value inside a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, item in inner for found in places(item, (*path, key)))]


def with_at(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """The value with another one at a place."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = with_at(value[path[0]], path[1:], new)
    return copy


@settings(max_examples=200)
@given(st.data())
def test_any_value_at_any_key_gives_a_record_or_a_fault(data: st.DataObject) -> None:
    for text, record, kind in ((SECTOR, SectorFile, "sector"), (MANDATE, MandateFile, "mandate")):
        content = tomllib.loads(text)
        changed = with_at(content, data.draw(st.sampled_from(places(content))), data.draw(anything(PLAIN)))
        read(lambda c=changed, r=record, k=kind: record_of(c, r, kind=k, version=1, file="x"))
