"""The incremental demultiplexer: bytes of an MPEG transport stream in any pieces, whole units out.

Source: ISO/IEC 13818-1; ST 1402 for KLV. Deliberate deviations: a unit closes as soon as its PES_packet_length is
reached (libavformat waits for the next start); bare KLV in stream type 0x15 and KLV in unregistered private data are
taken as metadata because encoders in the field write them so.
"""

import msgspec

from .assembler import ContinuityCounter, PesAssembler, RawUnit
from .cells import CellAssembler, MetadataUnit
from .pes import Unwrapper, pes_head
from .psi import PAT_PID, PAT_TABLE, PMT_TABLE, SectionAssembler, pat_entries, program_of, section_of
from .streams import METADATA_IN_PES, PRIVATE_DATA, SMPTE_KEY_START, ElementaryStream, Kind, Program

PACKET_BYTES = 188
SYNC = 0x47
_LOOK_AHEAD = 2 * PACKET_BYTES
MOST_PROGRAMS = 32
MOST_HELD_BYTES = 16 << 20
"""Bytes of all open units together; above it the unit at hand is given up."""
LARGE_UNIT = 256 << 10
"""From this size on, an open unit makes the demultiplexer look at what all of them hold together."""


class PesUnit(msgspec.Struct, frozen=True, kw_only=True):
    """One access unit. `pts_90k`, `dts_90k`: 90 kHz without wrap, None where the stream gives none.

    `damaged`: packets are missing or the length is short. `keyframe`: the stream marks it as a point to start from.
    """

    pid: int
    kind: Kind
    stream_type: int
    pts_90k: int | None
    data: bytes
    damaged: bool
    dts_90k: int | None = None
    keyframe: bool = False


class TsStats(msgspec.Struct):
    """Counts since the start. `skipped_bytes`: not in any packet. `pes_errors`: units without a valid head."""

    packets: int = 0
    skipped_bytes: int = 0
    resyncs: int = 0
    transport_errors: int = 0
    continuity_errors: int = 0
    duplicates: int = 0
    scrambled: int = 0
    adaptation_errors: int = 0
    crc_errors: int = 0
    section_errors: int = 0
    pes_errors: int = 0
    oversize_units: int = 0
    units: int = 0
    damaged_units: int = 0
    clock_references: int = 0


class _Elementary:
    """What is known and open of one elementary stream."""

    __slots__ = ("cells", "counter", "pes", "program", "stream")

    def __init__(self, stream: ElementaryStream, program: int) -> None:
        self.stream = stream
        self.program = program
        self.counter = ContinuityCounter()
        self.pes = PesAssembler()
        self.cells = CellAssembler() if stream.stream_type == METADATA_IN_PES else None


class _Tables:
    """What is open of one PID that carries sections; `last` is the section that was last read, to skip repeats."""

    __slots__ = ("counter", "last", "sections")

    def __init__(self) -> None:
        self.counter = ContinuityCounter()
        self.sections = SectionAssembler()
        self.last = b""


class TsDemuxer:
    """Feed it bytes as they come; it gives whole units back. Nothing that it is fed raises or grows its memory.

    `programs`: by number, as the latest maps say. `clock_27m`: the last clock reference (PCR, 27 MHz, wraps) by PID.
    """

    def __init__(self) -> None:
        self.stats = TsStats()
        self.programs: dict[int, Program] = {}
        self.clock_27m: dict[int, int] = {}
        self._rest = b""
        self._locked = False
        self._pat: dict[int, int] = {}
        self._pat_version = -1
        self._tables: dict[int, _Tables] = {PAT_PID: _Tables()}
        self._streams: dict[int, _Elementary] = {}
        self._lines: dict[int, Unwrapper] = {}
        self._video_span_90k: tuple[int, int] | None = None

    def video_span_s(self) -> float | None:
        """From the least to the greatest presentation time of undamaged video so far, in seconds; None without any."""
        return None if self._video_span_90k is None else (self._video_span_90k[1] - self._video_span_90k[0]) / 90_000

    def feed(self, data: bytes) -> list[PesUnit]:
        """Units that these bytes complete, in order of completion."""
        units: list[PesUnit] = []
        buffer, at = self._rest + data, 0
        last = len(buffer) - PACKET_BYTES
        while True:
            if not self._locked:
                at = self._lock(buffer, at)
                if not self._locked:
                    break
            while at <= last and buffer[at] == SYNC:
                self._packet(buffer, at, units)
                at += PACKET_BYTES
            if at > last:
                break
            self._locked = False
            self.stats.resyncs += 1
        self._rest = buffer[at:]
        return units

    def flush(self) -> list[PesUnit]:
        """The end of the stream: what is still open. Bounded units that are short come out damaged."""
        units: list[PesUnit] = []
        rest, self._rest = self._rest, b""
        at = rest.find(SYNC)
        while 0 <= at <= len(rest) - PACKET_BYTES:
            if all(b == SYNC for b in rest[at::PACKET_BYTES]):
                for packet_at in range(at, len(rest) - PACKET_BYTES + 1, PACKET_BYTES):
                    self._packet(rest, packet_at, units)
                break
            at = rest.find(SYNC, at + 1)
        for elementary in self._streams.values():
            self._close(elementary, units)
        return units

    def _lock(self, buffer: bytes, begin: int) -> int:
        """Where packets begin: three sync bytes a packet apart. Not locked: from where to look again."""
        at = buffer.find(SYNC, begin)
        last = len(buffer) - _LOOK_AHEAD - 1
        while 0 <= at <= last:
            if buffer[at + PACKET_BYTES] == SYNC and buffer[at + _LOOK_AHEAD] == SYNC:
                self._locked = True
                break
            at = buffer.find(SYNC, at + 1)
        at = len(buffer) if at < 0 else at
        self.stats.skipped_bytes += at - begin
        return at

    def _packet(self, buffer: bytes, at: int, units: list[PesUnit]) -> None:
        """One packet: head, adaptation field, continuity; its payload goes to a table or to a stream."""
        stats = self.stats
        stats.packets += 1
        second, fourth = buffer[at + 1], buffer[at + 3]
        pid = (second & 0x1F) << 8 | buffer[at + 2]
        elementary = self._streams.get(pid)
        tables = None if elementary else self._tables.get(pid)
        if second & 0x80 or fourth & 0xC0:
            if second & 0x80:
                stats.transport_errors += 1
            else:
                stats.scrambled += 1
            self._lost(elementary, tables)
            return
        begin, announced, random_access = at + 4, False, False
        if fourth & 0x20:
            length = buffer[at + 4]
            if length > 183:
                stats.adaptation_errors += 1
                self._lost(elementary, tables)
                return
            begin += 1 + length
            flags = buffer[at + 5] if length else 0
            announced, random_access = bool(flags & 0x80), bool(flags & 0x40)
            if flags & 0x10 and length >= 7:
                self._clock(pid, buffer[at + 6 : at + 12])
        if not fourth & 0x10 or not (elementary or tables):
            return
        payload = buffer[begin : at + PACKET_BYTES]
        if elementary:
            step = elementary.counter.step(fourth & 15, payload, announced)
            if step != "next" and self._gap(step, elementary, None):
                return
            self._elementary(elementary, payload, bool(second & 0x40), random_access, units)
        elif tables:
            step = tables.counter.step(fourth & 15, payload, announced)
            if step != "next" and self._gap(step, None, tables):
                return
            self._sections(pid, tables, payload, bool(second & 0x40), units)

    def _clock(self, pid: int, six: bytes) -> None:
        whole = int.from_bytes(six, "big")
        self.clock_27m[pid] = (whole >> 15) * 300 + (whole & 0x1FF)
        self.stats.clock_references += 1
        if len(self.clock_27m) > MOST_PROGRAMS:
            del self.clock_27m[next(iter(self.clock_27m))]

    def _gap(self, step: str, elementary: _Elementary | None, tables: _Tables | None) -> bool:
        """Count a repeat (true: leave the packet out) or a loss."""
        if step == "duplicate":
            self.stats.duplicates += 1
            return True
        self.stats.continuity_errors += 1
        self._lost(elementary, tables)
        return False

    def _lost(self, elementary: _Elementary | None, tables: _Tables | None) -> None:
        if elementary:
            elementary.pes.lost()
        elif tables:
            tables.sections.reset()

    def _elementary(
        self, elementary: _Elementary, payload: bytes, start: bool, random_access: bool, units: list[PesUnit]
    ) -> None:
        pes = elementary.pes
        if start:
            before = pes.start(payload, random_access)
            if before:
                self._emit(elementary, before, units)
        else:
            pes.more(payload)
        done = pes.complete()
        if done:
            self._emit(elementary, done, units)
        elif pes.size > LARGE_UNIT and sum(e.pes.size for e in self._streams.values()) > MOST_HELD_BYTES:
            pes.drop()
        if pes.oversize:
            self.stats.oversize_units += pes.oversize
            pes.oversize = 0

    def _emit(self, elementary: _Elementary, raw: RawUnit, units: list[PesUnit]) -> None:
        """Take the PES head off and, for synchronous metadata, the cells' heads too."""
        head = pes_head(raw.data)
        if head is None:
            self.stats.pes_errors += 1
            return
        payload = raw.data[head.size :]
        line = self._lines.setdefault(elementary.program, Unwrapper())
        pts = None if head.pts_90k is None else line.unwrap(head.pts_90k, trusted=not raw.damaged)
        dts = None if head.dts_90k is None else line.unwrap(head.dts_90k, trusted=False)
        stream = elementary.stream
        parts = elementary.cells.feed(payload) if elementary.cells else [MetadataUnit(payload, False)]
        private_klv = stream.stream_type == PRIVATE_DATA and payload.startswith(SMPTE_KEY_START)
        for part in parts:
            unit = PesUnit(
                pid=stream.pid,
                kind="metadata" if private_klv else stream.kind,
                stream_type=stream.stream_type,
                pts_90k=pts,
                data=part.data,
                damaged=raw.damaged or part.damaged,
                dts_90k=dts,
                keyframe=raw.random_access,
            )
            self._count(unit)
            units.append(unit)

    def _count(self, unit: PesUnit) -> None:
        self.stats.units += 1
        self.stats.damaged_units += unit.damaged
        if unit.kind == "video" and unit.pts_90k is not None and not unit.damaged:
            first, last = self._video_span_90k or (unit.pts_90k, unit.pts_90k)
            self._video_span_90k = (min(first, unit.pts_90k), max(last, unit.pts_90k))

    def _close(self, elementary: _Elementary, units: list[PesUnit]) -> None:
        """Everything that one stream still holds."""
        raw = elementary.pes.close()
        if raw:
            self._emit(elementary, raw, units)
        for part in elementary.cells.flush() if elementary.cells else []:
            stream = elementary.stream
            unit = PesUnit(
                pid=stream.pid,
                kind=stream.kind,
                stream_type=stream.stream_type,
                pts_90k=None,
                data=part.data,
                damaged=True,
            )
            self._count(unit)
            units.append(unit)

    def _sections(self, pid: int, tables: _Tables, payload: bytes, start: bool, units: list[PesUnit]) -> None:
        for raw in tables.sections.feed(payload, start):
            if raw == tables.last:
                continue
            section = section_of(raw)
            if section is None:
                self.stats.crc_errors += 1
            elif section.current:
                tables.last = raw
                if pid == PAT_PID and section.table_id == PAT_TABLE:
                    self._associate(pat_entries(section), section.version, units)
                elif section.table_id == PMT_TABLE and self._pat.get(section.extension) == pid:
                    program = program_of(section, pid)
                    if program is None:
                        self.stats.section_errors += 1
                    else:
                        self._install(program, units)
        self.stats.section_errors += tables.sections.length_errors
        tables.sections.length_errors = 0

    def _associate(self, entries: dict[int, int], version: int, units: list[PesUnit]) -> None:
        """A part of the association table; a new version starts it afresh."""
        if version != self._pat_version:
            self._pat, self._pat_version = {}, version
        for number, pid in entries.items():
            if len(self._pat) < MOST_PROGRAMS and pid not in (PAT_PID, 0x1FFF):
                self._pat[number] = pid
        for number in [n for n, p in self.programs.items() if self._pat.get(n) != p.pmt_pid]:
            self._leave(self.programs.pop(number), (), units)
            self._lines.pop(number, None)
        maps = set(self._pat.values())
        self._tables = {pid: self._tables.get(pid) or _Tables() for pid in {PAT_PID} | maps}
        for pid in maps:
            self._tables[pid].last = b""  # a program that comes back must have its map read again

    def _install(self, program: Program, units: list[PesUnit]) -> None:
        """A program's new map: streams that stay the same go on, the others are closed or opened."""
        before = self.programs.get(program.number)
        if before:
            self._leave(before, program.streams, units)
        self.programs[program.number] = program
        for stream in program.streams:
            if stream.pid not in self._tables and stream.pid not in self._streams:
                self._streams[stream.pid] = _Elementary(stream, program.number)

    def _leave(self, program: Program, staying: tuple[ElementaryStream, ...], units: list[PesUnit]) -> None:
        for stream in program.streams:
            elementary = self._streams.get(stream.pid)
            if elementary and elementary.program == program.number and stream not in staying:
                self._close(elementary, units)
                del self._streams[stream.pid]
