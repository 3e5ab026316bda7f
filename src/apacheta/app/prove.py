"""`apacheta prove PLAN --out FILE`: prove anew that no aircraft of a plan crosses the border; write the certificate."""

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.aircraft import Aircraft
from ..core.certificate import Certificate
from ..core.errors import InputFault
from ..core.plan import WatchPlan
from ..core.sector import Sector
from ..formats.canonical import sha256_hex
from ..formats.certificate_json import encode_certificate
from ..formats.plan_json import decode_plan
from ..geo import LocalGrid
from .answer import Answer, run_to_answer, show
from .files import write_whole
from .loading import aircraft_contents, load_fleet, load_proof_ground, load_sector
from .plan import INPUTS_FILE, with_file

SCHEMA = "apacheta/prove/1"
KEYS = (
    *("verdict", "certificate", "certificate_sha256", "plan_sha256", "terrain_sha256", "border_sha256", "aircraft"),
    *("catalogue", "border_line_accuracy_m", "wind_max_m_s", "tours", "legs", "states", "modes", "first_failure"),
    *("cpu_seconds",),
)


def command(arguments: argparse.Namespace) -> int:
    """The command line's `prove`."""
    answer = Answer(SCHEMA, KEYS)
    sector = Path(arguments.sector) if arguments.sector else None
    run_to_answer(answer, lambda a: _work(a, Path(arguments.plan), sector, Path(arguments.out)))
    return show(answer, arguments.json, lambda body: _summary(body, arguments.lang))


@dataclass(frozen=True)
class Given:
    """A plan with the sector and the fleet that it was made from."""

    path: Path
    data: bytes
    plan: WatchPlan
    sector_path: Path
    sector: Sector
    fleet: dict[str, Aircraft]


def given_of(plan_path: Path, sector_given: Path | None) -> Given:
    """What a plan file speaks of; by default of the sector that `plan` noted beside it. Raises InputFault where
    something is missing or has changed since."""
    if not plan_path.is_file():
        raise InputFault("missing_file", "there is no such plan.", file=str(plan_path), remedy="Correct the path.")
    data = plan_path.read_bytes()
    plan = decode_plan(data, str(plan_path))
    sector_path = sector_given or _sector_beside(plan_path)
    sector = load_sector(sector_path)
    fleet = load_fleet(sector, sector_path)
    _check_same(plan, sector.sha256, {name: a.sha256 for name, a in fleet.items()}, plan_path)
    return Given(plan_path, data, plan, sector_path, sector, fleet)


def proven(given: Given) -> Certificate:
    """The plan's certificate, worked out anew. Raises InputFault where nothing can be."""
    from ..plan.containment import prove

    try:
        return prove(
            *(given.plan, sha256_hex(given.data), given.sector, given.fleet),
            *(aircraft_contents(given.sector, given.sector_path), load_proof_ground(given.sector)),
        )
    except InputFault as fault:
        raise with_file(fault, given.sector_path) from None


def _work(answer: Answer, plan_path: Path, sector_given: Path | None, out: Path) -> None:
    cpu = time.process_time()
    certificate = proven(given_of(plan_path, sector_given))
    written = encode_certificate(certificate)
    write_whole(out, written)
    answer.body |= body_of(certificate) | {
        "certificate": str(out),
        "certificate_sha256": sha256_hex(written),
        "cpu_seconds": round(time.process_time() - cpu, 3),
    }
    answer.exit_code = 0 if certificate.verdict == "proven" else 1


def _sector_beside(plan_path: Path) -> Path:
    """The sector that `apacheta plan` noted beside its plan."""
    noted = plan_path.parent / INPUTS_FILE
    try:
        return plan_path.parent / str(json.loads(noted.read_bytes())["sector"])
    except (OSError, ValueError, KeyError, TypeError):
        text = f"nothing beside the plan says where its sector is ({INPUTS_FILE})."
        raise InputFault(
            "no_sector", text, file=str(plan_path), field="--sector", remedy="Name the sector with --sector."
        ) from None


def _check_same(plan: WatchPlan, sector_sha256: str, aircraft: dict[str, str], plan_path: Path) -> None:
    """Refuse inputs that are not those of the plan."""
    changed = next((n for n, s in sorted(plan.aircraft_sha256.items()) if aircraft.get(n) != s), None)
    what = "the sector" if plan.sector_sha256 != sector_sha256 else f"the aircraft file {changed}" if changed else None
    if what is not None:
        text = f"{what} is not the one that this plan was made from."
        raise InputFault("other_inputs", text, file=str(plan_path), remedy="Plan again, or name the right files.")


def body_of(certificate: Certificate) -> dict[str, Any]:
    """The figures of a certificate."""
    return {
        "verdict": certificate.verdict,
        "plan_sha256": certificate.plan_sha256,
        "terrain_sha256": certificate.terrain_sha256,
        "border_sha256": certificate.border_sha256,
        "aircraft": sorted(certificate.aircraft),
        "catalogue": certificate.catalogue,
        "border_line_accuracy_m": certificate.border_line_accuracy_m,
        "wind_max_m_s": certificate.wind_max_m_s,
        "tours": len(certificate.tours),
        "legs": len(certificate.legs),
        "states": certificate.states,
        "modes": [
            {
                "mode": m.mode,
                "verdict": m.verdict,
                "worst_margin_m": m.worst_margin_m,
                "worst": None if m.worst is None else _place(certificate, m.worst),
                "why": m.why,
            }
            for m in certificate.modes
        ],
        "first_failure": _first_failure(certificate),
    }


def _place(certificate: Certificate, index: int) -> dict[str, Any]:
    """Where a leg lies: its number, a tour that has it, its two ends."""
    leg, box = certificate.legs[index], certificate.box
    grid = LocalGrid(box.lat0_deg, box.lon0_deg, 0.0)
    ends = [(*grid.latlon(x, y), height) for x, y, height in (leg.start, leg.end)]
    return {
        "leg": index,
        "tour": next((t.id for t in certificate.tours if index in t.legs), None),
        "aircraft_type": leg.aircraft_type,
        "ends": [
            {"lat_deg": round(lat, 6), "lon_deg": round(lon, 6), f"alt_{certificate.height_datum}_m": height}
            for lat, lon, height in ends
        ],
    }


def _first_failure(certificate: Certificate) -> dict[str, Any] | None:
    """The first mode that is not proven, with the leg of the least margin."""
    failed = next((m for m in certificate.modes if m.verdict != "proven"), None)
    if failed is None:
        return None
    where = None if failed.worst is None else _place(certificate, failed.worst)
    return {"mode": failed.mode, "why": failed.why or "crosses", "margin_m": failed.worst_margin_m, "where": where}


def _summary(body: dict[str, Any], language: str | None) -> str:
    from .texts import Texts

    t = Texts(language)
    lines = [t(f"prove.{body['verdict']}", tours=body["tours"], states=t.number(body["states"]))]
    for mode in body["modes"]:
        margin = "" if mode["worst_margin_m"] is None else t("prove.margin", metres=t.number(mode["worst_margin_m"]))
        why = "" if mode["why"] is None else t(f"prove.why.{mode['why']}")
        name, verdict = t(f"prove.mode.{mode['mode']}"), t(f"prove.verdict.{mode['verdict']}")
        lines.append(f"  {name}: {verdict}{margin}{why}")
    return "\n".join([*lines, body["certificate"]])
