"""Two tours, neither to the second where it should be: brute force in plain Python beside the kernel."""

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from apacheta.plan.separation import (
    HEIGHT_SLACK_M,
    LAPSE_S,
    LATE_S,
    LAYERS_MOST,
    SEPARATION_HEIGHT_M,
    Tracks,
    layers_of,
)

LATE = LATE_S // LAPSE_S
CORNERS = st.integers(2, 12).flatmap(lambda n: arrays(np.float64, (n, 3), elements=st.floats(0, 3_000, width=32)))


def flown(name: str, corners: np.ndarray) -> Any:
    """A tour that is at a corner every 30 s."""
    return SimpleNamespace(tour=SimpleNamespace(id=name), corners=corners, seconds=30.0 * np.arange(len(corners)))


def states(corners: np.ndarray, bases: list[tuple[float, float]]) -> list[tuple[float, ...] | None]:
    """Where it is every two seconds; None near a base."""
    found: list[tuple[float, ...] | None] = []
    for lapse in range(15 * (len(corners) - 1)):
        leg, part = divmod(lapse / 15.0, 1.0)
        at = corners[int(leg)] * (1 - part) + corners[int(leg) + 1] * part
        is_near = any(math.hypot(at[0] - x, at[1] - y) <= 500.0 for x, y in bases)
        found.append(None if is_near else tuple(at))
    return found


@given(
    one=CORNERS,
    other=CORNERS,
    shift=st.integers(-200, 200),
    bases=st.lists(st.tuples(st.floats(0, 3_000), st.floats(0, 3_000)), max_size=1),
)
def test_the_least_distance_is_that_of_all_states_that_may_be_at_one_time(
    one: np.ndarray, other: np.ndarray, shift: int, bases: list[tuple[float, float]]
) -> None:
    a, b = states(one, bases), states(other, bases)
    pairs = [
        (abs(p[2] - q[2]), math.hypot(p[0] - q[0], p[1] - q[1]))
        for i, p in enumerate(a)
        for q in b[max(0, i - shift - LATE) : max(0, i - shift + LATE + 1)]
        if p and q
    ]
    wanted_m = SEPARATION_HEIGHT_M + HEIGHT_SLACK_M
    most, least = (min((m for h, m in pairs if h < wanted_m + tie), default=math.inf) for tie in (-1e-6, 1e-6))
    got = Tracks([flown("one", one), flown("other", other)], bases).least_m("one", "other", shift)
    assert least - 1e-3 <= got <= most + 1e-3


def test_who_is_a_minute_late_still_keeps_away() -> None:
    """They cross at one height; by plan the one is there 50 s after the other."""
    across = np.array([[0.0, 3_000.0, 100.0], [6_000.0, 3_000.0, 100.0]])
    along = np.array([[3_000.0, 0.0, 100.0], [3_000.0, 6_000.0, 100.0]])
    tracks = Tracks([flown("across", np.linspace(*across, 11)), flown("along", np.linspace(*along, 11))], [])
    assert tracks.least_m("across", "along", 25) < 500.0
    assert tracks.least_m("across", "along", 120) > 1_000.0


def test_sixty_metres_apart_by_plan_are_less_when_flown() -> None:
    """They cross at one moment, one above the other: 65 m by plan may be less in the air, 75 m may not."""
    across = np.array([[0.0, 3_000.0, 100.0], [6_000.0, 3_000.0, 100.0]])
    along = np.array([[3_000.0, 0.0, 165.0], [3_000.0, 6_000.0, 165.0]])
    above = along + np.array([0.0, 0.0, 10.0])
    tours = [flown(n, np.linspace(*way, 11)) for n, way in (("across", across), ("along", along), ("above", above))]
    tracks = Tracks(tours, [])
    assert tracks.least_m("across", "along", 0) < 100.0
    assert tracks.least_m("across", "above", 0) == math.inf


@given(st.integers(1, LAYERS_MOST), st.data())
def test_two_aircraft_never_have_the_same_heights(fleet: int, data: st.DataObject) -> None:
    one, two = (data.draw(st.integers(0, fleet - 1)) for _ in range(2))
    wanted = data.draw(st.tuples(*2 * [st.floats(-500.0, 9_000.0)]))
    layers = layers_of(fleet)
    heights = [layers[number].at_least(height) for number, height in zip((one, two), wanted, strict=True)]
    assert all(0.0 <= h - w < layers[0].every_m + 1e-9 for h, w in zip(heights, wanted, strict=True))
    if one != two:
        assert abs(heights[0] - heights[1]) >= SEPARATION_HEIGHT_M + HEIGHT_SLACK_M
