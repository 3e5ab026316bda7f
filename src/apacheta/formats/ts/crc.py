"""CRC-32/MPEG-2 of PSI sections (ISO/IEC 13818-1 annex A): polynomial 0x04C11DB7, start all ones, no reflection."""

POLYNOMIAL = 0x04C11DB7


def _table() -> tuple[int, ...]:
    rows = []
    for byte in range(256):
        register = byte << 24
        for _ in range(8):
            register = ((register << 1) ^ POLYNOMIAL if register & 0x80000000 else register << 1) & 0xFFFFFFFF
        rows.append(register)
    return tuple(rows)


_TABLE = _table()


def crc32_mpeg2(data: bytes) -> int:
    """The checksum as an unsigned 32-bit number; over a section with its own CRC at the end it is 0."""
    register = 0xFFFFFFFF
    for byte in data:
        register = ((register << 8) & 0xFFFFFFFF) ^ _TABLE[(register >> 24) ^ byte]
    return register
