"""The eye on short clips of the small world: walkers found, resting goats and rocks not, late frames survived."""

import math

import cv2
import msgspec
import numpy as np
import pytest
from see_world import GRID, Body, Flight, degraded, gliding, terrain

from apacheta.adapters.video import VideoDecoder
from apacheta.core.sight import Frame
from apacheta.see import Eye, EyeSettings, MoverSettings
from apacheta.sim.night.encode import Encoder

NEAR_PX = 6.0


def _flight(seed, walkers=0, goats=0, duration_s=11.0, speed=1.2, **kw):
    """A stare at 0.31 m a pixel with bodies strewn about its middle."""
    flight = Flight(terrain(seed), seed=seed, slant_m=450.0, duration_s=duration_s, azimuth_deg=70.0 * seed, **kw)
    rng = np.random.default_rng(seed)
    for _ in range(walkers):
        a = rng.uniform(0, 2 * math.pi)
        flight.bodies.append(
            Body(*rng.uniform(-18, 18, 2), speed * math.sin(a), speed * math.cos(a), kelvin=rng.uniform(8, 14))
        )
    for _ in range(goats):
        flight.bodies.append(Body(*rng.uniform(-35, 35, 2), width_m=0.45, height_m=0.8, kelvin=rng.uniform(9, 15)))
    return flight


def _watch(flight, dem=None):
    """All sightings with their frames, and the eye."""
    eye = Eye(dem or degraded(flight.dem, flight.seed + 50), GRID, "t")
    return [(frame, eye.step(gray, frame)) for gray, frame in flight.frames(rate_hz=5.0)], eye


@pytest.fixture(scope="module")
def walk():
    """Three walkers and four goats, 11 s."""
    flight = _flight(2, walkers=3, goats=4)
    return flight, *_watch(flight)


def test_walkers_give_plots_at_their_pixels(walk):
    flight, sightings, _ = walk
    hits = misses = false = 0
    for frame, sighting in sightings:
        if sighting.why_not:
            continue
        at = [flight.pixel_of(b, frame.number / 5)[:2] for b in flight.bodies[:3]]
        seen = [a for a in at if 12 < a[0] < 308 and 12 < a[1] < 244]
        plots = [(p.column_px, p.row_px) for p in sighting.plots]
        near = [[math.dist(a, p) < NEAR_PX for p in plots] for a in seen]
        hits += sum(any(row) for row in near)
        misses += sum(not any(row) for row in near)
        false += sum(not any(math.dist(a, p) < NEAR_PX + 2 for a in at) for p in plots)
    assert hits > 60
    assert hits / (hits + misses) > 0.8
    assert hits / (hits + false) > 0.9


def test_every_walker_becomes_a_confirmed_track_near_its_true_place(walk):
    flight, sightings, _ = walk
    frame, last = sightings[-1]
    found = set()
    for track in last.tracks:
        if not track.confirmed:
            continue
        x, y = GRID.xy(track.position.lat_deg, track.position.lon_deg)
        places = np.array([body.at(frame.number / 5) for body in flight.bodies[:3]])
        offset = places - [x, y]
        k = int(np.argmin(np.hypot(*offset.T)))
        cov = track.position_cov_m2
        distance = offset[k] @ np.linalg.solve([[cov[0], cov[1]], [cov[1], cov[2]]], offset[k])
        assert distance < 9.2, "outside the 99 % ellipse"
        assert track.kind in ("person", "unknown")
        assert np.hypot(track.velocity_east_m_s, track.velocity_north_m_s) == pytest.approx(1.2, abs=0.5)
        found.add(k)
    assert len(found) >= 2


@pytest.mark.parametrize("rate_hz", [3.3, 2.5])
def test_a_slow_stream_shows_its_walkers_too(rate_hz):
    flight = _flight(2, walkers=3, duration_s=13.0)
    eye = Eye(degraded(flight.dem, 52), GRID, "t")
    shown = [eye.step(gray, frame) for gray, frame in flight.frames(rate_hz=rate_hz)]
    assert sum(track.confirmed for track in shown[-1].tracks) >= 2


def test_a_watch_that_has_fallen_behind_looks_less_often_and_finds_its_walkers():
    flight = _flight(2, walkers=3, duration_s=13.0)
    eye = Eye(degraded(flight.dem, 52), GRID, "t")
    shown = [eye.step(gray, frame, sparser=2) for gray, frame in flight.frames(rate_hz=5.0)]
    assert [s.looked for s in shown[:6]] == [True, False, True, False, True, False]
    assert all(s.footprint is not None for s in shown)
    assert sum(track.confirmed for track in shown[-1].tracks) >= 2


def test_nothing_is_plotted_before_the_baseline_has_passed(walk):
    _, sightings, _ = walk
    assert all(not s.plots and s.why_not == "too short" for f, s in sightings if f.number / 5 < 1.2)


def test_stills_and_chips_are_kept_for_evidence(walk):
    _, sightings, eye = walk
    track = next(t for t in sightings[-1][1].tracks if t.confirmed)
    assert eye.still(track.frame).shape == (256, 320)
    chip = eye.chip(track.frame, track.column_px, track.row_px, 32)
    assert chip.shape == (32, 32)
    assert chip[14:19, 14:19].max() > np.median(chip) + 30
    assert eye.still(10**6) is None
    assert eye.chip(10**6, 1.0, 1.0) is None


@pytest.mark.parametrize("seed", [1, 4])
def test_resting_goats_and_warm_rocks_give_no_confirmed_track(seed):
    sightings, _ = _watch(_flight(seed, goats=10))
    assert not any(track.confirmed for _, s in sightings for track in s.tracks)
    assert sum(len(s.plots) for _, s in sightings) < 40


def test_a_convoy_is_a_vehicle():
    flight = _flight(3, walkers=0, speed=0)
    flight.bodies.append(Body(-30.0, -5.0, 7.0, 0.5, width_m=1.9, height_m=1.7))
    flight.duration_s = 9.0
    sightings, _ = _watch(flight)
    confirmed = [track for _, s in sightings for track in s.tracks if track.confirmed]
    assert confirmed
    assert {track.kind for track in confirmed} <= {"vehicle", "unknown"}


def test_no_plots_in_the_baseline_time_after_a_slew():
    flight = _flight(2, goats=8, duration_s=9.0, aims=((4.5, 260.0, 40.0),))
    sightings, _ = _watch(flight)
    blind = {round(f.number / 5, 1): s for f, s in sightings}
    assert blind[4.6].why_not == "slewing"
    assert all(blind[t].why_not for t in (4.8, 5.0, 5.4, 5.8))
    assert not blind[8.0].why_not
    assert not any(track.confirmed for s in blind.values() for track in s.tracks)


def test_a_camera_that_freezes_white_is_not_looking():
    flight = _flight(2, duration_s=4.0)
    eye = Eye(flight.dem, GRID, "t")
    whys = [eye.step(np.full((256, 320), 200, np.uint8), f).why_not for _, f in flight.frames(rate_hz=5.0)]
    assert set(whys) <= {"flat", "frozen"}
    assert eye.seen.seen_km2() == 0


def _through_h264(pictures):
    """Pictures as a coder and a decoder leave them."""
    pictures = list(pictures)
    encoder, decoder = Encoder(pictures[0].shape[1], pictures[0].shape[0], 5.0), VideoDecoder.for_stream_type(0x1B)
    return [f.gray for n, p in enumerate(pictures) for f in decoder.decode(encoder.encode(p)[0], n * 18_000, False)]


def _shown(fault, frames):
    """Pictures that show nothing of now, one for each frame."""
    rng = np.random.default_rng(1)
    if fault == "frozen":
        return [frames[0][0]] * len(frames)
    if fault == "frozen before the coder":
        return _through_h264([frames[0][0]] * len(frames))
    deviation, blur = fault
    noise = (rng.normal(0, 1, gray.shape) for gray, _ in frames)
    smooth = (cv2.GaussianBlur(n, (0, 0), blur) if blur else n for n in noise)
    return [(120 + deviation * n / n.std()).clip(0, 255).astype(np.uint8) for n in smooth]


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ("frozen", "frozen"),
        ("frozen before the coder", "frozen"),
        *((noise, "unlike") for noise in ((10, 0), (25, 0), (50, 0), (50, 1), (45, 2), (30, 4))),
    ],
)
def test_an_old_picture_or_noise_shows_nothing_and_sees_no_ground(fault, cause):
    """The pose goes on as if all were well: only the pictures say that they show nothing of now."""
    flight = _flight(2, duration_s=13.0)
    eye = Eye(flight.dem, GRID, "t")
    frames = list(flight.frames(rate_hz=5.0))
    shown = _shown(fault, frames)
    sightings = [eye.step(gray, frame) for gray, (_, frame) in zip(shown, frames, strict=True)]
    assert eye.counts.blind[cause] > (0.9 * len(frames) if cause == "frozen" else 20)
    assert sum(len(s.plots) for s in sightings) == 0
    assert eye.seen.seen_km2() == 0


def test_a_picture_in_which_all_stands_out_is_not_one_of_movers():
    flight = _flight(2, duration_s=12.0)
    eye, rng = Eye(flight.dem, GRID, "t"), np.random.default_rng(1)
    for gray, frame in flight.frames(rate_hz=5.0):
        snow = np.where(rng.random(gray.shape) < 0.03, 255, gray).astype(np.uint8)
        assert not eye.step(snow, frame).plots
    assert eye.seen.seen_km2() == 0


@pytest.mark.parametrize(("damaged_at", "rate_hz"), [((), 5.0), ((35,), 5.0), ((71,), 10.0)])
def test_a_look_in_which_a_picture_was_damaged_is_not_bridged(damaged_at, rate_hz):
    """11 s: 9.2 s are left after the blind baseline, and less than a look on either side of the damage. At 10 Hz the
    damaged frame is one between two looks."""
    flight = _flight(2, duration_s=11.0)
    eye = Eye(flight.dem, GRID, "t")
    looked = [eye.step(g, f, n in damaged_at).looked for n, (g, f) in enumerate(flight.frames(rate_hz))]
    assert all(looked[n] is (rate_hz == 5.0) for n in damaged_at)
    assert (eye.seen.seen_km2() > 0) is (not damaged_at)


@pytest.mark.parametrize("how", ["placed", "without a pose", "late", "told"])
def test_a_damaged_frame_ends_the_look_whether_it_has_a_place_or_not(how):
    """In 11 s there is time for one look, unless it is broken off in its middle."""
    flight = _flight(2, duration_s=11.0)
    eye = Eye(flight.dem, GRID, "t")
    frames = list(flight.frames(5.0))
    for n, (gray, frame) in enumerate(frames):
        pose = {"without a pose": None, "late": frames[n - 1][1].pose}.get(how, frame.pose)
        if n == 35 and how == "told":
            eye.break_off()
        else:
            eye.step(gray, msgspec.structs.replace(frame, pose=pose) if n == 35 else frame, damaged=n == 35)
    assert eye.seen.seen_km2() == 0


def test_a_good_stare_of_twelve_seconds_sees_ground():
    flight = _flight(2, duration_s=12.0)
    eye = Eye(flight.dem, GRID, "t")
    for gray, frame in flight.frames(rate_hz=5.0):
        eye.step(gray, frame)
    assert eye.seen.seen_km2() > 0.005
    assert set(eye.counts.blind) == {"too short"}


def test_without_terrain_movers_are_still_found_over_the_ellipsoid():
    flight = _flight(2, walkers=2, duration_s=3.0)
    eye = Eye(None, type(GRID)(-32.7, -70.2, 0.0), "t")
    sightings = [eye.step(gray, frame) for gray, frame in flight.frames(rate_hz=5.0)]
    assert eye.height_reference == "ellipsoid"
    assert eye.seen is None
    assert all(s.footprint is not None for s in sightings)


def test_a_wide_picture_is_shrunk_and_reports_its_own_pixels():
    flight = _flight(2, walkers=2, duration_s=4.0, size=(1280, 512), hfov_deg=24.0)
    flight.bodies = [Body(0.0, 0.0, 1.0, 0.6, width_m=1.2, height_m=2.5)]
    eye = Eye(flight.dem, GRID, "t", EyeSettings(width_max_px=640))
    found = []
    for gray, frame in flight.frames(rate_hz=5.0):
        at = flight.pixel_of(flight.bodies[0], frame.number / 5)[:2]
        found += [math.dist(at, (p.column_px, p.row_px)) for p in eye.step(gray, frame).plots]
    assert found
    assert np.median(found) < 4.0


def test_frames_without_pose_are_counted_and_skipped():
    flight = _flight(2, duration_s=1.0)
    eye = Eye(flight.dem, GRID, "t")
    for n, (gray, frame) in enumerate(flight.frames()):
        pose = None if n % 2 else msgspec.structs.replace(frame.pose, platform_pitch_deg=math.nan)
        assert eye.step(gray, msgspec.structs.replace(frame, pose=pose)).footprint is None
    assert eye.counts.unposed == eye.counts.frames == 10


@pytest.mark.parametrize("seed", range(3))
def test_shuffled_repeated_and_late_frames_and_holes_never_crash(seed):
    flight = _flight(2, walkers=2, duration_s=3.0)
    frames = list(flight.frames())
    rng = np.random.default_rng(seed)
    order = np.clip(np.arange(30) + rng.integers(-3, 4, 30), 0, 29)
    eye = Eye(degraded(flight.dem, 1), GRID, "t")
    for n in order:
        gray, frame = frames[n]
        if rng.random() < 0.15:
            frame = msgspec.structs.replace(frame, pose=msgspec.structs.replace(frame.pose, hfov_deg=math.inf))
        if rng.random() < 0.1:
            gray = gray[:200, :300].copy()
        sighting = eye.step(gray, frame)
        assert all(math.isfinite(p.position.lat_deg) for p in sighting.plots)
    counts = eye.counts
    assert counts.frames == 30
    assert counts.late > 0
    assert counts.georeferenced + counts.late + counts.unposed == 30


def test_a_clock_that_jumps_back_begins_anew_with_new_ids():
    flight = _flight(2, walkers=3, duration_s=7.0)
    frames = list(flight.frames(rate_hz=5.0))
    eye = Eye(degraded(flight.dem, 1), GRID, "t")
    first = {t.id for g, f in frames for t in eye.step(g, f).tracks}
    again = {t.id for g, f in frames for t in eye.step(g, f).tracks}
    assert first
    assert again
    assert not first & again


def test_same_frames_give_the_same_records():
    flight = _flight(2, walkers=2, duration_s=3.0)
    frames: list[tuple[np.ndarray, Frame]] = list(flight.frames(rate_hz=5.0))
    dem = degraded(flight.dem, 1)
    runs = [[eye.step(g, f) for g, f in frames] for eye in (Eye(dem, GRID, "t"), Eye(dem, GRID, "t"))]
    assert [(s.plots, s.tracks) for s in runs[0]] == [(s.plots, s.tracks) for s in runs[1]]


@pytest.mark.parametrize(("slow_factor", "found"), [(2.2, True), (100.0, False)])
def test_a_slow_walker_uphill_shows_in_the_longer_look_back_alone(slow_factor, found):
    flight = _flight(2, duration_s=13.0)
    flight.bodies.append(Body(-3.0, -3.0, 0.0, 0.25))
    settings = EyeSettings(movers=MoverSettings(slow_factor=slow_factor))
    eye = Eye(degraded(flight.dem, flight.seed + 50), GRID, "t", settings)
    near = 0
    for gray, frame in flight.frames(rate_hz=5.0):
        at = flight.pixel_of(flight.bodies[0], frame.number / 5)[:2]
        near += any(math.dist(at, (p.column_px, p.row_px)) < NEAR_PX for p in eye.step(gray, frame).plots)
    assert (near > 15) is found


def test_a_walker_below_a_gliding_camera_is_placed_within_his_ellipse():
    """After most of a minute of other ground he comes into view."""
    flight = gliding(2, 58.0, slant_m=500.0, speed_m_s=8.0)
    flight.bodies.append(Body(*(flight.way * 8.0 * 24.0), 0.9, 0.6, kelvin=12.0))
    eye, found = Eye(degraded(flight.dem, 52, 8.0), GRID, "t"), []
    for gray, frame in flight.frames(rate_hz=5.0):
        walker = np.array(flight.bodies[0].at(frame.number / 5))
        for track in (t for t in eye.step(gray, frame).tracks if t.plots > 10):
            off = np.array(GRID.xy(track.position.lat_deg, track.position.lon_deg)) - walker
            found.append(off @ np.linalg.solve(_matrix(track), off))
    assert len(found) > 10
    assert np.median(found) < 4.6, "outside the 90 % ellipse"


def _matrix(track):
    ee, en, nn = track.position_cov_m2
    return np.array([[ee, en], [en, nn]])
