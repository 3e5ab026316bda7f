"""Time comes in as an argument, so that a night can be run again and give the same records."""

from typing import Protocol


class Clock(Protocol):
    """Gives UTC and a monotonic time. `utc_ns` may jump when the machine's clock is set; `monotonic_ns` never
    goes back within one boot and is what deadlines use."""

    def utc_ns(self) -> int: ...

    def monotonic_ns(self) -> int: ...
