"""The one JSON object that a command prints, and the exit code that goes with it (pinned: interfaces, General)."""

import json
import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from .. import __version__
from ..core.errors import EnvironmentFault, ErrorLine, Fault

COMMAND_LINE = 2
INTERRUPTED = 130
OUR_BUG = 5
DISK_FULL_ERRNOS = (28, 27, 122)
"""ENOSPC, EFBIG, EDQUOT."""


@dataclass
class Answer:
    """`keys` lists every key that the schema pins: those that `body` lacks are printed as null, never left out.
    `whole`: the work came to its end, so that there is something to sum up."""

    schema: str
    keys: tuple[str, ...] = ()
    body: dict[str, Any] = field(default_factory=dict)
    warnings: list[ErrorLine] = field(default_factory=list)
    errors: list[ErrorLine] = field(default_factory=list)
    exit_code: int = 0
    whole: bool = False

    def as_json(self) -> dict[str, Any]:
        """The whole object with the general keys first."""
        general = {
            "schema": self.schema,
            "apacheta": __version__,
            "ok": self.exit_code == 0,
            "exit_code": self.exit_code,
            "warnings": msgspec.to_builtins(self.warnings),
            "errors": msgspec.to_builtins(self.errors),
        }
        return general | {k: self.body.get(k) for k in self.keys} | self.body

    def fail(self, fault: Fault) -> None:
        """Note a fault: its line, its exit code."""
        self.errors.append(fault.line)
        self.exit_code = fault.exit_code


def run_to_answer(answer: Answer, work: Callable[[Answer], None]) -> Answer:
    """Do the work; whatever goes wrong becomes a line of the answer and an exit code, never a bare traceback."""
    try:
        work(answer)
        answer.whole = True
    except Fault as fault:
        answer.fail(fault)
    except KeyboardInterrupt:
        answer.body["interrupted"] = True
        answer.exit_code = INTERRUPTED
    except OSError as error:
        answer.fail(_environment_fault(error))
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        text = f"{type(error).__name__}: {error}"
        answer.errors.append(
            ErrorLine(code="internal", text=text, remedy="This is our bug: report it with the lines above.")
        )
        answer.exit_code = OUR_BUG
    return answer


def show(answer: Answer, as_json: bool, summary: Callable[[dict[str, Any]], str] | None = None) -> int:
    """Print the answer: one JSON object, or the summary of work that came to its end; faults go to stderr. Returns the
    exit code."""
    if as_json:
        sys.stdout.write(json.dumps(answer.as_json(), ensure_ascii=False, allow_nan=False) + "\n")
    elif summary is not None and answer.whole:
        sys.stdout.write(summary(answer.as_json()) + "\n")
    for line in () if as_json else (*answer.warnings, *answer.errors):
        where = " ".join(f"[{w}]" for w in (line.file, line.field) if w)
        sys.stderr.write(" ".join(w for w in (f"{line.code}:", where, line.text, line.remedy) if w) + "\n")
    sys.stdout.flush()
    return answer.exit_code


def _environment_fault(error: OSError) -> EnvironmentFault:
    file = os.fspath(error.filename) if error.filename else None
    if error.errno in DISK_FULL_ERRNOS:
        return EnvironmentFault(
            "disk_full", "The disk is full.", file=file, remedy="Free space and run the command again."
        )
    return EnvironmentFault(
        "os_error", f"{error.strerror or error}", file=file, remedy="Check the path and its permissions."
    )
