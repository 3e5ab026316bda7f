/** The page's one live wire: a WebSocket that comes back by itself, and says when it is not there. */

export type LinkState = "connecting" | "open" | "closed";

/** Waits before the next attempt, in milliseconds; the last one repeats. */
export const BACKOFF_MS = [500, 1000, 2000, 4000, 8000] as const;

/** What the link needs of a WebSocket, so that a test can put one in. */
export interface Wire {
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: (() => void) | null;
  close(): void;
}

export interface LinkEvents {
  onmessage: (message: unknown) => void;
  onstate: (state: LinkState) => void;
  /** A text that was not JSON: counted, never shown as anything. */
  ongarbage: () => void;
}

/** Opened by `start`, closed for good by `stop`. The backoff begins anew once a message has come. */
export class Link {
  private wire: Wire | null = null;
  private failures = 0;
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    private readonly open: () => Wire,
    private readonly events: LinkEvents,
  ) {}

  start(): void {
    this.events.onstate("connecting");
    const wire = this.open();
    wire.onopen = () => this.events.onstate("open");
    wire.onmessage = ({ data }) => this.take(data);
    wire.onclose = () => this.again(wire);
    this.wire = wire;
  }

  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    const wire = this.wire;
    this.wire = null;
    wire?.close();
  }

  private take(data: unknown): void {
    this.failures = 0;
    const message = parsed(data);
    if (message === undefined) this.events.ongarbage();
    else this.events.onmessage(message);
  }

  private again(wire: Wire): void {
    if (wire !== this.wire) return;
    this.events.onstate("closed");
    const wait_ms = BACKOFF_MS[Math.min(this.failures++, BACKOFF_MS.length - 1)];
    this.timer = setTimeout(() => this.start(), wait_ms);
  }
}

/** The JSON value of a text message, or undefined. */
function parsed(data: unknown): unknown {
  try {
    return JSON.parse(String(data));
  } catch {
    return undefined;
  }
}

/** The address of a WebSocket path beside this page. */
export function socketAddress(path: string, page: { protocol: string; host: string }): string {
  return `${page.protocol === "https:" ? "wss:" : "ws:"}//${page.host}${path}`;
}
