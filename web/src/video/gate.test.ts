import { expect, test } from "vitest";
import { type Admission, Gate } from "./gate";

const S = 1_000_000_000n;

/** Units at 10 Hz, a key frame each second, from `from` on. */
function unit(n: number, gap = false): { key: boolean; gap: boolean; complete_utc_ns: bigint } {
  return { key: n % 10 === 0, gap, complete_utc_ns: (BigInt(n) * S) / 10n };
}

function admitted(gate: Gate, from: number, to: number, isQuick: boolean): Admission[] {
  const answers: Admission[] = [];
  for (let n = from; n < to; n += 1) {
    answers.push(gate.admit(unit(n), 100 * n));
    if (isQuick && answers.at(-1) !== "drop") gate.shown();
  }
  return answers;
}

test("nothing is taken before the first key frame, and all from there on", () => {
  const gate = new Gate();
  expect(admitted(gate, 7, 13, true)).toEqual(["drop", "drop", "drop", "take", "take", "take"]);
  expect([gate.unusable, gate.dropped]).toEqual([3, 0]);
});

test("after a gap a key frame comes first, and the gap before a key frame costs nothing", () => {
  const gate = new Gate();
  admitted(gate, 0, 5, true);
  expect(gate.admit(unit(6, true), 600)).toBe("drop");
  expect(gate.isInGap).toBe(true);
  expect(admitted(gate, 7, 12, true)).toEqual(["drop", "drop", "drop", "take", "take"]);
  expect(gate.admit(unit(20, true), 2000)).toBe("take");
  expect(gate.dropped).toBe(0);
});

test("a decoder that stands still is never given more than a second", () => {
  const gate = new Gate();
  const answers = admitted(gate, 0, 40, false);
  expect(answers.slice(0, 11)).toEqual(Array(11).fill("take"));
  expect(answers.slice(11, 20)).toEqual(Array(9).fill("drop"));
  expect(answers[20]).toBe("afresh");
  expect(gate.dropped).toBe(40 - 10 - 1);
});

test("what was dropped and what is shown add up to what came", () => {
  for (const every of [1, 2, 3, 5]) {
    const gate = new Gate();
    let waiting = 0;
    let shown = 0;
    for (let n = 0; n < 200; n += 1) {
      const answer = gate.admit(unit(n), 100 * n);
      if (answer === "afresh") waiting = 0;
      if (answer !== "drop") waiting += 1;
      if (n % every === 0 && waiting > 0) {
        gate.shown();
        waiting -= 1;
        shown += 1;
      }
      expect(waiting).toBeLessThanOrEqual(11);
    }
    expect(shown + waiting + gate.dropped, `a picture each ${every} units`).toBe(200);
    expect(gate.dropped > 0).toBe(every > 1);
  }
});

test("a decoder that failed begins at a key frame, and what it held is no fault of the machine's speed", () => {
  const gate = new Gate();
  admitted(gate, 0, 4, false);
  gate.failed();
  expect(admitted(gate, 4, 11, true).at(-1)).toBe("take");
  expect([gate.unusable, gate.dropped]).toEqual([4 + 6, 0]);
});

test("a tape that is read at will has no limit", () => {
  expect(new Set(admitted(new Gate(null), 0, 100, false))).toEqual(new Set(["take"]));
});

test("what a viewer is given at once when joining is no sign of a slow machine", () => {
  const gate = new Gate();
  const answers = Array.from({ length: 20 }, (_, n) => gate.admit(unit(n), n));
  expect(new Set(answers)).toEqual(new Set(["take"]));
});
