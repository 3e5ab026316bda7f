"""The recipe of this room: one stream's frames in; footprints, plots, tracks and seen ground out."""

import math
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from functools import partial

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from ..core.place import GeoPoint
from ..core.sight import Footprint, Frame, Plot, Track
from ..geo import Dem, LocalGrid
from .georeference import (
    PoseSigmas,
    bias_covariance_m2,
    feet_of,
    footprint_of,
    geo_points,
    heights_m,
    lift_of,
    pixel_covariance_m2,
)
from .movers import Finding, Mesh, MoverFinder, MoverSettings
from .seen import SeenGround, SeenSettings
from .tracks import Look, Tracker, TrackerSettings
from .view import Array, View, view_of

NS = 1_000_000_000
Gray = NDArray[np.uint8]
GAPS, HOLE_NS = 15, 600_000_000
"""Intervals of late between looks. What is longer than this is a hole in the video."""


@dataclass(frozen=True)
class EyeSettings:
    """How one stream is watched. interval_s: time between looks (every second frame of 10 Hz). plot_sigma_px: a plot's
    own error. body_height_m: of a standing body's middle. stills: pictures kept for evidence."""

    interval_s: float = 0.2
    seen_interval_s: float = 0.4
    plot_sigma_px: float = 1.0
    body_height_m: float = 0.85
    stills: int = 64
    width_max_px: int = 960
    sigmas: PoseSigmas = field(default_factory=PoseSigmas)
    movers: MoverSettings = field(default_factory=MoverSettings)
    tracker: TrackerSettings = field(default_factory=TrackerSettings)
    seen: SeenSettings = field(default_factory=SeenSettings)


@dataclass(frozen=True)
class Sighting:
    """What one frame gave. Plots and tracks come with looks (`looked`), about every interval_s; between them both are
    empty. A track that has run out of the known terrain is left out. looks: cells (n, 2) as row, column of the
    seen-ground grid that became seen. why_not: why movers could not be found in a look (`too short`, `slewing`, `flat`,
    `blurred`, `frozen`, `unlike`, `damaged`), else empty."""

    footprint: Footprint | None
    plots: tuple[Plot, ...] = ()
    tracks: tuple[Track, ...] = ()
    looks: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 2), np.int64))
    looked: bool = False
    why_not: str = ""


@dataclass
class EyeCounts:
    """Frames by what became of them; plots; looks and why some could find no mover."""

    frames: int = 0
    unposed: int = 0
    late: int = 0
    georeferenced: int = 0
    looks: int = 0
    plots: int = 0
    registrations_failed: int = 0
    blind: dict[str, int] = field(default_factory=dict)


class Eye:
    """Watches one stream. Not for several threads at once; its kernels release the GIL."""

    def __init__(self, dem: Dem | None, grid: LocalGrid, stream: str, settings: EyeSettings | None = None) -> None:
        self.settings = settings or EyeSettings()
        self.dem, self.grid, self.stream = dem, grid, stream
        self.height_reference = "ellipsoid" if dem is None else "terrain"
        self.counts = EyeCounts()
        self.seen = None if dem is None else SeenGround(dem, self.settings.seen)
        self._finder = MoverFinder(self.settings.movers)
        self._tracker = Tracker(stream, self.settings.tracker)
        self._stills: OrderedDict[int, Gray] = OrderedDict()
        self._frame_ns: int | None = None
        self._look_ns: int | None = None
        self._gaps_ns: deque[int] = deque(maxlen=GAPS)
        self._seen_ns: int | None = None

    def step(self, gray: Gray, frame: Frame, damaged: bool = False, sparser: int = 1) -> Sighting:
        """One frame, gray (rows, cols) uint8. Frames must come in order of their pose's time; late and repeated ones,
        and those without a usable pose, are counted and skipped. damaged: a decoder patched the picture up, so that it
        has a place but shows neither movers nor ground: tracks coast, and no look goes on across it. sparser: so many
        times the usual time between looks, for a watch that has fallen behind."""
        self.counts.frames += 1
        if damaged:
            self.break_off()
        frame = msgspec.structs.replace(frame, width_px=gray.shape[1], height_px=gray.shape[0])
        view = view_of(frame, self.dem, self.grid)
        if view is None:
            self.counts.unposed += 1
            return Sighting(footprint=None)
        if not self._in_order(view.utc_ns):
            self.counts.late += 1
            return Sighting(footprint=None)
        footprint = footprint_of(view, self.settings.sigmas)
        self.counts.georeferenced += footprint is not None
        if self._look_ns is not None and view.utc_ns - self._look_ns < 0.9 * sparser * self.settings.interval_s * NS:
            return Sighting(footprint=footprint)
        self._note_look(view.utc_ns)
        return self._look(gray, frame, view, footprint, damaged)

    def break_off(self) -> None:
        """A frame that should come next is lost or damaged, and may have no place: no look goes on across it."""
        if self.seen is not None and self._frame_ns is not None:
            self.seen.break_off(self._frame_ns)

    def still(self, frame_number: int) -> Gray | None:
        """The picture of a look, by its frame's number; None when it is no longer kept."""
        return self._stills.get(frame_number)

    def chip(self, frame_number: int, column_px: float, row_px: float, size_px: int = 64) -> Gray | None:
        """The square of a still round a pixel, cut off at the picture's edge; None when the still is not kept."""
        still = self.still(frame_number)
        if still is None:
            return None
        half = size_px // 2
        row, column = max(round(row_px) - half, 0), max(round(column_px) - half, 0)
        return still[row : row + size_px, column : column + size_px].copy()

    def _in_order(self, utc_ns: int) -> bool:
        """Whether a frame is newer than all before; a clock that went back by 5 s or more begins anew."""
        last = self._frame_ns
        if last is not None and utc_ns <= last and utc_ns > last - 5 * NS:
            return False
        if last is not None and utc_ns <= last:
            self._finder.restart()
            self._tracker.restart()
            self._look_ns = self._seen_ns = None
        self._frame_ns = utc_ns
        return True

    def _note_look(self, utc_ns: int) -> None:
        if self._look_ns is not None and utc_ns - self._look_ns <= HOLE_NS:
            self._gaps_ns.append(utc_ns - self._look_ns)
        self._look_ns = utc_ns

    def _interval_s(self) -> float:
        """Time between the looks of late: as asked, or longer where pictures come more slowly."""
        slow_s = float(np.median(self._gaps_ns)) / NS if self._gaps_ns else 0.0
        return max(self.settings.interval_s, slow_s)

    def _look(self, gray: Gray, frame: Frame, view: View, footprint: Footprint | None, damaged: bool) -> Sighting:
        self.counts.looks += 1
        shrink = math.ceil(view.camera.width_px / self.settings.width_max_px)
        small, small_view = (gray, view) if shrink == 1 else self._shrunk(gray, frame, shrink)
        if damaged:
            finding = self._finder.nothing("damaged")
        else:
            self._keep(gray, frame.number)
            finding = self._finder.find(small, small_view)
        self.counts.registrations_failed = self._finder.fits_failed
        if not finding.looking:
            self.counts.blind[finding.why_not] = self.counts.blind.get(finding.why_not, 0) + 1
        look, plots = self._plots(finding, small_view, shrink)
        self._tracker.step(look)
        known = (
            t for t in self._tracker.tracks(partial(self._place, small_view)) if math.isfinite(t.position.alt_hae_m)
        )
        tracks = tuple(_enlarged(t, shrink) for t in known)
        self.counts.plots += len(plots)
        return Sighting(
            footprint=footprint,
            plots=plots,
            tracks=tracks,
            looks=self._credit(small_view, finding.compared),
            looked=True,
            why_not=finding.why_not,
        )

    def _keep(self, gray: Gray, number: int) -> None:
        self._stills[number] = gray.copy()
        while len(self._stills) > self.settings.stills:
            self._stills.popitem(last=False)

    def _shrunk(self, gray: Gray, frame: Frame, shrink: int) -> tuple[Gray, View]:
        """A wide picture made small enough for the budget; its pixels are shrink times as large."""
        size = gray.shape[1] // shrink, gray.shape[0] // shrink
        view = view_of(msgspec.structs.replace(frame, width_px=size[0], height_px=size[1]), self.dem, self.grid)
        assert view is not None
        return cv2.resize(gray[: size[1] * shrink, : size[0] * shrink], size, interpolation=cv2.INTER_AREA), view

    def _credit(self, view: View, compared: Mesh | None) -> NDArray[np.int64]:
        due = self._seen_ns is None or view.utc_ns - self._seen_ns >= 0.9 * self.settings.seen_interval_s * NS
        if self.seen is None or not due:
            return np.zeros((0, 2), np.int64)
        self._seen_ns = view.utc_ns
        return self.seen.add(view, compared)

    def _plots(self, finding: Finding, view: View, shrink: int) -> tuple[Look, tuple[Plot, ...]]:
        """The spots of a look as plots on the ground; spots whose ray meets none are left out."""
        s = self.settings
        steady = np.array([(q.steady_column_px, q.steady_row_px) for q in finding.spots]).reshape(-1, 2)
        shown = np.array([(q.column_px, q.row_px) for q in finding.spots]).reshape(-1, 2)
        (point, reach), (place, far) = view.ground_points(steady), view.ground_points(shown)
        known = np.isfinite(reach + far)
        known &= np.isfinite(heights_m(view, point[:, 0], point[:, 1]) + heights_m(view, place[:, 0], place[:, 1]))
        spots = tuple(q for q, k in zip(finding.spots, known, strict=True) if k)
        point, place, gsd = point[known], place[known], reach[known] / view.camera.focal_px
        noise = pixel_covariance_m2(view, point, s.plot_sigma_px)
        total = noise + bias_covariance_m2(view, point, s.sigmas)
        feet, at = feet_of(view, point, s.body_height_m), feet_of(view, place, s.body_height_m)
        area = np.array([q.area_px2 for q in spots]) * gsd**2
        look = Look(
            utc_ns=view.utc_ns,
            frame=view.number,
            position_m=np.ascontiguousarray(feet[:, :2]),
            slid_m=feet[:, :2] - at[:, :2],
            noise_m2=np.ascontiguousarray(noise),
            lift=lift_of(view, point, s.sigmas),
            areas_m2=area,
            spots=spots,
            epoch=finding.epoch,
            drift_m=self._metres(finding.drift_px, view),
            interval_s=self._interval_s(),
            looking=finding.looking,
        )
        places = geo_points(view, at)
        plots = tuple(
            Plot(
                stream=self.stream,
                frame=view.number,
                utc_ns=view.utc_ns,
                position=places[n],
                position_cov_m2=(float(total[n, 0, 0]), float(total[n, 0, 1]), float(total[n, 1, 1])),
                column_px=(q.column_px + 0.5) * shrink - 0.5,
                row_px=(q.row_px + 0.5) * shrink - 0.5,
                strength=q.strength,
                area_m2=float(area[n]),
            )
            for n, q in enumerate(spots)
        )
        return look, plots

    def _metres(self, pixels: float, view: View) -> float:
        """A distance in pixels at the picture's middle as metres on the ground."""
        rows, cols = view.range_m.shape
        point = view.point_m[rows // 2, cols // 2][None]
        if not np.isfinite(point).all():
            return 0.0
        return pixels * math.sqrt(float(np.trace(pixel_covariance_m2(view, point, 1.0)[0])) / 2)

    def _place(self, view: View, at_m: Array) -> tuple[list[GeoPoint], Array]:
        """Grid positions (n, 2) in WGS 84, and the covariance that they share: pose and terrain."""
        height = heights_m(view, at_m[:, 0], at_m[:, 1])
        point = np.column_stack([at_m, np.where(np.isfinite(height), height, np.nanmedian(view.point_m[..., 2]))])
        return geo_points(view, point), bias_covariance_m2(view, point, self.settings.sigmas)


def _enlarged(track: Track, shrink: int) -> Track:
    """A track of a shrunk picture with its pixel in the whole one."""
    if shrink == 1:
        return track
    column_px, row_px = ((v + 0.5) * shrink - 0.5 for v in (track.column_px, track.row_px))
    return msgspec.structs.replace(track, column_px=column_px, row_px=row_px)
