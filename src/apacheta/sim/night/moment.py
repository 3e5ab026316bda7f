"""When to begin a night that somebody looks at: aircraft on station, and a crosser about to come into a picture.

Flights are stepped as the night will step them, without pictures. Who would be in view is told by geometry alone: the
middle of a body in the frame, in line of sight over the truth, large enough, walking, on the own side. Only the moment
is chosen; who walks where, and who flies where, is the night's own.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.instant import NS
from .attitude import grid_axes
from .cast import Places
from .line_kernel import line_is_clear
from .night import FIX_NS, Crew, NightSimulator, Tick

MOMENT_VERSION = 3
SOONEST_S, LATEST_S = 20, 40
"""So long after the begin the crosser comes into view."""
STAYS_S = 11
"""In view by the pinned definition is 10 s; the rest is for what geometry does not know."""
ALONE_S = 5
"""So long before the soonest it is in nobody's view."""
AREA_PX, SPEED_M_S = 4.5, 0.3
"""A silhouette of 4 pixels counts; a half more makes up for how a body stands to the camera."""
EDGE = 0.02
"""Of the frame's sides, left out: the flight that is flown differs from this one by its last half minute's chance."""
STEP_NS = NS // 10

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Moment:
    """A begin: how many aircraft are on station then, and who comes into whose view when."""

    utc_ns: int
    on_station: int
    aircraft: str
    party: str
    in_view_utc_ns: int


@dataclass
class CameraWay:
    """One aircraft at each whole second: its camera (n, 3) grid x, y, AMSL; axes (n, 3, 3); whether it is on station
    (n,), where the camera looks at something."""

    camera: NDArray[np.float64]
    axes: NDArray[np.float64]
    on_station: Bools


def camera_ways_of(
    night: NightSimulator, seconds: int, tell: Callable[[float], None] = lambda share: None
) -> dict[str, CameraWay]:
    """The flights of a night that has not begun, from its first instant for so many seconds: as they would be flown up
    to any of these seconds, if the night began there."""
    ways = {crew.name: _empty(seconds) for crew in night.crews}
    first_ns = min((c.waiting[0].launch_utc_ns for c in night.crews if c.waiting), default=night.from_utc_ns)
    before = max(0, -(-(night.from_utc_ns - first_ns) // STEP_NS))
    for k in range(-before, seconds * 10):
        utc_ns = night.from_utc_ns + k * STEP_NS
        for crew in night.crews:
            _fly(night, crew, utc_ns, k, ways[crew.name])
        if k % 600 == 0:
            tell((k + before) / (seconds * 10 + before))
    return ways


def moments_of(night: NightSimulator, ways: dict[str, CameraWay]) -> Iterator[Moment]:
    """Begins with the most aircraft on station, then with one fewer, and so on; the earliest first. The night's cast
    stands for that of a night that begins later: it walks the same ways, as long after the begin."""
    count = on_station(ways)
    most = int(np.max(count, initial=0))
    for wanted in range(most, 0, -1):
        begins = _steady(count == wanted)
        yield from sorted(_at(night, ways, begins, wanted), key=lambda m: m.utc_ns)


def on_station(ways: dict[str, CameraWay]) -> NDArray[np.int64]:
    """How many aircraft are on station at each second."""
    return np.asarray(sum(way.on_station.astype(np.int64) for way in ways.values()))


def _empty(seconds: int) -> CameraWay:
    return CameraWay(np.zeros((seconds, 3)), np.zeros((seconds, 3, 3)), np.zeros(seconds, np.bool_))


def _fly(night: NightSimulator, crew: Crew, utc_ns: int, step: int, way: CameraWay) -> None:
    """One step of one aircraft, with the chance that a fix draws; its camera into the way each second."""
    air = night.advance(Tick(utc_ns), crew, utc_ns, STEP_NS / NS)
    if air is None:
        return
    pose = night.true_pose(air, utc_ns)
    if step % (FIX_NS // STEP_NS) == 0:
        air.navigation.report(pose, FIX_NS / NS)
    if step >= 0 and step % 10 == 0:
        motion, second = air.flight.motion, step // 10
        local = night.ground.local(motion.x_m, motion.y_m)
        way.camera[second] = motion.x_m, motion.y_m, motion.amsl_m
        way.axes[second] = grid_axes(pose.sight_ned, local.convergence_deg)
        way.on_station[second] = motion.phase == "station" and air.sight.stare >= 0


def _steady(is_so: Bools) -> NDArray[np.int64]:
    """Seconds at which it is so and has been for the last five, so that no begin hangs on one second."""
    held = np.convolve(is_so, np.ones(5), "full")[: len(is_so)] >= 5
    return np.flatnonzero(held)


def _at(night: NightSimulator, ways: dict[str, CameraWay], begins: NDArray[np.int64], most: int) -> Iterator[Moment]:
    """The begins among these after which somebody comes into view in time, one moment each: the first to come."""
    seconds = range(SOONEST_S - ALONE_S, LATEST_S + STAYS_S)
    begins = begins[begins + seconds.stop < len(next(iter(ways.values())).on_station)]
    found: dict[int, Moment] = {}
    for name, way in ways.items():
        seen = np.stack([_seen(night, name, way, begins, s) for s in seconds])  # seconds, begins, members
        for second in range(SOONEST_S, LATEST_S + 1):
            at = second - seconds.start
            comes = seen[at : at + STAYS_S].all(axis=0) & ~seen[:at].any(axis=0)
            for begin, member in zip(*np.nonzero(comes), strict=True):
                utc_ns = night.from_utc_ns + int(begins[begin]) * NS
                party = night.cast.party_ids[member]
                moment = Moment(utc_ns, most, name, party, utc_ns + second * NS)
                earlier = found.get(utc_ns)
                if earlier is None or moment.in_view_utc_ns < earlier.in_view_utc_ns:
                    found[utc_ns] = moment
    yield from found.values()


def _seen(night: NightSimulator, name: str, way: CameraWay, begins: NDArray[np.int64], second: int) -> Bools:
    """Which members (begins, members) the camera sees so many seconds after each of the begins."""
    places = night.cast.at(night.from_utc_ns + second * NS)
    seen = np.zeros((len(begins), len(night.cast.members)), np.bool_)
    who = np.flatnonzero(_walks(night, places))
    if not len(who) or not len(begins):
        return seen
    at = begins + second
    framed, offsets = _in_frame(night, name, way, at, places, who)
    for begin, k in zip(*np.nonzero(framed), strict=True):
        seen[begin, who[k]] = _is_clear(night, way.camera[at[begin]], places, int(who[k]), offsets[begin, k, 2])
    return seen


def _walks(night: NightSimulator, places: Places) -> Bools:
    """Members of crossers that are there, move, and are on the own side."""
    crossers = np.array([night.cast.parties[n].crosser for n in night.cast.crowd.party], dtype=np.bool_)
    there = crossers & places.present & (places.speed_m_s >= SPEED_M_S)
    there[there] &= np.asarray(night.ground.world.is_own(places.x_m[there], places.y_m[there]))
    return there


def _in_frame(
    night: NightSimulator, name: str, way: CameraWay, at: NDArray[np.int64], places: Places, who: NDArray[np.int64]
) -> tuple[Bools, NDArray[np.float64]]:
    """Whether the camera of each of those seconds has the middle of each body in its frame, large enough (seconds,
    members); and the offsets (seconds, members, 3) from camera to body."""
    ground, focal_px = night.ground, night.focal_px(name)
    x_m, y_m = places.x_m[who], places.y_m[who]
    size_m = np.array([(m.height_m, m.width_m) for m in (night.cast.members[n] for n in who)])
    middle_m = ground.heights_at(x_m, y_m) + size_m[:, 0] / 2
    camera = way.camera[at]
    local = ground.local(*camera[:, :2].mean(axis=0))
    columns = tuple(camera[:, k, None] for k in range(3))
    offsets = ground.offsets(x_m, y_m, middle_m, columns, local)  # type: ignore[arg-type]
    across, down, depth = np.moveaxis(np.einsum("bij,bmj->bmi", way.axes[at], offsets), -1, 0)
    safe = np.maximum(depth, 1.0)
    wide, high = (focal_px / safe * part for part in (across, down))
    inside = (np.abs(wide) < (0.5 - EDGE) * night.width_px) & (np.abs(high) < (0.5 - EDGE) * night.height_px)
    area_px = math.pi / 4 * size_m[:, 0] * size_m[:, 1] * (focal_px / safe) ** 2
    return inside & (depth > 5.0) & (area_px >= AREA_PX) & way.on_station[at][:, None], offsets


def _is_clear(night: NightSimulator, camera: NDArray[np.float64], places: Places, member: int, up_m: float) -> bool:
    """Line of sight to half the body over the truth terrain."""
    ground = night.ground
    local = ground.local(float(camera[0]), float(camera[1]))
    return bool(
        line_is_clear(
            ground.height_amsl_m, ground.cell_m, ground.origin_x_m, ground.origin_y_m, np.ascontiguousarray(camera),
            places.x_m[member], places.y_m[member], float(up_m), local.scale0 + local.scale1 * float(camera[2]),
            local.drop_per_m, local.tilt_x, local.tilt_y,
        )
    )  # fmt: skip
