"""The guarantee by chords against everybody who can cross on small lattices, way by way."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_lattice import NOBODY, crossers, exposure, ways

from apacheta.kernels.crossing import least_through, most_met
from apacheta.plan.game import Crossers, Draw, Exposure, Lottery, attack_on, certificate_of
from apacheta.plan.game.chords import ROUNDS, Hints, best_below, certificate_below
from apacheta.plan.game.crossers import flags_of
from apacheta.plan.game.near import near_of
from apacheta.plan.game.tightening import Tightening, shares_of

NORTH, EAST, WEST = 6, 4, 3


def slightly(rng: np.random.Generator, who: Crossers, launches: int, tours: int, most: float) -> Lottery:
    """Each tour exposes nearly everybody slightly, for some steps; now and then somebody more."""

    def tour() -> Exposure:
        first = int(rng.integers(0, who.steps - 1))
        lasts = int(rng.integers(1, who.steps - first + 1))
        step, cell = np.divmod(np.flatnonzero(rng.random(lasts * who.cells) < rng.choice([0.3, 0.9])), who.cells)
        return Exposure(step + first, cell, rng.uniform(0.2, 1.0, len(step)) * rng.choice([most, most, 3.0], len(step)))

    return tuple(
        Draw(tuple(tour() for _ in range(tours)), tuple(float(c) for c in rng.dirichlet(np.full(tours, 3.0)) * 0.999))
        for _ in range(launches)
    )


def here_and_there(rng: np.random.Generator, who: Crossers, tours: int) -> Lottery:
    """One launch, whose tours look at few places that lie apart."""
    flown = tuple(exposure(rng, who, 4) for _ in range(tours))
    return (Draw(flown, (1.0 / tours,) * tours),)


def wide(rng: np.random.Generator, cols: int = 9, steps: int = 7) -> Crossers:
    """Two rows: whoever is in the lower goes to and fro, or up and has arrived."""
    moves = np.zeros((8, 2, cols), np.int16)
    moves[WEST, 0, 1:], moves[EAST, 0, :-1] = rng.integers(1, 3, (2, cols - 1))
    moves[NORTH, 0] = rng.integers(0, 3, cols)
    row = np.indices((2, cols))[0]
    return Crossers(moves, row == 0, row == 1, steps)


class Everybody:
    """Every way, what each tour exposes one to on it, and with which weight he is noticed."""

    def __init__(self, lots: Lottery, who: Crossers) -> None:
        self.who, every = who, list(ways(who))
        self.at = np.zeros((len(every), who.steps * who.cells))
        for n, way in enumerate(every):
            self.at[n, [step * who.cells + cell for step, cell in way]] = 1.0
        tours = [tour for draw in lots for tour in draw.tours]
        self.met = np.column_stack([self.sums(tour.step, tour.cell, tour.value) for tour in tours])
        self.weight = np.zeros(len(every))
        ends = np.cumsum([len(draw.tours) for draw in lots])
        for draw, met in zip(lots, np.split(self.met, ends[:-1], axis=1), strict=True):
            self.weight -= np.log1p(np.expm1(-met) @ np.array(draw.probabilities))

    def sums(self, step: np.ndarray, cell: np.ndarray, value: np.ndarray) -> np.ndarray:
        """(ways,): of values at steps and cells."""
        dense = np.zeros(self.who.steps * self.who.cells)
        dense[step * self.who.cells + cell] = value
        return self.at @ dense

    @property
    def least(self) -> float:
        return float(self.weight.min(initial=math.inf))


def world(seed: int) -> tuple[Crossers, Lottery, Everybody]:
    """Some small world, of several kinds, and everybody in it."""
    rng = np.random.default_rng(seed)
    kind = seed % 3
    who = wide(rng) if kind == 0 else crossers(rng, 3, 3, 5, longest=3 if kind == 1 else 2)
    lots = here_and_there(rng, who, 3) if seed % 6 == 3 else slightly(rng, who, 1 + seed % 2, 3, rng.choice([0.1, 0.5]))
    return who, lots, Everybody(lots, who)


@given(st.integers(0, 10**6), st.floats(0.3, 3.0))
@settings(max_examples=150, deadline=None)
def test_nobody_is_noticed_less_than_is_certified_with_any_candidate(seed: int, factor: float) -> None:
    who, lots, everybody = world(seed)
    below = factor * everybody.least if 0.0 < everybody.least < math.inf else factor
    found = certificate_below(lots, who, below)

    assert found.weight <= min(below, everybody.least) + 1e-12
    again = certificate_below(lots, who, found.hints.below, found.hints.prices)
    assert again.weight == found.weight


@given(st.integers(0, 10**6), st.floats(0.3, 3.0), st.integers(0, ROUNDS))
@settings(max_examples=150, deadline=None)
def test_wrong_hints_certify_less_never_more(seed: int, factor: float, rounds: int) -> None:
    who, lots, everybody = world(seed)
    rng = np.random.default_rng(seed)
    below = factor * everybody.least if 0.0 < everybody.least < math.inf else factor
    prices = np.exp(rng.normal(0.0, 2.0, (rounds, everybody.met.shape[1]))) * rng.integers(0, 2, everybody.met.shape[1])

    assert certificate_below(lots, who, below, prices).weight <= min(below, everybody.least) + 1e-12


@given(st.integers(0, 10**6), st.floats(0.8, 2.5))
@settings(max_examples=150, deadline=None)
def test_nobody_who_is_noticed_less_is_exposed_to_more_than_the_bounds(seed: int, factor: float) -> None:
    who, lots, everybody = world(seed)
    below = factor * everybody.least if 0.0 < everybody.least < math.inf else factor
    less, bounds = everybody.weight < below, Tightening(lots, who, below)
    asked = np.array([0.3, 1.0, 3.0, 10.0])
    for _ in range(3):
        most = everybody.met[less].max(axis=0, initial=0.0)
        assert (most <= bounds.most + 1e-9).all()
        weights = np.diff(bounds.sums, axis=0)[:, bounds.column].ravel()
        assert (everybody.at[less] @ weights <= everybody.weight[less] + 1e-9).all()
        assert bounds.least <= everybody.weight[less].min(initial=math.inf) + 1e-9
        bounds.tighten([asked if bounds.is_open(n) else np.empty(0) for n in range(len(most))])


def swept(who: Crossers, tour: Exposure, weights: np.ndarray, prices: np.ndarray, margin: int) -> np.ndarray:
    """What the kernel says of one tour, on weights (steps, cells), with no candidate."""
    sums = np.zeros((who.steps + 1, who.cells + 1))
    sums[1:, :-1] = np.cumsum(weights, axis=0)
    before, after = np.zeros((2, who.steps + 1, who.cells))
    column, most = np.arange(who.cells), np.empty(len(prices))
    least_through(sums, column, who.moves, flags_of(who.starts), flags_of(who.goals), math.inf, before, after)
    near = near_of(tour.cell, who, margin)
    given = near.cells, near.to, near.lasts, near.edge, near.goals, sums, column
    most_met(int(tour.step[0]), near.sums_of(tour.step, tour.cell, tour.value), *given, before, after, prices, most)
    return most


@given(st.integers(0, 10**6), st.booleans())
@settings(max_examples=150, deadline=None)
def test_without_an_edge_the_most_of_exposure_less_price_is_that_of_the_best_way(seed: int, dense: bool) -> None:
    rng = np.random.default_rng(seed)
    who = crossers(rng, 3, 3, 5)
    tour = slightly(rng, who, 1, 1, 0.5)[0].tours[0] if dense else exposure(rng, who, 4)
    if not len(tour.step):
        return
    weights, prices = rng.random((who.steps, who.cells)) * rng.integers(0, 2, (who.steps, 1)), np.array([0.1, 1.0, 7.0])
    everybody = Everybody((Draw((tour,), (0.5,)),), who)
    best = [(everybody.met[:, 0] - p * (everybody.at @ weights.ravel())).max(initial=-math.inf) for p in prices]

    found = swept(who, tour, weights, prices, margin=3)
    touched = np.maximum(best, 0.0)  # of those who meet nothing of the tour the kernel need not know
    assert np.maximum(found, 0.0) == pytest.approx(touched, abs=1e-12)


@given(st.integers(0, 10**6), st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_whoever_leaves_the_cells_about_a_tour_and_comes_back_is_not_forgotten(seed: int, margin: int) -> None:
    rng = np.random.default_rng(seed)
    who = wide(rng, cols=7, steps=8)
    places = np.sort(rng.choice(who.steps, 3, replace=False)) * who.cells + rng.integers(0, 2, 3)
    tour = Exposure(*np.divmod(places, who.cells), np.array([1.0, 0.7, 2.0]))
    weights = 5.0 * rng.random((who.steps, who.cells)) * rng.integers(0, 2, (who.steps, who.cells))
    weights.reshape(who.steps, 2, -1)[:, :, 2:] = 0.0  # outside one pays nothing
    prices = np.array([0.05, 0.3, 1.0])
    everybody = Everybody((Draw((tour,), (0.5,)),), who)
    best = [(everybody.met[:, 0] - p * (everybody.at @ weights.ravel())).max(initial=-math.inf) for p in prices]

    assert (np.maximum(swept(who, tour, weights, prices, margin), 0.0) >= np.maximum(best, 0.0) - 1e-12).all()


@pytest.mark.parametrize("margin", [1, 2])
def test_who_goes_away_while_it_costs_to_stay_is_counted_when_he_is_back(margin: int) -> None:
    """The tour looks at the first cell in step 0 and in step 7; in between it costs to be in cells that are swept."""
    who = wide(np.random.default_rng(1), cols=7, steps=9)
    moves = np.minimum(who.moves, 1)
    moves[NORTH, 0] = 1
    who = Crossers(moves, who.starts, who.goals, who.steps)
    weights = np.zeros((who.steps, who.cells))
    weights[3:5, : margin + 1] = 5.0
    tour = Exposure(np.array([0, 7]), np.array([0, 0]), np.array([1.0, 1.0]))
    assert swept(who, tour, weights, np.array([1.0]), margin) == pytest.approx(2.0)


@given(st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_the_best_of_the_candidates_is_never_more_than_the_worst_of_all_ways(seed: int) -> None:
    who, lots, everybody = world(seed)
    assert best_below(lots, who, everybody.least).weight <= everybody.least + 1e-12


def corridor(cells: int, steps: int) -> Crossers:
    """One cell wide, one step a move, one way on; whoever likes may wait."""
    moves = np.zeros((8, cells, 1), np.int16)
    moves[NORTH, :-1, 0] = 1
    row = np.arange(cells)[:, None]
    return Crossers(moves, row == 0, row == cells - 1, steps)


def always(who: Crossers, cells: list[int], value: float) -> Exposure:
    """Whoever is in these cells is exposed to as much in every step."""
    return Exposure(
        np.repeat(np.arange(who.steps), len(cells)), np.tile(cells, who.steps), np.full(who.steps * len(cells), value)
    )


@pytest.mark.parametrize("chance", [0.3, 0.9])
@pytest.mark.parametrize("many", [1, 2, 4])
def test_a_corridor_that_is_always_watched_is_worth_its_chord(chance: float, many: int) -> None:
    """Closed form: the quickest is exposed to `many` times e. With his weight as the candidate his exposure is the
    bound, for the tour alone notices him; each place is worth the chord's share, and shares of several places are
    put together as if they were independent."""
    who, e = corridor(many + 2, 25), 0.2
    lots = (Draw((always(who, list(range(1, many + 1)), e),), (chance,)),)
    noticed = chance * -math.expm1(-many * e)
    found = certificate_below(lots, who, -math.log1p(-noticed), np.zeros((0, 1)))

    assert found.weight == pytest.approx(-many * math.log1p(-noticed / many), rel=1e-12)
    assert certificate_of(lots, who).detection < 0.1 * found.detection


def test_where_everybody_is_exposed_slightly_everywhere_chords_certify_much_more_than_credits() -> None:
    rng = np.random.default_rng(5)
    who = crossers(rng, 5, 6, 16, longest=2)
    every = np.arange(who.steps * who.cells)
    tours = tuple(Exposure(*np.divmod(every, who.cells), rng.uniform(0.02, 0.2, len(every))) for _ in range(4))
    lots = (Draw(tours, (0.25,) * 4), Draw(tours[::-1], (0.25,) * 4))
    credits, attack = certificate_of(lots, who).detection, attack_on(lots, who, rng, restarts=10).detection
    found = best_below(lots, who, -math.log1p(-attack))

    assert 4.0 * credits < found.detection <= attack + 1e-12
    assert found.detection > 0.9 * attack


def test_the_chord_of_what_is_never_met_takes_all_and_that_of_no_bound_nothing() -> None:
    value, credit = np.array([0.1, 0.4]), np.array([0.05, 0.2])
    assert shares_of(value, credit, 0.0) == pytest.approx(value)
    assert shares_of(value, credit, math.inf) == pytest.approx(credit)
    chord = -math.expm1(-0.5) / 0.5
    assert shares_of(value, credit, 0.5) == pytest.approx(chord * value)


def test_cells_without_a_margin_are_refused() -> None:
    with pytest.raises(ValueError, match="looked at"):
        near_of(np.array([0]), corridor(3, 5), margin=0)


def test_prices_that_none_can_be_are_refused() -> None:
    for prices in ([[-1.0]], [[math.nan]], [[math.inf]], [1.0], [[1.0]] * (ROUNDS + 1)):
        with pytest.raises(ValueError, match="price"):
            Hints(0.1, np.array(prices))
    for below in (-0.1, math.nan, math.inf):
        with pytest.raises(ValueError, match="candidate"):
            Hints(below)
    who = corridor(3, 5)
    lots = (Draw((always(who, [1], 0.2),), (1.0,)),)
    with pytest.raises(ValueError, match="tours"):
        certificate_below(lots, who, 0.1, np.ones((1, 2)))


def test_nobody_to_come_nothing_to_fly_and_no_candidate_are_worked_out_too() -> None:
    tour = Exposure(np.array([0]), np.array([0]), np.array([1.0]))
    nothing = Exposure(np.array([], np.int64), np.array([], np.int64), np.array([]))
    assert certificate_below((Draw((tour,), (1.0,)),), NOBODY, 0.3).weight == 0.3
    who = corridor(3, 5)
    for lots in ((), (Draw((), ()),), (Draw((nothing,), (1.0,)),), (Draw((always(who, [1], 0.2),), (0.0,)),)):
        assert certificate_below(lots, who, 0.1).weight == 0.0
        assert best_below(lots, who, 0.1).weight == 0.0
    lots = (Draw((always(who, [1], 0.2),), (0.5,)),)
    assert certificate_below(lots, who, 0.0).weight == 0.0
    assert best_below(lots, who, math.inf).weight == best_below(lots, who, 0.0).weight == 0.0


def test_where_there_is_no_room_nothing_is_certified(monkeypatch: pytest.MonkeyPatch) -> None:
    who = corridor(3, 5)
    lots = (Draw((always(who, [1], 0.2),), (0.5,)),)
    assert certificate_below(lots, who, 0.05).weight == 0.05
    monkeypatch.setattr("apacheta.plan.game.chords.MOST_BYTES", 16 * 6 * 3 - 1)
    assert certificate_below(lots, who, 0.05).weight == best_below(lots, who, 0.05).weight == 0.0
