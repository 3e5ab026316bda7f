import { expect, test } from "vitest";
import { AgeMeter, Chase, isStale, STALE_S, utcText } from "./clock";

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

test("a page that stays behind does not get used to it: its pictures are as old as they are", () => {
  const meter = new AgeMeter();
  for (let k = 0; k < 3000; k += 1) meter.came(ms(100 * k - (k < 100 ? 0 : 15_000)), 100 * k);
  expect(meter.age_s(ms(299_900 - 15_000), 299_900)).toBeCloseTo(15, 1);
});

test("clocks that drift apart by what crystals do make no picture old", () => {
  const meter = new AgeMeter();
  for (let s = 0; s < 43_200; s += 1) meter.came(ms(1000 * s), Math.round(1000 * s * (1 + 8e-5)));
  expect(meter.age_s(ms(43_199_000), 43_199_000 * (1 + 8e-5))).toBeLessThan(0.1);
});

test("a clock that is set anew is believed half a minute after the stream was taken up anew", () => {
  const meter = new AgeMeter();
  for (let k = 0; k < 300; k += 1) meter.came(ms(100 * k), 100 * k);
  meter.beganAnew(30_000);
  for (let k = 300; k < 590; k += 1) meter.came(ms(100 * k - 5000), 100 * k);
  expect(meter.age_s(ms(58_900 - 5000), 58_900)).toBeCloseTo(5, 1);
  for (let k = 590; k < 620; k += 1) meter.came(ms(100 * k - 5000), 100 * k);
  expect(meter.age_s(ms(61_900 - 5000), 61_900)).toBeCloseTo(0, 3);
});

test("a stream that comes late is taken up anew once, and again only after a unit has come in time", () => {
  const chase = new Chase();
  expect([null, 0.1, 1.9, 2.1, 15, 15, 0.5, 2.5].map((age_s) => chase.isDue(age_s))).toEqual([
    false, false, false, true, false, false, false, true,
  ]);
});

test("before anything came there is no age, and no age is stale", () => {
  expect(new AgeMeter().age_s(START, 0)).toBeNull();
  expect([null, 0, STALE_S - 0.01, STALE_S + 0.01].map(isStale)).toEqual([true, false, false, true]);
  expect(STALE_S + 0.25).toBeLessThan(2);
});
