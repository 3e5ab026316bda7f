"""The game's guarantee against everybody who can cross on small lattices, way by way."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from small_lattice import NOBODY, Way, crossers, exposure, lined_up, lottery, met, noticed, ways, worst

from apacheta.plan.game import (
    Crossers,
    Draw,
    Exposure,
    Lottery,
    attack_on,
    balanced,
    certificate_of,
    corridor_of,
    corridor_through,
    credited,
    detection_along,
    detection_by_labels,
    standing_corridor_of,
    value_of,
    weights_of,
)
from apacheta.plan.game.value import guaranteed


@given(st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_credits_never_claim_more_than_a_tour_notices(seed: int) -> None:
    rng = np.random.default_rng(seed)
    who = crossers(rng, 3, 3, 4, longest=2)
    tour = exposure(rng, who, 10)
    credit = credited(tour, 3)

    assert all(met(tour, way, credit) <= -math.expm1(-met(tour, way, tour.value)) + 1e-12 for way in ways(who))


@given(st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_nobody_is_noticed_less_than_is_certified(seed: int) -> None:
    rng = np.random.default_rng(seed)
    who = crossers(rng, 3, 3, 4, longest=2)
    lots = lottery(rng, who, launches=2, tours=3)
    certified = certificate_of(lots, who)

    least = worst(lots, who)
    assert certified.detection <= least + 1e-12


@given(st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_the_least_exposed_way_is_the_least_of_all_ways(seed: int) -> None:
    rng = np.random.default_rng(seed)
    who = crossers(rng, 3, 3, 5)
    weights = rng.random((5, 9)) * rng.integers(0, 2, (5, 9))
    steps, cells = np.nonzero(weights)
    least, way = who.least_exposed(Exposure(steps, cells, weights[steps, cells]))

    sums = [sum(weights[step, cell] for step, cell in one) for one in ways(who)]
    assert least == pytest.approx(min(sums, default=math.inf), abs=1e-12)
    if sums:
        assert [tuple(map(int, p)) for p in way] in list(ways(who))
        assert sum(weights[step, cell] for step, cell in way) == pytest.approx(least, abs=1e-12)


@given(st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_labels_with_room_are_exact(seed: int) -> None:
    rng = np.random.default_rng(seed)
    who = crossers(rng, 3, 3, 6, longest=2)
    lots = lined_up(rng, who, launches=3)

    least = worst(lots, who)
    assert detection_by_labels(lots, who, unit=0.5, room=500) == pytest.approx(least, abs=1e-12)


@given(st.integers(0, 10**6), st.integers(1, 4), st.sampled_from([0.2, 0.35, 0.7]))
@settings(max_examples=60, deadline=None)
def test_labels_without_room_or_in_coarse_units_certify_less_never_more(seed: int, room: int, unit: float) -> None:
    rng = np.random.default_rng(seed)
    who = crossers(rng, 3, 3, 5, longest=2)
    lots = lined_up(rng, who, launches=3)

    least = worst(lots, who)
    assert detection_by_labels(lots, who, unit, room) <= least + 1e-12


def test_launches_that_follow_each_other_share_places_in_a_label() -> None:
    """Ten launches over one cell that everybody must pass, one after another: they are certified as they notice."""
    moves = np.zeros((8, 3, 1), np.int16)
    moves[6, 0, 0] = moves[6, 1, 0] = 1
    who = Crossers(moves, np.array([[True], [False], [False]]), np.array([[False], [False], [True]]), 60)
    lots = tuple(
        Draw((Exposure(np.arange(6 * k, 6 * k + 4), np.full(4, 1), np.full(4, 1.0)),), (0.5,)) for k in range(10)
    )
    assert detection_by_labels(lots, who, unit=0.5) == 0.0
    always = tuple(
        Draw((Exposure(np.arange(6 * k, 6 * k + 6), np.full(6, 1), np.full(6, 1.0)),), (0.5,)) for k in range(10)
    )
    assert detection_by_labels(always, who, unit=0.5) == pytest.approx(0.5 * (1 - math.exp(-1)))
    assert certificate_of(always, who).detection < 0.01


def test_a_wall_of_looks_that_all_must_pass_is_worth_what_it_notices() -> None:
    """Closed form: three cells in a row, one step a move; the middle one is looked at in every step by a tour that is
    flown with probability p: one who goes straight through is there for one step."""
    moves = np.zeros((8, 3, 1), np.int16)
    moves[6, 0, 0] = moves[6, 1, 0] = 1
    who = Crossers(moves, np.array([[True], [False], [False]]), np.array([[False], [False], [True]]), 6)
    wall = Exposure(np.arange(6), np.full(6, 1), np.full(6, 1.0))
    for p in (0.0, 0.3, 1.0):
        certified = certificate_of((Draw((wall,), (p,)),), who)
        later = p * (1 - math.exp(-1)) * math.exp(-5.0)
        assert certified.detection == pytest.approx(later, rel=1e-9)


def test_a_tour_that_waits_for_those_who_wait_gives_no_credit_twice() -> None:
    """Two looks at one place, a step apart: the second is worth what the first has left."""
    tour = Exposure(np.array([0, 1]), np.array([4, 4]), np.array([0.7, 0.4]))
    assert credited(tour, 3) == pytest.approx([1 - math.exp(-0.7), (1 - math.exp(-0.4)) * math.exp(-0.7)])


def test_far_apart_and_soon_after_are_two_looks_at_two_people() -> None:
    """Five cells away, and three steps later: nobody was at both."""
    tour = Exposure(np.array([0, 3]), np.array([0, 5]), np.array([0.7, 0.4]))
    assert credited(tour, 6) == pytest.approx([1 - math.exp(-0.7), 1 - math.exp(-0.4)])
    soon = Exposure(np.array([0, 5]), np.array([0, 5]), np.array([0.7, 0.4]))
    assert credited(soon, 6) == pytest.approx([1 - math.exp(-0.7), (1 - math.exp(-0.4)) * math.exp(-0.7)])


@given(st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_a_corridor_is_the_way_with_the_fewest_looks_and_a_map_of_all_looks_hides_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    who = crossers(rng, 3, 3, 5)
    tours = [exposure(rng, who, 8) for _ in range(3)]
    corridor, standing = corridor_of(who, tours), standing_corridor_of(who, tours)

    at = {(int(s), int(c)) for t in tours for s, c, v in zip(t.step, t.cell, t.value, strict=True) if v > 0.0}
    counts = [sum(place in at for place in way) for way in ways(who)]
    assert corridor.looks == min(counts, default=None)
    assert corridor.is_unwatchable is (0 in counts)
    assert corridor.looks is None or corridor.looks <= standing.looks


@given(st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_the_open_border_is_where_somebody_begins_whom_nobody_looks_at(seed: int) -> None:
    rng = np.random.default_rng(seed)
    who = crossers(rng, 3, 3, 5)
    watched = rng.random((5, 9)) < rng.choice([0.2, 0.5, 0.8])
    found = who.unseen_starts(watched)

    unseen = [way for way in ways(who) if not any(watched[step, cell] for step, cell in way)]
    starts = {way[0][1] for way in unseen if way}
    assert set(np.flatnonzero(found.ravel())) == starts
    assert found.any() == (corridor_through(who, watched).looks == 0)


def test_who_waits_for_the_relief_gets_through_though_every_place_is_watched_at_some_time() -> None:
    moves = np.zeros((8, 3, 1), np.int16)
    moves[6, 0, 0] = moves[6, 1, 0] = 1
    who = Crossers(moves, np.array([[True], [False], [False]]), np.array([[False], [False], [True]]), 10)
    watch = np.array([0, 1, 2, 3, 6, 7, 8, 9])
    tours = [Exposure(watch, np.full(8, 1), np.ones(8))]

    assert corridor_of(who, tours).is_unwatchable
    assert [int(step) for step, cell in corridor_of(who, tours).way if cell == 1] in ([4], [5])
    assert standing_corridor_of(who, tours).looks == 1


def test_where_nobody_can_arrive_everybody_is_noticed() -> None:
    certified, attack = certificate_of((), NOBODY), attack_on((), NOBODY, np.random.default_rng(1))
    assert (certified.detection, len(certified.way)) == (1.0, 0)
    assert (attack.detection, len(attack.way)) == (1.0, 0)
    assert detection_by_labels((), NOBODY) == 1.0


def test_no_lottery_notices_nobody() -> None:
    who = crossers(np.random.default_rng(1), 3, 4, 8)
    assert certificate_of((), who).detection == 0.0
    assert not len(weights_of((), who).step)


@pytest.mark.parametrize(
    ("step", "cell", "value", "why"),
    [
        ([1, 0], [0, 0], [1.0, 1.0], "order"),
        ([0, 0], [2, 2], [1.0, 1.0], "twice"),
        ([0], [0], [-0.1], "negative"),
        ([0], [0], [math.nan], "negative"),
    ],
)
def test_exposures_that_make_no_sense_are_refused(step, cell, value, why) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=why):
        Exposure(np.array(step), np.array(cell), np.array(value))


@pytest.mark.parametrize("chances", [(0.7, 0.4), (-0.1, 0.5), (1.0,)])
def test_probabilities_that_are_none_are_refused(chances: tuple[float, ...]) -> None:
    tour = Exposure(np.array([0]), np.array([0]), np.array([1.0]))
    with pytest.raises(ValueError, match="probabilities"):
        Draw((tour, tour), chances)


def test_moves_out_of_the_grid_are_refused() -> None:
    moves = np.ones((8, 2, 2), np.int16)
    with pytest.raises(ValueError, match="out of the grid"):
        Crossers(moves, np.ones((2, 2), bool), np.ones((2, 2), bool), 3)


@given(st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_an_attack_is_a_way_of_somebody_and_never_below_what_is_certified(seed: int) -> None:
    rng = np.random.default_rng(seed)
    who = crossers(rng, 3, 3, 5, longest=2)
    lots = lined_up(rng, who, launches=3)
    attack = attack_on(lots, who, rng, restarts=3)

    every = list(ways(who))
    if not every:
        assert (attack.detection, len(attack.way)) == (1.0, 0)
        return
    way = [(int(step), int(cell)) for step, cell in attack.way]
    assert way in every
    assert attack.detection == pytest.approx(noticed(lots, way), abs=1e-12)
    assert attack.detection >= detection_by_labels(lots, who) - 1e-12
    assert attack.detection == pytest.approx(detection_along(lots, who, attack.way), abs=1e-12)


def test_enough_beginnings_find_the_best_attack_nearly_always() -> None:
    best = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        who = crossers(rng, 4, 3, 5, longest=2)
        lots = lined_up(rng, who, launches=3)
        least = worst(lots, who)
        best += attack_on(lots, who, rng, restarts=12).detection <= least + 1e-9
    assert best >= 36


@given(st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_a_known_way_is_never_made_worse(seed: int) -> None:
    rng = np.random.default_rng(seed)
    who = crossers(rng, 3, 3, 5, longest=2)
    lots = lined_up(rng, who, launches=2)
    every = list(ways(who))
    if every:
        way = every[int(rng.integers(len(every)))]
        known = np.array(way, dtype=np.int64).reshape(-1, 2)
        assert attack_on(lots, who, rng, restarts=0, known=(known,)).detection <= noticed(lots, way) + 1e-12


def of_one_launch(seed: int, tours: int = 6) -> tuple[Crossers, Lottery, list[Way]]:
    """A launch with several tours on a small lattice, each as likely, and every way."""
    rng = np.random.default_rng(seed)
    who = crossers(rng, 4, 3, 5, longest=2)
    flown = tuple(exposure(rng, who, 20) for _ in range(tours))
    return who, (Draw(flown, (1.0 / tours,) * tours),), list(ways(who))


def best_of_one_launch(lots: Lottery, every: list[Way]) -> float:
    """Reference: one launch is a game with a matrix, whose value a linear program over every way gives."""
    noticed_by = np.array([[-math.expm1(-met(t, way, t.value)) for t in lots[0].tours] for way in every])
    count = noticed_by.shape[1]
    found = linprog(
        np.append(np.zeros(count), -1.0),
        A_ub=np.column_stack([-noticed_by, np.ones(len(every))]),
        b_ub=np.zeros(len(every)),
        A_eq=np.append(np.ones(count), 0.0)[None],
        b_eq=[1.0],
    )
    return float(found.x[-1])


def test_the_balance_of_one_launch_is_nearly_always_the_games_value() -> None:
    shares = []
    for seed in range(20):
        who, lots, every = of_one_launch(seed)
        found = balanced(lots, who, np.random.default_rng(seed))
        least = min(noticed(found.lottery, way) for way in every)
        value = best_of_one_launch(lots, every)
        assert least <= value + 1e-9
        shares.append(least / value)
    assert sorted(shares)[5] > 0.95
    assert np.mean(shares) > 0.9


@given(st.integers(0, 10**6), st.sampled_from([0.3, 0.5, 1.0]))
@settings(max_examples=30, deadline=None)
def test_a_balance_keeps_the_tours_and_the_cap_and_is_worth_what_it_says(seed: int, most: float) -> None:
    rng = np.random.default_rng(seed)
    who = crossers(rng, 3, 3, 5, longest=2)
    lots = lottery(rng, who, launches=2, tours=4)
    found = balanced(lots, who, rng, rounds=6, most=most)

    assert [draw.tours for draw in found.lottery] == [draw.tours for draw in lots]
    if found.rounds and found.lottery[0].probabilities != lots[0].probabilities:
        assert (
            max(p for draw in found.lottery for p in draw.probabilities)
            <= max(most, *lots[0].probabilities, *lots[1].probabilities) + 1e-9
        )
    assert len(found.prices) == len(found.ways)
    assert found.prices.sum() == pytest.approx(min(1, len(found.ways)))
    along = [detection_along(found.lottery, who, way) for way in found.ways]
    assert -math.expm1(-found.weight) == pytest.approx(min(along, default=1.0), abs=1e-9)


def test_two_valleys_are_watched_by_turns_and_the_one_that_is_watched_better_less_often() -> None:
    """Closed form: who is noticed with 1/2 in one valley and with 1/4 in the other makes p / 2 equal to (1 - p) / 4."""
    moves = np.zeros((8, 3, 2), np.int16)
    moves[6, 0] = moves[6, 1] = 1
    row = np.indices((3, 2))[0]
    who = Crossers(moves, row == 0, row == 2, 2)
    tours = [Exposure(np.array([0, 1]), np.array([cell, cell + 2]), np.array([0.0, value])) for cell, value in
             ((0, math.log(2.0)), (1, math.log(4.0 / 3.0)))]  # fmt: skip
    found = balanced((Draw(tuple(tours), (0.5, 0.5)),), who, np.random.default_rng(1))
    assert found.lottery[0].probabilities == pytest.approx((1 / 3, 2 / 3), abs=0.01)
    assert -math.expm1(-found.weight) == pytest.approx(1 / 6, abs=0.003)
    by_valley = np.bincount([int(way[0, 1]) for way in found.ways], found.prices, 2)
    assert by_valley == pytest.approx((1 / 3, 2 / 3), abs=0.03), "his own odds: neither tour notices him more often"


def test_nothing_to_fly_or_nobody_to_come_is_left_as_it_is() -> None:
    tour = Exposure(np.array([0]), np.array([0]), np.array([1.0]))
    rng = np.random.default_rng(1)
    assert balanced((Draw((tour,), (0.5,)),), NOBODY, rng).weight == math.inf
    somebody = crossers(rng, 3, 3, 5, longest=1)
    assert balanced((), somebody, rng).weight == 0.0
    assert balanced((Draw((), ()),), somebody, rng).weight == 0.0


@given(st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_the_worst_of_all_ways_lies_between_what_is_certified_and_the_best_attack(seed: int) -> None:
    rng = np.random.default_rng(seed)
    who = crossers(rng, 3, 3, 5, longest=2)
    lots = lined_up(rng, who, launches=3)
    value = value_of(lots, who, rng, restarts=4)

    every = list(ways(who))
    least = min((noticed(lots, way) for way in every), default=1.0)
    assert value.certified <= least + 1e-12
    assert guaranteed(lots, who, value.hints).detection == pytest.approx(value.certified, abs=1e-12)
    assert least <= value.attack + 1e-12
    assert 0.0 <= value.bracket <= 1.0
    if every:
        assert value.attack == pytest.approx(noticed(lots, [(int(s), int(c)) for s, c in value.way]), abs=1e-12)


def test_a_way_on_which_nobody_looks_settles_it_and_nobody_to_come_too() -> None:
    who = crossers(np.random.default_rng(1), 3, 4, 8)
    settled = value_of((), who, np.random.default_rng(1))
    assert (settled.certified, settled.attack, settled.restarts, settled.bracket) == (0.0, 0.0, 0, 0.0)
    assert len(settled.way)
    nothing = value_of((), NOBODY, np.random.default_rng(1))
    assert (nothing.certified, nothing.attack, len(nothing.way)) == (1.0, 1.0, 0)
