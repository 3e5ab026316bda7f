"""The multiplexer: one H.264 video and its KLV into one transport stream.

Source: ISO/IEC 13818-1, ST 1402 (KLV synchronous: stream type 0x15, stream id 0xFC, one cell per access unit, the
KLVA metadata descriptors). Tables before each key frame; a clock reference (PCR) at each frame; video with its
PES_packet_length while that fits, so that a receiver closes the unit at its last byte.
"""

from apacheta.core.errors import LocalProtocolError

from .cells import HEAD_BYTES, cell_bytes
from .pes import WRAP_90K, pes_bytes
from .psi import PAT_PID, pat_bytes, pmt_bytes
from .streams import H264, KLVA, METADATA_IN_PES

_PAYLOAD = 184
_VIDEO_STREAM, _METADATA_STREAM = 0xE0, 0xFC
_DELIMITER = b"\x00\x00\x00\x01\x09\xf0"
_LONGEST_KLV = 0xFFFF - HEAD_BYTES - 8
_REGISTRATION = b"\x05\x04" + KLVA
# metadata_descriptor: application format 0x0100 (general), format 0xFF + KLVA, service 0, no decoder configuration
_METADATA_DESCRIPTOR = b"\x26\x09\x01\x00\xff" + KLVA + b"\x00\x0f"
# metadata_STD_descriptor: input leak rate, buffer size, output leak rate (0: synchronous), 22 bits each
_METADATA_STD_DESCRIPTOR = b"\x27\x09\xc0\x00\x64\xc0\x00\x08\xc0\x00\x00"


def with_delimiter(access_unit: bytes) -> bytes:
    """The access unit beginning with a delimiter, as H.264 in a transport stream must (section 2.14.1)."""
    begins = access_unit[:5] == _DELIMITER[:5] or access_unit[:4] == _DELIMITER[1:5]
    return access_unit if begins else _DELIMITER + access_unit


class TsMuxer:
    """Makes the packets of one program, frame by frame. `clock_lead_90k`: how far the clock runs before the PTS."""

    def __init__(
        self, video_pid: int = 0x100, metadata_pid: int = 0x101, *, pmt_pid: int = 0x1000, clock_lead_90k: int = 9000
    ) -> None:
        self._video_pid = video_pid
        self._metadata_pid = metadata_pid
        self._pmt_pid = pmt_pid
        self._clock_lead_90k = clock_lead_90k
        self._heads = {pid: _heads(pid) for pid in (PAT_PID, pmt_pid, video_pid, metadata_pid)}
        self._counts = dict.fromkeys(self._heads, 0)
        self._sequence = 0
        self._pat = b"\x00" + pat_bytes({1: pmt_pid})
        klv_descriptors = _REGISTRATION + _METADATA_DESCRIPTOR + _METADATA_STD_DESCRIPTOR
        streams = [(H264, video_pid, b""), (METADATA_IN_PES, metadata_pid, klv_descriptors)]
        self._pmt = b"\x00" + pmt_bytes(1, video_pid, streams)

    @property
    def counters(self) -> tuple[dict[str, int], int]:
        """How far the packets of each PID and the metadata cells are counted: with them another multiplexer goes on."""
        return {str(pid): count for pid, count in self._counts.items()}, self._sequence

    @counters.setter
    def counters(self, counters: tuple[dict[str, int], int]) -> None:
        counts, self._sequence = counters
        self._counts.update({int(pid): count for pid, count in counts.items()})

    def frame(self, pts_90k: int, access_unit: bytes, klv: bytes, keyframe: bool) -> bytes:
        """Packets of one frame: tables if it is a key frame, its metadata (none if `klv` is empty), its picture."""
        if len(klv) > _LONGEST_KLV:
            raise LocalProtocolError("klv_too_long", f"{len(klv)} bytes of KLV do not fit in one cell")
        parts: list[bytes] = []
        if keyframe:
            self._table(parts, PAT_PID, self._pat)
            self._table(parts, self._pmt_pid, self._pmt)
        if klv:
            payload = cell_bytes(klv, self._sequence)
            self._sequence = (self._sequence + 1) & 0xFF
            self._packets(parts, self._metadata_pid, pes_bytes(_METADATA_STREAM, pts_90k, payload), b"")
        video = pes_bytes(_VIDEO_STREAM, pts_90k, with_delimiter(access_unit))
        self._packets(parts, self._video_pid, video, self._clock(pts_90k, keyframe))
        return b"".join(parts)

    def _clock(self, pts_90k: int, keyframe: bool) -> bytes:
        """Flags and clock reference of an adaptation field, without its length."""
        base = (pts_90k - self._clock_lead_90k) % WRAP_90K
        return bytes((0x50 if keyframe else 0x10,)) + (base << 15 | 0x7E00).to_bytes(6, "big")

    def _table(self, parts: list[bytes], pid: int, section: bytes) -> None:
        start, _ = self._heads[pid]
        parts += (start[self._next(pid, 1)], section, b"\xff" * (_PAYLOAD - len(section)))

    def _next(self, pid: int, packets: int) -> int:
        """The counter of the PID's next packet, and as many packets counted on."""
        count = self._counts[pid]
        self._counts[pid] = (count + packets) & 15
        return count

    def _packets(self, parts: list[bytes], pid: int, pes: bytes, adaptation: bytes) -> None:
        """A PES packet cut into transport packets: head, slice, head, slice, with stuffing in the last."""
        start, more = self._heads[pid]
        first = _PAYLOAD - (1 + len(adaptation) if adaptation else 0)
        after = max(0, len(pes) - first)
        whole, tail = divmod(after, _PAYLOAD)
        count = self._next(pid, 1 + whole + (tail > 0))
        parts += _one(start[count], adaptation, pes[:first])
        at = first
        for k in range(count + 1, count + 1 + whole):
            parts.append(more[k & 15])
            parts.append(pes[at : at + _PAYLOAD])
            at += _PAYLOAD
        if tail:
            parts += _one(more[(count + 1 + whole) & 15], b"", pes[at:])


def _heads(pid: int) -> tuple[list[bytes], list[bytes]]:
    """The sixteen packet heads of a PID with and without the unit start mark, payload only."""
    high, low = pid >> 8, pid & 0xFF
    start = [bytes((0x47, 0x40 | high, low, 0x10 | c)) for c in range(16)]
    return start, [bytes((0x47, high, low, 0x10 | c)) for c in range(16)]


def _one(head: bytes, adaptation: bytes, payload: bytes) -> tuple[bytes, ...]:
    """One packet with an adaptation field where there is one or where the payload does not fill the packet."""
    room = _PAYLOAD - len(payload)
    if not room:
        return (head, payload)
    flagged = head[:3] + bytes((head[3] | 0x20, room - 1))
    if room == 1:
        return (flagged, payload)
    field = adaptation or b"\x00"
    return (flagged, field, b"\xff" * (room - 1 - len(field)), payload)
