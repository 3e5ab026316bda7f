import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { PictureDecoder, type Trouble } from "./decoder";
import type { Codec, Envelope } from "./envelope";
import { TapePlayer } from "./player";
import { bytesOf } from "./sample";

/** An access unit delimiter, a parameter set (baseline, level 3.1; high) and a slice. */
const BASELINE = "0000000109f0000000016742c01e8d8d4028000000016588840000";
const HIGH = BASELINE.replace("6742c01e", "67640028");

const unit = (payload = BASELINE, codec: Codec = "h264", at = 0): Envelope => ({
  key: true, damaged: false, gap: false, own_metadata: false, codec, pts_90k: null,
  complete_utc_ns: BigInt(at) * 100_000_000n, metadata: new Uint8Array(), payload: bytesOf(payload),
});
function listening() {
  const troubles: Trouble[] = [];
  const decoder = new PictureDecoder({ picture: () => {}, trouble: (trouble) => troubles.push(trouble) });
  return { troubles, decoder };
}
const settled = () => new Promise((done) => setTimeout(done));

describe("a browser without WebCodecs", () => {
  test("is said at once and once, and whatever comes does no harm", () => {
    expect(typeof VideoDecoder, "this test's own machine has none").toBe("undefined");
    const { troubles, decoder } = listening();
    expect(troubles).toEqual([{ kind: "unplayable", codec: null }]);
    for (let at = 0; at < 30; at += 1) decoder.decode(unit(BASELINE, at % 2 ? "h264" : "mpeg2", at));
    decoder.reset();
    decoder.close();
    expect(troubles).toHaveLength(1);
    expect([decoder.waiting, decoder.gate.isInGap, decoder.gate.dropped]).toEqual([0, false, 0]);
  });

  test("a tape goes on by time without a picture", () => {
    const troubles: Trouble[] = [];
    const player = new TapePlayer({ draw: () => {}, trouble: (trouble) => troubles.push(trouble) }, 0n);
    player.extend(Array.from({ length: 20 }, (_, at) => unit(BASELINE, "h264", at)));
    player.playing = true;
    for (let now_ms = 0; now_ms <= 1000; now_ms += 100) player.tick(now_ms);
    expect(player.head_utc_ns).toBe(1_000_000_000n);
    expect(troubles).toEqual([{ kind: "unplayable", codec: null }]);
  });
});

/** A browser that knows H.264 only at its baseline: an answer of WebCodecs' own, which comes later than the question. */
class Choosy {
  state = "unconfigured";
  constructor(private readonly made: { output: (frame: VideoFrame) => void; error: (error: Error) => void }) {}
  configure({ codec }: { codec: string }): void {
    if (codec.length < 11) throw new TypeError("no codec string");
    this.state = "configured";
    if (!codec.startsWith("avc1.42")) void Promise.resolve().then(() => this.made.error(new DOMException("", "NotSupportedError")));
  }
  decode(): void {}
  reset(): void {}
  close(): void {
    this.state = "closed";
  }
}

describe("a browser without the stream's codec", () => {
  beforeEach(() => {
    vi.stubGlobal("VideoDecoder", Choosy);
    vi.stubGlobal("EncodedVideoChunk", class {});
  });
  afterEach(() => vi.unstubAllGlobals());

  test("says once which it lacks, and speaks of no missing pictures", async () => {
    const { troubles, decoder } = listening();
    for (let at = 0; at < 5; at += 1) {
      decoder.decode(unit(HIGH, "h264", at));
      decoder.decode({ ...unit(HIGH, "h264", at), key: false });
      await settled();
    }
    expect(troubles).toEqual([{ kind: "unplayable", codec: "H.264 (avc1.640028)" }]);
    expect(decoder.gate.isInGap).toBe(false);
  });

  test("names a codec that no browser has", () => {
    const { troubles, decoder } = listening();
    for (let at = 0; at < 3; at += 1) decoder.decode(unit("000001b3", "mpeg2", at));
    expect(troubles).toEqual([{ kind: "unplayable", codec: "MPEG-2" }]);
  });

  test("plays what it can when the camera sends that", async () => {
    const { troubles, decoder } = listening();
    decoder.decode(unit(HIGH));
    await settled();
    decoder.decode(unit(BASELINE, "h264", 1));
    await settled();
    expect(troubles).toHaveLength(1);
    expect(decoder.waiting).toBe(1);
  });
});
