/** Recorded units in the order of their stream, and which of them a picture at an instant needs. */

import { type Envelope, StreamClock } from "./envelope";

export interface Unit extends Envelope {
  /** Its place on the tape. */
  number: number;
  utc_ns: bigint;
  own_utc: boolean;
}

export class Tape {
  readonly units: Unit[] = [];
  private readonly clock = new StreamClock();

  /** At the end of the tape; a unit that is not later than `after_utc_ns` is there already. */
  add(envelope: Envelope, after_utc_ns: bigint | null = null): void {
    const { utc_ns, own } = this.clock.utcOf(envelope);
    if (after_utc_ns !== null && utc_ns <= after_utc_ns) return;
    const before = this.units.at(-1)?.utc_ns ?? utc_ns;
    const at = utc_ns < before ? before : utc_ns;
    this.units.push({ ...envelope, number: this.units.length, utc_ns: at, own_utc: own });
  }

  get from_utc_ns(): bigint | null {
    return this.units[0]?.utc_ns ?? null;
  }

  get to_utc_ns(): bigint | null {
    return this.units.at(-1)?.utc_ns ?? null;
  }

  /** The last unit at or before this instant; the first one where there is none. */
  numberAt(utc_ns: bigint): number {
    let low = 0;
    let high = this.units.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.units[middle]!.utc_ns <= utc_ns) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The key frame that decoding must begin at to show this unit; the tape's beginning where there is none. */
  keyBefore(number: number): number {
    return Math.max(0, this.units.findLastIndex((u) => u.number <= number && u.key));
  }

  /** The units to decode, and in that order, to show `wanted` after `last` was decoded (null: nothing yet). */
  needed(last: number | null, wanted: number): Unit[] {
    const key = this.keyBefore(wanted);
    const from = last === null || wanted < last || key > last + 1 ? key : last + 1;
    return this.units.slice(from, wanted + 1);
  }
}
