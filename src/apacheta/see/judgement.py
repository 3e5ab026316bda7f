"""Whether a track is a mover for sure, and what kind of mover it is. When unsure: not confirmed, unknown."""

from dataclasses import dataclass

import numpy as np

from ..core.sight import TrackKind
from ..kernels.tracking import straight_fit
from .view import Array


@dataclass(frozen=True)
class ConfirmSettings:
    """From simulation page, "Late results": age 5 s and 5 m cost no walker of 30 and leave a third of the false tracks
    of 3 s and 4 m. The windows are two, so that a slow walker is confirmed too, later."""

    age_s: float = 4.5
    moved_m: float = 4.0
    windows_s: tuple[float, ...] = (6.0, 12.0)
    scatter_ratio: float = 6.0
    hit_share: float = 0.6
    off_model: float = 1.645
    """Deviations by which a thing that stands still may stand out of the terrain model: its stated error at 90 %."""
    speed_min_m_s: float = 0.3
    speed_max_m_s: float = 18.0
    bow_share: float = 0.25
    existence: float = 0.9


@dataclass(frozen=True)
class Motion:
    """What the last seconds say. moving is the verdict; the rest is why."""

    moving: bool
    moved_m: float
    scatter_m: float
    speed_m_s: float


def motion_of(hits: Array, interval_s: float, drift_m: float, settings: ConfirmSettings) -> Motion:
    """Tests whether hits (n, 5) of (time_s, x_m, y_m, lift_x, lift_y), in order of time, move for sure.

    They must have gone far: in metres, against their scatter about a straight line, and against drift_m, which is how
    far the picture's reference itself may have slid (the "stands still" test); and all that beyond what a thing that
    stands still off the model's height would seem to go (`unlifted`). interval_s: time between looks.
    """
    best = Motion(moving=False, moved_m=0.0, scatter_m=float("inf"), speed_m_s=0.0)
    for window_s in settings.windows_s:
        last = unlifted(hits[hits[:, 0] >= hits[-1, 0] - window_s], settings.off_model)
        _, _, scatter, span, moved, bow = straight_fit(last)
        if len(last) < 6 or span < settings.age_s:
            continue
        speed = moved / span
        sure = (
            moved >= settings.moved_m
            and moved > settings.scatter_ratio * np.hypot(scatter, drift_m)
            and settings.speed_min_m_s <= speed <= settings.speed_max_m_s
            and len(last) >= settings.hit_share * span / interval_s
            and bow <= settings.bow_share * moved
        )
        best = Motion(moving=bool(sure), moved_m=float(moved), scatter_m=float(scatter), speed_m_s=float(speed))
        if sure:
            break
    return best


def unlifted(hits: Array, most: float) -> Array:
    """Hits (n, 3) of (time_s, x_m, y_m) as of a thing that stands out of the terrain model, from hits (n, 5) with their
    lifts: of all heights up to `most` deviations above or below the one that leaves least motion.

    While the aircraft flies by, a rock that stands 6 m above the model and is looked at 10 degrees above its slope
    slides over the model by 5 m in 8 s, as straight as a walker.
    """
    time = hits[:, 0] - hits[:, 0].mean()
    speed, slide = (time @ hits[:, k : k + 2] / max(float(time @ time), 1e-9) for k in (1, 3))
    off = float(np.clip(speed @ slide / max(float(slide @ slide), 1e-12), -most, most))
    return np.ascontiguousarray(np.column_stack([hits[:, 0], hits[:, 1:3] - off * hits[:, 3:5]]))


def kind_of(areas_m2: Array, uprights: Array, speed_m_s: float) -> TrackKind:
    """Person, vehicle, animal or unknown from the areas (n,) and the heights over widths (n,) of a track's plots.

    A standing person shows 0.59 m2 at 30 degrees, a fox 0.2 m2, a car more than 2.5 m2; nobody runs 5 m/s at 4,000 m.
    """
    if len(areas_m2) < 8:
        return "unknown"
    area, upright = float(np.median(areas_m2)), float(np.median(uprights))
    if area > 2.5 or (speed_m_s > 5.0 and area > 1.2):
        return "vehicle"
    if speed_m_s > 5.0:
        return "unknown"
    if area < 0.3 or (area < 0.5 and upright < 0.8):
        return "animal"
    if area < 1.6 and upright > 1.1 and speed_m_s < 3.5:
        return "person"
    return "unknown"
