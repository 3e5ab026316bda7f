"""The proof of a night: every mode of the catalogue, from every state of every leg of every tour that may be drawn."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ... import __version__
from ...core.aircraft import Aircraft
from ...core.certificate import (
    Certificate,
    CertificateBox,
    CertifiedLeg,
    CertifiedState,
    CertifiedTour,
    ModeVerdict,
    Verdict,
)
from ...core.errors import InputFault
from ...core.plan import WatchPlan
from ...core.sector import Sector
from .catalogue import CATALOGUE, MODES, QNH_HPA, P, descents_of, excursions_of
from .descent import Air
from .ground import Ground
from .legs import Leg, Pieces, legs_of, pieces_of
from .reach import fields, least_distances

Floats = NDArray[np.float64]
Field = NDArray[np.float32]
HEADROOM_M = 2000.0
"""Layers above the highest of the lowest grounds; a plan whose excursions go higher is refused."""


def prove(
    plan: WatchPlan,
    plan_sha256: str,
    sector: Sector,
    fleet: Mapping[str, Aircraft],
    contents: Mapping[str, dict[str, Any]],
    ground: Ground,
    tell: Callable[[str], None] = lambda text: None,
) -> Certificate:
    """The certificate of a plan, proven or not. `contents`: the aircraft files of the fleet as they were read.

    Raises InputFault: `border_without_accuracy`, `datum_not_proven`, `air_out_of_range` (QNH), `no_sink_rate`
    (an independent termination without one), `too_high`.
    """
    check_inputs(sector, fleet)
    legs, tours = legs_of(plan, ground.box.grid, sector.terrain.vertical_datum == "hae")
    pieces = pieces_of(legs, P["spacing_m"])
    air = air_of(sector, ground)
    margins = np.full((len(pieces.leg), len(MODES)), np.inf)
    whys: dict[str, str] = {}
    for kind in sorted({leg.aircraft_type for leg in legs}):
        tell(f"{kind}")
        mine = np.array([legs[i].aircraft_type == kind for i in pieces.leg], dtype=np.bool_)
        margins[mine] = _margins(_some(pieces, mine), fleet[kind], sector, ground, air, whys)
    certified = _certified(legs, pieces, margins)
    return Certificate(
        format="certificate/1",
        apacheta=__version__,
        catalogue=CATALOGUE,
        verdict=_verdict(modes := _modes(certified, whys)),
        plan_sha256=plan_sha256,
        sector_sha256=sector.sha256,
        terrain_sha256=plan.terrain_sha256,
        border_sha256=plan.border_sha256,
        border_line_accuracy_m=sector.border.accuracy_m,
        wind_max_m_s=round(air.wind_m_s(), 3),
        height_datum="hae" if sector.terrain.vertical_datum == "hae" else "amsl",
        box=_box(ground, air),
        parameters=dict(P),
        aircraft={name: contents[name] for name in sorted({leg.aircraft_type for leg in legs})},
        modes=modes,
        states=len(pieces.leg),
        tours=tuple(CertifiedTour(id=t, aircraft_type=k, legs=tuple(v)) for (t, k), v in tours.items()),
        legs=certified,
    )


def check_inputs(sector: Sector, fleet: Mapping[str, Aircraft]) -> None:
    """Refuse what nothing can be proven from. Raises InputFault."""
    if not sector.border.accuracy_m > 0.0:
        text = "without the border line's accuracy nothing is proven: no line is exact."
        raise InputFault("border_without_accuracy", text, field="border.accuracy_m", remedy="State it in metres.")
    if sector.terrain.vertical_datum == "amsl_egm2008":
        text = "heights above EGM2008 are not proven: a plan's are above EGM96, and the two differ by metres."
        remedy = "Bring the elevation model to EGM96 or the ellipsoid."
        raise InputFault("datum_not_proven", text, field="terrain.vertical_datum", remedy=remedy)
    low, high = QNH_HPA
    if not low <= sector.weather.qnh_hpa <= high:
        text = f"QNH {sector.weather.qnh_hpa:.0f} hPa is outside {low:.0f} to {high:.0f}, for which the air is rounded."
        raise InputFault("air_out_of_range", text, field="weather.qnh_hpa", remedy="Wait for other weather.")
    for name, aircraft in fleet.items():
        termination = aircraft.failure.termination
        if termination.independent and termination.sink_m_s is None:
            text = f"{name}: an independent termination without its sink rate bounds nothing."
            raise InputFault("no_sink_rate", text, field="failure.termination.sink_m_s", remedy="State it.")


def air_of(sector: Sector, ground: Ground) -> Air:
    """The layers from the lowest ground up."""
    layer = P["layer_m"]
    bottom = math.floor(float(ground.lowest_m.min()) / layer) * layer
    top = float(ground.lowest_m.max()) + HEADROOM_M
    return Air(
        weather=sector.weather,
        bottom_m=bottom,
        layer_m=layer,
        layers=math.ceil((top - bottom) / layer),
        sigmas=P["wind_sigmas"],
        cold_c=P["temperature_slack_c"],
        height_slack_m=P["height_slack_m"],
        grid_north=P["grid_north_factor"],
        polar_factor=P["polar_factor"],
        fall_sink_m_s=P["fall_sink_m_s"],
        gust_s=P["gust_s"],
        gust_share=P["gust_share"],
    )


def _some(pieces: Pieces, mine: NDArray[np.bool_]) -> Pieces:
    return Pieces(pieces.middle_m[mine], pieces.half_m[mine], pieces.high_m[mine], pieces.leg[mine])


def _margins(
    pieces: Pieces, aircraft: Aircraft, sector: Sector, ground: Ground, air: Air, whys: dict[str, str]
) -> Floats:
    """(pieces, modes): by how much more than the line's accuracy what each state can reach stays away from it; NaN
    where nothing bounds it, and why goes into `whys`."""
    out = np.full((len(pieces.leg), len(MODES)), np.nan)
    excursions, descents = excursions_of(aircraft, sector, air), descents_of(aircraft, air)
    for mode in excursions:
        if mode.why is not None or (mode.descent is not None and descents[mode.descent] is None):
            whys[mode.mode] = mode.why or "rising_air"
    for kind in (None, *descents):
        falling = [m for m in excursions if m.descent == kind and m.mode not in whys]
        if falling:
            layers = {m.mode: layers_of(pieces.high_m + m.up_m, air) for m in falling}
            top = max(int(of.max(initial=-1)) for of in layers.values())
            for k, field in zip(
                range(top + 1), fields(ground, air, None if kind is None else descents[kind]), strict=False
            ):
                for mode in falling:
                    at = np.flatnonzero(layers[mode.mode] == k)
                    out[at, MODES.index(mode.mode)] = _least(pieces, at, field, mode.radius_m[k], ground)
    return out - sector.border.accuracy_m


def _least(pieces: Pieces, at: NDArray[np.int64], field: Field, radius_m: float, ground: Ground) -> Field:
    """The least distances to the border of some pieces whose excursions go so far."""
    radius = pieces.half_m[at] + P["straight_m"] + radius_m
    return least_distances(ground, field, pieces.middle_m[at], radius)


def layers_of(height_m: Floats, air: Air) -> NDArray[np.int64]:
    """The layer that each height lies in, its upper edge included; what is below the lowest counts to it."""
    layer = np.ceil((height_m - air.bottom_m) / air.layer_m).astype(np.int64) - 1
    if len(layer) and layer.max() >= air.layers:
        text = f"a failed aircraft could rise above {air.edges_m[-1]:.0f} m, up to which the air is worked out."
        raise InputFault("too_high", text, remedy="Plan lower.")
    return np.maximum(layer, 0)


def _certified(legs: list[Leg], pieces: Pieces, margins: Floats) -> tuple[CertifiedLeg, ...]:
    first = np.searchsorted(pieces.leg, np.arange(len(legs) + 1))
    return tuple(_certified_leg(leg, pieces, margins, int(first[i]), int(first[i + 1])) for i, leg in enumerate(legs))


def _certified_leg(leg: Leg, pieces: Pieces, margins: Floats, first: int, last: int) -> CertifiedLeg:
    mine = margins[first:last]
    known = np.where(np.isnan(mine), np.inf, mine)
    least = tuple(None if math.isinf(v) else _down(v) for v in known.min(axis=0))
    worst = None
    if known_least := [(m, i) for i, m in enumerate(least) if m is not None]:
        margin_m, mode = min(known_least)  # of equal ones the first
        state = int(known[:, mode].argmin())
        x, y = pieces.middle_m[first + state]
        worst = CertifiedState(
            mode=MODES[mode],
            margin_m=margin_m,
            x_m=round(float(x), 2),
            y_m=round(float(y), 2),
            height_m=round(float(pieces.high_m[first + state]), 2),
        )
    return CertifiedLeg(
        aircraft_type=leg.aircraft_type,
        start=leg.start,
        end=leg.end,
        states=last - first,
        margins_m=least,
        worst=worst,
    )


def _down(metres: float) -> float:
    return math.floor(float(metres) * 10.0) / 10.0


def _modes(legs: tuple[CertifiedLeg, ...], whys: Mapping[str, str]) -> tuple[ModeVerdict, ...]:
    return tuple(_mode(name, i, legs, whys.get(name)) for i, name in enumerate(MODES))


def _mode(name: str, i: int, legs: tuple[CertifiedLeg, ...], why: str | None) -> ModeVerdict:
    known = [(leg.margins_m[i], n) for n, leg in enumerate(legs) if leg.margins_m[i] is not None]
    margin, worst = min(known, key=lambda pair: (pair[0], pair[1]), default=(None, None))
    verdict: Verdict = "proven" if margin is not None and margin >= 0.0 else "not_proven"
    return ModeVerdict(
        mode=name, verdict="not_provable" if why else verdict, worst_margin_m=margin, worst=worst, why=why
    )


def _verdict(modes: tuple[ModeVerdict, ...]) -> Verdict:
    found = {m.verdict for m in modes}
    return "not_provable" if "not_provable" in found else "not_proven" if "not_proven" in found else "proven"


def _box(ground: Ground, air: Air) -> CertificateBox:
    box = ground.box
    return CertificateBox(
        bounds_deg=ground.bounds_deg,
        lat0_deg=box.lat0_deg,
        lon0_deg=box.lon0_deg,
        west_m=box.west_m,
        south_m=box.south_m,
        cell_m=box.cell_m,
        rows=box.rows,
        cols=box.cols,
        bottom_m=air.bottom_m,
        layers=air.layers,
    )
