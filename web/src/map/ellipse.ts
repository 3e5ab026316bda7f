/** Local metres and the ellipse of a position's covariance (WGS 84). */

import { SIGMAS_90 } from "../places";
import type { LonLat } from "../wire";

const SEMI_MAJOR_M = 6378137;
const ECCENTRICITY_2 = 0.0066943799901413165;

/** Metres in one degree eastward and northward at a latitude. */
export function degreeM(lat_deg: number): [east_m: number, north_m: number] {
  const lat = (lat_deg * Math.PI) / 180;
  const w = 1 - ECCENTRICITY_2 * Math.sin(lat) ** 2;
  const normal_m = SEMI_MAJOR_M / Math.sqrt(w);
  const meridian_m = (SEMI_MAJOR_M * (1 - ECCENTRICITY_2)) / w ** 1.5;
  return [(normal_m * Math.cos(lat) * Math.PI) / 180, (meridian_m * Math.PI) / 180];
}

/** The place some metres east and north of another; good to a millimetre per kilometre near by. */
export function offset([lon, lat]: LonLat, east_m: number, north_m: number): LonLat {
  const [degree_e_m, degree_n_m] = degreeM(lat);
  return [lon + east_m / degree_e_m, lat + north_m / degree_n_m];
}

/** The closed ring where the position's normal density is that of `sigmas`; covariance ee, en, nn in m2. */
export function ellipseRing(
  middle: LonLat,
  [ee, en, nn]: readonly [number, number, number],
  sigmas = SIGMAS_90,
  corners = 40,
): LonLat[] {
  const east_m = Math.sqrt(Math.max(ee, 0));
  const shared_m = east_m > 0 ? en / east_m : 0;
  const north_m = Math.sqrt(Math.max(nn - shared_m ** 2, 0));
  return Array.from({ length: corners + 1 }, (_, k) => {
    const angle = (2 * Math.PI * (k % corners)) / corners;
    const [c, s] = [sigmas * Math.cos(angle), sigmas * Math.sin(angle)];
    return offset(middle, east_m * c, shared_m * c + north_m * s);
  });
}

/** The place `distance_m` away on a bearing from true north. */
export function ahead(from: LonLat, bearing_deg: number, distance_m: number): LonLat {
  const bearing = (bearing_deg * Math.PI) / 180;
  return offset(from, distance_m * Math.sin(bearing), distance_m * Math.cos(bearing));
}
