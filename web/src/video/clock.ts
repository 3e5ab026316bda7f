/** When a picture was taken, and how old it is now. */

/** A picture older than this is called stale: with four looks at the clock a second, within 2 s of the last picture. */
export const STALE_S = 1.6;
/** A unit that comes so late was held up on its way to this page. */
export const LATE_S = 2;
const WINDOW_MS = 30_000;
/** Clocks of two machines go apart by less than this part of the time that passes. */
const DRIFT = 1e-4;

/** `2026-09-21 03:12:45.6 UTC`; tenths are cut, not rounded: a clock does not run ahead. */
export function utcText(utc_ns: bigint): string {
  const text = new Date(Number(utc_ns / 1_000_000n)).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, 21)} UTC`;
}

/**
 * How old a picture is, without trusting that two clocks agree: a unit is as late as it came later than the quickest
 * one that ever came. A page that falls behind does not get used to it. Only what is still late half a minute after the
 * stream was taken up anew, at its newest key frame, is another clock: that is believed then.
 */
export class AgeMeter {
  private least = Infinity;
  private anew: { since_ms: number; least: number } | null = null;

  /** A unit that was complete at `complete_utc_ns` came at `now_ms` of the page's own clock. */
  came(complete_utc_ns: bigint, now_ms: number): void {
    const delay_ms = driftless(now_ms) - inMs(complete_utc_ns);
    this.least = Math.min(this.least, delay_ms);
    if (this.anew === null) return;
    this.anew.least = Math.min(this.anew.least, delay_ms);
    if (now_ms - this.anew.since_ms < WINDOW_MS) return;
    this.least = this.anew.least;
    this.anew = null;
  }

  /** The stream was taken up anew. */
  beganAnew(now_ms: number): void {
    this.anew = { since_ms: now_ms, least: Infinity };
  }

  /** Seconds from when the unit was complete to now, never negative; null before any came. */
  age_s(complete_utc_ns: bigint, now_ms: number): number | null {
    if (this.least === Infinity) return null;
    return Math.max(0, (driftless(now_ms) - inMs(complete_utc_ns) - this.least) / 1000);
  }
}

/** Says when a stream that comes late is to be taken up anew, at its newest key frame. */
export class Chase {
  private tried = false;

  /** A unit of that age came. Once, until one comes in time again: what is late on its way to the console stays so. */
  isDue(age_s: number | null): boolean {
    if (age_s === null || age_s <= LATE_S) this.tried = false;
    else if (!this.tried) return (this.tried = true);
    return false;
  }
}

/** This page's clock at its slowest beside the other: nothing grows old by drift alone. */
const driftless = (now_ms: number): number => now_ms * (1 - DRIFT);

function inMs(utc_ns: bigint): number {
  return Number(utc_ns) / 1e6;
}

export function isStale(age_s: number | null): boolean {
  return age_s === null || age_s > STALE_S;
}
