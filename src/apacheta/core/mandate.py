"""The written authority under which a watch is planned, flown, viewed and shared."""

import msgspec

from .place import LonLat


class Mandate(msgspec.Struct, frozen=True, kw_only=True):
    """Who may watch what, why, and from when to when. `area` is a ring of lon, lat (closed or not)."""

    authority: str
    purpose: str
    exercise: bool
    partners: tuple[str, ...]
    share: tuple[str, ...]
    from_utc_ns: int
    to_utc_ns: int
    area: tuple[LonLat, ...]
    area_file: str
    sha256: str

    def covers_time(self, from_utc_ns: int, to_utc_ns: int) -> bool:
        """Whether the whole span lies inside the mandate's time."""
        return self.from_utc_ns <= from_utc_ns and to_utc_ns <= self.to_utc_ns
