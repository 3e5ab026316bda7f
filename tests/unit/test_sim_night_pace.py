"""Which pictures a paced night makes where the machine has no time for all."""

from collections.abc import Callable

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apacheta.core.instant import NS
from apacheta.formats.ts import TsDemuxer
from apacheta.sim.night.encode import GOP_S, Stream
from apacheta.sim.night.pace import SPARSEST, Thinning

STEP_S = 0.1
Made = list[tuple[float, float]]


def flown(cost_s: Callable[[float], float], minutes: float, thinning: Thinning | None = None) -> Made:
    """(due, late) of the pictures that a machine makes which needs `cost_s` for one."""
    thinning = thinning or Thinning()
    now_s, made = 0.0, []
    for number in range(int(minutes * 600)):
        due_s = number * STEP_S
        if not thinning.leaves_out(number, now_s - due_s, now_s):
            now_s += cost_s(due_s)
            made.append((due_s, max(now_s - due_s, 0.0)))
        if now_s < due_s + STEP_S:
            thinning.slept(due_s + STEP_S - now_s)
            now_s = due_s + STEP_S
    return made


def gaps_s(made: Made, from_s: float = 0.0) -> list[float]:
    at = np.array([due for due, _ in made if due >= from_s])
    return [round(float(g), 6) for g in np.diff(at)]


def test_a_machine_with_time_for_all_makes_all() -> None:
    assert len(flown(lambda _: 0.09, 1.0)) == 600


@pytest.mark.parametrize(("cost_s", "every"), [(0.15, 2), (0.25, 3), (0.45, 5)])
def test_pictures_are_as_even_as_the_machine_allows(cost_s: float, every: int) -> None:
    made = flown(lambda _: cost_s, 5.0)

    assert set(gaps_s(made, 20.0)) == {round(every * STEP_S, 6)}
    assert max(late for due, late in made if due > 20.0) <= cost_s + 1e-6


@given(cost_s=st.floats(0.01, 0.45))
@settings(max_examples=60, deadline=None)
def test_no_picture_is_two_seconds_late_and_no_gap_ends_a_look(cost_s: float) -> None:
    made = flown(lambda _: cost_s, 3.0)

    assert max(late for _, late in made) < 1.5
    assert max(gaps_s(made)) < 2.0


def test_a_machine_that_has_time_again_makes_all_again() -> None:
    made = flown(lambda at_s: 0.15 if at_s < 60.0 else 0.03, 4.0)

    assert set(gaps_s(made, 10.0)[:200]) == {0.2}
    assert set(gaps_s(made, 180.0)) == {0.1}


def test_trials_on_a_machine_at_its_limit_become_rare() -> None:
    thinning = Thinning()

    made = flown(lambda at_s: 0.03 if at_s % 60.0 < 40.0 else 0.15, 60.0, thinning)

    begun = [due for (due, _), gap in zip(made[1:], gaps_s(made), strict=False) if gap > 0.25]
    assert len([due for due in begun if due > 1_800.0]) < len([due for due in begun if due <= 1_800.0]) <= 30


def test_beyond_the_sparsest_nothing_changes() -> None:
    thinning = Thinning()

    flown(lambda _: 0.7, 1.0, thinning)

    assert thinning.every == SPARSEST


@pytest.mark.parametrize("every", [1, 2, 5])
def test_key_frames_come_in_time_where_pictures_are_missed(every: int) -> None:
    stream, rng = Stream(64, 48, 10.0, 0), np.random.default_rng(1)
    demuxer, keys = TsDemuxer(), []
    for number in range(0, 120, every):
        picture = rng.integers(0, 255, (48, 64), dtype=np.uint8)
        data = stream.packets(number * NS // 10, picture, b"\x00" * 16)
        keys += [(number / 10, u.data) for u in demuxer.feed(data) if u.kind == "video"]
    keys += [(12.0, u.data) for u in demuxer.flush() if u.kind == "video"]
    decoder = av.CodecContext.create("h264", "r")
    shown = [f for _, unit in keys for f in decoder.decode(av.Packet(unit))]
    at_s = [k * every / 10 for k, f in enumerate(shown) if f.key_frame]

    assert at_s[0] == 0.0
    assert max(np.diff(at_s)) <= GOP_S + every / 10 + 1e-9
