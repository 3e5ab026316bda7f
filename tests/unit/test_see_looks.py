"""What a look is: in it a walker is confirmed more often than not, whichever way he goes."""

import numpy as np
import pytest

from apacheta.core.sight import LOOK_ABOVE_SLOPE_DEG, LOOK_S
from apacheta.see.judgement import ConfirmSettings, motion_of

RANGE_M, SPEED_M_S, DEVIATION_M, INTERVAL_S = 900.0, 28.0, 6.0, 0.2


def _lifts(seconds: float, above_slope_deg: float, begin_s: float) -> np.ndarray:
    """Metres (n, 2) that one deviation of the terrain puts a place in the north off, seen from an aircraft that flies
    east and is abeam `begin_s` after the look began."""
    t = np.arange(0.0, seconds + 1e-9, INTERVAL_S)
    azimuth = np.arctan2(-SPEED_M_S * (t - begin_s), RANGE_M)
    reach_m = DEVIATION_M / np.tan(np.radians(above_slope_deg))
    return np.asarray(reach_m * np.column_stack([np.sin(azimuth), np.cos(azimuth)]))


def _confirmed(seconds: float, above_slope_deg: float, speed_m_s: float = 1.0) -> float:
    """The share of walkers, over headings and parts of a tour, that are confirmed within so many seconds."""
    rng, sure = np.random.default_rng(1), []
    for heading in np.radians(np.arange(0, 360, 15)):
        for begin_s in (-10.0, 0.0, 4.0, 14.0):
            lift = _lifts(seconds, above_slope_deg, begin_s)
            t = np.arange(len(lift)) * INTERVAL_S
            place = speed_m_s * t[:, None] * np.array([np.sin(heading), np.cos(heading)]) + rng.normal(
                0, 0.15, lift.shape
            )
            hits = np.column_stack([t, place, lift])
            sure.append(
                any(motion_of(hits[:n], INTERVAL_S, 0.1, ConfirmSettings()).moving for n in range(6, len(hits) + 1))
            )
    return float(np.mean(sure))


@pytest.mark.parametrize("above_slope_deg", [LOOK_ABOVE_SLOPE_DEG, 25.0, 35.0, 45.0])
def test_in_a_look_a_walker_is_rather_confirmed_than_not(above_slope_deg: float) -> None:
    assert _confirmed(LOOK_S, above_slope_deg) > 0.6


def test_a_shorter_look_from_lower_down_would_not_do() -> None:
    assert _confirmed(4.9, 8.0) < 0.5
    assert ConfirmSettings().age_s < LOOK_S
