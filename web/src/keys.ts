/** The keyboard: one table for what keys do and for the help that says so. */

export type Command =
  | "next"
  | "previous"
  | "open"
  | "confirm"
  | "dismiss"
  | "note"
  | "undo"
  | "mark"
  | "bulk"
  | "replay_alert"
  | "cancel"
  | "earlier"
  | "later"
  | "play"
  | "live"
  | "view"
  | "help";

export interface KeyRow {
  command: Command;
  /** As `KeyboardEvent.key` says them. */
  keys: readonly string[];
  text: string;
}

export const KEYS: readonly KeyRow[] = [
  { command: "next", keys: ["j", "ArrowDown"], text: "page.keys.next" },
  { command: "previous", keys: ["k", "ArrowUp"], text: "page.keys.previous" },
  { command: "open", keys: ["Enter", "e"], text: "page.keys.open" },
  { command: "confirm", keys: ["c"], text: "page.keys.confirm" },
  { command: "dismiss", keys: ["d"], text: "page.keys.dismiss" },
  { command: "note", keys: ["n"], text: "page.keys.note" },
  { command: "undo", keys: ["u"], text: "page.keys.undo" },
  { command: "mark", keys: ["x"], text: "page.keys.mark" },
  { command: "bulk", keys: ["b"], text: "page.keys.bulk" },
  { command: "replay_alert", keys: ["r"], text: "page.keys.replay_alert" },
  { command: "cancel", keys: ["Escape"], text: "page.keys.cancel" },
  { command: "earlier", keys: ["["], text: "page.keys.earlier" },
  { command: "later", keys: ["]"], text: "page.keys.later" },
  { command: "play", keys: ["p"], text: "page.keys.play" },
  { command: "live", keys: ["l"], text: "page.keys.live" },
  { command: "view", keys: ["v"], text: "page.keys.view" },
  { command: "help", keys: ["?"], text: "page.keys.help" },
];

/** What of a keyboard event matters here. */
export interface Press {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  target: EventTarget | null;
}

/** Keys that a control needs itself: letters are text there, arrows move in it, Enter presses it. */
const TYPING = "input:not([type=checkbox]), textarea, select, [contenteditable]";
const PRESSED = "button, a[href], summary, input[type=checkbox]";
/** Parts of the page that move by arrows on their own, such as map and video. */
const OWN_ARROWS = "[data-own-arrows], dialog";

/** The command of a key press, or null where the key belongs to the control that has the focus. */
export function commandOf(press: Press): Command | null {
  const row = KEYS.find(({ keys }) => keys.includes(press.key));
  return row === undefined || isTaken(press) ? null : row.command;
}

/** The number of a digit key, or null. */
export function digitOf(press: Press): number | null {
  return /^[1-9]$/.test(press.key) && !isTaken(press) ? Number(press.key) : null;
}

/** Whether a control takes letters: Escape leaves it. */
export const isTyping = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest(TYPING) !== null;

function isTaken(press: Press): boolean {
  if (press.ctrlKey || press.metaKey || press.altKey) return true;
  if (!(press.target instanceof Element)) return false;
  const within = (selector: string) => (press.target as Element).closest(selector) !== null;
  if (within(TYPING)) return true;
  if (press.key === "Enter") return within(PRESSED);
  return press.key.startsWith("Arrow") && within(OWN_ARROWS);
}

const KEPT = "apacheta.keys";

/** Whether single keys do anything: WCAG 2.1.4 wants that they can be turned off. Escape and `?` go on working. */
export const areKeysOn = (store: Pick<Storage, "getItem">): boolean => store.getItem(KEPT) !== "off";

export function keepKeysOn(store: Pick<Storage, "setItem">, on: boolean): void {
  store.setItem(KEPT, on ? "on" : "off");
}
