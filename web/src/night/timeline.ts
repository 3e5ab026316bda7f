/** The timeline's scale: which part of the night is shown, and where its ticks stand. */

import { msOf } from "../instant";
import type { Night } from "../wire";

export const RANGES = ["whole", "hour", "ten"] as const;
export type Range = (typeof RANGES)[number];
const RANGE_MS: Record<Exclude<Range, "whole">, number> = { hour: 3_600_000, ten: 600_000 };
const TICKS_MS = [60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000];

export interface Domain {
  from_ms: number;
  to_ms: number;
}

/** From the night's start to its end, or to the present where nobody knows when it ends. Before it is known it has no
 * length. */
export function nightOf(night: Pick<Night, "start_utc_ns" | "end_utc_ns"> | null, now_ms: number): Domain {
  if (night === null) return { from_ms: now_ms, to_ms: now_ms };
  const from_ms = msOf(night.start_utc_ns);
  return { from_ms, to_ms: night.end_utc_ns === null ? Math.max(from_ms, now_ms) : msOf(night.end_utc_ns) };
}

/** The part to show: the whole night, or a range that ends a little after `at_ms` and stays within the night. */
export function domainOf(range: Range, night: Domain, at_ms: number): Domain {
  const whole = { from_ms: night.from_ms, to_ms: Math.max(night.to_ms, at_ms) };
  if (range === "whole") return whole;
  const length_ms = RANGE_MS[range];
  const to_ms = Math.min(whole.to_ms, Math.max(at_ms + 0.1 * length_ms, whole.from_ms + length_ms));
  return { from_ms: Math.max(whole.from_ms, to_ms - length_ms), to_ms };
}

/** The smallest range that shows all that has happened: a night of ten hours that began two minutes ago is not empty. */
export function rangeFor(happened_ms: number): Range {
  if (happened_ms <= 0.9 * RANGE_MS.ten) return "ten";
  return happened_ms <= 0.9 * RANGE_MS.hour ? "hour" : "whole";
}

/** Full minutes or hours in the domain, at least `least_px` apart. */
export function ticksOf(domain: Domain, width_px: number, least_px = 72): number[] {
  const per_px = (domain.to_ms - domain.from_ms) / Math.max(1, width_px);
  const longest_ms = TICKS_MS.at(-1)!;
  const step_ms =
    TICKS_MS.find((step) => step >= per_px * least_px) ?? Math.ceil((per_px * least_px) / longest_ms) * longest_ms;
  const first = Math.ceil(domain.from_ms / step_ms);
  const count = Math.max(0, Math.floor(domain.to_ms / step_ms) - first + 1);
  return Array.from({ length: count }, (_, at) => (first + at) * step_ms);
}

/** Pixels from the left of an instant; beyond the domain it is beyond the picture. */
export const xOf = (domain: Domain, width_px: number, at_ms: number): number =>
  ((at_ms - domain.from_ms) / Math.max(1, domain.to_ms - domain.from_ms)) * width_px;
