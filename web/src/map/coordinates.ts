/** A place in words: degrees, UTM, MGRS. */

import { utmOf, writeMgrs, writeUtm } from "../places";
import type { LonLat } from "../wire";
import type { Translate } from "./seam";

export const FORMATS = ["degrees", "utm", "mgrs"] as const;
export type Format = (typeof FORMATS)[number];

/** Five digits of a degree are about a metre. */
const DIGITS = 5;

export function coordinates(format: Format, [lon, lat]: LonLat, language: string, t: Translate): string {
  if (format !== "degrees") {
    const at = utmOf(lat, lon);
    return at === null ? "" : format === "utm" ? writeUtm(at) : writeMgrs(at);
  }
  const number = new Intl.NumberFormat(language, { minimumFractionDigits: DIGITS, maximumFractionDigits: DIGITS });
  const north = t(lat < 0 ? "page.map.south" : "page.map.north");
  const east = t(lon < 0 ? "page.map.west" : "page.map.east");
  return `${number.format(Math.abs(lat))}° ${north}  ${number.format(Math.abs(lon))}° ${east}`;
}
