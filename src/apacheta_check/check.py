"""What is held against what: the certificate against plan, sector, border, elevation model, and everything worked out
anew. The first thing that does not hold is named."""

import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .failures import CATALOGUE, HEADROOM_M, MODES, PARAMETERS, Air, drift, excursions
from .files import Invalid, Sector, canonical, read, read_json, sha256
from .ground import BEYOND_M, Box, border_distance, hash_of_raster, lowest_ground
from .reach import fields, least_round

TOLERANCE_M = 0.5
"""Two ways to work out a distance to the border agree to this; a certificate rounds down to 0.1 m."""
CORNER_M = 0.02
Array = NDArray[np.float64]
Leg = dict[str, Any]


def check(certificate_path: Path, plan_path: Path, sector_path: Path) -> dict[str, Any]:
    """The certificate's content where it is valid. Raises Invalid, Unreadable."""
    data, plan_data = read(certificate_path), read(plan_path)
    cert, plan = read_json(data, str(certificate_path)), read_json(plan_data, str(plan_path))
    sector = Sector(sector_path)
    try:
        _check_all(cert, data, plan, plan_data, sector)
    except (KeyError, TypeError, IndexError, AttributeError, ValueError) as problem:
        raise Invalid("certificate", f"it has not the form of a certificate: {type(problem).__name__} {problem}") from problem
    return cert  # type: ignore[no-any-return]


def _check_all(cert: Any, data: bytes, plan: Any, plan_data: bytes, sector: Sector) -> None:
    if cert["format"] != "certificate/1" or cert["catalogue"] != CATALOGUE or cert["parameters"] != PARAMETERS:
        raise Invalid("parameters", f"they are not those of {CATALOGUE}")
    if canonical(cert) != data:
        raise Invalid("certificate", "its bytes are not the canonical ones")
    _check_hashes(cert, plan, plan_data, sector)
    border, terrain = sector.content["border"], sector.content["terrain"]
    accuracy = float(border.get("accuracy_m") or 0.0)
    if not accuracy > 0.0:
        raise Invalid("border_line_accuracy_m", "without the border line's accuracy nothing is proven")
    _same(cert["border_line_accuracy_m"], accuracy, "border_line_accuracy_m")
    _same(cert["height_datum"], "hae" if terrain["vertical_datum"] == "hae" else "amsl", "height_datum")
    _check_legs(cert, plan)
    box = Box(cert["box"], sector.keep_in, sector.terrain)
    lowest, unknown = lowest_ground(box, sector.terrain, terrain["ce90_m"], PARAMETERS["ce90_factor"])
    lowest = (lowest - PARAMETERS["le90_factor"] * terrain["le90_m"]).astype(np.float32)
    own = border["own_side"]
    distance = border_distance(box, sector.chains, (float(own["lat_deg"]), float(own["lon_deg"])))
    distance32 = np.where(unknown, BEYOND_M, distance).astype(np.float32)
    layer = PARAMETERS["layer_m"]
    bottom = math.floor(float(lowest.min()) / layer) * layer
    _same(cert["box"]["bottom_m"], bottom, "box.bottom_m")
    _same(cert["box"]["layers"], math.ceil((float(lowest.max()) + HEADROOM_M - bottom) / layer), "box.layers")
    air = Air(sector.content["weather"], bottom, cert["box"]["layers"])
    _same(cert["wind_max_m_s"], round(float(air.strongest().max()), 3), "wind_max_m_s", 0.0011)
    _check_margins(cert, box, lowest, distance32, air, accuracy)
    _check_verdicts(cert)


def _same(said: Any, ours: Any, where: str, tolerance: float = 0.0) -> None:
    close = said == ours if tolerance == 0.0 else abs(said - ours) <= tolerance
    if not close or type(said) is bool:
        raise Invalid(where, f"it says {said}; it is {ours}")


def _check_hashes(cert: Any, plan: Any, plan_data: bytes, sector: Sector) -> None:
    _same(cert["plan_sha256"], sha256(plan_data), "plan_sha256")
    for name, ours in (("sector", sector.hash()), ("terrain", hash_of_raster(sector.terrain)),
                       ("border", sha256(canonical(sector.chains)))):  # fmt: skip
        _same(plan[f"{name}_sha256"], ours, f"{name}_sha256 of the plan")
        _same(cert[f"{name}_sha256"], ours, f"{name}_sha256")
    for kind in {slot["aircraft_type"] for slot in plan["slots"]}:
        _same(sha256(canonical(cert["aircraft"][kind])), plan["aircraft_sha256"][kind], f"aircraft.{kind}")


def _check_legs(cert: Any, plan: Any) -> None:
    """Every tour of every slot's lottery, drawn or not, is flown along the certificate's legs; no leg is missing."""
    wanted = {(tour, slot["aircraft_type"]) for slot in plan["slots"] for tour in slot["tours"]}
    given = [(t["id"], t["aircraft_type"]) for t in cert["tours"]]
    if set(given) != wanted or len(given) != len(wanted):
        raise Invalid("tours", f"missing or not in the plan: {sorted(set(given) ^ wanted)[:3]}")
    tours = {t["id"]: t for t in plan["tours"]}
    box, hae = cert["box"], cert["height_datum"] == "hae"
    from .ground import projected

    for number, tour in enumerate(cert["tours"]):
        way = tours[tour["id"]]["waypoints"]
        place = [w["position"] for w in way]
        x, y = projected([p["lat_deg"] for p in place], [p["lon_deg"] for p in place], box["lat0_deg"], box["lon0_deg"])
        z = np.array([p["alt_hae_m"] if hae else w["alt_amsl_m"] for p, w in zip(place, way, strict=True)])
        corners = np.column_stack([x, y, z])
        if len(tour["legs"]) != len(corners) - 1:
            raise Invalid(f"tours[{number}]", f"{len(tour['legs'])} legs for {len(corners)} waypoints")
        for k, (a, b) in enumerate(pairwise(corners)):
            index = tour["legs"][k]
            leg = cert["legs"][index] if type(index) is int and index >= 0 else None
            ends = leg and (np.array(leg["start"]), np.array(leg["end"]))
            if not ends or leg["aircraft_type"] != tour["aircraft_type"] or not (
                (np.abs(ends[0] - a) <= CORNER_M).all() and (np.abs(ends[1] - b) <= CORNER_M).all()
                or (np.abs(ends[0] - b) <= CORNER_M).all() and (np.abs(ends[1] - a) <= CORNER_M).all()
            ):  # fmt: skip
                raise Invalid(f"tours[{number}].legs[{k}]", "it is not the plan's leg")
    unused = set(range(len(cert["legs"]))) - {i for t in cert["tours"] for i in t["legs"]}
    if unused:
        raise Invalid(f"legs[{min(unused)}]", "no tour has it")


def _check_margins(cert: Any, box: Box, lowest: Any, border: Any, air: Air, accuracy: float) -> None:
    """Every state of every leg in every mode: the least margin of the leg is what it says, and its worst state one that
    has it."""
    pieces = [_pieces(leg, number) for number, leg in enumerate(cert["legs"])]
    _same(cert["states"], sum(len(p) for p in pieces), "states")
    for kind in sorted({leg["aircraft_type"] for leg in cert["legs"]}):
        craft = cert["aircraft"][kind]
        mine = [n for n, leg in enumerate(cert["legs"]) if leg["aircraft_type"] == kind]
        jobs = excursions(craft, air)
        found = {n: np.full((len(pieces[n]), len(MODES)), np.nan) for n in mine}
        for how in sorted({job[2] for job in jobs.values() if job}, key=str):
            moves = drift(how, craft, air) if how else None
            modes = [m for m in MODES if (job := jobs[m]) and job[2] == how and (moves is not None or how is None)]
            due: dict[int, list[tuple[int, int, str]]] = {}
            for n in mine:
                for mode in modes:
                    for s, (_, _, _, high) in enumerate(pieces[n]):
                        k = max(math.ceil((high + jobs[mode][1] - air.edges[0]) / PARAMETERS["layer_m"]) - 1, 0)  # type: ignore[index]
                        due.setdefault(k, []).append((n, s, mode))
            for k, field in zip(range(max(due, default=-1) + 1), fields(border, lowest, air.edges, moves, box.cell), strict=False):
                for n, s, mode in due.get(k, []):
                    x, y, half, _ = pieces[n][s]
                    radius = half + PARAMETERS["straight_m"] + jobs[mode][0][k]  # type: ignore[index]
                    nearest = least_round(field, x - box.west, y - box.south, radius, box.cell)
                    found[n][s, MODES.index(mode)] = nearest - accuracy
            if max(due, default=0) >= len(air.edges) - 1:
                raise Invalid("legs", "a failed aircraft could rise above the layers")
        for n in mine:
            _check_leg(cert["legs"][n], n, pieces[n], found[n])


def _pieces(leg: Leg, number: int) -> list[tuple[float, float, float, float]]:
    """x, y of each piece's middle, half its length, its highest height."""
    a, b = np.array(leg["start"], float), np.array(leg["end"], float)
    length = float(np.hypot(*(b - a)[:2]))
    count = max(1, math.ceil(length / PARAMETERS["spacing_m"]))
    _same(leg["states"], count, f"legs[{number}].states")
    ends = a + (b - a) * (np.arange(count + 1) / count)[:, None]
    return [(*((p + q) / 2)[:2], length / count / 2, max(p[2], q[2])) for p, q in pairwise(ends)]


def _check_leg(leg: Leg, number: int, pieces: list[tuple[float, float, float, float]], margins: Array) -> None:
    where = f"legs[{number}]"
    if len(leg["margins_m"]) != len(MODES):
        raise Invalid(where, "a margin for each mode is wanted")
    for i, mode in enumerate(MODES):
        said, ours = leg["margins_m"][i], float(margins[:, i].min())
        if math.isnan(ours) != (said is None) or (said is not None and abs(said - ours) > TOLERANCE_M):
            raise Invalid(f"{where}.margins_m, {mode}", f"it says {said} m; it is {ours:.1f} m")
        if said is not None and not (said >= 0.0 and ours >= 0.0):
            s = int(margins[:, i].argmin())
            x, y, _, high = pieces[s]
            raise Invalid(f"{where}, {mode}", f"not proven: {ours:.1f} m at x {x:.0f} m, y {y:.0f} m, height {high:.0f} m")
    known = [(m, i) for i, m in enumerate(leg["margins_m"]) if m is not None]
    worst, i = min(known)
    state = leg["worst"]
    here = [s for s, (x, y, _, high) in enumerate(pieces)
            if max(abs(x - state["x_m"]), abs(y - state["y_m"]), abs(high - state["height_m"])) <= CORNER_M]  # fmt: skip
    if state["margin_m"] != worst or state["mode"] != MODES[i] or not here:
        raise Invalid(f"{where}.worst", f"the least margin is {worst} m, {MODES[i]}, at one of its states")
    if min(abs(float(margins[s, i]) - worst) for s in here) > TOLERANCE_M:
        raise Invalid(f"{where}.worst", "that state does not have the leg's least margin")


def _check_verdicts(cert: Any) -> None:
    if [m["mode"] for m in cert["modes"]] != list(MODES):
        raise Invalid("modes", "they are not those of the catalogue, in its order")
    for i, mode in enumerate(cert["modes"]):
        where = f"modes[{i}], {mode['mode']}"
        margins = [leg["margins_m"][i] for leg in cert["legs"]]
        if None in margins or not margins:
            raise Invalid(where, f"not proven: {mode['why'] or 'no leg'}")
        least = min(margins)
        if mode["worst_margin_m"] != least or mode["worst"] != margins.index(least) or type(mode["worst"]) is not int:
            raise Invalid(where, f"the least margin is {least} m, of leg {margins.index(least)}")
        if mode["verdict"] != "proven" or mode["why"] is not None:
            raise Invalid(where, f"its verdict says {mode['verdict']}")
    if cert["verdict"] != "proven":
        raise Invalid("verdict", f"it says {cert['verdict']}")
