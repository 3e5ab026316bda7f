"""`apacheta verify`: the stand-alone verifier in a fresh process, its answer passed through."""

import argparse
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from ..core.errors import LocalProtocolError
from .answer import INTERRUPTED, Answer, show

SCHEMA = "apacheta/verify/1"
KEYS = (
    "interrupted",
    "origin",
    "tree_size",
    "root_hash",
    "entries_checked",
    "signatures",
    "cosignatures",
    "unwitnessed_since_utc_ns",
    "first_bad",
)


def run(post: Path | str, key: str | None = None, checkpoint: Path | str | None = None) -> tuple[dict[str, Any], int]:
    """Verify a post's log; the `apacheta/verify/1` object and the exit code."""
    done = subprocess.run([*_words(post, key, checkpoint), "--json"], stdout=subprocess.PIPE, check=False)
    try:
        return json.loads(done.stdout), done.returncode
    except ValueError as problem:
        text = f"the verifier ended with {done.returncode} and no answer"
        raise LocalProtocolError("verifier_failed", text, remedy="Run apacheta-verify on the post.") from problem


def command(arguments: argparse.Namespace) -> int:
    """The command: the verifier writes to our own stdout. Ctrl-C is the verifier's to answer; where it came too early
    for that, we do."""
    words = _words(arguments.post, arguments.key, arguments.checkpoint)
    process = subprocess.Popen(words + ["--json"] * arguments.json)
    try:
        code = process.wait()
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)
        code = process.wait()
    if code != -signal.SIGINT:
        return code
    return show(Answer(SCHEMA, KEYS, {"interrupted": True}, exit_code=INTERRUPTED), arguments.json)


def _words(post: Path | str, key: str | None, checkpoint: Path | str | None) -> list[str]:
    """The verifier's command; -P, so that Python looks for no module in the working directory."""
    words = [sys.executable, "-P", "-m", "apacheta_verify", str(post)]
    words += ["--key", key] if key else []
    return words + (["--checkpoint", str(checkpoint)] if checkpoint else [])
