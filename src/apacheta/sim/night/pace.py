"""When instants are due by the clock, which pictures there is time for, and how a person ends a simulation."""

import math
import signal
import time
from types import FrameType
from typing import Any

from ...core.instant import NS

LATE_S = 5.0
SLICE_S = 0.2
LAG_S = 0.4
"""Pictures that come later than this are too many for the machine."""
SPARSEST = 5
SETTLE_S, QUIET_S, QUIET_MAX_S = 1.0, 30.0, 600.0
BUSY_MOST = 0.8
"""Share of its time that a simulator may work. It is not alone: who watches needs the machine, too."""


class Stop:
    """Turns the first SIGINT or SIGTERM into a request; restores the handlers afterwards."""

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "Stop":
        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                self._before[number] = signal.signal(number, self._ask)
            except ValueError:  # not the main thread: the owner stops us by closing the pipe
                return self
        return self

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)


class Thinning:
    """Which pictures are made where there is no time for all: every second one, every third, up to every fifth, evenly.

    Fewer as soon as they come late, and then none until the present is reached; more when half a minute has shown that
    there is time for them. Where that was not so, it takes twice as long until the next trial. Looks are 0.2 s apart
    (`see/eye.py`): of ten pictures a second every second one shows a watch as much as all do.
    """

    def __init__(self) -> None:
        self.every = 1
        self._quiet_s = QUIET_S
        self._since_s, self._idle_s = -math.inf, 0.0
        self._catches_up = False

    def leaves_out(self, number: int, late_s: float, now_s: float) -> bool:
        """Whether the picture of that number is not made, at that time by a clock, so late."""
        self._catches_up = self._catches_up and late_s > 0.0
        if late_s > LAG_S and now_s - self._since_s > SETTLE_S and self.every < SPARSEST:
            self._sparser(now_s)
        elif self.every > 1 and now_s - self._since_s > self._quiet_s and self._has_time(now_s):
            self._turn(self.every - 1, now_s)
        return self._catches_up or number % self.every != 0

    def slept(self, seconds: float) -> None:
        """So long nothing was to be done."""
        self._idle_s += seconds

    def _sparser(self, now_s: float) -> None:
        is_relapse = now_s - self._since_s < QUIET_S
        self._quiet_s = min(2 * self._quiet_s, QUIET_MAX_S) if is_relapse else self._quiet_s
        self._catches_up = True
        self._turn(self.every + 1, now_s)

    def _has_time(self, now_s: float) -> bool:
        """Whether the work of late would leave time if there were as many pictures as one step denser gives."""
        busy = 1.0 - self._idle_s / (now_s - self._since_s)
        return busy * self.every / (self.every - 1) < BUSY_MOST

    def _turn(self, every: int, now_s: float) -> None:
        self.every, self._since_s, self._idle_s = every, now_s, 0.0


class Pace:
    """Lets simulated time run no faster than the clock.

    epoch_utc_ns: the clock's UTC at which `from_utc_ns` is due. Then the night keeps its place: pictures are made as
    many as there is time for (`Thinning`), and what is more than 5 s late is missed, up to the present. Without it the
    night begins when it can, and gives the time up that it loses. step_ns: from one picture to the next.
    """

    def __init__(self, from_utc_ns: int, epoch_utc_ns: int | None, step_ns: int) -> None:
        self._from_utc_ns, self._step_ns = from_utc_ns, step_ns
        self._keeps_place = self._catches_up = epoch_utc_ns is not None
        self._thinning = Thinning()
        self._begun_s: float | None = None
        if epoch_utc_ns is not None:
            self._begun_s = time.monotonic() - (time.time_ns() - epoch_utc_ns) / NS

    def is_missed(self, utc_ns: int) -> bool:
        """Whether there is no picture of this instant: for want of time, or because it is too late; once it was, until
        the present is reached."""
        late_s = -self._left_s(utc_ns)
        self._catches_up = self._keeps_place and late_s > (0.0 if self._catches_up else LATE_S)
        if self._catches_up or not self._keeps_place:
            return self._catches_up
        return self._thinning.leaves_out((utc_ns - self._from_utc_ns) // self._step_ns, late_s, time.monotonic())

    def wait(self, utc_ns: int, stop: Stop) -> None:
        """Sleep until the instant is due, or until somebody asks to stop."""
        if not self._keeps_place and (self._begun_s is None or self._left_s(utc_ns) < -LATE_S):
            self._begun_s = time.monotonic() - (utc_ns - self._from_utc_ns) / NS
        began_s = time.monotonic()
        while (left_s := self._left_s(utc_ns)) > 0.0 and not stop.asked:
            time.sleep(min(left_s, SLICE_S))
        self._thinning.slept(time.monotonic() - began_s)

    def _left_s(self, utc_ns: int) -> float:
        """Seconds until the instant is due; 0 before anything is."""
        if self._begun_s is None:
            return 0.0
        return self._begun_s + (utc_ns - self._from_utc_ns) / NS - time.monotonic()
