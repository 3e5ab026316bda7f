/** The line that no aircraft may cross: standoff and the border's own inaccuracy away, on the own side. */

import type { LonLat } from "../wire";
import { isolines, type Field } from "./contours";
import { degreeM } from "./ellipse";
import type { Bounds } from "./mercator";

type Metres = readonly [east_m: number, north_m: number];

/** Lines at `distance_m` from the chains, on the side of `own`; sampled every `step_m` over the bounds. */
export function standoffLines(
  chains: readonly (readonly LonLat[])[],
  own: LonLat,
  distance_m: number,
  [west, south, east, north]: Bounds,
  step_m = 100,
): LonLat[][] {
  const [degree_e_m, degree_n_m] = degreeM((south + north) / 2);
  const metres = ([lon, lat]: LonLat): Metres => [(lon - west) * degree_e_m, (lat - south) * degree_n_m];
  const segments = chains.flatMap((chain) => pairs(chain.map(metres)));
  const sign = Math.sign(signedDistance(metres(own), segments));
  const cols = Math.ceil(((east - west) * degree_e_m) / step_m) + 1;
  const rows = Math.ceil(((north - south) * degree_n_m) / step_m) + 1;
  const values = Float32Array.from({ length: rows * cols }, (_, k) => {
    const at: Metres = [(k % cols) * step_m, Math.floor(k / cols) * step_m];
    return sign * signedDistance(at, segments);
  });
  const field: Field = { values, rows, cols };
  return isolines(field, distance_m).map((line) =>
    line.map(([col, row]): LonLat => [west + (col * step_m) / degree_e_m, south + (row * step_m) / degree_n_m]),
  );
}

function pairs(chain: readonly Metres[]): [Metres, Metres][] {
  return chain.slice(1).map((end, k) => [chain[k] as Metres, end]);
}

/** Distance to the nearest segment, positive on its left. Of two that meet in the nearest corner the one counts
 * whose line passes further off: it faces the point. */
export function signedDistance([px, py]: Metres, segments: readonly (readonly [Metres, Metres])[]): number {
  let [nearest, facing, side] = [Infinity, 0, 1];
  for (const [[ax, ay], [bx, by]] of segments) {
    const [dx, dy] = [bx - ax, by - ay];
    const length = Math.hypot(dx, dy) || 1;
    const along = Math.max(0, Math.min(length, ((px - ax) * dx + (py - ay) * dy) / length));
    const distance = Math.hypot(px - ax - (along * dx) / length, py - ay - (along * dy) / length);
    const across = (dx * (py - ay) - dy * (px - ax)) / length;
    if (distance > nearest + 1e-6) continue;
    if (distance > nearest - 1e-6 && Math.abs(across) <= facing) continue;
    [nearest, facing, side] = [distance, Math.abs(across), across < 0 ? -1 : 1];
  }
  return side * nearest;
}
