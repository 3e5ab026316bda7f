"""Assignment of plots to tracks against trying every pairing."""

from itertools import permutations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from apacheta.see.association import assigned


def best_by_trying(cost):
    """(pairs, sum) of the best pairing: the most pairs, then the least sum."""
    n, m = cost.shape
    wide = np.full((n, m + n), np.inf)
    wide[:, :m] = cost
    best = (0, 0.0)
    for choice in permutations(range(m + n), n):
        pairs = [(i, k) for i, k in enumerate(choice) if k < m]
        if all(np.isfinite(cost[i, k]) for i, k in pairs):
            total = sum(cost[i, k] for i, k in pairs)
            best = min(best, (-len(pairs), total))
    return -best[0], best[1]


costs = st.tuples(st.integers(1, 4), st.integers(1, 4)).flatmap(
    lambda shape: arrays(
        np.float64, shape, elements=st.one_of(st.floats(-5, 30, allow_nan=False), st.just(float("inf")))
    )
)


@given(costs)
def test_assignment_has_the_most_pairs_and_of_those_the_least_cost(cost):
    rows, columns = assigned(cost)
    pairs, total = best_by_trying(cost)
    assert len(set(rows)) == len(rows) == len(set(columns)) == pairs
    assert np.isfinite(cost[rows, columns]).all()
    assert abs(cost[rows, columns].sum() - total) < 1e-9 if pairs else not len(rows)


def test_no_plots_give_no_pairs():
    rows, columns = assigned(np.zeros((3, 0)))
    assert not len(rows)
    assert not len(columns)
