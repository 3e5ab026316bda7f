"""Which access units a decoder can start from, by what they hold: the container's own mark is often missing.

H.264: ISO/IEC 14496-10 table 7-1, NAL unit type 5 (IDR). H.265: ISO/IEC 23008-2 table 7-1, types 16 to 21 (IRAP).
MPEG-2 video: ISO/IEC 13818-2 section 6.3.9, picture_coding_type 1 (intra). The first coded slice of a unit decides.
"""

from collections.abc import Callable, Iterator

from .envelope import H264, H265, MPEG2

_START = b"\x00\x00\x01"
_PICTURE = 0x00
_INTRA = 1


def is_key_frame(codec: int, unit: bytes) -> bool:
    """Whether an access unit in Annex B form begins anew; `codec` is the envelope's. False where nobody can say."""
    judge = _JUDGES.get(codec)
    verdicts = (judge(unit, at) for at in _starts(unit)) if judge else iter(())
    return next((verdict for verdict in verdicts if verdict is not None), False)


def _starts(unit: bytes) -> Iterator[int]:
    """Where each NAL unit, or each MPEG-2 start code's value, begins."""
    at = unit.find(_START)
    while 0 <= at < len(unit) - len(_START):
        yield at + len(_START)
        at = unit.find(_START, at + len(_START))


def _h264(unit: bytes, at: int) -> bool | None:
    """None for what is no coded slice: parameter sets, SEI, delimiters."""
    kind = unit[at] & 0x1F
    return kind == 5 if 1 <= kind <= 5 else None


def _h265(unit: bytes, at: int) -> bool | None:
    kind = unit[at] >> 1 & 0x3F
    return 16 <= kind <= 21 if kind < 32 else None


def _mpeg2(unit: bytes, at: int) -> bool | None:
    """The picture header: ten bits of temporal reference after the start code, then three of the coding type."""
    if unit[at] != _PICTURE or at + 2 >= len(unit):
        return None
    return unit[at + 2] >> 3 & 7 == _INTRA


_JUDGES: dict[int, Callable[[bytes, int], bool | None]] = {H264: _h264, H265: _h265, MPEG2: _mpeg2}
