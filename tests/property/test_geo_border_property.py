"""The border line: geodesic distance and the side."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from apacheta.core.errors import InputFault
from apacheta.core.sector import Border
from apacheta.geo import BorderLine, LocalGrid

GEOD = Geod(ellps="WGS84")
GRID = LocalGrid(-32.7, -70.25, 4500.0)
BOX = (-70.5, -32.9, -70.0, -32.5)
DIVIDE = ((-70.10, -33.1), (-70.05, -32.8), (-70.12, -32.75), (-70.06, -32.6), (-70.09, -32.3))


def border(*chains, own=(-70.4, -32.7), accuracy=30.0):
    return Border(
        chains=chains or (DIVIDE,),
        file="border.geojson",
        source="ours",
        accuracy_m=accuracy,
        own_side=own,
        standoff_m=500.0,
    )


def dense(chain, n=4000):
    """Points along a chain, straight in degrees."""
    chain = np.asarray(chain)
    return np.concatenate([a + np.linspace(0, 1, n)[:, None] * (b - a) for a, b in pairwise(chain)])


lats, lons = st.floats(-32.9, -32.5), st.floats(-70.5, -70.0)


@given(lats, lons)
def test_distance_is_the_least_geodesic_to_the_line(lat, lon):
    line = dense(DIVIDE)
    want = GEOD.inv(np.full(len(line), lon), np.full(len(line), lat), line[:, 0], line[:, 1])[2].min()
    assert BorderLine(border(), GRID).distance_m(lat, lon) == pytest.approx(want, abs=0.05 + 5.0**2 / max(want, 5.0))


@given(lats, lons, lats, lons)
def test_distance_never_changes_faster_than_one_moves(lat1, lon1, lat2, lon2):
    line = BorderLine(border(), GRID)
    moved = GEOD.inv(lon1, lat1, lon2, lat2)[2]
    assert abs(line.distance_m(lat1, lon1) - line.distance_m(lat2, lon2)) <= moved + 0.02
    assert abs(line.signed_distance_m(lat1, lon1) - line.signed_distance_m(lat2, lon2)) <= moved + 0.02


@given(lats, lons)
def test_side_is_west_of_the_line(lat, lon):
    line = np.asarray(DIVIDE)
    east_of_here = np.interp(lat, line[:, 1], line[:, 0])
    for bounds in (None, BOX):
        signed = BorderLine(border(), GRID, bounds).signed_distance_m(lat, lon)
        if abs(signed) > 5.0:
            assert (signed > 0) == (lon < east_of_here)


@given(st.floats(-33.3, -32.1), st.floats(-70.9, -69.6))
def test_a_place_is_own_or_far_within_the_box_and_neither_beyond_it(lat, lon):
    line = BorderLine(border(), GRID, BOX)
    west, south, east, north = BOX
    own, far = bool(line.own_side(lat, lon)), bool(line.far_side(lat, lon))
    inside_m = 111_000.0 * min(lat - south, north - lat, (lon - west) * 0.84, (east - lon) * 0.84)
    if inside_m > 0.0:
        assert own != far
    elif inside_m < -500.0:  # the box is one of the grid, which turns a little against north
        assert not own
        assert not far


def test_arrays_keep_their_shape():
    line = BorderLine(border(), GRID)
    lat, lon = np.meshgrid(np.linspace(-32.8, -32.6, 5), np.linspace(-70.4, -70.0, 7))
    assert line.signed_distance_m(lat, lon).shape == (7, 5)
    assert isinstance(line.distance_m(-32.7, -70.2), float)


def test_direction_and_splitting_of_the_line_do_not_matter():
    lat, lon = np.random.default_rng(1).uniform([-32.9, -70.5], [-32.5, -70.0], (300, 2)).T
    want = BorderLine(border(), GRID, BOX).signed_distance_m(lat, lon)
    for chains in ((DIVIDE[::-1],), (DIVIDE[:3], DIVIDE[2:]), (DIVIDE[2:], DIVIDE[:3][::-1])):
        for bounds in (None, BOX):
            assert np.allclose(BorderLine(border(*chains), GRID, bounds).signed_distance_m(lat, lon), want, atol=1e-6)


def test_two_chains_leave_a_strip_and_both_sides_beyond_are_far():
    east, west = ((-70.1, -33.1), (-70.1, -32.3)), ((-70.4, -33.1), (-70.4, -32.3))
    line = BorderLine(border(east, west, own=(-70.25, -32.7)), GRID, BOX)
    assert line.signed_distance_m(-32.7, -70.3) > 0
    assert line.signed_distance_m(-32.7, -70.05) < 0
    assert line.signed_distance_m(-32.7, -70.45) < 0


def test_enclave_is_far_side():
    ring = ((-70.3, -32.75), (-70.2, -32.75), (-70.2, -32.65), (-70.3, -32.65), (-70.3, -32.75))
    line = BorderLine(border(DIVIDE, ring), GRID, BOX)
    assert line.signed_distance_m(-32.7, -70.25) < 0
    assert line.signed_distance_m(-32.7, -70.35) > 0


def test_beyond_the_box_the_side_is_unknown_and_counts_as_far():
    assert BorderLine(border(), GRID, BOX).signed_distance_m(-33.5, -70.4) < 0


def test_long_pieces_follow_the_straight_line_in_degrees():
    """100 km along a parallel: the geodesic would lie 130 m to the south, the grid's chord too."""
    line = BorderLine(border(((-70.8, -32.7), (-69.7, -32.7)), own=(-70.25, -32.5)), GRID)
    assert line.distance_m(-32.7, -70.25) < 0.05
    assert line.distance_m(-32.6, -70.25) == pytest.approx(GEOD.inv(-70.25, -32.6, -70.25, -32.7)[2], abs=0.1)


@pytest.mark.parametrize(
    ("line", "bounds", "code"),
    [
        (border(((-69.0, -33.0), (-69.0, -32.0))), BOX, "border_does_not_cross_sector"),
        (border(((-70.1, -33.1), (-70.1, -32.7))), BOX, "border_ends_inside_sector"),
        (border(own=(-70.07, -32.7), accuracy=5000.0), BOX, "own_side_ambiguous"),
        (border(own=(-70.2, -32.7), accuracy=20_000.0), None, "own_side_ambiguous"),
        (border(((-70.1, -33.1),)), None, "border_too_short"),
        (border(((-70.1, -33.1), (-70.1, -33.1))), None, "border_too_short"),
    ],
)
def test_line_that_cannot_part_the_sector_is_refused(line, bounds, code):
    with pytest.raises(InputFault) as fault:
        BorderLine(line, GRID, bounds)
    assert fault.value.line.code == code
