/** Contours and the standoff line, worked out beside the page. */

import { PMTiles } from "pmtiles";
import type { LonLat } from "../wire";
import { interval, isolines, simplified, smoothed } from "./contours";
import { heightsOf, placeOf } from "./heights";
import type { Bounds } from "./mercator";
import { standoffLines } from "./standoff";

export interface ContourLine {
  height_amsl_m: number;
  main: boolean;
  line: LonLat[];
}

export type Question =
  | { what: "contours"; url: string }
  | { what: "standoff"; chains: LonLat[][]; own: LonLat; distance_m: number; bounds: Bounds };

export type Answer =
  | { what: "contours"; lines: ContourLine[]; low_amsl_m: number; high_amsl_m: number; interval_m: number }
  | { what: "standoff"; lines: LonLat[][] }
  | { what: "failed"; text: string };

/** A line shorter than this (grid cells) is noise on flat ground. */
const SHORTEST = 12;
const MAIN_EVERY = 5;

async function contours(url: string): Promise<Answer> {
  const heights = await heightsOf(new PMTiles(url));
  const field = smoothed(heights.field);
  const [low, high] = spread(field.values);
  const step_m = interval(low, high);
  const lines: ContourLine[] = [];
  for (let level = Math.ceil(low / step_m) * step_m; level <= high; level += step_m)
    for (const line of isolines(field, level)) {
      if (line.length < SHORTEST) continue;
      const main = Math.round(level / step_m) % MAIN_EVERY === 0;
      lines.push({ height_amsl_m: level, main, line: simplified(line, 0.2).map((at) => placeOf(heights, at)) });
    }
  return { what: "contours", lines, low_amsl_m: low, high_amsl_m: high, interval_m: step_m };
}

/** The heights between which all but one in a thousand lie at either end. */
function spread(values: Float32Array): [low: number, high: number] {
  const known = values.filter((value) => !Number.isNaN(value)).sort();
  const at = (part: number): number => known[Math.round(part * (known.length - 1))] ?? 0;
  return [at(0.001), at(0.999)];
}

onmessage = async ({ data }: MessageEvent<Question>): Promise<void> => {
  try {
    if (data.what === "contours") postMessage(await contours(data.url));
    else postMessage({ what: "standoff", lines: standoffLines(data.chains, data.own, data.distance_m, data.bounds) });
  } catch (wrong) {
    postMessage({ what: "failed", text: String(wrong) });
  }
};
