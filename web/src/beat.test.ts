import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { eachBeat, SPARING_MS } from "./beat";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] }));
afterEach(() => void vi.useRealTimers());

test("who draws seldom draws together, four times a second, until each has stopped", () => {
  const drawn: string[] = [];
  const first = eachBeat(() => drawn.push("map"), true);
  vi.advanceTimersByTime(SPARING_MS / 2);
  const second = eachBeat(() => drawn.push("video"), true);

  vi.advanceTimersByTime(SPARING_MS / 2);
  expect(drawn).toEqual(["map", "video"]);

  first();
  vi.advanceTimersByTime(1000);
  expect(drawn.slice(2)).toEqual(["video", "video", "video", "video"]);

  second();
  vi.advanceTimersByTime(1000);
  expect(drawn.length).toBe(6);
  expect(vi.getTimerCount()).toBe(0);
});

test("others draw with each refresh of the screen, until they stop", () => {
  const asked: ((now_ms: number) => void)[] = [];
  vi.stubGlobal("requestAnimationFrame", (frame: (now_ms: number) => void) => asked.push(frame));
  vi.stubGlobal("cancelAnimationFrame", (number: number) => asked.splice(number - 1, 1));
  const times: number[] = [];

  const stop = eachBeat((now_ms) => times.push(now_ms), false);
  asked[0]?.(16);
  asked[1]?.(33);
  stop();

  expect(times).toEqual([16, 33]);
  expect(asked.length).toBe(2);
  vi.unstubAllGlobals();
});
