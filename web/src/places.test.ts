import { expect, test } from "vitest";
import { geodesic, mgrs, utm } from "./places";

/** pyproj 3.7.2: EPSG:4326 to EPSG:32719 and EPSG:32631, floored to metres. */
test.each([
  [-19.51, -66.83, "19K 727730 7841299"],
  [48.8583, 2.2945, "31U 448251 5411943"],
])("UTM of %f, %f is that of pyproj", (lat, lon, place) => {
  expect(utm(lat, lon)).toBe(place);
});

test("UTM agrees with the metres within MGRS, from another library", () => {
  for (const [lat, lon] of [[-19.51, -66.83], [-33.1, -70.2], [60.5, 24.1], [3.2, -76.9]] as const) {
    const [, east = "", north = ""] = utm(lat, lon).split(" ");
    const [, , e = "", n = ""] = mgrs(lat, lon).split(" ");
    expect(Math.abs(Number(east.slice(-5)) - Number(e))).toBeLessThanOrEqual(1);
    expect(Math.abs(Number(north.slice(-5)) - Number(n))).toBeLessThanOrEqual(1);
  }
});

test("beyond MGRS there is no grid", () => {
  expect([mgrs(-85, 0), utm(-85, 0)]).toEqual(["", ""]);
});

test("the geodesic of Karney's paper (2013, table 2)", () => {
  const { distance_m, bearing_deg } = geodesic(40, 0, 41.79331020506, 137.84490004377);
  expect(distance_m).toBeCloseTo(10_000_000, 2);
  expect(bearing_deg).toBeCloseTo(30, 8);
});
