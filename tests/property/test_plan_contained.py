"""The planner under the containment proof: tours are moved, lowered or dropped until every state is proven."""

from pathlib import Path

import numpy as np
import pytest
from sectors import SECTOR, changed, two_valleys

from apacheta.app.loading import load_fleet, load_mandate, load_proof_ground, load_sector, load_world
from apacheta.plan import PlanResult, plan_night, recipe, strips
from apacheta.plan.airspace import Airspace, airspace_of
from apacheta.plan.containment import ceiling_of, prove
from apacheta.plan.strips import candidates_of
from apacheta.plan.walkers import traffic_of


class Planned:
    """two_valleys planned with the proof; a weaker wind, so that there is room for a menu in so small a world."""

    def __init__(self, folder: Path) -> None:
        path = two_valleys(folder, sector=changed(SECTOR, "gust_m_s = 6", "gust_m_s = 3"))
        self.sector, self.fleet = load_sector(path), load_fleet(load_sector(path), path)
        self.world, self.ground = load_world(self.sector, path), load_proof_ground(self.sector)
        self.mandate = load_mandate(folder / "mandate.toml")

    def plan(self, contained: bool) -> PlanResult:
        return plan_night(
            *(self.sector, self.mandate, self.fleet, self.world.dem, self.world.border_line, "strips", 1),
            proof_ground=self.ground if contained else None,
        )

    def verdict(self, result: PlanResult) -> str:
        return prove(result.plan, "", self.sector, self.fleet, {name: {} for name in self.fleet}, self.ground).verdict

    def airspace(self, contained: bool) -> Airspace:
        aircraft = self.fleet["vtol_terminating"]
        return airspace_of(
            *(self.sector, self.world.dem, self.world.border_line, aircraft.radio),
            *(aircraft.nav_sigma_h_m, aircraft.nav_sigma_v_m),
            ceiling_of(self.sector, aircraft, self.ground) if contained else None,
        )


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Planned:
    return Planned(tmp_path_factory.mktemp("contained"))


def test_a_plan_under_the_proof_is_proven_and_one_without_is_not(planned: Planned) -> None:
    assert planned.verdict(planned.plan(contained=False)) == "not_proven"
    result = planned.plan(contained=True)
    assert len(result.plan.tours) >= 2
    assert len(result.plan.slots) >= 2
    assert planned.verdict(result) == "proven"


def test_no_level_flight_is_allowed_above_the_ceiling(planned: Planned) -> None:
    """Nor anywhere in the square for which a node of the lattice answers."""
    airspace = planned.airspace(contained=True)
    rng = np.random.default_rng(2)
    for height in (4250.0, 4400.0, 4600.0):
        rows, cols = np.nonzero(airspace.allowed(height))
        half = airspace.dem.cell_m * 4
        x = airspace.lattice_x_m[cols] + rng.uniform(-half, half, len(cols))
        y = airspace.lattice_y_m[rows] + rng.uniform(-half, half, len(cols))
        assert (airspace.ceiling_at(x, y) >= height).all()
    assert airspace.allowed(4250.0).any()
    assert airspace.allowed(4600.0).sum() < planned.airspace(contained=False).allowed(4600.0).sum()


def test_every_racetrack_that_is_tried_lies_below_the_ceiling(planned: Planned) -> None:
    airspace, aircraft = planned.airspace(contained=True), planned.fleet["vtol_terminating"]
    traffic = traffic_of(planned.sector, planned.world.dem, planned.world.border_line, np.random.default_rng(1))
    strips = candidates_of(airspace, aircraft, traffic, 0.42).strips
    assert len(strips) > 3
    for strip in strips:
        lap = strip.lap()
        assert (airspace.ceiling_at(lap[:, 0], lap[:, 1]) >= strip.hae_m - 0.01).all()


def test_what_the_search_lets_through_is_refused_when_the_tour_is_checked(
    planned: Planned, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The search knows no ceiling: then every tour that is left is proven all the same, and the others say why not."""
    made, heights = recipe.airspace_of, strips._heights

    def open_above(*given: object) -> Airspace:
        airspace = made(*given)
        airspace.lattice_ceiling_m[:] = np.inf
        return airspace

    monkeypatch.setattr(recipe, "airspace_of", open_above)
    monkeypatch.setattr(strips, "_heights", lambda *given: (heights(*given)[0], np.full(len(given[1]), np.inf)))
    result = planned.plan(contained=True)
    assert "containment" in {d.why for d in result.plan.dropped}
    assert planned.verdict(result) == "proven" or not result.plan.tours
