import { describe, expect, it } from "vitest";
import { trackFacts } from "../alerts/track";
import { LiveState } from "../live.svelte";
import type { Fix, Health, Night } from "../wire";
import { aloft_s, gapsOf, NOTHING_FLOWN, withFix } from "./flown";
import { FlownLog } from "./flownlog.svelte";
import { domainOf, nightOf, rangeFor, ticksOf, xOf } from "./timeline";

const fix = (at_s: number, phase = "station", lon_deg = at_s / 10_000) =>
  ({ kind: "fix", aircraft: "A1", utc_ns: `${at_s * 1e9}`, phase, lat_deg: 0, lon_deg }) as Fix;
const flown = (...fixes: Fix[]) => fixes.reduce(withFix, NOTHING_FLOWN);

describe("what was flown", () => {
  it("is a span as long as positions come, and a gap when they lack", () => {
    const all = flown(fix(0), fix(10), fix(20), fix(60), fix(70));
    expect(all.spans).toEqual([{ from_ms: 0, to_ms: 20_000 }, { from_ms: 60_000, to_ms: 70_000 }]);
    expect(gapsOf(all)).toEqual([{ from_ms: 20_000, to_ms: 60_000 }]);
    expect([aloft_s(all), all.sorties]).toEqual([30, 1]);
  });

  it("counts a landing as a sortie's end, and ten minutes of silence too", () => {
    expect(flown(fix(0), fix(10), fix(20, "ground"), fix(30)).sorties).toBe(2);
    expect(flown(fix(0), fix(599)).sorties).toBe(1);
    expect(flown(fix(0), fix(601)).sorties).toBe(2);
  });

  it("leaves out what comes late or twice", () => {
    const once = flown(fix(0), fix(10), fix(20));
    expect(flown(fix(0), fix(10), fix(20), fix(10), fix(20))).toEqual(once);
  });

  it("an arc along the equator has the length of the equator", () => {
    const once = flown(fix(0, "station", 0), fix(10, "station", 0.5), fix(20, "station", 1));
    expect(once.distance_m).toBeCloseTo(111_319.49, 1);
  });

  it("on the ground nothing is flown", () => {
    expect(flown(fix(0, "ground"), fix(10, "ground"))).toMatchObject({ spans: [], sorties: 0, distance_m: 0 });
  });
});

describe("the log of what was flown", () => {
  const spans = (log: FlownLog) => log.by_aircraft["A1"]?.spans.map(({ from_ms, to_ms }) => [from_ms / 1000, to_ms / 1000]);
  /** A page, and a console whose log knows what the test puts in. */
  function room() {
    const live = new LiveState(async () => ({ fixes: [] }));
    live.night = { start_utc_ns: "0" } as Night;
    live.receive({ kind: "health", utc_ns: "100000000000", processes: [], streams: [] } as unknown as Health, 0);
    const known: { fixes: Fix[] | null; asked: number } = { fixes: [], asked: 0 };
    const log = new FlownLog(async () => {
      known.asked += 1;
      if (known.fixes === null) throw new Error("500");
      return { fixes: known.fixes };
    });
    return { live, log, known };
  }

  it("stays through a restart of the core, as one flight", async () => {
    const { live, log, known } = room();
    known.fixes = [fix(0), fix(10), fix(20)];
    await log.load(live);
    log.take({ A1: fix(22) });
    live.night = { start_utc_ns: "0" } as Night;
    await log.load(live);
    log.take({ A1: fix(30) });
    expect([spans(log), known.asked]).toEqual([[[0, 30]], 1]);
  });

  it("after a long silence the page learns from the log what it has missed", async () => {
    const { live, log, known } = room();
    known.fixes = [fix(0), fix(10)];
    await log.load(live);
    log.take({ A1: fix(90) });
    expect(spans(log)).toEqual([[0, 10], [90, 90]]);
    known.fixes = Array.from({ length: 10 }, (_, at) => fix(10 * at));
    await log.load(live);
    expect(spans(log)).toEqual([[0, 90]]);
  });

  it("that cannot be read is said, leaves what was seen here, and is read again", async () => {
    const { live, log, known } = room();
    known.fixes = null;
    log.take({ A1: fix(90) });
    await log.load(live);
    expect([spans(log), log.incomplete]).toEqual([[[90, 90]], true]);
    known.fixes = Array.from({ length: 10 }, (_, at) => fix(10 * at));
    await log.load(live);
    expect([spans(log), log.incomplete]).toEqual([[[0, 90]], false]);
  });
});

describe("the timeline", () => {
  const night = { from_ms: 0, to_ms: 36_000_000 };

  it("shows a range that holds the present and stays within the night", () => {
    for (const at_ms of [0, 100_000, 5_000_000, 35_999_000]) {
      const { from_ms, to_ms } = domainOf("ten", night, at_ms);
      expect(from_ms).toBeGreaterThanOrEqual(0);
      expect(to_ms).toBeLessThanOrEqual(night.to_ms);
      expect(at_ms >= from_ms && at_ms <= to_ms).toBe(true);
      expect(to_ms - from_ms).toBeCloseTo(600_000, 6);
    }
  });

  it("grows with a night that goes on after its planned end", () => {
    expect(domainOf("whole", night, 40_000_000).to_ms).toBe(40_000_000);
  });

  it("of a night without a known end goes on to the present, and never ends before it begins", () => {
    const open = { start_utc_ns: "60000000000", end_utc_ns: null };
    expect(nightOf(open, 3_000_000)).toEqual({ from_ms: 60_000, to_ms: 3_000_000 });
    expect(nightOf(open, 0)).toEqual({ from_ms: 60_000, to_ms: 60_000 });
    expect(nightOf({ ...open, end_utc_ns: "90000000000" }, 3_000_000).to_ms).toBe(90_000);
    expect(nightOf(null, 7)).toEqual({ from_ms: 7, to_ms: 7 });
  });

  it("an aircraft that does not say its phase flies", () => {
    const silent = (at_s: number) => ({ ...fix(at_s), phase: null });
    expect(flown(silent(0), silent(10))).toMatchObject({ sorties: 1, spans: [{ from_ms: 0, to_ms: 10_000 }] });
  });

  it("begins with the smallest range that shows everything", () => {
    expect([60_000, 1_200_000, 7_200_000].map(rangeFor)).toEqual(["ten", "hour", "whole"]);
  });

  it("has ticks on full minutes, never closer than asked", () => {
    for (const width_px of [250, 900, 2000]) {
      const ticks = ticksOf(night, width_px);
      expect(ticks.every((tick) => tick % 60_000 === 0)).toBe(true);
      const xs = ticks.map((tick) => xOf(night, width_px, tick));
      expect(Math.min(...xs.slice(1).map((x, at) => x - xs[at]!))).toBeGreaterThanOrEqual(72);
    }
  });

  it("has no more ticks than fit, however long it is", () => {
    const years = { from_ms: 0, to_ms: 1_782_000_000_000 };
    expect(ticksOf(years, 800).length).toBeLessThanOrEqual(12);
  });
});

describe("an alert's track", () => {
  const track = (...rows: [string, number, number][]) => ({ evidence: { still_sha256: null, chip_sha256: null, track: rows } });

  it("is measured from its first estimate to its last", () => {
    const facts = trackFacts(track(["0", 0, 0], ["20000000000", 0, 0.0001], ["40000000000", 0, 0.0004]))!;
    expect(facts.distance_m).toBeCloseTo(44.23, 2);
    expect(facts.speed_m_s).toBeCloseTo(1.106, 3);
    expect(facts.bearing_deg).toBeCloseTo(0, 9);
  });

  it("of one estimate says nothing, and of an instant no speed", () => {
    expect(trackFacts(track(["0", 0, 0]))).toBeNull();
    expect(trackFacts(track(["0", 0, 0], ["0", 0, 0]))!.speed_m_s).toBeNull();
  });
});
