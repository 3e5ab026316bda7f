"""The planner under the containment proof: tours are moved, lowered or dropped until every state is proven."""

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from sectors import SECTOR, changed, two_valleys

from apacheta.app.loading import load_fleet, load_mandate, load_proof_ground, load_sector, load_world
from apacheta.app.plan import run
from apacheta.core.certificate import Certificate
from apacheta.plan import PlanResult, plan_night, recipe, strips
from apacheta.plan.airspace import Airspace, airspace_of
from apacheta.plan.containment import ceiling_of, prove
from apacheta.plan.cost import MOVED_SHARE, Change, cost_of
from apacheta.plan.strips import candidates_of
from apacheta.plan.walkers import traffic_of


class Planned:
    """two_valleys planned with the proof; a weaker wind, so that there is room for a menu in so small a world."""

    def __init__(self, folder: Path) -> None:
        path = two_valleys(folder, sector=changed(SECTOR, "gust_m_s = 6", "gust_m_s = 3"))
        self.sector, self.fleet = load_sector(path), load_fleet(load_sector(path), path)
        self.world, self.ground = load_world(self.sector, path), load_proof_ground(self.sector)
        self.path, self.mandate = path, load_mandate(folder / "mandate.toml")

    def plan(self, contained: bool) -> PlanResult:
        return plan_night(
            *(self.sector, self.mandate, self.fleet, self.world.dem, self.world.border_line, "strips", 1),
            proof_ground=self.ground if contained else None,
        )

    def proof(self, result: PlanResult) -> Certificate:
        return prove(result.plan, "", self.sector, self.fleet, {name: {} for name in self.fleet}, self.ground)

    def verdict(self, result: PlanResult) -> str:
        return self.proof(result).verdict

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


@pytest.fixture(scope="module")
def result(planned: Planned) -> PlanResult:
    return planned.plan(contained=True)


@pytest.fixture(scope="module")
def without(planned: Planned) -> PlanResult:
    return planned.plan(contained=False)


def test_a_plan_under_the_proof_is_proven_and_one_without_is_not(
    planned: Planned, result: PlanResult, without: PlanResult
) -> None:
    assert planned.verdict(without) == "not_proven"
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


def test_what_became_of_every_tour_without_the_proof_is_said_with_its_failure(
    planned: Planned, result: PlanResult, without: PlanResult
) -> None:
    """No tour of which a failure could lead across is flown as it is, and each says which failure and by how much."""
    proof = planned.proof(without)
    changes = cost_of(result, without, proof).changes
    assert [change.tour for change in changes] == list(without.flown)
    least = min(m.worst_margin_m for m in proof.modes)
    assert min(change.worst.margin_m for change in changes) == least < 0.0
    assert all(change.fate not in ("kept", "not_chosen") for change in changes if change.worst.margin_m < 0.0)
    assert {change.fate for change in changes if change.worst.margin_m >= 0.0} >= {"kept", "not_chosen"}
    assert all(change.fate != "dropped" for change in changes if change.worst.margin_m >= 0.0)
    for change in changes:
        cells = without.flown[change.tour].cells()
        assert change.still_share == pytest.approx(result.watched.ravel()[cells].mean(), abs=0.001)
        best = max(np.isin(cells, other.cells()).mean() for other in result.flown.values())
        assert change.became or best < MOVED_SHARE


def changed_to(without: PlanResult, **strip: float) -> Change:
    """The first tour, whose racetrack the proof has left with another place or height."""
    name, flown = next(iter(without.flown.items()))
    after = replace(flown, strip=replace(flown.strip, **strip))
    return cost_of(replace(without, flown={name: after}), without, None).changes[0]


def test_a_racetrack_is_kept_lowered_raised_rerouted_moved_or_dropped(without: PlanResult) -> None:
    strip = next(iter(without.flown.values())).strip
    assert changed_to(without).fate == "kept"
    lowered = changed_to(without, hae_m=strip.hae_m - 120.0)
    assert (lowered.fate, lowered.lowered_m, lowered.moved_m) == ("lowered", 120.0, 0.0)
    assert changed_to(without, hae_m=strip.hae_m + 120.0).fate == "raised"
    moved = changed_to(without, x_m=strip.x_m + 300.0, y_m=strip.y_m - 400.0, hae_m=strip.hae_m - 50.0)
    assert (moved.fate, moved.moved_m, moved.lowered_m, moved.worst) == ("moved", 500.0, 50.0, None)


def test_another_way_to_the_same_racetrack_and_one_that_sees_other_ground(without: PlanResult) -> None:
    name, flown = next(iter(without.flown.items()))
    tour = msgspec.structs.replace(flown.tour, waypoints=flown.tour.waypoints[1:])
    rerouted = replace(without, flown={name: replace(flown, tour=tour)})
    assert cost_of(rerouted, without, None).changes[0].fate == "rerouted"
    elsewhere = replace(
        flown, strip=replace(flown.strip, x_m=flown.strip.x_m + 300.0), ground={(0, 0): flown.cells()[:1]}
    )
    gone = replace(without, flown={name: elsewhere}, watched=np.zeros_like(without.watched))
    change = cost_of(gone, without, None).changes[0]
    assert (change.fate, change.became, change.still_share) == ("dropped", None, 0.0)


def test_plan_and_page_say_what_became_of_the_tours(planned: Planned, without: PlanResult, tmp_path: Path) -> None:
    body, _ = run(planned.path, tmp_path / "out", policy="strips", language="en")
    assert [change["tour"] for change in body["changed_by_proof"]] == list(without.flown)
    assert {"mode", "margin_m", "fate"} <= set(body["changed_by_proof"][0])
    page = (tmp_path / "out" / "plan.html").read_text(encoding="utf-8")
    lacking = next(change for change in body["changed_by_proof"] if -1e5 < change["margin_m"] < 0.0)
    assert "beyond the known ground" in page
    assert "1,000,0" not in page
    assert f"{-lacking['margin_m']:,.0f} m short" in page
    assert "Still watched, %" in page
    warning = next(w for w in body["warnings"] if w["code"] == "gust_below_wind")
    assert "gust_m_s of 3.0 is below the mean wind of 4.0 m/s" in warning["text"]
