import { expect, it } from "vitest";
import type { LonLat } from "../wire";
import { bring, panTo, stepsIn } from "./bring";
import type { Hand } from "./hand";
import type { Point } from "./mercator";

const HOST = { clientWidth: 800, clientHeight: 400 } as HTMLElement;
const AT: LonLat = [-66.8, -19.5];
const OPEN = (): boolean => false;

/** A map that has the place at these pixels, and notes how it is moved. */
function mapWith(place: Point, zoom = 13) {
  const moves: unknown[] = [];
  const hand = {
    project: () => place,
    zoom: () => zoom,
    panBy: (...by: Point) => moves.push(by),
    moveTo: (at: LonLat, to: number) => moves.push([at, Math.round(to * 10) / 10]),
  } as unknown as Hand;
  return { hand, moves };
}

it("an alert that is in view moves nothing, though it lies near the edge", () => {
  const { hand, moves } = mapWith([770, 30]);
  expect(bring(hand, HOST, AT, OPEN)).toBe(false);
  expect(moves).toEqual([]);
});

it("one that is outside comes in by the shortest way, and the zoom stays", () => {
  const { hand, moves } = mapWith([850, 200]);
  expect(bring(hand, HOST, AT, OPEN)).toBe(true);
  expect(moves).toEqual([[160, 0]]);
  expect(panTo([10, 390], 800, 400)).toEqual([-100, 100]);
});

it("one that is far outside, or under a panel, comes to the middle", () => {
  const [far, under] = [mapWith([5000, 200]), mapWith([200, 200])];
  bring(far.hand, HOST, AT, OPEN);
  bring(under.hand, HOST, AT, () => true);
  expect([...far.moves, ...under.moves]).toEqual([[AT, 13], [AT, 13]]);
});

it("only a view that is far too wide comes nearer", () => {
  const { hand, moves } = mapWith([400, 200], 7);
  bring(hand, HOST, AT, OPEN);
  expect(moves).toEqual([[AT, 11.8]]);
  expect([stepsIn(10), stepsIn(200)]).toEqual([0, 0]);
});
