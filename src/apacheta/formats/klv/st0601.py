"""The UAS datalink local set, ST 0601, both ways. Table of items: `items.py`.

Deliberate deviations: an item with a wrong length is left out and counted instead of ending the set; a checksum that
is not the last item is still checked; a set without one is read with `checksum_ok` False, because the standard
demands it.
"""

from collections.abc import Mapping

from apacheta.core.errors import LocalProtocolError

from .ber import length_bytes, read_length, read_tag, tag_bytes
from .checksum import running_sum_16
from .items import CHECKSUM, ITEMS, TIMESTAMP_US, VERSION, Item, Value
from .packets import MetadataPacket, utc_ns_of_us
from .values import code_of, value_of

KEY_0601 = bytes.fromhex("060e2b34020b01010e01030101000000")
OWN_VERSION = 17
"""The revision of ST 0601 whose table we write by."""
_HEAD_OF_CHECKSUM = b"\x01\x02"


def decode_st0601(data: bytes, start: int, value_at: int, end: int) -> MetadataPacket:
    """The set whose key is at `start`, whose value lies in `value_at`..`end` of `data`."""
    items: dict[int | str, Value] = {}
    problems: list[str] = []
    failures, at, sum_at = 0, value_at, 0
    while at < end:
        tag_end = read_tag(data, at)
        length = read_length(data, tag_end[1]) if tag_end else None
        if tag_end is None or length is None or length[1] + length[0] > end:
            problems.append(f"the set breaks off {end - at} bytes before its end")
            failures += 1
            break
        tag, (size, begin) = tag_end[0], length
        at = begin + size
        try:
            items[tag] = value_of(ITEMS[tag], data[begin:at]) if tag in ITEMS else data[begin:at]
        except ValueError as wrong:
            problems.append(f"item {tag}: {wrong}")
            failures += 1
            continue
        if tag == CHECKSUM:
            sum_at = begin
    checksum_ok = bool(sum_at) and items[CHECKSUM] == running_sum_16(data[start:sum_at])
    if not checksum_ok:
        problems.append("the checksum does not match" if sum_at else "there is no checksum")
    stamp, version = items.get(TIMESTAMP_US), items.get(VERSION)
    return MetadataPacket(
        standard="ST 0601",
        version=version if isinstance(version, int) else None,
        utc_ns=utc_ns_of_us(stamp),
        items=items,
        checksum_ok=checksum_ok,
        problems=tuple(problems),
        length_failures=failures,
        key=data[start : start + 16],
    )


def encode_st0601(items: Mapping[int, Value]) -> bytes:
    """The set with these items: time stamp first, then by number, checksum last; the version is added if missing.

    Values are in the units of `ITEMS`; bytes go as they are. Raises LocalProtocolError for a value that the item
    cannot hold and for a set without a time stamp.
    """
    if not isinstance(items.get(TIMESTAMP_US), int):
        raise LocalProtocolError("no_timestamp", "a set needs its time stamp, item 2, in microseconds")
    order = sorted({**items, VERSION: items.get(VERSION, OWN_VERSION)}.items(), key=lambda i: (i[0] != 2, i[0]))
    body = b"".join(_item_bytes(tag, value) for tag, value in order if tag != CHECKSUM)
    whole = KEY_0601 + length_bytes(len(body) + 4) + body + _HEAD_OF_CHECKSUM
    return whole + running_sum_16(whole).to_bytes(2, "big")


def _item_bytes(tag: int, value: Value) -> bytes:
    code = code_of(ITEMS.get(tag, _RAW), value)
    return tag_bytes(tag) + length_bytes(len(code)) + code


_RAW = Item("raw", "raw", 0)
