"""The chain of a watch without a sector: its ground is laid by the first pose, and its mandate is held to."""

import math
from collections.abc import Callable

from shapely.geometry import Point, Polygon

from ...adapters.clock import SystemClock
from ...adapters.raster import RasterSource
from ...adapters.video import Decoder, VideoDecoder
from ...core.alerts import Alert
from ...core.errors import InputFault
from ...core.instant import NS
from ...core.mandate import Mandate
from ...core.place import GeoPoint, HaeM
from ...core.sector import VerticalDatum
from ...core.sight import CameraPose
from ...formats.klv import MetadataPacket
from ...formats.ts import PesUnit
from ...geo import Dem, LocalGrid, dem_of, undulation_m
from ...see import Eye, frame_centre_disagreement_m
from ..chain import Chain, ChainSettings, Keeper, Paired, Posed
from .refusals import about_terrain, check_time

MOST_CENTRES = 1000
"""Stated frame centres that wait for their frame; more means that they belong to none."""
REACH_DEG = 0.15
"""About 15 km."""
UNPLACED_S = 30.0
"""How much of a live stream may come without a pose: longer than any encoder's pause between two of them."""
CELL_M = 30.0
HEIGHTS: VerticalDatum = "amsl_egm96"
"""What the heights of the named elevation file are taken to be above."""


class WatchChain(Chain):
    """A chain whose ground is laid when the first pose tells where the camera is. With a mandate it ends, by
    InputFault, when the mandate's time does, with the first frame outside its area, and where nobody can say for
    `UNPLACED_S` of the stream where the camera is; silence does not count."""

    def __init__(
        self,
        settings: ChainSettings,
        keeper: Keeper | None,
        terrain: RasterSource | None,
        mandate: Mandate | None,
        decoder_for: Callable[[int], Decoder] = VideoDecoder.for_stream_type,
    ) -> None:
        super().__init__(settings, None, None, keeper, clock=SystemClock(), decoder_for=decoder_for)
        self.tell_pose: Callable[[Posed], None] = lambda posed: None
        """Who is told of each pose as it comes."""
        self.terrain_sha256: str | None = None
        self.taken_bytes = 0
        self.stream, self.terrain, self.mandate = settings.stream, terrain, mandate
        self._area = None if mandate is None else Polygon(mandate.area)
        self._centres: dict[int, GeoPoint] = {}
        self._came_ns: int | None = None
        self._unplaced_ns = 0

    def feed(self, data: bytes, received_ns: int | None = None) -> list[Alert]:
        """As `Chain.feed`; a live watch hears of silence too, so that none outlasts its mandate."""
        if self.mandate is not None:
            check_time(self.mandate, self._clock.utc_ns(), None)
            self._check_placed(data, self._clock.monotonic_ns() if received_ns is None else received_ns)
        self.taken_bytes += len(data)
        return super().feed(data, received_ns)

    def break_off(self) -> None:
        """End without looking at what still waits: what was looked at is written down, once."""
        if not self._ended:
            self._ended = True
            try:
                self._close_segment()
            finally:
                self._note_seen(force=True)

    def _pose(self, unit: PesUnit, packet: MetadataPacket) -> None:
        centre = stated_centre(packet)
        if centre is not None and packet.utc_ns is not None:
            self._centres[packet.utc_ns] = centre
        before = self._newest_pose
        super()._pose(unit, packet)
        if self._newest_pose is not None and self._newest_pose is not before:
            self.tell_pose(self._newest_pose)

    def _frame(self, paired: Paired) -> None:
        if paired.pose is not None:
            self._check_area(paired.pose)
            self._unplaced_ns = 0
            if self.eye is None:
                grid, dem = ground_about(paired.pose, self.terrain)
                self.terrain_sha256 = None if dem is None else dem.sha256
                self.eye = Eye(dem, grid, self.stream)
        before = self.totals.footprint
        super()._frame(paired)
        if paired.pose is not None and self.totals.footprint is not before:
            self._compare_centre(self._centres.pop(paired.pose.utc_ns, None))

    def _compare_centre(self, stated: GeoPoint | None) -> None:
        """How far the frame centre that the stream states lies from ours: shown, never used."""
        footprint = self.totals.footprint
        if stated is not None and footprint is not None:
            self.totals.centre_disagreements_m.add(frame_centre_disagreement_m(stated, footprint.centre))
        if len(self._centres) > MOST_CENTRES:
            self._centres.clear()

    def _note_lag(self) -> None:
        """As `Chain._note_lag`; a frame that is early shows that the first one was late: due times count from it."""
        super()._note_lag()
        if self.totals.lag_s is not None and self.totals.lag_s < 0.0 and self.totals.last_utc_ns is not None:
            self._due, self.totals.lag_s = (self.totals.last_utc_ns, self._clock.monotonic_ns()), 0.0

    def _check_placed(self, data: bytes, received_ns: int) -> None:
        """Add up for how long bytes have come since the last frame with a pose. Raises InputFault `no_position`."""
        if not data:
            return
        self._unplaced_ns += 0 if self._came_ns is None else min(received_ns - self._came_ns, NS)
        self._came_ns = received_ns
        if self._unplaced_ns > UNPLACED_S * NS:
            text = f"no frame came with a pose in {UNPLACED_S:.0f} s of the stream: nobody can say where the camera is."
            remedy = "Run `apacheta doctor video` on a recording: it says what the encoder must send."
            raise InputFault("no_position", text, field="stream", remedy=remedy)

    def _check_area(self, pose: CameraPose) -> None:
        if self._area is None or self._area.covers(Point(pose.position.lon_deg, pose.position.lat_deg)):
            return
        text = f"the camera is at {_place(pose)}, outside the mandate's area."
        raise InputFault("outside_mandate", text, field="area_file", remedy="Stop the watch, or ask for a mandate.")


def stated_centre(packet: MetadataPacket) -> GeoPoint | None:
    """The frame centre of items 23-25 (ST 0601) or of the EG 0104 set, its height made one above the ellipsoid; NaN
    where no height is stated. None without a place."""
    names = ("frame_centre_lat_deg", "frame_centre_lon_deg", "frame_centre_alt_amsl_m")
    lat, lon, amsl = (packet.items.get(k) for k in ((23, 24, 25) if packet.standard == "ST 0601" else names))
    if not isinstance(lat, float) or not isinstance(lon, float):
        return None
    height = amsl + float(undulation_m(lat, lon)) if isinstance(amsl, float) else math.nan
    return GeoPoint(lat_deg=lat, lon_deg=lon, alt_hae_m=HaeM(height))


def box_about(lat_deg: float, lon_deg: float, reach_deg: float = REACH_DEG) -> tuple[float, float, float, float]:
    """West, south, east, north in degrees of the ground about a camera, so far to the north and as far to the east."""
    east_deg = reach_deg / max(math.cos(math.radians(lat_deg)), 0.1)
    return lon_deg - east_deg, lat_deg - reach_deg, lon_deg + east_deg, lat_deg + reach_deg


def ground_about(pose: CameraPose, terrain: RasterSource | None) -> tuple[LocalGrid, Dem | None]:
    """A grid at the camera and the elevation model within about 15 km; without one the ellipsoid is the ground.

    Raises InputFault where the elevation file covers nothing of it.
    """
    lat, lon = pose.position.lat_deg, pose.position.lon_deg
    grid = LocalGrid(lat, lon, 0.0)
    if terrain is None:
        return grid, None
    try:
        return grid, dem_of(terrain, grid, *terrain.clipped(*box_about(lat, lon)), CELL_M, HEIGHTS)
    except InputFault as fault:
        line = fault.line
        text = f"{line.text}; the camera is at {_place(pose)}."
        raise about_terrain(InputFault(line.code, text, file=line.file)) from None


def _place(pose: CameraPose) -> str:
    return f"{pose.position.lat_deg:.4f}, {pose.position.lon_deg:.4f}"
