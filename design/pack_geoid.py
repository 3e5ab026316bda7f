"""Packs the EGM96 geoid (egm96_15.gtx, 15 arc-minutes, US public domain) into src/apacheta/geo/egm96.bin.

    python design/pack_geoid.py egm96_15.gtx src/apacheta/geo/egm96.bin

The gtx is in Debian's `proj-data` package. Packing: centimetres in int16, rows from south to north, columns from
180 W to 180 E; differences along each row twice and the row starts down the columns, then zlib. Prints the size,
the largest rounding error, and how well bilinear and bicubic interpolation find the odd nodes from the even ones.
"""

import struct
import sys
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def read_gtx(data: bytes) -> tuple[NDArray[np.float64], float, float, float]:
    """Undulation (rows south to north, columns west to east) and south, west, step in degrees (NOAA VDatum gtx)."""
    south, west, step_lat, step_lon, rows, cols = struct.unpack(">ddddii", data[:40])
    if step_lat != step_lon:
        raise SystemExit("steps differ in latitude and longitude")
    grid = np.frombuffer(data, ">f4", rows * cols, 40).reshape(rows, cols).astype(float)
    return grid, south, west, step_lat


def packed(undulation_m: NDArray[np.float64]) -> bytes:
    """The bytes of egm96.bin: zlib of int16 little endian second differences along the columns of the grid."""
    cm = np.rint(undulation_m * 100).astype(np.int16)
    first = np.diff(cm, axis=1, prepend=np.int16(0))
    second = np.diff(first, axis=0, prepend=np.int16(0))
    return zlib.compress(second.astype("<i2").tobytes(), 9)


def interpolation_errors(undulation_m: NDArray[np.float64]) -> tuple[float, float]:
    """RMS error at the odd nodes of a 60 degree band, found from the even ones: bilinear (2 points), cubic (4)."""
    band = undulation_m[120:601]
    even, odd = band[:, ::2], band[:, 1::2]
    right = np.roll(even, -1, axis=1)
    linear = (even + right) / 2
    cubic = (9 * (even + right) - np.roll(even, 1, axis=1) - np.roll(even, -2, axis=1)) / 16
    return float(np.sqrt(np.mean((linear - odd) ** 2))), float(np.sqrt(np.mean((cubic - odd) ** 2)))


def main() -> None:
    grid, south, west, step = read_gtx(Path(sys.argv[1]).read_bytes())
    if (south, step, grid.shape) != (-90.0, 0.25, (721, 1440)):
        raise SystemExit(f"not the 15 minute world grid: {south} {step} {grid.shape}")
    grid = np.roll(grid, round((west + 180.0) / step), axis=1)
    data = packed(grid)
    Path(sys.argv[2]).write_bytes(data)
    linear, cubic = interpolation_errors(grid)
    print(f"{len(data)} bytes; rounding {np.abs(np.rint(grid * 100) / 100 - grid).max():.4f} m")
    print(f"30 minute nodes to 15 minute nodes, RMS: bilinear {linear:.3f} m, cubic {cubic:.3f} m")


if __name__ == "__main__":
    main()
