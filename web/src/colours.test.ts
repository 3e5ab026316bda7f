import { describe, expect, it } from "vitest";
import { COLOURS, cssOf, type Colours } from "./colours";
import { channelsOf, contrast, luminance } from "./contrast";
import { THEMES } from "./theme";

const GROUNDS = ["paper", "panel", "raised"] as const;
const TEXTS = ["ink", "soft", "accent", "high", "medium", "low", "good"] as const;
/** Red light dims night sight least while it is dim itself: the brightest thing stays below a third of white's. */
const RED_LUMINANCE_MAX = 0.27;

it("contrast is WCAG's: black on white is 21, and #777 on white is the known near miss", () => {
  expect(contrast("#000000", "#ffffff")).toBeCloseTo(21, 9);
  expect(contrast("#777777", "#ffffff")).toBeCloseTo(4.48, 2);
});

describe.each(THEMES)("the %s theme", (theme) => {
  const pair = (one: keyof Colours, other: keyof Colours) => contrast(COLOURS[theme][one], COLOURS[theme][other]);

  it.each(TEXTS)("%s can be read on every ground", (text) => {
    for (const ground of GROUNDS) expect(pair(text, ground), `${text} on ${ground}`).toBeGreaterThanOrEqual(4.5);
  });

  it("what is written on a filled colour can be read", () => {
    expect(pair("accent_ink", "accent")).toBeGreaterThanOrEqual(4.5);
    expect(pair("loud_ink", "loud")).toBeGreaterThanOrEqual(4.5);
  });

  it("edges of controls can be seen", () => {
    for (const ground of GROUNDS) expect(pair("edge", ground), ground).toBeGreaterThanOrEqual(3);
  });
});

it("red holds no white, green or blue, and is dim", () => {
  for (const [name, colour] of Object.entries(COLOURS.red)) {
    const [r, g, b] = channelsOf(colour);
    expect(Math.max(g, b), name).toBeLessThanOrEqual(0.3 * r);
    expect(luminance(colour), name).toBeLessThanOrEqual(RED_LUMINANCE_MAX);
  }
});

const SOURCES = import.meta.glob<string>(["./**/*.{svelte,css,ts}", "!./**/*.test.ts", "!./colours.ts", "!./map/palette.ts"], {
  query: "?raw",
  import: "default",
  eager: true,
});
/** Behind a picture there is nothing. */
const BLACK = "#000";

it("no colour is written anywhere else", () => {
  expect(Object.keys(SOURCES).length).toBeGreaterThan(50);
  for (const [path, source] of Object.entries(SOURCES))
    expect([...source.matchAll(/#(?:[0-9a-f]{6}|[0-9a-f]{3})\b/gi)].map(([colour]) => colour).filter((one) => one !== BLACK), path).toEqual([]);
});

it("every colour that a style names is there", () => {
  const set = new Set([...cssOf("day").matchAll(/(--[\w-]+):/g)].map(([, name]) => name));
  const own = new Set(Object.values(SOURCES).flatMap((source) => [...source.matchAll(/(?:style:)?(--[\w-]+)[:=]/g)].map(([, name]) => name)));
  for (const [path, source] of Object.entries(SOURCES))
    for (const [, name] of source.matchAll(/var\((--[\w-]+)/g)) expect(set.has(name!) || own.has(name!), `${name} in ${path}`).toBe(true);
});
