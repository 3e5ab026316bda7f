/** Mouse, touch and wheel on an element, as moves of a map. */

import type { Point } from "./mercator";

export interface Moves {
  drag(dx_px: number, dy_px: number): void;
  zoomAt(at: Point, steps: number): void;
  click(at: Point): void;
}

/** A pointer that moved less than this between down and up has clicked. */
const STILL_PX = 5;
const WHEEL_STEP_PX = 350;

/** Listens until the signal says stop. */
export function listenToGestures(host: HTMLElement, moves: Moves, signal: AbortSignal): void {
  const held = new Map<number, Point>();
  let travelled_px = 0;
  const place = (event: MouseEvent): Point => {
    const box = host.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const down = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    if (held.size === 0) travelled_px = 0;
    held.set(event.pointerId, place(event));
    host.setPointerCapture(event.pointerId);
  };
  const move = (event: PointerEvent): void => {
    const before = held.get(event.pointerId);
    if (before === undefined) return;
    const now = place(event);
    const other = [...held].find(([id]) => id !== event.pointerId)?.[1];
    held.set(event.pointerId, now);
    travelled_px += Math.hypot(now[0] - before[0], now[1] - before[1]);
    if (other !== undefined) pinch(moves, other, before, now);
    if (travelled_px >= STILL_PX) moves.drag((now[0] - before[0]) / held.size, (now[1] - before[1]) / held.size);
  };
  const up = (event: PointerEvent): void => {
    const was_held = held.delete(event.pointerId);
    if (was_held && held.size === 0 && travelled_px < STILL_PX && event.type === "pointerup") moves.click(place(event));
  };
  const wheel = (event: WheelEvent): void => {
    event.preventDefault();
    const delta_px = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 20 : 1);
    moves.zoomAt(place(event), -Math.max(-1, Math.min(1, delta_px / WHEEL_STEP_PX)));
  };
  host.addEventListener("pointerdown", down, { signal });
  host.addEventListener("pointermove", move, { signal });
  host.addEventListener("pointerup", up, { signal });
  host.addEventListener("pointercancel", up, { signal });
  host.addEventListener("wheel", wheel, { signal, passive: false });
}

function pinch(moves: Moves, other: Point, before: Point, now: Point): void {
  const apart = (at: Point): number => Math.max(1, Math.hypot(at[0] - other[0], at[1] - other[1]));
  const middle: Point = [(now[0] + other[0]) / 2, (now[1] + other[1]) / 2];
  moves.zoomAt(middle, Math.log2(apart(now) / apart(before)));
}
