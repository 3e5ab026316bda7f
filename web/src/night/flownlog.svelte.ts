/** What was flown in the night so far, by aircraft: the past from the console, then every fix that comes. */
import { fetchHistory, type FetchHistory } from "../history.svelte";
import { msOf, utcNsOf } from "../instant";
import type { LiveState } from "../live.svelte";
import type { Fix } from "../wire";
import { GAP_MS, HISTORY_STEP_S, NOTHING_FLOWN, withFix, type Flown } from "./flown";

export class FlownLog {
  by_aircraft = $state.raw<Record<string, Flown>>({});
  /** The past could not be had: what is shown begins when this page was opened. */
  incomplete = $state(false);
  private loaded_from: string | null = null;

  constructor(private readonly history: FetchHistory = fetchHistory) {}

  /** Read the night up to now, where that was not done yet for this watch, or where this page has missed a part of it. */
  async load(live: LiveState): Promise<void> {
    const from = live.night?.start_utc_ns ?? null;
    if (from === null || live.now_utc_ms === null || from === this.loaded_from) return;
    this.loaded_from = from;
    const history = await this.history(from, utcNsOf(live.now_utc_ms), HISTORY_STEP_S).catch(() => null);
    this.incomplete = history === null;
    if (history === null) this.loaded_from = null;
    else this.by_aircraft = history.fixes.toSorted(byTime).reduce(add, {});
  }

  /** Add the fixes that have come. After silence from all, what the log knows of it is read with the next `load`. */
  take(fixes: Record<string, Fix>): void {
    const come = Object.values(fixes);
    if (newest(come) - newest(lastOf(this.by_aircraft)) > GAP_MS) this.loaded_from = null;
    this.by_aircraft = come.reduce(add, this.by_aircraft);
  }
}

const byTime = (one: Fix, other: Fix): number => msOf(one.utc_ns) - msOf(other.utc_ns);
const newest = (fixes: readonly Fix[]): number => Math.max(...fixes.map(({ utc_ns }) => msOf(utc_ns)));
const lastOf = (table: Record<string, Flown>): Fix[] => Object.values(table).flatMap(({ last }) => last ?? []);

function add(table: Record<string, Flown>, fix: Fix): Record<string, Flown> {
  const before = table[fix.aircraft] ?? NOTHING_FLOWN;
  const after = withFix(before, fix);
  if (after === before) return table;
  return { ...table, [fix.aircraft]: after };
}
