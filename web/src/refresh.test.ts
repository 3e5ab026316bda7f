import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SPARING_MS } from "./beat";
import type { Wire } from "./link";
import { connect, LiveState } from "./live.svelte";
import { seenPixels } from "./map/ages";
import { AGAIN_MS } from "./refresh";
import type { Grid } from "./seen";
import type { Alert, LiveMessage, Snapshot } from "./wire";

const T0_S = 1_795_304_400;
const ns = (after_s: number): string => `${BigInt(T0_S + after_s) * 1_000_000_000n}`;
const GRID: Grid = { rows: 1, cols: 3, west: -67, south: -20, east: -66, north: -19, epoch_utc_ns: ns(0) };
const ALERT = { kind: "alert", id: "a", utc_ns: ns(5), severity: "high" } as Alert;
const snapshot = (after_s: number, seen_km2: number) =>
  ({
    ...{ kind: "snapshot", utc_ns: ns(after_s), aircraft: [], sights: [], tracks: [], decisions: [] },
    ...{ alerts: [ALERT], health: null, log: null, simulated: true, seen_km2 },
  }) as Snapshot;
const seen = (after_s: number, cells: number[], seen_km2 = 0) => ({ kind: "seen", utc_ns: ns(after_s), cells, seen_km2 }) as LiveMessage;

const answerOf = (values: number[], grid = GRID): Response =>
  new Response(Int32Array.from(values).buffer, { headers: { "Apacheta-Grid": JSON.stringify(grid) } });
const NONE = (): Response => new Response("{}", { status: 503 });

/** A page joined to a console whose answers about seen ground the test gives, one for each question, when it likes. */
function joined(seldom = false) {
  const live = new LiveState(async () => ({ fixes: [] }));
  const wire: Wire = { onopen: null, onmessage: null, onclose: null, close: () => {} };
  const asked: ((answer: Response) => void)[] = [];
  const ask = (path: string) => (path === "/api/seen" ? new Promise<Response>((done) => asked.push(done)) : Promise.resolve(NONE()));
  vi.stubGlobal("fetch", vi.fn(ask));
  const part = connect(live, () => wire, seldom);
  const say = (...messages: LiveMessage[]) => messages.forEach((message) => wire.onmessage!({ data: JSON.stringify(message) }));
  const answer = async (at: number, response: Response) => {
    asked[at]!(response);
    await vi.advanceTimersByTimeAsync(0);
  };
  return { live, say, answer, asked, part, values: () => [...live.seen.values] };
}

describe("after a restart of the core", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] }));
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  /** The page as it was when the core died: two cells seen. */
  async function before() {
    const room = joined();
    room.say(snapshot(10, 4));
    await room.answer(0, answerOf([3, 7, -1]));
    expect(room.values()).toEqual([3, 7, -1]);
    return room;
  }

  it("what the dead core had seen is not shown from the new one's snapshot on", async () => {
    const { live, say, values } = await before();
    const { version } = live.seen;
    say(snapshot(20, 0));
    expect([live.seen.grid, values(), live.seen_km2]).toEqual([null, [], 0]);
    expect(live.seen.version, "the map draws what has another version").toBeGreaterThan(version);
    expect(seenPixels(live.seen, BigInt(ns(20)), [1, 2, 3, 4, 5, 6])).toHaveLength(0);
  });

  it("the page takes the new core's ground, wherever that lies", async () => {
    const { live, say, answer, values } = await before();
    say(snapshot(20, 0));
    const grid = { ...GRID, cols: 2, east: -66.5, epoch_utc_ns: ns(15) };
    await answer(1, answerOf([-1, 4], grid));
    expect([live.seen.grid, values()]).toEqual([grid, [-1, 4]]);
  });

  it("cells that are seen while the new ground is on its way are in it", async () => {
    const { say, answer, values } = await before();
    say(snapshot(20, 0), seen(21, [0], 0.1), seen(22, [1], 0.2));
    await answer(1, answerOf([-1, 21, -1]));
    expect(values()).toEqual([21, 22, -1]);
  });

  it("an answer that the dead core's ground was still in comes too late", async () => {
    const { say, answer, values } = await before();
    say(snapshot(20, 0));
    say(snapshot(30, 0));
    await answer(2, answerOf([-1, -1, -1]));
    await answer(1, answerOf([3, 7, -1]));
    expect(values()).toEqual([-1, -1, -1]);
  });

  it("a console that does not know yet is asked again, and meanwhile nothing counts as seen", async () => {
    const { live, say, answer, asked, values } = await before();
    say(snapshot(20, 0));
    await answer(1, NONE());
    expect(live.seen.grid).toBeNull();
    await vi.advanceTimersByTimeAsync(AGAIN_MS);
    expect(asked).toHaveLength(3);
    await answer(2, answerOf([-1, 5, -1]));
    expect(values()).toEqual([-1, 5, -1]);
  });

  it("alerts stand again, for the log knows them", async () => {
    const { live, say } = await before();
    say(snapshot(20, 0));
    expect(live.alerts.map(({ id }) => id)).toEqual(["a"]);
  });

  it("a page that was left asks no more", async () => {
    const { say, asked, answer, part } = await before();
    say(snapshot(20, 0));
    part();
    await answer(1, NONE());
    await vi.advanceTimersByTimeAsync(5 * AGAIN_MS);
    expect(asked).toHaveLength(2);
  });

  it("a page that draws seldom takes what was said in order, all at its next beat", async () => {
    const { live, say, part } = joined(true);
    say(snapshot(10, 4), snapshot(20, 9));
    expect(live.seen_km2).toBeNull();
    await vi.advanceTimersByTimeAsync(SPARING_MS);
    expect(live.seen_km2).toBe(9);
    part();
    say(snapshot(30, 1));
    await vi.advanceTimersByTimeAsync(4 * SPARING_MS);
    expect(live.seen_km2).toBe(9);
  });
});
