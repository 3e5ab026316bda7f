"""What decoding gives: one record per set found, with everything that was wrong with it."""

from typing import Literal

import msgspec

from .items import Value

Standard = Literal["ST 0601", "EG 0104", "other"]


LATEST_US = (2**63 - 1) // 1000
"""The last microsecond whose nanoseconds fit into a signed 64-bit integer: the year 2262. Later is damage."""


def utc_ns_of_us(stamp: object) -> int | None:
    """A precision time stamp (microseconds since 1970) as nanoseconds; None where it is none, or beyond 2262."""
    return stamp * 1000 if isinstance(stamp, int) and 0 <= stamp <= LATEST_US else None


class MetadataPacket(msgspec.Struct, frozen=True, kw_only=True):
    """One set. `items`: by number (ST 0601) or by name with unit, an unknown key in hex (EG 0104).

    "other" is a set that is not read here, or bytes that are no set. `checksum_ok` is None where there is no checksum.
    `length_failures`: items or sets whose length contradicts the standard or the bytes. `problems`: in words.
    `damaged`: bytes around it are missing and it has no checksum that could vouch for it.
    """

    standard: Standard
    version: int | None
    utc_ns: int | None
    items: dict[int | str, Value]
    checksum_ok: bool | None
    problems: tuple[str, ...] = ()
    length_failures: int = 0
    key: bytes = b""
    damaged: bool = False

    @property
    def usable(self) -> bool:
        """Whether its values may be believed: a known set, with values, undamaged, whose checksum does not fail."""
        return self.standard != "other" and bool(self.items) and self.checksum_ok is not False and not self.damaged
