/** One stream's units to pictures by WebCodecs. Nothing that it is given throws: what fails is said and counted. */

import { codecStringOf } from "./annexb";
import type { Envelope } from "./envelope";
import { Gate, LONGEST_WAIT_NS } from "./gate";

/** unplayable: this browser has no decoder for that codec, or with null none at all. failed: the decoder gave up, and
 * begins anew at a key frame. */
export type Unplayable = { kind: "unplayable"; codec: string | null };
export type Trouble = Unplayable | { kind: "failed" };

export interface Listener<U extends Envelope> {
  /** The frame is the listener's to close. `damaged`: bytes are missing in it, or in one that it is drawn from. */
  picture(frame: VideoFrame, unit: U, damaged: boolean): void;
  trouble(trouble: Trouble): void;
}

/** After so many failures without a picture between them the graphics card is not asked any more. */
const FAILURES_OF_HARDWARE = 2;
const CODEC_NAMES = { h264: "H.264", h265: "H.265", mpeg2: "MPEG-2", other: "?" };
/** What a decoder says that will never take such a stream. */
const NEVER = ["NotSupportedError", "TypeError"];
const hasWebCodecs = (): boolean => typeof VideoDecoder !== "undefined";

export class PictureDecoder<U extends Envelope> {
  readonly gate: Gate;
  private decoder: VideoDecoder | null = null;
  private codec: string | null = null;
  private codec_name = "?";
  private units = new Map<number, { unit: U; damaged: boolean }>();
  private next = 0;
  private damaged = false;
  private failures = 0;
  /** The codec string, or the name of a codec without one, that is given up. */
  private unplayable: string | null = null;

  /** `longest_wait_ns`: how much may wait, by the units' times; null where the listener itself sees to that. */
  constructor(
    private readonly listener: Listener<U>,
    longest_wait_ns: bigint | null = LONGEST_WAIT_NS,
  ) {
    this.gate = new Gate(longest_wait_ns);
    if (!hasWebCodecs()) listener.trouble({ kind: "unplayable", codec: null });
  }

  /** Units that the decoder has and has not answered. */
  get waiting(): number {
    return this.units.size;
  }

  decode(unit: U): void {
    if (unit.key && !this.readied(unit)) return;
    const admission = this.gate.admit(unit, performance.now());
    if (admission === "drop" || this.codec === null) return;
    if (admission === "afresh") this.restart();
    this.damaged = unit.damaged || (this.damaged && !unit.key);
    const number = this.next++;
    this.units.set(number, { unit, damaged: this.damaged });
    const type = unit.key ? "key" : "delta";
    this.guarded(() => this.decoder?.decode(new EncodedVideoChunk({ type, timestamp: number, data: unit.payload })));
  }

  /** Gives out what it holds, when nothing follows; the next unit must be a key frame. */
  async flush(): Promise<void> {
    if (this.decoder?.state !== "configured") return;
    const isWhole = await this.decoder.flush().then(() => true, () => false);
    if (isWhole) this.gate.begin();
  }

  /** Forgets everything; the next unit must be a key frame. */
  reset(): void {
    this.gate.begin();
    this.guarded(() => this.restart());
  }

  close(): void {
    this.units.clear();
    if (this.decoder !== null && this.decoder.state !== "closed") this.decoder.close();
    this.decoder = null;
  }

  /** Whether a decoder is set up for the parameters of this key frame. */
  private readied(unit: U): boolean {
    if (!hasWebCodecs()) return false;
    const name = (this.codec_name = CODEC_NAMES[unit.codec]);
    const codec = codecStringOf(unit.payload, unit.codec) ?? this.codec;
    if (codec === null) return this.cannot(name, name);
    if (codec === this.unplayable) return false;
    if (codec !== this.codec || this.decoder === null) this.guarded(() => this.configure(codec));
    return this.decoder !== null;
  }

  /** Say once that what comes cannot be played; nothing is missing then, and nothing is waited for. */
  private cannot(codec: string, shown: string): boolean {
    if (this.unplayable !== codec) this.listener.trouble({ kind: "unplayable", codec: shown });
    this.unplayable = codec;
    this.gate.begin();
    return false;
  }

  private configure(codec: string): void {
    this.close();
    this.gate.begin();
    this.codec = codec;
    const decoder = new VideoDecoder({
      output: (frame) => this.output(frame),
      error: (error) => this.error(decoder, error),
    });
    this.decoder = decoder;
    this.restart();
  }

  private restart(): void {
    if (this.decoder === null || this.codec === null || this.decoder.state === "closed") return;
    if (this.decoder.state === "configured") this.decoder.reset();
    this.units.clear();
    const hardwareAcceleration = this.failures < FAILURES_OF_HARDWARE ? "no-preference" : "prefer-software";
    this.decoder.configure({ codec: this.codec, optimizeForLatency: true, hardwareAcceleration });
  }

  private output(frame: VideoFrame): void {
    const known = this.units.get(frame.timestamp);
    this.units.delete(frame.timestamp);
    this.failures = 0;
    if (known === undefined) return frame.close();
    this.gate.shown();
    this.listener.picture(frame, known.unit, known.damaged);
  }

  private error(decoder: VideoDecoder, error: DOMException): void {
    if (decoder !== this.decoder) return;
    const codec = this.codec ?? "?";
    this.close();
    this.gate.failed();
    this.failures += 1;
    if (NEVER.includes(error.name)) this.cannot(codec, `${this.codec_name} (${codec})`);
    else this.listener.trouble({ kind: "failed" });
  }

  /** WebCodecs throws at once what it can see at once; to us it is the same as a failure later. */
  private guarded(call: () => void): void {
    try {
      call();
    } catch (thrown) {
      if (this.decoder !== null) this.error(this.decoder, thrown as DOMException);
    }
  }
}
