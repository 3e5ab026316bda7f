"""What is kept of figures that come with every frame."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apacheta.app.chain import Sample, pooled, sample

TEN_HOURS = 10 * 3600 * 10
"""Frames at 10 Hz."""


def sample_of(values: np.ndarray) -> Sample:
    made = Sample()
    for value in values:
        made.add(float(value))
    return made


def test_three_hours_are_held_whole() -> None:
    values = np.random.default_rng(1).exponential(size=3 * 3600 * 10)
    assert np.array_equal(sample_of(values).values(), values)


def test_a_night_is_held_in_bounds_and_its_quantiles_stand_for_all_of_it() -> None:
    """A lag that grows through the night, with scatter: neither its beginning nor its end may outweigh the rest."""
    values = np.linspace(0.0, 2.0, TEN_HOURS) + np.random.default_rng(2).normal(scale=0.1, size=TEN_HOURS)
    held = sample_of(values).values()
    assert len(held) <= sample.MOST
    for share in (0.05, 0.5, 0.95):
        assert np.quantile(held, share) == pytest.approx(np.quantile(values, share), abs=0.01)


@given(st.lists(st.integers(0, 200), min_size=1, max_size=4))
def test_what_is_pooled_of_each_sample_is_one_of_so_many_that_came(counts: list[int]) -> None:
    """One stream that sent for long does not weigh less than one that sent briefly."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sample, "MOST", 16)
        samples = [sample_of(np.arange(count)) for count in counts]
        assert max(len(s.values()) for s in samples) <= 16
    every = max(s.every for s in samples)
    wanted = [n for count in counts for n in range(0, count, every)]
    assert list(pooled(samples)) == wanted


def test_nothing_pooled_is_nothing() -> None:
    assert len(pooled([])) == len(pooled([Sample(), Sample()])) == 0
