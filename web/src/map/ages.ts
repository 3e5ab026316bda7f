/** How long ago ground was seen, as colours. */

import type { Seen } from "../seen";

/** Upper ends of the age classes; a last class holds what is older. */
export const AGE_LIMITS_MIN = [5, 15, 30, 60, 120] as const;
export const AGE_CLASSES = AGE_LIMITS_MIN.length + 1;
const NS_PER_S = 1_000_000_000n;

/** 0 for the freshest class; -1 for what was never seen, or is only seen later than `now`. */
export function ageClass(seen_s: number, now_s: number): number {
  if (seen_s < 0 || seen_s > now_s) return -1;
  const age_min = (now_s - seen_s) / 60;
  const found = AGE_LIMITS_MIN.findIndex((limit) => age_min <= limit);
  return found < 0 ? AGE_LIMITS_MIN.length : found;
}

/** Pixels (rows * cols) of packed RGBA: each class its colour, never-seen transparent. */
export function seenPixels(seen: Seen, now_utc_ns: bigint, colours: readonly number[]): Uint32Array<ArrayBuffer> {
  const grid = seen.grid;
  if (grid === null) return new Uint32Array(0);
  const now_s = Number((now_utc_ns - BigInt(grid.epoch_utc_ns)) / NS_PER_S);
  const pixels = new Uint32Array(grid.rows * grid.cols);
  const cells = Math.min(pixels.length, seen.values.length);
  for (let k = 0; k < cells; k += 1) {
    const age = ageClass(seen.values[k] as number, now_s);
    if (age >= 0) pixels[k] = colours[age] ?? 0;
  }
  return pixels;
}

/** `#rrggbb` and an opacity as one pixel in the byte order of ImageData. */
export function packed(colour: string, opacity: number): number {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)) as [number, number, number];
  return new Uint32Array(new Uint8Array([r, g, b, Math.round(opacity * 255)]).buffer)[0] as number;
}
