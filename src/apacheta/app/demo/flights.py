"""Flights in the account, as the aircraft's own fixes tell them."""

from ...core.instant import NS
from ...core.plan import sorties_of
from ...core.sight import Fix
from ..chain import Keeper
from .night import Night


class Flights:
    """Opens and closes flights in the account as the fixes tell: every sortie is one flight, numbered per aircraft.
    A flight that a killed process left open goes on."""

    def __init__(self, night: Night, keeper: Keeper) -> None:
        self._keeper, self._watch = keeper, night.post.watch
        self._sorties = {name: [s for s in sorties_of(night.plan) if s.aircraft == name] for name in night.fleet}
        self._open: dict[str, tuple[int, Fix, int]] = {}
        past = night.past
        self._count: dict[str, int] = {} if past is None else dict(past.flights)
        self._aloft = {} if past is None else dict(past.aloft)

    def fix(self, fix: Fix) -> None:
        """One position of an aircraft in the air, or its word that it stands on the ground again."""
        if fix.phase == "ground":
            if fix.aircraft in self._aloft:
                self._begin(fix)
            self._close(fix.aircraft)
            return
        if fix.aircraft not in self._open:
            self._begin(fix)
        number, _, count = self._open[fix.aircraft]
        self._open[fix.aircraft] = (number, fix, count + 1)
        self._keeper.fix(fix)

    def end(self) -> None:
        for name in list(self._open):
            self._close(name)

    def _begin(self, fix: Fix) -> None:
        if (before := self._aloft.pop(fix.aircraft, None)) is not None:
            self._open[fix.aircraft] = (before.number, fix, before.fixes)
            return
        number = self._count[fix.aircraft] = self._count.get(fix.aircraft, 0) + 1
        sorties = self._sorties.get(fix.aircraft, [])
        due = [s for s in sorties if s.launch_utc_ns <= fix.utc_ns + 60 * NS]
        body = {
            "watch": self._watch,
            "aircraft": fix.aircraft,
            "number": number,
            "sortie": due[-1].id if due else None,
            "tour": due[-1].tour.id if due else None,
        }
        self._open[fix.aircraft] = (number, fix, 0)
        self._keeper.note("flight_open", fix.utc_ns, body)

    def _close(self, name: str) -> None:
        opened = self._open.pop(name, None)
        if opened is None:
            return
        number, last, count = opened
        self._keeper.close_blocks()
        body = {
            "watch": self._watch,
            "aircraft": name,
            "number": number,
            "fixes": count,
            "phase": last.phase,
            "battery_fraction": round(last.battery_fraction, 4),
        }
        self._keeper.note("flight_close", last.utc_ns, body)
