"""Viewsheds beside GDAL's library: the Andes tile at 30 m, CPU time of one core, warm, in one run.

GDAL is the library inside rasterio's wheel, in process, from memory to memory, in its default mode (Edge). What "exact"
says is held against a walk over every patch (`_brute.py`). GRASS is run where it is installed.
`--quick` looks 10 km far with few eyes; it never counts as met.
"""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from _brute import count_different
from _common import ROOT, arguments_of, inputs_sha256, row, say
from _gdal import Gdal
from numpy.typing import NDArray
from rasterio.warp import Resampling, calculate_default_transform, reproject

from apacheta.geo import Dem, LocalGrid, Look, ray_ranges_m, times_seen, travel_times, viewshed

TILE = "terrain/S33W071.tif"
CELL_M, INNER = 30.0, (slice(75, 3675), slice(70, 3114))
"""Of the tile in UTM, which is turned a little: the part without corners of nothing."""
REFRACTION, CURVATURE = 1.0 - 0.85714, 0.85714
RANGES_M = {"10 km": 10_000.0, "30 km": 30_000.0, "unlimited": float("inf")}
HEIGHTS_M = (2.0, 300.0)
EYES, SEED = 500, 4
DECIDING = ("src/apacheta/kernels", "src/apacheta/geo", "benchmarks/_brute.py", "benchmarks/_gdal.py")
Rows = list[dict[str, Any]]


def main() -> int:
    """Measure all of it, then print the rows."""
    arguments = arguments_of().parse_args()
    heights = andes_30_m(shared_data() / TILE)
    model, gdal = model_of(heights), Gdal(heights, CELL_M)
    ranges = {"10 km": RANGES_M["10 km"]} if arguments.quick else RANGES_M
    eyes = 20 if arguments.quick else EYES
    rows = [
        *singles(model, gdal, heights, ranges),
        *cumulative(model, gdal, heights, {k: v for k, v in ranges.items() if k != "unlimited"}, eyes),
        *brute(model, heights, 97 if arguments.quick else 1, ranges),
        *rays(model),
        *travel(model),
        *memory(heights),
        *grass(model, heights, ranges),
    ]
    rows = [r | {"quick": arguments.quick, "met": None if arguments.quick else r["met"]} for r in rows]
    say("terrain", rows, not arguments.quick, inputs_sha256(DECIDING), arguments.table)
    return 0


def shared_data() -> Path:
    """Where the real tile lies; it is not in the repository."""
    import os

    folder = Path(os.environ.get("APACHETA_SHARED_DATA") or ROOT.parent / "shared" / "data")
    if not (folder / TILE).is_file():
        raise SystemExit(f"there is no {TILE} in {folder}: set APACHETA_SHARED_DATA")
    return folder


def andes_30_m(tile: Path) -> NDArray[np.float32]:
    """The tile in UTM 19 S at 30 m, bicubic, rows from the north."""
    with rasterio.open(tile) as source:
        place, width, height = calculate_default_transform(
            source.crs, "EPSG:32719", source.width, source.height, *source.bounds, resolution=CELL_M
        )
        out = np.full((height, width), np.nan, np.float32)
        reproject(
            rasterio.band(source, 1), out, dst_transform=place, dst_crs="EPSG:32719", resampling=Resampling.cubic,
            dst_nodata=np.nan,
        )  # fmt: skip
    return np.ascontiguousarray(out[INNER])


def model_of(heights: NDArray[np.float32]) -> Dem:
    model = Dem(LocalGrid(-32.5, -70.5, 3500.0), np.ascontiguousarray(heights[::-1]), 0.0, 0.0, CELL_M, "")
    _ = model.sides, model.pyramid
    return model


def ridge(heights: NDArray[np.float32]) -> tuple[int, int]:
    """Row and column of the highest node near the middle: an eye on a ridge."""
    rows, cols = (n // 2 for n in heights.shape)
    part = heights[rows - 100 : rows + 100, cols - 100 : cols + 100]
    row, col = np.unravel_index(int(part.argmax()), part.shape)
    return int(rows - 100 + row), int(cols - 100 + col)


def cpu_s(work: Callable[[], Any], runs: int = 5) -> tuple[float, list[float]]:
    """Median and spread of the process's CPU seconds, after one run that does not count."""
    work()
    spent = []
    for _ in range(runs):
        begun = time.process_time()
        work()
        spent.append(time.process_time() - begun)
    return statistics.median(spent), [min(spent), max(spent)]


def eye_at(heights: NDArray[np.float32], row: int, col: int, above_m: float) -> NDArray[np.float64]:
    return np.array([col * CELL_M, (heights.shape[0] - 1 - row) * CELL_M, heights[row, col] + above_m])


def singles(model: Dem, gdal: Gdal, heights: NDArray[np.float32], ranges: dict[str, float]) -> Rows:
    """One raster from a ridge: CPU time beside GDAL's, and how much of what is seen each finds."""
    found: Rows = []
    at = ridge(heights)
    for above_m in HEIGHTS_M:
        eye = eye_at(heights, *at, above_m)
        for name, range_m in ranges.items():
            look, case = Look(range_m=range_m, refraction=REFRACTION), f"one raster, {above_m:.0f} m, {name}"
            theirs_m = 0.0 if range_m == float("inf") else range_m

            def theirs(height_m: float = above_m, range_m: float = theirs_m) -> None:
                gdal.close(gdal.viewshed(*at, height_m, 0.0, range_m, CURVATURE))

            ours_s, spread = cpu_s(lambda eye=eye, look=look: viewshed(model, eye, look))
            peer_s, _ = cpu_s(theirs)
            found.append(beside(case, "fast, CPU", ours_s, peer_s, gdal, 6.0, spread))
            exact_s, spread = cpu_s(lambda eye=eye, look=look: viewshed(model, eye, look, "exact"), 3)
            found.append(row(case, "exact, CPU", "ms", round(1e3 * exact_s, 1), runs=3, spread=ms(spread)))
            found += agreement(case, model, gdal, eye, look, (*at, above_m, 0.0, theirs_m, CURVATURE))
    return found


def ms(spread: list[float]) -> list[float]:
    return [round(1e3 * v, 2) for v in spread]


def beside(
    case: str, metric: str, ours_s: float, peer_s: float, gdal: Gdal, least: float | None, spread: list[float]
) -> dict[str, Any]:
    ratio = peer_s / ours_s
    goal = None if least is None else f"ratio >= {least:.0f}"
    return row(
        *(case, metric, "ms", round(1e3 * ours_s, 2)), peer=round(1e3 * peer_s, 2), peer_name="GDAL",
        peer_version=gdal.version, ratio=round(ratio, 1), ratio_of="peer / ours", goal=goal,
        met=None if least is None else ratio >= least, runs=5, spread=ms(spread), ours_cpu_s=ours_s, peer_cpu_s=peer_s,
    )  # fmt: skip


def agreement(case: str, model: Dem, gdal: Gdal, eye: NDArray[np.float64], look: Look, asked: tuple[Any, ...]) -> Rows:
    """Jaccard index of the seen nodes with those of the exact mode."""
    exact, fast = (viewshed(model, eye, look, mode).of_model(model).seen for mode in ("exact", "fast"))
    raster = gdal.viewshed(*asked)
    theirs = gdal.pixels(raster)[::-1]
    gdal.close(raster)
    within = exact != 255
    ours_j, peer_j = (jaccard(s[within] == 1, exact[within] == 1) for s in (fast, theirs))
    return [
        row(
            *(case, "seen by fast and exact, Jaccard", "", round(ours_j, 4)),
            peer=round(peer_j, 4),
            peer_name="GDAL",
            peer_version=gdal.version,
            ratio=round(ours_j / peer_j, 4),
            ratio_of="ours / peer",
            goal="ratio >= 1",
            met=ours_j >= peer_j,
            count=f"{int((exact == 1).sum())} of {int(within.sum())} seen",
        )
    ]


def jaccard(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return float((one & other).sum() / (one | other).sum())


def cumulative(model: Dem, gdal: Gdal, heights: NDArray[np.float32], ranges: dict[str, float], eyes: int) -> Rows:
    """How often eyes spread over the model see each node."""
    rng, found = np.random.default_rng(SEED), []
    at = np.column_stack([rng.integers(0, n, eyes) for n in heights.shape])
    places = np.array([eye_at(heights, int(r), int(c), 300.0) for r, c in at])
    for name, range_m in ranges.items():
        look = Look(range_m=range_m, refraction=REFRACTION)

        def theirs(range_m: float = range_m) -> None:
            for r, c in at:
                gdal.close(gdal.viewshed(int(r), int(c), 300.0, 0.0, range_m, CURVATURE))

        ours_s, spread = cpu_s(lambda look=look: times_seen(model, places, look), 3)
        peer_s, _ = cpu_s(theirs, 1)
        case = f"cumulative, {eyes} eyes, 300 m, {name}"
        found.append(beside(case, "CPU", ours_s, peer_s, gdal, 15.0 if name == "30 km" else None, spread) | {"runs": 3})
    return found


def brute(model: Dem, heights: NDArray[np.float32], every: int, ranges: dict[str, float]) -> Rows:
    """Nodes on which exact and the plain walk differ."""
    found: Rows = []
    name = "30 km" if "30 km" in ranges else "10 km"
    for above_m in HEIGHTS_M:
        eye = eye_at(heights, *ridge(heights), above_m)
        look = Look(range_m=ranges[name], refraction=REFRACTION)
        seen = viewshed(model, eye, look, "exact").of_model(model).seen
        u, v = eye[:2] / CELL_M
        different, asked = count_different(
            *(model.height_hae_m, CELL_M, u, v, eye[2], 0.0, ranges[name] / CELL_M, model.grid.radius_m, REFRACTION),
            *(every, seen),
        )
        case = f"exact beside brute force, {above_m:.0f} m, {name}"
        found.append(
            row(case, "nodes that differ", "", different, goal="0", met=different == 0, count=f"{asked} nodes")
        )
    return found


def rays(model: Dem) -> Rows:
    """Where rays from high up meet the ground."""
    rng = np.random.default_rng(SEED)
    origin = np.array([45_000.0, 54_000.0, 7_500.0])
    azimuth, dip = rng.uniform(0, 2 * np.pi, 1_000_000), np.radians(rng.uniform(5.0, 60.0, 1_000_000))
    ways = np.column_stack([np.sin(azimuth) * np.cos(dip), np.cos(azimuth) * np.cos(dip), -np.sin(dip)])
    spent_s, _ = cpu_s(lambda: ray_ranges_m(model, origin, ways, 40_000.0), 3)
    rate = 1.0 / spent_s
    goal = {"goal": ">= 1", "met": rate >= 1.0, "runs": 3}
    return [row("rays, 5 to 60 degrees down", "exact intersections", "million/s", round(rate, 2), **goal)]


def travel(model: Dem) -> Rows:
    """A walker's times over the whole model."""
    middle = model.south_west_m + 0.5 * CELL_M * np.array(model.height_hae_m.shape[::-1])
    spent_s, _ = cpu_s(lambda: travel_times(model, middle), 1)
    rate = model.height_hae_m.size / spent_s / 1e6
    return [row("travel, 16 neighbours, all of the model", "search", "million nodes/s", round(rate, 2), runs=1)]


def memory(heights: NDArray[np.float32]) -> Rows:
    """What `apacheta terrain viewshed` needs for a tile of one second: resampled to metres, which needs the most."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "tile.tif")
        tile = np.pad(heights, ((0, 0), (0, 3600 - heights.shape[1])), mode="reflect")[:3600]
        degrees = rasterio.Affine(1 / 3600, 0, -71.0, 0, -1 / 3600, -32.0)
        with rasterio.open(
            *(file, "w"), driver="GTiff", dtype="float32", count=1, crs="EPSG:4326", transform=degrees, width=3600,
            height=3600, tiled=True,
        ) as out:  # fmt: skip
            out.write(tile, 1)
        words = ("terrain", "viewshed", str(file), "--lat", "-32.55", "--lon", "-70.35", "--height", "300")
        found: Rows = []
        for mode in ("fast", "exact"):
            out_words = ("--mode", mode, "--out", str(Path(folder, "out.tif")), "--json")
            code = (
                "import subprocess, sys, resource; "
                "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True); "
                "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
            )
            command = [sys.executable, "-c", code, sys.executable, "-P", "-m", "apacheta.app.cli", *words, *out_words]
            mb = int(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout) / 1024
            goal = {"goal": "< 500", "met": mb < 500}
            found.append(row(f"terrain viewshed, 3600 x 3600, {mode}", "memory, peak", "MB", round(mb), **goal))
    return found


def grass(model: Dem, heights: NDArray[np.float32], ranges: dict[str, float]) -> Rows:
    """The exact mode beside GRASS's r.viewshed, where that is installed."""
    if shutil.which("grass") is None:
        return [row("exact beside GRASS r.viewshed", "GRASS is not installed", "", None)]
    found: Rows = []
    name = "30 km" if "30 km" in ranges else "10 km"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "dem.tif")
        place = rasterio.Affine(CELL_M, 0, 0.0, 0, -CELL_M, heights.shape[0] * CELL_M)
        options = {"driver": "GTiff", "dtype": "float32", "count": 1, "crs": "EPSG:32719", "transform": place}
        with rasterio.open(file, "w", width=heights.shape[1], height=heights.shape[0], **options) as out:
            out.write(heights, 1)
        for above_m in HEIGHTS_M:
            r, c = ridge(heights)
            eye, look = eye_at(heights, r, c, above_m), Look(range_m=ranges[name], refraction=REFRACTION)
            ours_s, spread = cpu_s(lambda eye=eye, look=look: viewshed(model, eye, look, "exact"), 3)
            x, y = (c + 0.5) * CELL_M, (heights.shape[0] - r - 0.5) * CELL_M
            peer_s, version = grass_cpu_s(file, x, y, above_m, ranges[name])
            ratio = peer_s / ours_s
            found.append(
                row(
                    *(f"exact, {above_m:.0f} m, {name}", "CPU", "ms", round(1e3 * ours_s, 1)),
                    peer=round(1e3 * peer_s),
                    peer_name="GRASS r.viewshed",
                    peer_version=version,
                    ratio=round(ratio, 1),
                    ratio_of="peer / ours",
                    goal="ratio >= 10",
                    met=ratio >= 10.0,
                    runs=3,
                    spread=ms(spread),
                    ours_cpu_s=ours_s,
                    peer_cpu_s=peer_s,
                )
            )
    return found


def grass_cpu_s(file: Path, x: float, y: float, above_m: float, range_m: float) -> tuple[float, str]:
    """CPU seconds of r.viewshed alone (boolean, with curvature and refraction), in memory; GRASS's version."""
    script = file.with_name("work.sh")
    script.write_text(
        "set -e\n"
        f"r.in.gdal input={file} output=dem --quiet\ng.region raster=dem\n"
        "TIMEFORMAT='cpu %U %S'\n"
        f"time r.viewshed -b -c -r input=dem output=v coordinates={x},{y} observer_elevation={above_m} "
        f"target_elevation=0 max_distance={range_m} memory=4000 refraction_coeff={REFRACTION} --quiet --overwrite\n"
        "g.version\n"
    )
    command = ["grass", "--tmp-location", str(file), "--exec", "bash", str(script)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)
    spent = next(line.split()[1:] for line in done.stdout.splitlines() if line.startswith("cpu "))
    version = next((line.split()[1] for line in done.stdout.splitlines() if line.startswith("GRASS ")), "?")
    return sum(map(float, spent)), version


if __name__ == "__main__":
    sys.exit(main())
