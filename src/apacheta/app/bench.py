"""`apacheta bench NAME`: run benchmarks/NAME.py of a source checkout in a fresh process and pass on its object."""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from ..core.errors import EnvironmentFault, InputFault
from .answer import Answer, run_to_answer, show

SCHEMA = "apacheta/bench/1"
KEYS = ("bench", "complete", "machine", "inputs_sha256", "rows")


def command(arguments: argparse.Namespace) -> int:
    """Run one benchmark."""
    answer = Answer(SCHEMA, KEYS, {"bench": arguments.name, "complete": False, "rows": []})
    run_to_answer(answer, lambda a: _bench(a, arguments))
    return show(answer, arguments.json, _table)


def _bench(answer: Answer, arguments: argparse.Namespace) -> None:
    script = _script(arguments.name)
    flags = [f for f, on in (("--quick", arguments.quick), ("--resume", arguments.resume)) if on]
    done = subprocess.run(
        [sys.executable, str(script), *flags], stdout=subprocess.PIPE, cwd=script.parent.parent, check=False
    )
    try:
        answer.body |= json.loads(done.stdout)
    except json.JSONDecodeError:
        text = f"benchmarks/{script.name} ended with code {done.returncode} and printed no result."
        raise EnvironmentFault("bench_failed", text, file=script.name, remedy="Read its messages above.") from None


def _script(name: str) -> Path:
    root = next((p for p in (Path.cwd(), *Path.cwd().parents) if (p / "benchmarks").is_dir()), None)
    if root is None:
        raise EnvironmentFault("no_checkout", "Benchmarks run from a source checkout.", remedy="Go to its folder.")
    script = root / "benchmarks" / f"{name}.py"
    if not script.is_file() or name.startswith("_"):
        known = ", ".join(sorted(p.stem for p in script.parent.glob("*.py") if not p.stem.startswith("_")))
        raise InputFault("unknown_bench", f"There is no benchmark {name}; there are {known}.", field="NAME")
    return script


def _table(body: dict[str, Any]) -> str:
    rows = [_line(row) for row in body["rows"]]
    return "\n".join([*rows, "complete" if body["complete"] else "not complete: run again with --resume"])


def _line(row: dict[str, Any]) -> str:
    ours = "-" if row["ours"] is None else f"{row['ours']:.4g}"
    goal = f"goal {row['goal']}" if row["goal"] else ""
    return f"{row['case']:14} {row['metric']:46} {ours:>10} {row['unit']:5} {goal:16} {_met(row)}"


def _met(row: dict[str, Any]) -> str:
    return {True: "met", False: "not met", None: "-"}[row["met"]]
