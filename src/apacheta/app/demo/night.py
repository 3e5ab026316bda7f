"""One simulated night as its parts hand it on: what was asked for, and everything that a run holds."""

import resource
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from ...core.aircraft import Aircraft
from ...core.alerts import Alert
from ...core.errors import ErrorLine, Fault
from ...core.instant import NS
from ...core.mandate import Mandate
from ...core.plan import WatchPlan, sorties_of
from ...core.sector import Sector
from ...core.sight import Fix
from ...see import PoseSigmas
from ..chain import Chain
from ..exercise import Exercise
from ..live import Live
from ..loading import World as Ground
from ..post import Post
from ..texts import Texts
from .past import Past
from .settings import DemoSettings

TRUTH_FILE = "truth.jsonl"
LE90, CE90 = 1.645, 2.146
"""From 90 % linear and circular errors to one standard deviation on an axis (normal errors)."""


@dataclass(frozen=True)
class NightFault:
    """Something of the equipment that failed in the night: `code` names its sentence in the texts, `values` fill it."""

    code: str
    values: dict[str, object]

    def text(self, language: str = "en") -> str:
        return Texts(language)(f"report.fault.{self.code}", **self.values)

    def line(self) -> ErrorLine:
        """The fault as a warning of the command."""
        return ErrorLine(code=self.code, text=self.text())


@dataclass
class Night:
    """Everything that one run holds, for those who report and score it. `past`: what the log holds of the same watch by
    processes that were killed; `last_frame_s`: when the last bytes of video were done with, where that is told."""

    settings: DemoSettings
    exercise: Exercise
    sector: Sector
    mandate: Mandate
    ground: Ground
    post: Post
    plan: WatchPlan
    fleet: tuple[str, ...]
    chains: dict[str, Chain]
    fixes: dict[str, list[Fix]]
    own_side: np.ndarray
    lines_m: tuple[float, ...] = ()
    wall_s: float = 0.0
    peak_mb: float = 0.0
    interrupted: bool = False
    first_frame_s: float | None = None
    faults: list[NightFault] = field(default_factory=list)
    last_frame_s: float | None = None
    dead_simulator: Fault | None = None
    live: Live | None = None
    past: Past | None = None

    @property
    def rate_hz(self) -> float:
        """Pictures a second, which a prepared night's settings name."""
        assert self.settings.rate_hz is not None
        return self.settings.rate_hz


def alerts_of(night: Night) -> list[Alert]:
    """The watch's alerts in order, those that a killed process raised too."""
    if night.past is not None:
        return night.past.alerts
    return sorted((a for c in night.chains.values() for a in c.alerts), key=lambda a: (a.utc_ns, a.id))


def first_utc_ns(night: Night) -> int | None:
    """The time of the first frame that was accounted; None without any."""
    past = [] if night.past is None or night.past.first_utc_ns is None else [night.past.first_utc_ns]
    return min([*past, *(t for c in night.chains.values() if (t := c.totals.first_utc_ns))], default=None)


def frames_before(night: Night) -> int:
    """Frames that killed processes wrote down."""
    return 0 if night.past is None else sum(night.past.frames.values())


def sigmas_of(sector: Sector) -> PoseSigmas:
    """What the eye must reckon with: a small gimbal's errors, and the terrain's as the sector states them at 90 %."""
    return PoseSigmas(terrain_m=sector.terrain.le90_m / LE90, terrain_shift_m=sector.terrain.ce90_m / CE90)


def own_side_of(ground: Ground) -> np.ndarray:
    """Which cells of the elevation model lie on the own side (rows, cols) bool."""
    dem = ground.dem
    rows, cols = dem.height_hae_m.shape
    x_m = dem.origin_x_m + dem.cell_m * np.arange(cols)
    y_m = dem.origin_y_m + dem.cell_m * np.arange(rows)
    lat, lon = dem.grid.latlon(*(a.ravel() for a in np.meshgrid(x_m, y_m)))
    return np.asarray(ground.border_line.own_side(lat, lon)).reshape(rows, cols)


def on_station_utc_ns(plan: WatchPlan) -> int:
    """When the first aircraft is planned to reach its first look: the watch opens there."""
    first = sorties_of(plan)[0]
    share = first.tour.stares[0].from_along_m / first.tour.length_m if first.tour.stares else 0.0
    return first.launch_utc_ns + int(share * first.tour.duration_s * NS)


def rate_hz_of(types: Iterable[Aircraft]) -> float:
    """Pictures a second that all cameras of a fleet make."""
    return min((a.camera.rate_hz for a in types), default=10.0)


def cpu_seconds() -> float:
    """CPU time of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)
