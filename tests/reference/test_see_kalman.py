"""The filter's kernels against matrix equations (Bar-Shalom, Li, Kirubarajan 2001, sections 5.2 and 6.2)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apacheta.kernels.tracking import gated_costs, predict, straight_fit, update

H = np.array([[1.0, 0, 0, 0], [0, 0, 1, 0]])


def _tracks(rng, n):
    root = rng.normal(size=(n, 4, 4))
    return rng.normal(size=(n, 4)) * 10, np.ascontiguousarray(root @ root.transpose(0, 2, 1) + np.eye(4))


def _noise(rng, n):
    root = rng.normal(size=(n, 2, 2))
    return np.ascontiguousarray(root @ root.transpose(0, 2, 1) + 0.1 * np.eye(2))


@given(st.integers(0, 2**32 - 1), st.floats(0.01, 5.0), st.floats(0.0, 3.0))
def test_prediction_is_that_of_the_textbook(seed, dt_s, density):
    state, covariance = _tracks(np.random.default_rng(seed), 3)
    block = np.array([[1, dt_s], [0, 1]])
    f = np.kron(np.eye(2), block)
    q = np.kron(np.eye(2), density * np.array([[dt_s**3 / 3, dt_s**2 / 2], [dt_s**2 / 2, dt_s]]))
    expected = state @ f.T, f @ covariance @ f.T + q
    predict(state, covariance, dt_s, density)
    np.testing.assert_allclose(state, expected[0], rtol=1e-10, atol=1e-9)
    np.testing.assert_allclose(covariance, expected[1], rtol=1e-10, atol=1e-9)


@given(st.integers(0, 2**32 - 1))
def test_correction_is_that_of_the_textbook(seed):
    rng = np.random.default_rng(seed)
    state, covariance = _tracks(rng, 4)
    measured, noise = rng.normal(size=(2, 2)) * 10, _noise(rng, 2)
    which = np.array([2, 0])
    expected_state, expected = state.copy(), covariance.copy()
    for k, i in enumerate(which):
        gain = covariance[i] @ H.T @ np.linalg.inv(H @ covariance[i] @ H.T + noise[k])
        expected_state[i] += gain @ (measured[k] - H @ state[i])
        expected[i] = (np.eye(4) - gain @ H) @ covariance[i]
    update(state, covariance, which, measured, noise)
    np.testing.assert_allclose(state, expected_state, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(covariance, expected, rtol=1e-8, atol=1e-8)


def test_a_still_mover_measured_often_is_known_as_well_as_the_mean_of_the_measurements():
    sigma, n = 2.0, 50
    state, covariance = np.zeros((1, 4)), np.diag([1e6, 1e-12, 1e6, 1e-12])[None].copy()
    measured = np.random.default_rng(3).normal(0, sigma, (n, 1, 2))
    for z in measured:
        predict(state, covariance, 1.0, 0.0)
        update(state, covariance, np.array([0]), z, np.array([[[sigma**2, 0], [0, sigma**2]]]))
    assert state[0, [0, 2]] == pytest.approx(measured.mean(axis=(0, 1)), abs=1e-3)
    assert covariance[0, 0, 0] == pytest.approx(sigma**2 / n, rel=1e-3)


def test_gate_holds_the_squared_distance_and_the_likelihood():
    rng = np.random.default_rng(1)
    state, covariance = _tracks(rng, 3)
    measured, noise = state[:, [0, 2]] + rng.normal(size=(3, 2)), _noise(rng, 3)
    squared, cost = np.empty((3, 3)), np.empty((3, 3))
    gated_costs(state, covariance, measured, noise, 13.8, squared, cost)
    for i in range(3):
        for k in range(3):
            s = H @ covariance[i] @ H.T + noise[k]
            y = measured[k] - H @ state[i]
            d = y @ np.linalg.solve(s, y)
            if d <= 13.8:
                assert squared[i, k] == pytest.approx(d)
                assert cost[i, k] == pytest.approx(d + np.log(np.linalg.det(s)))
            else:
                assert np.isinf(cost[i, k])


def test_straight_fit_is_numpys_polyfit():
    rng = np.random.default_rng(2)
    t = np.sort(rng.uniform(0, 6, 25))
    xy = np.stack([3 + 1.1 * t, -2 - 0.4 * t], axis=1) + rng.normal(0, 0.3, (25, 2))
    vx, vy, scatter, span, moved, bow = straight_fit(np.column_stack([t, xy]))
    slope, offset = np.polyfit(t, xy, 1)
    rest = xy - (offset + np.outer(t, slope))
    assert (vx, vy) == pytest.approx(tuple(slope))
    assert scatter == pytest.approx(np.sqrt((rest**2).sum() / (2 * 25 - 4)))
    assert moved == pytest.approx(np.hypot(*slope) * span)
    assert bow < 0.5
