"""What the log holds of a watch that goes on after its core was killed: what the dead core wrote down, and no more."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ...account import Account
from ...core.alerts import Alert
from ...core.entries import Entry
from ...core.place import GeoPoint, HaeM
from ...core.sight import Fix
from ..live import Book, book_of

_KINDS = ("plan", "flight_open", "positions", "flight_close", "video_segment")


@dataclass
class OpenFlight:
    """A flight that was not closed: its number, and how many positions of it are written down."""

    number: int
    fixes: int = 0


@dataclass
class Past:
    """frames: by stream, those in its segments; first_utc_ns: of the first of them; fixes: by aircraft; flights: how
    many of each aircraft were opened; aloft: those that were not closed."""

    book: Book
    frames: dict[str, int] = field(default_factory=dict)
    first_utc_ns: int | None = None
    fixes: dict[str, list[Fix]] = field(default_factory=dict)
    flights: dict[str, int] = field(default_factory=dict)
    aloft: dict[str, OpenFlight] = field(default_factory=dict)

    @property
    def alerts(self) -> list[Alert]:
        """All of the watch, in order: those that come now are in the book, too."""
        return sorted(self.book.alerts.values(), key=lambda a: (a.utc_ns, a.id))


def past_of(account: Account, watch: str) -> Past:
    """What the log holds of a watch."""
    return _past_of((account.entry(n) for n in range(account.size)), book_of(account, watch))


def _past_of(entries: Iterable[bytes], book: Book) -> Past:
    past, is_begun = Past(book), False
    for data in entries:
        entry = msgspec.json.decode(data, type=Entry)
        if entry.kind == "plan" and entry.body.get("watch") == book.watch:
            past, is_begun = Past(book), True
        elif is_begun and entry.kind in _KINDS:
            _take(past, entry.kind, entry.body)
    return past


def _take(past: Past, kind: str, body: dict[str, Any]) -> None:
    if kind == "video_segment":
        past.frames[body["stream"]] = past.frames.get(body["stream"], 0) + body["frames"]
        if past.first_utc_ns is None and body["from_utc_ns"] is not None:
            past.first_utc_ns = int(body["from_utc_ns"])
    elif kind == "flight_open":
        past.flights[body["aircraft"]] = body["number"]
        past.aloft[body["aircraft"]] = OpenFlight(body["number"])
    elif kind == "flight_close":
        past.aloft.pop(body["aircraft"], None)
    else:
        _take_positions(past, body["aircraft"], [fix_of(body["aircraft"], row) for row in body["fixes"]])


def _take_positions(past: Past, aircraft: str, fixes: list[Fix]) -> None:
    past.fixes.setdefault(aircraft, []).extend(fixes)
    if aircraft in past.aloft:
        past.aloft[aircraft].fixes += len(fixes)


def fix_of(aircraft: str, row: list[Any]) -> Fix:
    """A position as the log keeps it. What it does not keep is level flight and an unknown error."""
    utc_ns, lat_deg, lon_deg, alt_hae_m, heading_deg, ground_speed_m_s, battery_fraction, phase = row
    return Fix(
        aircraft=aircraft,
        utc_ns=int(utc_ns),
        position=GeoPoint(lat_deg=lat_deg, lon_deg=lon_deg, alt_hae_m=HaeM(alt_hae_m)),
        heading_deg=heading_deg,
        pitch_deg=0.0,
        roll_deg=0.0,
        ground_speed_m_s=ground_speed_m_s,
        battery_fraction=battery_fraction,
        phase=phase,
        sigma_h_m=float("nan"),
        sigma_v_m=float("nan"),
        source="log",
    )
