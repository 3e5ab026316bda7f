"""`apacheta-check CERTIFICATE --plan P --sector S [--json]`.

Exit codes: 0 valid, 1 invalid (it names the first thing that does not hold), 2 command line, 3 a file cannot be read,
5 our bug, 130 interrupted.
"""

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

KEYS = ("verdict", "certificate", "certificate_sha256", "plan_sha256", "terrain_sha256", "border_sha256", "aircraft",
        "catalogue", "border_line_accuracy_m", "wind_max_m_s", "tours", "legs", "states", "modes", "first_failure",
        "cpu_seconds")  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(prog="apacheta-check", description="Check a containment certificate.")
    parser.add_argument("certificate", metavar="CERTIFICATE", type=Path)
    parser.add_argument("--plan", metavar="P", type=Path, required=True, help="the plan.json that it is of")
    parser.add_argument("--sector", metavar="S", type=Path, required=True, help="the sector.toml that it was made from")
    parser.add_argument("--json", action="store_true", help="print exactly one JSON object")
    if "--json" in words:
        parser.error = lambda message: _refuse(parser, message)  # type: ignore[assignment]
    given = parser.parse_args(words)
    started = time.process_time()
    body, errors, code = _checked(given.certificate, given.plan, given.sector)
    return _show(body | {"cpu_seconds": round(time.process_time() - started, 3)}, errors, code, given.json)


def _refuse(parser: argparse.ArgumentParser, message: str) -> None:
    sys.exit(_show({}, [_line("usage", message, None, " ".join(parser.format_usage().split()))], 2, as_json=True))


def _checked(certificate: Path, plan: Path, sector: Path) -> tuple[dict[str, Any], list[dict[str, Any]], int]:
    body: dict[str, Any] = {"verdict": "invalid", "certificate": str(certificate)}
    try:
        body["certificate_sha256"] = sha256(read(certificate))
        cert = check(certificate, plan, sector)
    except Invalid as no:
        return body | {"first_failure": {"where": no.where, "text": no.text}}, [], 1
    except Unreadable as problem:
        return body | {"verdict": None}, [_line("unreadable", str(problem), str(certificate), "Name the right file.")], 3
    except KeyboardInterrupt:
        return body | {"verdict": None}, [], 130
    except Exception as problem:
        traceback.print_exc(file=sys.stderr)
        text = f"{type(problem).__name__}: {problem}"
        return body | {"verdict": None}, [_line("internal", text, None, "This is our bug: report it.")], 5
    same = {k: cert[k] for k in KEYS if k in cert and k not in ("tours", "legs", "aircraft")}
    counts = {"aircraft": sorted(cert["aircraft"]), "tours": len(cert["tours"]), "legs": len(cert["legs"])}
    return body | same | counts | {"verdict": "valid", "first_failure": None}, [], 0


def _line(code: str, text: str, file: str | None, remedy: str) -> dict[str, Any]:
    return {"code": code, "text": text, "file": file, "field": None, "remedy": remedy}


def _show(body: dict[str, Any], errors: list[dict[str, Any]], code: int, as_json: bool) -> int:
    head = {"schema": "apacheta/check/1", "apacheta": None, "ok": code == 0, "exit_code": code, "warnings": []}
    whole = head | {"errors": errors} | dict.fromkeys(KEYS) | body
    if as_json:
        sys.stdout.write(json.dumps(whole, ensure_ascii=False, allow_nan=False) + "\n")
    elif errors:
        sys.stderr.write("\n".join(f"{e['code']}: {e['text']} {e['remedy']}" for e in errors) + "\n")
    elif code == 1:
        sys.stdout.write(f"INVALID: {whole['first_failure']['where']}: {whole['first_failure']['text']}\n")
    elif code == 0:
        least = min(m["worst_margin_m"] for m in whole["modes"])
        sys.stdout.write(f"valid: {whole['states']} states of {whole['tours']} tours, {len(whole['modes'])} kinds of "
                         f"failure; nothing crosses the border, {least} m to spare at the least\n")  # fmt: skip
    return code


if __name__ == "__main__":
    sys.exit(main())
