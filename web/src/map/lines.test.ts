import { describe, expect, test } from "vitest";
import { wayBetween } from "../places";
import type { LonLat } from "../wire";
import { interval, isolines, simplified, smoothed, toSegment, type Field } from "./contours";
import { fittingZoom, heightOf } from "./heights";
import { signedDistance, standoffLines } from "./standoff";

const geodesic = (lat0: number, lon0: number, lat: number, lon: number) =>
  wayBetween({ lat_deg: lat0, lon_deg: lon0 }, { lat_deg: lat, lon_deg: lon });

const field = (rows: number, cols: number, value: (col: number, row: number) => number): Field => ({
  rows,
  cols,
  values: Float32Array.from({ length: rows * cols }, (_, k) => value(k % cols, Math.floor(k / cols))),
});

describe("contours", () => {
  test("a cone's contour is one closed ring, everywhere at the cone's radius", () => {
    const cone = field(41, 41, (col, row) => 100 - Math.hypot(col - 20, row - 20));
    const [ring, ...others] = isolines(cone, 88.5);
    expect(others).toEqual([]);
    expect(ring!.at(-1)).toEqual(ring![0]);
    for (const [col, row] of ring!) expect(Math.hypot(col - 20, row - 20)).toBeCloseTo(11.5, 1);
  });

  test("a slope's contour is one straight line from edge to edge", () => {
    const lines = isolines(field(9, 12, (col) => 10 * col), 45);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toHaveLength(9);
    expect(lines[0]!.every(([col]) => Math.abs(col - 4.5) < 1e-6)).toBe(true);
  });

  test("two hills make two rings, and at a saddle lines do not cross", () => {
    const hills = field(30, 60, (col, row) => Math.max(20 - Math.hypot(col - 15, row - 15), 20 - Math.hypot(col - 45, row - 15)));
    expect(isolines(hills, 12.3)).toHaveLength(2);
    const saddle = isolines({ rows: 2, cols: 2, values: Float32Array.of(1, 0, 0, 1) }, 0.4);
    expect(saddle).toHaveLength(2);
    for (const line of saddle) expect(line).toHaveLength(2);
  });

  test("every crossed edge is on exactly one line, on noise too", () => {
    let seed = 7;
    const noise = field(40, 40, () => ((seed = (seed * 16807) % 2147483647) / 2147483647));
    let crossed = 0;
    for (let row = 0; row < 40; row += 1)
      for (let col = 0; col < 40; col += 1) {
        const above = (c: number, r: number): boolean => noise.values[r * 40 + c]! > 0.5;
        if (col < 39 && above(col, row) !== above(col + 1, row)) crossed += 1;
        if (row < 39 && above(col, row) !== above(col, row + 1)) crossed += 1;
      }
    const points = isolines(noise, 0.5).flatMap((line) => {
      const ring = line.length > 1 && line[0]![0] === line.at(-1)![0] && line[0]![1] === line.at(-1)![1];
      return ring ? line.slice(1) : line;
    });
    expect(points).toHaveLength(crossed);
  });

  test("where a height is missing there is no line", () => {
    const holed = field(9, 9, (col, row) => (row === 4 ? NaN : col));
    for (const line of isolines(holed, 3.5)) for (const [, row] of line) expect(row < 4 || row > 4).toBe(true);
    expect(isolines(holed, 3.5)).toHaveLength(2);
  });

  test("smoothing leaves a plane alone but at its rim", () => {
    const plane = field(7, 7, (col, row) => 2 * col + 3 * row);
    expect(smoothed(plane).values[3 * 7 + 3]).toBeCloseTo(15, 5);
  });

  test("a simplified line stays within its tolerance and keeps its ends", () => {
    const wave = Array.from({ length: 200 }, (_, k): [number, number] => [k / 10, Math.sin(k / 10)]);
    const few = simplified(wave, 0.05);
    expect(few.length).toBeLessThan(60);
    expect([few[0], few.at(-1)]).toEqual([wave[0], wave.at(-1)]);
    const off = wave.map((at) => Math.min(...few.slice(1).map((end, k) => toSegment(at, few[k]!, end))));
    expect(Math.max(...off)).toBeLessThanOrEqual(0.05);
  });

  test("steps are round, and not more lines than wanted", () => {
    expect(interval(3650, 5900)).toBe(100);
    expect(interval(100, 480)).toBe(10);
    expect(interval(5, 5)).toBe(1);
  });

  test("terrarium's formula, and a zoom at which the sector fits", () => {
    expect(heightOf(128, 0, 0)).toBe(0);
    expect(heightOf(148, 100, 128)).toBe(5220.5);
    expect(fittingZoom([-67.1, -19.75, -66.7, -19.45], 7, 12)).toBe(11);
    expect(fittingZoom([-67.1, -19.75, -66.7, -19.45], 7, 9)).toBe(9);
  });
});

describe("the standoff line", () => {
  const BORDER: LonLat[] = [[-67, -19.5], [-66.9, -19.55], [-66.8, -19.5]];
  const OWN: LonLat = [-66.9, -19.65];
  const lines = standoffLines([BORDER], OWN, 430, [-67, -19.7, -66.8, -19.4], 50);

  test("runs at its distance from the border, on the own side", () => {
    expect(lines.length).toBeGreaterThan(0);
    for (const [lon, lat] of lines.flat().filter((_, k) => k % 8 === 0)) {
      if (lon < -66.98 || lon > -66.82) continue;
      expect(nearest_m(BORDER, [lon, lat])).toBeGreaterThan(410);
      expect(nearest_m(BORDER, [lon, lat])).toBeLessThan(450);
      expect(lat).toBeLessThan(-19.5 - 0.5 * (0.1 - Math.abs(lon + 66.9)));
    }
  });

  /** By brute force: geodesics to points every few metres along the chain. */
  function nearest_m(chain: readonly LonLat[], [lon, lat]: LonLat): number {
    const parts = 500;
    const points = chain.slice(1).flatMap(([x1, y1], k) =>
      Array.from({ length: parts }, (_, j): LonLat => {
        const [x0, y0] = chain[k]!;
        return [x0 + ((x1 - x0) * j) / parts, y0 + ((y1 - y0) * j) / parts];
      }),
    );
    const near = points.reduce((a, b) => (Math.hypot(a[0] - lon, a[1] - lat) < Math.hypot(b[0] - lon, b[1] - lat) ? a : b));
    return geodesic(lat, lon, near[1], near[0]).distance_m;
  }

  test("beyond a sharp corner the side is that of the leg that faces the point", () => {
    const corner = [[[0, 0], [10, 0]], [[10, 0], [0, 1]]] as const;
    expect(signedDistance([12, 0.1], corner)).toBeLessThan(0);
    expect(signedDistance([5, 0.2], corner)).toBeGreaterThan(0);
  });
});
