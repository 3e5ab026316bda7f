"""Seen ground: hidden, coarse, short and never-looked-at cells stay unseen."""

import numpy as np
import pytest
from see_world import GRID, START_NS, Flight, one_ridge, terrain

from apacheta.core.sight import Frame
from apacheta.see import SeenGround, SeenSettings, view_of, why_unseen_km2
from apacheta.see.view import View

NS = 1_000_000_000


def _views(flight, seconds, step_s=0.4, exact=True):
    for n in range(round(seconds / step_s) + 1):
        pose = flight.pose(n * step_s, exact=exact)
        w, h = flight.size
        frame = Frame(stream="t", number=n, pts_s=0.0, width_px=w, height_px=h, pose=pose)
        view = view_of(frame, flight.dem, GRID)
        assert isinstance(view, View)
        yield view


def _everywhere(view):
    return np.ones(view.range_m.shape, bool)


def _seen(flight, seconds=9.0, compared=_everywhere, settings=None):
    ground = SeenGround(flight.dem, settings)
    fresh = [ground.add(view, compared(view)) for view in _views(flight, seconds)]
    return ground, np.concatenate(fresh)


def test_ground_that_was_not_compared_stays_unseen_beside_ground_that_was():
    flight = Flight(terrain(2, slope=0.3), slant_m=900.0, size=(640, 512))

    def lower_half(view):
        half = _everywhere(view)
        half[: half.shape[0] // 2 + 8] = False
        return half

    whole, _ = _seen(flight)
    ground, _ = _seen(flight, compared=lower_half)
    middle = ground.looks.shape[0] // 2
    assert 0 < ground.seen_km2() < 0.6 * whole.seen_km2()
    assert ground.looks[middle, middle] == 0
    assert ground.why_not_km2()["too_short"] > whole.why_not_km2()["too_short"]


def test_a_stare_of_nine_seconds_sees_what_lies_in_its_middle():
    flight = Flight(terrain(2, slope=0.3), slant_m=900.0, size=(640, 512))
    ground, fresh = _seen(flight)
    middle = ground.looks.shape[0] // 2
    assert ground.looks[middle, middle] == 1
    assert 0.005 < ground.seen_km2() < 0.2
    assert np.array_equal(fresh[np.lexsort(fresh.T[::-1])], np.argwhere(ground.looks))
    assert ground.best_gsd_m[middle, middle] == pytest.approx(0.31, abs=0.04)
    assert ground.age_s(START_NS + 14 * NS)[middle, middle] == pytest.approx(5.2)
    assert np.isinf(ground.age_s(START_NS)[0, 0])


def test_ground_behind_a_ridge_stays_unseen():
    dem = one_ridge()
    flight = Flight(dem, slant_m=600.0, depression_deg=30.0, azimuth_deg=0.0, size=(640, 512), aim_m=(0.0, -60.0))
    flight.hfov_deg = 20.0
    ground, _ = _seen(flight, settings=SeenSettings(gsd_max_m=2.0))
    half = ground.looks.shape[0] // 2
    assert ground.looks[half - 3 : half - 1, half].all()  # the near foot of the ridge
    assert not ground.looks[half + 1 : half + 4].any()  # the lee of its crest
    assert ground.why_not_km2()["hidden"] > 0


def test_what_lies_behind_the_ridge_is_counted_as_hidden_not_as_never_looked_at():
    dem = one_ridge()
    flight = Flight(dem, slant_m=600.0, depression_deg=30.0, azimuth_deg=0.0, size=(640, 512), aim_m=(0.0, -60.0))
    flight.hfov_deg = 20.0
    ground, _ = _seen(flight, settings=SeenSettings(gsd_max_m=2.0))
    half = ground.looks.shape[0] // 2
    lee = np.zeros(ground.looks.shape, bool)
    lee[half + 2 : half + 4, half] = True
    assert ground.why_not_km2(lee)["hidden"] == pytest.approx(2 * 0.0009)


@pytest.mark.parametrize(
    ("seconds", "compared", "slant_m", "reason"),
    [
        (7.6, _everywhere, 900.0, "too_short"),
        (9.0, lambda _: None, 900.0, "too_short"),
        (9.0, _everywhere, 1800.0, "too_coarse"),
    ],
)
def test_short_blind_and_coarse_looks_do_not_count(seconds, compared, slant_m, reason):
    flight = Flight(terrain(2, slope=0.3), slant_m=slant_m, size=(640, 512))
    ground, fresh = _seen(flight, seconds, compared)
    assert ground.seen_km2() == 0
    assert not len(fresh)
    why = ground.why_not_km2()
    assert why[reason] > 0
    assert sum(why.values()) == pytest.approx(ground.looks.size * 0.0009)


def test_two_short_looks_far_apart_do_not_make_a_long_one():
    flight = Flight(terrain(2, slope=0.3), slant_m=900.0, size=(640, 512))
    ground = SeenGround(flight.dem)
    for view in _views(flight, 16.0):
        t = (view.utc_ns - START_NS) / NS
        if t <= 7.0 or t >= 9.0:
            ground.add(view, _everywhere(view))
    assert ground.seen_km2() == 0


def test_a_mask_limits_what_is_counted():
    flight = Flight(terrain(2, slope=0.3), slant_m=900.0, size=(640, 512))
    ground, _ = _seen(flight)
    assert ground.seen_km2(np.zeros(ground.looks.shape, bool)) == 0
    assert ground.seen_km2(np.ones(ground.looks.shape, bool)) == ground.seen_km2()


def test_of_several_streams_the_best_that_happened_to_a_cell_counts():
    """Of two streams one looked too shortly from near, the other long from too far: both look at the middle."""
    dem = terrain(2, slope=0.3)
    short, _ = _seen(Flight(dem, slant_m=900.0, size=(640, 512)), 4.4)
    coarse, _ = _seen(Flight(dem, slant_m=1800.0, size=(640, 512)))
    seen, _ = _seen(Flight(dem, slant_m=900.0, size=(640, 512)))
    alone = [g.why_not_km2() for g in (short, coarse)]
    for pair in ([short, coarse], [coarse, short]):
        both = why_unseen_km2(pair)
        assert both["too_short"] == alone[0]["too_short"]
        assert 0 < both["too_coarse"] < alone[1]["too_coarse"]
        assert both["never_in_frame"] <= min(a["never_in_frame"] for a in alone)
        assert sum(both.values()) == pytest.approx(short.looks.size * 0.0009)
    assert sum(why_unseen_km2([coarse, seen]).values()) == pytest.approx(sum(alone[0].values()) - seen.seen_km2())
    assert why_unseen_km2([short, coarse], np.zeros(short.looks.shape, bool))["too_short"] == 0


@pytest.mark.parametrize(("broken_s", "seen"), [((), True), ((4.7,), False), ((-3.0,), True), ((1e6,), True)])
def test_no_look_goes_on_across_a_moment_that_showed_nothing(broken_s, seen):
    """A break before the look, or at a time that a clock claimed once, leaves it whole."""
    flight = Flight(terrain(2, slope=0.3), slant_m=900.0, size=(640, 512))
    ground = SeenGround(flight.dem)
    for at_s in broken_s:
        ground.break_off(START_NS + round(at_s * NS))
    for view in _views(flight, 9.0):
        ground.add(view, _everywhere(view))
    assert (ground.seen_km2() > 0) is seen


def test_what_comes_after_a_look_and_is_too_short_changes_nothing():
    """9 s of looking, 3 s in which nothing was compared, 3 s of looking again."""
    flight = Flight(terrain(2, slope=0.3), slant_m=900.0, size=(640, 512))
    ground = SeenGround(flight.dem)
    for view in _views(flight, 15.0):
        blind = 9.0 < (view.utc_ns - START_NS) / NS < 12.0
        ground.add(view, None if blind else _everywhere(view))
    middle = ground.looks.shape[0] // 2
    assert ground.looks[middle, middle] == 1
    assert ground.age_s(START_NS + 20 * NS)[middle, middle] == pytest.approx(11.2)


def test_a_look_that_is_too_short_leaves_neither_time_nor_resolution():
    ground, _ = _seen(Flight(terrain(2, slope=0.3), slant_m=900.0, size=(640, 512)), 4.4)
    assert not ground.last_seen_ns.any()
    assert np.isinf(ground.best_gsd_m).all()


@pytest.mark.parametrize(("of_four", "looks"), [(1, 0), (3, 1)])
def test_half_of_a_cell_must_have_been_compared(of_four, looks):
    """Of each four columns of the mesh, ten metres of ground, so many were."""
    flight = Flight(terrain(2, slope=0.3), slant_m=900.0, size=(640, 512))

    def columns(view):
        return _everywhere(view) & (np.arange(view.range_m.shape[1]) % 4 < of_four)

    ground, _ = _seen(flight, compared=columns)
    middle = ground.looks.shape[0] // 2
    assert ground.looks[middle, middle] == looks


@pytest.mark.parametrize(("depression_deg", "looks"), [(10.0, 0), (20.0, 1)])
def test_ground_under_a_grazing_view_stays_unseen(depression_deg, looks):
    flat = terrain(2, slope=0.0, relief_m=0.0)
    ground, _ = _seen(Flight(flat, slant_m=900.0, depression_deg=depression_deg, size=(640, 512)))
    middle = ground.looks.shape[0] // 2
    assert ground.looks[middle, middle] == looks


def test_ground_beside_an_edge_stays_unseen():
    flight = Flight(terrain(2, slope=0.3), slant_m=900.0, size=(640, 512))
    ground = SeenGround(flight.dem)
    for view in _views(flight, 9.0):
        view.__dict__["beside_edge"] = _everywhere(view)
        ground.add(view, _everywhere(view))
    assert ground.seen_km2() == 0
    assert ground.why_not_km2()["too_coarse"] > 0


@pytest.mark.parametrize(("without_s", "looks"), [(0.9, 1), (1.3, 0), (2.0, 0)])
def test_a_look_goes_on_over_a_gap_of_a_second_and_over_no_longer_one(without_s, looks):
    """From 6.8 s on no view comes for that long; from one view to the next pass up to 0.4 s more."""
    flight = Flight(terrain(2, slope=0.3), slant_m=900.0, size=(640, 512))
    ground = SeenGround(flight.dem)
    for view in _views(flight, 12.0):
        t = (view.utc_ns - START_NS) / NS
        if not 6.8 < t < 6.8 + without_s:
            ground.add(view, _everywhere(view))
    middle = ground.looks.shape[0] // 2
    assert ground.looks[middle, middle] == looks


def test_a_look_that_is_broken_off_at_its_last_view_begins_anew():
    flight = Flight(terrain(2, slope=0.3), slant_m=900.0, size=(640, 512))
    ground = SeenGround(flight.dem)
    for number, view in enumerate(_views(flight, 9.0)):
        ground.add(view, _everywhere(view))
        if number == 12:
            ground.break_off(view.utc_ns)
    assert ground.seen_km2() == 0


def test_a_clock_that_steps_back_ends_the_look():
    """5 s of looking, and 5 s again, which begin one second before the end of the first."""
    flight = Flight(terrain(2, slope=0.3), slant_m=900.0, size=(640, 512))
    views = list(_views(flight, 9.2))
    ground = SeenGround(flight.dem)
    for view in views[:13] + views[10:]:
        ground.add(view, _everywhere(view))
    assert ground.seen_km2() == 0


def test_the_best_resolution_of_all_looks_stays():
    dem = terrain(2, slope=0.3)
    ground, _ = _seen(Flight(dem, slant_m=700.0, size=(640, 512)))
    middle = ground.looks.shape[0] // 2
    near_m = ground.best_gsd_m[middle, middle]
    for view in _views(Flight(dem, slant_m=950.0, size=(640, 512)), 9.0):
        ground.add(view, _everywhere(view))
    assert ground.looks[middle, middle] == 2
    assert ground.best_gsd_m[middle, middle] == near_m


def test_in_frame_is_what_a_picture_showed_and_stays_so():
    """Level ground 900 m away: each cell in frame lies within one cell of a ray. Then another place is shown."""
    flat = terrain(2, slope=0.0, relief_m=0.0)
    ground = SeenGround(flat)
    view = next(_views(Flight(flat, slant_m=900.0, size=(640, 512)), 0.0))
    ground.add(view, None)
    first = ground.state > 0
    hit = np.zeros(first.shape, bool)
    x_m, y_m = view.point_m[..., 0].ravel(), view.point_m[..., 1].ravel()
    row, col = np.rint((y_m - flat.origin_y_m) / flat.cell_m), np.rint((x_m - flat.origin_x_m) / flat.cell_m)
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            hit[row.astype(int) + down, col.astype(int) + right] = True
    assert first.any()
    assert not (first & ~hit).any()
    ground.add(next(_views(Flight(flat, slant_m=900.0, size=(640, 512), aim_m=(150.0, 0.0)), 0.0)), None)
    assert (ground.state > 0)[first].all()
    assert np.count_nonzero(ground.state) > np.count_nonzero(first)
