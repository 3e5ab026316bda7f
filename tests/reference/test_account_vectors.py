"""The account against published vectors: transparency-dev/merkle, RFC 8785, C2SP's examples, RFC 6962's definition."""

import base64
import json
import struct

import pytest

from apacheta.account import leaf_hash, node_hash, tile_path, tiles_of_growth, verify_consistency, verify_inclusion
from apacheta.account.merkle import EMPTY_ROOT
from apacheta.formats.canonical import canonical_bytes
from apacheta_verify import canonical, files, tree


def _vectors(shared_data, kind):
    return [
        json.loads(path.read_text()) for path in sorted((shared_data / "account/merkle-vectors" / kind).rglob("*.json"))
    ]


def _bytes(text):
    return base64.b64decode(text or "")


def test_inclusion_vectors_are_judged_as_published(shared_data):
    cases = _vectors(shared_data, "inclusion")
    assert len(cases) == 98
    for c in cases:
        proof = [_bytes(p) for p in c["proof"] or []]
        held = verify_inclusion(c["leafIdx"], c["treeSize"], _bytes(c["leafHash"]), proof, _bytes(c["root"]))
        assert held is not c["wantErr"], c["desc"]


def test_consistency_vectors_are_judged_as_published(shared_data):
    cases = _vectors(shared_data, "consistency")
    assert len(cases) == 98
    for c in cases:
        proof = [_bytes(p) for p in c["proof"] or []]
        held = verify_consistency(c["size1"], c["size2"], proof, _bytes(c["root1"]), _bytes(c["root2"]))
        assert held is not c["wantErr"], c["desc"]


@pytest.mark.parametrize("name", ["arrays", "french", "structures", "unicode", "values", "weird"])
def test_canonical_json_vectors_hold_for_writer_and_verifier(shared_data, name):
    folder = shared_data / "account/jcs"
    wanted = (folder / "output" / f"{name}.json").read_bytes()
    source = (folder / "input" / f"{name}.json").read_bytes()
    assert canonical_bytes(json.loads(source)) == wanted
    assert canonical.canonical_text(json.loads(source, parse_int=float)).encode() == wanted
    canonical.canonical_value(wanted)
    if source != wanted:
        with pytest.raises(ValueError, match="canonical"):
            canonical.canonical_value(source)


@pytest.mark.parametrize(
    ("bits", "wanted"),
    [  # RFC 8785 appendix B
        (0x0000000000000000, "0"),
        (0x8000000000000000, "0"),
        (0x0000000000000001, "5e-324"),
        (0x8000000000000001, "-5e-324"),
        (0x7FEFFFFFFFFFFFFF, "1.7976931348623157e+308"),
        (0x4340000000000000, "9007199254740992"),
        (0xC340000000000000, "-9007199254740992"),
        (0x4430000000000000, "295147905179352830000"),
        (0x44B52D02C7E14AF5, "9.999999999999997e+22"),
        (0x44B52D02C7E14AF6, "1e+23"),
        (0x444B1AE4D6E2EF4E, "999999999999999700000"),
        (0x444B1AE4D6E2EF50, "1e+21"),
        (0x3EB0C6F7A0B5ED8C, "9.999999999999997e-7"),
        (0x3EB0C6F7A0B5ED8D, "0.000001"),
        (0x41B3DE4355555553, "333333333.3333332"),
        (0x41B3DE4355555557, "333333333.33333343"),
        (0xBECBF647612F3696, "-0.0000033333333333333333"),
        (0x43143FF3C1CB0959, "1424953923781206.2"),
    ],
)
def test_numbers_are_written_as_the_standard_lists_them(bits, wanted):
    assert canonical.number_text(struct.unpack(">d", struct.pack(">Q", bits))[0]) == wanted


@pytest.mark.parametrize(
    "data",
    [b'{"b":1,"a":2}', b'{"a":1,"a":2}', b'{"a": 1}', b'"\\u0041"', b"1.0", b"NaN", b"1e400", b'"\\ud800"', b"\xff"],
)
def test_what_is_not_canonical_is_refused(data):
    with pytest.raises(ValueError, match=r"."):
        canonical.canonical_value(data)


def test_nesting_without_end_is_refused():
    with pytest.raises(ValueError, match="nested"):
        canonical.canonical_value(b"[" * 60_000 + b"]" * 60_000)


def test_tiles_are_named_as_c2sp_names_them():
    assert tile_path(0, 1_234_067) == "tile/0/x001/x234/067"
    assert tile_path("entries", 273, 112) == "tile/entries/273.p/112"
    assert files.Tile(0, 1_234_067, 256).path == "tile/0/x001/x234/067"
    assert files.tile_of("tile/entries/x001/273.p/112") == files.Tile(-1, 1273, 112)
    assert files.tile_of("tile/0/000.p/256") is None


def test_seventy_thousand_entries_need_the_tiles_of_c2sps_example():
    widths = {}
    for tile in tiles_of_growth(0, 70_000):
        widths.setdefault(tile.level, []).append(tile.width)
    assert widths == {0: [256] * 273 + [112], 1: [256, 17], 2: [1]}
    assert [t.width for t in tiles_of_growth(0, 256)] == [256, 1]


def _tree_head(leaves):
    """MTH of RFC 6962 section 2.1, word for word."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else EMPTY_ROOT
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    return node_hash(_tree_head(leaves[:k]), _tree_head(leaves[k:]))


def test_the_verifiers_root_is_the_standards():
    leaves = [leaf_hash(bytes([n % 251])) for n in range(600)]
    for size in [*range(70), 255, 256, 257, 511, 512, 600]:
        assert tree.root_of(leaves[:size]) == _tree_head(leaves[:size])
