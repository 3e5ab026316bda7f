"""A watch of one stream without a sector, as its readers are shown it: what is known so far, the rest null or empty."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import __version__
from ...core.mandate import Mandate
from ...core.place import LonLat
from ...core.sight import CameraPose, Fix
from ...geo import Dem
from .night import declination_deg

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class StreamScene:
    """The fixed parts of a watch, as far as they are known; `replace` it when more is.

    watch: what the account calls it, its stream. bounds: west, south, east, north of the ground about the camera; of
    the mandate's area before the first pose. epoch_utc_ns: from when on ground can have been seen, by the stream's
    clock. ahead_ns: by how much the watch's time is ahead of this machine's.
    """

    watch: str
    name: str
    mandate: Mandate
    began_utc_ns: int
    bounds: Bounds
    epoch_utc_ns: int
    ahead_ns: int = 0
    dem: Dem | None = None
    width_px: int | None = None
    height_px: int | None = None
    terrain: bool = False
    simulated: bool = False
    own_side: np.ndarray | None = None

    def night(self) -> dict[str, Any]:
        """The object of `GET /api/night`. There is no border, no plan and no end but the stream's or the mandate's."""
        west, south, east, north = self.bounds
        lat_deg, lon_deg = (south + north) / 2, (west + east) / 2
        return {
            "apacheta": __version__,
            "name": self.name,
            "watch": self.watch,
            "exercise": self.mandate.exercise,
            "authority": self.mandate.authority,
            "purpose": self.mandate.purpose,
            "start_utc_ns": str(self.began_utc_ns + self.ahead_ns),
            "end_utc_ns": None,
            "mandate_to_utc_ns": str(self.mandate.to_utc_ns + self.ahead_ns),
            "bounds": list(self.bounds),
            "grid_north_deg": None if self.dem is None else float(self.dem.grid.convergence_deg(lat_deg, lon_deg)),
            "declination_deg": declination_deg(lat_deg, lon_deg, self.began_utc_ns),
            "border": None,
            "aircraft": [self._aircraft()],
            **{name: [] for name in ("keep_in", "zones", "bases", "relays", "patrols", "goals", "roads", "lines")},
            "tours": [],
            "planned_km2": None,
            "terrain": self.terrain,
            "live": True,
        }

    def _aircraft(self) -> dict[str, Any]:
        """Whoever sends the stream: it says neither what flies nor whence; how wide the camera looks changes."""
        return {
            "id": self.watch,
            "type": None,
            "base": None,
            "stream": self.watch,
            "width_px": self.width_px,
            "height_px": self.height_px,
            "hfov_deg": None,
        }


def bounds_about(ring: tuple[LonLat, ...]) -> Bounds:
    """West, south, east, north of a ring."""
    lons, lats = [lon for lon, _ in ring], [lat for _, lat in ring]
    return min(lons), min(lats), max(lons), max(lats)


def fix_of(aircraft: str, pose: CameraPose) -> Fix:
    """The position and attitude that a stream's metadata gives of the aircraft; the rest is not known."""
    unknown = float("nan")
    return Fix(
        aircraft=aircraft,
        utc_ns=pose.utc_ns,
        position=pose.position,
        heading_deg=pose.platform_heading_deg,
        pitch_deg=pose.platform_pitch_deg,
        roll_deg=pose.platform_roll_deg,
        ground_speed_m_s=unknown,
        battery_fraction=unknown,
        phase="",
        sigma_h_m=unknown,
        sigma_v_m=unknown,
        source="metadata",
    )
