"""A command of the program that serves the page, in a process of its own, and what it says."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path
from typing import Any

from processes import PATIENCE_S, until

from apacheta.app.engine import read_status


class Running:
    """`apacheta WORDS --json`, its page on a port that it names."""

    prepared_s = PATIENCE_S
    """How long it may take until it says where its page is."""

    def __init__(self, post: Path, *words: str, **about: str) -> None:
        """about: variables of its environment beside ours."""
        self.post, self.said = post, ""
        command = [sys.executable, "-m", "apacheta.app.cli", *words, "--post", str(post), "--json"]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | about
        )
        self._ear = threading.Thread(target=self._listen)
        self._ear.start()

    @property
    def address(self) -> str:
        """Where the page is; waits until it is said."""
        until(lambda: self.found() or self.process.poll() is not None, "an address", patience_s=self.prepared_s)
        found = self.found()
        assert found, self.said
        return found

    def found(self) -> str | None:
        """Where the page is, if that was said."""
        named = re.search(r"http://127\.0\.0\.1:\d+", self.said)
        return named[0] if named else None

    def ask(self, path: str) -> tuple[int, bytes]:
        with urllib.request.urlopen(self.address + path, timeout=60) as answer:
            return answer.status, answer.read()

    def get(self, path: str) -> Any:
        return json.loads(self.ask(path)[1])

    def pid(self, name: str) -> int:
        """The process of that name; 0 while there is none."""
        status = read_status(self.post / "run" / "processes.json") or {"processes": []}
        return next((row["pid"] or 0 for row in status["processes"] if row["name"] == name), 0)

    def interrupt(self) -> dict[str, Any]:
        """Ctrl-C, and the answer."""
        self.process.send_signal(signal.SIGINT)
        return self.answer()

    def answer(self) -> dict[str, Any]:
        """Its one JSON object, when it has ended."""
        assert self.process.stdout is not None
        out = self.process.stdout.read()
        self.process.wait()
        self._ear.join()
        result: dict[str, Any] = json.loads(out)
        assert result["exit_code"] == self.process.returncode
        return result

    def close(self) -> None:
        """End it, whatever it does."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._ear.join()
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()

    def _listen(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said += line
