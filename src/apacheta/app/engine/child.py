"""One process under supervision: how it is started, how it is asked to end, how it is made to."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from ...adapters.tether import die_with

WhenDone = Literal["again", "rest", "end_all"]


@dataclass(frozen=True)
class Child:
    """A command that is kept running. `descriptors`: inherited under their own numbers, which `argv` may name.

    when_done: what its own end with code 0 means: it is started "again" like after any other; it may "rest"; or the
    night is over and all the others end, too. Any other end is a failure, and it is started again.
    end_within_s: so long it has to end when asked; then it is killed.
    """

    name: str
    argv: tuple[str, ...]
    descriptors: tuple[int, ...] = ()
    when_done: WhenDone = "again"
    end_within_s: float = 5.0


class Running:
    """A child's process, the head of a group of its own: Ctrl-C reaches it only through us."""

    def __init__(self, child: Child) -> None:
        """Start it. OSError where the machine cannot."""
        self._process = subprocess.Popen(
            child.argv,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr.fileno(),  # our standard output is for the answer
            pass_fds=child.descriptors,
            start_new_session=True,
            preexec_fn=_tethered_to(os.getpid()),
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def end_code(self) -> int | None:
        """None while it runs; then its exit code, or minus the signal that ended it. What it had started itself and
        left behind is killed: its group outlives it until we have taken note of its end."""
        if os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return None
        self._signal_group(signal.SIGKILL)
        return self._process.wait()

    def ask_to_end(self) -> None:
        """SIGTERM, and SIGCONT: one that is stopped could not hear it."""
        for number in (signal.SIGTERM, signal.SIGCONT):
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """End it and all that it started, now."""
        self._signal_group(signal.SIGKILL)

    def _signal_group(self, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):  # it has no other members, or they are not ours
            os.killpg(self.pid, number)


def _tethered_to(parent: int) -> Callable[[], None]:
    """What a child does before it becomes its command: die with us, and hear the signals that we hold back."""

    def prepare() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        die_with(parent)

    return prepare


def words_for(code: int) -> str:
    """An end in words: "exit code 3", "killed by SIGKILL"."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"
