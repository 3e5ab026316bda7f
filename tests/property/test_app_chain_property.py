"""Segments and pairing depend on the stream's bytes, not on how they arrived."""

import hashlib

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from apacheta.app.chain import Pairing, Segmenter
from apacheta.app.chain.segments import PACKET, begins_with_pat
from apacheta.core.place import GeoPoint
from apacheta.core.sight import CameraPose


def packets(pids: list[int]) -> bytes:
    """Whole transport packets with these PIDs, each beginning a unit."""
    return b"".join(
        bytes([0x47, 0x40 | pid >> 8, pid & 255, 0x10]) + bytes([n % 256]) * 184 for n, pid in enumerate(pids)
    )


@given(
    st.lists(st.sampled_from([0, 0x100, 0x101]), min_size=1, max_size=40), st.lists(st.integers(1, 700), max_size=40)
)
def test_any_chunking_gives_the_same_runs_and_loses_nothing(pids: list[int], cuts: list[int]) -> None:
    data = packets(pids)
    whole = Segmenter()
    expected = list(whole.runs(data))
    pieces, rest = [], data
    for cut in cuts:
        pieces.append(rest[:cut])
        rest = rest[cut:]
    cutter = Segmenter()
    got = [r for piece in [*pieces, rest] for r in cutter.runs(piece)]
    assert b"".join(got) == b"".join(expected) == data
    starts = [r for r in got if begins_with_pat(r)]
    assert len(starts) == sum(pid == 0 for pid in pids)
    assert all(r.count(bytes([0x47, 0x40, 0x00])) <= 1 or len(r) >= PACKET for r in got)


def test_a_stream_out_of_step_is_passed_on_whole() -> None:
    data = b"garbage" + packets([0, 0x100])
    cutter = Segmenter()
    assert b"".join(cutter.runs(data)) + cutter.flush() == data


def test_a_segment_is_hashed_over_its_bytes() -> None:
    cutter = Segmenter()
    data = packets([0, 0x100, 0x101])
    for run in cutter.runs(data):
        cutter.keep(run)
    segment = cutter.close()
    assert segment is not None
    assert segment.sha256 == hashlib.sha256(data).hexdigest()
    assert cutter.close() is None


def pose(number: int) -> CameraPose:
    place = GeoPoint(lat_deg=0.0, lon_deg=0.0, alt_hae_m=0.0)
    return CameraPose(
        utc_ns=number, position=place, height_exact=True, platform_heading_deg=0.0, platform_pitch_deg=0.0,
        platform_roll_deg=0.0, sensor_rel_azimuth_deg=0.0, sensor_rel_elevation_deg=0.0, sensor_rel_roll_deg=0.0,
        hfov_deg=10.0, vfov_deg=8.0,
    )  # fmt: skip


GRAY = np.zeros((2, 2), np.uint8)


@given(st.sets(st.integers(0, 19)), st.booleans())
def test_each_frame_gets_its_own_pose_or_none(lost: set[int], late: bool) -> None:
    pairing, out = Pairing(), []
    for n in range(20):
        steps = [lambda n=n: pairing.frame(GRAY, n * 9000), lambda n=n: n in lost or pairing.pose(n * 9000, pose(n))]
        for step in steps if late else reversed(steps):
            step()
        out += pairing.ready()
    out += pairing.flush()
    assert [p.pts_90k for p in out] == [n * 9000 for n in range(20)]
    assert [None if p.pose is None else p.pose.utc_ns for p in out] == [None if n in lost else n for n in range(20)]


def test_untimed_poses_belong_to_the_unit_that_was_open() -> None:
    pairing = Pairing()
    for n in range(3):
        pairing.pose(None, pose(n))
        pairing.video_unit(n * 3000)
        pairing.frame(GRAY, n * 3000)
    assert [p.pose.utc_ns for p in pairing.flush() if p.pose] == [0, 1, 2]
