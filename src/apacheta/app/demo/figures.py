"""A night's figures for the answer: what the chain counted, and what truth says of it once the chain has ended."""

from dataclasses import asdict
from itertools import combinations
from typing import Any

import numpy as np

from ...account import Checkpoint
from ...core.errors import ErrorLine, Fault
from ...core.instant import NS
from ...core.plan import Sortie, WatchPlan, sorties_of
from ...core.sector import Sector
from ...geo import BorderLine
from ...sim.world import load_world
from ..answer import Answer
from ..chain import pooled
from ..score import Truth, read_truth, score_night
from ..score.markers import ellipse_hits, exact_terrain, marker_errors_m
from ..score.score import GEOD
from .night import TRUTH_FILE, Night, NightFault, alerts_of, cpu_seconds, first_utc_ns, frames_before, sigmas_of

NEAR_BASE_M = 500.0
SEPARATE_HEIGHT_M = 60.0
ALERT_FIELDS = (
    "crossers",
    "crossers_in_view",
    "crossers_in_view_alerted",
    "crossers_alerted",
    "lawful",
    "lawful_in_view",
    "true_alerts",
    "true_alerts_within_30_m",
    "lawful_alerts",
    "false_alerts",
    "time_to_alert_s",
    "time_to_alert_p90_s",
)


def fill_watched(answer: Answer, night: Night, checkpoint: Checkpoint) -> None:
    """Write the figures of the watch itself into the answer's body."""
    answer.body |= _chain_figures(night)
    answer.body |= {
        "interrupted": night.interrupted,
        "entries": checkpoint.size,
        "checkpoint_sha256": checkpoint.sha256,
        "peak_rss_mb": round(night.peak_mb, 1),
        "wall_s": round(night.wall_s, 3),
    }


def fill_verified(answer: Answer, night: Night, verified: bool) -> None:
    """Write down whether the log verified."""
    answer.body["log_verified"] = verified
    if not verified:
        answer.warnings.append(
            ErrorLine(code="log_not_verified", text="The log did not verify.", file=str(night.post.log))
        )


def fill_scored(answer: Answer, night: Night) -> None:
    """Write what truth says of the night. Without truth its figures stay null, with a warning."""
    try:
        _fill_from_truth(answer, night)
    except Fault as fault:
        answer.warnings.append(fault.line)
    answer.body["cpu_seconds"] = round(cpu_seconds(), 2)


def _chain_figures(night: Night) -> dict[str, Any]:
    totals = [c.totals for c in night.chains.values()]
    simulated_s = _simulated_s(night)
    lags_s = pooled([t.lags_s for t in totals])
    return {
        "frames_decoded": frames_before(night) + sum(t.frames for t in totals),
        "frames_georeferenced": frames_before(night) + sum(t.frames_georeferenced for t in totals),
        "video_lag_p95_s": round(float(np.percentile(lags_s, 95)), 3) if len(lags_s) else None,
        "simulated_s": round(simulated_s, 3),
        "real_time_factor": round(simulated_s / night.wall_s, 3) if night.wall_s > 0 else None,
        "video_hours": round(video_hours(night), 5),
        "alerts": len(alerts_of(night)),
        "plots": sum(t.plots for t in totals),
        "tracks": sum(len(t.tracks) for t in totals),
        "seen_km2": round(seen_km2(night), 4),
        "sorties": sum(_flew(night, s) for s in sorties_of(night.plan)),
    }


def video_hours(night: Night) -> float:
    """Hours of video received, all streams together: decoded frames over the frame rate. What was never made for want
    of time is no video."""
    frames = frames_before(night) + sum(c.totals.frames for c in night.chains.values())
    return frames / night.rate_hz / 3600.0


def seen_km2(night: Night) -> float:
    """Own-side ground with at least one accounted look of any stream."""
    return float(np.count_nonzero(looks(night)[night.own_side]) * (night.ground.dem.cell_m / 1000.0) ** 2)


def looks(night: Night) -> np.ndarray:
    """Accounted looks of all streams per cell (rows, cols)."""
    return np.sum([c.eye.seen.looks for c in night.chains.values() if c.eye is not None], axis=0)


def _simulated_s(night: Night) -> float:
    """The longest span of video of one stream; of a watch that went on, from its first frame to its last."""
    spans = [(c.totals.first_utc_ns, c.totals.last_utc_ns) for c in night.chains.values()]
    first_ns = None if night.past is None else night.past.first_utc_ns
    return max(((b - (first_ns or a)) / NS for a, b in spans if a is not None and b is not None), default=0.0)


def _flew(night: Night, sortie: Sortie) -> bool:
    """Whether the aircraft told where it is after the sortie's launch, and before its next one's."""
    launches = [s.launch_utc_ns for s in sorties_of(night.plan) if s.aircraft == sortie.aircraft]
    next_ns = min((at for at in launches if at > sortie.launch_utc_ns), default=1 << 62)
    return any(sortie.launch_utc_ns < f.utc_ns <= next_ns for f in night.fixes.get(sortie.aircraft, []))


def _fill_from_truth(answer: Answer, night: Night) -> None:
    truth = read_truth(night.post.folder / "truth" / TRUTH_FILE)
    totals = [c.totals for c in night.chains.values()]
    first_ns = first_utc_ns(night) or night.sector.start_utc_ns
    last_ns = max((t.last_utc_ns for t in totals if t.last_utc_ns), default=first_ns)
    score = score_night(truth, alerts_of(night), first_ns / NS, last_ns / NS)
    answer.body |= {k: getattr(score, k) for k in ALERT_FIELDS}
    answer.body["verdicts"] = [asdict(v) for v in score.verdicts]
    answer.body["missed"] = [asdict(m) for m in score.missed]
    hours = video_hours(night)
    answer.body["false_alerts_per_drone_hour"] = round(score.false_alerts / hours, 3) if hours > 0 else None
    sent = truth.frames_sent
    answer.body["frames_sent"] = sent
    answer.body["frames_dropped"] = None if sent is None else sent - answer.body["frames_decoded"]
    answer.body["frames_missed"] = truth.frames_missed
    if truth.frames_missed:
        night.faults.append(NightFault("frames_missed", {"frames": truth.frames_missed}))
    answer.body |= flight_figures(truth, night.sector, night.plan, night.ground.border_line)
    answer.body |= _marker_figures(truth, night)


def flight_figures(truth: Truth, sector: Sector, plan: WatchPlan, line: BorderLine) -> dict[str, Any]:
    """True least distances: to the border always, to the ground and to each other away from the bases."""
    border_m, clearance_m = [], []
    for rows in truth.aircraft.values():
        border_m.append(float(np.min(line.signed_distance_m(rows[:, 1], rows[:, 2]))))
        away = _away_from_bases(rows, sector)
        if away.any():
            clearance_m.append(float(rows[away, 5].min()))
    return {
        "min_border_distance_m": round(min(border_m), 2) if border_m else None,
        "min_terrain_clearance_m": round(min(clearance_m), 2) if clearance_m else None,
        "min_separation_m": _separation_m(truth, sector),
    }


def _away_from_bases(rows: np.ndarray, sector: Sector) -> np.ndarray:
    """Which rows lie 500 m or more from every base."""
    away = np.ones(len(rows), dtype=bool)
    for base in sector.bases:
        same = np.ones(len(rows))
        away &= GEOD.inv(rows[:, 2], rows[:, 1], same * base.lon_deg, same * base.lat_deg)[2] >= NEAR_BASE_M
    return away


def _separation_m(truth: Truth, sector: Sector) -> float | None:
    """Least horizontal distance of two aircraft while their heights differ by less than 60 m; null for one aircraft."""
    least: list[float] = []
    for one, two in combinations(truth.aircraft.values(), 2):
        a, b = one[_away_from_bases(one, sector)], two[_away_from_bases(two, sector)]
        _, i, j = np.intersect1d(np.round(a[:, 0], 2), np.round(b[:, 0], 2), return_indices=True)
        level = np.abs(a[i, 3] - b[j, 3]) < SEPARATE_HEIGHT_M
        i, j = i[level], j[level]
        if len(i):
            least.append(float(GEOD.inv(a[i, 2], a[i, 1], b[j, 2], b[j, 1])[2].min()))
    return round(min(least), 2) if least else None


def _marker_figures(truth: Truth, night: Night) -> dict[str, Any]:
    if not truth.markers:
        return {"markers": 0, "marker_error_max_m": None}
    dem = exact_terrain(load_world(night.exercise.world))
    errors = marker_errors_m(truth.markers, dem, night.settings.width_px, night.settings.height_px)
    worst = max(errors)
    inside, known = ellipse_hits(
        truth.markers, night.ground.dem, sigmas_of(night.sector), night.settings.width_px, night.settings.height_px
    )
    return {
        "markers": len(errors),
        "marker_error_max_m": round(worst, 4) if np.isfinite(worst) else None,
        "ellipse_markers": known,
        "ellipse_markers_inside": inside,
    }
