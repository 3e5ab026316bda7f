/** What a video does by keyboard while it has the focus. */

import { rowOf, type KeyRow } from "../keys";

export type VideoCommand =
  | "pause"
  | "step_back"
  | "live"
  | "frame_before"
  | "frame_after"
  | "slower"
  | "faster"
  | "zoom_in"
  | "zoom_out"
  | "whole"
  | "left"
  | "right"
  | "up"
  | "down"
  | "enlarge";

export const VIDEO_KEYS: readonly KeyRow<VideoCommand>[] = [
  { command: "pause", keys: [" "], text: "page.video.key_pause" },
  { command: "step_back", keys: ["b"], text: "page.video.step_back" },
  { command: "live", keys: ["l"], text: "page.video.to_live" },
  { command: "frame_before", keys: [","], text: "page.video.frame_before" },
  { command: "frame_after", keys: ["."], text: "page.video.frame_after" },
  { command: "slower", keys: ["<"], text: "page.video.key_slower" },
  { command: "faster", keys: [">"], text: "page.video.key_faster" },
  { command: "zoom_in", keys: ["+"], text: "page.video.zoom_in" },
  { command: "zoom_out", keys: ["-"], text: "page.video.zoom_out" },
  { command: "whole", keys: ["0"], text: "page.video.key_whole" },
  { command: "left", keys: ["ArrowLeft"], text: "page.video.key_move" },
  { command: "right", keys: ["ArrowRight"], text: "page.video.key_move" },
  { command: "up", keys: ["ArrowUp"], text: "page.video.key_move" },
  { command: "down", keys: ["ArrowDown"], text: "page.video.key_move" },
  { command: "enlarge", keys: ["e"], text: "page.video.enlarge" },
];

/** What a pane does not do itself while the page's timeline moves it. */
const OWN: readonly VideoCommand[] = ["pause", "step_back", "live", "frame_before", "frame_after", "slower", "faster"];

/** The command of a key press in a pane; null where the key is another's. `own`: the pane moves itself. */
export function videoCommandOf(
  event: Pick<KeyboardEvent, "key" | "ctrlKey" | "altKey" | "metaKey">,
  own: boolean,
): VideoCommand | null {
  const row = event.ctrlKey || event.altKey || event.metaKey ? undefined : rowOf(VIDEO_KEYS, event.key);
  return row === undefined || (!own && OWN.includes(row.command)) ? null : row.command;
}
