/** What the map does by keyboard while it has the focus. */

import { rowOf, type KeyRow } from "../keys";

export type MapCommand = "left" | "right" | "up" | "down" | "zoom_in" | "zoom_out" | "fit" | "pick" | "undo" | "leave";

export const MAP_KEYS: readonly KeyRow<MapCommand>[] = [
  { command: "left", keys: ["ArrowLeft"], text: "page.map.key_move" },
  { command: "right", keys: ["ArrowRight"], text: "page.map.key_move" },
  { command: "up", keys: ["ArrowUp"], text: "page.map.key_move" },
  { command: "down", keys: ["ArrowDown"], text: "page.map.key_move" },
  { command: "zoom_in", keys: ["+", "="], text: "page.map.zoom_in" },
  { command: "zoom_out", keys: ["-"], text: "page.map.zoom_out" },
  { command: "fit", keys: ["Home"], text: "page.map.fit" },
  { command: "pick", keys: ["Enter"], text: "page.map.key_pick" },
  { command: "undo", keys: ["Backspace"], text: "page.map.key_undo" },
  { command: "leave", keys: ["Escape"], text: "page.map.key_leave" },
];

/** Pixels of one press; a tenth with Shift, to bring the crosshair onto a point. */
export const PAN_PX = 80;

/** The command of a key press, or null where the key is the page's or the browser's. */
export function mapCommandOf(event: Pick<KeyboardEvent, "key" | "ctrlKey" | "altKey" | "metaKey">): MapCommand | null {
  return event.ctrlKey || event.altKey || event.metaKey ? null : (rowOf(MAP_KEYS, event.key)?.command ?? null);
}
