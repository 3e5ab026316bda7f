"""What was asked of a watch with a page, and what its processes are told. Nothing here loads more than msgspec."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from ..demo.settings import PagePart, RunFolder
from ..files import write_whole

MAP = "map"
"""What the process that makes the map is called."""

Kept = TypeVar("Kept", bound=msgspec.Struct)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The command line, as the preparation reads it."""

    address: str
    post: str
    terrain: str | None
    until_end: bool
    language: str | None = None


class WatchSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One live watch, from which each of its processes starts, and starts again: run/night.json.

    stream: its name in the post. mandate_sha256: of the mandate under which it was begun. began_utc_ns: by this
    machine's clock. stream_fd, core_fd: what the supervisor holds, -1 until it does. page: what the page's process is
    told (`app.page`).
    """

    asked: Asked
    stream: str
    mandate_sha256: str
    began_utc_ns: int
    page: PagePart
    stream_fd: int = -1
    core_fd: int = -1


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """Where the map is to be made: west, south, east, north in degrees."""

    bounds: tuple[float, float, float, float]


@dataclass(frozen=True)
class WatchRun(RunFolder):
    """Where a watch's processes leave word for each other."""

    @property
    def ground(self) -> Path:
        """Where the camera is: the core's word for the map's maker."""
        return self.folder / "ground.json"

    @property
    def terrain(self) -> Path:
        """Height tiles, there once they are made."""
        return self.folder / "terrain.pmtiles"

    @property
    def relief(self) -> Path:
        """Folder of shaded relief, there once all of the map is made."""
        return self.folder / "relief"

    def clear(self) -> None:
        """Take an earlier watch's files away."""
        super().clear()
        for path in (self.ground, self.terrain, self.relief):
            path.unlink(missing_ok=True)


def keep(path: Path, what: msgspec.Struct) -> None:
    """Write it down, whole."""
    write_whole(path, msgspec.json.encode(what))


def kept(path: Path, kind: type[Kept]) -> Kept:
    """What was written down there."""
    return msgspec.json.decode(path.read_bytes(), type=kind)
