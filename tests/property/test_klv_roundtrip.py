"""What holds for every set, every value and every run of bytes."""

import math

from hypothesis import given
from hypothesis import strategies as st
from stream_sample import items_at

from apacheta.formats.klv import ITEMS, Value, decode_packets, encode_st0601, pose_of
from apacheta.formats.klv import imapb as imap
from apacheta.formats.klv.ber import length_bytes, read_length, read_tag, tag_bytes
from apacheta.formats.klv.checksum import running_sum_16
from apacheta.formats.klv.values import resolution

MAPPED = sorted(n for n, item in ITEMS.items() if item.coding in ("unsigned", "signed", "imapb"))


@given(tag=st.sampled_from(MAPPED), fraction=st.floats(0.0, 1.0))
def test_every_mapped_item_comes_back_within_half_its_step(tag: int, fraction: float) -> None:
    item = ITEMS[tag]
    value = item.low + fraction * (item.high - item.low)
    (packet,) = decode_packets(encode_st0601({2: 1, tag: value}))
    got = packet.items[tag]
    assert isinstance(got, float)
    step = resolution(item)
    off = abs(got - value)
    if (item.low, item.high, item.coding) == (0.0, 360.0, "unsigned"):
        off = min(off, 360.0 - off)
    assert off <= step * (1.0 if item.coding == "imapb" else 0.5) + 1e-9 * max(1.0, abs(value))


@given(
    integers=st.dictionaries(st.sampled_from([8, 9, 34, 47, 56]), st.integers(0, 255)),
    texts=st.dictionaries(st.sampled_from([3, 4, 10, 11, 12, 59]), st.text(max_size=60)),
    raw=st.dictionaries(st.sampled_from([48, 73, 74, 94, 130, 500, 20_000]), st.binary(max_size=200)),
    stamp=st.integers(0, (1 << 64) - 1),
)
def test_numbers_texts_and_bytes_come_back_as_they_were(
    integers: dict[int, int], texts: dict[int, str], raw: dict[int, bytes], stamp: int
) -> None:
    items: dict[int, Value] = {2: stamp, 65: 19, **integers, **texts, **raw}
    (packet,) = decode_packets(encode_st0601(items))
    assert packet.usable
    assert {k: v for k, v in packet.items.items() if k != 1} == items


@given(data=st.binary(max_size=600))
def test_no_bytes_raise(data: bytes) -> None:
    for packet in decode_packets(data):
        pose_of(packet)


@given(
    flips=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=12),
    keys=st.lists(
        st.sampled_from(["060e2b34020b01010e01030101000000", "060e2b34020101010e01010201010000"]), max_size=3
    ),
    tail=st.binary(max_size=100),
)
def test_damaged_sets_never_raise_and_never_pass_unseen(
    flips: list[tuple[int, int]], keys: list[str], tail: bytes
) -> None:
    whole = encode_st0601(items_at(0)) + b"".join(bytes.fromhex(k) + b"\x82\x01\x00" for k in keys) + tail
    data = bytearray(whole)
    for at, value in flips:
        data[at % len(data)] = value
    for packet in decode_packets(bytes(data)):
        pose = pose_of(packet)
        assert pose is None or packet.usable
        assert packet.standard != "ST 0601" or packet.checksum_ok or packet.problems


@given(length=st.integers(0, (1 << 64) - 1), tag=st.integers(0, (1 << 28) - 1))
def test_lengths_and_tags_come_back(length: int, tag: int) -> None:
    assert read_length(length_bytes(length), 0) == (length, len(length_bytes(length)))
    assert read_tag(tag_bytes(tag), 0) == (tag, len(tag_bytes(tag)))


@given(low=st.floats(-1e6, 1e6), span=st.floats(1e-3, 1e6), count=st.integers(2, 6), fraction=st.floats(0.0, 1.0))
def test_imapb_comes_back_within_one_step_and_keeps_zero(low: float, span: float, count: int, fraction: float) -> None:
    high = low + span
    value = min(high, low + fraction * span)
    got = imap.decode(imap.encode(value, low, high, count), low, high)
    assert got is not None
    assert abs(got - value) <= imap.resolution(low, high, count) * (1 + 1e-9) + 1e-9 * max(abs(low), abs(high))
    if low < 0.0 < high:
        assert imap.decode(imap.encode(0.0, low, high, count), low, high) == 0.0


@given(value=st.floats(allow_nan=True, allow_infinity=True))
def test_imapb_says_not_known_outside_its_range(value: float) -> None:
    got = imap.decode(imap.encode(value, -900.0, 40_000.0, 3), -900.0, 40_000.0)
    inside = -900.0 <= value <= 40_000.0
    assert (got is not None) == inside
    assert got is None or math.isfinite(got)


@given(data=st.binary(max_size=300))
def test_the_running_sum_is_that_of_the_standard_text(data: bytes) -> None:
    total = 0
    for place, byte in enumerate(data):
        total = (total + (byte << (8 * ((place + 1) % 2)))) & 0xFFFF
    assert running_sum_16(data) == total
