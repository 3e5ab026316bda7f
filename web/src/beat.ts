/** When the page draws anew: with each refresh of the screen; where graphics are software, four times a second and all at
 * once. There each drawing of the page costs as much as it costs the watch, on the same processor, to look at a picture. */

import { graphics } from "./graphics";

export const SPARING_MS = 250;
const beats = new Set<(now_ms: number) => void>();
let beating: ReturnType<typeof setInterval> | null = null;
let sparing: boolean | null = null;

/** Whether this page draws seldom. */
export function isSparing(): boolean {
  sparing ??= graphics() === "software";
  return sparing;
}

/** Call it each time until what comes back is called. */
export function eachBeat(act: (now_ms: number) => void, seldom = isSparing()): () => void {
  return seldom ? withOthers(act) : eachRefresh(act);
}

function eachRefresh(act: (now_ms: number) => void): () => void {
  let asked = requestAnimationFrame(function again(now_ms) {
    act(now_ms);
    asked = requestAnimationFrame(again);
  });
  return () => cancelAnimationFrame(asked);
}

function withOthers(act: (now_ms: number) => void): () => void {
  beats.add(act);
  beating ??= setInterval(() => beats.forEach((each) => each(performance.now())), SPARING_MS);
  return () => {
    beats.delete(act);
    if (beats.size > 0 || beating === null) return;
    clearInterval(beating);
    beating = null;
  };
}
