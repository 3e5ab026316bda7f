"""The example in the real Andes loads, and gives a plan with sorties that keep their distance."""

from pathlib import Path

import pytest

from apacheta.app.loading import check_mandate, load_fleet, load_mandate, load_sector, load_world
from apacheta.app.plan import run


@pytest.fixture
def example(repository: Path, shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Its sector.toml, with the shared data where the machine has them."""
    monkeypatch.setenv("APACHETA_SHARED_DATA", str(shared_data))
    return repository / "examples" / "libertadores" / "sector.toml"


def test_the_example_loads_and_says_that_it_is_a_demonstration(example: Path) -> None:
    sector = load_sector(example)
    mandate = load_mandate(example.parent / "mandate.toml")
    check_mandate(mandate, sector, sector.start_utc_ns, sector.end_utc_ns)
    assert mandate.exercise
    assert sector.border.accuracy_m == 4_600
    assert "emonstration only" in sector.note
    assert load_fleet(sector, example)
    world = load_world(sector, example)
    base = sector.bases[0]
    assert 5_600 < world.border_line.signed_distance_m(base.lat_deg, base.lon_deg) < 15_000


@pytest.mark.slow
def test_the_example_has_sorties(example: Path, tmp_path: Path) -> None:
    body, code = run(example, tmp_path, policy="strips")
    assert code == 0
    assert body["sorties"] >= 5
    assert body["min_border_distance_m"] >= 5_600
    assert body["min_energy_reserve_fraction"] >= 0.2
    assert "emonstration only" in (tmp_path / "plan.html").read_text(encoding="utf-8")
