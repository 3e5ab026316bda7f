import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Envelope } from "./envelope";
import { LiveFeed } from "./feed";
import { Pane } from "./pane.svelte";
import { bytesOf } from "./sample";

/** The envelope of docs/page.md with another instant at which it was complete. */
function unit(complete_ms: number): ArrayBuffer {
  const data = bytesOf("4150563109010000000000000000000000015f900000000000000000");
  new DataView(data.buffer).setBigInt64(20, BigInt(complete_ms) * 1_000_000n);
  return data.buffer as ArrayBuffer;
}

class FakeSocket {
  static all: FakeSocket[] = [];
  closed = false;
  onmessage: (message: { data: ArrayBuffer }) => void = () => {};
  onclose: () => void = () => {};

  constructor() {
    FakeSocket.all.push(this);
  }

  close(): void {
    this.closed = true;
    this.onclose();
  }

  send(complete_ms: number): void {
    this.onmessage({ data: unit(complete_ms) });
  }
}

beforeEach(() => {
  FakeSocket.all = [];
  vi.stubGlobal("WebSocket", FakeSocket);
  vi.stubGlobal("location", { href: "http://127.0.0.1/" });
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("a feed that begins anew has one socket, and what comes by the old one is nothing", () => {
  const taken: Envelope[] = [];
  const feed = new LiveFeed("A1", (one) => taken.push(one), () => {});
  feed.again();
  const [old, now] = FakeSocket.all as [FakeSocket, FakeSocket];
  expect([old.closed, now.closed]).toEqual([true, false]);
  old.send(0);
  now.send(0);
  vi.advanceTimersByTime(10_000);
  expect([taken.length, FakeSocket.all.length]).toEqual([1, 2]);
  feed.close();
});

test("a pane that has fallen behind goes to the newest key frame, says so, and says how old its pictures are", () => {
  const pane = new Pane("A1", () => true, () => null);
  pane.goLive();
  const comes = (late_ms: number): void => {
    vi.advanceTimersByTime(100);
    FakeSocket.all.at(-1)!.send(performance.now() - late_ms);
    pane.tick(performance.now());
  };
  for (let late_ms = 0; late_ms <= 2000; late_ms += 100) comes(late_ms);
  expect([FakeSocket.all.length, pane.caught_up, pane.coming]).toEqual([1, false, true]);
  comes(2100);
  expect([FakeSocket.all.length, pane.caught_up]).toEqual([2, true]);
  for (let n = 0; n < 20; n += 1) comes(2100);
  expect(FakeSocket.all.length, "late on its way to the console: no use in trying again").toBe(2);
  for (let n = 0; n < 65; n += 1) comes(0);
  expect([FakeSocket.all.length, pane.caught_up]).toEqual([2, false]);
  vi.advanceTimersByTime(2000);
  pane.tick(performance.now());
  expect(pane.coming).toBe(false);
  pane.close();
});
