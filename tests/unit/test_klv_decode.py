"""Sets that are damaged, cut off, unknown or several: always records, never exceptions."""

from pathlib import Path

import pytest
from stream_sample import items_at

from apacheta.core.errors import LocalProtocolError
from apacheta.formats.klv import decode_packets, encode_st0601, missing_for_pose, pose_of
from apacheta.formats.klv.checksum import running_sum_16
from apacheta.formats.klv.st0601 import KEY_0601


def with_body(body: bytes) -> bytes:
    """A set with this body and a right checksum."""
    whole = KEY_0601 + bytes((len(body) + 4,)) + body + b"\x01\x02"
    return whole + running_sum_16(whole).to_bytes(2, "big")


def test_a_pose_of_our_own_comes_back_exactly_enough() -> None:
    (packet,) = decode_packets(encode_st0601(items_at(7)))
    pose = pose_of(packet)
    assert pose is not None
    assert pose.utc_ns == items_at(7)[2] * 1000
    assert pose.height_exact
    assert pose.height_reference == "hae"
    assert pose.position.alt_hae_m == pytest.approx(4_231.5, abs=1e-4)
    assert pose.position.lon_deg == pytest.approx(-70.07993, abs=1e-7)
    assert (pose.platform_pitch_deg, pose.platform_roll_deg) == pytest.approx((1.5, -2.5), abs=1e-7)
    assert pose.sensor_rel_elevation_deg == pytest.approx(-30.0, abs=1e-7)
    assert (packet.version, packet.checksum_ok, packet.problems) == (17, True, ())


def test_heights_are_taken_in_the_order_104_75_15_and_say_their_reference() -> None:
    items = items_at(0) | {75: 4_230.0}
    heights = []
    for leave_out in ((), (104,), (104, 75)):
        kept = {k: v for k, v in items.items() if k not in leave_out}
        pose = pose_of(decode_packets(encode_st0601(kept))[0])
        assert pose is not None
        heights.append((round(pose.position.alt_hae_m, 1), pose.height_reference, pose.height_exact))
    assert heights == [(4231.5, "hae", True), (4229.9, "hae", False), (4199.9, "amsl", False)]


def test_the_geoid_lifts_a_height_above_the_sea_to_one_above_the_ellipsoid() -> None:
    items = {k: v for k, v in items_at(0).items() if k != 104}
    pose = pose_of(decode_packets(encode_st0601(items))[0], lambda lat_deg, lon_deg: 31.25)
    assert pose is not None
    assert pose.height_reference == "hae"
    assert pose.position.alt_hae_m == pytest.approx(4_231.25, abs=0.16)


def test_full_angles_win_over_coarse_ones() -> None:
    pose = pose_of(decode_packets(encode_st0601(items_at(0) | {6: 9.0, 7: 9.0}))[0])
    assert pose is not None
    assert (pose.platform_pitch_deg, pose.platform_roll_deg) == pytest.approx((1.5, -2.5), abs=1e-6)


def test_a_changed_byte_makes_the_set_unusable() -> None:
    whole = bytearray(encode_st0601(items_at(0)))
    whole[40] ^= 4
    (packet,) = decode_packets(bytes(whole))
    assert (packet.checksum_ok, packet.usable, pose_of(packet)) == (False, False, None)


def test_a_set_without_a_checksum_is_unusable() -> None:
    body = b"\x02\x08" + bytes(8)
    (packet,) = decode_packets(KEY_0601 + bytes((len(body),)) + body)
    assert (packet.checksum_ok, packet.usable) == (False, False)
    assert packet.problems == ("there is no checksum",)


def test_the_published_sample_with_a_wrong_checksum_is_read_but_not_believed(shared_data: Path) -> None:
    data = (shared_data / "klv" / "DynamicConstantMISMMSPacketData.bin").read_bytes()
    (packet,) = decode_packets(data)
    assert packet.items[3] == "Mission 12"
    assert packet.items[1] == 0xAA43
    assert running_sum_16(data[:-2]) == 0x3E1E
    assert (packet.checksum_ok, pose_of(packet)) == (False, None)


def test_an_item_of_wrong_length_is_counted_and_costs_only_itself() -> None:
    body = b"\x02\x08" + bytes(7) + b"\x01" + b"\x0d\x02\x12\x34" + b"\x05\x02\x71\xc2"
    (packet,) = decode_packets(with_body(body))
    assert packet.length_failures == 1
    assert 13 not in packet.items
    assert packet.items[5] == pytest.approx(159.974, abs=1e-3)
    assert packet.usable


def test_reserved_codes_mean_not_known() -> None:
    body = b"\x02\x08" + bytes(8) + b"\x06\x02\x80\x00" + b"\x0d\x04\x80\x00\x00\x00" + b"\x68\x02\xe1\x00"
    (packet,) = decode_packets(with_body(body))
    assert [packet.items[k] for k in (6, 13, 104)] == [None, None, None]
    assert pose_of(packet) is None


def test_a_set_cut_off_anywhere_is_no_exception_and_no_pose() -> None:
    whole = encode_st0601(items_at(0))
    for cut in range(1, len(whole)):
        packets = decode_packets(whole[:cut])
        assert packets
        assert all(p.problems and not p.usable and pose_of(p) is None for p in packets)


def test_several_sets_and_garbage_between_them_are_told_apart() -> None:
    one, two = encode_st0601(items_at(0)), encode_st0601(items_at(1))
    packets = decode_packets(b"noise" + one + b"\x00\x00" + two)
    assert [p.standard for p in packets] == ["other", "ST 0601", "other", "ST 0601"]
    assert [p.usable for p in packets] == [False, True, False, True]
    assert packets[0].problems == ("5 bytes that are no set",)


def test_a_set_after_one_that_is_cut_off_is_still_read() -> None:
    one, two = encode_st0601(items_at(0)), encode_st0601(items_at(1))
    packets = decode_packets(one[:60] + two)
    assert [p.usable for p in packets] == [False, True]


def test_a_known_kind_of_set_that_is_not_read_is_no_problem() -> None:
    security = bytes.fromhex("060e2b34020101010208020000000000") + b"\x02ab"
    (packet,) = decode_packets(security)
    assert (packet.standard, packet.problems, packet.usable) == ("other", (), False)


def test_a_packet_says_what_a_pose_lacks() -> None:
    items = {k: v for k, v in items_at(0).items() if k not in (18, 90, 104, 15)}
    (packet,) = decode_packets(encode_st0601(items))
    assert missing_for_pose(packet) == ("90|6", "104|75|15", "18")
    assert pose_of(packet) is None


def test_a_field_of_view_of_zero_gives_no_pose() -> None:
    assert pose_of(decode_packets(encode_st0601(items_at(0) | {16: 0.0}))[0]) is None


def test_a_value_that_the_item_cannot_hold_is_refused_or_marked() -> None:
    with pytest.raises(LocalProtocolError):
        encode_st0601(items_at(0) | {15: 30_000.0})
    with pytest.raises(LocalProtocolError):
        encode_st0601({5: 90.0})
    (packet,) = decode_packets(encode_st0601(items_at(0) | {6: 45.0}))
    assert packet.items[6] is None


def test_a_set_without_a_checksum_is_not_believed_in_a_damaged_unit() -> None:
    name, stamp = bytes.fromhex("060e2b34010101030702010101050000") + b"\x08", bytes(8)
    legacy = bytes.fromhex("060e2b34020101010e01010201010000") + bytes((len(name + stamp),)) + name + stamp
    assert [p.usable for p in decode_packets(legacy)] == [True]
    assert [p.usable for p in decode_packets(legacy, damaged=True)] == [False]
    assert [p.usable for p in decode_packets(encode_st0601(items_at(0)), damaged=True)] == [True]


def test_the_real_flight_gives_a_line_of_sight_against_north_and_horizon(shared_data: Path) -> None:
    from apacheta.formats.ts import TsDemuxer

    demuxer = TsDemuxer()
    units = demuxer.feed((shared_data / "video" / "aphill_short.ts").read_bytes()) + demuxer.flush()
    packets = [p for u in units if u.kind == "metadata" for p in decode_packets(u.data)]
    poses = [pose_of(p) for p in packets]
    assert len(poses) == 48
    first = poses[0]
    assert first is not None
    assert first.height_reference == "amsl"
    assert first.platform_heading_deg == pytest.approx(124.575, abs=1e-3)
    assert first.sensor_rel_elevation_deg == pytest.approx(-37.554, abs=1e-3)
    assert (first.platform_pitch_deg, first.platform_roll_deg) == (0.0, 0.0)
    assert first.hfov_deg == pytest.approx(0.8)
