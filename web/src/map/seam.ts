/** What the map needs of the page around it. */

import type { Alert, Decision, Fix, Night, Sight, Tracks } from "../wire";

export type Translate = (key: string, values?: Record<string, string | number>) => string;

/** The grid of `/api/seen`: rows from the north, equal in Web Mercator y; edges in degrees. */
export interface SeenGrid {
  rows: number;
  cols: number;
  west: number;
  south: number;
  east: number;
  north: number;
  epoch_utc_ns: string;
}

/** `values` are seconds from the grid's epoch at which each cell was last seen, -1 for never. */
export interface Seen {
  grid: SeenGrid | null;
  values: Int32Array;
  version: number;
}

export interface LiveState {
  night: Night | null;
  fixes: Record<string, Fix>;
  sights: Record<string, Sight>;
  tracks: Record<string, Tracks>;
  alerts: Alert[];
  decisions: Record<string, Decision>;
  seen: Seen;
  now_utc_ns: bigint;
  selected_alert: string | null;
  replay_utc_ns: bigint | null;
}
