import { expect, test } from "vitest";
import { BadEnvelope, decodeEnvelope, EnvelopeReader, StreamClock } from "./envelope";
import { bytesOf } from "./sample";

/** Pinned in docs/page.md; tests/unit/test_envelope.py reads these very digits, and our Python writes them. */
const REFERENCE_HEX =
  "41505631" + "09" + "01" + "0020" + "0000000e" + "0000000000015f90" + "18d75b842b4ecd15" +
  "7b227574635f6e73223a2231373930303030303030303030303030303030227d" +
  "0000000109f00000000165888400";

const REFERENCE = bytesOf(REFERENCE_HEX);

function changed(at: number, value: number): Uint8Array {
  const data = REFERENCE.slice();
  data[at] = value;
  return data;
}

test("the reference envelope is read as Python wrote it", () => {
  const envelope = decodeEnvelope(REFERENCE);
  expect(envelope).toMatchObject({ key: true, damaged: false, gap: false, own_metadata: true, codec: "h264" });
  expect(envelope.pts_90k).toBe(90_000n);
  expect(envelope.complete_utc_ns).toBe(1_790_000_000_123_456_789n);
  expect(new TextDecoder().decode(envelope.metadata)).toBe('{"utc_ns":"1790000000000000000"}');
  expect([...envelope.payload]).toEqual([...bytesOf("0000000109f00000000165888400")]);
});

test("an envelope inside a larger buffer is read at its own place", () => {
  const around = new Uint8Array(REFERENCE.length + 9);
  around.set(REFERENCE, 5);
  expect(decodeEnvelope(around.subarray(5, 5 + REFERENCE.length)).pts_90k).toBe(90_000n);
});

test("flags each have their bit, and an unknown codec is other", () => {
  const flags = [0, 1, 2, 4, 8].map((bit) => decodeEnvelope(changed(4, bit)));
  expect(flags.map((e) => [e.key, e.damaged, e.gap, e.own_metadata].indexOf(true))).toEqual([-1, 0, 1, 2, 3]);
  expect([0, 1, 2, 3, 9].map((c) => decodeEnvelope(changed(5, c)).codec)).toEqual([
    "other", "h264", "h265", "mpeg2", "other",
  ]);
});

test("no presentation time is null, and one before the beginning is negative", () => {
  const none = REFERENCE.slice();
  none.fill(0xff, 12, 20);
  expect(decodeEnvelope(none).pts_90k).toBeNull();
  none[19] = 0xfe;
  expect(decodeEnvelope(none).pts_90k).toBe(-2n);
});

test("every truncation, a byte too many and another magic are refused", () => {
  for (let size = 0; size < REFERENCE.length; size += 1) {
    expect(() => decodeEnvelope(REFERENCE.subarray(0, size)), `${size} bytes`).toThrow(BadEnvelope);
  }
  const longer = new Uint8Array(REFERENCE.length + 1);
  longer.set(REFERENCE);
  expect(() => decodeEnvelope(longer)).toThrow(BadEnvelope);
  expect(() => decodeEnvelope(changed(3, 0x32))).toThrow("magic");
  expect(() => decodeEnvelope(changed(8, 0xff))).toThrow("payload");
});

test("envelopes that follow each other come out of pieces of any size", () => {
  const row = new Uint8Array(3 * REFERENCE.length);
  for (let k = 0; k < 3; k += 1) row.set(changed(19, k), k * REFERENCE.length);
  for (const size of [1, 7, 28, 74, 75, 500]) {
    const reader = new EnvelopeReader();
    const found = [];
    for (let at = 0; at < row.length; at += size) found.push(...reader.feed(row.subarray(at, at + size)));
    expect(found.map((e) => Number(e.pts_90k! & 0xffn)), `pieces of ${size}`).toEqual([0, 1, 2]);
    expect(reader.cut).toBe(false);
  }
});

test("what is cut off at the end is left out and known", () => {
  const reader = new EnvelopeReader();
  expect(reader.feed(REFERENCE.subarray(0, 70))).toEqual([]);
  expect(reader.cut).toBe(true);
  expect(() => new EnvelopeReader().feed(new Uint8Array(40))).toThrow(BadEnvelope);
});

test("a picture's time is its own where it says it, else that of the newest metadata, else when it was complete", () => {
  const timeOf = (data: Uint8Array) => new StreamClock().utcOf(decodeEnvelope(data));
  expect(timeOf(REFERENCE)).toEqual({ utc_ns: 1_790_000_000_000_000_000n, own: true });
  expect(timeOf(changed(4, 1))).toEqual({ utc_ns: 1_790_000_000_000_000_000n, own: true });
  expect(timeOf(changed(28, 0x78))).toEqual({ utc_ns: 1_790_000_000_123_456_789n, own: false });
});

test("a picture without its own time is as much later by UTC as by the stream's clock", () => {
  const clock = new StreamClock();
  clock.utcOf(decodeEnvelope(REFERENCE));
  const next = { ...decodeEnvelope(changed(4, 0)), pts_90k: 90_000n + 9_000n };
  expect(clock.utcOf(next)).toEqual({ utc_ns: 1_790_000_000_100_000_000n, own: true });
});
