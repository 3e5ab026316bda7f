"""Who is told of a chain's doings as they happen, beside those who keep them."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from ...core.alerts import Alert
from ...core.sight import CameraPose, Frame
from ...formats.ts import PesUnit
from ...see import Sighting


class Posed(NamedTuple):
    """A camera's pose, and the presentation time that its metadata came with (None: with none)."""

    pts_90k: int | None
    pose: CameraPose


class Tap(Protocol):
    """Called in the chain's own thread: it must neither wait nor fail."""

    def unit(self, unit: PesUnit, newest: Posed | None) -> None:
        """A unit of video is complete; the newest pose that came before."""

    def look(self, frame: Frame, sighting: Sighting, incidents: Mapping[str, str]) -> None:
        """A look at a frame is done; incidents by the ids of the tracks that have one."""

    def alert(self, alert: Alert) -> None:
        """An alert was raised and, where there is a keeper, is on disk."""
