import { forward } from "mgrs";
import { describe, expect, it } from "vitest";
import { SIGMAS_90, sigmaOf, utmOf, wayBetween, writeMgrs, writeUtm } from "./places";

/** lat, lon, zone, east, north by PROJ 9 (EPSG:326zz, EPSG:327zz), in the Andes and where the rules bend. */
const PROJ: [number, number, number, number, number][] = [
  [-16.5, -68.15, 19, 590716.0415, 8175564.9908],
  [-22.9, -67.9, 19, 612817.4149, 7467128.6931],
  [0.0001, -78.0, 18, 166021.4431, 11.0683],
  [-0.0001, -78.0, 18, 166021.4431, 9999988.9317],
  [48.8582, 2.2945, 31, 448251.7952, 5411932.6777],
  [60.39, 5.32, 32, 297230.2202, 6700510.1753],
  [78.22, 15.65, 33, 514813.5273, 8683004.1533],
  [-33.8568, 151.2153, 56, 334900.5697, 6252288.7529],
  [-20.5, -66.0, 20, 187078.4168, 7730316.2951],
  [83.9, -10, 29, 488136.7308, 9317033.0971],
];

describe("UTM", () => {
  it.each(PROJ)("agrees with PROJ at %f, %f within a millimetre", (lat, lon, zone, east_m, north_m) => {
    const utm = utmOf(lat, lon)!;
    expect(utm.zone).toBe(zone);
    expect(Math.abs(utm.east_m - east_m)).toBeLessThan(1e-3);
    expect(Math.abs(utm.north_m - north_m)).toBeLessThan(1e-3);
  });

  it("ends where UTM ends", () => {
    expect(utmOf(84, 0)).toBeNull();
    expect(utmOf(-80.01, 0)).toBeNull();
    expect(utmOf(NaN, 0)).toBeNull();
  });

  it("takes a longitude from beyond the date line for the same place", () => {
    expect(utmOf(-16.5, -68.15 + 360)!.east_m).toBeCloseTo(590716.0415, 3);
  });

  it("is written with zone and band", () => {
    expect(writeUtm(utmOf(-16.5, -68.15)!)).toBe("19K 590716 8175564");
  });
});

describe("MGRS", () => {
  it("names the published square of the Eiffel tower", () => {
    expect(writeMgrs(utmOf(48.8582, 2.2945)!)).toBe("31U DQ 48251 11932");
  });

  it("agrees with the mgrs package all over the globe, within the metre by which that one rounds", () => {
    for (let lat = -79.3; lat < 84; lat += 3.7)
      for (let lon = -179.9; lon < 180; lon += 7.3) {
        const ours = writeMgrs(utmOf(lat, lon)!).replaceAll(" ", "");
        const theirs = forward([lon, lat], 5);
        expect(ours.slice(0, -10), `${lat} ${lon}`).toBe(theirs.slice(0, -10));
        for (const at of [-10, -5])
          expect(Math.abs(digits(ours, at) - digits(theirs, at)), `${lat} ${lon}`).toBeLessThanOrEqual(1);
      }
  });
});

const digits = (mgrs: string, at: number): number => Number(mgrs.slice(at, at + 5 || undefined));

describe("ways", () => {
  it.each([
    [-16.5, -68.15, -16.6, -68.0, 19462.843409600875, 124.67353328991985],
    [0, 0, 0.5, 179.5, 19936288.578965314, 25.67187286829188],
    [40.6, -73.8, 51.6, -0.5, 5551759.4003186785, 51.19888284557983],
  ])("from %f, %f agrees with GeographicLib in C", (lat, lon, lat2, lon2, distance_m, bearing_deg) => {
    const way = wayBetween({ lat_deg: lat, lon_deg: lon }, { lat_deg: lat2, lon_deg: lon2 });
    expect(way.distance_m).toBeCloseTo(distance_m, 5);
    expect(way.bearing_deg).toBeCloseTo(bearing_deg, 8);
  });

  it("points west as 270, not as -90", () => {
    const way = wayBetween({ lat_deg: 0, lon_deg: 0 }, { lat_deg: 0, lon_deg: -1 });
    expect(way.bearing_deg).toBeCloseTo(270, 9);
  });
});

describe("sigma", () => {
  it("is the larger semi-axis, however the ellipse is turned", () => {
    expect(sigmaOf([25, 0, 100])).toBeCloseTo(10, 12);
    const turned = (a: number) => {
      const [c, s] = [Math.cos(a), Math.sin(a)];
      return sigmaOf([25 * c * c + 100 * s * s, 75 * s * c, 25 * s * s + 100 * c * c]);
    };
    for (const angle of [0.3, 1, 2.5]) expect(turned(angle)).toBeCloseTo(10, 9);
  });

  it("nine in ten lie within 2.146 sigmas", () => {
    expect(SIGMAS_90).toBeCloseTo(2.1460, 4);
  });
});
