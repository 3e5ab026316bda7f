import { expect, test } from "vitest";
import type { Envelope } from "./envelope";
import { Memory } from "./memory";
import { Tape } from "./tape";

const S = 1_000_000_000n;

function envelope(n: number, metadata = ""): Envelope {
  return {
    key: n % 5 === 0, damaged: false, gap: false, own_metadata: metadata !== "", codec: "h264", pts_90k: null,
    complete_utc_ns: BigInt(n) * S, metadata: new TextEncoder().encode(metadata), payload: new Uint8Array(0),
  };
}

function tape(count: number): Tape {
  const made = new Tape();
  for (let n = 0; n < count; n += 1) made.add(envelope(n));
  return made;
}

const numbers = (units: { number: number }[]): number[] => units.map((u) => u.number);

test("an instant shows the last picture that was taken by then", () => {
  expect([-S, 0n, S / 2n, 7n * S, 99n * S].map((at) => tape(12).numberAt(at))).toEqual([0, 0, 0, 7, 11]);
});

test("the next picture needs itself alone; another place needs its key frame", () => {
  expect(numbers(tape(20).needed(6, 7))).toEqual([7]);
  expect(numbers(tape(20).needed(null, 7))).toEqual([5, 6, 7]);
  expect(numbers(tape(20).needed(8, 7))).toEqual([5, 6, 7]);
  expect(numbers(tape(20).needed(3, 11))).toEqual([10, 11]);
  expect(numbers(tape(20).needed(4, 6))).toEqual([5, 6]);
});

test("a camera's clock that steps back does not turn the tape round", () => {
  const made = new Tape();
  for (const s of [5, 6, 3, 7]) made.add(envelope(0, `{"utc_ns":"${BigInt(s) * S}"}`));
  expect(made.units.map((u) => u.utc_ns / S)).toEqual([5n, 6n, 6n, 7n]);
});

test("of an exercise's ring a unit that was complete before its metadata came stands between the others", () => {
  const made = new Tape();
  const at = (n: number, own_metadata: boolean): Envelope =>
    ({ ...envelope(0, `{"utc_ns":"${BigInt(n) * S}"}`), own_metadata, pts_90k: BigInt(n) * 90_000n, complete_utc_ns: 999_999n * S });
  for (const unit of [at(5, true), at(6, false), at(7, true)]) made.add(unit);
  expect(made.units.map((u) => u.utc_ns / S)).toEqual([5n, 6n, 7n]);
});

test("a picture has what was said of it, and nothing that was said of another time", () => {
  const memory = new Memory<{ utc_ns: string; said: string }>();
  for (const n of [3, 1, 2, 2]) memory.add({ utc_ns: String(BigInt(n) * S), said: `at ${n}` });
  expect([S, 2n * S + S / 10n, 3n * S + S / 2n].map((at) => memory.at(at)?.said)).toEqual(["at 1", "at 2", "at 3"]);
  expect(memory.at(5n * S)).toBeNull();
  memory.add({ utc_ns: String(200n * S), said: "later" });
  expect(memory.at(S)).toBeNull();
});
