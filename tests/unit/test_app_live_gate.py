"""What may be shown of a stream: units of which it is known that they were taken within the mandate's area.

area: a square of 0.1 degrees     [   inside   ]   outside
                                -70.1        -70.0   -69.9
"""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stream_sample import items_at, pictures

from apacheta.app.chain import Posed
from apacheta.app.live import AreaGate
from apacheta.app.live.gate import PATIENCE, Passed
from apacheta.formats.klv import decode_packets, encode_st0601, pose_of
from apacheta.formats.ts import H264, PesUnit

AREA = ((-70.1, -33.0), (-70.0, -33.0), (-70.0, -32.5), (-70.1, -32.5), (-70.1, -33.0))
IN, OUT = -70.05, -69.9
STEP_90K = 9_000


def unit(number: int, pts: bool = True) -> PesUnit:
    """A unit of the sample; a key frame each ten."""
    data = pictures(20)[number % 20][0]
    pts_90k = number * STEP_90K if pts else None
    return PesUnit(pid=0x100, kind="video", stream_type=H264, pts_90k=pts_90k, data=data, damaged=False)


def posed(number: int, lon_deg: float = IN, pts: bool = True) -> Posed:
    (packet,) = decode_packets(encode_st0601(items_at(number) | {14: lon_deg}))
    pose = pose_of(packet, lambda lat, lon: 0.0)
    assert pose is not None
    return Posed(number * STEP_90K if pts else None, pose)


def fed(gate: AreaGate, what: Iterable[PesUnit | Posed]) -> list[Passed]:
    """Units and poses in the order in which they came; what was let through."""
    out = []
    for n, one in enumerate(what):
        out += gate.pose(one) if isinstance(one, Posed) else gate.unit(one, None, n)
    return out


def numbers(passed: Iterable[Passed]) -> list[int]:
    return [(one.unit.pts_90k or 0) // STEP_90K for one in passed]


def test_a_unit_whose_pose_came_before_it_does_not_wait() -> None:
    gate = AreaGate(AREA)
    for n in range(12):
        assert gate.pose(posed(n)) == []
        assert numbers(gate.unit(unit(n), None, 0)) == [n]


def test_a_unit_whose_pose_comes_after_it_waits_for_it_and_is_shown_with_it() -> None:
    gate = AreaGate(AREA)
    assert gate.unit(unit(0), None, 77) == []
    (passed,) = gate.pose(posed(0))
    assert (numbers([passed]), passed.posed, passed.complete_utc_ns) == ([0], posed(0), 77)


@pytest.mark.parametrize("pose_first", [True, False])
def test_the_first_unit_outside_is_not_shown_and_none_after_it(pose_first: bool) -> None:
    poses = [posed(n, IN if n < 5 else OUT) for n in range(20)]
    pairs = [(p, unit(n)) if pose_first else (unit(n), p) for n, p in enumerate(poses)]
    assert numbers(fed(AreaGate(AREA), [one for pair in pairs for one in pair])) == [0, 1, 2, 3, 4]


def test_nothing_is_shown_before_a_pose_within_the_area_is_known() -> None:
    gate = AreaGate(AREA)
    assert fed(gate, [unit(n) for n in range(100)]) == []
    assert fed(gate, [posed(100, OUT), unit(100), *(unit(n) for n in range(101, 130))]) == []


def test_what_came_before_the_first_pose_stays_untold_and_the_stream_begins_with_a_key_frame() -> None:
    came = [*(unit(n) for n in range(13)), *(one for n in range(13, 25) for one in (posed(n), unit(n)))]
    assert numbers(fed(AreaGate(AREA), came)) == [20, 21, 22, 23, 24]


def test_a_stream_that_comes_back_goes_on_with_a_key_frame_that_says_gap() -> None:
    came = [one for n in range(30) for one in (posed(n, OUT if 5 <= n < 13 else IN), unit(n))]
    passed = fed(AreaGate(AREA), came)
    assert numbers(passed) == [*range(5), *range(20, 30)]
    assert [n for n, one in zip(numbers(passed), passed, strict=True) if one.unit.after_loss] == [20]


def test_between_two_poses_within_the_area_units_without_one_are_shown() -> None:
    gate = AreaGate(AREA)
    assert numbers(fed(gate, [posed(0), unit(0), unit(1), unit(2)])) == [0]
    assert numbers(gate.pose(posed(3))) == [1, 2]


def test_between_a_pose_inside_and_one_outside_units_without_one_are_not_shown() -> None:
    gate = AreaGate(AREA)
    assert numbers(fed(gate, [posed(0), unit(0), unit(1), unit(2), posed(3, OUT), unit(3)])) == [0]


def test_a_stream_with_few_poses_is_shown_as_late_as_the_chain_waits_for_poses() -> None:
    shown = fed(AreaGate(AREA), [posed(0), *(unit(n) for n in range(20))])
    assert numbers(shown) == list(range(20 - PATIENCE))


def test_a_pose_without_a_time_is_that_of_the_unit_that_was_open_when_it_came() -> None:
    gate = AreaGate(AREA)
    assert numbers(fed(gate, [posed(0, pts=False), unit(0)])) == [0]
    assert fed(gate, [posed(1, OUT, pts=False), unit(1)]) == []


def test_units_without_a_time_are_judged_by_the_newest_pose() -> None:
    units = [unit(n, pts=False) for n in range(PATIENCE + 1)]
    assert len(fed(AreaGate(AREA), [posed(0), *units])) == 1
    assert fed(AreaGate(AREA), [posed(0, OUT), *units]) == []


@given(st.lists(st.tuples(st.sampled_from([IN, OUT, None]), st.booleans()), max_size=60))
def test_whatever_comes_no_unit_with_a_pose_outside_is_shown(frames: list[tuple[float | None, bool]]) -> None:
    """Each frame: where its pose lies or that it has none; whether the pose comes first."""
    came: list[PesUnit | Posed] = []
    outside = set()
    for n, (lon_deg, pose_first) in enumerate(frames):
        poses = [] if lon_deg is None else [posed(n, lon_deg)]
        came += [*poses, unit(n)] if pose_first else [unit(n), *poses]
        outside |= {n} if lon_deg == OUT else set()
    shown = numbers(fed(AreaGate(AREA), came))
    assert not outside & set(shown)
    assert shown == sorted(set(shown))
