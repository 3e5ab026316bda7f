"""The loop of the supervisor: start what is due, take note of what has ended, tell how all are, end them in order."""

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from ...core.errors import LocalProtocolError
from .child import Child, Running, words_for
from .status import ProcessHealth, resident_mb, write_status
from .ward import Ward

STATUS_EVERY_S = 1.0
KILLED_WITHIN_S = 5.0
"""What is killed is gone at once, but for one that waits for a broken disk: we do not wait with it."""


class Supervisor:
    """Keeps children running until it is asked to end (SIGINT, SIGTERM, SIGHUP), or until one whose end is the end of
    all is done. Then those named in `ending` end one after another, the rest together after them; a second signal
    kills what is left. Should it be killed itself, the kernel kills its children.

    status: the file that tells how they are (`status.py`). Each end that was not asked for is told on `err` as well.
    For the main thread of a process without other threads: it forks, and it holds signals back.
    """

    def __init__(
        self, children: Sequence[Child], *, ending: Sequence[str], status: Path, err: TextIO | None = None
    ) -> None:
        self._wards = {child.name: Ward(child, due_s=0.0) for child in children}
        self._running: dict[str, Running] = {}
        self._last_end: dict[str, str] = {}
        self._ending, self._status, self._err = tuple(ending), status, err or sys.stderr
        self._asked = 0
        self._is_done = self._is_status_lost = False
        self._told_s = 0.0
        if unknown := set(ending) - set(self._wards):
            raise LocalProtocolError("unknown_child", f"no child is called {', '.join(sorted(unknown))}")

    def run(self) -> bool:
        """Supervise; whether it was asked to end, rather than done."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _asking() | {signal.SIGCHLD})
        try:
            while not self._asked and not self._is_done:
                self._start_due()
                self._tell()
                self._wait(self._until_next_s())
                self._take_ends()
            self._end_in_order()
        finally:
            for running in self._running.values():
                running.kill()
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return self._asked > 0

    def health(self) -> list[ProcessHealth]:
        """How each child is, in the order in which they were given."""
        now_s = time.monotonic()
        return [self._health_of(name, ward, now_s) for name, ward in self._wards.items()]

    def _health_of(self, name: str, ward: Ward, now_s: float) -> ProcessHealth:
        running = self._running.get(name)
        return ProcessHealth(
            name=name,
            state=ward.state(now_s),
            restarts=ward.restarts,
            rss_mb=round(resident_mb(running.pid), 1) if running else None,
            pid=running.pid if running else None,
            last_end=self._last_end.get(name),
        )

    # -- starts and ends ----------------------------------------------------------------------------------------

    def _start_due(self) -> None:
        now_s = time.monotonic()
        for name, ward in self._wards.items():
            if ward.is_due(now_s):
                self._start(name, ward, now_s)

    def _start(self, name: str, ward: Ward, now_s: float) -> None:
        ward.started(now_s)
        self._told_s = 0.0
        try:
            self._running[name] = Running(ward.child)
        except (OSError, subprocess.SubprocessError) as failure:
            self._note_end(ward, f"cannot be started: {failure}", failed=True)

    def _take_ends(self) -> None:
        """Take note of who has ended."""
        for name, running in list(self._running.items()):
            code = running.end_code()
            if code is not None:
                del self._running[name]
                self._note_end(self._wards[name], words_for(code), failed=code != 0)

    def _note_end(self, ward: Ward, words: str, failed: bool) -> None:
        wait_s = ward.ended(time.monotonic(), failed)
        self._last_end[ward.child.name] = words
        self._told_s = 0.0
        if self._asked or self._is_done:
            ward.retire()
        elif wait_s is None:
            self._is_done = ward.child.when_done == "end_all"
        elif ward.is_told():
            when = f"in {wait_s:g} s" if wait_s else "at once"
            self._say(f"{ward.child.name}: {words}; it is started again {when} (restart {ward.starts}).")

    # -- the end ------------------------------------------------------------------------------------------------

    def _end_in_order(self) -> None:
        """Those that have an order, one after another; the others together."""
        for ward in self._wards.values():
            ward.retire()
        rest = [name for name in self._wards if name not in self._ending]
        for names in [*([name] for name in self._ending), rest]:
            self._end([name for name in names if name in self._running])
        self._tell()

    def _end(self, names: list[str]) -> None:
        """Ask them to end, wait as long as the slowest of those left may take, kill the rest."""
        begun_s = time.monotonic()
        for name in names:
            self._running[name].ask_to_end()
        while left := [name for name in names if name in self._running]:
            wait_s = max(self._wards[name].child.end_within_s for name in left) - (time.monotonic() - begun_s)
            if wait_s <= 0.0 or self._asked > 1:
                break
            self._wait(min(wait_s, STATUS_EVERY_S))
            self._take_ends()
            self._tell()
        self._kill([name for name in names if name in self._running])

    def _kill(self, names: list[str]) -> None:
        for name in names:
            self._say(f"{name} did not end in time and is killed.")
            self._running[name].kill()
        end_s = time.monotonic() + KILLED_WITHIN_S
        while any(name in self._running for name in names) and time.monotonic() < end_s:
            self._wait(0.1)
            self._take_ends()

    # -- time and words -----------------------------------------------------------------------------------------

    def _until_next_s(self) -> float:
        """Seconds until something is due: a start, or the status."""
        dues = [ward.due_s for ward in self._wards.values() if ward.due_s is not None]
        return max(min([self._told_s + STATUS_EVERY_S, *dues]) - time.monotonic(), 0.0)

    def _wait(self, seconds: float) -> None:
        """Until then, or until a signal comes: a child's end, or somebody who asks us to end."""
        heard = signal.sigtimedwait(_asking() | {signal.SIGCHLD}, seconds)
        if heard is not None and heard.si_signo != signal.SIGCHLD:
            self._asked += 1

    def _tell(self) -> None:
        """Replace the status file, once a second and after each change."""
        now_s = time.monotonic()
        if now_s - self._told_s < STATUS_EVERY_S:
            return
        self._told_s = now_s
        try:
            write_status(self._status, time.time_ns(), self.health())
        except OSError as failure:
            if not self._is_status_lost:
                self._say(f"{self._status.name} cannot be written: {failure.strerror}.")
            self._is_status_lost = True

    def _say(self, text: str) -> None:
        print(f"apacheta: {text}", file=self._err, flush=True)


def _asking() -> set[signal.Signals]:
    """The signals that ask us to end. A hang-up does not where somebody chose that it should not (nohup)."""
    hang_up = set() if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else {signal.SIGHUP}
    return {signal.SIGINT, signal.SIGTERM} | hang_up
