"""What every benchmark prints: one JSON object with rows (pinned: `apacheta/bench/1`)."""

import argparse
import hashlib
import json
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
NOT_GIVEN = (
    "peer",
    "peer_name",
    "peer_version",
    "ratio",
    "ratio_of",
    "runs",
    "spread",
    "ours_cpu_s",
    "peer_cpu_s",
    "quick",
)


def row(case: str, metric: str, unit: str, ours: float | None, **more: Any) -> dict[str, Any]:
    """One measured figure; what does not apply is null."""
    named = {"case": case, "metric": metric, "unit": unit, "ours": ours, "ours_name": "apacheta"}
    return named | dict.fromkeys(("goal", "met", *NOT_GIVEN)) | more


def machine() -> str:
    """Processor, cores, system, Python."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())
    system = f"{platform.system()} {platform.release()}"
    return f"{model}, {os.cpu_count()} cores, {system}, Python {platform.python_version()}"


def inputs_sha256(places: tuple[str, ...] = ("src",)) -> str:
    """Hash of the sources (files, or folders with all that is in them) that the figures belong to."""
    return _sha256_of(_files_in(places))


def _files_in(places: tuple[str, ...]) -> Iterator[Path]:
    found = (p for f in places for p in ((ROOT / f).rglob("*") if (ROOT / f).is_dir() else [ROOT / f]))
    return (p for p in found if p.suffix in (".py", ".toml", ".bin"))


def _sha256_of(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def loaded_sha256(places: tuple[str, ...], modules: tuple[str, ...]) -> str:
    """Like `inputs_sha256`, of the Python files only those that importing these modules loads: what a campaign of hours
    does not use may change beside it."""
    listed = "import sys; [print(m.__file__) for m in list(sys.modules.values()) if getattr(m, '__file__', None)]"
    command = [sys.executable, "-P", "-c", f"import {', '.join(modules)}; {listed}"]
    used = {
        Path(line) for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")
    }
    return _sha256_of(p for p in _files_in(places) if p.suffix != ".py" or p in used)


def say(bench: str, rows: list[dict[str, Any]], complete: bool, inputs: str, table: bool = False) -> None:
    """Print the object; or, as `docs/benchmarks.md` has it, a table."""
    body = {"bench": bench, "complete": complete, "machine": machine(), "inputs_sha256": inputs, "rows": rows}
    sys.stdout.write(_table_of(rows, inputs) if table else json.dumps(body) + "\n")


def _table_of(rows: list[dict[str, Any]], inputs: str) -> str:
    head = f"> machine: {machine()} · sources: {inputs[:16]}\n\n"
    names = ["case", "figure", "ours", "unit", "interval", "count", "nights", "goal", "met"]
    peers = sorted({f"{r['peer_name']} {r['peer_version']}" for r in rows if r["peer_name"]})
    names[3:3] = [f"{' and '.join(peers)} (ratio)"] if peers else []
    lines = [names, ["---"] * len(names), *(_cells_of(r, bool(peers)) for r in rows)]
    return head + "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _cells_of(row: dict[str, Any], has_peer: bool) -> list[str]:
    spread = "" if row["spread"] is None else "-".join(f"{v:g}" for v in row["spread"])
    met = {True: "yes", False: "no", None: ""}[row["met"]]
    peer = [] if not has_peer else [None if row["peer"] is None else f"{row['peer']} ({row['ratio']})"]
    given = (row["ours"], *peer, row["unit"], spread, row.get("count"), row["runs"], row["goal"])
    return [row["case"], row["metric"], *("" if v is None else str(v) for v in given), met]


def apacheta(*arguments: str) -> dict[str, Any]:
    """Run a command of the program and return its JSON object."""
    command = [sys.executable, "-P", "-m", "apacheta.app.cli", *arguments, "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def arguments_of(resume: str = "nothing is kept: the same as without") -> argparse.ArgumentParser:
    """The arguments that every benchmark takes; `resume` says what --resume does."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--resume", action="store_true", help=resume)
    parser.add_argument("--table", action="store_true", help="print the rows as a table for docs/benchmarks.md")
    return parser


@contextmanager
def serving(folder: Path, *words: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A running `apacheta WORDS` with its page, and where its page's WebSockets are; its object comes on its standard
    output. What it says goes into the folder. It is killed where it still runs at the end."""
    command = [sys.executable, "-P", "-m", "apacheta.app.cli", *words, "--port", "0", "--json"]
    said = folder / "said"
    with said.open("wb") as stderr:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr)
    try:
        yield process, _address(process, said)
    finally:
        process.kill()
        process.wait()


def _address(process: subprocess.Popen[bytes], said: Path) -> str:
    """Where the page is, once the command says so."""
    while (found := re.search(r"http://127\.0\.0\.1:\d+", said.read_text())) is None:
        if process.poll() is not None:
            raise SystemExit(f"the command ended without naming its page: {said.read_text()}")
        time.sleep(0.1)
    return found[0].replace("http", "ws")


# -- figures over several runs of `apacheta demo` -------------------------------------------------------------------


def total(nights: list[dict[str, Any]], key: str) -> int:
    """What does not stand in an answer counts as none."""
    return sum(int(n.get(key) or 0) for n in nights)


def least(nights: list[dict[str, Any]], key: str) -> float | None:
    """Over the nights that have it."""
    return min((n[key] for n in nights if n.get(key) is not None), default=None)


def largest(nights: list[dict[str, Any]], key: str) -> float | None:
    """Over the nights that have it."""
    return max((n[key] for n in nights if n.get(key) is not None), default=None)


def border_margin_m(nights: list[dict[str, Any]]) -> float | None:
    """How much farther from the border than standoff plus accuracy, at the nearest."""
    flown = (n for n in nights if n.get("min_border_distance_m") is not None)
    beyond = (n["min_border_distance_m"] - n["border_standoff_m"] - n["border_line_accuracy_m"] for n in flown)
    return min((round(b, 2) for b in beyond), default=None)
