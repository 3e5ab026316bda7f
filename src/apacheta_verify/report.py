"""The answer of a verification: `apacheta/verify/1`."""

import base64
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any

WHAT = (
    "entry_changed",
    "missing",
    "duplicated",
    "reordered",
    "truncated",
    "tile",
    "checkpoint",
    "signature",
    "root",
)
ERRORS_MAX = 100
"""More than these are counted in one line; the first is what matters."""

_REMEDY = "Do not trust this copy. Compare it with another one, or with a checkpoint that was kept elsewhere."


@dataclass(frozen=True)
class Bad:
    """Something that is not as it was signed. `index` is the entry's (or a tile's first entry's), None elsewhere."""

    index: int | None
    file: str
    what: str
    text: str


@dataclass
class Report:
    """Filled by the checks, in order of importance: `bad[0]` is what the report names first."""

    origin: str | None = None
    tree_size: int | None = None
    root: bytes | None = None
    entries_checked: int = 0
    unsigned_entries: int = 0
    signatures: int = 0
    cosignatures: int = 0
    unwitnessed_since_utc_ns: str | None = None
    key: str | None = None
    bad: list[Bad] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)
    exit_code: int = 0
    interrupted: bool = False

    def add_bad(self, index: int | None, file: str, what: str, text: str) -> None:
        """Note what is wrong; the log is not verified."""
        self.bad.append(Bad(index, file, what, text))
        self.exit_code = self.exit_code or 1

    def warn(self, code: str, text: str, file: str | None = None, remedy: str | None = None) -> None:
        """Note what a reader must know, though the log is verified."""
        self.warnings.append(line(code, text, file, remedy))

    def fail(
        self, exit_code: int, code: str, text: str, file: str | None = None, remedy: str | None = None
    ) -> "Report":
        """Something could not be done; what is known to be bad already stays the answer."""
        self.errors.append(line(code, text, file, remedy))
        self.exit_code = self.exit_code or exit_code
        return self

    def as_json(self) -> dict[str, Any]:
        """The object that is printed."""
        errors = [line(bad.what, bad.text, bad.file, _REMEDY) for bad in self.bad[:ERRORS_MAX]]
        if len(self.bad) > ERRORS_MAX:
            errors.append(line("more", f"and {len(self.bad) - ERRORS_MAX} more", None, None))
        return {
            "schema": "apacheta/verify/1",
            "apacheta": version(),
            "ok": self.exit_code == 0,
            "exit_code": self.exit_code,
            "warnings": self.warnings,
            "errors": self.errors + errors,
            "interrupted": self.interrupted,
            "origin": self.origin,
            "tree_size": self.tree_size,
            "root_hash": base64.b64encode(self.root).decode() if self.root else None,
            "entries_checked": self.entries_checked,
            "unsigned_entries": self.unsigned_entries,
            "signatures": self.signatures,
            "cosignatures": self.cosignatures,
            "unwitnessed_since_utc_ns": self.unwitnessed_since_utc_ns,
            "key": self.key,
            "first_bad": vars(self.bad[0]) if self.bad else None,
        }

    def as_text(self) -> str:
        """The same for people."""
        if self.exit_code == 0:
            head = f"verified: {self.tree_size} entries of {self.origin}, {self.signatures} signature(s)"
        else:
            head = "interrupted: nothing is verified" if self.interrupted else "NOT verified"
        shown = self.as_json()
        rows = [f"{kind}: {row['text']}" for kind in ("warning", "error") for row in shown[f"{kind}s"]]
        return "\n".join([head, *rows])


def line(code: str, text: str, file: str | None, remedy: str | None) -> dict[str, Any]:
    """One entry of `warnings` or `errors`."""
    return {"code": code, "text": text, "file": file, "field": None, "remedy": remedy}


def version() -> str | None:
    """Of the package that this verifier came with."""
    try:
        return metadata.version("apacheta")
    except metadata.PackageNotFoundError:
        return None
