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
from .ground import BEYOND_M, Box, border_distance, hash_of_raster, lowest_ground, projected
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
        raise Invalid("certificate", f"it has not its form: {type(problem).__name__} {problem}") from problem
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
    _same(cert["height_datum"], {"hae": "hae", "amsl_egm96": "amsl"}[terrain["vertical_datum"]], "height_datum")
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
    wanted = {(tour, s["aircraft_type"]) for s in plan["slots"] for tour in (*s["tours"], s["drawn"])}
    given = [(t["id"], t["aircraft_type"]) for t in cert["tours"]]
    if set(given) != wanted or len(given) != len(wanted):
        raise Invalid("tours", f"missing or not in the plan: {sorted(set(given) ^ wanted)[:3]}")
    ways = {t["id"]: t["waypoints"] for t in plan["tours"]}
    box, hae, used = cert["box"], cert["height_datum"] == "hae", set()
    for number, tour in enumerate(cert["tours"]):
        way = ways[tour["id"]]
        at = np.array([(w["position"]["lat_deg"], w["position"]["lon_deg"]) for w in way])
        heights = [w["position"]["alt_hae_m"] if hae else w["alt_amsl_m"] for w in way]
        x, y = projected(at[:, 0], at[:, 1], box["lat0_deg"], box["lon0_deg"])
        corners = np.column_stack([x, y, np.array(heights, float)])
        if len(tour["legs"]) != len(corners) - 1 or any(type(k) is not int or k < 0 for k in tour["legs"]):
            raise Invalid(f"tours[{number}]", "its legs are not those between the plan's waypoints")
        for k, (index, a, b) in enumerate(zip(tour["legs"], corners, corners[1:], strict=False)):
            leg = cert["legs"][index]
            p, q = np.array(leg["start"]), np.array(leg["end"])
            off = min(max(np.abs(p - a).max(), np.abs(q - b).max()), max(np.abs(p - b).max(), np.abs(q - a).max()))
            if off > CORNER_M or leg["aircraft_type"] != tour["aircraft_type"]:
                raise Invalid(f"tours[{number}].legs[{k}]", "it is not the plan's leg")
            used.add(index)
    if len(used) != len(cert["legs"]):
        raise Invalid("legs", "some are of no tour")


def _check_margins(cert: Any, box: Box, lowest: Any, border: Any, air: Air, accuracy: float) -> None:
    """Every state of every leg in every mode: the least margin of the leg is what it says, and its worst state one that
    has it."""
    pieces = [_pieces(leg, number) for number, leg in enumerate(cert["legs"])]
    margins = [np.full((len(p), len(MODES)), np.nan) for p in pieces]
    _same(cert["states"], sum(map(len, pieces)), "states")
    for kind in sorted({leg["aircraft_type"] for leg in cert["legs"]}):
        craft = cert["aircraft"][kind]
        mine = [n for n, leg in enumerate(cert["legs"]) if leg["aircraft_type"] == kind]
        jobs = excursions(craft, air)
        for how in (None, "parachute", "in_more_wind"):
            due: dict[int, list[tuple[int, int, str]]] = {}
            for mode, n in ((m, n) for m in MODES if jobs[m][2] == how for n in mine):
                for s, (_, _, _, high) in enumerate(pieces[n]):
                    k = math.ceil((high + jobs[mode][1] - air.edges[0]) / PARAMETERS["layer_m"]) - 1
                    due.setdefault(max(k, 0), []).append((n, s, mode))
            moves = drift(how, craft, air) if how else None
            for k, field in enumerate(fields(border, lowest, air.edges, moves, box.cell)):
                for n, s, mode in due.pop(k, []):
                    x, y, half, _ = pieces[n][s]
                    radius = half + PARAMETERS["straight_m"] + jobs[mode][0][k]
                    nearest = least_round(field, x - box.west, y - box.south, radius, box.cell)
                    margins[n][s, MODES.index(mode)] = nearest - accuracy
                if not due:
                    break
            if due:
                raise Invalid("legs", "a failed aircraft could rise above the layers")
    for n, leg in enumerate(cert["legs"]):
        _check_leg(leg, f"legs[{n}]", pieces[n], margins[n])


def _pieces(leg: Leg, number: int) -> list[tuple[float, float, float, float]]:
    """x, y of each piece's middle, half its length, its highest height."""
    a, b = np.array(leg["start"], float), np.array(leg["end"], float)
    length = float(np.hypot(*(b - a)[:2]))
    count = max(1, math.ceil(length / PARAMETERS["spacing_m"]))
    _same(leg["states"], count, f"legs[{number}].states")
    ends = a + (b - a) * (np.arange(count + 1) / count)[:, None]
    return [(*((p + q) / 2)[:2], length / count / 2, max(p[2], q[2])) for p, q in pairwise(ends)]


def _check_leg(leg: Leg, where: str, pieces: list[tuple[float, float, float, float]], margins: Array) -> None:
    """What a leg says of each mode and of its worst state."""
    for i, (mode, said) in enumerate(zip(MODES, leg["margins_m"], strict=True)):
        s = int(margins[:, i].argmin())
        ours, (x, y, _, high) = float(margins[s, i]), pieces[s]
        if said is None or ours < 0.0:
            raise Invalid(f"{where}, {mode}", f"{ours:.1f} m, from x {x:.0f}, y {y:.0f}, height {high:.0f} m")
        if abs(said - ours) > TOLERANCE_M or said < 0.0:
            raise Invalid(f"{where}.margins_m, {mode}", f"it says {said} m; it is {ours:.1f} m")
    least, i = min((m, i) for i, m in enumerate(leg["margins_m"]))
    state = leg["worst"]
    here = [s for s, (x, y, _, high) in enumerate(pieces)
            if max(abs(x - state["x_m"]), abs(y - state["y_m"]), abs(high - state["height_m"])) < CORNER_M]  # fmt: skip
    if state["margin_m"] != least or state["mode"] != MODES[i]:
        raise Invalid(f"{where}.worst", f"the least margin is {least} m, {MODES[i]}")
    if not here or min(abs(float(margins[s, i]) - least) for s in here) > TOLERANCE_M:
        raise Invalid(f"{where}.worst", "no state of the leg with its least margin lies there")


def _check_verdicts(cert: Any) -> None:
    """The summary is that of the legs."""
    for i, (name, mode) in enumerate(zip(MODES, cert["modes"], strict=True)):
        margins = [leg["margins_m"][i] for leg in cert["legs"]]
        if not margins:
            raise Invalid("legs", "there are none")
        ours = {"mode": name, "verdict": "proven", "worst_margin_m": min(margins), "why": None}
        if mode != ours | {"worst": margins.index(min(margins))} or type(mode["worst"]) is not int:
            raise Invalid(f"modes[{i}]", f"it is not {ours}, of leg {margins.index(min(margins))}")
    _same(cert["verdict"], "proven", "verdict")
