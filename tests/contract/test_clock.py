"""What every Clock keeps."""

from apacheta.adapters.clock import SystemClock
from apacheta.core.instant import iso_of


def test_monotonic_time_never_goes_back() -> None:
    clock = SystemClock()
    times = [clock.monotonic_ns() for _ in range(1000)]
    assert times == sorted(times)


def test_utc_is_integer_nanoseconds_of_this_century() -> None:
    now = SystemClock().utc_ns()
    assert isinstance(now, int)
    assert iso_of(now).startswith("20")
