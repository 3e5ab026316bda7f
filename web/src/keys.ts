/** The keyboard: tables for what keys do, and for the help that says so (help.ts). */

export type Command =
  | "next"
  | "previous"
  | "open"
  | "confirm"
  | "dismiss"
  | "note"
  | "undo"
  | "mark"
  | "mark_incident"
  | "bulk"
  | "replay_alert"
  | "cancel"
  | "earlier"
  | "later"
  | "play"
  | "live"
  | "view"
  | "help";

/** A command, its keys, and the sentence that says what it does. */
export interface KeyRow<C> {
  command: C;
  /** As `KeyboardEvent.key` says them; the first is shown on the command's button. */
  keys: readonly string[];
  text: string;
}

export const KEYS: readonly KeyRow<Command>[] = [
  { command: "next", keys: ["j", "ArrowDown"], text: "page.keys.next" },
  { command: "previous", keys: ["k", "ArrowUp"], text: "page.keys.previous" },
  { command: "open", keys: ["e", "Enter"], text: "page.keys.open" },
  { command: "confirm", keys: ["c"], text: "page.keys.confirm" },
  { command: "dismiss", keys: ["d"], text: "page.keys.dismiss" },
  { command: "note", keys: ["n"], text: "page.keys.note" },
  { command: "undo", keys: ["u"], text: "page.keys.undo" },
  { command: "mark", keys: ["x"], text: "page.keys.mark" },
  { command: "mark_incident", keys: ["i"], text: "page.keys.mark_incident" },
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

/** The row of a key. A letter means the same in either case. */
export const rowOf = <C>(rows: readonly KeyRow<C>[], key: string): KeyRow<C> | undefined =>
  rows.find(({ keys }) => keys.includes(key) || keys.includes(key.toLowerCase()));

const SHOWN: Readonly<Record<string, string>> = {
  ArrowDown: "↓",
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  Backspace: "⌫",
  Enter: "↵",
  Escape: "Esc",
  Home: "⇱",
  " ": "␣",
};

/** A key as it is written on keyboards. */
export const shownKey = (key: string): string => SHOWN[key] ?? key;

/** The key to show on the button of a command. */
export const keyOf = (command: Command): string => shownKey(KEYS.find((row) => row.command === command)?.keys[0] ?? "");

/** The keys of a command for `aria-keyshortcuts`. */
export function shortcutsOf<C>(rows: readonly KeyRow<C>[], command: C): string {
  const keys = rows.filter((row) => row.command === command).flatMap((row) => row.keys);
  return keys.map((key) => (key === " " ? "Space" : key === "+" ? "Plus" : key.toUpperCase())).join(" ");
}

/** What of a keyboard event matters here. */
export interface Press {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  target: EventTarget | null;
}

/** Keys that a control needs itself: letters are text there, arrows move in it, Enter presses it. */
const TYPING = "input:not([type=checkbox], [type=range]), textarea, select";
const PRESSED = "button, a[href], summary, input[type=checkbox]";
const OWN_ARROWS = "input[type=range], dialog";

/** The command of a key press, or null where the key belongs to the control that has the focus. */
export function commandOf(press: Press): Command | null {
  const row = rowOf(KEYS, press.key);
  return row === undefined || isTaken(press) ? null : row.command;
}

/** The number of a digit key, or null. */
export function digitOf(press: Press): number | null {
  return /^[1-9]$/.test(press.key) && !isTaken(press) ? Number(press.key) : null;
}

/** Whether a control takes letters: Escape leaves it. */
export const isTyping = (target: EventTarget | null): boolean => isWithin(target, TYPING);

function isTaken({ key, ctrlKey, metaKey, altKey, target }: Press): boolean {
  if (ctrlKey || metaKey || altKey || isTyping(target)) return true;
  if (key === "Enter") return isWithin(target, PRESSED);
  return key.startsWith("Arrow") && isWithin(target, OWN_ARROWS);
}

const isWithin = (target: EventTarget | null, selector: string): boolean =>
  target !== null && "closest" in target && (target as Element).closest(selector) !== null;

const KEPT = "apacheta.keys";

/** Whether single keys do anything: WCAG 2.1.4 wants that they can be turned off. Escape and `?` go on working. */
export const areKeysOn = (store: Pick<Storage, "getItem">): boolean => store.getItem(KEPT) !== "off";

export function keepKeysOn(store: Pick<Storage, "setItem">, on: boolean): void {
  store.setItem(KEPT, on ? "on" : "off");
}
