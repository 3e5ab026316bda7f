/** What lies under the pointer. */

import type { LonLat } from "../wire";
import type { Point } from "./mercator";
import type { Shape } from "./shapes";

/** Half the width of a finger. */
export const REACH_PX = 22;

/** The pick of the nearest shape that has one, within reach; the later one (drawn on top) where two are as near. */
export function pickAt(
  shapes: readonly Shape[],
  toPixels: (at: LonLat) => Point,
  [x_px, y_px]: Point,
  reach_px = REACH_PX,
): string | null {
  let [found, nearest] = [null as string | null, reach_px];
  for (const { geometry, properties } of shapes) {
    if (properties.pick === undefined || geometry.type !== "Point") continue;
    const [x, y] = toPixels(geometry.coordinates as LonLat);
    const away = Math.hypot(x - x_px, y - y_px);
    if (away <= nearest) [found, nearest] = [properties.pick, away];
  }
  return found;
}
