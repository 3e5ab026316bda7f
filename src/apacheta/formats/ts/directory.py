"""Which programs there are and what they carry: the association table and the maps, as they change."""

from collections.abc import Iterator
from typing import NamedTuple

from .assembler import ContinuityCounter
from .psi import PAT_PID, PAT_TABLE, PMT_TABLE, Section, SectionAssembler, pat_entries, program_of, section_of
from .streams import Program
from .unit import TsStats

MOST_PROGRAMS = 32
_NULL_PID = 0x1FFF


class Change(NamedTuple):
    """A program that comes (`before` None), changes, or goes (`after` None)."""

    before: Program | None
    after: Program | None


class Tables:
    """What is open of one PID that carries sections; `last` is the section that was last read, to skip repeats."""

    __slots__ = ("counter", "last", "sections")

    def __init__(self) -> None:
        self.counter = ContinuityCounter()
        self.sections = SectionAssembler()
        self.last = b""


class Directory:
    """Follows the tables. `programs`: by number, as the latest maps say; `tables`: by PID, those to be fed."""

    def __init__(self, stats: TsStats) -> None:
        self.programs: dict[int, Program] = {}
        self.tables: dict[int, Tables] = {PAT_PID: Tables()}
        self._stats = stats
        self._pat: dict[int, int] = {}
        self._pat_version = -1

    def feed(self, pid: int, payload: bytes, unit_start: bool) -> list[Change]:
        """Changes that this packet's payload brings."""
        tables = self.tables[pid]
        changes: list[Change] = []
        for raw in tables.sections.feed(payload, unit_start):
            if raw == tables.last:
                continue
            section = section_of(raw)
            if section is None:
                self._stats.crc_errors += 1
            elif section.current:
                tables.last = raw
                changes += self._read(pid, section)
        self._stats.section_errors += tables.sections.length_errors
        tables.sections.length_errors = 0
        return changes

    def _read(self, pid: int, section: Section) -> Iterator[Change]:
        if pid == PAT_PID and section.table_id == PAT_TABLE:
            yield from self._associate(pat_entries(section), section.version)
        elif section.table_id == PMT_TABLE and self._pat.get(section.extension) == pid:
            program = program_of(section, pid)
            if program is None:
                self._stats.section_errors += 1
                return
            yield Change(self.programs.get(program.number), program)
            self.programs[program.number] = program

    def _associate(self, entries: dict[int, int], version: int) -> Iterator[Change]:
        """A part of the association table; a new version starts it afresh."""
        if version != self._pat_version:
            self._pat, self._pat_version = {}, version
        for number, pid in entries.items():
            if len(self._pat) < MOST_PROGRAMS and pid not in (PAT_PID, _NULL_PID):
                self._pat[number] = pid
        for number in [n for n, p in self.programs.items() if self._pat.get(n) != p.pmt_pid]:
            yield Change(self.programs.pop(number), None)
        maps = set(self._pat.values())
        self.tables = {pid: self.tables.get(pid) or Tables() for pid in {PAT_PID} | maps}
        for pid in maps:
            self.tables[pid].last = b""  # a program that comes back must have its map read again
