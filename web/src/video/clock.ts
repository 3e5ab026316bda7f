/** When a picture was taken, and how old it is now. */

/** A picture older than this is called stale: with four looks at the clock a second, within 2 s of the last picture. */
export const STALE_S = 1.6;
const WINDOW_MS = 30_000;

/** `2026-09-21 03:12:45.6 UTC`; tenths are cut, not rounded: a clock does not run ahead. */
export function utcText(utc_ns: bigint): string {
  const text = new Date(Number(utc_ns / 1_000_000n)).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, 21)} UTC`;
}

/**
 * How old a picture is, without trusting that two clocks agree: a unit is as late as it came later than the quickest
 * one of the last half minute to minute. A clock that is set anew is believed again after that time.
 */
export class AgeMeter {
  private least = Infinity;
  private leastBefore = Infinity;
  private since_ms = -Infinity;

  /** A unit that was complete at `complete_utc_ns` came at `now_ms` of the page's own clock. */
  came(complete_utc_ns: bigint, now_ms: number): void {
    if (now_ms - this.since_ms > WINDOW_MS) {
      this.leastBefore = this.least;
      this.least = Infinity;
      this.since_ms = now_ms;
    }
    this.least = Math.min(this.least, now_ms - inMs(complete_utc_ns));
  }

  /** Seconds from when the unit was complete to now, never negative; null before any came. */
  age_s(complete_utc_ns: bigint, now_ms: number): number | null {
    const quickest = Math.min(this.least, this.leastBefore);
    if (quickest === Infinity) return null;
    return Math.max(0, (now_ms - inMs(complete_utc_ns) - quickest) / 1000);
  }
}

function inMs(utc_ns: bigint): number {
  return Number(utc_ns) / 1e6;
}

export function isStale(age_s: number | null): boolean {
  return age_s === null || age_s > STALE_S;
}
