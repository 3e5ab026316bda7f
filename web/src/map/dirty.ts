/** What is to be drawn anew, handed out together at most once a frame, and not while nobody can see it. */

export class Dirty<Part> {
  private readonly parts = new Set<Part>();
  private asked = 0;

  constructor(
    private readonly redraw: (parts: ReadonlySet<Part>) => void,
    private readonly visible: () => boolean,
  ) {}

  add(...parts: Part[]): void {
    for (const part of parts) this.parts.add(part);
    this.ask();
  }

  /** To be called when the map can be seen again. */
  ask(): void {
    if (this.asked === 0 && this.parts.size > 0) this.asked = requestAnimationFrame(() => this.flush());
  }

  stop(): void {
    cancelAnimationFrame(this.asked);
    this.parts.clear();
  }

  private flush(): void {
    this.asked = 0;
    if (!this.visible()) return;
    const parts = new Set(this.parts);
    this.parts.clear();
    this.redraw(parts);
  }
}
