"""What can go wrong, whose fault it is, and what to do next.

Every fault carries the data that a person needs: which file, which field, and the remedy. The exit codes are
pinned in the interfaces page: 1 the answer is no, 3 input, 4 environment, 5 our own bug.
"""

from typing import ClassVar

import msgspec


class ErrorLine(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the `errors` or `warnings` list in a command's JSON."""

    code: str
    text: str
    file: str | None = None
    field: str | None = None
    remedy: str | None = None


class Fault(Exception):
    """A failure that we name. `code` is a stable snake_case word, `text` one sentence, `remedy` the next step."""

    exit_code: ClassVar[int] = 5

    def __init__(
        self, code: str, text: str, *, file: str | None = None, field: str | None = None, remedy: str | None = None
    ) -> None:
        super().__init__(text)
        self.line = ErrorLine(code=code, text=text, file=file, field=field, remedy=remedy)

    def __str__(self) -> str:
        where = " ".join(f"[{w}]" for w in (self.line.file, self.line.field) if w)
        return " ".join(w for w in (where, self.line.text, self.line.remedy) if w)


class Refusal(Fault):
    """We did the work and the answer is no: not proven, not verified, unusable."""

    exit_code = 1


class InputFault(Fault):
    """A file or a value that was given to us is wrong."""

    exit_code = 3


class EnvironmentFault(Fault):
    """The machine does not let us: port, lock, disk, missing program."""

    exit_code = 4


class RemoteProtocolError(InputFault):
    """Bytes from outside break their standard. Counted and survived where one frame can still be used."""


class LocalProtocolError(Fault):
    """We broke a protocol ourselves."""
