"""All that may be come over or hit, mode by mode: for pictures and for whoever lives below. Rounded outwards."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ...core.aircraft import Aircraft
from ...core.certificate import Certificate
from ...core.sector import Sector
from .catalogue import MODES, P, descents_of, excursions_of
from .ground import Box, Ground
from .legs import Leg, pieces_of
from .proof import air_of, layers_of
from .reach import reached_of, spread

Bools = NDArray[np.bool_]


def coarser(ground: Ground, times: int) -> Ground:
    """The ground in cells so many times as large: each as low, and as near to the border, as the nearest in it."""
    box = ground.box
    rows, cols = box.rows // times * times, box.cols // times * times
    parts = [
        f[:rows, :cols].reshape(rows // times, times, cols // times, times).min(axis=(1, 3))
        for f in (ground.lowest_m, ground.border_m)
    ]
    whole = Box(box.lat0_deg, box.lon0_deg, box.west_m, box.south_m, box.cell_m * times, rows // times, cols // times)
    return Ground(ground.bounds_deg, whole, *parts)


def reached_by_mode(
    certificate: Certificate, sector: Sector, fleet: Mapping[str, Aircraft], ground: Ground
) -> dict[str, Bools]:
    """(rows, cols) of the ground's box for each mode that something bounds: the cells that some state of some tour may
    lead to. Modes that lead to the same have the same array."""
    air, found = air_of(sector, ground), dict[str, Bools]()
    for kind in certificate.aircraft:
        legs = [Leg(kind, leg.start, leg.end) for leg in certificate.legs if leg.aircraft_type == kind]
        pieces, known = pieces_of(legs, P["spacing_m"]), dict[object, Bools]()
        descents = descents_of(fleet[kind], air)
        for mode in excursions_of(fleet[kind], sector, air):
            if mode.why is not None or (mode.descent is not None and descents[mode.descent] is None):
                continue
            key = mode.radius_m, mode.up_m, mode.descent
            if key not in known:
                layer = layers_of(pieces.high_m + mode.up_m, air)
                starts = {
                    int(k): _round(pieces.middle_m[layer == k], mode.radius_m[k], ground.box) for k in np.unique(layer)
                }
                known[key] = reached_of(ground, air, None if mode.descent is None else descents[mode.descent], starts)
            found[mode.mode] = found[mode.mode] | known[key] if mode.mode in found else known[key]
    return {mode: found[mode] for mode in MODES if mode in found}


def _round(places: NDArray[np.float64], radius_m: float, box: Box) -> Bools:
    """The cells within a radius, and a piece's half, of the cells of some places."""
    mask = np.zeros((box.rows, box.cols), np.bool_)
    i = np.floor((places[:, 1] - box.south_m) / box.cell_m).astype(np.int64)
    j = np.floor((places[:, 0] - box.west_m) / box.cell_m).astype(np.int64)
    mask[np.clip(i, 0, box.rows - 1), np.clip(j, 0, box.cols - 1)] = True
    return spread(mask, np.array([0.0, 0.0, radius_m + P["spacing_m"]]), box.cell_m)
