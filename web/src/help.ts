/** All keys that do something, by where they do it: the tables that bind them, put together for reading. */
import { DISMISS_REASONS } from "./alerts/triage.svelte";
import { KEYS, type KeyRow } from "./keys";
import { MAP_KEYS } from "./map/keys";
import { VIDEO_KEYS } from "./video/keys";

/** Keys with what they do. */
export type HelpRow = Pick<KeyRow<string>, "keys" | "text">;

export interface HelpPart {
  title: string;
  rows: readonly HelpRow[];
}

/** The longest list of reasons has so many numbers. */
const NUMBERS: HelpRow = { keys: DISMISS_REASONS.map((_, at) => `${at + 1}`), text: "page.help.number" };

export const HELP: readonly HelpPart[] = [
  { title: "page.help.everywhere", rows: together([...KEYS, NUMBERS]) },
  { title: "page.help.map", rows: together(MAP_KEYS) },
  { title: "page.help.video", rows: together(VIDEO_KEYS) },
];

/** Rows that do the same, such as the arrows, as one. */
export function together(rows: readonly HelpRow[]): HelpRow[] {
  const keys = new Map<string, string[]>();
  for (const row of rows) keys.set(row.text, [...(keys.get(row.text) ?? []), ...row.keys]);
  return [...keys].map(([text, those]) => ({ text, keys: those }));
}
