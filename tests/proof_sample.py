"""A small plan to be proven: two tours over two_valleys that share legs, drawn by hand.

base .---.---.        tour A: out to the east, round, home
     '---'---'        tour B: the same way out, then farther
"""

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from sectors import BASE, SECTOR, two_valleys

from apacheta.app.loading import aircraft_contents, load_fleet, load_proof_ground, load_sector
from apacheta.core.certificate import Certificate
from apacheta.core.place import AmslM, GeoPoint, HaeM
from apacheta.core.plan import Slot, Tour, WatchPlan, Waypoint
from apacheta.formats.canonical import canonical_bytes, sha256_hex
from apacheta.formats.certificate_json import encode_certificate
from apacheta.formats.plan_json import encode_plan
from apacheta.geo import hae_of_amsl
from apacheta.plan.containment import prove

LAT, LON = BASE
WAY_A = ((0.0, 0.0, 4010.0), (0.0, 0.0, 4300.0), (0.004, 0.008, 4320.0), (0.004, 0.014, 4320.0), (0.0, 0.016, 4320.0),
         (0.0, 0.0, 4300.0), (0.0, 0.0, 4010.0))  # fmt: skip
WAY_B = (*WAY_A[:4], (0.006, 0.020, 4350.0), (0.0, 0.016, 4320.0), *WAY_A[5:])


def sample(folder: Path, text: str = SECTOR, ways: dict[str, Any] | None = None) -> Path:
    """The sector's files and plan.json in a folder; returns the sector's path."""
    path = two_valleys(folder, sector=text)
    (folder / "plan.json").write_bytes(encode_plan(plan_of(path, ways or {"A": WAY_A, "B": WAY_B})))
    (folder / "inputs.json").write_text(json.dumps({"format": "inputs/1", "sector": path.name}), encoding="utf-8")
    return path


def plan_of(path: Path, ways: dict[str, Any]) -> WatchPlan:
    """A plan with one slot whose lottery holds a tour a way, and one tour more that nobody draws."""
    sector = load_sector(path)
    fleet = load_fleet(sector, path)
    ground = load_proof_ground(sector)
    terrain_sha256 = _raster_sha256(path)
    assert ground.box.rows > 100
    tours = tuple(_tour(name, way) for name, way in ways.items())
    slot = Slot(
        id="slot-01", aircraft="A1", aircraft_type="vtol_terminating", base="Base",
        launch_utc_ns=str(sector.start_utc_ns), tours=tuple(ways), probabilities=(1.0 / len(ways),) * len(ways),
        drawn=next(iter(ways)),
    )  # fmt: skip
    return WatchPlan(
        format="plan/1", apacheta="test", policy="strips", seed=1, sector=sector.name, sector_sha256=sector.sha256,
        mandate_sha256="0" * 64, terrain_sha256=terrain_sha256,
        border_sha256=sha256_hex(canonical_bytes(sector.border.chains)),
        aircraft_sha256={name: a.sha256 for name, a in fleet.items()}, start_utc_ns=str(sector.start_utc_ns),
        end_utc_ns=str(sector.end_utc_ns), border_standoff_m=400.0, border_line_accuracy_m=30.0,
        clearance_required_m=None, tours=(*tours, _tour("not drawn", WAY_A)), slots=(slot,), dropped=(),
        min_border_distance_m=None, min_terrain_clearance_m=None, min_separation_m=None,
        min_energy_reserve_fraction=None, planned_km2=0.0, search_rate_km2_h=None, containment="proven",
        certified_detection=None,
    )  # fmt: skip


def _raster_sha256(path: Path) -> str:
    return sha256_hex((path.parent / "terrain.tif").read_bytes())


def _tour(name: str, way: Any) -> Tour:
    points = []
    for north, east, amsl in way:
        hae = float(hae_of_amsl(LAT + north, LON + east, amsl))
        position = GeoPoint(lat_deg=LAT + north, lon_deg=LON + east, alt_hae_m=HaeM(hae))
        points.append(Waypoint(position=position, alt_amsl_m=AmslM(amsl), kind="transit", along_m=0.0))
    return Tour(
        id=name, strip="", waypoints=tuple(points), stares=(), length_m=0.0, duration_s=1_500.0, laps=0, energy_wh=0.0,
        reserve_fraction=0.5, min_border_distance_m=0.0, min_terrain_clearance_m=0.0, max_density_altitude_m=0.0,
        radio_margin_db=0.0, watched_km2=0.0,
    )  # fmt: skip


def certificate_of(path: Path, **changed: Any) -> Certificate:
    """The proof of the sample; `changed`: other inputs than those on disk, for a prover that errs."""
    sector = load_sector(path)
    data = (path.parent / "plan.json").read_bytes()
    given = {
        "plan": msgspec.json.decode(data, type=WatchPlan),
        "plan_sha256": sha256_hex(data),
        "sector": sector,
        "fleet": load_fleet(sector, path),
        "contents": aircraft_contents(sector, path),
        "ground": load_proof_ground(sector),
    }
    return prove(**given | changed)


def written(path: Path, certificate: Certificate) -> Path:
    """The certificate beside its plan."""
    out = path.parent / "certificate.json"
    out.write_bytes(encode_certificate(certificate))
    return out


def heights_above(certificate: Certificate) -> np.ndarray:
    """The heights of all legs' ends."""
    return np.array([(leg.start[2], leg.end[2]) for leg in certificate.legs])
