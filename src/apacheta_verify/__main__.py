"""`apacheta-verify POST [--key VKEY] [--checkpoint FILE] [--json]`.

Exit codes: 0 verified, 1 not verified, 2 command line, 3 no such post, no log, or a bad --checkpoint file, 4 a file
of the log cannot be read, 5 our bug, 130 interrupted.
"""

import argparse
import json
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from .checks import verify
from .report import Report

INTERRUPTED = 130


class _Parser(argparse.ArgumentParser):
    """Answers a wrong command line as every other outcome: with --json by one JSON object."""

    wants_json = False

    def error(self, message: str) -> NoReturn:
        """Exit code 2."""
        if not self.wants_json:
            super().error(message)
        sys.exit(_show(Report().fail(2, "usage", message, None, self.format_usage().strip()), as_json=True))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    parser = _Parser(prog="apacheta-verify", description="Verify the log of a post: entries, tiles, checkpoint.")
    parser.add_argument("post", metavar="POST", type=Path, help="the folder that holds `log`")
    parser.add_argument("--key", metavar="VKEY", action="append", default=[],
                        help="the log's key, as in log/vkey; again for each cosigner")  # fmt: skip
    parser.add_argument("--checkpoint", metavar="FILE", type=Path, help="a checkpoint of this log kept elsewhere")
    parser.add_argument("--json", action="store_true", help="print exactly one JSON object")
    parser.wants_json = "--json" in words
    arguments = parser.parse_args(words)
    try:
        report = verify(arguments.post, arguments.key, arguments.checkpoint)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # one may come from the terminal and one from who started us
        report = Report(exit_code=INTERRUPTED, interrupted=True)
    except Exception as problem:
        traceback.print_exc(file=sys.stderr)
        report = Report().fail(
            5, "internal", f"{type(problem).__name__}: {problem}", None, "This is our bug: report it."
        )
    return _show(report, arguments.json)


def _show(report: Report, as_json: bool) -> int:
    text = json.dumps(report.as_json(), ensure_ascii=False, allow_nan=False) if as_json else report.as_text()
    sys.stdout.write(text + "\n")
    return report.exit_code


if __name__ == "__main__":
    sys.exit(main())
