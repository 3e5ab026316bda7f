import { describe, expect, it } from "vitest";
import type { Alert } from "../wire";
import { cameraSaid, moverAt, moverBox, pixelOf } from "./mover";

/** apacheta.geo.project of a camera of 640 x 512 pixels and 12.5 degrees, 4,600 m HAE: latitude, longitude, azimuth,
 * elevation, roll; the place's latitude, longitude, height HAE; column and row from the middle of the first pixel. */
type Row = [number, number, number, number, number, number, number, number, number, number];
const REFERENCE: Row[] = [
  [-32.82828702, -70.08526379, 71.39125, -31.07412, 15.3123, -32.82444375, -70.07415566, 3967.265, 139.55, 216.94],
  [-32.8196652, -70.08138744, 316.28118, -56.79062, -0.48052, -32.81708751, -70.08540265, 3788.987, 85.92, 421.46],
  [-32.82403198, -70.08372028, 241.22113, -60.06451, 2.03168, -32.82665306, -70.08791056, 3725.494, 128.62, 311.62],
  [-32.81137072, -70.08585618, 127.11659, -38.999, 6.46997, -32.8165948, -70.07821237, 3788.886, 404.35, 367.79],
  [-32.82142854, -70.07482589, 115.12053, -46.12805, -30.76806, -32.82451327, -70.06684487, 3644.348, 222.01, 385.25],
  [-32.82449251, -70.07876381, 211.1147, -15.79432, -0.50842, -32.83278069, -70.08565742, 4325.866, 517.09, 152.59],
];
const SIZE = { width_px: 640, height_px: 512 };

const cameraOf = ([lat_deg, lon_deg, azimuth_deg, elevation_deg, sight_roll_deg]: Row) => ({
  lat_deg, lon_deg, alt_hae_m: 4600, azimuth_deg, elevation_deg, sight_roll_deg, hfov_deg: 12.5,
});
const bytesOf = (said: object): Uint8Array => new TextEncoder().encode(JSON.stringify(said));

it.each(REFERENCE)("a place is seen where the watch itself would see it: camera at %f, %f", (...row) => {
  const [, , , , , lat_deg, lon_deg, alt_hae_m, column, line] = row;
  const at = pixelOf(cameraOf(row), { lat_deg, lon_deg, alt_hae_m }, SIZE)!;
  expect([at.x_px - 0.5 - column, at.y_px - 0.5 - line].map(Math.abs).every((off) => off < 0.5), `${at.x_px} ${at.y_px}`).toBe(true);
});

const S = 1_000_000_000n;
const row = REFERENCE[0]!;
const track = (at: bigint, east_deg = 0): [string, number, number] => [String(at), row[6] + east_deg, row[5]];
const alert = {
  id: "a", mover: "person", position: { lat_deg: row[5], lon_deg: row[6], alt_hae_m: row[7] }, position_cov_m2: [4, 0, 4],
  evidence: { still_sha256: null, chip_sha256: null, track: [track(10n * S), track(11n * S, 2e-5), track(20n * S, 4e-5)] },
} as unknown as Alert;

describe("a mover in a clip", () => {
  it("is between the estimates next to the picture, and nowhere where none is near", () => {
    expect(moverAt(alert, 10n * S + S / 2n)!.lon_deg).toBeCloseTo(row[6] + 1e-5, 9);
    expect([5n, 15n, 30n].map((s) => moverAt(alert, s * S))).toEqual([null, null, null]);
    expect(moverAt(alert, 20n * S + S / 5n)!.lon_deg).toBeCloseTo(row[6] + 4e-5, 9);
  });

  it("has a box as wide as its position is unsure, and never too small to see", () => {
    const metadata = bytesOf(cameraOf(row));
    const box = moverBox(alert, 10n * S, metadata, SIZE, 1)!;
    expect([box.x_px, box.y_px]).toEqual([expect.closeTo(row[8] + 0.5, 0), expect.closeTo(row[9] + 0.5, 0)]);
    expect(box.half_px).toBe(14);
    expect(moverBox({ ...alert, position_cov_m2: [400, 0, 400] }, 10n * S, metadata, SIZE, 1)!.half_px).toBeGreaterThan(40);
  });

  it("has none where the recording does not say how its camera looked, or the mover was outside", () => {
    const { sight_roll_deg: _, ...less } = cameraOf(row);
    expect(cameraSaid(bytesOf(less))).toBeNull();
    expect(moverBox(alert, 10n * S, bytesOf(less), SIZE, 1)).toBeNull();
    expect(moverBox(alert, 10n * S, bytesOf({ ...cameraOf(row), azimuth_deg: 180 }), SIZE, 1)).toBeNull();
  });
});
