/** Where a position lies, as people on the ground write it: degrees, UTM, MGRS; distances and bearings on the ellipsoid.
 *
 * UTM by Krueger's series to the sixth order in n (C. F. F. Karney, "Transverse Mercator with an accuracy of a few
 * nanometers", J. Geodesy 85, 2011, eq. 35): better than a micrometre within a zone. MGRS letters by NGA.STND.0037.
 */
import { Geodesic } from "geographiclib-geodesic";

const A_M = 6378137;
const F = 1 / 298.257223563;
const SCALE = 0.9996;
const FALSE_EAST_M = 500_000;
const FALSE_NORTH_M = 10_000_000;
const N = F / (2 - F);
const E = Math.sqrt(F * (2 - F));
const RECTIFYING_RADIUS_M = (A_M / (1 + N)) * (1 + N ** 2 / 4 + N ** 4 / 64 + N ** 6 / 256);
const ALPHA = [
  N / 2 - (2 / 3) * N ** 2 + (5 / 16) * N ** 3 + (41 / 180) * N ** 4 - (127 / 288) * N ** 5 + (7891 / 37800) * N ** 6,
  (13 / 48) * N ** 2 - (3 / 5) * N ** 3 + (557 / 1440) * N ** 4 + (281 / 630) * N ** 5 - (1983433 / 1935360) * N ** 6,
  (61 / 240) * N ** 3 - (103 / 140) * N ** 4 + (15061 / 26880) * N ** 5 + (167603 / 181440) * N ** 6,
  (49561 / 161280) * N ** 4 - (179 / 168) * N ** 5 + (6601661 / 7257600) * N ** 6,
  (34729 / 80640) * N ** 5 - (3418889 / 1995840) * N ** 6,
  (212378941 / 319334400) * N ** 6,
];
const BANDS = "CDEFGHJKLMNPQRSTUVWX";
const COLUMNS = ["ABCDEFGH", "JKLMNPQR", "STUVWXYZ"];
const ROWS = "ABCDEFGHJKLMNPQRSTUV";

export interface Utm {
  zone: number;
  /** Latitude band, C to X. */
  band: string;
  east_m: number;
  /** From the equator in the north, from 10 000 km south of it in the south. */
  north_m: number;
}

const radians = (deg: number): number => (deg * Math.PI) / 180;

/** The UTM coordinates of a WGS 84 position; null beyond 84 N and 80 S, where UTM ends. */
export function utmOf(lat_deg: number, lon_deg: number): Utm | null {
  if (!(lat_deg >= -80 && lat_deg < 84)) return null;
  const zone = zoneOf(lat_deg, lon_deg);
  const [east_m, north_m] = mercator(lat_deg, wrapped(lon_deg - (6 * zone - 183)));
  return {
    zone,
    band: BANDS[Math.min(19, Math.floor((lat_deg + 80) / 8))]!,
    east_m: FALSE_EAST_M + east_m,
    north_m: lat_deg < 0 ? FALSE_NORTH_M + north_m : north_m,
  };
}

/** The zone, with the exceptions of Norway and Svalbard. */
function zoneOf(lat_deg: number, lon_deg: number): number {
  const lon = wrapped(lon_deg);
  if (lat_deg >= 56 && lat_deg < 64 && lon >= 3 && lon < 12) return 32;
  if (lat_deg >= 72 && lon >= 0 && lon < 42) return lon < 9 ? 31 : lon < 21 ? 33 : lon < 33 ? 35 : 37;
  return Math.floor((lon + 180) / 6) + 1;
}

/** Longitude in [-180, 180). */
const wrapped = (lon_deg: number): number => ((((lon_deg + 180) % 360) + 360) % 360) - 180;

/** Metres east and north of where the central meridian meets the equator, scaled. */
function mercator(lat_deg: number, from_meridian_deg: number): [number, number] {
  const sine = Math.sin(radians(lat_deg));
  const tau = Math.sinh(Math.atanh(sine) - E * Math.atanh(E * sine));
  const lambda = radians(from_meridian_deg);
  const xi0 = Math.atan2(tau, Math.cos(lambda));
  const eta0 = Math.asinh(Math.sin(lambda) / Math.hypot(tau, Math.cos(lambda)));
  const terms = ALPHA.map((alpha, at) => [alpha, 2 * (at + 1)] as const);
  const xi = terms.reduce((sum, [a, k]) => sum + a * Math.sin(k * xi0) * Math.cosh(k * eta0), xi0);
  const eta = terms.reduce((sum, [a, k]) => sum + a * Math.cos(k * xi0) * Math.sinh(k * eta0), eta0);
  return [SCALE * RECTIFYING_RADIUS_M * eta, SCALE * RECTIFYING_RADIUS_M * xi];
}

/** `19K 590716 8175564`: whole metres, cut off as MGRS does, so that both name the same square metre. */
export function writeUtm(utm: Utm): string {
  return `${utm.zone}${utm.band} ${Math.floor(utm.east_m)} ${Math.floor(utm.north_m)}`;
}

/** `19K EU 90716 75564`: to the metre. */
export function writeMgrs(utm: Utm): string {
  const column = COLUMNS[(utm.zone - 1) % 3]![Math.floor(utm.east_m / 100_000) - 1]!;
  const row = ROWS[(Math.floor(utm.north_m / 100_000) + (utm.zone % 2 === 0 ? 5 : 0)) % 20]!;
  const digits = (metres: number) => String(Math.floor(metres) % 100_000).padStart(5, "0");
  return `${utm.zone}${utm.band} ${column}${row} ${digits(utm.east_m)} ${digits(utm.north_m)}`;
}

/** Geodesic distance in metres and true bearing at the first point, 0 to 360 degrees. */
export function wayBetween(
  from: { lat_deg: number; lon_deg: number },
  to: { lat_deg: number; lon_deg: number },
): { distance_m: number; bearing_deg: number } {
  const way = Geodesic.WGS84.Inverse(from.lat_deg, from.lon_deg, to.lat_deg, to.lon_deg);
  return { distance_m: way.s12 ?? NaN, bearing_deg: ((way.azi1 ?? NaN) + 360) % 360 };
}

/** The larger semi-axis in metres of a covariance [ee, en, nn] in square metres: one sigma. */
export function sigmaOf([ee, en, nn]: readonly [number, number, number]): number {
  return Math.sqrt(Math.max(0.5 * (ee + nn) + Math.hypot(0.5 * (ee - nn), en), 0));
}

/** Sigmas of the ellipse that holds a two-dimensional normal error nine times in ten: sqrt(-2 ln 0.1). */
export const SIGMAS_90 = Math.sqrt(-2 * Math.log(0.1));
