"""Tables of what looks are worth: read and written, looked up between their nodes, refused, and moved by decoys."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit

from apacheta.app.calibrate.fit import LEAST_PASSES, moved, shifts_of
from apacheta.app.calibrate.passing import Pass
from apacheta.core.errors import InputFault
from apacheta.core.sight import LOOK_S
from apacheta.plan.looks import STARE_S
from apacheta.plan.noticing import COLUMNS, KINDS, LookTable, default_table, read_table, written

TABLE = default_table()


@st.composite
def tables(draw: st.DrawFn) -> LookTable:
    """Any table whose odds go the right way, as precise as a file."""
    shape = tuple(draw(st.integers(2, 4)) for _ in range(3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    axes = [np.cumsum(rng.integers(1, 5, n) / 4.0) for n in shape]
    odds = rng.uniform(0.0, 1.0, (len(KINDS), *shape))
    odds = np.maximum.accumulate(np.maximum.accumulate(np.minimum.accumulate(odds, axis=1), axis=2), axis=3)
    return LookTable(*axes, np.round(odds, 4))


@given(tables())
def test_a_table_is_read_as_it_was_written(table: LookTable) -> None:
    again = read_table(written(table), "looks.csv")
    assert all((getattr(again, name) == getattr(table, name)).all() for name in ("gsd_m", "dwell_s", "contrast_k"))
    assert (again.probability == table.probability).all()
    assert again.sha256 == table.sha256


@given(tables(), st.data())
def test_between_nodes_a_chance_lies_between_theirs_and_at_them_it_is_theirs(
    table: LookTable, data: st.DataObject
) -> None:
    axes = table.gsd_m, table.dwell_s, table.contrast_k
    at = [data.draw(st.floats(float(axis[0]), float(axis[-1]))) for axis in axes]
    low = [int(np.clip(np.searchsorted(axis, v) - 1, 0, len(axis) - 2)) for axis, v in zip(axes, at, strict=True)]
    for k, kind in enumerate(KINDS):
        corner = table.probability[(k, *(slice(n, n + 2) for n in low))]
        assert corner.min() - 1e-9 <= table.chance(*at[:2], kind, at[2]) <= corner.max() + 1e-9
        node = [axis[n] for axis, n in zip(axes, low, strict=True)]
        assert table.chance(*node[:2], kind, node[2]) == pytest.approx(table.probability[(k, *low)], abs=1e-12)


def test_what_the_table_does_not_know_is_never_noticed_unless_it_is_easier() -> None:
    gsd, dwell, contrast = TABLE.gsd_m, TABLE.dwell_s, TABLE.contrast_k
    assert TABLE.chance(gsd[-1] + 0.01, dwell[-1]) == 0.0
    assert TABLE.chance(gsd[0], dwell[0] - 0.1) == 0.0
    assert TABLE.chance(gsd[0], dwell[-1], "walker", contrast[0] - 0.1) == 0.0
    assert TABLE.chance(np.nan, dwell[-1]) == 0.0
    assert TABLE.chance(gsd[0] / 2, dwell[-1] * 2, "walker", contrast[-1] * 2) == TABLE.probability[0, 0, -1, -1]


def test_what_comes_with_the_program_says_what_the_chain_can_do() -> None:
    assert TABLE.chance(0.30, STARE_S) > 0.6
    assert TABLE.chance(0.30, 4.9) == 0.0
    assert TABLE.chance(0.30, LOOK_S) < TABLE.chance(0.30, STARE_S) < TABLE.chance(0.30, 20.0)
    assert TABLE.chance(0.86, STARE_S) < 0.5
    assert TABLE.chance(0.60, STARE_S) < TABLE.chance(0.60, STARE_S, "mule") < TABLE.chance(0.60, STARE_S, "vehicle")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda lines: [], "columns"),
        (lambda lines: ["kind,gsd_m", *lines[1:]], "columns"),
        (lambda lines: lines[:-1], "rows"),
        (lambda lines: [*lines[:-1], lines[1]], "twice"),
        (lambda lines: [lines[0], "walker,here,5,4,0.1", *lines[2:]], "line 2"),
        (lambda lines: [lines[0], lines[1].replace("walker", "runner"), *lines[2:]], "line 2"),
        (lambda lines: [lines[0], lines[1].rsplit(",", 1)[0] + ",1.5", *lines[2:]], "line 2"),
        (lambda lines: [lines[0], lines[1].rsplit(",", 1)[0] + ",nan", *lines[2:]], "line 2"),
        (lambda lines: [lines[0], lines[1].rsplit(",", 1)[0] + ",0.99", *lines[2:]], "wrong way"),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_its_line(change: object, says: str) -> None:
    lines = written(TABLE).decode().splitlines()
    with pytest.raises(InputFault) as refused:
        read_table("\n".join(change(lines)).encode(), "looks.csv")  # type: ignore[operator]
    assert says in refused.value.line.text
    assert refused.value.line.file == "looks.csv"
    assert refused.value.line.remedy


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(InputFault, match="no text"):
        read_table(b"\xff\xfe" + ",".join(COLUMNS).encode(), "looks.csv")


def passes_of(rng: np.random.Generator, shift: float, count: int) -> list[Pass]:
    """Walkers noticed as the table says, its odds moved."""
    gsd_m, dwell_s = rng.uniform(0.2, 0.4, count), rng.uniform(7.0, 16.0, count)
    noticed = rng.uniform(size=count) < expit(logit(TABLE.chance(gsd_m, dwell_s)) + shift)
    after_s = np.where(noticed, 5.0, np.nan)
    return [
        Pass(f"w{n}", "walker", n, float(dwell_s[n]), float(gsd_m[n]), float(after_s[n]) if noticed[n] else None)
        for n in range(count)
    ]


@given(st.integers(0, 2**32 - 1), st.floats(-2.5, 2.0))
def test_many_passes_tell_by_how_much_the_odds_are_off(seed: int, shift: float) -> None:
    (found,) = shifts_of(passes_of(np.random.default_rng(seed), shift, 1500), TABLE)
    assert found.likeliest == pytest.approx(shift, abs=0.45)
    assert found.least is not None
    assert found.likeliest is not None
    assert found.least < found.likeliest


@settings(max_examples=10)
@given(st.integers(0, 2**32 - 1))
def test_the_least_shift_is_seldom_more_than_the_truth(seed: int) -> None:
    rng = np.random.default_rng(seed)
    too_much = sum(shifts_of(passes_of(rng, -1.0, 30), TABLE)[0].least > -1.0 for _ in range(60))  # type: ignore[operator]
    assert too_much <= 18  # one in ten; of 60 more than 18 with a probability below 1e-5


@given(st.integers(0, 2**32 - 1), st.floats(-2.0, 2.0), st.integers(LEAST_PASSES, 60))
def test_a_table_that_was_moved_is_one_and_moves_that_kind_only(seed: int, shift: float, count: int) -> None:
    shifts = shifts_of(passes_of(np.random.default_rng(seed), shift, count), TABLE)
    table = moved(TABLE, shifts)
    assert read_table(written(table), "moved.csv").sha256 == table.sha256
    assert (table.probability[1:] == TABLE.probability[1:]).all()
    gone = np.sign(table.probability[0] - TABLE.probability[0])
    assert (gone[(TABLE.probability[0] > 0) & (TABLE.probability[0] < 1)] == np.sign(shifts[0].least or 0.0)).all()


def test_too_few_passes_move_nothing() -> None:
    (found,) = shifts_of(passes_of(np.random.default_rng(1), 0.0, LEAST_PASSES - 1), TABLE)
    assert found.least is None
    assert (moved(TABLE, [found]).probability == TABLE.probability).all()
