"""Program tables: sections out of packets, the association table (PAT) and program maps (PMT), both ways.

Source: ISO/IEC 13818-1 section 2.4.4. A section may start anywhere in a packet and go on over several.
"""

from collections.abc import Iterator

import msgspec

from .crc import crc32_mpeg2
from .streams import ElementaryStream, Program, kind_of

PAT_PID = 0
PAT_TABLE, PMT_TABLE = 0x00, 0x02
LONGEST_SECTION = 1024
"""Of a PAT or PMT, with its three bytes of head; anything that claims more is damage."""
MOST_STREAMS = 64
"""Streams of one program that are kept; more is damage or an attack."""

_REGISTRATION, _METADATA = 0x05, 0x26


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """One whole section whose CRC holds. `body` lies between the last_section_number and the CRC."""

    table_id: int
    extension: int
    version: int
    current: bool
    number: int
    last_number: int
    body: bytes


class SectionAssembler:
    """Collects the sections of one PID. Damage costs the section at hand, never the next one."""

    def __init__(self) -> None:
        self._open = bytearray()
        self._started = False
        self.length_errors = 0

    def reset(self) -> None:
        """Forget the section at hand, after lost packets."""
        self._open.clear()
        self._started = False

    def feed(self, payload: bytes, unit_start: bool) -> list[bytes]:
        """Whole sections (head to CRC, unchecked) that this packet's payload ends."""
        done: list[bytes] = []
        if unit_start:
            if not payload or payload[0] >= len(payload):
                self.reset()
                self.length_errors += 1
                return done
            begin = 1 + payload[0]
            if self._started:
                self._open += payload[1:begin]
                done += self._take()
            self._open = bytearray(payload[begin:])
            self._started = True
        elif self._started:
            self._open += payload
        return done + self._take() if self._started else done

    def _take(self) -> list[bytes]:
        done: list[bytes] = []
        while self._started and len(self._open) >= 3:
            if self._open[0] == 0xFF:  # stuffing up to the end of the packet
                self.reset()
                break
            size = 3 + ((self._open[1] & 0x0F) << 8 | self._open[2])
            if size > LONGEST_SECTION:
                self.length_errors += 1
                self.reset()
                break
            if len(self._open) < size:
                break
            done.append(bytes(self._open[:size]))
            del self._open[:size]
        return done


def section_of(raw: bytes) -> Section | None:
    """The section in these bytes, or None where the CRC or the shape is wrong."""
    if len(raw) < 12 or not raw[1] & 0x80 or crc32_mpeg2(raw):
        return None
    return Section(
        table_id=raw[0],
        extension=raw[3] << 8 | raw[4],
        version=(raw[5] >> 1) & 0x1F,
        current=bool(raw[5] & 1),
        number=raw[6],
        last_number=raw[7],
        body=raw[8:-4],
    )


def pat_entries(section: Section) -> dict[int, int]:
    """Program number to the PID of its map; the network's own entry (0) left out."""
    body = section.body
    pairs = (body[i : i + 4] for i in range(0, len(body) - 3, 4))
    entries = {p[0] << 8 | p[1]: (p[2] & 0x1F) << 8 | p[3] for p in pairs}
    entries.pop(0, None)
    return entries


def descriptors_of(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(tag, payload) of each descriptor; one that runs over the end is cut off."""
    at = 0
    while at + 2 <= len(data):
        end = at + 2 + data[at + 1]
        yield data[at], data[at + 2 : end]
        at = end


def _format_identifiers(data: bytes) -> tuple[bytes, ...]:
    found = []
    for tag, payload in descriptors_of(data):
        if tag == _REGISTRATION:
            found.append(payload[:4])
        elif tag == _METADATA:
            at = 6 if payload[:2] == b"\xff\xff" else 2
            if payload[at : at + 1] == b"\xff":
                found.append(payload[at + 1 : at + 5])
    return tuple(found)


def program_of(section: Section, pmt_pid: int) -> Program | None:
    """The program that a map describes, or None where its lengths contradict each other."""
    body = section.body
    if len(body) < 4:
        return None
    at = 4 + ((body[2] & 0x0F) << 8 | body[3])
    streams: list[ElementaryStream] = []
    while at + 5 <= len(body) and len(streams) < MOST_STREAMS:
        end = at + 5 + ((body[at + 3] & 0x0F) << 8 | body[at + 4])
        if end > len(body):
            return None
        found = _format_identifiers(body[at + 5 : end])
        pid, stream_type = (body[at + 1] & 0x1F) << 8 | body[at + 2], body[at]
        streams.append(
            ElementaryStream(
                pid=pid, stream_type=stream_type, kind=kind_of(stream_type, found), format_identifiers=found
            )
        )
        at = end
    return Program(
        number=section.extension,
        pmt_pid=pmt_pid,
        version=section.version,
        pcr_pid=(body[0] & 0x1F) << 8 | body[1],
        streams=tuple(streams),
    )


def section_bytes(table_id: int, extension: int, version: int, body: bytes) -> bytes:
    """A section with head and CRC, the only one of its table."""
    size = 5 + len(body) + 4
    head = bytes((table_id, 0xB0 | size >> 8, size & 0xFF, extension >> 8, extension & 0xFF, 0xC1 | version << 1, 0, 0))
    return head + body + crc32_mpeg2(head + body).to_bytes(4, "big")


def pat_bytes(programs: dict[int, int], stream_id: int = 1, version: int = 0) -> bytes:
    """The association table: program number to the PID of its map."""
    body = b"".join(n.to_bytes(2, "big") + (0xE000 | pid).to_bytes(2, "big") for n, pid in programs.items())
    return section_bytes(PAT_TABLE, stream_id, version, body)


def pmt_bytes(program: int, pcr_pid: int, streams: list[tuple[int, int, bytes]], version: int = 0) -> bytes:
    """A program's map; each stream as (stream type, PID, its descriptors)."""
    body = (0xE000 | pcr_pid).to_bytes(2, "big") + b"\xf0\x00"
    for stream_type, pid, descriptors in streams:
        body += bytes((stream_type,)) + (0xE000 | pid).to_bytes(2, "big")
        body += (0xF000 | len(descriptors)).to_bytes(2, "big") + descriptors
    return section_bytes(PMT_TABLE, program, version, body)
