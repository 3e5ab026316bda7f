"""What a chain does, passed on to those who tell of it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ...core.alerts import Alert
from ...core.sight import Frame
from ...formats.ts import PesUnit
from ...see import Sighting
from ..chain import Posed
from .gate import AreaGate, Passed
from .stream_scene import fix_of

if TYPE_CHECKING:
    from .publisher import Publisher


class StreamTap:
    """Passes one chain's doings on, with its stream's name."""

    def __init__(self, publisher: "Publisher", stream: str) -> None:
        self._publisher, self._stream = publisher, stream

    def unit(self, unit: PesUnit, newest: Posed | None) -> None:
        self._publisher.unit(self._stream, unit, newest)

    def look(self, frame: Frame, sighting: Sighting, incidents: Mapping[str, str]) -> None:
        self._publisher.look(frame, sighting, incidents)

    def alert(self, alert: Alert) -> None:
        self._publisher.alert(alert)


class GatedTap(StreamTap):
    """As its like, for a stream of which a unit is shown only when its gate lets it through. The aircraft is where the
    stream's metadata says."""

    def __init__(self, publisher: "Publisher", stream: str, gate: AreaGate) -> None:
        super().__init__(publisher, stream)
        self._gate = gate

    def unit(self, unit: PesUnit, newest: Posed | None) -> None:
        complete_utc_ns = self._publisher.arrived(self._stream, newest)
        self._show(self._gate.unit(unit, newest, complete_utc_ns))

    def pose(self, posed: Posed) -> None:
        """A pose came."""
        self._show(self._gate.pose(posed))

    def look(self, frame: Frame, sighting: Sighting, incidents: Mapping[str, str]) -> None:
        super().look(frame, sighting, incidents)
        if frame.pose is not None:
            self._publisher.fix(fix_of(self._stream, frame.pose))

    def _show(self, passed: list[Passed]) -> None:
        for one in passed:
            self._publisher.show(self._stream, one.unit, one.posed, one.complete_utc_ns)
