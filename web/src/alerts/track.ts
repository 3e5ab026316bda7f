/** What a track's estimates say about its way: how long, how far, how fast. */
import { msOf } from "../instant";
import { wayBetween } from "../places";
import type { Alert } from "../wire";

export interface TrackFacts {
  estimates: number;
  duration_s: number;
  /** From the first estimate to the last, not along every wiggle that the errors make. */
  distance_m: number;
  bearing_deg: number;
  /** Distance over duration; null for less than a second. */
  speed_m_s: number | null;
}

/** The facts of an alert's evidence track; null with fewer than two estimates. */
export function trackFacts({ evidence: { track } }: Pick<Alert, "evidence">): TrackFacts | null {
  const [first, last] = [track[0], track.at(-1)];
  if (first === undefined || last === undefined || track.length < 2) return null;
  const way = wayBetween({ lat_deg: first[2], lon_deg: first[1] }, { lat_deg: last[2], lon_deg: last[1] });
  const duration_s = (msOf(last[0]) - msOf(first[0])) / 1000;
  return { estimates: track.length, duration_s, ...way, speed_m_s: duration_s < 1 ? null : way.distance_m / duration_s };
}
