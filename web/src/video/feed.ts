/** Where envelopes come from: the live WebSocket, and recorded video over HTTP. */

import { decodeEnvelope, EnvelopeReader, type Envelope } from "./envelope";

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 4000;

/** A stream's live envelopes; connects again by itself, soon at first, until it is closed. */
export class LiveFeed {
  private socket: WebSocket | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private wait_ms = FIRST_WAIT_MS;
  private closed = false;

  constructor(
    private readonly stream: string,
    private readonly take: (envelope: Envelope) => void,
    private readonly connected: (yes: boolean) => void,
  ) {
    this.open();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.socket?.close();
  }

  /** Leave what is on its way, and begin anew at the newest key frame. */
  again(): void {
    const before = this.socket;
    this.open();
    before?.close();
  }

  private open(): void {
    const socket = new WebSocket(addressOf(this.stream));
    socket.binaryType = "arraybuffer";
    socket.onmessage = (message: MessageEvent<ArrayBuffer>) => this.message(socket, message.data);
    socket.onclose = () => this.lost(socket);
    this.socket = socket;
  }

  private message(socket: WebSocket, data: ArrayBuffer): void {
    if (this.closed || socket !== this.socket) return;
    this.wait_ms = FIRST_WAIT_MS;
    this.connected(true);
    const envelope = readable(data);
    if (envelope === null) socket.close();
    else this.take(envelope);
  }

  private lost(socket: WebSocket): void {
    if (this.closed || socket !== this.socket) return;
    this.connected(false);
    this.timer = setTimeout(() => this.open(), this.wait_ms);
    this.wait_ms = Math.min(2 * this.wait_ms, LONGEST_WAIT_MS);
  }
}

/** The envelope, or null where these bytes are none. */
function readable(data: ArrayBuffer): Envelope | null {
  try {
    return decodeEnvelope(new Uint8Array(data));
  } catch {
    return null;
  }
}

function addressOf(stream: string): string {
  const address = new URL(`/ws/video/${encodeURIComponent(stream)}`, location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  return address.href;
}

/**
 * Recorded envelopes from the key frame at or before `from_utc_ns` on, in pieces as they come. What is cut off at the
 * end is left out. Throws where the console refuses, or the line breaks.
 */
export async function* recorded(
  stream: string,
  from_utc_ns: bigint,
  to_utc_ns: bigint,
  signal: AbortSignal,
): AsyncGenerator<Envelope[]> {
  const span = new URLSearchParams({ from_utc_ns: String(from_utc_ns), to_utc_ns: String(to_utc_ns) });
  const answer = await fetch(`/api/video/${encodeURIComponent(stream)}?${span}`, { signal });
  if (!answer.ok || answer.body === null) throw new Error(`${answer.status}`);
  const reader = new EnvelopeReader();
  const body = answer.body.getReader();
  for (;;) {
    const { done, value } = await body.read();
    if (done) return;
    yield reader.feed(value);
  }
}
