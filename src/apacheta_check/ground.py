"""The cells of the proof: how far each is from the border at the least, and how low its ground may be."""

import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.warp import transform

from .files import Invalid, Unreadable, read, sha256

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
BEYOND_M, HAIR_M, ROOM_DEG, SNAP, BLOCK, CELL_M = -1.0e6, 0.1, 0.05, 1e-6, 32, 30.0
WGS84 = "EPSG:4326"


def projected(lat_deg: Any, lon_deg: Any, lat0_deg: float, lon0_deg: float) -> tuple[Array, Array]:
    """Transverse Mercator on WGS 84, scale 1, metres east and north; PROJ's, within rasterio."""
    plane = f"+proj=tmerc +lat_0={lat0_deg!r} +lon_0={lon0_deg!r} +k=1 +ellps=WGS84"
    x, y = transform(WGS84, plane, np.atleast_1d(lon_deg), np.atleast_1d(lat_deg))
    return np.array(x), np.array(y)


def hash_of_raster(path: Path) -> str:
    """Of the file; of a virtual raster, of all its files."""
    with rasterio.open(path) as data:
        files = [Path(f) for f in data.files if data.driver == "VRT" and Path(f).is_file()]
    hashes = [sha256(read(path)), *(sha256(read(f)) for f in files if not f.samefile(path))]
    return sha256("\n".join(hashes).encode()) if len(hashes) > 1 else hashes[0]


class Box:
    """The grid that the certificate names, which must be the one that its bounds give."""

    def __init__(self, box: dict[str, Any], keep_in: list[list[float]], terrain: Path) -> None:
        lon, lat = np.array([p[:2] for p in keep_in], float).T
        w, s, e, n = self.bounds = tuple(float(v) for v in box["bounds_deg"])
        room = np.array([lon.min() - w, lat.min() - s, e - lon.max(), n - lat.max()])
        aside = ROOM_DEG / math.cos(math.radians((lat.min() + lat.max()) / 2))
        if (room < -SNAP).any() or (room > np.array([aside, ROOM_DEG, aside, ROOM_DEG]) + SNAP).any():
            raise Invalid("box.bounds_deg", "they are not those of keep_in with 0.05 degrees of room at the most")
        self.lat0, self.lon0 = round((s + n) / 2, 4), round((w + e) / 2, 4)
        self.pixel = _pixel_m(terrain, (s + n) / 2, (w + e) / 2)
        self.cell = cell = CELL_M
        x, y = self.xy(*self.outline()[::-1])
        west, south = math.floor(x.min() / cell + SNAP), math.floor(y.min() / cell + SNAP)
        self.rows, self.cols = math.ceil(y.max() / cell - SNAP) - south, math.ceil(x.max() / cell - SNAP) - west
        self.west, self.south, self.shape = west * cell, south * cell, (self.rows, self.cols)
        ours = {"lat0_deg": self.lat0, "lon0_deg": self.lon0, "west_m": self.west, "south_m": self.south,
                "cell_m": cell, "rows": self.rows, "cols": self.cols}  # fmt: skip
        for name in (name for name, value in ours.items() if box[name] != value):
            raise Invalid(f"box.{name}", f"it says {box[name]}; its bounds give {ours[name]}")

    def xy(self, lat: Any, lon: Any) -> tuple[Array, Array]:
        return projected(lat, lon, self.lat0, self.lon0)

    def outline(self) -> tuple[Array, Array]:
        """Points along the sides, lon, lat."""
        w, s, e, n = self.bounds
        edge = np.linspace(0, 1, 33)
        lons, lats = w + edge * (e - w), s + edge * (n - s)
        return (np.concatenate([lons, lons, edge * 0 + w, edge * 0 + e]),
                np.concatenate([edge * 0 + s, edge * 0 + n, lats, lats]))  # fmt: skip


def _pixel_m(terrain: Path, lat: float, lon: float) -> float:
    with rasterio.open(terrain) as data:
        if data.crs is None or (data.units[0] or "m").strip().lower().rstrip("s") not in ("m", "metre", "meter"):
            raise Unreadable(f"{terrain}: no reference system, or heights not in metres")
        (x,), (y,) = transform(WGS84, data.crs, [lon], [lat])
        t = data.transform
        lons, lats = transform(data.crs, WGS84, [x, x + t.a, x + t.b], [y, y + t.d, y + t.e])
    px, py = projected(lats, lons, lat, lon)
    return float(max(np.abs(v[1:] - v[0]).sum() for v in (px, py)))  # along the axes, however the model is turned


def lowest_ground(box: Box, terrain: Path, ce90_m: float, ce90_factor: float) -> tuple[Array, Mask]:
    """Per cell the least height of any pixel near it, and whether the ground there is unknown."""
    with rasterio.open(terrain) as data:
        cols, rows = ~data.transform @ np.array(transform(WGS84, data.crs, *box.outline()))
        c0, r0 = max(0, int(cols.min()) - 2), max(0, int(rows.min()) - 2)
        c1, r1 = min(data.width, int(cols.max()) + 3), min(data.height, int(rows.max()) + 3)
        band = data.read(1, window=((r0, r1), (c0, c1)), masked=True)
        height = np.ma.filled(band.astype(float) * data.scales[0] + data.offsets[0], np.nan).ravel()
        col, row = np.meshgrid(np.arange(c0, c1) + 0.5, np.arange(r0, r1) + 0.5)
        lon, lat = np.array(transform(data.crs, WGS84, *(data.transform @ (col.ravel(), row.ravel()))))
    x, y = box.xy(lat, lon)
    i, j = (np.floor((v - low) / box.cell).astype(int) for v, low in ((y, box.south), (x, box.west)))
    w, s, e, n = box.bounds
    good = (i >= 0) & (i < box.rows) & (j >= 0) & (j < box.cols) & (w <= lon) & (lon <= e) & (s <= lat) & (lat <= n)
    low, void = np.full(box.shape, np.inf), np.zeros(box.shape, bool)
    i, j, height = i[good], j[good], height[good]
    void[i[np.isnan(height)], j[np.isnan(height)]] = True
    np.fmin.at(low, (i, j), height)
    gap = math.ceil(box.pixel / box.cell)  # a cell without a pixel is known where it lies between others that have one
    wide = around(np.where(np.isfinite(low) & ~void, -1.0, 1.0), gap) < 0
    inside = around(np.where(wide, 1.0, -1.0), gap) > 0
    reach = math.ceil((box.pixel + ce90_factor * ce90_m) / box.cell)
    least = around(np.where(void, np.inf, low), reach)
    unknown = (around(np.where(void | ~inside, -1.0, 1.0), reach) < 0) | ~np.isfinite(least)
    return np.where(unknown, least[~unknown].min(initial=np.inf), least), unknown


def around(values: Array, reach: int) -> Array:
    """The least within so many cells in each direction."""
    for _ in range(2):
        wide = np.pad(values, ((reach, reach), (0, 0)), constant_values=np.inf)
        values = np.min([wide[k : k + len(values)] for k in range(2 * reach + 1)], axis=0).T
    return values


def border_distance(box: Box, chains: list[list[list[float]]], own_side_deg: tuple[float, float]) -> Array:
    """Least signed distance of any point of each cell to the border line, positive on the own side (latitude and
    longitude of a point of it are given)."""
    a, b = _segments(box, chains)
    xs, ys = box.west + (np.arange(box.cols) + 0.5) * box.cell, box.south + (np.arange(box.rows) + 0.5) * box.cell
    far = np.empty(box.shape)
    for i, j in np.ndindex(-(-box.rows // BLOCK), -(-box.cols // BLOCK)):
        x, y = np.meshgrid(xs[j * BLOCK : (j + 1) * BLOCK], ys[i * BLOCK : (i + 1) * BLOCK])
        middle = _distance(np.array([[x.mean(), y.mean()]]), a, b)[0]
        near = middle <= middle.min() + 1.5 * BLOCK * box.cell
        d = _distance(np.column_stack([x.ravel(), y.ravel()]), a[near], b[near]).min(axis=1)
        far[i * BLOCK : (i + 1) * BLOCK, j * BLOCK : (j + 1) * BLOCK] = d.reshape(x.shape)
    own = _own_side(box, far, a, b, np.array(box.xy(*own_side_deg)).ravel())
    return np.where(own, far, -far) - box.cell * math.sqrt(0.5) - HAIR_M


def _segments(box: Box, chains: list[list[list[float]]]) -> tuple[Array, Array]:
    """The line's pieces near the box, no longer than some 500 m, straight in degrees (RFC 7946, 3.1.1)."""
    w, s, e, n = box.bounds
    lines = [np.empty((0, 4))]
    for p, q in ((p, q) for chain in map(np.array, chains) for p, q in pairwise(chain)):
        if (np.maximum(p, q) >= [w - 1, s - 1]).all() and (np.minimum(p, q) <= [e + 1, n + 1]).all():
            parts = max(1, math.ceil(math.hypot(*(q - p)) * 111_320 / 500))
            points = p + (q - p) * (np.arange(parts + 1) / parts)[:, None]
            line = np.column_stack(box.xy(points[:, 1], points[:, 0]))
            lines.append(np.column_stack([line[:-1], line[1:]]))
    whole = np.concatenate(lines)
    if not len(whole):
        raise Invalid("border_sha256", "no part of the border line lies near the box")
    return whole[:, :2], whole[:, 2:]


def _distance(points: Array, a: Array, b: Array) -> Array:
    """(points, segments)."""
    d = b - a
    t = np.clip(((points[:, None, :] - a) * d).sum(axis=2) / np.maximum((d**2).sum(axis=1), 1e-12), 0, 1)
    return np.asarray(np.linalg.norm(points[:, None, :] - a - t[:, :, None] * d, axis=2))


def _own_side(box: Box, far: Array, a: Array, b: Array, own: Array) -> Mask:
    """Which cells lie on the own side: those to which the way from the own-side point crosses the line an even number
    of times. It goes straight to the cell farthest from the line, then along the grid: north and east, and once more
    east and north. A line with an end inside the box parts nothing, and is refused: it lies between the two."""
    xs, ys = box.west + (np.arange(box.cols) + 0.5) * box.cell, box.south + (np.arange(box.rows) + 0.5) * box.cell
    i, j = (int(k) for k in np.unravel_index(far.argmax(), far.shape))
    way = np.array([xs[j], ys[i]]) - own
    turn = np.array([[way[0], -way[1]], [way[1], way[0]]])
    before = _crossed((a - own) @ turn, (b - own) @ turn, 0.0, np.array([0.0, way @ way]), 0)[1]
    a2, b2 = a[:, ::-1], b[:, ::-1]
    north_east = _crossed(a2, b2, xs[j], ys, i)[:, None] + np.array([_crossed(a, b, y, xs, j) for y in ys])
    east_north = _crossed(a, b, ys[i], xs, j) + np.array([_crossed(a2, b2, x, ys, i) for x in xs]).T
    own_side, known = (before + north_east) % 2 == 0, far >= box.cell * math.sqrt(0.5)
    if ((north_east - east_north) % 2 == 1)[known].any() or len(np.unique(own_side[known])) < 2:
        raise Invalid("border_sha256", "the border line does not part the box in two sides")
    return np.asarray(own_side)


def _crossed(a: Array, b: Array, y: float, xs: Array, start: int) -> Array:
    """How many of the segments lie between the point (xs[start], y) and each (x, y), less to the west of it."""
    over = (a[:, 1] <= y) != (b[:, 1] <= y)
    a, b = a[over], b[over]
    count = np.searchsorted(np.sort(a[:, 0] + (b[:, 0] - a[:, 0]) * (y - a[:, 1]) / (b[:, 1] - a[:, 1])), xs)
    return np.asarray(count - count[start])
