"""The cells of the proof: how far each is from the border at the least, and how low its ground may be."""

import hashlib
import math
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.warp import transform

from .files import Invalid, Unreadable

Array = NDArray[np.float64]
BEYOND_M, HAIR_M, ROOM_DEG, SNAP, BLOCK = -1.0e6, 0.1, 0.05, 1e-6, 32
WGS84, A_M, F = "EPSG:4326", 6378137.0, 1 / 298.257223563


def projected(lat_deg: Any, lon_deg: Any, lat0_deg: float, lon0_deg: float) -> tuple[Array, Array]:
    """Transverse Mercator on WGS 84, scale 1, by Krueger's series to the fourth order (Karney 2011, eqs. 7-9, 35)."""
    n = F / (2 - F)
    radius = A_M / (1 + n) * (1 + n**2 / 4 + n**4 / 64)
    series = (n / 2 - 2 * n**2 / 3 + 5 * n**3 / 16 + 41 * n**4 / 180, 13 * n**2 / 48 - 3 * n**3 / 5 + 557 * n**4 / 1440,
              61 * n**3 / 240 - 103 * n**4 / 140, 49561 * n**4 / 161280)  # fmt: skip

    def plane(lat: Any, dlon: Any) -> tuple[Any, Any]:
        e, tau = math.sqrt(F * (2 - F)), np.tan(lat)
        sigma = np.sinh(e * np.arctanh(e * np.sin(lat)))
        tau = tau * np.sqrt(1 + sigma**2) - sigma * np.sqrt(1 + tau**2)
        xi = np.arctan2(tau, np.cos(dlon))
        eta = np.arcsinh(np.sin(dlon) / np.hypot(tau, np.cos(dlon)))
        y = xi + sum(a * np.sin(2 * j * xi) * np.cosh(2 * j * eta) for j, a in enumerate(series, 1))
        x = eta + sum(a * np.cos(2 * j * xi) * np.sinh(2 * j * eta) for j, a in enumerate(series, 1))
        return radius * x, radius * y

    x, y = plane(np.radians(np.asarray(lat_deg, float)), np.radians(np.asarray(lon_deg, float) - lon0_deg))
    return x, y - plane(np.radians(lat0_deg), 0.0)[1]


def hash_of_raster(path: Path) -> str:
    """Of the file; of a virtual raster, of all its files."""

    def of(file: Path) -> str:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()

    with rasterio.open(path) as data:
        named = [Path(f) for f in data.files] if data.driver == "VRT" else []
    others = [of(f) for f in named if f.is_file() and not f.samefile(path)]
    return hashlib.sha256("\n".join([of(path), *others]).encode()).hexdigest() if others else of(path)


class Box:
    """The grid that the certificate names, which must be the one that its bounds give."""

    def __init__(self, box: dict[str, Any], keep_in: list[list[float]], terrain: Path) -> None:
        lon, lat = np.array([p[:2] for p in keep_in], float).T
        w, s, e, n = self.bounds = tuple(float(v) for v in box["bounds_deg"])
        aside = ROOM_DEG / math.cos(math.radians((lat.min() + lat.max()) / 2))
        room = np.array([lon.min() - w, lat.min() - s, e - lon.max(), n - lat.max()])
        if (room < -SNAP).any() or (room > np.array([aside, ROOM_DEG, aside, ROOM_DEG]) + SNAP).any():
            raise Invalid("box.bounds_deg", "they are not those of keep_in with 0.05 degrees of room at the most")
        self.lat0, self.lon0 = round((s + n) / 2, 4), round((w + e) / 2, 4)
        self.pixel = _pixel_m(terrain, (s + n) / 2, (w + e) / 2)
        edge = np.linspace(0, 1, 33)
        lons, lats = w + edge * (e - w), s + edge * (n - s)
        x, y = self.xy(np.concatenate([edge * 0 + s, edge * 0 + n, lats, lats]),
                       np.concatenate([lons, lons, edge * 0 + w, edge * 0 + e]))  # fmt: skip
        self.cell = cell = max(30.0, float(math.ceil(self.pixel - SNAP)))
        first, last = ([f(v / cell) for v in ends] for f, ends in (
            (lambda v: math.floor(v + SNAP), (x.min(), y.min())), (lambda v: math.ceil(v - SNAP), (x.max(), y.max()))))  # fmt: skip
        self.west, self.south = first[0] * cell, first[1] * cell
        self.shape = self.rows, self.cols = last[1] - first[1], last[0] - first[0]
        ours = {"lat0_deg": self.lat0, "lon0_deg": self.lon0, "west_m": self.west, "south_m": self.south,
                "cell_m": cell, "rows": self.rows, "cols": self.cols}  # fmt: skip
        for name, value in ours.items():
            if box[name] != value:
                raise Invalid(f"box.{name}", f"it says {box[name]}; its bounds give {value}")

    def xy(self, lat: Any, lon: Any) -> tuple[Array, Array]:
        return projected(lat, lon, self.lat0, self.lon0)


def _pixel_m(terrain: Path, lat: float, lon: float) -> float:
    with rasterio.open(terrain) as data:
        if data.crs is None or (data.units[0] or "m").strip().lower() not in ("m", "metre", "meter", "metres", "meters"):
            raise Unreadable(f"{terrain}: no reference system, or heights not in metres")
        (x,), (y,) = transform(WGS84, data.crs, [lon], [lat])
        t = data.transform
        lons, lats = transform(data.crs, WGS84, [x, x + t.a, x + t.b], [y, y + t.d, y + t.e])
    px, py = projected(lats, lons, lat, lon)
    return float(np.hypot(px[1:] - px[0], py[1:] - py[0]).max())


def lowest_ground(box: Box, terrain: Path, ce90_m: float, ce90_factor: float) -> tuple[Array, NDArray[np.bool_]]:
    """Per cell the least height of any pixel near it, and whether the ground there is known."""
    w, s, e, n = box.bounds
    with rasterio.open(terrain) as data:
        edge = np.linspace(0, 1, 33)
        lon, lat = np.concatenate([w + edge * (e - w)] * 2), np.repeat([s, n], 33)
        lon, lat = np.append(lon, np.repeat([w, e], 33)), np.append(lat, np.tile(s + edge * (n - s), 2))
        cols, rows = ~data.transform * np.array(transform(WGS84, data.crs, lon, lat))
        c0, r0 = max(0, int(cols.min()) - 2), max(0, int(rows.min()) - 2)
        c1, r1 = min(data.width, int(cols.max()) + 3), min(data.height, int(rows.max()) + 3)
        band = data.read(1, window=((r0, r1), (c0, c1)), masked=True)
        height = np.ma.filled(band.astype(float) * data.scales[0] + data.offsets[0], np.nan).ravel()
        col, row = np.meshgrid(np.arange(c0, c1) + 0.5, np.arange(r0, r1) + 0.5)
        x, y = data.transform * (col.ravel(), row.ravel())
        lon, lat = (np.array(v) for v in (transform(data.crs, WGS84, x, y) if data.crs.to_epsg() != 4326 else (x, y)))
    x, y = box.xy(lat, lon)
    i, j = (np.floor((v - low) / box.cell).astype(int) for v, low in ((y, box.south), (x, box.west)))
    good = (i >= 0) & (i < box.rows) & (j >= 0) & (j < box.cols) & (w <= lon) & (lon <= e) & (s <= lat) & (lat <= n)
    low, void = np.full(box.shape, np.inf), np.zeros(box.shape, bool)
    i, j, height = i[good], j[good], height[good]
    void[i[np.isnan(height)], j[np.isnan(height)]] = True
    solid = np.isfinite(height)
    np.minimum.at(low, (i[solid], j[solid]), height[solid])
    known = np.pad(np.isfinite(low) & ~void, 1)
    inside = known[1:-1, 1:-1] | known[1:-1, :-2] & known[1:-1, 2:] | known[:-2, 1:-1] & known[2:, 1:-1]
    reach = math.ceil((box.pixel + ce90_factor * ce90_m) / box.cell)
    unknown = around(np.where(void | ~inside, -1.0, 1.0), reach) < 0
    least = around(np.where(void, np.inf, low), reach)
    unknown |= ~np.isfinite(least)
    return np.where(unknown, least[~unknown].min() if not unknown.all() else 0.0, least), unknown


def around(values: Array, reach: int) -> Array:
    """The least within so many cells in each direction."""
    for axis in (0, 1):
        padded = np.pad(values, [(reach, reach) if axis == a else (0, 0) for a in (0, 1)], constant_values=np.inf)
        values = np.min([np.take(padded, np.arange(values.shape[axis]) + k, axis) for k in range(2 * reach + 1)], axis=0)
    return values


def border_distance(box: Box, chains: list[list[list[float]]], own_side_deg: tuple[float, float]) -> Array:
    """Least signed distance of any point of each cell to the border line, positive on the own side (latitude and
    longitude of a point of it are given)."""
    a, b = _segments(box, chains)
    xs, ys = box.west + (np.arange(box.cols) + 0.5) * box.cell, box.south + (np.arange(box.rows) + 0.5) * box.cell
    far = np.empty(box.shape)
    for i in range(0, box.rows, BLOCK):
        for j in range(0, box.cols, BLOCK):
            x, y = np.meshgrid(xs[j : j + BLOCK], ys[i : i + BLOCK])
            middle = _distance(np.array([[x.mean(), y.mean()]]), a, b)[0]
            near = middle <= middle.min() + 1.5 * BLOCK * box.cell
            d = _distance(np.column_stack([x.ravel(), y.ravel()]), a[near], b[near]).min(axis=1)
            far[i : i + BLOCK, j : j + BLOCK] = d.reshape(x.shape)
    own = _own_side(box, far, a, b, np.array(box.xy(*own_side_deg)))
    return np.where(own, far, -far) - box.cell * math.sqrt(0.5) - HAIR_M


def _segments(box: Box, chains: list[list[list[float]]]) -> tuple[Array, Array]:
    """The line's pieces near the box, no longer than some 500 m, straight in degrees (RFC 7946, 3.1.1)."""
    w, s, e, n = box.bounds
    ends: list[tuple[Array, Array]] = []
    for chain in chains:
        for p, q in zip(np.array(chain), np.array(chain)[1:], strict=False):
            if max(p[0], q[0]) < w - 1 or min(p[0], q[0]) > e + 1 or max(p[1], q[1]) < s - 1 or min(p[1], q[1]) > n + 1:
                continue
            parts = max(1, math.ceil(math.hypot(*(q - p)) * 111_320 / 500))
            points = p + (q - p) * (np.arange(parts + 1) / parts)[:, None]
            line = np.column_stack(box.xy(points[:, 1], points[:, 0]))
            ends.append((line[:-1], line[1:]))
    if not ends:
        raise Invalid("border_sha256", "no part of the border line lies near the box")
    return np.concatenate([a for a, _ in ends]), np.concatenate([b for _, b in ends])


def _distance(points: Array, a: Array, b: Array) -> Array:
    """(points, segments)."""
    d = b - a
    size = np.maximum((d**2).sum(axis=1), 1e-12)
    t = np.clip(((points[:, None, :] - a) * d).sum(axis=2) / size, 0, 1)
    return np.asarray(np.linalg.norm(points[:, None, :] - a - t[:, :, None] * d, axis=2))


def _own_side(box: Box, far: Array, a: Array, b: Array, own: Array) -> NDArray[np.bool_]:
    """Which cells can be come to from the own side without touching the line: each region that the line leaves, told
    by how often the straight way from the own-side point to it crosses the line. A line with an end inside the box
    parts nothing, and is refused."""
    free = far >= box.cell * math.sqrt(0.5)
    own_side, left = np.zeros(box.shape, bool), free.copy()
    while left.any():
        i, j = np.argwhere(left)[0]
        region = np.zeros(box.shape, bool)
        region[i, j] = True
        _fill(region, free)
        spot = np.array([box.west + (j + 0.5) * box.cell, box.south + (i + 0.5) * box.cell])
        own_side |= region & (_crossings(own, spot, a, b) % 2 == 0)
        left &= ~region
    d = b - a
    aside = np.column_stack([-d[:, 1], d[:, 0]]) / np.maximum(np.linalg.norm(d, axis=1), 1e-9)[:, None] * 2 * box.cell
    sides = []
    for point in ((a + b) / 2 + aside, (a + b) / 2 - aside):
        i, j = (np.floor((point - [box.west, box.south])[:, ::-1] / box.cell)).astype(int).T
        inside = (i >= 0) & (i < box.rows) & (j >= 0) & (j < box.cols)
        i, j = np.clip(i, 0, box.rows - 1), np.clip(j, 0, box.cols - 1)
        sides.append((inside & free[i, j], own_side[i, j]))
    both = sides[0][0] & sides[1][0]
    if not both.any() or (sides[0][1] == sides[1][1])[both].any():
        raise Invalid("border_sha256", "the border line does not part the box in two sides")
    return own_side


def _fill(region: NDArray[np.bool_], free: NDArray[np.bool_]) -> None:
    """Grow a region over free cells, sweeping down, up, right and left until nothing changes."""
    count = 0
    while count != (count := int(region.sum())):
        for r, f in ((region, free), (region[::-1], free[::-1]), (region.T, free.T), (region.T[::-1], free.T[::-1])):
            for k in range(1, len(r)):
                r[k] |= r[k - 1] & f[k]


def _crossings(p: Array, q: Array, a: Array, b: Array) -> int:
    def side(o: Array, d: Array, x: Array) -> Any:
        return d[..., 0] * (x[..., 1] - o[..., 1]) - d[..., 1] * (x[..., 0] - o[..., 0]) >= 0

    apart = side(p, q - p, a) != side(p, q - p, b)
    return int((apart & (side(a, b - a, p) != side(a, b - a, q))).sum())
