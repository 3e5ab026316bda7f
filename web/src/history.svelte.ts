/** What was: fixes of the night's past from /api/history, kept by spans, so that the map can go back. */
import { msOf, utcNsOf } from "./instant";
import type { Fix, UtcNs } from "./wire";

/** The answer of /api/history as far as the page reads it; alerts and decisions it knows already. */
export interface History {
  fixes: Fix[];
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

interface Kept {
  fixes: Fix[];
  /** What is later than this was not there yet when the span was fetched. */
  until_ms: number;
}

/** Spans that were asked for. `failed` is true while the last one asked for could not be had. */
export class Past {
  failed = $state(false);
  private spans = $state.raw<Record<string, Kept>>({});
  private asked = new Set<number>();

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

  /** Have the span of that instant fetched, unless it is there as far as that instant. */
  async want(utc_ms: number, now_ms: number): Promise<void> {
    const span = spanOf(utc_ms);
    if (this.asked.has(span) || utc_ms <= (this.spans[span]?.until_ms ?? -Infinity)) return;
    this.asked.add(span);
    await this.take(span, Math.min(now_ms, span + SPAN_MS));
    this.asked.delete(span);
  }

  private async take(span: number, until_ms: number): Promise<void> {
    try {
      const history = await this.fetch(utcNsOf(span - FIX_HOLDS_MS), utcNsOf(span + SPAN_MS));
      const fixes = history.fixes.toSorted((one, other) => msOf(one.utc_ns) - msOf(other.utc_ns));
      const kept = Object.entries(this.spans).slice(1 - SPANS_KEPT);
      this.spans = { ...Object.fromEntries(kept), [span]: { fixes, until_ms } };
      this.failed = false;
    } catch {
      this.failed = true;
    }
  }
}

const spanOf = (utc_ms: number): number => Math.floor(utc_ms / SPAN_MS) * SPAN_MS;
