/** Shows a tape by time: plays at any speed, steps by frames, goes to an instant. */

import { PictureDecoder, type Trouble } from "./decoder";
import { type Envelope, StreamClock } from "./envelope";
import { Tape, type Unit } from "./tape";

/** What is known of the picture on the screen. */
export interface Shown {
  utc_ns: bigint;
  /** The time is the stream's own, not that of arrival. */
  own_utc: boolean;
  complete_utc_ns: bigint;
  damaged: boolean;
  metadata: Uint8Array;
}

export interface Screen {
  /** Draws at once; the frame is closed afterwards. */
  draw(frame: VideoFrame, shown: Shown): void;
  trouble(trouble: Trouble): void;
}

/** Units given to the decoder ahead of what it has answered. */
const MOST_WAITING = 12;
/** A picture that is further from the head than this is not shown as if it were of that instant. */
const HOLE_NS = 2_000_000_000n;
/** So long a decoder may take for the picture that is wanted before it is asked to give out what it holds. */
const PATIENCE_MS = 150;

function shownOf(clock: StreamClock, envelope: Envelope, damaged: boolean): Shown {
  const { utc_ns, own } = clock.utcOf(envelope);
  return { utc_ns, own_utc: own, complete_utc_ns: envelope.complete_utc_ns, damaged, metadata: envelope.metadata };
}

/** Live: each picture is drawn the moment it is decoded. */
export class LivePlayer {
  private readonly clock = new StreamClock();
  private readonly decoder: PictureDecoder<Envelope>;

  constructor(screen: Screen) {
    this.decoder = new PictureDecoder({
      picture: (frame, envelope, damaged) => {
        screen.draw(frame, shownOf(this.clock, envelope, damaged));
        frame.close();
      },
      trouble: (trouble) => screen.trouble(trouble),
    });
  }

  take(envelope: Envelope): void {
    this.decoder.decode(envelope);
  }

  /** What waits is left out; the next unit must be a key frame. */
  skip(): void {
    this.decoder.reset();
  }

  get dropped(): number {
    return this.decoder.gate.dropped;
  }

  get isInGap(): boolean {
    return this.decoder.gate.isInGap;
  }

  close(): void {
    this.decoder.close();
  }
}

export class TapePlayer {
  readonly tape = new Tape();
  playing = false;
  speed = 1;
  /** The instant that is shown, or is to be. */
  head_utc_ns: bigint;
  /** Units jumped over because the machine was too slow. */
  dropped = 0;
  private readonly decoder: PictureDecoder<Unit>;
  private wanted = -1;
  private given: number | null = null;
  private given_ms = 0;
  /** Pictures before this one are only decoded on the way to it. */
  private shownFrom = 0;
  private flushed = false;
  private joint_utc_ns: bigint | null = null;
  private last_ms: number | null = null;

  constructor(
    private readonly screen: Screen,
    from_utc_ns: bigint,
  ) {
    this.head_utc_ns = from_utc_ns;
    const listener = {
      picture: (frame: VideoFrame, unit: Unit, damaged: boolean) => this.picture(frame, unit, damaged),
      trouble: (trouble: Trouble) => this.trouble(trouble),
    };
    this.decoder = new PictureDecoder(listener, null);
  }

  /** What follows will overlap with what is there: a part is read from the key frame before its beginning. */
  beginPart(): void {
    this.joint_utc_ns = this.tape.to_utc_ns;
  }

  extend(envelopes: Envelope[]): void {
    for (const envelope of envelopes) this.tape.add(envelope, this.joint_utc_ns);
  }

  get span_ns(): bigint {
    return (this.tape.to_utc_ns ?? 0n) - (this.tape.from_utc_ns ?? 0n);
  }

  /** To be called with each refresh of the screen: moves the head on, and decodes what it needs. */
  tick(now_ms: number): void {
    const passed_ms = this.last_ms === null ? 0 : now_ms - this.last_ms;
    this.last_ms = now_ms;
    if (this.playing) this.head_utc_ns += BigInt(Math.round(passed_ms * this.speed * 1e6));
    if (this.tape.units.length > 0) this.want(this.tape.numberAt(this.head_utc_ns), now_ms);
  }

  seek(utc_ns: bigint): void {
    this.head_utc_ns = utc_ns;
  }

  /** To the next frame, or the one before (-1); it stands there. */
  step(frames: number): void {
    const { units } = this.tape;
    this.playing = false;
    const number = this.tape.numberAt(this.head_utc_ns) + frames;
    const unit = units[Math.min(Math.max(0, number), units.length - 1)];
    if (unit !== undefined) this.head_utc_ns = unit.utc_ns;
  }

  /** Whether what is recorded says what was to be seen at the head: a picture, not much older. */
  get isThere(): boolean {
    const unit = this.tape.units[this.tape.numberAt(this.head_utc_ns)];
    if (unit === undefined) return false;
    const off = this.head_utc_ns - unit.utc_ns;
    return off <= HOLE_NS && -off <= HOLE_NS;
  }

  get isAtEnd(): boolean {
    const end = this.tape.to_utc_ns;
    return end !== null && this.head_utc_ns >= end;
  }

  close(): void {
    this.decoder.close();
  }

  private want(number: number, now_ms: number): void {
    this.wanted = number;
    if (number === this.given) return this.hurry(now_ms);
    if (this.flushed) this.given = null;
    this.flushed = false;
    const units = this.tape.needed(this.given, number);
    const first = units[0]?.number ?? 0;
    if (this.given === null || first !== this.given + 1) this.begin(first);
    for (const unit of units.slice(0, MOST_WAITING - this.decoder.waiting)) {
      this.decoder.decode(unit);
      this.given = unit.number;
    }
    this.given_ms = now_ms;
  }

  /** From another place on the tape. */
  private begin(first: number): void {
    if (this.playing && this.given !== null && first > this.given) this.dropped += first - this.given - 1;
    this.shownFrom = this.wanted;
    this.decoder.reset();
  }

  /** A decoder may hold pictures back until more comes; where nothing more comes it is asked for them. */
  private hurry(now_ms: number): void {
    if (this.flushed || this.decoder.waiting === 0 || now_ms - this.given_ms < PATIENCE_MS) return;
    this.flushed = true;
    void this.decoder.flush();
  }

  private picture(frame: VideoFrame, unit: Unit, damaged: boolean): void {
    const { utc_ns, own_utc, complete_utc_ns, metadata } = unit;
    if (unit.number >= this.shownFrom) this.screen.draw(frame, { utc_ns, own_utc, complete_utc_ns, damaged, metadata });
    frame.close();
  }

  private trouble(trouble: Trouble): void {
    this.given = null;
    this.screen.trouble(trouble);
  }
}
