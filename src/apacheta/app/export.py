"""`apacheta export PLAN --out DIR`: the night's sorties for a ground station, and the night for a map.

Only what is proven leaves the house: the plan is proven anew first, and refused where a failure could lead across.
"""

import argparse
import re
import time
from pathlib import Path
from typing import Any

from ..core.errors import InputFault
from ..core.plan import Sortie, sorties_of
from ..formats.canonical import sha256_hex
from ..formats.missions import encode_kml, encode_qgc_plan, encode_waypoints, mission_of
from .answer import Answer, run_to_answer, show
from .files import write_all
from .plan import check_folder
from .prove import Given, given_of, proven

SCHEMA = "apacheta/export/1"
KEYS = ("plan_sha256", "verdict", "out", "sorties", "missions", "kml", "cpu_seconds")
KML_FILE = "night.kml"


def command(arguments: argparse.Namespace) -> int:
    """The command line's `export`."""
    answer = Answer(SCHEMA, KEYS)
    sector = Path(arguments.sector) if arguments.sector else None
    run_to_answer(answer, lambda a: _work(a, Path(arguments.plan), sector, Path(arguments.out)))
    return show(answer, arguments.json, lambda body: _summary(body, arguments.lang))


def _work(answer: Answer, plan_path: Path, sector_given: Path | None, out: Path) -> None:
    cpu = time.process_time()
    check_folder(out)
    given = given_of(plan_path, sector_given)
    certificate = proven(given)
    answer.body |= {"plan_sha256": sha256_hex(given.data), "verdict": certificate.verdict}
    if certificate.verdict != "proven":
        text = (
            f"this plan is {certificate.verdict}: a failure could take an aircraft across. Nothing of it is exported."
        )
        remedy = "See `apacheta prove` for the failure; plan again."
        raise InputFault(certificate.verdict, text, file=str(plan_path), remedy=remedy)
    if out.exists() and any(out.iterdir()):
        text = "the folder holds other files: missions of two nights must not lie in one place."
        raise InputFault("folder_in_use", text, file=str(out), field="--out", remedy="Name a new or empty folder.")
    sorties = sorties_of(given.plan)
    missions = {name: data for sortie in sorties for name, data in _missions(sortie, given).items()}
    write_all({out / name: data for name, data in (missions | {KML_FILE: encode_kml(given.sector, sorties)}).items()})
    answer.body |= {
        "out": str(out),
        "sorties": len(sorties),
        "missions": sorted(missions),
        "kml": KML_FILE,
        "cpu_seconds": round(time.process_time() - cpu, 3),
    }


def _missions(sortie: Sortie, given: Given) -> dict[str, bytes]:
    """Both files of one sortie, by name."""
    aircraft = given.fleet[sortie.aircraft_type]
    is_wing, airspeed = aircraft.kind != "multirotor", aircraft.cruise_cas_m_s
    items = mission_of(sortie.tour, is_wing, airspeed)
    name = re.sub(r"[^\w.-]+", "_", f"{sortie.id}_{sortie.aircraft}")
    return {
        f"{name}.waypoints": encode_waypoints(sortie.tour, items),
        f"{name}.plan": encode_qgc_plan(sortie.tour, items, given.sector, is_wing, airspeed),
    }


def _summary(body: dict[str, Any], language: str | None) -> str:
    from .texts import Texts

    return Texts(language)("export.summary", sorties=body["sorties"], out=body["out"])
