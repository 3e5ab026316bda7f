"""The 16-bit running sum over a local set (ST 0601 item 1)."""


def running_sum_16(data: bytes) -> int:
    """Bytes at even places count 256-fold, modulo 2^16; `data` runs from the key to the checksum's own length byte."""
    return ((sum(data[0::2]) << 8) + sum(data[1::2])) & 0xFFFF
