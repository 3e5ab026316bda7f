/** What was: fixes of the night's past from /api/history, kept by spans, so that the map can go back. */
import { msOf, utcNsOf } from "./instant";
import type { Fix, UtcNs } from "./wire";

/** The answer of /api/history as far as the page reads it; alerts and decisions it knows already. */
export interface History {
  fixes: Fix[];
  seen?: { utc_ns: UtcNs; seen_km2: number }[];
}

export type FetchHistory = (from_utc_ns: UtcNs, to_utc_ns: UtcNs, step_s?: number) => Promise<History>;

/** One span of the past is fetched at once; a fix older than the second figure is no longer where an aircraft is. */
export const SPAN_MS = 300_000;
export const FIX_HOLDS_MS = 10_000;
const SPANS_KEPT = 6;

export async function fetchHistory(from_utc_ns: UtcNs, to_utc_ns: UtcNs, step_s?: number): Promise<History> {
  const query = new URLSearchParams({ from_utc_ns, to_utc_ns });
  if (step_s !== undefined) query.set("step_s", String(step_s));
  const answer = await fetch(`/api/history?${query}`);
  if (!answer.ok) throw new Error(`/api/history: ${answer.status}`);
  return (await answer.json()) as History;
}

/** Spans that were asked for. `failed` is true while the last one asked for could not be had. */
export class Past {
  private spans = $state.raw<Record<number, History>>({});
  private asked = new Set<number>();
  failed = $state(false);

  constructor(private readonly fetch: FetchHistory) {}

  /** The last fix of each aircraft at that instant; empty where nobody flew, or while it is being fetched. */
  fixesAt(utc_ms: number): Record<string, Fix> {
    const shown: Record<string, Fix> = {};
    for (const fix of this.spans[spanOf(utc_ms)]?.fixes ?? []) {
      const age_ms = utc_ms - msOf(fix.utc_ns);
      if (age_ms >= 0 && age_ms <= FIX_HOLDS_MS) shown[fix.aircraft] = fix;
    }
    return shown;
  }

  isKnown(utc_ms: number): boolean {
    return spanOf(utc_ms) in this.spans;
  }

  /** Have the span of that instant fetched, unless it is there. A span not yet over is fetched anew when it is asked
   * for again after `now_ms` has passed the end of what was had. */
  async want(utc_ms: number, now_ms: number): Promise<void> {
    const span = spanOf(utc_ms);
    if (this.asked.has(span) || this.isKnown(utc_ms)) return;
    this.asked.add(span);
    await this.take(span);
    this.asked.delete(span);
    if (now_ms < span + SPAN_MS) setTimeout(() => this.drop(span), FIX_HOLDS_MS);
  }

  private async take(span: number): Promise<void> {
    try {
      const from = utcNsOf(span - FIX_HOLDS_MS);
      const history = await this.fetch(from, utcNsOf(span + SPAN_MS));
      const fixes = history.fixes.toSorted((one, other) => msOf(one.utc_ns) - msOf(other.utc_ns));
      this.keep(span, { ...history, fixes });
      this.failed = false;
    } catch {
      this.failed = true;
    }
  }

  private keep(span: number, history: History): void {
    const before = Object.entries(this.spans).slice(-SPANS_KEPT + 1);
    this.spans = { ...Object.fromEntries(before), [span]: history };
  }

  private drop(span: number): void {
    const { [span]: _, ...others } = this.spans;
    this.spans = others;
  }
}

const spanOf = (utc_ms: number): number => Math.floor(utc_ms / SPAN_MS) * SPAN_MS;
