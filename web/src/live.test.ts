import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SPAN_MS } from "./history.svelte";
import { BACKOFF_MS, Link, type LinkState, type Wire } from "./link";
import { LiveState } from "./live.svelte";
import { fetchSeen, marked, NOTHING_SEEN, secondsOf, type Grid } from "./seen";
import type { Alert, Decision, Fix, Health, LiveMessage, Snapshot } from "./wire";

const T0_MS = 1_795_304_400_000;
const ns = (after_s: number): string => `${BigInt(T0_MS + after_s * 1000) * 1_000_000n}`;
const fix = (aircraft: string, after_s: number, more: Partial<Fix> = {}) =>
  ({ kind: "fix", aircraft, utc_ns: ns(after_s), alt_amsl_m: 4000 + after_s, ...more }) as Fix;
const health = (after_s: number) => ({ kind: "health", utc_ns: ns(after_s), processes: [], streams: [] }) as unknown as Health;
const alert = (id: string, after_s: number) => ({ kind: "alert", id, utc_ns: ns(after_s), severity: "high" }) as Alert;
const decision = (alert: string, index: number, state: Decision["state"], after_s = index) =>
  ({ kind: "decision", alert, index, state, utc_ns: ns(after_s), by: "operator", reason: "", note: "" }) as Decision;
const snapshot = (after_s: number, more: Partial<Snapshot> = {}) =>
  ({
    ...{ kind: "snapshot", utc_ns: ns(after_s), aircraft: [], sights: [], tracks: [], alerts: [], decisions: [] },
    ...{ health: null, log: null, seen_km2: 0, simulated: true },
    ...more,
  }) as Snapshot;

const live = () => new LiveState(async () => ({ fixes: [] }));
const fed = (...messages: [LiveMessage, number][]) => {
  const state = live();
  for (const [message, clock_ms] of messages) state.receive(message, clock_ms);
  return state;
};

describe("before the first core", () => {
  /** What the console says by itself: by this machine's clock, for it does not know another. */
  const alone = { ...health(9000), processes: [{ name: "core", state: "down", restarts: null, rss_mb: null }] } as unknown as Health;
  const first = snapshot(9000, { simulated: null, health: alone });

  it("nobody knows what time the night has: none is shown, and the core is said to be missing", () => {
    const state = fed([first, 0], [alone, 1000]);
    state.link = "open";
    expect([state.now_utc_ms, state.age_s(ns(0)), state.trust]).toEqual([null, null, "core_down"]);
    expect(state.now_utc_ns).toBe(0n);
  });

  it("the core's own snapshot sets the clock, also back from what the console had said", () => {
    const state = fed([first, 0], [snapshot(5), 100]);
    expect(state.now_utc_ms).toBe(T0_MS + 5000);
  });
});

describe("messages", () => {
  it("that come late do not put an aircraft back", () => {
    const state = fed([fix("A1", 5), 0], [fix("A1", 3), 10], [fix("A1", 5), 20]);
    expect(state.fixes["A1"]!.alt_amsl_m).toBe(4005);
  });

  it("of kinds that are not known are skipped, and what is known stays", () => {
    const state = fed([fix("A1", 1), 0], [{ kind: "aurora", utc_ns: ns(2) } as unknown as LiveMessage, 5]);
    expect(Object.keys(state.fixes)).toEqual(["A1"]);
  });

  it("a snapshot replaces what was known: an aircraft that is not in it is gone", () => {
    const state = fed([fix("A1", 1), 0], [alert("old", 1), 0], [snapshot(2, { aircraft: [fix("A2", 2)] }), 10]);
    expect(Object.keys(state.fixes)).toEqual(["A2"]);
    expect(state.alerts).toEqual([]);
  });

  it("an alert that comes twice is told once, and a snapshot's are not told at all", () => {
    const state = live();
    const told: string[] = [];
    state.onalert = ({ id }) => told.push(id);
    state.receive(snapshot(0, { alerts: [alert("first", 0)] }), 0);
    for (const one of [alert("first", 0), alert("second", 1), alert("second", 1)]) state.receive(one, 5);
    expect(told).toEqual(["second"]);
  });

  it("faults are bounded, the newest first", () => {
    const state = live();
    for (let at = 0; at < 70; at++) state.receive({ kind: "fault", utc_ns: ns(at), code: `${at}`, text: "", values: {} }, at);
    expect(state.faults.length).toBe(50);
    expect(state.faults[0]!.code).toBe("69");
  });
});

describe("decisions", () => {
  it("stand in the log's order, whatever order they come in", () => {
    const taken = decision("a", 7, "open");
    const made = decision("a", 4, "dismissed");
    for (const order of [[taken, made], [made, taken], [made, taken, made]]) {
      const state = fed(...order.map((one) => [one, 0] as [LiveMessage, number]));
      expect(state.decisions["a"]!.state).toBe("open");
      expect(state.present.trail["a"]!.map(({ index }) => index)).toEqual([4, 7]);
    }
  });

  it("and alerts are shown as they were when one looks back", () => {
    const state = fed([alert("a", 1), 0], [alert("b", 9), 0], [decision("a", 3, "confirmed", 5), 0], [decision("a", 6, "open", 8), 0]);
    state.seek(T0_MS + 6000);
    expect(state.alerts.map(({ id }) => id)).toEqual(["a"]);
    expect(state.decisions["a"]!.state).toBe("confirmed");
    state.seek(T0_MS + 2000);
    expect(state.decisions["a"]).toBeUndefined();
    state.seek(null);
    expect(state.decisions["a"]!.state).toBe("open");
  });
});

describe("staleness", () => {
  it("begins two seconds after a thing was heard of, and ends when it is heard again", () => {
    const state = fed([fix("A1", 0), 1000]);
    state.tick(3000);
    expect(state.isStale("fix", "A1")).toBe(false);
    state.tick(3001);
    expect(state.isStale("fix", "A1")).toBe(true);
    state.receive(fix("A1", 3), 3100);
    expect(state.isStale("fix", "A1")).toBe(false);
  });

  it("counts the age that things already have in a snapshot", () => {
    const state = fed([snapshot(10, { aircraft: [fix("old", 5), fix("new", 9.5)] }), 1000]);
    expect([state.isStale("fix", "old"), state.isStale("fix", "new")]).toEqual([true, false]);
  });

  it("a message that is no news does not make a thing fresh", () => {
    const state = fed([fix("A1", 5), 0], [fix("A1", 2), 2500]);
    expect(state.isStale("fix", "A1")).toBe(true);
  });

  it("what was never heard of is stale", () => {
    expect(live().isStale("fix", "A9")).toBe(true);
  });
});

describe("the night's clock", () => {
  it("goes on between messages, and a late message does not put it back", () => {
    const state = fed([health(10), 1000], [fix("A1", 8), 1100]);
    state.tick(1500);
    expect(state.now_utc_ms).toBe(T0_MS + 10_500);
    expect(state.age_s(ns(8))).toBeCloseTo(2.5, 6);
  });

  it("follows health in both directions: a simulated night may be slower than this machine", () => {
    const state = fed([health(10), 1000], [health(10.5), 2000]);
    expect(state.now_utc_ms).toBe(T0_MS + 10_500);
  });

  it("is put forward by what is simulated, and not by a stream whose clock is another", () => {
    const ahead = (simulated: boolean) => fed([snapshot(10, { simulated }), 1000], [fix("A1", 11.5), 1000]).now_utc_ms;
    expect([ahead(true), ahead(false)]).toEqual([T0_MS + 11_500, T0_MS + 10_000]);
  });

  it("stands still when the night has ended", () => {
    const state = fed([health(10), 1000], [{ kind: "end", utc_ns: ns(11), report: null }, 2000]);
    state.tick(9000);
    expect(state.now_utc_ms).toBe(T0_MS + 11_000);
  });
});

describe("trust", () => {
  it("says whether console or core is silent", () => {
    const state = live();
    expect(state.trust).toBe("connecting");
    state.link = "open";
    state.receive(health(0), 1000);
    expect(state.trust).toBe("good");
    state.tick(4001);
    expect(state.trust).toBe("core_down");
    state.receive(health(4), 4100);
    expect(state.trust).toBe("good");
    state.link = "closed";
    expect(state.trust).toBe("console_down");
  });

  it("believes a console that says that its core is down, and keeps the time of the last news", () => {
    const state = live();
    state.link = "open";
    state.receive(health(0), 1000);
    const processes = [{ name: "core", state: "down" as const, restarts: 1, rss_mb: null }];
    const heard_utc_ms = state.heard_utc_ms;
    state.receive({ ...health(2), processes }, 3000);
    expect([state.trust, state.heard_utc_ms]).toEqual(["core_down", heard_utc_ms]);
    state.receive(health(3), 4000);
    expect(state.trust).toBe("good");
  });

  it("a night that ended is no failure", () => {
    const state = fed([{ kind: "end", utc_ns: ns(1), report: "reports/x" }, 1000]);
    state.link = "open";
    state.tick(60_000);
    expect(state.trust).toBe("ended");
  });
});

describe("the past", () => {
  it("is fetched once a span, and shows where aircraft were", async () => {
    const asked: string[] = [];
    const state = new LiveState(async (from) => {
      asked.push(from);
      return { fixes: [fix("A1", 30), fix("A1", 20), fix("A2", 3)] };
    });
    state.receive(health(10_000), 0);
    for (const at of [25, 31, 32]) {
      state.seek(T0_MS + at * 1000);
      await Promise.resolve();
      await Promise.resolve();
    }
    expect(asked.length).toBe(1);
    expect(state.fixes["A1"]!.utc_ns).toBe(ns(30));
    expect(state.fixes["A2"], "29 s old: no longer where it is").toBeUndefined();
    expect(state.sights).toEqual({});
  });

  it("that cannot be had is said, and asked for again", async () => {
    let up = false;
    const state = new LiveState(async () => {
      if (!up) throw new Error("500");
      return { fixes: [fix("A1", 1)] };
    });
    state.receive(health(2 * SPAN_MS), 0);
    const settled = () => vi.waitFor(() => expect(state.past.failed).toBe(!up));
    state.seek(T0_MS + 2000);
    await settled();
    up = true;
    state.seek(T0_MS + 2500);
    await settled();
    expect(Object.keys(state.fixes)).toEqual(["A1"]);
  });
});

class FakeWire implements Wire {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  closed = false;
  close() {
    this.closed = true;
    this.onclose?.();
  }
}

describe("the link", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const linked = () => {
    const wires: FakeWire[] = [];
    const messages: unknown[] = [];
    const states: LinkState[] = [];
    const garbage = vi.fn();
    const open = () => wires[wires.push(new FakeWire()) - 1]!;
    const link = new Link(open, { onmessage: (m) => messages.push(m), onstate: (s) => states.push(s), ongarbage: garbage });
    link.start();
    return { wires, messages, states, garbage, link };
  };

  it("comes back after each failure, waiting longer each time", () => {
    const { wires } = linked();
    for (const [failures, wait_ms] of [...BACKOFF_MS, BACKOFF_MS.at(-1)!].entries()) {
      wires.at(-1)!.onclose!();
      vi.advanceTimersByTime(wait_ms - 1);
      expect(wires.length).toBe(failures + 1);
      vi.advanceTimersByTime(1);
      expect(wires.length).toBe(failures + 2);
    }
  });

  it("waits little again once a message has come", () => {
    const { wires } = linked();
    wires[0]!.onclose!();
    vi.advanceTimersByTime(500);
    wires[1]!.onmessage!({ data: "{}" });
    wires[1]!.onclose!();
    vi.advanceTimersByTime(500);
    expect(wires.length).toBe(3);
  });

  it("says what state it is in", () => {
    const { wires, states } = linked();
    wires[0]!.onopen!();
    wires[0]!.onclose!();
    expect(states).toEqual(["connecting", "open", "closed"]);
  });

  it("counts what is not JSON and goes on", () => {
    const { wires, messages, garbage } = linked();
    wires[0]!.onmessage!({ data: "{oh" });
    wires[0]!.onmessage!({ data: '{"kind":"fix"}' });
    expect(garbage).toHaveBeenCalledTimes(1);
    expect(messages).toEqual([{ kind: "fix" }]);
  });

  it("stopped for good does not come back", () => {
    const { wires, link } = linked();
    link.stop();
    vi.advanceTimersByTime(60_000);
    expect(wires.length).toBe(1);
    expect(wires[0]!.closed).toBe(true);
  });
});

describe("seen ground", () => {
  const grid: Grid = { rows: 1, cols: 3, west: 0, south: 0, east: 1, north: 1, epoch_utc_ns: ns(0) };

  it("is none where the console says that no ground is accounted", async () => {
    vi.stubGlobal("fetch", async () => new Response(null, { status: 204 }));
    expect(await fetchSeen()).toEqual(NOTHING_SEEN);
    vi.stubGlobal("fetch", async () => new Response("{}", { status: 503 }));
    expect(await fetchSeen()).toBeNull();
    vi.unstubAllGlobals();
  });

  it("is read little-endian, and a body of another size is refused", () => {
    const body = new Uint8Array([1, 0, 0, 0, 255, 255, 255, 255, 0, 1, 0, 0]).buffer;
    expect([...secondsOf(body, grid)]).toEqual([1, -1, 256]);
    expect(() => secondsOf(body.slice(4), grid)).toThrow(RangeError);
  });

  it("keeps the later instant, and leaves out cells beyond the grid", () => {
    const seen = marked({ grid, values: Int32Array.from([-1, 5, 9]), version: 1 }, [0, 1, 2, 3, -1], ns(7));
    expect([...seen.values]).toEqual([7, 7, 9]);
    expect(seen.version).toBe(2);
  });
});
