/** What the map does by keyboard. */

export type KeyAct =
  | { act: "pan"; dx: number; dy: number }
  | { act: "zoom"; steps: number }
  | { act: "fit" | "pick" | "leave" | "undo" };

const ACTS: Readonly<Record<string, KeyAct>> = {
  ArrowLeft: { act: "pan", dx: -1, dy: 0 },
  ArrowRight: { act: "pan", dx: 1, dy: 0 },
  ArrowUp: { act: "pan", dx: 0, dy: -1 },
  ArrowDown: { act: "pan", dx: 0, dy: 1 },
  "+": { act: "zoom", steps: 1 },
  "=": { act: "zoom", steps: 1 },
  "-": { act: "zoom", steps: -1 },
  Home: { act: "fit" },
  Enter: { act: "pick" },
  Escape: { act: "leave" },
  Backspace: { act: "undo" },
};

/** Pixels of one press; a tenth with Shift, to bring the crosshair onto a point. */
export const PAN_PX = 80;

export function keyAct(event: Pick<KeyboardEvent, "key" | "ctrlKey" | "altKey" | "metaKey">): KeyAct | null {
  return event.ctrlKey || event.altKey || event.metaKey ? null : (ACTS[event.key] ?? null);
}
