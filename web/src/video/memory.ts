/** What was said of each frame, kept for a while, so that a late or repeated picture has what belongs to it. */

interface Said {
  utc_ns: string;
}

const KEPT_NS = 120_000_000_000n;
/** What is further off says nothing about the picture: a mover is elsewhere by then. */
const NEAR_NS = 700_000_000n;

export class Memory<T extends Said> {
  private kept: T[] = [];

  /** Keeps it in the order of time; what was said twice is kept once. */
  add(said: T): void {
    const at = BigInt(said.utc_ns);
    const before = this.kept.findLastIndex((k) => BigInt(k.utc_ns) <= at);
    if (this.kept[before]?.utc_ns === said.utc_ns) this.kept[before] = said;
    else this.kept.splice(before + 1, 0, said);
    const newest = BigInt(this.kept.at(-1)?.utc_ns ?? said.utc_ns);
    this.kept = this.kept.filter((k) => newest - BigInt(k.utc_ns) <= KEPT_NS);
  }

  /** The nearest to this instant; null where nothing is near. */
  at(utc_ns: bigint): T | null {
    const off = (said: T): bigint => distance(BigInt(said.utc_ns), utc_ns);
    const nearest = this.kept.reduce<T | null>((best, k) => (best && off(best) <= off(k) ? best : k), null);
    return nearest !== null && off(nearest) <= NEAR_NS ? nearest : null;
  }
}

function distance(a: bigint, b: bigint): bigint {
  return a < b ? b - a : a - b;
}
