"""The state of one child over time, without processes and without a clock: when it is due, and what its end means."""

from dataclasses import dataclass, field
from typing import Literal

from ...adapters.backoff import WAITS_S, Backoff
from .child import Child

State = Literal["up", "starting", "down"]
SETTLED_S = 1.0
"""One that has run for so long is up."""
EVERY = 15
"""Of a child that fails again and again every so many ends are told: one a minute at the longest pause."""


@dataclass
class Ward:
    """One child. It is waiting for its start (`due_s`), running (`began_s`), or at rest (neither). Times are monotonic
    seconds. `starts` counts all, the first one too."""

    child: Child
    due_s: float | None
    began_s: float | None = None
    starts: int = 0
    _backoff: Backoff = field(default_factory=Backoff)

    @property
    def restarts(self) -> int:
        """How often it was started again."""
        return max(self.starts - 1, 0)

    def state(self, now_s: float) -> State:
        """`starting` in the first second of each life; `down` between two lives and after the last."""
        if self.began_s is None:
            return "down"
        return "up" if now_s - self.began_s >= SETTLED_S else "starting"

    def is_due(self, now_s: float) -> bool:
        return self.due_s is not None and now_s >= self.due_s

    def started(self, now_s: float) -> None:
        """It runs."""
        self.due_s, self.began_s = None, now_s
        self.starts += 1

    def ended(self, now_s: float, failed: bool) -> float | None:
        """It has ended, or could not be started: seconds until its next start, None where it may rest."""
        lived_s = 0.0 if self.began_s is None else now_s - self.began_s
        self.began_s = None
        wait_s = self._backoff.wait_s(lived_s)
        self.due_s = now_s + wait_s if failed or self.child.when_done == "again" else None
        return None if self.due_s is None else wait_s

    def retire(self) -> None:
        """It is not started any more."""
        self.due_s = None

    def is_told(self) -> bool:
        """Whether its last end is to be told: the first ones, then one in so many."""
        failures = self._backoff.failures
        return failures <= len(WAITS_S) or failures % EVERY == 0
