"""The sets in a run of bytes: finds keys, reads what it knows, and turns everything else into a record of a problem."""

import msgspec

from .ber import read_length
from .eg0104 import KEY_0104, decode_eg0104, without_version
from .packets import MetadataPacket
from .st0601 import KEY_0601, decode_st0601

KEY_BYTES = 16
_START = b"\x06\x0e\x2b\x34"
_LOCAL_SET, _UNIVERSAL_SET = without_version(KEY_0601), without_version(KEY_0104)
MOST_PACKETS = 256
"""Sets read out of one unit; the rest of a unit that claims more is one problem."""


def decode_packets(data: bytes, damaged: bool = False) -> list[MetadataPacket]:
    """Every set in `data`, in order. Never raises: bytes that are no set come back as packets with problems.

    `damaged`: bytes of this unit are missing (`PesUnit.damaged`); sets without a checksum are then not usable.
    """
    packets: list[MetadataPacket] = []
    at = 0
    while at < len(data) and len(packets) < MOST_PACKETS:
        start = data.find(_START, at)
        if start != at:
            gap = (len(data) if start < 0 else start) - at
            packets.append(_garbage(f"{gap} bytes that are no set"))
            if start < 0:
                break
        packet, at = _set_at(data, start)
        doubtful = damaged and packet.checksum_ok is None
        packets.append(_with_problem(packet, "it lies in a damaged unit", damaged=True) if doubtful else packet)
    return packets


def _set_at(data: bytes, start: int) -> tuple[MetadataPacket, int]:
    """The set whose key is at `start`, and where to read on: after it, or at the next key if it is cut off."""
    key = data[start : start + KEY_BYTES]
    length = read_length(data, start + KEY_BYTES)
    if length is None:
        return _garbage("a key without a length", key, 1), _next_key(data, start)
    size, value_at = length
    end = value_at + size
    whole = end <= len(data)
    if not whole:
        end = _next_key(data, start)
    if without_version(key) == _LOCAL_SET:
        packet = decode_st0601(data, start, min(value_at, end), end)
        begun = data.find(KEY_0601, start + KEY_BYTES, end)
        if not packet.checksum_ok and begun >= 0:  # cut off, and what follows swallowed the set after it
            return _cut_off(packet, size), begun
    elif without_version(key) == _UNIVERSAL_SET:
        if not whole:
            end = len(data)  # its items begin like keys, so the next set cannot be told from them
        packet = decode_eg0104(data, start, value_at, end)
    else:
        packet = _garbage("", key, not whole)
    return (packet if whole else _cut_off(packet, size)), end


def _next_key(data: bytes, start: int) -> int:
    after = data.find(_START, start + 4)
    return len(data) if after < 0 else after


def _garbage(problem: str, key: bytes = b"", length_failures: int = 0) -> MetadataPacket:
    return MetadataPacket(
        standard="other",
        version=None,
        utc_ns=None,
        items={},
        checksum_ok=None,
        problems=(problem,) if problem else (),
        length_failures=length_failures,
        key=key,
    )


def _cut_off(packet: MetadataPacket, size: int) -> MetadataPacket:
    """The same packet, not to be believed: its length says more than there is."""
    failures = packet.length_failures or 1
    return _with_problem(
        packet, f"the set is cut off: its length says {size} bytes", checksum_ok=False, length_failures=failures
    )


def _with_problem(packet: MetadataPacket, problem: str, **changes: bool | int) -> MetadataPacket:
    return msgspec.structs.replace(packet, problems=(*packet.problems, problem), **changes)
