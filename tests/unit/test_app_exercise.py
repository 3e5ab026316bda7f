"""A world over a user's own sector: its ground is the user's, read as the sector says."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine
from sectors import SECTOR, changed, two_valleys

from apacheta.app.exercise import world_of_sector
from apacheta.app.loading import load_sector, load_world
from apacheta.geo import undulation_m
from apacheta.sim.world import load_world as load_simulated


def test_a_world_over_heights_above_the_users_own_geoid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A geoid 7 m above EGM96 lifts the simulated ground by 7 m."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    plain = two_valleys(tmp_path)
    with_geoid = changed(SECTOR, '"amsl_egm96"', '"amsl_egm2008"\ngeoid_file = "geoid.tif"')
    low = _mean_truth_m(plain)
    _write_geoid(tmp_path / "geoid.tif", 7.0)
    high = _mean_truth_m(two_valleys(tmp_path, sector=with_geoid))
    assert high - low == pytest.approx(7.0, abs=0.1)


def _mean_truth_m(path: Path) -> float:
    sector = load_sector(path)
    made = world_of_sector(sector, load_world(sector, path), 1, lambda share, text: None)
    return float(np.mean(load_simulated(made).product_amsl_m))


def _write_geoid(path: Path, above_egm96_m: float) -> None:
    lat, lon = np.meshgrid(-18.5 - 0.05 * (np.arange(40) + 0.5), -68.0 + 0.05 * (np.arange(40) + 0.5), indexing="ij")
    profile = {"driver": "GTiff", "width": 40, "height": 40, "count": 1, "dtype": "float32", "crs": "EPSG:4326"}
    with rasterio.open(path, "w", transform=Affine(0.05, 0, -68.0, 0, -0.05, -18.5), **profile) as out:
        out.write((undulation_m(lat, lon) + above_egm96_m).astype(np.float32), 1)
