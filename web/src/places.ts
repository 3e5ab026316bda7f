/** Coordinates as people say them, and the geodesic between two places (WGS 84). */

import geodesics from "geographiclib-geodesic";
import { forward } from "mgrs";

const { WGS84 } = geodesics.Geodesic;
const FLATTENING = 1 / 298.257223563;
const N = FLATTENING / (2 - FLATTENING);
/** Radius of the rectifying sphere, times the scale on the central meridian (Karney 2011, eq. 14). */
const RADIUS_M = (0.9996 * 6378137 * (1 + N ** 2 / 4 + N ** 4 / 64)) / (1 + N);
/** Krüger's series to the fourth order (Karney 2011, eq. 35): better than a millimetre within a zone. */
const ALPHA = [
  N / 2 - (2 / 3) * N ** 2 + (5 / 16) * N ** 3 + (41 / 180) * N ** 4,
  (13 / 48) * N ** 2 - (3 / 5) * N ** 3 + (557 / 1440) * N ** 4,
  (61 / 240) * N ** 3 - (103 / 140) * N ** 4,
  (49561 / 161280) * N ** 4,
];

/** MGRS to one metre, in groups: `19K GT 12345 67890`; empty where MGRS has none (beyond 84° N, 80° S). */
export function mgrs(lat_deg: number, lon_deg: number): string {
  if (lat_deg < -80 || lat_deg > 84) return "";
  return forward([lon_deg, lat_deg], 5).replace(/^(\d+[A-Z])([A-Z]{2})(\d{5})(\d{5})$/, "$1 $2 $3 $4");
}

/** UTM to one metre with the letter of its MGRS zone: `19K 712345 7834567`. */
export function utm(lat_deg: number, lon_deg: number): string {
  const zone = /^\d+[A-Z]/.exec(mgrs(lat_deg, lon_deg))?.[0];
  if (zone === undefined) return "";
  const [easting_m, northing_m] = transverse(lat_deg, lon_deg - (6 * parseInt(zone) - 183));
  const south_m = lat_deg < 0 ? 10_000_000 : 0;
  return `${zone} ${Math.floor(500_000 + easting_m)} ${Math.floor(northing_m + south_m)}`;
}

/** Metres east and north of the foot of the central meridian on the equator. */
function transverse(lat_deg: number, dlon_deg: number): [east_m: number, north_m: number] {
  const [lat, dlon] = [(lat_deg * Math.PI) / 180, (dlon_deg * Math.PI) / 180];
  const e = Math.sqrt(FLATTENING * (2 - FLATTENING));
  const t = Math.sinh(Math.atanh(Math.sin(lat)) - e * Math.atanh(e * Math.sin(lat)));
  const xi = Math.atan2(t, Math.cos(dlon));
  const eta = Math.asinh(Math.sin(dlon) / Math.hypot(t, Math.cos(dlon)));
  const east = ALPHA.reduce((sum, a, k) => sum + a * Math.cos(2 * (k + 1) * xi) * Math.sinh(2 * (k + 1) * eta), eta);
  const north = ALPHA.reduce((sum, a, k) => sum + a * Math.sin(2 * (k + 1) * xi) * Math.cosh(2 * (k + 1) * eta), xi);
  return [RADIUS_M * east, RADIUS_M * north];
}

/** Length of the geodesic, and its bearing at the first place from true north, 0 to 360. */
export function geodesic(
  lat1_deg: number,
  lon1_deg: number,
  lat2_deg: number,
  lon2_deg: number,
): { distance_m: number; bearing_deg: number } {
  const line = WGS84.Inverse(lat1_deg, lon1_deg, lat2_deg, lon2_deg);
  return { distance_m: line.s12 ?? 0, bearing_deg: ((line.azi1 ?? 0) + 360) % 360 };
}
