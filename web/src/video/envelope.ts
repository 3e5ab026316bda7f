/** The envelope of docs/page.md: one access unit with what is known of its camera. */

import { saidBy } from "./metadata";

const MAGIC = 0x41505631;
const HEAD_BYTES = 28;
const KEY = 1;
const DAMAGED = 2;
const GAP = 4;
const OWN_METADATA = 8;
/** More than any unit of ours (formats/ts/assembler.py keeps 4 MiB): a head that claims more is damage. */
const LARGEST_PAYLOAD = 16 << 20;

export type Codec = "h264" | "h265" | "mpeg2" | "other";
const CODECS: Codec[] = ["other", "h264", "h265", "mpeg2"];

export interface Envelope {
  key: boolean;
  damaged: boolean;
  /** Units before this one are missing. */
  gap: boolean;
  /** The metadata belongs to this very frame. */
  own_metadata: boolean;
  codec: Codec;
  /** 90 kHz without wrap; null where the stream gives none. */
  pts_90k: bigint | null;
  complete_utc_ns: bigint;
  metadata: Uint8Array;
  /** Annex B, as it came. */
  payload: Uint8Array;
}

/** These bytes are no envelope; what follows them cannot be found. */
export class BadEnvelope extends Error {}

/** Bytes of the envelope that begins at `at`; null while its head is not all there. */
function sizeAt(data: Uint8Array, at: number): number | null {
  if (data.length - at < HEAD_BYTES) return null;
  const view = new DataView(data.buffer, data.byteOffset + at, HEAD_BYTES);
  if (view.getUint32(0) !== MAGIC) throw new BadEnvelope("wrong magic");
  const payload = view.getUint32(8);
  if (payload > LARGEST_PAYLOAD) throw new BadEnvelope(`${payload} bytes of payload`);
  return HEAD_BYTES + view.getUint16(6) + payload;
}

function envelopeAt(data: Uint8Array, at: number, size: number): Envelope {
  const view = new DataView(data.buffer, data.byteOffset + at, size);
  const flags = view.getUint8(4);
  const pts = view.getBigInt64(12);
  const payload_at = HEAD_BYTES + view.getUint16(6);
  return {
    key: (flags & KEY) !== 0,
    damaged: (flags & DAMAGED) !== 0,
    gap: (flags & GAP) !== 0,
    own_metadata: (flags & OWN_METADATA) !== 0,
    codec: CODECS[view.getUint8(5)] ?? "other",
    pts_90k: pts === -1n ? null : pts,
    complete_utc_ns: view.getBigInt64(20),
    metadata: data.subarray(at + HEAD_BYTES, at + payload_at),
    payload: data.subarray(at + payload_at, at + size),
  };
}

/** The one envelope that these bytes are. Throws BadEnvelope for bytes too few or too many. */
export function decodeEnvelope(data: Uint8Array): Envelope {
  const size = sizeAt(data, 0);
  if (size !== data.length) throw new BadEnvelope(`${data.length} bytes of ${size ?? HEAD_BYTES}`);
  return envelopeAt(data, 0, size);
}

/** Envelopes that follow each other, out of pieces of any size. */
export class EnvelopeReader {
  private rest = new Uint8Array(0);

  /** The envelopes that this piece ends. Throws BadEnvelope where what follows is none. */
  feed(piece: Uint8Array): Envelope[] {
    const data = joined(this.rest, piece);
    const found: Envelope[] = [];
    let at = 0;
    for (;;) {
      const size = sizeAt(data, at);
      if (size === null || data.length - at < size) break;
      found.push(envelopeAt(data, at, size));
      at += size;
    }
    this.rest = data.slice(at);
    return found;
  }

  /** Whether the last envelope was cut off. */
  get cut(): boolean {
    return this.rest.length > 0;
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b;
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/**
 * When the pictures of one stream were taken: by their own metadata, else by the stream's clock since then. Before any
 * has its own, by the newest metadata, else when they were complete here: in an exercise that is another clock.
 */
export class StreamClock {
  private zero_utc_ns: bigint | null = null;

  /** `own`: by what the stream brings, not by when it came. */
  utcOf({ pts_90k, metadata, own_metadata, complete_utc_ns }: Envelope): { utc_ns: bigint; own: boolean } {
    const said = utcSaid(metadata);
    const since_ns = pts_90k === null ? null : (pts_90k * 100_000n) / 9n;
    if (own_metadata && said !== null && since_ns !== null) this.zero_utc_ns = said - since_ns;
    const by_clock = this.zero_utc_ns === null || since_ns === null ? null : this.zero_utc_ns + since_ns;
    const utc_ns = own_metadata ? (said ?? by_clock) : (by_clock ?? said);
    return utc_ns === null ? { utc_ns: complete_utc_ns, own: false } : { utc_ns, own: true };
  }
}

/** What the metadata says of the time; null where it says nothing readable. */
function utcSaid(metadata: Uint8Array): bigint | null {
  const { utc_ns } = saidBy(metadata);
  return typeof utc_ns === "string" && /^\d+$/.test(utc_ns) ? BigInt(utc_ns) : null;
}
