"""Segments and pairing depend on the stream's bytes, not on how they arrived."""

import hashlib

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from apacheta.adapters.video import DecodedFrame
from apacheta.app.chain import Pairing, Segmenter
from apacheta.app.chain.segments import PACKET, SEGMENT_90K, SYNC
from apacheta.core.place import GeoPoint
from apacheta.core.sight import CameraPose


def packets(pids: list[int]) -> bytes:
    """Whole transport packets with these PIDs, each beginning a unit."""
    return b"".join(
        bytes([0x47, 0x40 | pid >> 8, pid & 255, 0x10]) + bytes([n % 256]) * 184 for n, pid in enumerate(pids)
    )


def pieces_of(data: bytes, cuts: list[int]) -> list[bytes]:
    """The data cut into pieces of these lengths, and what is left."""
    pieces = []
    for cut in cuts:
        pieces.append(data[:cut])
        data = data[cut:]
    return [*pieces, data]


def tables_in(pieces: list[bytes]) -> tuple[list[int], bytes]:
    """Where runs begin at a table, and all bytes that came out."""
    cutter, tables, out = Segmenter(), [], b""
    for piece in pieces:
        for run in cutter.runs(piece):
            if run.at_table:
                tables.append(len(out))
            out += run.data
    return tables, out + cutter.flush()


PIDS = st.lists(st.sampled_from([0, 0x100, 0x101]), min_size=1, max_size=40)
CUTS = st.lists(st.integers(1, 700), max_size=40)


@given(PIDS, CUTS)
def test_any_chunking_gives_the_same_runs_and_loses_nothing(pids: list[int], cuts: list[int]) -> None:
    data = packets(pids)
    tables, out = tables_in(pieces_of(data, cuts))
    assert out == data
    assert tables == [n * PACKET for n, pid in enumerate(pids) if pid == 0]


@given(PIDS, PIDS, st.binary(min_size=1, max_size=600), CUTS)
def test_step_is_found_again_after_any_bytes(
    before: list[int], after: list[int], between: bytes, cuts: list[int]
) -> None:
    """before | bytes of anything | after: all comes out, in whatever pieces, and tables in step cut again."""
    data = packets(before) + between + packets(after)
    tables, out = tables_in(pieces_of(data, cuts))
    assert out == data
    assert tables == tables_in([data])[0]
    begin = len(data) - PACKET * len(after)
    wanted = [begin + n * PACKET for n, pid in enumerate(after) if pid == 0]
    if SYNC not in between and len(after) >= 3:
        assert [at for at in tables if at >= begin] == wanted


def test_one_slipped_byte_costs_one_run() -> None:
    data = packets([0, 0x100]) + b"\x00" + packets([0, 0x100] * 3)
    pieces = [data[at : at + 2 * PACKET] for at in range(0, len(data), 2 * PACKET)]
    tables, out = tables_in(pieces)
    assert out == data
    assert tables == [0, *(2 * PACKET + 1 + 2 * PACKET * n for n in range(3))]


def test_bytes_that_never_come_into_step_are_not_held_back() -> None:
    cutter, noise = Segmenter(), bytes(range(256)) * 40
    given_back = b"".join(run.data for run in cutter.runs(noise))
    assert len(noise) - len(given_back) < 3 * PACKET
    assert given_back + cutter.flush() == noise


def test_a_segment_is_hashed_over_its_bytes() -> None:
    cutter = Segmenter()
    data = packets([0, 0x100, 0x101])
    for run in cutter.runs(data):
        cutter.keep(run.data)
    segment = cutter.close()
    assert segment is not None
    assert segment.sha256 == hashlib.sha256(data).hexdigest()
    assert cutter.close() is None


@given(st.lists(st.integers(-(1 << 34), 1 << 34), min_size=1, max_size=20))
def test_a_segment_is_full_when_its_times_lie_six_seconds_apart_either_way(times: list[int]) -> None:
    cutter = Segmenter()
    for pts_90k in times:
        cutter.at(pts_90k)
    assert cutter.is_full == (max(times) - min(times) >= SEGMENT_90K)


def pose(number: int) -> CameraPose:
    place = GeoPoint(lat_deg=0.0, lon_deg=0.0, alt_hae_m=0.0)
    return CameraPose(
        utc_ns=number, position=place, height_exact=True, platform_heading_deg=0.0, platform_pitch_deg=0.0,
        platform_roll_deg=0.0, sensor_rel_azimuth_deg=0.0, sensor_rel_elevation_deg=0.0, sensor_rel_roll_deg=0.0,
        hfov_deg=10.0, vfov_deg=8.0,
    )  # fmt: skip


def decoded(pts_90k: int, damaged: bool = False) -> DecodedFrame:
    return DecodedFrame(np.zeros((2, 2), np.uint8), pts_90k, keyframe=False, damaged=damaged)


@given(st.sets(st.integers(0, 19)), st.booleans())
def test_each_frame_gets_its_own_pose_or_none(lost: set[int], late: bool) -> None:
    pairing, out = Pairing(), []
    for n in range(20):
        steps = [lambda n=n: pairing.frame(decoded(n * 9000)), lambda n=n: n in lost or pairing.pose(n * 9000, pose(n))]
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
        pairing.frame(decoded(n * 3000))
    assert [p.pose.utc_ns for p in pairing.flush() if p.pose] == [0, 1, 2]


def test_a_damaged_frame_says_so_after_pairing() -> None:
    pairing = Pairing()
    for n in range(4):
        pairing.pose(n * 9000, pose(n))
        pairing.frame(decoded(n * 9000, damaged=n == 1))
    assert [p.damaged for p in pairing.ready()] == [False, True, False, False]
    pairing.frame(decoded(90_000, damaged=True))
    assert [p.damaged for p in pairing.flush()] == [True]
