"""A log of 300 entries, two tile levels, damaged at random: always refused, and the damaged file is named."""

import shutil

import pytest
from account_log import closed_log
from hypothesis import given
from hypothesis import strategies as st

from apacheta.account import bundle_of, entries_of
from apacheta_verify import verify

SIZE = 300
BUNDLES = ("log/tile/entries/000", "log/tile/entries/001.p/44")


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """The log as it was written; each test puts it right again."""
    post = closed_log(tmp_path_factory.mktemp("large") / "post", SIZE)
    assert verify(post).exit_code == 0
    return post


def _files(post):
    names = sorted(p.relative_to(post).as_posix() for p in (post / "log").rglob("*") if p.is_file())
    assert names == [
        "log/checkpoint",
        "log/tile/0/000",
        "log/tile/0/001.p/44",
        "log/tile/1/000.p/1",
        *BUNDLES,
        "log/vkey",
    ]
    return names


def _verdict(post, name, data):
    """Verify with one file replaced (None: removed); then put it right."""
    path = post / name
    good = path.read_bytes()
    path.unlink() if data is None else path.write_bytes(data)
    try:
        return verify(post)
    finally:
        path.write_bytes(good)


@given(st.data())
def test_a_changed_cut_or_lengthened_file_is_named(sound, data):
    name = data.draw(st.sampled_from(_files(sound)))
    good = (sound / name).read_bytes()
    at = data.draw(st.integers(0, len(good) - 1))
    flipped = good[:at] + bytes([good[at] ^ data.draw(st.integers(1, 255))]) + good[at + 1 :]
    bad = data.draw(st.sampled_from([flipped, good[:at], good[:at] + good[at + 1 :], good + good[at:], None]))
    report = _verdict(sound, name, bad)
    assert report.exit_code == 1
    assert report.bad[0].file == name


@given(st.integers(0, SIZE - 1), st.integers(0, SIZE - 1))
def test_swapped_copied_and_removed_entries_are_named_across_bundles(sound, i, j):
    if i == j:
        return
    rows = [entries_of((sound / name).read_bytes()) for name in BUNDLES]
    flat = [*rows[0], *rows[1]]
    swapped, copied = list(flat), list(flat)
    swapped[i], swapped[j] = flat[j], flat[i]
    copied[i] = flat[j]
    for entries, what, index in [(swapped, "reordered", min(i, j)), (copied, "duplicated", i)]:
        report = _with(sound, entries[:256], entries[256:])
        assert (report.exit_code, report.bad[0].what, report.bad[0].index) == (1, what, index)
    shifted = flat[:i] + flat[i + 1 :]
    report = _with(sound, shifted[:256], shifted[256:])
    assert (report.exit_code, report.bad[0].index) == (1, i)
    assert report.bad[0].what == ("truncated" if i == SIZE - 1 else "missing")


@given(st.permutations(range(SIZE)).map(lambda order: order[:3]))
def test_three_entries_in_a_ring_are_named_reordered_across_bundles(sound, ring):
    flat = [entry for name in BUNDLES for entry in entries_of((sound / name).read_bytes())]
    moved = list(flat)
    for source, target in zip(ring, (*ring[1:], ring[0]), strict=True):
        moved[target] = flat[source]
    report = _with(sound, moved[:256], moved[256:])
    assert (report.exit_code, report.bad[0].what, report.bad[0].index) == (1, "reordered", min(ring))


def _with(post, *bundles):
    good = [(post / name).read_bytes() for name in BUNDLES]
    for name, entries in zip(BUNDLES, bundles, strict=True):
        (post / name).write_bytes(bundle_of(entries))
    try:
        return verify(post)
    finally:
        for name, data in zip(BUNDLES, good, strict=True):
            (post / name).write_bytes(data)


def test_a_full_tile_leaves_no_partial_ones_behind(tmp_path):
    post = closed_log(tmp_path / "post", SIZE)
    assert len(_files(post)) == 7
    shutil.copyfile(post / "log/tile/0/000", post / "log/tile/0/002")
    assert verify(post).bad[0].file == "log/tile/0/002"
