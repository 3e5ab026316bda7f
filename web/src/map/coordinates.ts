/** A place in words: degrees, UTM, MGRS. */

import { utmOf, writeMgrs, writeUtm } from "../places";
import type { LonLat } from "../wire";
import { UNKNOWN, type Words } from "../words";

export const FORMATS = ["degrees", "utm", "mgrs"] as const;
export type Format = (typeof FORMATS)[number];

export function coordinates(format: Format, [lon, lat]: LonLat, words: Words): string {
  if (format === "degrees") return words.position(lat, lon);
  const at = utmOf(lat, lon);
  if (at === null) return UNKNOWN;
  return format === "utm" ? writeUtm(at) : writeMgrs(at);
}
