"""The incremental demultiplexer: bytes of an MPEG transport stream in any pieces, whole units out.

Source: ISO/IEC 13818-1; ST 1402 for KLV. Deliberate deviations: a unit closes as soon as its PES_packet_length is
reached (libavformat waits for the next start); bare KLV in stream type 0x15 and KLV in unregistered private data are
taken as metadata because encoders in the field write them so.
"""

from .assembler import ContinuityCounter, PesAssembler, RawUnit
from .cells import CellAssembler, MetadataUnit
from .directory import MOST_PROGRAMS, Change, Directory, Tables
from .pes import Unwrapper, pes_head
from .streams import METADATA_IN_PES, PRIVATE_DATA, SMPTE_KEY_START, ElementaryStream, Program
from .unit import PesUnit, TsStats

PACKET_BYTES = 188
SYNC = 0x47
_LOOK_AHEAD = 2 * PACKET_BYTES
MOST_HELD_BYTES = 16 << 20
"""Bytes of all open units together; above it the unit at hand is given up."""
LARGE_UNIT = 256 << 10
"""From this size on, an open unit makes the demultiplexer look at what all of them hold together."""


class _Elementary:
    """What is known and open of one elementary stream."""

    __slots__ = ("cells", "counter", "pes", "program", "stream")

    def __init__(self, stream: ElementaryStream, program: int) -> None:
        self.stream = stream
        self.program = program
        self.counter = ContinuityCounter()
        self.pes = PesAssembler()
        self.cells = CellAssembler() if stream.stream_type == METADATA_IN_PES else None


class TsDemuxer:
    """Feed it bytes as they come; it gives whole units back. Nothing that it is fed raises or grows its memory.

    `clock_27m`: the last clock reference (PCR, 27 MHz, wraps) by PID.
    """

    def __init__(self) -> None:
        self.stats = TsStats()
        self.clock_27m: dict[int, int] = {}
        self._rest = b""
        self._locked = False
        self._directory = Directory(self.stats)
        self._streams: dict[int, _Elementary] = {}
        self._lines: dict[int, Unwrapper] = {}
        self._video_span_90k: tuple[int, int] | None = None

    @property
    def programs(self) -> dict[int, Program]:
        """By number, as the latest maps say."""
        return self._directory.programs

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
        tables = None if elementary else self._directory.tables.get(pid)
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
            for change in self._directory.feed(pid, payload, bool(second & 0x40)):
                self._apply(change, units)

    def _clock(self, pid: int, six: bytes) -> None:
        whole = int.from_bytes(six, "big")
        self.clock_27m[pid] = (whole >> 15) * 300 + (whole & 0x1FF)
        self.stats.clock_references += 1
        if len(self.clock_27m) > MOST_PROGRAMS:
            del self.clock_27m[next(iter(self.clock_27m))]

    def _gap(self, step: str, elementary: _Elementary | None, tables: Tables | None) -> bool:
        """Count a repeat (true: leave the packet out) or a loss."""
        if step == "duplicate":
            self.stats.duplicates += 1
            return True
        self.stats.continuity_errors += 1
        self._lost(elementary, tables)
        return False

    def _lost(self, elementary: _Elementary | None, tables: Tables | None) -> None:
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
            elementary.pes.lost()
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
                after_loss=raw.after_loss,
            )
            self._give(unit, units)

    def _give(self, unit: PesUnit, units: list[PesUnit]) -> None:
        units.append(unit)
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
            self._give(unit, units)

    def _apply(self, change: Change, units: list[PesUnit]) -> None:
        """A program's streams: those that stay the same go on, the others are closed or opened."""
        before, after = change
        staying = after.streams if after else ()
        for stream in before.streams if before else ():
            elementary = self._streams.get(stream.pid)
            if elementary and before and elementary.program == before.number and stream not in staying:
                self._close(elementary, units)
                del self._streams[stream.pid]
        for stream in staying:
            if after and stream.pid not in self._directory.tables and stream.pid not in self._streams:
                self._streams[stream.pid] = _Elementary(stream, after.number)
        if before and not after:
            self._lines.pop(before.number, None)
