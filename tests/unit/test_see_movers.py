"""What decides that a spot is a mover: where it stood before, and how long a walker needs to leave his place."""

import cv2
import numpy as np
import pytest
from see_world import GRID, Flight, degraded, gliding, smooth_noise, terrain

from apacheta.kernels.movers import spot_of
from apacheta.see import movers
from apacheta.see.movers import MoverFinder, MoverSettings, baseline_s, stood_there
from apacheta.see.view import MESH_STEP_PX, view_of

SETTINGS = MoverSettings()
STILL = np.ones((100, 100), np.uint8)


def _spot(column, row, kelvin=60.0):
    image = np.full((100, 100), 80.0, np.float32)
    if column is not None:
        y, x = np.mgrid[:100, :100]
        image += (kelvin * np.exp(-((x - column) ** 2 + (y - row) ** 2) / 4)).astype(np.float32)
    return image


@pytest.mark.parametrize(
    ("first", "second", "still"),
    [
        ((52, 51), (51, 50), True),
        ((57, 50), (55, 50), False),
        ((None, 0), (None, 0), False),
        ((50, 50), (None, 0), False),
    ],
)
def test_a_spot_that_both_older_pictures_hold_nearby_stands_still(first, second, still):
    contrast = float(spot_of(_spot(50, 50), 50, 50, 1, 7, 1.0)[0])
    laid = [_spot(*first), _spot(*second)]
    assert stood_there(contrast, _spot(50, 50), STILL, laid, 50, 50, 7, 1.0, SETTINGS) is still


def test_a_weaker_spot_in_the_older_pictures_does_not_hide_a_mover():
    laid = [_spot(50, 50, 20.0), _spot(50, 50, 20.0)]
    assert not stood_there(60.0, _spot(50, 50), STILL, laid, 50, 50, 7, 1.0, SETTINGS)


def test_the_shape_of_a_spot_is_its_second_moments_without_its_surroundings():
    y, x = np.mgrid[:100, :100]
    image = (80 + 60.0 * (((x - 50) / 2) ** 2 + ((y - 50) / 5) ** 2 <= 1)).astype(np.float32)
    cv2.rectangle(image, (60, 40), (64, 60), 150.0, -1)
    found = spot_of(image, 50, 50, 1, 9, 1.0)
    assert found[0] == pytest.approx(60)
    assert found[1] == pytest.approx(80)
    assert found[3] == pytest.approx(25 / 4, rel=0.2)
    assert found[4] == pytest.approx(4 / 4, rel=0.3)


@pytest.mark.parametrize(("gsd_m", "seconds"), [(0.05, 1.0), (0.31, 1.835), (0.6, 2.2)])
def test_the_baseline_lets_a_walker_leave_his_place(gsd_m, seconds):
    assert baseline_s(gsd_m, SETTINGS) == pytest.approx(seconds, abs=0.01)


def test_ground_behind_what_boils_is_not_compared_and_the_rest_is():
    """A cloud drifts through the left third: the rest still fits, and in the cloud a walker would drown."""
    flight, rng, cloud_px = Flight(terrain(2), seed=3, duration_s=3.0), np.random.default_rng(0), 100
    finder, found = MoverFinder(), []
    for gray, frame in flight.frames(rate_hz=5.0):
        cloudy = gray.copy()
        cloudy[:, :cloud_px] = (120 + smooth_noise(rng, (256, cloud_px), 2.0, 60.0)).clip(0, 255)
        found.append(finder.find(cloudy, view_of(frame, flight.dem, GRID)))
    compared = np.mean([f.compared for f in found if f.looking], axis=0)
    within, beyond = cloud_px // MESH_STEP_PX - 2, cloud_px // MESH_STEP_PX + 3
    assert compared[:, :within].mean() < 0.05
    assert compared[:, beyond:].mean() > 0.8


VOID = -1e4


def test_usable_is_what_both_older_pictures_hold_away_from_their_voids_and_the_edge():
    laid = [np.full((90, 120), 80.0, np.float32) for _ in range(2)]
    laid[0][45, 40], laid[1][30:33, 80] = VOID, VOID
    expected = np.zeros((90, 120), np.uint8)
    expected[8:-8, 8:-8] = 1
    expected[37:54, 32:49] = expected[22:41, 72:89] = 0
    assert np.array_equal(MoverFinder()._usable(laid), expected)


@pytest.mark.parametrize("holed", [0, 1])
def test_what_either_older_picture_does_not_hold_is_not_compared(monkeypatch, holed):
    """Its left third is void, as after a pan; the rest is compared, but for the picture's edge."""
    real, void_px = movers._laid, 100

    def laid(*given):
        images, fits = real(*given)
        images[holed][:, :void_px] = VOID
        return images, fits

    monkeypatch.setattr(movers, "_laid", laid)
    flight, finder, compared = Flight(terrain(2), seed=3, duration_s=2.4), MoverFinder(), []
    for gray, frame in flight.frames(rate_hz=5.0):
        finding = finder.find(gray, view_of(frame, flight.dem, GRID))
        compared += [finding.compared] if finding.looking else []
    assert compared
    within = (void_px + SETTINGS.void_margin_px) // MESH_STEP_PX
    for mesh in compared:
        assert not mesh[:, :within].any()
        assert mesh[1:-1, within + 1 : -1].mean() > 0.9
        assert not np.concatenate([mesh[0], mesh[-1], mesh[:, -1]]).any()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_camera_that_glides_on_leaves_its_reference_behind(seed):
    """The model's heights are wrong by 6 m: every ground seems to slide, and the slides of 40 s must not add up."""
    flight = gliding(seed, 40.0)
    dem, finder, way_px = degraded(flight.dem, seed + 50, 6.0), MoverFinder(), []
    for gray, frame in flight.frames(rate_hz=5.0):
        finder.find(gray, view_of(frame, dem, GRID))
        way_px.append(np.hypot(finder._past[-1].steady[0], finder._past[-1].steady[3]))
    assert finder.epoch == 0
    assert max(way_px) < 10
