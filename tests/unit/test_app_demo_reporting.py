"""What the report of a night with several streams says."""

from types import SimpleNamespace

import numpy as np
import pytest
from see_world import terrain

from apacheta.app.demo.reporting import _unseen
from apacheta.see import SeenGround
from apacheta.see.seen import COARSE, IN_FRAME, LOOKED_AT


def test_the_causes_of_unseen_ground_come_from_all_streams() -> None:
    """One row of cells each: seen by the first alone, too short for the second alone, too coarse for the first alone,
    hidden for both; the first saw most."""
    dem = terrain(size=5)
    first, second = SeenGround(dem), SeenGround(dem)
    first.looks[0] = 1
    first.state[:4] = np.array([LOOKED_AT, IN_FRAME, COARSE, IN_FRAME])[:, None]
    second.state[:4] = np.array([COARSE, LOOKED_AT | COARSE, IN_FRAME, IN_FRAME])[:, None]
    night = SimpleNamespace(
        ground=SimpleNamespace(dem=dem),
        own_side=np.ones((5, 5), np.bool_),
        chains={name: SimpleNamespace(eye=SimpleNamespace(seen=g)) for name, g in (("A1", first), ("A2", second))},
    )
    found = _unseen(night)
    row_km2 = 5 * 0.0009
    assert found.own_side_km2 == pytest.approx(5 * row_km2)
    causes = (found.too_short_km2, found.too_coarse_km2, found.hidden_km2, found.never_in_frame_km2)
    assert causes == pytest.approx((row_km2, row_km2, row_km2, row_km2))
