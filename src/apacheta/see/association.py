"""Which plot belongs to which track: global nearest neighbour within gates, component by component."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from .view import Array

Ints = NDArray[np.int64]


def assigned(cost: Array) -> tuple[Ints, Ints]:
    """Rows and columns of the best assignment: the most pairs, and among those the least sum of cost.

    cost (tracks, plots), inf where a pair lies outside the gate. Components of the gate's graph are solved one by one
    (Jonker and Volgenant, by scipy).
    """
    inside = np.isfinite(cost)
    row, column = np.nonzero(inside)
    if not row.size:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    size = sum(cost.shape)
    graph = coo_matrix((np.ones(row.size), (row, column + cost.shape[0])), shape=(size, size))
    _, label = connected_components(graph, directed=False)
    rows: list[int] = []
    columns: list[int] = []
    for component in np.unique(label[row]):
        pick = label[row] == component
        r, c = np.unique(row[pick]), np.unique(column[pick])
        block = cost[np.ix_(r, c)]
        finite = np.isfinite(block)
        top = float(block[finite].max() - block[finite].min()) + 1.0
        i, j = linear_sum_assignment(np.where(finite, block, block[finite].max() + top * min(block.shape) * 2))
        for a, b in zip(i, j, strict=True):
            if finite[a, b]:
                rows.append(int(r[a]))
                columns.append(int(c[b]))
    return np.array(rows, np.int64), np.array(columns, np.int64)
