import { describe, expect, it } from "vitest";
import { sunAltitude, themeOf, THEMES } from "./theme";
import css from "./themes.css?raw";

const GROUNDS = ["paper", "panel", "raised"];
const TEXTS = ["ink", "soft", "accent", "high", "medium", "low", "good"];
/** Red light dims night sight least while it is dim itself: the brightest thing stays below a third of white's. */
const RED_LUMINANCE_MAX = 0.27;

type Rgb = [number, number, number];

function coloursOf(theme: string): Record<string, Rgb> {
  const block = new RegExp(`data-theme="${theme}"\\][^{]*{([^}]*)}`).exec(css)![1]!;
  const pairs = [...block.matchAll(/--([\w-]+):\s*#(\w\w)(\w\w)(\w\w);/g)];
  return Object.fromEntries(pairs.map(([, name, ...hex]) => [name!, hex.map((two) => parseInt(two, 16)) as Rgb]));
}

/** WCAG 2.2, relative luminance. */
function luminance(rgb: Rgb): number {
  const [r, g, b] = rgb.map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4)) as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: Rgb, other: Rgb): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

it("contrast is WCAG's: black on white is 21, and #777 on white is the known near miss", () => {
  expect(contrast([0, 0, 0], [255, 255, 255])).toBeCloseTo(21, 9);
  expect(contrast([0x77, 0x77, 0x77], [255, 255, 255])).toBeCloseTo(4.48, 2);
});

describe.each(THEMES)("the %s theme", (theme) => {
  const colours = coloursOf(theme);
  const pair = (one: string, other: string) => contrast(colours[one]!, colours[other]!);

  it("has the colours that every theme has", () => {
    expect(Object.keys(colours).sort()).toEqual(Object.keys(coloursOf("day")).sort());
  });

  it.each(TEXTS)("%s can be read on every ground", (text) => {
    for (const ground of GROUNDS) expect(pair(text, ground), `${text} on ${ground}`).toBeGreaterThanOrEqual(4.5);
  });

  it("what is written on a filled colour can be read", () => {
    expect(pair("accent-ink", "accent")).toBeGreaterThanOrEqual(4.5);
    expect(pair("loud-ink", "loud")).toBeGreaterThanOrEqual(4.5);
  });

  it("edges of controls can be seen", () => {
    for (const ground of GROUNDS) expect(pair("edge", ground), ground).toBeGreaterThanOrEqual(3);
  });
});

it("red holds no white, green or blue, and is dim", () => {
  for (const [name, [r, g, b]] of Object.entries(coloursOf("red"))) {
    expect(Math.max(g, b), name).toBeLessThanOrEqual(0.3 * r);
    expect(luminance([r, g, b]), name).toBeLessThanOrEqual(RED_LUMINANCE_MAX);
  }
});

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
