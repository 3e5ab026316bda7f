/** The state of the page, fed by one wire: what the night is, what is known now, and what was when one looks back. */
import { eachBeat, isSparing } from "./beat";
import { fetchHistory, Past, type FetchHistory } from "./history.svelte";
import { msOf, nsOf } from "./instant";
import { Link, socketAddress, type LinkState, type Wire } from "./link";
import { Refresh } from "./refresh";
import { Scene } from "./scene.svelte";
import { marked, NOTHING_SEEN, type Seen } from "./seen";
import type { Alert, Decision, Fault, Fix, Health, LiveMessage, Log, Night, SeenCells, Sight, Snapshot, Tracks, UtcNs } from "./wire";

/** What was not heard of for so long is stale, and shown so. */
export const STALE_MS = 2000;
/** Health comes every second whatever else happens: two missing, and the core is silent. */
export const CORE_SILENT_MS = 3000;
const FAULTS_KEPT = 50;
/** Messages of seen cells, one a second, that wait for their grid; older ones count as never told. */
const TOLD_KEPT = 60;

export type HeardKind = "fix" | "sight" | "tracks" | "health";
/** One word for the state of everything between the aircraft and this page. */
export type Trust = "connecting" | "console_down" | "core_down" | "ended" | "good";

export class LiveState {
  night = $state.raw<Night | null>(null);
  health = $state.raw<Health | null>(null);
  log = $state.raw<Log | null>(null);
  faults = $state.raw<Fault[]>([]);
  seen = $state.raw<Seen>(NOTHING_SEEN);
  seen_km2 = $state<number | null>(null);
  simulated = $state(false);
  ended = $state(false);
  report = $state<string | null>(null);
  link = $state<LinkState>("connecting");
  /** Messages that could not be read, of kinds unknown to this page not among them. */
  unreadable = $state(0);
  /** The instant that one looks back to; null shows the present. */
  replay_utc_ns = $state<bigint | null>(null);
  /** The alert that queue and map point at. */
  selected_alert = $state<string | null>(null);
  /** Called for each alert that was not there before, snapshots apart. */
  onalert: (alert: Alert) => void = () => {};

  readonly present = new Scene();
  readonly past: Past;
  private clock_ms = $state(0);
  private anchor = $state.raw({ utc_ms: NaN, at_ms: 0 });
  private heard: Record<string, number> = $state.raw({});
  private heard_any_ms = $state(0);
  /** What was told of seen ground since the snapshot: the grid that is on its way may be older. */
  private told: SeenCells[] = [];

  constructor(history: FetchHistory = fetchHistory) {
    this.past = new Past(history);
  }

  /** The scene to show: the present, or the instant of the replay. Sights and tracks of the past are not kept. */
  get fixes(): Record<string, Fix> {
    return this.shown_ms === null ? this.present.fixes : this.past.fixesAt(this.shown_ms);
  }

  get sights(): Record<string, Sight> {
    return this.shown_ms === null ? this.present.sights : {};
  }

  get tracks(): Record<string, Tracks> {
    return this.shown_ms === null ? this.present.tracks : {};
  }

  get alerts(): Alert[] {
    const shown = this.replay_utc_ns;
    const alerts = Object.values(this.present.alerts);
    return shown === null ? alerts : alerts.filter((alert) => BigInt(alert.utc_ns) <= shown);
  }

  get decisions(): Record<string, Decision> {
    const shown = this.replay_utc_ns;
    if (shown === null) return this.present.decisions;
    const then = Object.entries(this.present.trail).map(([alert, trail]) => [alert, lastBefore(trail, shown)] as const);
    return Object.fromEntries(then.filter((row): row is readonly [string, Decision] => row[1] !== undefined));
  }

  private get shown_ms(): number | null {
    return this.replay_utc_ns === null ? null : msOf(this.replay_utc_ns);
  }

  /** The night's clock in UTC milliseconds: of the last message, going on with this machine's. Null before the first. */
  get now_utc_ms(): number | null {
    if (Number.isNaN(this.anchor.utc_ms)) return null;
    return this.ended ? this.anchor.utc_ms : this.anchor.utc_ms + Math.max(0, this.clock_ms - this.anchor.at_ms);
  }

  /** The same in nanoseconds; before it is known, an instant at which nothing had happened yet. */
  get now_utc_ns(): bigint {
    return nsOf(this.now_utc_ms ?? 0);
  }

  /** The instant of the last message that said what time it is; null before the first. */
  get heard_utc_ms(): number | null {
    return Number.isNaN(this.anchor.utc_ms) ? null : this.anchor.utc_ms;
  }

  /** Seconds since an instant of the night; null before the night's clock is known. */
  age_s(utc_ns: UtcNs): number | null {
    return this.now_utc_ms === null ? null : Math.max(0, (this.now_utc_ms - msOf(utc_ns)) / 1000);
  }

  /** Whether a thing was not heard of for two seconds; never in a replay, which has no present. */
  isStale(kind: HeardKind, id = ""): boolean {
    if (this.replay_utc_ns !== null) return false;
    const heard_ms = this.heard[`${kind} ${id}`];
    return heard_ms === undefined || this.clock_ms - heard_ms > STALE_MS;
  }

  get trust(): Trust {
    if (this.link === "closed") return "console_down";
    if (this.ended) return "ended";
    if (this.link === "connecting") return "connecting";
    if (isCoreDown(this.health)) return "core_down";
    if (Number.isNaN(this.anchor.utc_ms)) return "connecting";
    return this.clock_ms - this.heard_any_ms > CORE_SILENT_MS ? "core_down" : "good";
  }

  /** Look at another instant, or with null at the present again. */
  seek(utc_ms: number | null): void {
    this.replay_utc_ns = utc_ms === null ? null : nsOf(utc_ms);
    if (utc_ms !== null) void this.past.want(utc_ms, this.now_utc_ms ?? utc_ms);
  }

  /** The page's clock, in milliseconds of this machine: how stale things are follows from it. */
  tick(clock_ms: number): void {
    this.clock_ms = clock_ms;
  }

  /** One message of /ws/live. Kinds that this page does not know are skipped. */
  receive(message: LiveMessage, clock_ms: number): void {
    this.clock_ms = Math.max(this.clock_ms, clock_ms);
    this.heard_any_ms = clock_ms;
    this.setClock(message, clock_ms);
    if (this.take(message)) this.hear(message, clock_ms);
  }

  /** Take what a message says; whether it was news. */
  private take(message: LiveMessage): boolean {
    switch (message.kind) {
      case "snapshot":
        this.begin(message);
        return true;
      case "fix":
        return this.present.fix(message);
      case "sight":
        return this.present.sight(message);
      case "tracks":
        return this.present.track(message);
      case "alert":
        if (this.present.alert(message)) this.onalert(message);
        return true;
      case "decision":
        this.present.decide(message);
        return true;
      case "seen":
        this.look(message);
        return true;
      case "health":
        this.health = message;
        return true;
      case "log":
        if (this.log === null || message.tree_size >= this.log.tree_size) this.log = message;
        return true;
      case "fault":
        this.faults = [message, ...this.faults].slice(0, FAULTS_KEPT);
        return true;
      case "end":
        this.ended = true;
        this.report = message.report;
        return true;
      default:
        return false;
    }
  }

  private begin(snapshot: Snapshot): void {
    this.present.begin(snapshot);
    this.health = snapshot.health;
    this.log = snapshot.log;
    this.forgetSeen();
    this.seen_km2 = snapshot.seen_km2;
    this.simulated = snapshot.simulated === true;
    this.ended = false;
  }

  /** Another core may have begun, which knows nothing of what the last one saw: until the console says, nothing is seen. */
  private forgetSeen(): void {
    this.seen = { ...NOTHING_SEEN, version: this.seen.version + 1 };
    this.told = [];
  }

  /** The console's seen ground, with what was told while it was on its way. */
  know(seen: Seen): void {
    const begun = { ...seen, version: this.seen.version + 1 };
    this.seen = this.told.reduce((known, { cells, utc_ns }) => marked(known, cells, utc_ns), begun);
    this.told = [];
  }

  private look(message: SeenCells): void {
    if (this.seen.grid === null) this.told = [...this.told, message].slice(-TOLD_KEPT);
    this.seen = marked(this.seen, message.cells, message.utc_ns);
    this.seen_km2 = message.seen_km2;
  }

  /** Health, snapshots and the end say what time it is; other messages come late, and may only put the clock forward, and
   * not that of a real watch: they bear the time of a stream, whose clock is another. Without a core the console can only go on counting, as this page does. */
  private setClock(message: LiveMessage, clock_ms: number): void {
    if (message.kind === "health" && isCoreDown(message)) return;
    if (message.kind === "snapshot" && message.simulated === null) return;
    const utc_ms = msOf(message.utc_ns);
    const sure = ["health", "snapshot", "end"].includes(message.kind) || this.now_utc_ms === null;
    if (sure || (this.simulated && !(utc_ms <= (this.now_utc_ms ?? -Infinity)))) this.anchor = { utc_ms, at_ms: clock_ms };
  }

  /** Note when things were heard of. What a snapshot repeats was heard when it was new. */
  private hear(message: LiveMessage, clock_ms: number): void {
    const now_ms = msOf(message.utc_ns);
    const then = (one: { utc_ns: UtcNs }) => clock_ms - Math.max(0, now_ms - msOf(one.utc_ns));
    if (message.kind === "fix") this.note(`fix ${message.aircraft}`, clock_ms);
    else if (message.kind === "health") this.note("health ", clock_ms);
    else if (message.kind === "sight" || message.kind === "tracks") this.note(`${message.kind} ${message.stream}`, clock_ms);
    else if (message.kind === "snapshot") {
      this.heard = {};
      message.aircraft.forEach((fix) => this.note(`fix ${fix.aircraft}`, then(fix)));
      message.sights.forEach((sight) => this.note(`sight ${sight.stream}`, then(sight)));
      message.tracks.forEach((tracks) => this.note(`tracks ${tracks.stream}`, then(tracks)));
      if (message.health !== null) this.note("health ", then(message.health));
    }
  }

  private note(key: string, clock_ms: number): void {
    this.heard = { ...this.heard, [key]: clock_ms };
  }
}

/** Whether the console says that it has lost the core: its word comes each second, and nothing else does. */
const isCoreDown = (health: Health | null): boolean =>
  health?.processes.some(({ name, state }) => name === "core" && state === "down") ?? false;

/** The last decision of a trail that had been taken at an instant. */
const lastBefore = (trail: Decision[], utc_ns: bigint): Decision | undefined =>
  trail.findLast((decision) => BigInt(decision.utc_ns) <= utc_ns);

/** How often the page looks at its clock: staleness shows within this much of its two seconds. */
const TICK_MS = 250;

/** Join the state to the console: night, seen ground, live messages. What comes back takes it apart again. */
export function connect(live: LiveState, open: () => Wire = openSocket, seldom = isSparing()): () => void {
  const background = new Refresh(live);
  const receive = (message: LiveMessage): void => {
    live.receive(message, performance.now());
    if (message.kind === "snapshot") background.begin();
  };
  const waiting: LiveMessage[] = [];
  const link = new Link(open, {
    onmessage: (message) => (seldom ? waiting.push(message as LiveMessage) : receive(message as LiveMessage)),
    onstate: (state) => (live.link = state),
    ongarbage: () => live.unreadable++,
  });
  link.start();
  const tick = (): void => {
    waiting.splice(0).forEach(receive);
    live.tick(performance.now());
  };
  const stopTicking = seldom ? eachBeat(tick, seldom) : every(TICK_MS, tick);
  return () => {
    stopTicking();
    background.end();
    link.stop();
  };
}

function every(milliseconds: number, act: () => void): () => void {
  const ticking = setInterval(act, milliseconds);
  return () => clearInterval(ticking);
}

const openSocket = (): Wire => new WebSocket(socketAddress("/ws/live", location)) as Wire;
