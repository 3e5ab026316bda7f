"""The containment certificate: what was proven, from which inputs, and all that a checker needs to redo it.

File: CERTIFICATE.json (`certificate/1`, RFC 8785 canonical); docs/containment.md describes it.
"""

from typing import Any, Literal

import msgspec

Verdict = Literal["proven", "not_proven", "not_provable"]


class CertificateBox(msgspec.Struct, frozen=True, kw_only=True):
    """The grid: transverse Mercator metres on the ellipsoid round lat0, lon0; cells from the south-west corner. It was
    made round bounds_deg: west, south, east, north."""

    bounds_deg: tuple[float, float, float, float]
    lat0_deg: float
    lon0_deg: float
    west_m: float
    south_m: float
    cell_m: float
    rows: int
    cols: int
    bottom_m: float
    layers: int


class CertifiedState(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a leg with the least margin: the middle of a piece, its highest height, and the mode."""

    mode: str
    margin_m: float
    x_m: float
    y_m: float
    height_m: float


class CertifiedLeg(msgspec.Struct, frozen=True, kw_only=True):
    """A leg flown either way, x, y, height at both ends; the least margin of its states in each mode, in the order of
    `modes` (null: not provable)."""

    aircraft_type: str
    start: tuple[float, float, float]
    end: tuple[float, float, float]
    states: int
    margins_m: tuple[float | None, ...]
    worst: CertifiedState | None


class CertifiedTour(msgspec.Struct, frozen=True, kw_only=True):
    """A tour as indices of legs in the order of flight. With the link lost it is flown on, to its end."""

    id: str
    aircraft_type: str
    legs: tuple[int, ...]


class ModeVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """One mode over all legs. `worst` is the index of the leg with the least margin; `why`: not provable."""

    mode: str
    verdict: Verdict
    worst_margin_m: float | None
    worst: int | None
    why: str | None = None


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """One night's proof. `aircraft` holds the content of each type's file, whose hash the plan names."""

    format: Literal["certificate/1"]
    apacheta: str
    catalogue: str
    verdict: Verdict
    plan_sha256: str
    sector_sha256: str
    terrain_sha256: str
    border_sha256: str
    border_line_accuracy_m: float
    wind_max_m_s: float
    height_datum: Literal["amsl", "hae"]
    box: CertificateBox
    parameters: dict[str, float]
    aircraft: dict[str, dict[str, Any]]
    modes: tuple[ModeVerdict, ...]
    states: int
    tours: tuple[CertifiedTour, ...]
    legs: tuple[CertifiedLeg, ...]
