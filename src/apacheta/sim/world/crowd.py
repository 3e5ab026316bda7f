"""Everybody of a night in flat arrays, and where they all are at an instant (one kernel, some tens of microseconds)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
MOVING_M_S = 0.05


@dataclass(frozen=True, eq=False)
class Route:
    """Where the first of a party goes: times (s from the epoch), metres along, points (n, 2); none decreases.

    A rest is two entries with the same place. `heading` (n, 2) is the smoothed unit direction of travel.
    """

    time_s: Floats
    along_m: Floats
    xy_m: Floats
    heading: Floats


@dataclass(frozen=True)
class Member:
    """One body: `lag_m` behind the first of its route, `side_m` to the right of it. Temperature over the ground's."""

    kind: str
    height_m: float
    width_m: float
    length_m: float
    temp_excess_c: float
    lag_m: float = 0.0
    side_m: float = 0.0
    route: int = 0


@dataclass(frozen=True, eq=False)
class Party:
    """People or animals that go together. Present from `from_s` to `to_s` after the epoch `epoch_utc_ns`.

    `crosser`: comes over the border and is what the watch is for; `lawful`: people who have every right to be there;
    animals are neither. `crossing_s`: when the first of a crosser party steps over the border.
    """

    id: str
    kind: str
    crosser: bool
    lawful: bool
    members: tuple[Member, ...]
    routes: tuple[Route, ...]
    epoch_utc_ns: int
    from_s: float
    to_s: float
    goal: str = ""
    crossing_s: float | None = None


class Positions(NamedTuple):
    """Everybody present at an instant, one entry a body, in the order of the members.

    x, y metres in the world's frame; speed m/s; moving; heading radians clockwise from grid north; member: index into
    `Crowd.members`; party: index into the list of parties.
    """

    x_m: Floats
    y_m: Floats
    speed_m_s: Floats
    moving: NDArray[np.bool_]
    heading_rad: Floats
    member: NDArray[np.int32]
    party: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Crowd:
    """The packed night: `members[i]` belongs to `parties[party[i]]`; the rest feeds the kernel."""

    parties: tuple[Party, ...]
    members: tuple[Member, ...]
    party: NDArray[np.int32]
    epoch_utc_ns: int
    way: Floats
    first: NDArray[np.int64]
    route: NDArray[np.int64]
    body: Floats


def crowd_of(parties: Sequence[Party]) -> Crowd:
    """Pack the parties of one night (all of one epoch)."""
    ways, first, route, members, owner, body = [], [0], [], [], [], []
    for number, party in enumerate(parties):
        base = len(ways)
        for r in party.routes:
            ways.append(np.column_stack([r.time_s, r.along_m, r.xy_m, r.heading]))
            first.append(first[-1] + len(r.time_s))
        for member in party.members:
            members.append(member)
            owner.append(number)
            route.append(base + member.route)
            body.append((member.lag_m, member.side_m, party.from_s, party.to_s))
    return Crowd(
        parties=tuple(parties),
        members=tuple(members),
        party=np.array(owner, np.int32),
        epoch_utc_ns=parties[0].epoch_utc_ns if parties else 0,
        way=np.ascontiguousarray(np.concatenate(ways)) if ways else np.zeros((0, 6)),
        first=np.array(first, np.int64),
        route=np.array(route, np.int64),
        body=np.array(body, float).reshape(-1, 4),
    )


def positions(crowd: Crowd | Sequence[Party], utc_ns: int) -> Positions:
    """Where everybody is. Pass a Crowd where it is asked for often: a list of parties is packed anew each time."""
    packed = crowd if isinstance(crowd, Crowd) else crowd_of(crowd)
    time_s = (utc_ns - packed.epoch_utc_ns) * 1e-9
    count, rows, index = _where(packed.way, packed.first, packed.route, packed.body, time_s)
    rows, index = rows[:, :count], index[:count]
    return Positions(rows[0], rows[1], rows[2], rows[2] > MOVING_M_S, rows[3], index, packed.party[index])


@njit(["int64(float64[:, ::1], int64, int64, int64, float64)"], cache=True, nogil=True, error_model="numpy")
def _last_below(way, column, first, last, value):
    """The last entry k in [first, last - 2] with way[k, column] <= value, or `first`."""
    low = first
    high = last - 1
    while high - low > 1:
        middle = (low + high) >> 1
        if way[middle, column] <= value:
            low = middle
        else:
            high = middle
    return low


@njit(
    ["Tuple((int64, float64[:, ::1], int32[::1]))(float64[:, ::1], int64[::1], int64[::1], float64[:, ::1], float64)"],
    cache=True,
    nogil=True,
    error_model="numpy",
)
def _where(way, first, route, body, time_s):
    """x, y, speed, heading (rows) of those present; `way` columns: time, along, x, y, heading x, heading y."""
    n = route.size
    out = np.empty((4, n))
    index = np.empty(n, np.int32)
    count = 0
    for i in range(n):
        if time_s < body[i, 2] or time_s > body[i, 3]:
            continue
        a = first[route[i]]
        b = first[route[i] + 1]
        k = _last_below(way, 0, a, b, time_s)
        span = way[k + 1, 0] - way[k, 0]
        part = min(max((time_s - way[k, 0]) / span, 0.0), 1.0) if span > 0.0 else 1.0
        step = way[k + 1, 1] - way[k, 1]
        along = way[k, 1] + part * step - body[i, 0]
        speed = step / span if span > 0.0 and 0.0 < part < 1.0 else 0.0
        j = _last_below(way, 1, a, b, along)
        reach = way[j + 1, 1] - way[j, 1]
        t = min(max((along - way[j, 1]) / reach, 0.0), 1.0) if reach > 0.0 else 0.0
        hx = way[j, 4] + t * (way[j + 1, 4] - way[j, 4])
        hy = way[j, 5] + t * (way[j + 1, 5] - way[j, 5])
        norm = np.sqrt(hx * hx + hy * hy) + 1e-12
        hx /= norm
        hy /= norm
        out[0, count] = way[j, 2] + t * (way[j + 1, 2] - way[j, 2]) + body[i, 1] * hy
        out[1, count] = way[j, 3] + t * (way[j + 1, 3] - way[j, 3]) - body[i, 1] * hx
        out[2, count] = speed
        out[3, count] = np.arctan2(hx, hy)
        index[count] = i
        count += 1
    return count, out, index
