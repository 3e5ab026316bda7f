"""The lines of truth.jsonl: what only the scorer may read. Times are UTC ns as decimal strings."""

import math
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ...core.sight import CameraPose
from .cast import Cast, Places
from .figures import Seen
from .flight import Motion
from .ground import Ground
from .pose import TruePose

Line = dict[str, Any]
RESTING_M, RESTING_NS = 0.3, 60_000_000_000


def party_lines(cast: Cast) -> list[Line]:
    """One line per party."""
    return [
        {
            "kind": "party",
            "party": party.id,
            "class": party.kind,
            "crosser": party.crosser,
            "lawful": party.lawful,
            "members": len(party.members),
            "bodies": [member.kind for member in party.members],
        }
        for party in cast.parties
    ]


def aircraft_line(utc_ns: int, aircraft: str, sortie: str, motion: Motion, ground: Ground) -> Line:
    """The true state of an aircraft in the air."""
    lon, lat = ground.lonlat(motion.x_m, motion.y_m)
    return {
        "kind": "aircraft",
        "utc_ns": str(utc_ns),
        "aircraft": aircraft,
        "sortie": sortie,
        "lat": round(lat, 8),
        "lon": round(lon, 8),
        "alt_hae_m": round(motion.amsl_m + ground.undulation_at(motion.x_m, motion.y_m), 2),
        "alt_amsl_m": round(motion.amsl_m, 2),
        "agl_m": round(motion.amsl_m - ground.height_at(motion.x_m, motion.y_m), 2),
        "phase": motion.phase,
        "used_wh": round(motion.used_wh, 2),
    }


class Whereabouts:
    """Says where members are; of one that rests only once a minute, since places between lines are linear."""

    def __init__(self, members: int) -> None:
        self.last_xy = np.full((2, members), np.inf)
        self.last_utc_ns = np.zeros(members, np.int64)

    def due(self, utc_ns: int, places: Places) -> NDArray[np.int64]:
        """Numbers of the members to tell about now."""
        moved = np.hypot(places.x_m - self.last_xy[0], places.y_m - self.last_xy[1]) > RESTING_M
        numbers = np.flatnonzero(places.present & (moved | (utc_ns - self.last_utc_ns >= RESTING_NS)))
        self.last_xy[:, numbers] = places.x_m[numbers], places.y_m[numbers]
        self.last_utc_ns[numbers] = utc_ns
        return numbers


def where_lines(utc_ns: int, numbers: NDArray[np.int64], cast: Cast, places: Places, ground: Ground) -> list[Line]:
    """Where those members are."""
    x, y = places.x_m[numbers], places.y_m[numbers]
    lon, lat = ground.world.to_lonlat(x, y)
    hae = ground.heights_at(x, y) + ground.world.undulation_m(x, y)
    return [
        {
            "kind": "where",
            "utc_ns": str(utc_ns),
            "party": cast.party_ids[n],
            "member": cast.names[n],
            "lat": round(float(lat[k]), 7),
            "lon": round(float(lon[k]), 7),
            "alt_hae_m": round(float(hae[k]), 1),
            "speed_m_s": round(float(places.speed_m_s[n]), 2),
        }
        for k, n in enumerate(numbers)
    ]


def view_lines(
    utc_ns: int, stream: str, frame: int, seen: list[Seen], cast: Cast, places: Places, ground: Ground
) -> list[Line]:
    """Members whose middle is inside the picture, with what decides whether they are in view."""
    return [_view_line(utc_ns, stream, frame, s, cast, places, ground) for s in seen]


def _view_line(utc_ns: int, stream: str, frame: int, seen: Seen, cast: Cast, places: Places, ground: Ground) -> Line:
    x, y = float(places.x_m[seen.number]), float(places.y_m[seen.number])
    lon, lat = ground.lonlat(x, y)
    return {
        "kind": "view",
        "utc_ns": str(utc_ns),
        "stream": stream,
        "frame": frame,
        "party": cast.party_ids[seen.number],
        "member": cast.names[seen.number],
        "col": round(seen.column_px, 2),
        "row": round(seen.row_px, 2),
        "lat": round(lat, 7),
        "lon": round(lon, 7),
        "alt_hae_m": round(seen.amsl_m + ground.undulation_at(x, y), 2),
        "los_half": seen.los_half,
        "area_px": round(seen.area_px, 2),
        "contrast_k": round(seen.contrast_k, 2),
        "speed_m_s": round(float(places.speed_m_s[seen.number]), 2),
        "slant_range_m": round(seen.slant_range_m, 1),
    }


def marker_line(
    true: TruePose,
    reported: CameraPose,
    stream: str,
    frame: int,
    number: int,
    column: float,
    row: float,
    place: tuple[float, float, float],
    ground: Ground,
) -> Line:
    """Where a square lies (`place`: grid x, y, AMSL), where its picture is, the exact pose and the reported one."""
    lon, lat = ground.lonlat(place[0], place[1])
    return {
        "kind": "marker",
        "utc_ns": str(true.utc_ns),
        "stream": stream,
        "frame": frame,
        "id": f"m{number:02d}",
        "lat": lat,
        "lon": lon,
        "alt_hae_m": place[2] + ground.undulation_at(place[0], place[1]),
        "col": column,
        "row": row,
        "pose": pose_object(true.record()),
        "reported": pose_object(reported),
    }


def pose_object(pose: CameraPose) -> Line:
    """A CameraPose as JSON values; its time is a decimal string."""
    found: Line = msgspec.to_builtins(pose)
    found["utc_ns"] = str(pose.utc_ns)
    assert all(not isinstance(v, float) or math.isfinite(v) for v in found.values())
    return found
