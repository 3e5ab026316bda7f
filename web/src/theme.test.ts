import { describe, expect, it } from "vitest";
import { sunAltitude, themeOf } from "./theme";

describe("the sun", () => {
  /** At local noon the altitude is 90 degrees less the distance of latitude and declination (23.44, 0). */
  it.each([
    ["stands in the north at noon in La Paz in June", -16.5, -68.15, "2026-06-21T16:34:30Z", 50.06],
    ["is almost overhead in Quito at an equinox", -0.18, -78.47, "2026-03-20T17:21:20Z", 89.7],
  ])("%s", (_, lat, lon, at, altitude_deg) => {
    expect(Math.abs(sunAltitude(lat, lon, Date.parse(at)) - altitude_deg)).toBeLessThan(0.2);
  });

  it("sets in La Paz on 22 November 2026 at about 18:36 local time", () => {
    const altitude = (at: string) => sunAltitude(-16.5, -68.15, Date.parse(at));
    expect(altitude("2026-11-22T22:20:00Z")).toBeGreaterThan(-0.833);
    expect(altitude("2026-11-22T22:55:00Z")).toBeLessThan(-0.833);
  });

  it("chooses day or dark; red is chosen by a person, and a choice holds whatever the sun does", () => {
    expect(themeOf("sun", 10)).toBe("day");
    expect(themeOf("sun", -30)).toBe("dark");
    expect(themeOf("sun", null)).toBe("dark");
    expect(themeOf("red", 60)).toBe("red");
  });
});
