"""Rules of the house that no linter knows, and drift tests: what is written is what is there."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
QUIET_ROOMS = ("core", "kernels", "formats", "ports", "geo", "plan", "see", "alert", "account")
FORBIDDEN_NAMES = {"open", "print", "input", "exec", "eval", "breakpoint"}
FORBIDDEN_MODULES = {"pathlib", "io", "time", "random", "asyncio", "threading", "socket", "subprocess", "sqlite3", "os"}
HOUSE_WORDS = (
    "Sector", "Mandate", "Post", "Night", "Sortie", "Tour", "Slot", "Lottery", "Stare", "Racetrack", "Look",
    "Credited look", "Keep-in", "Standoff", "Watch line", "Mover", "Plot", "Track", "Alert", "Incident", "Decision",
    "Entry", "Checkpoint", "Witness", "Leak unit", "Seen ground", "Footprint", "GSD", "HAE", "AMSL", "AGL",
    "Certificate", "Patrol",
)  # fmt: skip


def _modules(room: str) -> list[Path]:
    return sorted((ROOT / "src" / "apacheta" / room).rglob("*.py"))


def _breaches(source: str) -> Iterator[str]:
    """Lines at which a quiet room would speak to the outside world by itself."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name) and node.id in FORBIDDEN_NAMES:
            yield f"{node.lineno}: {node.id}"
        elif isinstance(node, ast.Import):
            yield from (f"{node.lineno}: {a.name}" for a in node.names if a.name.split(".")[0] in FORBIDDEN_MODULES)
        elif (
            isinstance(node, ast.ImportFrom)
            and not node.level
            and (node.module or "").split(".")[0] in FORBIDDEN_MODULES
        ):
            yield f"{node.lineno}: {node.module}"


@pytest.mark.parametrize("room", QUIET_ROOMS)
def test_rooms_from_plan_down_do_no_io(room: str) -> None:
    modules = _modules(room)
    assert modules, f"no modules in {room}"
    found = [f"{m.relative_to(ROOT)}:{b}" for m in modules for b in _breaches(m.read_text(encoding="utf-8"))]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "data = open('x').read()",
        "print('here')",
        "read = open",
        "import time",
        "from pathlib import Path",
        "def f():\n    import random",
        "import os.path",
    ],
)
def test_the_rule_against_io_can_fail(line: str) -> None:
    assert list(_breaches(line))


def test_the_rule_against_io_lets_plain_code_pass() -> None:
    assert list(_breaches("from .io_words import x\nbook.open()\nopened = 1\nfrom ..time import t")) == []


def _tracked() -> list[Path]:
    """Files that git keeps; in a tree without git, those that it would."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, capture_output=True, check=True, text=True,
        ).stdout.split("\0")  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed if name and (ROOT / name).is_file()]


def _text_of(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


_MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:work|home|root|Users|tmp/[a-z]|mnt|opt)/[\w.-]+")
_HOSTS = re.compile(
    r"https?://[^\s\"')>]*(?:pypi|pythonhosted|registry|artifactory|nexus|mirror|proxy)|index[-]url", re.I
)


def test_no_file_names_a_machine_path_or_a_registry() -> None:
    here = Path(__file__).resolve()
    found = []
    for path in _tracked():
        text = None if path == here else _text_of(path)
        for number, line in enumerate((text or "").splitlines(), start=1):
            if _MACHINE_PATHS.search(line) or _HOSTS.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:90]}")
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "see " + "/work" + "/main/src",
        "cd " + "/home" + "/ana/x",
        "--index" + "-url x",
        "https://files.python" + "hosted.org/x",
    ],
)
def test_the_rule_against_machine_paths_can_fail(line: str) -> None:
    assert _MACHINE_PATHS.search(line) or _HOSTS.search(line)


def _written() -> str:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return "\n".join(page.read_text(encoding="utf-8") for page in pages)


def test_every_command_is_in_the_readme_or_the_docs() -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "apacheta.app.cli", "--help"], capture_output=True, text=True, check=True
    ).stdout
    commands = re.findall(r"^    (\w[\w-]*)  ", listed, re.M)
    assert {"demo", "plan", "watch", "verify"} <= set(commands)
    text = _written()
    assert [c for c in commands if f"apacheta {c}" not in text] == []


def test_every_make_target_is_in_the_readme_or_contributing() -> None:
    targets = re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    text = _written() + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert [t for t in targets if t != "help" and f"make {t}" not in text] == []


def test_the_glossary_has_the_words_of_the_house() -> None:
    terms = {
        word.strip().lower()
        for line in (ROOT / "GLOSSARY.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("| ")
        for word in re.split(r"[,;/]", line.split("|")[1])
    }
    assert [word for word in HOUSE_WORDS if word.lower() not in terms] == []


def test_links_between_pages_lead_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *sorted((ROOT / "docs").rglob("*.md"))]
    broken = []
    for page in pages:
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert broken == []


def test_every_room_has_a_line_in_the_readme() -> None:
    rooms = [p.name for p in (ROOT / "src" / "apacheta").iterdir() if (p / "__init__.py").is_file()]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [room for room in rooms if f"`{room}`" not in readme and f"`{room}/`" not in readme] == []
