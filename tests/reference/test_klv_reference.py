"""Values against those that ST 0601 and ST 0902 publish with their samples, and the shared streams' pinned counts."""

from pathlib import Path

import pytest

from apacheta.formats.klv import ITEMS, MetadataPacket, decode_packets, encode_st0601
from apacheta.formats.klv import imapb as imap
from apacheta.formats.klv.values import code_of, value_of
from apacheta.formats.ts import TsDemuxer

# ST 0601 section 8, "Example software value" and "Example LS packet" of each item
PUBLISHED = (
    (2, "000459f4a6aa4aa8", 1224807209913000, 0),
    (3, "4d495353494f4e3031", "MISSION01", 0),
    (5, "71c2", 159.9744, 5e-5),
    (6, "fd3d", -0.4315251, 1e-4),
    (7, "08b8", 3.405814, 1e-4),
    (13, "5595b66d", 60.17682297, 5e-9),
    (14, "5b5360c4", 128.42675904, 5e-9),
    (15, "c221", 14190.72, 5e-3),
    (16, "cd9c", 144.5713, 5e-5),
    (17, "d917", 152.6436, 5e-5),
    (18, "724a0a20", 160.71921147, 5e-8),
    (19, "87f84b86", -168.79232483, 5e-9),
    (20, "7dc55ece", 176.86543765, 5e-9),
    (21, "03830926", 68590.98, 5e-3),
    (22, "1281", 722.8199, 5e-5),
    (23, "f101a229", -10.54238863, 5e-9),
    (24, "14bc082b", 29.15789012, 5e-9),
    (25, "34f3", 3216.037, 5e-4),
    (26, "1750", 0.01366008, 5e-9),
    (27, "063f", 0.00365993, 5e-9),
    (40, "8f695262", -79.16385005, 5e-9),
    (41, "765457f2", 166.40081296, 5e-9),
    (42, "f823", 18389.05, 5e-3),
    (75, "c221", 14190.72, 5e-3),
    (78, "0bb3", 9.445335, 1e-3),
    (82, "f1069b63", -10.528728379108287, 5e-7),
    (90, "ff62e2f2", -0.4315251, 5e-8),
    (91, "04d804df", 3.405814, 5e-8),
    (104, "2f921e", 23456.24, 1e-2),
)


@pytest.mark.parametrize(("tag", "code", "value", "tolerance"), PUBLISHED)
def test_published_samples_decode_to_the_published_values(
    tag: int, code: str, value: float | int | str, tolerance: float
) -> None:
    got = value_of(ITEMS[tag], bytes.fromhex(code))
    assert got == value if isinstance(value, str) else got == pytest.approx(value, abs=tolerance or 1e-9)


@pytest.mark.parametrize(("tag", "code", "value", "tolerance"), PUBLISHED)
def test_decoded_samples_encode_to_the_same_bytes(tag: int, code: str, value: float, tolerance: float) -> None:
    item = ITEMS[tag]
    got = value_of(item, bytes.fromhex(code))
    again = imap.encode(float(got), item.low, item.high, 3) if item.coding == "imapb" else code_of(item, got)
    assert again.hex() == code


def test_imapb_gives_the_standards_own_examples() -> None:
    """ST 1201 annex: the range -900 to 19000 in two bytes: -900 is 0, 0 is exact, 10 is 0x038e."""
    assert imap.encode(-900.0, -900.0, 19_000.0, 2) == b"\x00\x00"
    assert imap.encode(0.0, -900.0, 19_000.0, 2).hex() == "0384"
    assert imap.encode(10.0, -900.0, 19_000.0, 2).hex() == "038e"
    assert imap.encode(-900.5, -900.0, 19_000.0, 2).hex() == "e000"
    # the zero offset: 2^15 * -0.1 is no whole number, and 0.0 still has a code of its own
    assert imap.encode(0.0, -0.1, 0.9, 2) == (3277).to_bytes(2, "big")
    assert imap.encode(float("inf"), -900.0, 19_000.0, 2).hex() == "e100"


def test_the_minimum_set_sample_of_st_0902_reads_and_writes_byte_for_byte(shared_data: Path) -> None:
    data = (shared_data / "klv" / "DynamicOnlyMISMMSPacketData.bin").read_bytes()
    (packet,) = decode_packets(data)
    assert (packet.version, packet.checksum_ok, packet.utc_ns) == (6, True, 1_231_798_102_000_000_000)
    again = encode_st0601({k: v for k, v in packet.items.items() if isinstance(k, int)})
    assert sorted(again[17:-4]) == sorted(data[17:-4])
    assert again == data


def packets_in(path: Path) -> list[MetadataPacket]:
    demuxer = TsDemuxer()
    units = demuxer.feed(path.read_bytes()) + demuxer.flush()
    return [p for u in units if u.kind == "metadata" for p in decode_packets(u.data)]


@pytest.mark.parametrize(
    ("name", "count", "standard"),
    [("aphill_short", 48, "EG 0104"), ("h264_klv", 30, "ST 0601"), ("h264_no_klv", 0, ""), ("h264_audio", 0, "")],
)
def test_shared_streams_hold_the_pinned_sets(shared_data: Path, name: str, count: int, standard: str) -> None:
    packets = packets_in(shared_data / "video" / f"{name}.ts")
    assert len(packets) == count
    assert all(p.usable and p.standard == standard and not p.problems for p in packets)


def test_a_set_with_every_item_of_the_standard_reads_without_a_problem(shared_data: Path) -> None:
    packet = packets_in(shared_data / "video" / "h264_klv.ts")[0]
    assert len(packet.items) >= 139
    assert packet.items[104] == pytest.approx(23456.24, abs=0.01)
    assert packet.items[112] == pytest.approx(125.0, abs=0.01)
    assert packet.items[113] == pytest.approx(2150.0, abs=0.01)
