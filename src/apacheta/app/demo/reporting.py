"""From a night's records to the report's data, and to the one HTML file."""

import shlex
from base64 import b64encode
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from contourpy import FillType, contour_generator

from ... import __version__
from ...account import Checkpoint
from ...alert.watchman import unreviewed
from ...core.alerts import Alert, Decision
from ...core.instant import NS
from ...core.plan import Sortie, sorties_of
from ...core.sight import Fix
from ...geo import LocalGrid
from ...see import why_unseen_km2
from ..files import write_whole
from ..report import (
    AlertCard,
    Area,
    Flight,
    Ground,
    Health,
    Line,
    LogState,
    NightReport,
    Score,
    Spot,
    Unseen,
    render,
)
from .figures import looks, seen_km2, video_hours
from .night import Night, alerts_of, frames_before

TURNAROUND_NS = 60 * NS


def write_report(night: Night, body: dict[str, Any], checkpoint: Checkpoint, signer: Any, verified: bool) -> Path:
    """Write the watch's report in the post; its path."""
    path = night.post.report
    report = report_of(night, body, checkpoint, signer.key.vkey, verified)
    write_whole(path, render(report, night.settings.language).encode())
    return path


def report_of(night: Night, body: dict[str, Any], checkpoint: Checkpoint, vkey: str, verified: bool) -> NightReport:
    """The report's data."""
    totals = [c.totals for c in night.chains.values()]
    start_ns = min((f[0].utc_ns for f in night.fixes.values() if f), default=night.sector.start_utc_ns)
    end_ns = max((t.last_utc_ns for t in totals if t.last_utc_ns), default=start_ns)
    seen_utc_ns, seen = _seen_over_time(night)
    return NightReport(
        apacheta=__version__,
        watch=night.post.watch,
        sector=night.sector,
        mandate=night.mandate,
        plan=night.plan,
        start_utc_ns=start_ns,
        end_utc_ns=end_ns,
        interrupted=night.interrupted,
        ground=_ground(night),
        lines=tuple(_lines(night)),
        areas=tuple(_areas(night)),
        spots=tuple(_spots(night)),
        flights=tuple(_flights(night)),
        alerts=tuple(_card(night, a) for a in alerts_of(night)),
        seen_utc_ns=seen_utc_ns,
        seen_km2=seen,
        unseen=_unseen(night),
        health=_health(night, body),
        log=LogState(
            origin=checkpoint.origin,
            tree_size=checkpoint.size,
            root_hash=b64encode(checkpoint.root).decode(),
            checkpoint=checkpoint.text,
            checkpoint_sha256=checkpoint.sha256,
            public_key=vkey,
            verify_command=shlex.join(["apacheta-verify", str(night.post.folder), "--key", vkey]),
            verified=verified,
        ),
        score=_score(body),
        simulated=True,
    )


def _ground(night: Night) -> Ground:
    dem = night.ground.dem
    rows, cols = dem.height_hae_m.shape
    return Ground(
        x_m=dem.origin_x_m + dem.cell_m * np.arange(cols),
        y_m=dem.origin_y_m + dem.cell_m * np.arange(rows),
        height_m=dem.height_hae_m,
        own_side=night.own_side,
        looks=looks(night),
        latlon=dem.grid.latlon,
        terrain_sha256=night.plan.terrain_sha256,
    )


def _xy(grid: LocalGrid, lonlat: Iterable[tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    lon, lat = np.array(list(lonlat), dtype=float).T
    x_m, y_m = grid.xy(lat, lon)
    return np.asarray(x_m), np.asarray(y_m)


def _lines(night: Night) -> Iterable[Line]:
    grid, sector = night.ground.dem.grid, night.sector
    for index, chain in enumerate(sector.border.chains):
        yield Line("border", f"border {index + 1}", *_xy(grid, chain))
    for road in sector.roads:
        for chain in road.chains:
            yield Line("road", road.name, *_xy(grid, chain))
    yield from _watch_lines(night)
    drawn = {s.tour.id: s.tour for s in sorties_of(night.plan)}
    for tour in drawn.values():
        points = [(w.position.lon_deg, w.position.lat_deg) for w in tour.waypoints]
        yield Line("planned", tour.strip, *_xy(grid, points))


class _BorderDistance:
    """Signed distance to the border over the sector, every `STEP` nodes, and its contours."""

    STEP = 4

    def __init__(self, night: Night) -> None:
        x_m, y_m = (axis[:: self.STEP] for axis in night.ground.dem.node_xy())
        lat, lon = night.ground.dem.grid.latlon(*(a.ravel() for a in np.meshgrid(x_m, y_m)))
        distance_m = night.ground.border_line.signed_distance_m(lat, lon).reshape(len(y_m), len(x_m))
        self._contours = contour_generator(x_m, y_m, distance_m, fill_type=FillType.OuterOffset)

    def lines(self, at_m: float) -> list[np.ndarray]:
        """Chains (n, 2) at that distance on the own side."""
        return [np.asarray(c) for c in self._contours.lines(at_m) if len(c) > 1]

    def rings(self, from_m: float, to_m: float) -> list[np.ndarray]:
        """Rings (n, 2) round the ground between two distances; holes are left out."""
        polygons, offsets = self._contours.filled(from_m, to_m)
        outer = (p[: o[1]] for p, o in zip(polygons, offsets, strict=True))
        return [np.asarray(ring) for ring in outer if len(ring) > 2]


def _watch_lines(night: Night) -> Iterable[Line]:
    """The inner lines whose crossing is reported; the border among them is drawn as the border."""
    distance = _BorderDistance(night)
    for at_m in night.lines_m:
        if at_m > 0:
            yield from (Line("watch_line", f"{at_m:.0f} m", *chain.T) for chain in distance.lines(at_m))


def _unresolved(night: Night) -> Iterable[Area]:
    """Own ground nearer to the border than the first line that a camera can resolve a walker at."""
    nearest_m = min(night.lines_m, default=0.0)
    if nearest_m > 0:
        rings = _BorderDistance(night).rings(0.0, nearest_m)
        yield from (Area("unresolved", "", *ring.T) for ring in rings)


def _areas(night: Night) -> Iterable[Area]:
    grid, sector = night.ground.dem.grid, night.sector
    yield from _unresolved(night)
    yield Area("keep_in", "keep-in", *_xy(grid, sector.keep_in))
    for zone in sector.zones:
        yield Area(zone.kind, zone.name, *_xy(grid, zone.ring))


def _spots(night: Night) -> Iterable[Spot]:
    grid, sector = night.ground.dem.grid, night.sector
    kinds = (("base", sector.bases), ("relay", sector.relays), ("patrol", sector.patrols), ("goal", sector.goals))
    for kind, places in kinds:
        for place in places:
            x_m, y_m = grid.xy(place.lat_deg, place.lon_deg)
            yield Spot(kind, place.name, float(x_m), float(y_m))


def _flights(night: Night) -> Iterable[Flight]:
    """One flight per sortie that was flown, from the aircraft's own fixes."""
    sorties = sorties_of(night.plan)
    for sortie in sorties:
        later = [
            s.launch_utc_ns for s in sorties if s.aircraft == sortie.aircraft and s.launch_utc_ns > sortie.launch_utc_ns
        ]
        until_ns = min(later, default=1 << 62) - TURNAROUND_NS
        fixes = [
            f
            for f in night.fixes.get(sortie.aircraft, [])
            if sortie.launch_utc_ns - TURNAROUND_NS <= f.utc_ns < until_ns and f.phase != "ground"
        ]
        if fixes:
            yield _flight(night, sortie, fixes)


def _flight(night: Night, sortie: Sortie, fixes: list[Fix]) -> Flight:
    dem = night.ground.dem
    lat = np.array([f.position.lat_deg for f in fixes])
    lon = np.array([f.position.lon_deg for f in fixes])
    height_m = np.array([f.position.alt_hae_m for f in fixes])
    x_m, y_m = (np.asarray(v) for v in dem.grid.xy(lat, lon))
    ground_m = np.asarray(dem.height_at(x_m, y_m))
    base = next(b for b in night.sector.bases if b.name == sortie.base)
    base_x_m, base_y_m = dem.grid.xy(base.lat_deg, base.lon_deg)
    away = np.hypot(x_m - base_x_m, y_m - base_y_m) >= 500.0
    clearance_m = (height_m - ground_m)[away]
    return Flight(
        sortie=sortie.id,
        aircraft=sortie.aircraft,
        aircraft_type=sortie.aircraft_type,
        base=sortie.base,
        utc_ns=np.array([f.utc_ns for f in fixes], dtype=np.int64),
        x_m=x_m,
        y_m=y_m,
        height_m=height_m,
        ground_m=ground_m,
        min_border_distance_m=float(np.min(night.ground.border_line.signed_distance_m(lat, lon))),
        min_terrain_clearance_m=float(np.nanmin(clearance_m)) if np.isfinite(clearance_m).any() else None,
        battery_left_fraction=fixes[-1].battery_fraction,
    )


def _card(night: Night, alert: Alert) -> AlertCard:
    grid = night.ground.dem.grid
    x_m, y_m = grid.xy(alert.position.lat_deg, alert.position.lon_deg)
    track_x_m, track_y_m = _xy(grid, [(lon, lat) for _, lon, lat in alert.evidence.track])
    return AlertCard(
        alert=alert,
        decision=_decision_on(night, alert),
        still=_picture(night, alert.evidence.still_sha256),
        chip=_picture(night, alert.evidence.chip_sha256),
        x_m=float(x_m),
        y_m=float(y_m),
        track_x_m=track_x_m,
        track_y_m=track_y_m,
    )


def _decision_on(night: Night, alert: Alert) -> Decision:
    """A person's last word on an alert; that nobody has looked at it where there is none, or it was taken back."""
    said = [] if night.past is None else night.past.book.decisions_on(alert.id)
    if not said or said[-1].state == "open":
        return unreviewed(alert)
    last = said[-1]
    return Decision(alert=alert.id, utc_ns=last.utc_ns, state=last.state, by=last.by, reason=last.reason)


def _picture(night: Night, sha256: str | None) -> bytes | None:
    path = night.post.evidence / f"{sha256}.png"
    return path.read_bytes() if sha256 and path.is_file() else None


def _seen_over_time(night: Night) -> tuple[np.ndarray, np.ndarray]:
    """Times and km2 of the first stream's notes; several streams overlap, so their sum would lie."""
    chain = night.chains[night.fleet[0]]
    if len(night.chains) == 1:
        return np.array(chain.totals.seen_utc_ns, dtype=np.int64), np.array(chain.totals.seen_km2)
    last = max((c.totals.last_utc_ns or 0 for c in night.chains.values()), default=0)
    return np.array([last], dtype=np.int64), np.array([seen_km2(night)])


def _unseen(night: Night) -> Unseen:
    """Why own-side ground got no accounted look from any stream."""
    cell_km2 = (night.ground.dem.cell_m / 1000.0) ** 2
    grounds = [c.eye.seen for c in night.chains.values() if c.eye is not None and c.eye.seen is not None]
    causes = why_unseen_km2(grounds, night.own_side)
    return Unseen(
        own_side_km2=float(night.own_side.sum() * cell_km2),
        never_in_frame_km2=causes["never_in_frame"],
        hidden_km2=causes["hidden"],
        too_coarse_km2=causes["too_coarse"],
        too_short_km2=causes["too_short"],
    )


def _health(night: Night, body: dict[str, Any]) -> Health:
    totals = [c.totals for c in night.chains.values()]
    return Health(
        streams=len(night.chains),
        video_s=video_hours(night) * 3600.0,
        frames_sent=body.get("frames_sent"),
        frames_decoded=frames_before(night) + sum(t.frames for t in totals),
        frames_georeferenced=frames_before(night) + sum(t.frames_georeferenced for t in totals),
        frames_dropped=body.get("frames_dropped"),
        frames_damaged=sum(t.frames_damaged for t in totals),
        video_lag_p95_s=body.get("video_lag_p95_s"),
        real_time_factor=body.get("real_time_factor"),
        faults=tuple(fault.text(night.settings.language) for fault in night.faults),
    )


def _score(body: dict[str, Any]) -> Score | None:
    names = list(Score.__dataclass_fields__)
    return Score(**{n: body[n] for n in names}) if body.get("crossers") is not None else None
