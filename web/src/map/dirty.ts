/** What is to be drawn anew, handed out together at most once a frame, and not while nobody can see it. Where the page
 * draws seldom, a map that does not move by hand is drawn once a second. */

import { isSparing } from "../beat";

const SPARING_MS = 1000;

export class Dirty<Part> {
  private readonly parts = new Set<Part>();
  private asked = 0;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private drawn_ms = -Infinity;

  constructor(
    private readonly redraw: (parts: ReadonlySet<Part>) => void,
    private readonly visible: () => boolean,
    private readonly apart_ms = isSparing() ? SPARING_MS : 0,
  ) {}

  add(...parts: Part[]): void {
    for (const part of parts) this.parts.add(part);
    this.ask();
  }

  /** To be called when the map can be seen again. */
  ask(): void {
    if (this.asked !== 0 || this.timer !== null || this.parts.size === 0) return;
    const wait_ms = this.drawn_ms + this.apart_ms - performance.now();
    if (wait_ms <= 0) this.asked = requestAnimationFrame(() => this.flush());
    else this.timer = setTimeout(() => this.askAgain(), wait_ms);
  }

  stop(): void {
    cancelAnimationFrame(this.asked);
    if (this.timer !== null) clearTimeout(this.timer);
    this.parts.clear();
  }

  private askAgain(): void {
    this.timer = null;
    this.ask();
  }

  private flush(): void {
    this.asked = 0;
    if (!this.visible()) return;
    const parts = new Set(this.parts);
    this.parts.clear();
    this.drawn_ms = performance.now();
    this.redraw(parts);
  }
}
