"""The border line: how far away it is (geodesic) and on which side a place lies."""

from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import Geod
from shapely.ops import linemerge, polygonize, unary_union

from ..core.errors import InputFault
from ..core.sector import Border
from ..kernels.nearest import nearest_segments
from .grid import LocalGrid

Array = NDArray[np.float64]
Box = tuple[float, float, float, float]

DENSE_M = 500.0
"""Longest piece of the line: a straight line in degrees and one in the grid then differ by less than 4 mm."""
_GEOD = Geod(ellps="WGS84")


def _dense(chain: Array) -> Array:
    """A chain (n, 2) of lon, lat with points put between, on the straight lines in degrees of RFC 7946 3.1.1."""
    middle = np.radians((chain[:-1, 1] + chain[1:, 1]) / 2)
    step = np.diff(chain, axis=0)
    length = np.hypot(step[:, 0] * np.cos(middle), step[:, 1]) * 111_320.0
    pieces = [
        chain[n] + np.outer(np.arange(parts) / parts, step[n])
        for n, parts in enumerate(np.maximum(1, np.ceil(length / DENSE_M)).astype(int))
    ]
    return np.concatenate([*pieces, chain[-1:]])


def _nearest(points: Array, starts: Array, ends: Array) -> Array:
    """The nearest points (n, 2) on segments, one segment each."""
    along = ends - starts
    size2 = np.maximum((along**2).sum(axis=1), 1e-300)
    part = np.clip(((points - starts) * along).sum(axis=1) / size2, 0.0, 1.0)
    return np.asarray(starts + part[:, None] * along)


def _joined(chains: tuple[Array, ...]) -> list[Array]:
    """The chains with those joined that share an end."""
    merged = linemerge([shapely.LineString(c) for c in chains]) if len(chains) > 1 else shapely.LineString(chains[0])
    return [np.asarray(line.coords) for line in getattr(merged, "geoms", [merged])]


def _prolonged(chain: Array, length_m: float) -> Array:
    """An open chain with straight ends of the given length; a closed one as it is."""
    if np.allclose(chain[0], chain[-1], atol=0.01):
        return chain
    first, last = chain[0] - chain[1], chain[-1] - chain[-2]
    head = chain[0] + first / np.linalg.norm(first) * length_m
    tail = chain[-1] + last / np.linalg.norm(last) * length_m
    return np.concatenate([[head], chain, [tail]])


class BorderLine:
    """A border in a local grid.

    `bounds_deg` (west, south, east, north) is the sector's box. With it the line must cross the box round that and the
    own-side point from edge to edge; an end inside may be prolonged straight by the line's own accuracy at most.
    Without it the box is that of the line and the own-side point, and the ends are prolonged straight as far as needed.
    Beyond the box the side is unknown and counts as the far one.

    Raises InputFault: `border_too_short`, `border_does_not_cross_sector`, `border_ends_inside_sector`,
    `own_side_ambiguous` (closer to the line than the line's accuracy, or the line does not part the box).
    """

    def __init__(self, border: Border, grid: LocalGrid, bounds_deg: Box | None = None) -> None:
        self.border, self.grid = border, grid
        chains = [np.asarray(c, float) for c in border.chains]
        chains = [c[np.concatenate([[True], np.any(np.diff(c, axis=0) != 0, axis=1)])] for c in chains if len(c)]
        if not chains or min(len(c) for c in chains) < 2:
            raise self._fault("border_too_short", "each chain of the border needs two different points or more")
        dense = [_dense(c) for c in chains]
        self.xy_chains: tuple[Array, ...] = tuple(np.column_stack(grid.xy(c[:, 1], c[:, 0])) for c in dense)
        """The line in grid metres, (n, 2) each, pieces of 500 m at most."""
        self._starts = np.concatenate([c[:-1] for c in self.xy_chains])
        self._ends = np.concatenate([c[1:] for c in self.xy_chains])
        self._own_xy = np.array(grid.xy(border.own_side[1], border.own_side[0]))
        self._known_area = self._box(bounds_deg)
        self._own_area = self._own_side_of(self._known_area, clipped=bounds_deg is not None)
        shapely.prepare(self._own_area)

    def _fault(self, code: str, text: str, field: str = "border.file", remedy: str | None = None) -> InputFault:
        return InputFault(code, text, file=self.border.file, field=field, remedy=remedy)

    def nearest_xy(self, x_m: ArrayLike, y_m: ArrayLike) -> tuple[Any, Any]:
        """The nearest point of the line, grid metres."""
        x, y = np.broadcast_arrays(np.asarray(x_m, float), np.asarray(y_m, float))
        points = np.column_stack([x.ravel(), y.ravel()])
        index = np.empty(len(points), np.int64)
        nearest_segments(self._starts, self._ends, points, index)
        near = _nearest(points, self._starts[index], self._ends[index])
        return near[:, 0].reshape(x.shape), near[:, 1].reshape(x.shape)

    def distance_m(self, lat_deg: ArrayLike, lon_deg: ArrayLike) -> Any:
        """Geodesic distance on the WGS 84 ellipsoid to the line, metres, unsigned; a float for floats.

        The nearest point is found in the grid (conformal: its choice is wrong by far less than a metre within 100 km);
        at 5 km height the same span is 0.08 % longer.
        """
        lat, lon = np.broadcast_arrays(np.asarray(lat_deg, float), np.asarray(lon_deg, float))
        near_lat, near_lon = self.grid.latlon(*self.nearest_xy(*self.grid.xy(lat, lon)))
        distance = np.asarray(_GEOD.inv(lon, lat, near_lon, near_lat)[2], float)
        return float(distance) if distance.ndim == 0 else distance

    def own_side(self, lat_deg: ArrayLike, lon_deg: ArrayLike) -> Any:
        """Whether places lie on the own side."""
        x, y = self.grid.xy(np.asarray(lat_deg, float), np.asarray(lon_deg, float))
        return shapely.contains_xy(self._own_area, x, y)

    def far_side(self, lat_deg: ArrayLike, lon_deg: ArrayLike) -> Any:
        """Whether places are known to lie beyond the line; beyond the box nothing is known."""
        x, y = self.grid.xy(np.asarray(lat_deg, float), np.asarray(lon_deg, float))
        return shapely.contains_xy(self._known_area, x, y) & ~shapely.contains_xy(self._own_area, x, y)

    def signed_distance_m(self, lat_deg: ArrayLike, lon_deg: ArrayLike) -> Any:
        """Geodesic distance to the line, positive on the own side, negative beyond and where the side is unknown."""
        distance = np.asarray(self.distance_m(lat_deg, lon_deg))
        signed = np.where(self.own_side(lat_deg, lon_deg), distance, -distance)
        return float(signed) if signed.ndim == 0 else signed

    def _box(self, bounds_deg: Box | None) -> Any:
        """The box in the grid: the sector's and the own-side point, or all there is with room around it."""
        corners = [self._own_xy]
        if bounds_deg is None:
            corners += list(self.xy_chains)
        else:
            west, south, east, north = bounds_deg
            edge = np.linspace(0.0, 1.0, 33)
            lats = np.concatenate([south + edge * (north - south)] * 2 + [edge * 0 + south, edge * 0 + north])
            lons = np.concatenate([edge * 0 + west, edge * 0 + east] + [west + edge * (east - west)] * 2)
            corners.append(np.column_stack(self.grid.xy(lats, lons)))
        points = np.vstack([np.atleast_2d(c) for c in corners])
        low, high = points.min(axis=0), points.max(axis=0)
        room = 1.0 if bounds_deg is not None else 10_000.0 + float(np.linalg.norm(high - low))
        return shapely.box(low[0] - room, low[1] - room, high[0] + room, high[1] + room)

    def _own_side_of(self, box: Any, *, clipped: bool) -> Any:
        """The union of the box's faces that an even number of crossings parts from the own-side point."""
        accuracy = self.border.accuracy_m
        away = float(self.distance_m(self.border.own_side[1], self.border.own_side[0]))
        if away <= accuracy:
            raise self._fault(
                "own_side_ambiguous",
                f"own_side lies {away:.0f} m from a line that may itself be wrong by {accuracy:.0f} m",
                "border.own_side",
                "Give a point further inside the own country.",
            )
        west, south, east, north = box.bounds
        reach = max(accuracy, 1.0) if clipped else 2.0 * float(np.hypot(east - west, north - south))
        lines = [shapely.LineString(_prolonged(chain, reach)) for chain in _joined(self.xy_chains)]
        inside = unary_union([line.intersection(box) for line in lines])
        if inside.is_empty or inside.length == 0.0:
            raise self._fault("border_does_not_cross_sector", "the border does not cross the sector")
        ends = [shapely.Point(line.coords[k]) for line in lines if not line.is_ring for k in (0, -1)]
        if clipped and any(box.contains(end) for end in ends):
            raise self._fault(
                "border_ends_inside_sector",
                "the border ends inside the box round the sector and own_side, so that its sides are not parted",
                remedy="Give a line that runs from edge to edge of it, or an own_side nearer to the sector.",
            )
        faces = list(polygonize(unary_union([box.exterior, inside])))
        spots = [np.array(face.representative_point().coords[0]) for face in faces]
        own = [face for face, spot in zip(faces, spots, strict=True) if self._crossings(spot, lines) % 2 == 0]
        if not own or len(own) == len(faces):
            raise self._fault("own_side_ambiguous", "the border does not part the box in two sides", "border.own_side")
        return unary_union(own)

    def _crossings(self, spot: Array, lines: list[Any]) -> int:
        """How often the straight way from the own-side point to a spot crosses the lines (half-open rule)."""
        way = spot - self._own_xy
        count = 0
        for line in lines:
            points = np.asarray(line.coords)
            side = way[0] * (points[:, 1] - self._own_xy[1]) - way[1] * (points[:, 0] - self._own_xy[0]) >= 0.0
            a, b = points[:-1], points[1:]
            along = b - a
            own = along[:, 0] * (self._own_xy[1] - a[:, 1]) - along[:, 1] * (self._own_xy[0] - a[:, 0]) >= 0.0
            far = along[:, 0] * (spot[1] - a[:, 1]) - along[:, 1] * (spot[0] - a[:, 0]) >= 0.0
            count += int(np.sum((side[:-1] != side[1:]) & (own != far)))
        return count
