/**
 * Which units a decoder is given: from a key frame on, and never so many that more than a second of them waits.
 *
 * Behind a machine that is too slow the picture would fall back further and further; instead what waits is dropped up
 * to the next key frame, and counted. What comes at once, as when a viewer joins behind a key frame, is no such sign:
 * a unit has waited only when it has been here for a while.
 */

import type { Envelope } from "./envelope";

export const LONGEST_WAIT_NS = 1_000_000_000n;
const PATIENCE_MS = 500;

/** `afresh`: the decoder is to forget what it holds before it takes this unit. */
export type Admission = "take" | "afresh" | "drop";

type Unit = Pick<Envelope, "key" | "gap" | "complete_utc_ns">;

export class Gate {
  /** Units that came and are not shown because the machine was too slow. */
  dropped = 0;
  /** Units that came before a key frame after a gap or an error. */
  unusable = 0;
  private waiting: { complete_utc_ns: bigint; came_ms: number }[] = [];
  /** Why nothing but a key frame is taken: nothing was taken yet, units are missing, or the machine is too slow. */
  private needs: "to begin" | "after a gap" | "to catch up" | null = "to begin";

  constructor(private readonly longest_wait_ns: bigint | null = LONGEST_WAIT_NS) {}

  /** `now_ms`: of the page's own clock. */
  admit(unit: Unit, now_ms: number): Admission {
    if (unit.gap && this.needs === null) this.needs = "after a gap";
    if (this.isFull(unit, now_ms) && this.needs === null) this.needs = "to catch up";
    if (this.needs !== null && !unit.key) return this.leaveOut();
    const afresh = this.isFull(unit, now_ms);
    if (afresh) this.dropped += this.waiting.length;
    if (afresh) this.waiting = [];
    this.needs = null;
    this.waiting.push({ complete_utc_ns: unit.complete_utc_ns, came_ms: now_ms });
    return afresh ? "afresh" : "take";
  }

  /** The decoder has given the picture of the oldest unit that waits. */
  shown(): void {
    this.waiting.shift();
  }

  /** The decoder failed: what it held is lost, and it begins anew at a key frame. */
  failed(): void {
    this.unusable += this.waiting.length;
    this.waiting = [];
    this.needs = "after a gap";
  }

  /** Another stream, or another place in it. */
  begin(): void {
    this.waiting = [];
    this.needs = "to begin";
  }

  /** Units are missing, and none that a picture can be made of has come since. */
  get isInGap(): boolean {
    return this.needs === "after a gap";
  }

  private leaveOut(): Admission {
    if (this.needs === "to catch up") this.dropped += 1;
    else this.unusable += 1;
    return "drop";
  }

  private isFull(unit: Unit, now_ms: number): boolean {
    const oldest = this.waiting[0];
    if (oldest === undefined || this.longest_wait_ns === null) return false;
    const isLong = unit.complete_utc_ns - oldest.complete_utc_ns > this.longest_wait_ns;
    return isLong && now_ms - oldest.came_ms > PATIENCE_MS;
  }
}
