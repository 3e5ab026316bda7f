"""The life of tracks: confirmed when they move for sure, ended when they are gone, never renumbered."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apacheta.core.place import GeoPoint, HaeM
from apacheta.kernels.tracking import straight_fit
from apacheta.see.judgement import ConfirmSettings, kind_of, motion_of, unlifted
from apacheta.see.movers import Spot
from apacheta.see.tracks import Look, Tracker

NS = 1_000_000_000
NOISE = np.array([[0.25, 0.0], [0.0, 0.5]])


def _place(at):
    points = [GeoPoint(lat_deg=float(y) / 1e5, lon_deg=float(x) / 1e5, alt_hae_m=HaeM(0.0)) for x, y in at]
    return points, np.tile(np.diag([25.0, 36.0]), (len(at), 1, 1))


def _look(t, positions, epoch=0, looking=True, drift_m=0.1, area=0.6, upright=2.0, slid_m=(0.0, 0.0)):
    n = len(positions)
    spot = Spot(10.0, 20.0, 10.0, 20.0, 20.0, 40.0, 200.0, 5.0, upright)
    return Look(
        utc_ns=round(t * NS) + 10**18,
        frame=round(t * 10),
        position_m=np.array(positions, float).reshape(n, 2),
        noise_m2=np.tile(NOISE, (n, 1, 1)),
        slid_m=np.tile(np.array(slid_m, float), (n, 1)),
        lift=np.zeros((n, 2)),
        areas_m2=np.full(n, area),
        spots=(spot,) * n,
        epoch=epoch,
        drift_m=drift_m,
        interval_s=0.2,
        looking=looking,
    )


def _run(way, seconds, seed=1, **kw):
    """A tracker after looks at movers: way(t) gives their places."""
    tracker, rng, confirmed_s = Tracker("s"), np.random.default_rng(seed), None
    for k in range(round(seconds * 5)):
        t = k * 0.2
        at = np.array(way(t), float).reshape(-1, 2)
        tracker.step(_look(t, at + rng.normal(0, [0.5, 0.7], at.shape), **kw))
        if confirmed_s is None and any(track.confirmed for track in tracker.tracks(_place)):
            confirmed_s = t
    return tracker, confirmed_s


@pytest.mark.parametrize("speed", [0.6, 1.2, 3.0, 9.0, 15.0])
def test_walkers_and_vehicles_are_confirmed(speed):
    tracker, confirmed_s = _run(lambda t: [(speed * t * 0.6, speed * t * 0.8)], 14.0)
    (track,) = tracker.tracks(_place)
    assert track.confirmed
    assert confirmed_s >= 4.4
    assert confirmed_s <= (6.0 if speed >= 1 else 13.0)
    assert np.hypot(track.velocity_east_m_s, track.velocity_north_m_s) == pytest.approx(speed, abs=0.6)
    assert track.existence > 0.95
    assert track.id == "s-00001"


@pytest.mark.parametrize("seed", range(8))
def test_what_stands_still_is_never_confirmed(seed):
    assert _run(lambda t: [(0.0, 0.0), (40.0, 3.0)], 20.0, seed)[1] is None


@pytest.mark.parametrize("seed", range(4))
def test_what_shifts_about_by_two_metres_is_never_confirmed(seed):
    assert _run(lambda t: [(np.sin(t / 2), 0.6 * np.cos(t / 3))], 30.0, seed)[1] is None


def test_what_moves_no_farther_than_the_reference_may_have_slid_is_not_confirmed():
    assert _run(lambda t: [(1.0 * t, 0.0)], 14.0, drift_m=2.0)[1] is None
    assert _run(lambda t: [(1.0 * t, 0.0)], 14.0, drift_m=0.1)[1] is not None


def test_scattered_false_plots_confirm_nothing():
    rng = np.random.default_rng(5)
    tracker = Tracker("s")
    for k in range(600):
        tracker.step(_look(k * 0.2, rng.uniform(-100, 100, (rng.poisson(0.5), 2))))
        assert not any(track.confirmed for track in tracker.tracks(_place))


def test_a_track_coasts_three_seconds_over_a_slew_and_keeps_its_id():
    tracker, _ = _run(lambda t: [(1.2 * t, 0.0)], 8.0)
    for k in range(12):
        tracker.step(_look(8.0 + 0.2 * k, [], epoch=1, looking=False))
    tracker.step(_look(10.4, [(12.5, 0.0)], epoch=1))
    (track,) = tracker.tracks(_place)
    assert (track.id, track.confirmed) == ("s-00001", True)


def test_a_track_that_is_gone_for_longer_ends_and_its_number_is_not_used_again():
    tracker, _ = _run(lambda t: [(1.2 * t, 0.0)], 8.0)
    for k in range(17):
        tracker.step(_look(8.0 + 0.2 * k, []))
    assert tracker.tracks(_place) == []
    for k in range(5):
        tracker.step(_look(12.0 + 0.2 * k, [(1.2 * k * 0.2, 0.0)]))
    assert [track.id for track in tracker.tracks(_place)] == ["s-00002"]


def test_slews_do_not_count_as_motion():
    tracker = Tracker("s")
    rng = np.random.default_rng(1)
    for k in range(150):
        epoch = k // 15  # each stare's reference lies 2 m farther east than the last one's
        tracker.step(_look(k * 0.2, rng.normal((2.0 * epoch, 0.0), 0.4, (1, 2)), epoch=epoch))
        assert not any(track.confirmed for track in tracker.tracks(_place))


def test_the_shared_error_is_in_a_tracks_covariance():
    tracker, _ = _run(lambda t: [(1.2 * t, 0.0)], 8.0)
    east, _, north = tracker.tracks(_place)[0].position_cov_m2
    assert 25.0 < east < 27.0
    assert 36.0 < north < 38.0


def test_two_movers_that_cross_keep_their_ids():
    tracker, _ = _run(lambda t: [(1.5 * t - 9, 4.0 - 0.7 * t), (9 - 1.5 * t, 0.7 * t - 5.0)], 12.0)
    end = {track.id: track.velocity_east_m_s > 0 for track in tracker.tracks(_place)}
    assert end == {"s-00001": True, "s-00002": False}


@pytest.mark.parametrize(
    ("area", "upright", "speed", "kind"),
    [
        (0.55, 2.2, 1.2, "person"),
        (0.24, 0.9, 2.5, "animal"),
        (2.8, 0.9, 9.0, "vehicle"),
        (2.1, 1.0, 1.0, "unknown"),
        (0.5, 2.0, 9.0, "unknown"),
    ],
)
def test_kinds_are_told_by_size_shape_and_speed(area, upright, speed, kind):
    assert kind_of(np.full(20, area), np.full(20, upright), speed) == kind
    assert kind_of(np.full(5, area), np.full(5, upright), speed) == "unknown"


def _flying_by(seconds=10.0, range_m=900.0, above_slope_deg=12.0, speed_m_s=25.0):
    """Times and lifts, metres a deviation of 6 m, of a place in the north as seen from an aircraft that flies east."""
    t = np.arange(0.0, seconds, 0.2)
    azimuth = np.arctan2(-speed_m_s * (t - seconds / 2), range_m)
    return t, 6.0 / np.tan(np.radians(above_slope_deg)) * np.column_stack([np.sin(azimuth), np.cos(azimuth)])


def _hits(t, x_m, y_m, lift=None):
    return np.column_stack([t, x_m, y_m, np.zeros((len(t), 2)) if lift is None else lift])


@pytest.mark.parametrize("off", [-1.6, -0.8, 0.8, 1.6])
def test_a_rock_that_stands_out_of_the_model_slides_and_does_not_move(off):
    t, lift = _flying_by()
    place = np.array([100.0, 200.0]) + off * lift + np.random.default_rng(1).normal(0, 0.1, lift.shape)
    slid_m = np.hypot(*(place[-1] - place[0]))
    assert slid_m > 5.0
    assert motion_of(_hits(t, *place.T), 0.2, 0.1, ConfirmSettings()).moving
    assert not motion_of(_hits(t, *place.T, lift), 0.2, 0.1, ConfirmSettings()).moving


@pytest.mark.parametrize("heading_deg", range(0, 360, 45))
def test_a_walker_moves_on_steep_and_on_open_ground(heading_deg):
    """At 40 degrees above the slope in all directions; in the flattest, one who goes as the rocks slide is not sure."""
    way = 1.2 * np.array([np.sin(np.radians(heading_deg)), np.cos(np.radians(heading_deg))])
    for above_slope_deg, sure in ((40.0, True), (12.0, heading_deg not in (90, 270))):
        t, lift = _flying_by(above_slope_deg=above_slope_deg)
        place = t[:, None] * way + np.random.default_rng(1).normal(0, 0.1, lift.shape)
        assert motion_of(_hits(t, *place.T, lift), 0.2, 0.1, ConfirmSettings()).moving == sure


@settings(max_examples=50, deadline=None)
@given(
    off=st.floats(-1.6, 1.6),
    east=st.floats(-3, 3),
    north=st.floats(-3, 3),
    most=st.floats(0, 3),
    seed=st.integers(0, 99),
)
def test_a_lift_takes_motion_away_and_never_adds_any(off, east, north, most, seed):
    t, lift = _flying_by(above_slope_deg=15.0 + seed % 40)
    place = t[:, None] * np.array([east, north]) + off * lift
    before, after = (
        straight_fit(np.ascontiguousarray(h))[4]
        for h in (_hits(t, *place.T)[:, :3], unlifted(_hits(t, *place.T, lift), most))
    )
    assert after <= before + 1e-6


def test_few_hits_or_a_short_time_are_not_enough():
    t = np.arange(0, 6, 1.0)
    assert not motion_of(_hits(t, 2 * t, 0 * t), 0.2, 0.0, ConfirmSettings()).moving
    t = np.arange(0, 4, 0.2)
    assert not motion_of(_hits(t, 2 * t, 0 * t), 0.2, 0.0, ConfirmSettings()).moving
    t = np.arange(0, 6, 0.2)
    assert motion_of(_hits(t, 2 * t, 0 * t), 0.2, 0.0, ConfirmSettings()).moving


def test_a_track_is_placed_where_its_looks_alone_place_it():
    """The reference has carried everything 12 m east and slides on by 1 m/s: motion is judged in it, places are not."""
    tracker = Tracker("s")
    for k in range(60):
        t = k * 0.2
        tracker.step(_look(t, [(1.2 * t + 12.0 + t, 0.0)], slid_m=(12.0 + t, 0.0)))
        places = [track.position.lon_deg * 1e5 for track in tracker.tracks(_place)]
        assert all(abs(x - 1.2 * t) < 1.5 for x in places)
    assert len(places) == 1


def test_a_track_is_taken_over_into_a_new_reference():
    """The old one had slid by 20 m: the same walker goes on at his place, and has not moved by those 20 m."""
    tracker = Tracker("s")
    for k in range(80):
        t = k * 0.2
        slid_m = 20.0 if t < 8.0 else 0.0
        tracker.step(_look(t, [(1.2 * t + slid_m, 0.0)], epoch=int(t >= 8.0), slid_m=(slid_m, 0.0)))
    (track,) = tracker.tracks(_place)
    assert track.id == "s-00001"
    assert track.position.lon_deg * 1e5 == pytest.approx(1.2 * 79 * 0.2, abs=0.5)
    assert track.moved_m == pytest.approx(1.2 * 79 * 0.2, abs=1.0)
