/** What the video needs of the page's state and words: any state that has these fields will do. */

import type { Night, Sight, Tracks } from "../wire";

export interface LiveState {
  night: Night | null;
  /** The last of each stream. */
  sights: Record<string, Sight>;
  tracks: Record<string, Tracks>;
  now_utc_ns: bigint;
  /** The instant that the timeline shows; null while it follows the night. */
  replay_utc_ns: bigint | null;
}

/** The sentence at a key of the catalogue, its `{places}` filled. */
export type Translate = (key: string, values?: Record<string, string | number>) => string;

const THIN_SPACE = "\u202f";

/** A number as the page's language writes it (its `lang`); unknown is a dash, never 0. */
export function number(value: number | null, decimals = 0): string {
  if (value === null || !Number.isFinite(value)) return "–";
  const language = document.documentElement.lang || "es";
  const style = { minimumFractionDigits: decimals, maximumFractionDigits: decimals, useGrouping: "always" } as const;
  const text = new Intl.NumberFormat(language, style).format(value);
  return language === "es" ? text.replaceAll(".", THIN_SPACE) : text;
}
