"""The machine's clock."""

import time


class SystemClock:
    """Clock of this machine; see ports.Clock."""

    def utc_ns(self) -> int:
        return time.time_ns()

    def monotonic_ns(self) -> int:
        return time.monotonic_ns()
