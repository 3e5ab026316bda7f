"""truth.jsonl as it is written: whole lines, each once, also when the simulator is killed and another goes on."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from .truth import Line


class TruthFile:
    """Appends lines of truth; each call leaves them with the system, so that only a line in hand can be torn.

    `bytes_told`: how long the file is. Opened anew it begins empty. `from_byte`: it goes on; a torn last line is cut
    off, and of what is flown again from that place on, nothing is told twice.
    """

    def __init__(self, path: Path, from_byte: int | None = None) -> None:
        self._again = Counter[bytes]() if from_byte is None else Counter(_whole_lines(path, from_byte))
        self._file: BinaryIO = path.open("wb" if from_byte is None else "ab", buffering=0)
        self.bytes_told = self._file.seek(0, 2)
        told = [json.loads(line) for line in self._again]
        self.told_utc_ns = max((int(line["utc_ns"]) for line in told if "utc_ns" in line), default=0)
        self._told_fixes = {(line["aircraft"], line["utc_ns"]) for line in told if line["kind"] == "aircraft"}

    def has_told_fix(self, aircraft: str, utc_ns: int) -> bool:
        """Whether where the aircraft was then stood in the file when it was opened; its fix had gone out, too."""
        return (aircraft, str(utc_ns)) in self._told_fixes

    def write(self, lines: Iterable[Line]) -> None:
        """Append those that are not there yet."""
        rows = (json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in lines)
        left = memoryview(b"".join(row for row in rows if not self._is_told(row)))
        while left:
            count = self._file.write(left) or 0
            self.bytes_told += count
            left = left[count:]

    def close(self) -> None:
        self._file.close()

    def _is_told(self, row: bytes) -> bool:
        """Whether the line was there before; each counts once."""
        if not self._again[row]:
            return False
        self._again[row] -= 1
        return True


def _whole_lines(path: Path, from_byte: int) -> list[bytes]:
    """The lines from there on; what follows the last line's end is cut off. None where the file has gone."""
    if not path.exists():
        return []
    with path.open("r+b") as file:
        file.seek(from_byte)
        lines = file.read().splitlines(keepends=True)
        if lines and not lines[-1].endswith(b"\n"):
            torn = lines.pop()
            file.truncate(file.seek(0, 2) - len(torn))
    return lines
