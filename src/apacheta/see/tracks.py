"""Tracks over the ground from the plots of one stream: Kalman filter, gated assignment, life and confirmation."""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ..core.place import GeoPoint
from ..core.sight import Track
from ..kernels.tracking import gated_costs, predict, update
from .association import Ints, assigned
from .judgement import ConfirmSettings, Motion, kind_of, motion_of
from .movers import Spot
from .view import Array

NS = 1_000_000_000

Place = Callable[[Array], tuple[list[GeoPoint], Array]]
"""Says where grid positions (n, 2) lie in WGS 84 and what error they share: n points, (n, 2, 2) covariances in m^2."""


@dataclass(frozen=True)
class TrackerSettings:
    """Walkers turn and stop within seconds (0.3 m2/s3 lets a speed change by 0.5 m/s in one); a new track may be a
    vehicle of 15 m/s (three deviations)."""

    acceleration_density_m2_s3: float = 0.3
    speed_sigma_m_s: float = 5.0
    gate: float = 13.8
    """99.9 % of chi-square with two degrees of freedom."""
    tentative_hits: int = 3
    tentative_penalty: float = 6.0
    tentative_life_s: float = 0.7
    coast_s: float = 3.0
    nearest_new_m: float = 3.0
    reference_change_m: float = 1.0
    slid_share: float = 0.2
    """Of a new look in how far the reference has slid: an attitude's jitter, a pixel, is averaged over a second."""
    notice: float = 0.8
    false_density_m2: float = 1e-5
    """Plots a look and square metre that are none: 0.2 on a footprint of 200 m by 100 m."""
    tracks_max: int = 200
    before: int = 0
    """Numbers go on after this one, where a watch goes on in a new process."""
    confirm: ConfirmSettings = field(default_factory=ConfirmSettings)


@dataclass(frozen=True)
class Look:
    """One look's plots in the local grid. position_m (n, 2), noise_m2 (n, 2, 2); spots and areas_m2 beside them.
    slid_m (n, 2): how far the common reference has carried each away from where this look alone places it.
    lift (n, 2): metres by which a plot is put off where its place stands out of the terrain model by one deviation.

    epoch: which common reference the positions are in; drift_m: deviation of that reference since it began;
    interval_s: time between looks; looking: False when nothing could have been seen.
    """

    utc_ns: int
    frame: int
    position_m: Array
    noise_m2: Array
    slid_m: Array
    lift: Array
    areas_m2: Array
    spots: tuple[Spot, ...]
    epoch: int
    drift_m: float
    interval_s: float
    looking: bool


@dataclass
class _Life:
    """What a track remembers beside its state."""

    number: int
    first_utc_ns: int
    first_m: tuple[float, float]
    last_ns: int
    frame: int
    column_px: float
    row_px: float
    log_odds: float
    epoch: int
    slid_m: Array = field(default_factory=lambda: np.zeros(2))
    hits: int = 0
    confirmed: bool = False
    motion: Motion = field(default_factory=lambda: Motion(False, 0.0, 0.0, 0.0))
    path: deque[tuple[float, ...]] = field(default_factory=lambda: deque(maxlen=128))
    areas_m2: deque[float] = field(default_factory=lambda: deque(maxlen=100))
    uprights: deque[float] = field(default_factory=lambda: deque(maxlen=100))


class Tracker:
    """The tracks of one stream. Looks must come in order of time."""

    def __init__(self, stream: str, settings: TrackerSettings | None = None) -> None:
        self.stream = stream
        self.settings = settings or TrackerSettings()
        self._state: Array = np.zeros((0, 4))
        self._covariance: Array = np.zeros((0, 4, 4))
        self._life: list[_Life] = []
        self._next = self.settings.before + 1
        self._utc_ns: int | None = None

    def restart(self) -> None:
        """Ends all tracks; numbers go on, so that ids stay unique."""
        self._state, self._covariance, self._utc_ns = np.zeros((0, 4)), np.zeros((0, 4, 4)), None
        self._life.clear()

    def step(self, look: Look) -> None:
        """Moves the tracks to the look's time, gives them its plots, starts and ends tracks."""
        self._predict(look)
        tracks, plots, squared = self._associate(look)
        if tracks.size:
            update(self._state, self._covariance, tracks, look.position_m[plots], look.noise_m2[plots])
        for i, k in zip(tracks, plots, strict=True):
            self._hit(int(i), int(k), float(squared[i, k]), look)
        if look.looking:
            for i in set(range(len(self._life))) - set(tracks.tolist()):
                self._life[i].log_odds = max(self._life[i].log_odds + math.log(1 - self.settings.notice), -7.0)
        self._end(look.utc_ns)
        self._begin(look, set(plots.tolist()))

    def tracks(self, place: Place) -> list[Track]:
        """The tracks that have at least three plots, with the error they share added by `place`."""
        shown = [i for i, life in enumerate(self._life) if life.hits >= self.settings.tentative_hits]
        if not shown:
            return []
        at = self._state[shown][:, [0, 2]] - np.array([self._life[i].slid_m for i in shown])
        points, shared = place(at)
        return [self._track(i, points[n], shared[n]) for n, i in enumerate(shown)]

    def _predict(self, look: Look) -> None:
        if self._utc_ns is not None and len(self._life):
            seconds = (look.utc_ns - self._utc_ns) / NS
            predict(self._state, self._covariance, seconds, self.settings.acceleration_density_m2_s3)
        self._utc_ns = look.utc_ns
        for i, life in enumerate(self._life):
            if life.epoch != look.epoch:
                self._change_reference(i, look.epoch)

    def _change_reference(self, i: int, epoch: int) -> None:
        """Take a track over into a new common reference, which begins where the looks place things."""
        life = self._life[i]
        self._state[i, [0, 2]] -= life.slid_m
        life.first_m = (life.first_m[0] - float(life.slid_m[0]), life.first_m[1] - float(life.slid_m[1]))
        self._covariance[i, [0, 2], [0, 2]] += self.settings.reference_change_m**2
        life.epoch, life.slid_m = epoch, np.zeros(2)
        life.path.clear()

    def _associate(self, look: Look) -> tuple[Ints, Ints, Array]:
        shape = (len(self._life), len(look.position_m))
        squared, cost = np.empty(shape), np.empty(shape)
        if 0 in shape:
            return np.zeros(0, np.int64), np.zeros(0, np.int64), squared
        gated_costs(self._state, self._covariance, look.position_m, look.noise_m2, self.settings.gate, squared, cost)
        tentative = np.array([life.hits < self.settings.tentative_hits for life in self._life])
        rows, columns = assigned(cost + self.settings.tentative_penalty * tentative[:, None])
        return rows, columns, squared

    def _hit(self, i: int, k: int, squared: float, look: Look) -> None:
        life, spot = self._life[i], look.spots[k]
        spread = 2 * math.pi * math.sqrt(np.linalg.det(self._covariance[i][np.ix_([0, 2], [0, 2])] + look.noise_m2[k]))
        gain = math.log(self.settings.notice / (spread * self.settings.false_density_m2)) - squared / 2
        life.log_odds = min(life.log_odds + min(max(gain, -1.0), 2.0), 7.0)
        life.hits += 1
        life.last_ns, life.frame = look.utc_ns, look.frame
        life.column_px, life.row_px = spot.column_px, spot.row_px
        life.slid_m = life.slid_m + max(self.settings.slid_share, 1.0 / life.hits) * (look.slid_m[k] - life.slid_m)
        life.path.append(_hit_of(look, k))
        life.areas_m2.append(float(look.areas_m2[k]))
        life.uprights.append(spot.upright)
        if len(life.path) >= 6:
            hits = np.array(life.path)
            hits[:, 0] -= hits[0, 0]
            life.motion = motion_of(hits, look.interval_s, look.drift_m, self.settings.confirm)
            sure = life.motion.moving and _existence(life.log_odds) >= self.settings.confirm.existence
            life.confirmed = life.confirmed or sure

    def _end(self, utc_ns: int) -> None:
        s = self.settings
        keep = [
            i
            for i, life in enumerate(self._life)
            if utc_ns - life.last_ns <= NS * (s.coast_s if life.hits >= s.tentative_hits else s.tentative_life_s)
        ]
        if len(keep) < len(self._life):
            self._state, self._covariance = self._state[keep], self._covariance[keep]
            self._life = [self._life[i] for i in keep]

    def _begin(self, look: Look, taken: set[int]) -> None:
        s = self.settings
        fresh = [k for k in range(len(look.position_m)) if k not in taken and not self._beside_a_track(k, look)]
        fresh = fresh[: max(s.tracks_max - len(self._life), 0)]
        if not fresh:
            return
        state, covariance = np.zeros((len(fresh), 4)), np.zeros((len(fresh), 4, 4))
        for n, k in enumerate(fresh):
            state[n, [0, 2]] = look.position_m[k]
            covariance[n][np.ix_([0, 2], [0, 2])] = look.noise_m2[k]
            covariance[n, [1, 3], [1, 3]] = s.speed_sigma_m_s**2
            self._life.append(self._new(k, look))
        self._state = np.ascontiguousarray(np.concatenate([self._state, state]))
        self._covariance = np.ascontiguousarray(np.concatenate([self._covariance, covariance]))

    def _beside_a_track(self, k: int, look: Look) -> bool:
        """Whether a plot is a fragment of a mover that this look has already updated."""
        for state, life in zip(self._state, self._life, strict=True):
            near = math.hypot(*(look.position_m[k] - state[[0, 2]])) < self.settings.nearest_new_m
            if near and life.last_ns == look.utc_ns and life.hits >= self.settings.tentative_hits:
                return True
        return False

    def _new(self, k: int, look: Look) -> _Life:
        x, y = float(look.position_m[k, 0]), float(look.position_m[k, 1])
        spot, number = look.spots[k], self._next
        self._next += 1
        life = _Life(
            number, look.utc_ns, (x, y), look.utc_ns, look.frame, spot.column_px, spot.row_px, -2.0, look.epoch, hits=1
        )
        life.slid_m = look.slid_m[k]
        life.path.append(_hit_of(look, k))
        life.areas_m2.append(float(look.areas_m2[k]))
        life.uprights.append(spot.upright)
        return life

    def _track(self, i: int, point: GeoPoint, shared_m2: Array) -> Track:
        life, state = self._life[i], self._state[i]
        total = self._covariance[i][np.ix_([0, 2], [0, 2])] + shared_m2
        speed = life.motion.speed_m_s or float(math.hypot(state[1], state[3]))
        return Track(
            id=f"{self.stream}-{life.number:05d}",
            stream=self.stream,
            utc_ns=self._utc_ns or life.last_ns,
            first_utc_ns=life.first_utc_ns,
            position=point,
            position_cov_m2=(float(total[0, 0]), float(total[0, 1]), float(total[1, 1])),
            velocity_east_m_s=float(state[1]),
            velocity_north_m_s=float(state[3]),
            moved_m=float(math.hypot(state[0] - life.first_m[0], state[2] - life.first_m[1])),
            scatter_m=life.motion.scatter_m if math.isfinite(life.motion.scatter_m) else 0.0,
            plots=life.hits,
            area_m2=float(np.median(life.areas_m2)),
            existence=_existence(life.log_odds),
            confirmed=life.confirmed,
            kind=kind_of(np.array(life.areas_m2), np.array(life.uprights), speed),
            column_px=life.column_px,
            row_px=life.row_px,
            frame=life.frame,
        )


def _hit_of(look: Look, k: int) -> tuple[float, ...]:
    """A plot as `motion_of` wants it."""
    return (look.utc_ns / NS, *look.position_m[k].tolist(), *look.lift[k].tolist())


def _existence(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))
