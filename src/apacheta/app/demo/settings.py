"""What was asked of a demo, and what the processes of a live one are told. Nothing here loads more than msgspec."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from ..files import write_whole


@dataclass(frozen=True)
class DemoSettings:
    """What was asked for; `sector` None is the generated pass. fewer_will_do: a smaller fleet than `aircraft` flies
    all the same. on_station: a live night begins like a headless one, when the first aircraft is on station. rate_hz:
    pictures a second; None: the cameras' own."""

    headless: bool
    minutes: float
    seed: int
    sector: Path | None
    mandate: Path | None
    post: Path
    aircraft: int
    width_px: int
    height_px: int
    crossers_per_hour: float
    keep_video: bool
    language: str
    fewer_will_do: bool = False
    on_station: bool = False
    rate_hz: float | None = None


class Descriptor(msgspec.Struct, frozen=True, kw_only=True):
    """A bound UDP socket that the supervisor holds and every child inherits under the same number."""

    fd: int
    port: int


class Sockets(msgspec.Struct, frozen=True, kw_only=True):
    """What the supervisor holds. `streams` in the order of the fleet; `core_path`: where `core` listens."""

    streams: tuple[Descriptor, ...]
    fixes: Descriptor
    core: int
    core_path: str


class NightSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One live night, from which each of its processes starts, and starts again: run/night.json.

    watch: the watch's number in the post; from_utc_ns: the night's first instant. sockets: null until they are bound.
    page: what the page's process is told (`app.page`), null without one.
    """

    settings: DemoSettings
    sector: str
    mandate: str
    world: str
    watch: int
    fleet: tuple[str, ...]
    from_utc_ns: int
    sockets: Sockets | None = None
    page: "PagePart | None" = None

    def held(self) -> Sockets:
        """The sockets, which are there once processes start."""
        assert self.sockets is not None
        return self.sockets


class PagePart(msgspec.Struct, frozen=True, kw_only=True):
    """What the page's process is told. http: the listening socket; core_path: the core's link; first_entry: entries
    of the log before it are of earlier watches; terrain, relief: null where there is none."""

    log: str
    video: str
    evidence: str
    first_entry: int
    terrain: str | None
    relief: str | None
    http: int = -1
    core_path: str = ""


@dataclass(frozen=True)
class RunFolder:
    """Where a live night's processes leave word for each other: `run` in the post."""

    post: Path

    @property
    def folder(self) -> Path:
        return self.post / "run"

    @property
    def night(self) -> Path:
        """The specification."""
        return self.folder / "night.json"

    @property
    def processes(self) -> Path:
        """How the processes are: the supervisor's."""
        return self.folder / "processes.json"

    @property
    def core_socket(self) -> Path:
        return self.folder / "core.sock"

    @property
    def ready(self) -> Path:
        """There once a core has been ready to watch."""
        return self.folder / "ready"

    @property
    def simulator(self) -> Path:
        """The simulator's specification, there once the night has its place on the clock."""
        return self.folder / "simulator.json"

    @property
    def snapshot(self) -> Path:
        """From which a simulator goes on."""
        return self.folder / "snapshot.json"

    @property
    def answer(self) -> Path:
        """The command's answer, left by the core."""
        return self.folder / "answer.json"

    def clear(self) -> None:
        """Take an earlier night's files away."""
        for path in (self.night, self.processes, self.ready, self.simulator, self.snapshot, self.answer):
            path.unlink(missing_ok=True)


def keep_spec(path: Path, spec: NightSpec) -> None:
    """Write it down, whole."""
    write_whole(path, msgspec.json.encode(spec, enc_hook=str))


def keep_settings(path: Path, settings: DemoSettings) -> None:
    """Write down what was asked for."""
    write_whole(path, msgspec.json.encode(settings, enc_hook=str))


def settings_of(path: Path) -> DemoSettings:
    """What was asked for, from a file."""
    return msgspec.json.decode(path.read_bytes(), type=DemoSettings, dec_hook=_made)


def spec_of(path: Path) -> NightSpec:
    """The specification in a file."""
    return msgspec.json.decode(path.read_bytes(), type=NightSpec, dec_hook=_made)


def _made(kind: type, value: Any) -> Any:
    """msgspec knows no paths: they are text in a file."""
    return kind(value)
