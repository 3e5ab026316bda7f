/**
 * Which units a decoder is given: from a key frame on, and never so many that more than a second of them waits.
 *
 * Behind a machine that is too slow the picture would fall back further and further; instead what waits is dropped up
 * to the next key frame, and counted.
 */

import type { Envelope } from "./envelope";

export const LONGEST_WAIT_NS = 1_000_000_000n;

/** `afresh`: the decoder is to forget what it holds before it takes this unit. */
export type Admission = "take" | "afresh" | "drop";

type Unit = Pick<Envelope, "key" | "gap" | "complete_utc_ns">;

export class Gate {
  /** Units that came and are not shown because the machine was too slow. */
  dropped = 0;
  /** Units that came before a key frame after a gap or an error. */
  unusable = 0;
  private waiting: bigint[] = [];
  private needs: "key" | "key because slow" | null = "key";

  constructor(private readonly longest_wait_ns: bigint | null = LONGEST_WAIT_NS) {}

  admit(unit: Unit): Admission {
    if (unit.gap && this.needs === null) this.needs = "key";
    if (this.isFull(unit) && this.needs === null) this.needs = "key because slow";
    if (this.needs !== null && !unit.key) return this.leaveOut();
    const afresh = this.isFull(unit);
    if (afresh) this.dropped += this.waiting.length;
    if (afresh) this.waiting = [];
    this.needs = null;
    this.waiting.push(unit.complete_utc_ns);
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
    this.needs = "key";
  }

  get isWaitingForKey(): boolean {
    return this.needs !== null;
  }

  private leaveOut(): Admission {
    if (this.needs === "key because slow") this.dropped += 1;
    else this.unusable += 1;
    return "drop";
  }

  private isFull(unit: Unit): boolean {
    const oldest = this.waiting[0];
    if (oldest === undefined || this.longest_wait_ns === null) return false;
    return unit.complete_utc_ns - oldest > this.longest_wait_ns;
  }
}
