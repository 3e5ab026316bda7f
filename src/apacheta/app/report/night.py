"""What the night's report is made from: plain records and arrays, nothing to compute twice.

Plane coordinates are the local grid's: x east-ish, y grid north, metres. Arrays of the ground have their rows from
south to north. Unknown is None or NaN, never 0.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apacheta.core.alerts import Alert, Decision
from apacheta.core.mandate import Mandate
from apacheta.core.plan import WatchPlan
from apacheta.core.sector import Sector

Floats = NDArray[np.floating]
ToLatLon = Callable[[Floats, Floats], tuple[Floats, Floats]]


@dataclass(frozen=True)
class Ground:
    """The terrain, what was seen of it, and how to name a place on it.

    height_m: (rows, cols), HAE, NaN = void. x_m (cols,), y_m (rows,): ascending. own_side, looks: (rows, cols) bool
    and integer; looks = accounted looks at each cell. latlon(x_m, y_m) gives degrees, WGS 84.
    """

    x_m: Floats
    y_m: Floats
    height_m: Floats
    own_side: NDArray[np.bool_]
    looks: NDArray[np.integer]
    latlon: ToLatLon
    terrain_sha256: str


@dataclass(frozen=True)
class Line:
    """A chain on the map. Kinds: border, road, watch_line, planned (a tour)."""

    kind: str
    name: str
    x_m: Floats
    y_m: Floats


@dataclass(frozen=True)
class Area:
    """A ring on the map. Kinds: those of core.sector.Zone, keep_in, and unresolved: own ground so near to the border
    that no camera can resolve a walker there from where aircraft may fly."""

    kind: str
    name: str
    x_m: Floats
    y_m: Floats


@dataclass(frozen=True)
class Spot:
    """A named point on the map. Kinds: base, relay, patrol, goal, village."""

    kind: str
    name: str
    x_m: float
    y_m: float


@dataclass(frozen=True)
class Flight:
    """One sortie as flown, from the aircraft's own reports. Arrays (n,), in order of time.

    height_m and ground_m are HAE: the aircraft, and the terrain model below it. Distances are least ones of the
    flight, away from its base; None when nobody worked them out.
    """

    sortie: str
    aircraft: str
    aircraft_type: str
    base: str
    utc_ns: NDArray[np.int64]
    x_m: Floats
    y_m: Floats
    height_m: Floats
    ground_m: Floats
    min_border_distance_m: float | None
    min_terrain_clearance_m: float | None
    battery_left_fraction: float | None


@dataclass(frozen=True)
class AlertCard:
    """An alert with its pictures (PNG or JPEG bytes) and its mover's track on the plane. Decision None = unreviewed."""

    alert: Alert
    decision: Decision | None
    still: bytes | None
    chip: bytes | None
    x_m: float
    y_m: float
    track_x_m: Floats
    track_y_m: Floats


@dataclass(frozen=True)
class Unseen:
    """The own side that got no accounted look, by its first cause, in km2. A cell is counted once, at the nearest
    cause to having been seen: too short, else too coarse, else hidden, else never in frame."""

    own_side_km2: float
    never_in_frame_km2: float
    hidden_km2: float
    too_coarse_km2: float
    too_short_km2: float
    masked_km2: float = 0.0


@dataclass(frozen=True)
class Health:
    """What the equipment delivered."""

    streams: int
    video_s: float
    frames_sent: int | None
    frames_decoded: int
    frames_georeferenced: int
    frames_dropped: int | None
    frames_damaged: int
    video_lag_p95_s: float | None
    real_time_factor: float | None
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class LogState:
    """The account's last checkpoint and how a stranger checks it: `checkpoint` is the signed note, `root_hash` base64
    as in it. verified None = not tried by this report."""

    origin: str
    tree_size: int
    root_hash: str
    checkpoint: str
    checkpoint_sha256: str
    public_key: str
    verify_command: str
    verified: bool | None


@dataclass(frozen=True)
class Score:
    """Only for an exercise: what the simulator's truth says of the night, opened after the chain had ended."""

    crossers: int
    crossers_in_view: int
    crossers_in_view_alerted: int
    true_alerts: int
    lawful_alerts: int
    false_alerts: int
    false_alerts_per_drone_hour: float | None
    time_to_alert_s: float | None


@dataclass(frozen=True)
class NightReport:
    """One night, complete. `watch`: what the account calls it. `seen_km2` follows `seen_utc_ns`: own-side ground with
    at least one accounted look."""

    apacheta: str
    watch: str
    sector: Sector
    mandate: Mandate
    plan: WatchPlan
    start_utc_ns: int
    end_utc_ns: int
    interrupted: bool
    ground: Ground
    lines: tuple[Line, ...]
    areas: tuple[Area, ...]
    spots: tuple[Spot, ...]
    flights: tuple[Flight, ...]
    alerts: tuple[AlertCard, ...]
    seen_utc_ns: NDArray[np.int64]
    seen_km2: Floats
    unseen: Unseen
    health: Health
    log: LogState
    score: Score | None = None
    simulated: bool = False
