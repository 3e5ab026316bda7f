"""`apacheta-check CERTIFICATE --plan P --sector S [--json]`. Exit codes: 0 valid, 1 invalid (the first thing that does
not hold is named), 2 command line, 3 a file cannot be read, 5 our bug, 130 interrupted."""

import argparse
import json
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .check import check
from .files import Invalid, Unreadable, read, sha256

COPIED = ("plan_sha256", "terrain_sha256", "border_sha256", "catalogue", "border_line_accuracy_m", "wind_max_m_s",
          "states", "modes")  # fmt: skip
KEYS = ("verdict", "certificate", "certificate_sha256", *COPIED, "aircraft", "tours", "legs", "first_failure")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(prog="apacheta-check", description="Check a containment certificate.")
    parser.add_argument("certificate", metavar="CERTIFICATE", type=Path)
    parser.add_argument("--plan", metavar="P", type=Path, required=True, help="the plan.json that it is of")
    parser.add_argument("--sector", metavar="S", type=Path, required=True, help="the sector.toml that it was made from")
    parser.add_argument("--json", action="store_true", help="print exactly one JSON object")
    if "--json" in words:
        usage = "see apacheta-check --help"
        parser.error = lambda message: sys.exit(_show({}, 2, ("usage", message, usage), True))  # type: ignore[method-assign]
    given = parser.parse_args(words)
    body: dict[str, Any] = {"verdict": None, "certificate": str(given.certificate)}
    error, code = None, 0
    try:
        body["certificate_sha256"] = sha256(read(given.certificate))
        cert = check(given.certificate, given.plan, given.sector)
        body |= {key: cert[key] for key in COPIED} | {"aircraft": sorted(cert["aircraft"]), "verdict": "valid"}
        body |= {key: len(cert[key]) for key in ("tours", "legs")}
    except Invalid as no:
        code, body["verdict"], body["first_failure"] = 1, "invalid", {"where": no.where, "text": no.text}
    except Unreadable as problem:
        code, error = 3, ("unreadable", str(problem), "Name the right file.")
    except KeyboardInterrupt:
        code = 130
    except Exception as problem:
        traceback.print_exc(file=sys.stderr)
        code, error = 5, ("internal", f"{type(problem).__name__}: {problem}", "This is our bug: report it.")
    return _show(body | {"cpu_seconds": round(time.process_time(), 3)}, code, error, given.json)


def _show(body: dict[str, Any], code: int, error: tuple[str, str, str] | None, as_json: bool) -> int:
    body = dict.fromkeys(KEYS) | {"cpu_seconds": None} | body
    if as_json:
        lines = [dict(zip(("code", "text", "remedy"), error, strict=True), file=None, field=None)] if error else []
        head: dict[str, Any] = {"schema": "apacheta/check/1", "apacheta": None, "ok": code == 0, "exit_code": code}
        print(json.dumps(head | {"warnings": [], "errors": lines} | body, ensure_ascii=False, allow_nan=False))
    elif error:
        print(*error, sep="\n", file=sys.stderr)
    elif code == 1:
        print("INVALID: {where}: {text}".format(**body["first_failure"]))
    elif code == 0:
        least = min(m["worst_margin_m"] for m in body["modes"])
        print(f"valid: from {body['states']} states of {body['tours']} tours nothing crosses the border, whatever of "
              f"{len(body['modes'])} kinds of failure comes; {least} m to spare at the least")  # fmt: skip
    return code


if __name__ == "__main__":
    sys.exit(main())
