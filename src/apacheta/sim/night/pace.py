"""When simulated instants are due by the clock, and how a person ends a simulation."""

import signal
import time
from types import FrameType
from typing import Any

from ...core.instant import NS

LATE_S = 5.0
SLICE_S = 0.2


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


class Pace:
    """Lets simulated time run no faster than the clock.

    epoch_utc_ns: the clock's UTC at which `from_utc_ns` is due. Then the night keeps its place: what is more than 5 s
    late is missed, up to the present. Without it the night begins when it can, and gives the time up that it loses.
    """

    def __init__(self, from_utc_ns: int, epoch_utc_ns: int | None) -> None:
        self._from_utc_ns = from_utc_ns
        self._keeps_place = self._catches_up = epoch_utc_ns is not None
        self._begun_s: float | None = None
        if epoch_utc_ns is not None:
            self._begun_s = time.monotonic() - (time.time_ns() - epoch_utc_ns) / NS

    def is_missed(self, utc_ns: int) -> bool:
        """Whether it is too late for this instant; once one was, until the present is reached."""
        late_s = -self._left_s(utc_ns)
        self._catches_up = self._keeps_place and late_s > (0.0 if self._catches_up else LATE_S)
        return self._catches_up

    def wait(self, utc_ns: int, stop: Stop) -> None:
        """Sleep until the instant is due, or until somebody asks to stop."""
        if not self._keeps_place and (self._begun_s is None or self._left_s(utc_ns) < -LATE_S):
            self._begun_s = time.monotonic() - (utc_ns - self._from_utc_ns) / NS
        while (left_s := self._left_s(utc_ns)) > 0.0 and not stop.asked:
            time.sleep(min(left_s, SLICE_S))

    def _left_s(self, utc_ns: int) -> float:
        """Seconds until the instant is due; 0 before anything is."""
        if self._begun_s is None:
            return 0.0
        return self._begun_s + (utc_ns - self._from_utc_ns) / NS - time.monotonic()
