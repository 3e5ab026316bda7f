"""The tree's proofs hold for the truth and for nothing else; its roots are those of a second implementation."""

from hypothesis import given
from hypothesis import strategies as st

from apacheta.account import MerkleTree, bundle_of, entries_of, leaf_hash, verify_consistency, verify_inclusion
from apacheta_verify import tree as second

LEAVES = [leaf_hash(n.to_bytes(4, "big")) for n in range(1400)]


def _tree(size):
    tree = MerkleTree()
    for leaf in LEAVES[:size]:
        tree.append(leaf)
    return tree


BIG = _tree(len(LEAVES))
sizes = st.integers(1, len(LEAVES))


@given(sizes)
def test_the_root_of_any_prefix_is_the_second_implementations(size):
    wanted = second.root_of(LEAVES[:size])
    assert BIG.root(size) == wanted
    assert _tree(size).root() == wanted


@given(sizes, st.data())
def test_an_inclusion_proof_holds_and_no_other_leaf_has_it(size, data):
    index = data.draw(st.integers(0, size - 1))
    proof, root = BIG.inclusion_proof(index, size), BIG.root(size)
    assert verify_inclusion(index, size, LEAVES[index], proof, root)
    other = data.draw(st.integers(0, size - 1).filter(lambda i: i != index)) if size > 1 else None
    if other is not None:
        assert not verify_inclusion(index, size, LEAVES[other], proof, root)
        assert not verify_inclusion(other, size, LEAVES[index], proof, root)


@given(sizes, st.data())
def test_a_consistency_proof_holds_and_not_for_another_history(size, data):
    old = data.draw(st.integers(1, size))
    proof, root = BIG.consistency_proof(old, size), BIG.root(size)
    assert verify_consistency(old, size, proof, BIG.root(old), root)
    assert not verify_consistency(old, size, proof, LEAVES[0] if old > 1 else LEAVES[1], root)
    if proof:
        dropped = data.draw(st.integers(0, len(proof) - 1))
        assert not verify_consistency(old, size, proof[:dropped] + proof[dropped + 1 :], BIG.root(old), root)


def test_nothing_is_consistent_with_an_empty_log():
    assert not verify_consistency(0, 5, [], BIG.root(0), BIG.root(5))


def test_tile_hashes_are_the_second_implementations():
    rows = second.tile_rows(LEAVES)
    assert [BIG.hashes(level, 0, len(row)) for level, row in enumerate(rows)] == [b"".join(row) for row in rows]


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_a_bundle_gives_its_entries_back(entries):
    assert entries_of(bundle_of(entries)) == entries
