/** Looking back: a cursor that can be put, stepped and played; at the present it lets go. */
import type { LiveState } from "../live.svelte";
import { msOf } from "../instant";

const BEAT_MS = 200;
export const STEP_MS = 10_000;

export class Player {
  playing = $state(false);
  private beat: ReturnType<typeof setInterval> | null = null;
  private beat_at_ms = 0;

  constructor(private readonly live: LiveState) {}

  /** Where the cursor stands: the instant looked at, else the present. */
  get at_ms(): number | null {
    return this.live.replay_utc_ns === null ? this.live.now_utc_ms : msOf(this.live.replay_utc_ns);
  }

  /** Look at an instant; at the present or after, follow the present. */
  put(utc_ms: number): void {
    const now_ms = this.live.now_utc_ms;
    if (now_ms === null) return;
    if (utc_ms >= now_ms - 1000) this.present();
    else this.live.seek(utc_ms);
  }

  step(by_ms: number): void {
    if (this.at_ms !== null) this.put(this.at_ms + by_ms);
  }

  present(): void {
    this.pause();
    this.live.seek(null);
  }

  toggle(): void {
    if (this.playing) this.pause();
    else if (this.live.replay_utc_ns !== null) this.play();
  }

  private play(): void {
    this.playing = true;
    this.beat_at_ms = performance.now();
    this.beat = setInterval(() => this.advance(), BEAT_MS);
  }

  pause(): void {
    this.playing = false;
    if (this.beat !== null) clearInterval(this.beat);
    this.beat = null;
  }

  private advance(): void {
    const now_ms = performance.now();
    this.step(now_ms - this.beat_at_ms);
    this.beat_at_ms = now_ms;
  }
}
