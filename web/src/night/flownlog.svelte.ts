/** What was flown in the night so far, by aircraft: the past from the console, then every fix that comes. */
import { fetchHistory } from "../history.svelte";
import { msOf, utcNsOf } from "../instant";
import type { LiveState } from "../live.svelte";
import type { Fix } from "../wire";
import { HISTORY_STEP_S, NOTHING_FLOWN, withFix, type Flown } from "./flown";

export class FlownLog {
  by_aircraft = $state.raw<Record<string, Flown>>({});
  /** The past could not be had: what is shown begins when this page was opened. */
  incomplete = $state(false);
  private loaded_from: string | null = null;

  /** Read the night up to now, once a watch. */
  async load(live: LiveState): Promise<void> {
    const from = live.night?.start_utc_ns ?? null;
    if (from === null || live.now_utc_ms === null || from === this.loaded_from) return;
    this.loaded_from = from;
    const history = await fetchHistory(from, utcNsOf(live.now_utc_ms), HISTORY_STEP_S).catch(() => null);
    this.incomplete = history === null;
    const fixes = (history?.fixes ?? []).toSorted((one, other) => msOf(one.utc_ns) - msOf(other.utc_ns));
    this.by_aircraft = fixes.reduce(add, {});
  }

  take(fixes: Record<string, Fix>): void {
    this.by_aircraft = Object.values(fixes).reduce(add, this.by_aircraft);
  }
}

function add(table: Record<string, Flown>, fix: Fix): Record<string, Flown> {
  const before = table[fix.aircraft] ?? NOTHING_FLOWN;
  const after = withFix(before, fix);
  if (after === before) return table;
  return { ...table, [fix.aircraft]: after };
}
