/** Where each aircraft flew in the last minutes. */

import type { Fix, LonLat } from "../wire";

export const TRAIL_MIN = 10;
const TRAIL_NS = BigInt(TRAIL_MIN * 60) * 1_000_000_000n;
/** Between kept points; at 20 m/s one each 40 m. */
const STEP_NS = 2_000_000_000n;

interface Passed {
  utc_ns: bigint;
  at: LonLat;
}

export type Trails = Record<string, readonly Passed[]>;

/** The trails with these fixes added; what is too old is gone, and what lies later than the fix (replay) too. */
export function withFixes(trails: Trails, fixes: readonly Fix[]): Trails {
  return Object.fromEntries(fixes.map((fix) => [fix.aircraft, withFix(trails[fix.aircraft] ?? [], fix)]));
}

function withFix(trail: readonly Passed[], fix: Fix): readonly Passed[] {
  const utc_ns = BigInt(fix.utc_ns);
  const kept = trail.filter((passed) => passed.utc_ns < utc_ns && utc_ns - passed.utc_ns <= TRAIL_NS);
  const before = kept.at(-2);
  if (before !== undefined && utc_ns - before.utc_ns < STEP_NS) kept.pop();
  return [...kept, { utc_ns, at: [fix.lon_deg, fix.lat_deg] }];
}
