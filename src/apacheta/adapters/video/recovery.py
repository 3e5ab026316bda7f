"""Where an H.264 stream can be taken up again without a key frame: the recovery point of ISO/IEC 14496-10 D.2.8."""

import re

_FIRST_SLICE = re.compile(rb"\x00\x00\x01([\x01\x02\x05\x21\x22\x25\x41\x42\x45\x61\x62\x65])")
_SEI = re.compile(rb"\x00\x00\x01\x06(.*?)(?=\x00\x00[\x00\x01]|\Z)", re.DOTALL)
_RECOVERY_POINT = 6


def is_reference(picture: bytes) -> bool:
    """Whether later pictures may refer to this one: its nal_ref_idc is not 0."""
    found = _FIRST_SLICE.search(picture)
    return found is not None and found[1][0] >= 0x20


def recovery_frames(picture: bytes) -> int | None:
    """After how many reference pictures what is shown is right again (recovery_frame_cnt); None without such a mark."""
    first = _FIRST_SLICE.search(picture)
    for sei in _SEI.finditer(picture, 0, first.start() if first else len(picture)):
        body = _message(sei[1].replace(b"\x00\x00\x03", b"\x00\x00"))
        if body is not None:
            return _unsigned(body[:8])
    return None


def _message(sei: bytes) -> bytes | None:
    """The recovery point among the messages of one SEI unit."""
    at = 0
    while at + 2 <= len(sei):
        kind, at = _extended(sei, at)
        size, at = _extended(sei, at)
        if kind == _RECOVERY_POINT:
            return sei[at : at + size]
        at += size
    return None


def _extended(sei: bytes, at: int) -> tuple[int, int]:
    """A number written as bytes of 255 and a last one that is less, and where the next begins."""
    total = 0
    while at < len(sei) and sei[at] == 0xFF:
        total, at = total + 0xFF, at + 1
    return total + (sei[at] if at < len(sei) else 0), at + 1


def _unsigned(body: bytes) -> int | None:
    """The ue(v) number at the beginning: n zeros, then n + 1 bits of the number plus one."""
    bits = "".join(f"{byte:08b}" for byte in body)
    zeros = bits.find("1")
    code = bits[zeros : 2 * zeros + 1]
    return int(code, 2) - 1 if zeros >= 0 and len(code) == zeros + 1 else None
