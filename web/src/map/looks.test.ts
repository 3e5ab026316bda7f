import { describe, expect, test } from "vitest";
import { channelsOf, contrast } from "../contrast";
import { THEMES, type Theme } from "../theme";
import { AGE_CLASSES, AGE_LIMITS_MIN, ageClass, packed, seenPixels } from "./ages";
import { iconsOf } from "./icons";
import { LAYERS, looksOf, PARTS } from "./looks";
import { paletteOf, type Palette } from "./palette";
import { layerIds, outside, styleOf, tint } from "./style";

const colours = (palette: Palette): string[] => JSON.stringify(palette).match(/#[0-9a-f]{6}/g) ?? [];

describe("themes", () => {
  test("in red nothing is white, green or blue", () => {
    for (const colour of colours(paletteOf("red"))) {
      const [red, green, blue] = channelsOf(colour);
      expect(Math.max(green, blue), colour).toBeLessThanOrEqual(Math.max(3, red * 0.34));
    }
  });

  test.each(THEMES)("in %s words and severities stand out from their halo (WCAG AA)", (theme) => {
    const p = paletteOf(theme);
    for (const word of [p.ink, p.soft, p.border]) expect(contrast(word, p.halo), word).toBeGreaterThanOrEqual(4.5);
    for (const sign of Object.values(p.severity)) expect(contrast(sign, p.halo), sign).toBeGreaterThanOrEqual(3);
  });

  test.each(THEMES)("in %s every word on the map can be read on its halo, and a contour's height on the ground too", (theme) => {
    const p = paletteOf(theme);
    const looks = looksOf(p);
    for (const { id, text } of looks) if (text) expect(contrast(text.colour, text.halo), id).toBeGreaterThanOrEqual(4.5);
    const { text } = looks.find(({ id }) => id === "contour-main")!;
    for (const ground of p.tint) expect(contrast(text!.colour, ground), ground).toBeGreaterThanOrEqual(4.5);
  });

  test("each theme has a colour for every age, the freshest the strongest", () => {
    for (const theme of THEMES) {
      const opacities = paletteOf(theme).seen.map(([, opacity]) => opacity);
      expect(opacities).toHaveLength(AGE_CLASSES);
      expect(opacities[0]).toBe(Math.max(...opacities));
    }
  });
});

describe("the style", () => {
  const style = styleOf(paletteOf("day"), "pmtiles://x", [-67, -20, -66, -19]);

  test("asks no glyphs, has two height sources, and no layer twice", () => {
    expect(style.glyphs).toBeUndefined();
    expect(Object.values(style.sources).filter(({ type }) => type === "raster-dem")).toHaveLength(2);
    const ids = style.layers.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("is the same in every theme but for its colours", () => {
    const shape = (theme: Theme): string =>
      JSON.stringify(styleOf(paletteOf(theme), "pmtiles://x", [-67, -20, -66, -19])).replace(/#[0-9a-f]{6}|"hillshade-exaggeration":[\d.]+/g, "");
    expect(shape("dark")).toBe(shape("day"));
    expect(shape("red")).toBe(shape("day"));
  });

  /** Letters' heights that MapLibre keeps free round words: 2 pixels. */
  const PADDING = 0.2;

  test("labels of aircraft have places that do not touch each other, though all stand at one place", () => {
    const { layout } = style.layers.find(({ id }) => id === "aircraft/sign")! as { layout: Record<string, unknown> };
    const places = layout["text-variable-anchor-offset"] as (string | [number, number])[];
    const [wide, high] = [9, 4 * (layout["text-line-height"] as number) + 2 * PADDING];
    const boxes = ["left", "right", "top", "bottom"].map((anchor) => {
      const [x, y] = places[places.indexOf(anchor) + 1] as [number, number];
      const left = anchor === "left" ? x : anchor === "right" ? x - wide : x - wide / 2;
      const top = anchor === "top" ? y : anchor === "bottom" ? y - high : y - high / 2;
      return [left, top, left + wide, top + high] as const;
    });
    for (const a of boxes) for (const b of boxes) if (a !== b) expect(a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]).toBe(false);
  });

  test("without terrain there is neither height nor mask", () => {
    const { sources, layers } = styleOf(paletteOf("day"), null, [0, 0, 1, 1]);
    expect(Object.keys(sources)).toEqual([...PARTS]);
    expect(layers.some(({ id }) => ["tint", "shade", "outside"].includes(id))).toBe(false);
  });

  test("every layer of every look belongs to one switch, or to none that is named", () => {
    const switched = LAYERS.flatMap((layer) => layerIds(layer, paletteOf("day")));
    expect(new Set(switched).size).toBe(switched.length);
    const always = looksOf(paletteOf("day")).filter(({ layer }) => layer === null).map(({ part }) => part);
    expect(new Set(always)).toEqual(new Set(["measure"]));
  });

  test("the tint spreads from the lowest ground to the highest", () => {
    const stops = (tint(paletteOf("day"), 3600, 5600) as unknown[]).slice(3);
    expect(stops.filter((_, k) => k % 2 === 0)).toEqual([3600, 4100, 4600, 5100, 5600]);
  });

  test("the mask has the terrain as its hole", () => {
    const { geometry } = outside([-67, -20, -66, -19]);
    expect(geometry.type === "Polygon" && geometry.coordinates).toHaveLength(2);
  });
});

describe("signs", () => {
  test("severities, links and kinds differ by shape, not by colour alone", () => {
    const icons = iconsOf(paletteOf("red"));
    const shape = (name: string): string => {
      const { path, fill, dash, mark } = icons.get(name)!;
      return JSON.stringify([path, fill === paletteOf("red").halo, dash, mark?.path]);
    };
    for (const names of [
      ["alert-high-open", "alert-medium-open", "alert-low-open", "alert-high-confirmed", "alert-high-dismissed"],
      ["aircraft-good", "aircraft-late", "aircraft-lost"],
      ["mover-person", "mover-vehicle", "mover-animal", "mover-unknown", "mover-person-tentative"],
    ])
      expect(new Set(names.map(shape)).size).toBe(names.length);
  });
});

describe("ages of seen ground", () => {
  const grid = { rows: 2, cols: 3, west: -67, south: -20, east: -66, north: -19, epoch_utc_ns: "1000000000000" };
  const COLOURS = [11, 12, 13, 14, 15, 16];
  const at = (s: number): bigint => 1_000_000_000_000n + BigInt(s) * 1_000_000_000n;

  test("each limit belongs to the younger class", () => {
    AGE_LIMITS_MIN.forEach((limit, k) => {
      expect(ageClass(0, limit * 60)).toBe(k);
      expect(ageClass(0, limit * 60 + 1)).toBe(k + 1);
    });
  });

  test("never seen stays plain, and so does what a replay has not seen yet", () => {
    const values = Int32Array.of(-1, 0, 100, 4000, 7000, 7200);
    expect([...seenPixels({ grid, values, version: 1 }, at(7000), COLOURS)]).toEqual([0, 15, 15, 14, 11, 0]);
  });

  test("a grid of more cells than values leaves the rest plain", () => {
    expect([...seenPixels({ grid, values: Int32Array.of(0), version: 1 }, at(1), COLOURS)]).toEqual([11, 0, 0, 0, 0, 0]);
    expect(seenPixels({ grid: null, values: new Int32Array(0), version: 0 }, 0n, COLOURS)).toHaveLength(0);
  });

  test("a packed colour has its bytes in the order of ImageData", () => {
    expect([...new Uint8Array(Uint32Array.of(packed("#0a7f05", 0.5)).buffer)]).toEqual([10, 127, 5, 128]);
  });
});
