/** What was flown, from positions alone: when each aircraft was in the air, how far it came, where positions lack. */
import { msOf } from "../instant";
import { wayBetween } from "../places";
import type { Fix } from "../wire";

export interface Span {
  from_ms: number;
  to_ms: number;
}

export interface Flown {
  /** In the air without a gap, in order. */
  spans: Span[];
  sorties: number;
  distance_m: number;
  /** The last fix counted. */
  last: Fix | null;
}

/** Positions of the past come every ten seconds: what is missing for longer than two of these is a gap. */
export const HISTORY_STEP_S = 10;
export const GAP_MS = 25_000;
/** After so long without any position, what flies is another sortie. */
const SORTIE_GAP_MS = 600_000;
const ON_GROUND = ["ground"];

export const NOTHING_FLOWN: Flown = { spans: [], sorties: 0, distance_m: 0, last: null };

/** With one more fix; the same when it is not later than the last. */
export function withFix(flown: Flown, fix: Fix): Flown {
  const { last } = flown;
  const at_ms = msOf(fix.utc_ns);
  if (last !== null && at_ms <= msOf(last.utc_ns)) return flown;
  if (isOnGround(fix)) return { ...flown, last: fix };
  const since_ms = last === null ? Infinity : at_ms - msOf(last.utc_ns);
  const goes_on = last !== null && !isOnGround(last);
  return {
    spans: goes_on && since_ms <= GAP_MS ? longer(flown.spans, at_ms) : [...flown.spans, { from_ms: at_ms, to_ms: at_ms }],
    sorties: flown.sorties + (goes_on && since_ms <= SORTIE_GAP_MS ? 0 : 1),
    distance_m: flown.distance_m + (goes_on ? wayBetween(last, fix).distance_m : 0),
    last: fix,
  };
}

/** What does not say that it is on the ground flies. */
const isOnGround = ({ phase }: Fix): boolean => phase !== null && ON_GROUND.includes(phase);

const longer = (spans: Span[], to_ms: number): Span[] => [...spans.slice(0, -1), { ...spans.at(-1)!, to_ms }];

/** Seconds in the air with positions; gaps are not among them. */
export const aloft_s = ({ spans }: Flown): number => spans.reduce((sum, s) => sum + (s.to_ms - s.from_ms) / 1000, 0);

/** Between the spans of one sortie or the next: no position, so nobody can say. */
export function gapsOf({ spans }: Flown): Span[] {
  const pairs = spans.slice(1).map((span, at) => ({ from_ms: spans[at]!.to_ms, to_ms: span.from_ms }));
  return pairs.filter((gap) => gap.to_ms - gap.from_ms <= SORTIE_GAP_MS);
}
