/** What was selected elsewhere comes into view: the map moves no further than it must, and keeps its zoom. */

import type { LonLat } from "../wire";
import type { Hand } from "./hand";
import { metresPerPixel, type Point } from "./mercator";

/** Nearer to an edge than this a sign is not seen: tools lie on the left, scale and ages at the bottom. */
const EDGE_PX = { left: 60, top: 24, right: 24, bottom: 60 };
/** What comes into view has this room about it, where the map is large enough. */
const ROOM_PX = 110;
/** From here on a whole valley is a few pixels: the map comes nearer, to where a kilometre is a thumb wide. */
const FAR_TOO_WIDE_M_PER_PX = 200;
const WORKABLE_M_PER_PX = 20;

/** By how many pixels the map must move for a place in it to be seen: none where it is. */
export function panTo([x, y]: Point, width_px: number, height_px: number): Point {
  return [past(x, width_px, EDGE_PX.left, EDGE_PX.right), past(y, height_px, EDGE_PX.top, EDGE_PX.bottom)];
}

function past(at: number, size: number, before: number, after: number): number {
  const room = Math.min(ROOM_PX, size / 2);
  if (at < before) return at - room;
  return at > size - after ? at - (size - room) : 0;
}

/** Zoom steps towards a view in which something can be made out; none where it is near enough. */
export const stepsIn = (metres_per_px: number): number =>
  metres_per_px <= FAR_TOO_WIDE_M_PER_PX ? 0 : Math.log2(metres_per_px / WORKABLE_M_PER_PX);

/** Bring a place into view; whether the map had to move. `covered`: whether something lies on the map there. */
export function bring(hand: Hand, host: HTMLElement, at: LonLat, covered: (place: Point) => boolean): boolean {
  const place = hand.project(at);
  const steps = stepsIn(metresPerPixel(at[1], hand.zoom()));
  const [dx, dy] = panTo(place, host.clientWidth, host.clientHeight);
  const isFar = Math.abs(dx) > host.clientWidth || Math.abs(dy) > host.clientHeight;
  if (steps > 0 || isFar || (dx === 0 && dy === 0 && covered(place))) hand.moveTo(at, hand.zoom() + steps);
  else if (dx !== 0 || dy !== 0) hand.panBy(dx, dy);
  else return false;
  return true;
}

/** Whether a panel of the pane lies on the map there. */
export function isCovered(pane: HTMLElement, host: HTMLElement, [x, y]: Point): boolean {
  const { left, top } = host.getBoundingClientRect();
  const on_top = document.elementFromPoint(left + x, top + y);
  return on_top !== null && pane.contains(on_top) && !host.contains(on_top);
}
