"""Lengths and tags of KLV: BER long and short form, BER-OID (SMPTE ST 336; ISO/IEC 8825-1 section 8.1.3)."""

LONGEST_LENGTH_BYTES = 8
LONGEST_TAG_BYTES = 4


def read_length(data: bytes, at: int) -> tuple[int, int] | None:
    """(length, where the value begins), or None where the bytes end or the form is none that KLV allows."""
    if at >= len(data):
        return None
    first = data[at]
    if first < 0x80:
        return first, at + 1
    count = first & 0x7F
    end = at + 1 + count
    if not 0 < count <= LONGEST_LENGTH_BYTES or end > len(data):
        return None
    return int.from_bytes(data[at + 1 : end], "big"), end


def length_bytes(length: int) -> bytes:
    """The shortest form of a length."""
    if length < 0x80:
        return bytes((length,))
    body = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(body),)) + body


def read_tag(data: bytes, at: int) -> tuple[int, int] | None:
    """(tag, where its length begins): seven bits a byte, the top bit says that more follow."""
    tag = 0
    for end in range(at, min(at + LONGEST_TAG_BYTES, len(data))):
        tag = tag << 7 | data[end] & 0x7F
        if data[end] < 0x80:
            return tag, end + 1
    return None


def tag_bytes(tag: int) -> bytes:
    """A tag in BER-OID form."""
    body = bytes((tag & 0x7F,))
    while tag := tag >> 7:
        body = bytes((0x80 | tag & 0x7F,)) + body
    return body
