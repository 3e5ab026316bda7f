/** What a snapshot does not hold: the night and the seen ground. */
import { fetchSeen, type Seen } from "./seen";
import type { Night } from "./wire";

/** How long what could not be had is waited for before it is asked for again. */
export const AGAIN_MS = 1000;

/** Who is told what was fetched. */
export interface Fetched {
  night: Night | null;
  know(seen: Seen): void;
}

/** Fetches both anew after each snapshot, for another watch or another core may have begun. */
export class Refresh {
  private round = 0;

  constructor(private readonly live: Fetched) {}

  /** Fetch until both are there, or the next begin, or the end. An answer to an earlier round counts for nothing. */
  begin(): void {
    const round = ++this.round;
    void this.bring(round, fetchNight, (night) => (this.live.night = night));
    void this.bring(round, fetchSeen, (seen) => this.live.know(seen));
  }

  end(): void {
    this.round++;
  }

  private async bring<T>(round: number, fetched: () => Promise<T | null>, take: (it: T) => void): Promise<void> {
    while (round === this.round) {
      const it = await fetched().catch(() => null);
      if (it !== null && round === this.round) return take(it);
      await new Promise((done) => setTimeout(done, AGAIN_MS));
    }
  }
}

async function fetchNight(): Promise<Night | null> {
  const answer = await fetch("/api/night");
  return answer.ok ? ((await answer.json()) as Night) : null;
}
