"""The rule by which a slot's tour is drawn: its odds, its edges, and what anybody works out with SHA-256 alone."""

import hashlib
from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apacheta.plan import draw
from apacheta.plan.draw import blinding, commitment, drawn_index, exercise_seed

SEED = bytes(range(32))
TENTH = int(Fraction(0.1) * 2**64)
"""The double 0.1, which is a whole number of 2^-64."""
seeds = st.binary(min_size=32, max_size=32)
weights = st.lists(st.integers(0, 20), min_size=1, max_size=8).filter(any)


def lottery(weight: list[int]) -> list[float]:
    return [w / sum(weight) for w in weight]


def by_hand(seed: bytes, slot_id: str, chances: list[float]) -> int:
    """The rule of docs/certify.md in whole numbers: probabilities times 2^1074 are whole, whatever double they are."""
    number = int(hashlib.sha256(b"apacheta/draw/1\n" + seed + b"\n" + slot_id.encode("utf-8")).hexdigest()[:16], 16)
    running = 0
    for index, chance in enumerate(chances):
        up, down = chance.as_integer_ratio()
        running += up * (2**1074 // down)
        if running * 2**64 > number * 2**1074:
            return index
    return max(index for index, chance in enumerate(chances) if chance > 0)


def test_a_fixed_seed_draws_what_was_worked_out_once() -> None:
    """SHA-256 of `apacheta/draw/1`, a line end, the bytes 0 to 31, a line end, `slot-01`, and so on."""
    quarters = [0.25, 0.25, 0.25, 0.25]
    assert commitment(SEED) == "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd"
    assert [drawn_index(SEED, f"slot-{n:02d}", quarters) for n in range(1, 9)] == [0, 2, 1, 3, 0, 2, 0, 1]
    assert blinding(SEED) == hashlib.sha256(b"apacheta/blind/1\n" + SEED).hexdigest()


@given(seeds, st.text(max_size=12), weights)
def test_the_draw_is_that_of_the_rule_worked_out_by_hand(seed: bytes, slot: str, weight: list[int]) -> None:
    slot = slot.encode("utf-8", "ignore").decode()
    assert drawn_index(seed, slot, lottery(weight)) == by_hand(seed, slot, lottery(weight))


@given(seeds, weights)
def test_a_tour_of_probability_0_is_never_drawn_and_the_same_seed_draws_the_same(
    seed: bytes, weight: list[int]
) -> None:
    drawn = [drawn_index(seed, f"slot-{n}", lottery(weight)) for n in range(10)]
    assert all(weight[index] > 0 for index in drawn)
    assert drawn == [drawn_index(seed, f"slot-{n}", lottery(weight)) for n in range(10)]


@given(st.integers(0, 10**6), weights)
def test_over_many_seeds_tours_come_as_often_as_their_probabilities_say(first: int, weight: list[int]) -> None:
    """Five standard deviations of 600 draws, each with a seed of its own."""
    count, chances = Counter[int](), lottery(weight)
    for number in range(600):
        count[drawn_index(exercise_seed(first + number), "slot-01", chances)] += 1
    for index, chance in enumerate(chances):
        assert abs(count[index] - 600 * chance) <= 5.0 * (600 * chance * (1 - chance)) ** 0.5 + 1e-9


@pytest.mark.parametrize(
    ("number", "chances", "drawn"),
    [
        (0, [0.0, 0.5, 0.5], 1),
        (2**63 - 1, [0.5, 0.5], 0),
        (2**63, [0.5, 0.5], 1),  # what is reached is not passed
        (2**63, [0.5, 0.0, 0.5], 2),
        (2**64 - 1, [0.5, 0.5, 0.0], 1),
        (2**64 - 1, [0.1] * 9 + [0.1 - 1e-12, 0.0, 0.0], 9),  # rounding left their sum below the number
        (TENTH - 1, [0.1, 0.9], 0),
        (TENTH, [0.1, 0.9], 1),
        (2 * TENTH, [0.1, 0.1, 0.8], 2),
        (3 * TENTH, [0.1, 0.1, 0.1, 0.7], 3),  # where doubles added up would be above it: 0.1 + 0.1 + 0.1 > 3 x 0.1
    ],
)
def test_the_running_sum_is_exact_to_the_last_of_64_bits(
    monkeypatch: pytest.MonkeyPatch, number: int, chances: list[float], drawn: int
) -> None:
    monkeypatch.setattr(draw, "_first_64_bits", lambda data: number)
    assert drawn_index(SEED, "slot-01", chances) == drawn


def test_an_exercise_has_a_draw_of_its_own_for_each_seed() -> None:
    assert exercise_seed(7) == hashlib.sha256(b"apacheta/exercise/29938467\n7").digest()
    assert len({exercise_seed(n) for n in range(100)}) == 100
