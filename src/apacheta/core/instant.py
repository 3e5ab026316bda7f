"""Time is integer UTC nanoseconds; in JSON a decimal string, in TOML and on screen ISO 8601 with a Z."""

from datetime import UTC, datetime, timedelta

NS = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def utc_ns_of(moment: datetime) -> int:
    """The integer UTC nanoseconds of a datetime that knows its zone."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone: write it with a Z, as in 2026-06-21T22:00:00Z")
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * NS + since.microseconds * 1_000


def datetime_of(utc_ns: int) -> datetime:
    """The datetime (UTC, microseconds, rounded down) of integer UTC nanoseconds."""
    return _EPOCH + timedelta(microseconds=utc_ns // 1_000)


def iso_of(utc_ns: int) -> str:
    """`2026-06-21T22:00:00Z`, to the second."""
    return datetime_of(utc_ns).strftime("%Y-%m-%dT%H:%M:%SZ")
