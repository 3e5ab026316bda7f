import { describe, expect, test } from "vitest";
import { SIGMAS_90, wayBetween } from "../places";
import type { LonLat } from "../wire";
import { ahead, degreeM, ellipseRing } from "./ellipse";
import { keptWithin, metresPerPixel, project, tilesOf, unproject, viewOf, xOf, yOf, zoomedAt, type Bounds, type View } from "./mercator";

const geodesic = (lat0: number, lon0: number, lat: number, lon: number) =>
  wayBetween({ lat_deg: lat0, lon_deg: lon0 }, { lat_deg: lat, lon_deg: lon });

const PASS: Bounds = [-67.1, -19.75, -66.7, -19.45];
const VIEW: View = viewOf(PASS, 640, 400, 20);

describe("Mercator", () => {
  test("the corner of the world that the standard names", () => {
    expect(xOf(180)).toBe(1);
    expect(yOf(85.0511287798066)).toBeCloseTo(0, 12);
    expect(yOf(0)).toBeCloseTo(0.5, 15);
  });

  test("what is projected comes back", () => {
    for (const at of [[-66.9, -19.6], [-67.1, -19.45], [12.3, 71]] as LonLat[]) {
      const [lon, lat] = unproject(VIEW, project(VIEW, at));
      expect(lon).toBeCloseTo(at[0], 9);
      expect(lat).toBeCloseTo(at[1], 9);
    }
  });

  test("fitted bounds lie within the margin and touch it", () => {
    const [left, top] = project(VIEW, [PASS[0], PASS[3]]);
    const [right, bottom] = project(VIEW, [PASS[2], PASS[1]]);
    expect(Math.min(left, top)).toBeCloseTo(20, 6);
    expect(right).toBeLessThanOrEqual(620.000001);
    expect(bottom).toBeCloseTo(380, 6);
  });

  test("a view is moved until it shows nothing beyond the bounds; what is wider than they are shows them in the middle", () => {
    const corner = keptWithin(viewOf([-66.76, -19.48, -66.7, -19.44], 640, 400), PASS);
    const [east, north] = unproject(corner, [640, 0]);
    expect([east, north]).toEqual([expect.closeTo(PASS[2], 9), expect.closeTo(PASS[3], 9)]);
    const whole = keptWithin({ ...VIEW, x: xOf(-66), y: yOf(-19) }, PASS);
    expect([whole.x, whole.y]).toEqual([expect.closeTo(VIEW.x, 12), expect.closeTo(VIEW.y, 12)]);
  });

  test("zooming at a point leaves it where it is", () => {
    const at = unproject(VIEW, [100, 300]);
    const [x, y] = project(zoomedAt(VIEW, [100, 300], VIEW.zoom + 1.7), at);
    expect([x, y].map(Math.round)).toEqual([100, 300]);
  });

  test("a pixel is as many metres as the ellipsoid says, to a third of a percent", () => {
    const [a, b] = [unproject(VIEW, [300, 200]), unproject(VIEW, [400, 200])];
    const { distance_m } = geodesic(a[1], a[0], b[1], b[0]);
    expect(Math.abs(distance_m / (100 * metresPerPixel(a[1], VIEW.zoom)) - 1)).toBeLessThan(0.0034);
  });

  test("tiles cover the view without gaps, scaled by at most the square root of two", () => {
    const tiles = tilesOf(VIEW);
    for (const { size_px } of tiles) expect(Math.abs(Math.log2(size_px / 256))).toBeLessThanOrEqual(0.5);
    expect(Math.min(...tiles.map(({ left_px }) => left_px))).toBeLessThanOrEqual(0);
    expect(Math.min(...tiles.map(({ top_px }) => top_px))).toBeLessThanOrEqual(0);
    expect(Math.max(...tiles.map(({ left_px, size_px }) => left_px + size_px))).toBeGreaterThanOrEqual(640);
    expect(Math.max(...tiles.map(({ top_px, size_px }) => top_px + size_px))).toBeGreaterThanOrEqual(400);
  });

  test("a tile's corner is where its number says", () => {
    const { z, x, y, left_px, top_px } = tilesOf(VIEW)[0]!;
    expect((xOf(unproject(VIEW, [left_px, top_px])[0]) * 2 ** z)).toBeCloseTo(x, 6);
    expect((yOf(unproject(VIEW, [left_px, top_px])[1]) * 2 ** z)).toBeCloseTo(y, 6);
  });
});

describe("the ellipse", () => {
  const MIDDLE: LonLat = [-66.9, -19.6];
  const metres = ([lon, lat]: LonLat): [number, number] => {
    const [east_m, north_m] = degreeM(MIDDLE[1]);
    return [(lon - MIDDLE[0]) * east_m, (lat - MIDDLE[1]) * north_m];
  };

  test("its factor is the 90 % quantile of chi-square with two degrees of freedom", () => {
    expect(SIGMAS_90 ** 2).toBeCloseTo(4.605170185988092, 12);
  });

  test("every corner lies 2.146 sigmas away, whatever the covariance", () => {
    for (const [ee, en, nn] of [[400, 150, 100], [25, -20, 90], [9, 0, 9]] as const)
      for (const corner of ellipseRing(MIDDLE, [ee, en, nn])) {
        const [e, n] = metres(corner);
        const det = ee * nn - en * en;
        expect((nn * e * e - 2 * en * e * n + ee * n * n) / det).toBeCloseTo(SIGMAS_90 ** 2, 6);
      }
  });

  test("its longest half-axis is that of the eigenvalues, measured by geodesic", () => {
    const [ee, en, nn] = [400, 150, 100];
    const eigen = (ee + nn) / 2 + Math.hypot((ee - nn) / 2, en);
    const ring = ellipseRing(MIDDLE, [ee, en, nn], SIGMAS_90, 720);
    const longest = Math.max(...ring.map(([lon, lat]) => geodesic(MIDDLE[1], MIDDLE[0], lat, lon).distance_m));
    expect(longest).toBeCloseTo(SIGMAS_90 * Math.sqrt(eigen), 2);
  });

  test("a covariance of rank one, or none, is a line or a point and not NaN", () => {
    for (const cov of [[100, 100, 100], [0, 0, 25], [0, 0, 0], [1, 2, 1]] as [number, number, number][])
      expect(ellipseRing(MIDDLE, cov).flat().every(Number.isFinite)).toBe(true);
  });

  test("a minute ahead lies where the geodesic ends", () => {
    const [lon, lat] = ahead(MIDDLE, 130, 150);
    const { distance_m, bearing_deg } = geodesic(MIDDLE[1], MIDDLE[0], lat, lon);
    expect(distance_m).toBeCloseTo(150, 1);
    expect(bearing_deg).toBeCloseTo(130, 1);
  });
});
