"""The affine fit against a shift that we made ourselves, and what happens when it cannot work."""

import cv2
import numpy as np
import pytest
from see_world import rocky

from apacheta.see.registration import LEVELS, VOID, Picture, affine_fit, laid_over, pose_only, shift_of
from apacheta.see.view import view_of

W, H = 320, 256
TRUE = np.array([3.2, 0.8, -0.5, -2.1, 0.4, 0.9])


def _pair(params, brightness=0.0, seed=1):
    """A picture, and an older one such that now(x) = old(x + p(x)) + brightness."""
    big = 60 + 9 * cv2.GaussianBlur(rocky(seed)[: H * 2, : W * 2], (0, 0), 1.0)
    col, row = np.meshgrid(np.arange(W, dtype=float), np.arange(H, dtype=float))
    shift = shift_of(np.asarray(params), col, row, W, H)
    old = big[100 : 100 + H, 150 : 150 + W]
    now = cv2.remap(
        big, (150 + col + shift[..., 0]).astype(np.float32), (100 + row + shift[..., 1]).astype(np.float32), 1
    )
    noise = np.random.default_rng(seed).normal(0, 0.7, (2, H, W))
    gray = [
        np.clip(image + n, 0, 255).astype(np.uint8) for image, n in zip((now + brightness, old), noise, strict=True)
    ]
    return Picture(gray[0]), Picture(gray[1])


def _levels(picture):
    return {scale: picture.small(scale).copy() for scale, _, _ in LEVELS}


def test_fit_recovers_a_known_affine_shift_to_a_tenth_of_a_pixel():
    now, old = _pair(TRUE)
    fit = affine_fit(now, _levels(old))
    assert fit is not None
    assert fit.by_image
    assert fit.params[:6] == pytest.approx(TRUE, abs=0.1)
    assert fit.sigma_px < 0.2


def test_fit_recovers_a_change_of_brightness():
    now, old = _pair(TRUE, brightness=7.0)
    fit = affine_fit(now, _levels(old))
    assert fit is not None
    assert fit.params[6] == pytest.approx(7.0, abs=0.3)
    assert fit.params[:6] == pytest.approx(TRUE, abs=0.1)


def test_fit_is_not_drawn_away_by_hot_movers():
    now, old = _pair(TRUE)
    gray = now.full.astype(np.uint8)
    for k in range(6):
        cv2.circle(gray, (30 + 45 * k, 30 + 37 * k), 3, 250, -1)
    fit = affine_fit(Picture(gray), _levels(old))
    assert fit is not None
    assert fit.params[:6] == pytest.approx(TRUE, abs=0.15)


@pytest.mark.parametrize("fault", ["flat", "void", "nan", "huge"])
def test_a_fit_that_cannot_work_is_refused_and_never_raises(fault):
    now, old = _pair(TRUE)
    levels = _levels(old)
    if fault == "flat":
        now = Picture(np.full((H, W), 90, np.uint8))
        levels = _levels(now)
    if fault == "void":
        levels = {k: np.full_like(v, VOID) for k, v in levels.items()}
    if fault == "nan":
        levels = {k: np.full_like(v, np.nan) for k, v in levels.items()}
    if fault == "huge":
        now, old = _pair([60.0, 0, 0, 50.0, 0, 0])
        levels = _levels(old)
    fit = affine_fit(now, levels)
    if fault == "huge":
        assert fit is None or np.abs(fit.params[:6]).max() < 24
    else:
        assert fit is None


def test_pose_alone_is_used_where_the_image_gives_nothing():
    from see_world import GRID, Flight, terrain

    dem = terrain(1)
    flight = Flight(dem, slant_m=450.0, duration_s=2.0)
    frames = list(flight.frames(rate_hz=1.0, exact=True))
    views = [view_of(frame, dem, GRID) for _, frame in frames]
    flat = Picture(np.full((H, W), 90, np.uint8))
    image, fit = laid_over(flat, views[1], flat, views[0], None)
    assert not fit.by_image
    assert fit.params == pytest.approx(pose_only().params)
    assert np.median(image) == pytest.approx(90)
