import { expect, test } from "vitest";
import { AgeMeter, isStale, STALE_S, utcText } from "./clock";

const START = 1_790_000_000_000_000_000n;
const ms = (n: number): bigint => START + BigInt(n) * 1_000_000n;

test("the clock is cut to tenths and says UTC", () => {
  expect(utcText(1_790_000_000_999_999_999n)).toBe("2026-09-21 14:13:20.9 UTC");
});

test("a picture ages from when it was complete, whatever the two clocks say", () => {
  for (const offset of [0, -5_000_000, 7_000_000]) {
    const meter = new AgeMeter();
    for (let k = 0; k < 50; k += 1) meter.came(ms(100 * k), 100 * k + offset + (k % 7));
    expect(meter.age_s(ms(4900), 4900 + offset)).toBeCloseTo(0, 3);
    expect(meter.age_s(ms(4900), 6900 + offset)).toBeCloseTo(2, 3);
  }
});

test("a unit that waited in a queue is old when it comes", () => {
  const meter = new AgeMeter();
  for (let k = 0; k < 20; k += 1) meter.came(ms(100 * k), 100 * k);
  meter.came(ms(2000), 3800);
  expect(meter.age_s(ms(2000), 3800)).toBeCloseTo(1.8, 3);
});

test("a clock that is set anew is believed again within a minute", () => {
  const meter = new AgeMeter();
  for (let k = 0; k < 300; k += 1) meter.came(ms(100 * k), 100 * k);
  for (let k = 300; k < 1000; k += 1) meter.came(ms(100 * k - 5000), 100 * k);
  expect(meter.age_s(ms(99_900 - 5000), 99_900)).toBeCloseTo(0, 3);
});

test("before anything came there is no age, and no age is stale", () => {
  expect(new AgeMeter().age_s(START, 0)).toBeNull();
  expect([null, 0, STALE_S - 0.01, STALE_S + 0.01].map(isStale)).toEqual([true, false, false, true]);
  expect(STALE_S + 0.25).toBeLessThan(2);
});
