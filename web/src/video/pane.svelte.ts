/** What one pane shows and does: live, or a tape that the pane itself or the page's timeline moves. */

import { isSparing } from "../beat";
import type { Size } from "./boxes";
import { AgeMeter, Chase, isStale, STALE_S } from "./clock";
import type { Trouble, Unplayable } from "./decoder";
import type { Envelope } from "./envelope";
import { LiveFeed, recorded } from "./feed";
import { paint } from "./paint";
import { LivePlayer, type Shown, TapePlayer } from "./player";

export const SPEEDS = [0.25, 0.5, 1, 2, 4];
export const STEP_BACK_NS = 60_000_000_000n;
/** So much is read at once, and so much before the end of the tape the next part is asked for. */
const PART_NS = 60_000_000_000n;
const AHEAD_NS = 10_000_000_000n;
/** A tape that has grown so long begins anew at its head. */
const LONGEST_TAPE = 600_000_000_000n;
/** The end of what is recorded is asked for again no sooner than this. */
const AGAIN_MS = 2000;
/** Words about what passed stay so long. */
const NOTICE_MS = 6000;

export type Mode = "live" | "tape" | "replay";

export class Pane {
  mode = $state<Mode>("live");
  shown = $state.raw<Shown | null>(null);
  size = $state.raw<Size | null>(null);
  age_s = $state<number | null>(null);
  connected = $state(false);
  playing = $state(true);
  speed = $state(1);
  /** Why this browser cannot play what comes. */
  unplayable = $state.raw<Unplayable | null>(null);
  /** No recorded video of the wanted span could be had. */
  missing = $state(false);
  loading = $state(false);
  gap = $state(false);
  dropped = $state(0);
  failed = $state(false);
  /** Pictures came late, and the newest was gone to. */
  caught_up = $state(false);
  /** Units come, however old they are. */
  coming = $state(false);

  private readonly ages = new AgeMeter();
  private readonly chase = new Chase();
  private came_ms = -Infinity;
  private live: { feed: LiveFeed; player: LivePlayer } | null = null;
  private tape: TapePlayer | null = null;
  private reading: AbortController | null = null;
  private read_from_utc_ns = 0n;
  private read_to_utc_ns = 0n;
  private asked_to_utc_ns = 0n;
  private read_ms = 0;
  private exhausted = false;
  private noticed_ms = 0;
  private droppedBefore = 0;
  private held: { frame: VideoFrame; shown: Shown } | null = null;

  constructor(
    readonly stream: string,
    private readonly canBeLive: () => boolean,
    private readonly canvas: () => HTMLCanvasElement | null,
  ) {}

  get isStale(): boolean {
    return this.mode === "live" && isStale(this.age_s);
  }

  goLive(): void {
    this.leave();
    this.mode = "live";
    this.playing = true;
    const player = new LivePlayer(this.screen);
    this.live = { player, feed: new LiveFeed(this.stream, (e) => this.take(player, e), (yes) => (this.connected = yes)) };
  }

  /** The picture stands; from here it goes on, frame by frame or at any speed. */
  pause(): void {
    if (this.mode === "live") this.record(this.shown?.utc_ns ?? null, false);
    else this.play(false);
  }

  play(on: boolean): void {
    if (this.tape === null) return;
    this.playing = this.tape.playing = on;
  }

  stepBack(): void {
    const from = this.shown?.utc_ns ?? null;
    this.record(from === null ? null : from - STEP_BACK_NS, true);
  }

  step(frames: number): void {
    if (this.mode === "live") this.pause();
    this.playing = false;
    this.tape?.step(frames);
  }

  setSpeed(speed: number): void {
    this.speed = speed;
    if (this.tape !== null) this.tape.speed = speed;
  }

  /** The timeline moved to this instant. */
  replay(utc_ns: bigint): void {
    if (this.mode === "replay" && this.tape !== null) this.tape.seek(utc_ns);
    else this.open(utc_ns, false, "replay");
  }

  /** To be called with each refresh of the screen. */
  tick(now_ms: number): void {
    if (this.mode === "live") this.tickLive(now_ms);
    else this.tickTape(now_ms);
    if (now_ms - this.noticed_ms <= NOTICE_MS) return;
    this.dropped = 0;
    this.failed = this.caught_up = false;
  }

  close(): void {
    this.leave();
  }

  private tickLive(now_ms: number): void {
    this.drawHeld();
    this.age_s = this.shown === null ? null : this.ages.age_s(this.shown.complete_utc_ns, now_ms);
    this.coming = now_ms - this.came_ms < 1000 * STALE_S;
    this.gap = this.live?.player.isInGap === true;
    this.count(this.live?.player.dropped ?? 0, now_ms);
  }

  private tickTape(now_ms: number): void {
    const tape = this.tape;
    if (tape === null) return;
    tape.tick(now_ms);
    this.count(tape.dropped, now_ms);
    if (this.loading) return;
    this.missing = !tape.isThere;
    if (this.isElsewhere(tape.head_utc_ns)) return this.open(tape.head_utc_ns, false, this.mode);
    if (this.exhausted && tape.isAtEnd && tape.playing) return this.end();
    const isNear = tape.head_utc_ns + AHEAD_NS > this.read_to_utc_ns;
    if (isNear && now_ms - this.read_ms > AGAIN_MS) void this.read(tape);
  }

  /** The head was moved to where nothing was asked for. */
  private isElsewhere(head_utc_ns: bigint): boolean {
    return head_utc_ns < this.read_from_utc_ns || head_utc_ns > this.asked_to_utc_ns;
  }

  /** The tape has come to the end of what is recorded. */
  private end(): void {
    if (this.mode === "tape" && this.canBeLive()) this.goLive();
    else this.play(false);
  }

  private count(dropped: number, now_ms: number): void {
    if (dropped <= this.droppedBefore) return;
    this.dropped += dropped - this.droppedBefore;
    this.droppedBefore = dropped;
    this.noticed_ms = now_ms;
  }

  private take(player: LivePlayer, envelope: Envelope): void {
    const now_ms = (this.came_ms = performance.now());
    this.ages.came(envelope.complete_utc_ns, now_ms);
    if (this.chase.isDue(this.ages.age_s(envelope.complete_utc_ns, now_ms))) this.catchUp(player, now_ms);
    else player.take(envelope);
  }

  /** What this machine is behind with is left out, wherever it waits: in its decoder, or on its way here. */
  private catchUp(player: LivePlayer, now_ms: number): void {
    player.skip();
    this.live?.feed.again();
    this.ages.beganAnew(now_ms);
    this.caught_up = true;
    this.noticed_ms = now_ms;
  }

  /** Own tape from an instant on; without an instant there is nothing to show yet. */
  private record(utc_ns: bigint | null, playing: boolean): void {
    if (utc_ns !== null) this.open(utc_ns, playing, "tape");
  }

  private open(utc_ns: bigint, playing: boolean, mode: Mode): void {
    this.leave();
    this.mode = mode;
    this.tape = new TapePlayer(this.screen, utc_ns);
    this.tape.speed = this.speed;
    this.play(playing);
    const margin = mode === "replay" ? AHEAD_NS : STEP_BACK_NS;
    this.read_from_utc_ns = this.read_to_utc_ns = utc_ns - (playing ? 0n : margin);
    void this.read(this.tape);
  }

  /** One more part of the tape, up to a minute beyond its head. */
  private async read(tape: TapePlayer): Promise<void> {
    const from = this.read_to_utc_ns;
    const to = tape.head_utc_ns + PART_NS;
    const reading = (this.reading = new AbortController());
    this.loading = true;
    this.asked_to_utc_ns = to;
    this.read_ms = performance.now();
    tape.beginPart();
    const before = tape.tape.units.length;
    try {
      for await (const envelopes of recorded(this.stream, from, to, reading.signal)) tape.extend(envelopes);
    } catch {
      // refused or broken off: what came until then is there, and what did not is said to be missing
    }
    if (reading.signal.aborted) return;
    this.loading = false;
    this.read_to_utc_ns = tape.tape.to_utc_ns ?? to;
    this.exhausted = tape.tape.units.length === before;
    if (tape.span_ns > LONGEST_TAPE) this.open(tape.head_utc_ns, tape.playing, this.mode);
  }

  private leave(): void {
    this.held?.frame.close();
    this.held = null;
    this.live?.feed.close();
    this.live?.player.close();
    this.reading?.abort();
    this.tape?.close();
    this.live = this.tape = this.reading = null;
    this.missing = this.loading = this.gap = this.exhausted = false;
    this.droppedBefore = 0;
    this.age_s = null;
  }

  private readonly screen = {
    draw: (frame: VideoFrame, shown: Shown): void => this.draw(frame, shown),
    trouble: (trouble: Trouble): void => this.trouble(trouble),
  };

  /** Where the page draws seldom a live picture waits for its beat, and makes way for a newer one. */
  private draw(frame: VideoFrame, shown: Shown): void {
    if (this.mode !== "live" || !isSparing()) return this.drawNow(frame, shown);
    this.held?.frame.close();
    this.held = { frame: frame.clone(), shown };
  }

  private drawHeld(): void {
    const held = this.held;
    this.held = null;
    if (held === null) return;
    this.drawNow(held.frame, held.shown);
    held.frame.close();
  }

  private drawNow(frame: VideoFrame, shown: Shown): void {
    const canvas = this.canvas();
    if (canvas === null) return;
    const size = paint(canvas, frame);
    if (this.size?.width_px !== size.width_px || this.size.height_px !== size.height_px) this.size = size;
    this.unplayable = null;
    this.shown = shown;
  }

  private trouble(trouble: Trouble): void {
    if (trouble.kind === "unplayable") this.unplayable = trouble;
    else this.failed = true;
    this.noticed_ms = performance.now();
  }
}
