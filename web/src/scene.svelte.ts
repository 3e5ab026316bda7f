/** What is known of the night at one moment, message by message. Later wins over earlier, whatever order they come in. */
import { isLater } from "./instant";
import type { Alert, Decision, Fix, Sight, Snapshot, Tracks, UtcNs } from "./wire";

type Table<T> = Record<string, T>;

/** The present scene. Tables are replaced, never changed in place: by aircraft, by stream, by alert. */
export class Scene {
  fixes = $state.raw<Table<Fix>>({});
  sights = $state.raw<Table<Sight>>({});
  tracks = $state.raw<Table<Tracks>>({});
  alerts = $state.raw<Table<Alert>>({});
  /** The decision that stands, by alert. */
  decisions = $state.raw<Table<Decision>>({});
  /** Every decision about an alert, first to last: the log keeps them all. */
  trail = $state.raw<Table<Decision[]>>({});

  begin(snapshot: Snapshot): void {
    this.fixes = tableOf(snapshot.aircraft, (fix) => fix.aircraft);
    this.sights = tableOf(snapshot.sights, (sight) => sight.stream);
    this.tracks = tableOf(snapshot.tracks, (tracks) => tracks.stream);
    this.alerts = tableOf(snapshot.alerts, (alert) => alert.id);
    this.trail = {};
    this.decisions = {};
    snapshot.decisions.forEach((decision) => this.decide(decision));
  }

  /** Whether the fix was news. */
  fix(fix: Fix): boolean {
    if (!isNews(fix, this.fixes[fix.aircraft])) return false;
    this.fixes = { ...this.fixes, [fix.aircraft]: fix };
    return true;
  }

  sight(sight: Sight): boolean {
    if (!isNews(sight, this.sights[sight.stream])) return false;
    this.sights = { ...this.sights, [sight.stream]: sight };
    return true;
  }

  track(tracks: Tracks): boolean {
    if (!isNews(tracks, this.tracks[tracks.stream])) return false;
    this.tracks = { ...this.tracks, [tracks.stream]: tracks };
    return true;
  }

  /** Whether the alert is one that was not there before. */
  alert(alert: Alert): boolean {
    const known = this.alerts[alert.id];
    if (known === undefined || !isLater(known.utc_ns, alert.utc_ns)) this.alerts = { ...this.alerts, [alert.id]: alert };
    return known === undefined;
  }

  decide(decision: Decision): void {
    const before = this.trail[decision.alert] ?? [];
    const others = before.filter((one) => one.index === null || one.index !== decision.index);
    const trail = [...others, decision].sort(inLogOrder);
    this.trail = { ...this.trail, [decision.alert]: trail };
    this.decisions = { ...this.decisions, [decision.alert]: trail.at(-1)! };
  }
}

function tableOf<T extends { utc_ns: UtcNs }>(rows: T[], key: (row: T) => string): Table<T> {
  const table: Table<T> = {};
  for (const row of rows) if (isNews(row, table[key(row)])) table[key(row)] = row;
  return table;
}

const isNews = (message: { utc_ns: UtcNs }, kept: { utc_ns: UtcNs } | undefined): boolean =>
  kept === undefined || isLater(message.utc_ns, kept.utc_ns);

/** By index in the log; where one has none yet, by time. */
function inLogOrder(one: Decision, other: Decision): number {
  if (one.index !== null && other.index !== null) return one.index - other.index;
  return one.utc_ns === other.utc_ns ? 0 : isLater(one.utc_ns, other.utc_ns) ? 1 : -1;
}
