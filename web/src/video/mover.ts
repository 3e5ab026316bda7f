/** Where a mover stands in a recorded picture: the alert's own estimates, seen from where the picture was taken. */

import { degreeM } from "../map/ellipse";
import { sigmaOf } from "../places";
import type { Alert } from "../wire";
import type { Box, Size } from "./boxes";
import { numberOf, saidBy } from "./metadata";

/** A camera as the metadata says: where it is, and along which line it looks. */
export interface Camera {
  lat_deg: number;
  lon_deg: number;
  alt_hae_m: number;
  azimuth_deg: number;
  elevation_deg: number;
  sight_roll_deg: number;
  hfov_deg: number;
}

const FIELDS = ["lat_deg", "lon_deg", "alt_hae_m", "azimuth_deg", "elevation_deg", "sight_roll_deg", "hfov_deg"] as const;

/** The camera of a picture; null where its metadata leaves something out. */
export function cameraSaid(metadata: Uint8Array): Camera | null {
  const said = saidBy(metadata);
  const fields = FIELDS.map((name) => [name, numberOf(said, name)] as const);
  return fields.some(([, value]) => value === null) ? null : (Object.fromEntries(fields) as unknown as Camera);
}

interface Place {
  lat_deg: number;
  lon_deg: number;
  alt_hae_m: number;
}

/** Between estimates further apart than this nobody knows where the mover was. */
const GAP_NS = 2_000_000_000n;
/** So long before its first estimate and after its last a mover is where that says. */
const NEAR_NS = 300_000_000n;

/** Where the mover was at that instant, at the height of the alert; null where no estimate is near. */
export function moverAt({ evidence, position }: Pick<Alert, "evidence" | "position">, utc_ns: bigint): Place | null {
  const rows = evidence.track.map(([at, lon_deg, lat_deg]) => ({ at: BigInt(at), lon_deg, lat_deg }));
  const after = rows.find(({ at }) => at >= utc_ns) ?? rows.at(-1);
  const before = rows.findLast(({ at }) => at <= utc_ns) ?? rows[0];
  if (after === undefined || before === undefined) return null;
  const isFar = utc_ns < before.at - NEAR_NS || utc_ns > after.at + NEAR_NS || after.at - before.at > GAP_NS;
  const part = after.at === before.at ? 0 : Number(utc_ns - before.at) / Number(after.at - before.at);
  const between = (one: number, other: number): number => one + part * (other - one);
  return isFar
    ? null
    : {
        lat_deg: between(before.lat_deg, after.lat_deg),
        lon_deg: between(before.lon_deg, after.lon_deg),
        alt_hae_m: position.alt_hae_m,
      };
}

type Vector = [north: number, east: number, down: number];
const EARTH_M = 6_371_000;

/** From the camera to a place near by, in metres. */
function wayTo(camera: Camera, place: Place): Vector {
  const [degree_e_m, degree_n_m] = degreeM((camera.lat_deg + place.lat_deg) / 2);
  const up = 1 + (camera.alt_hae_m + place.alt_hae_m) / 2 / EARTH_M;
  const north = (place.lat_deg - camera.lat_deg) * degree_n_m * up;
  const east = (place.lon_deg - camera.lon_deg) * degree_e_m * up;
  return [north, east, camera.alt_hae_m - place.alt_hae_m + (north ** 2 + east ** 2) / (2 * EARTH_M)];
}

/** The same along the camera's own axes: forward, right, down (yaw, pitch, roll about down, right, forward). */
function seenAlong({ azimuth_deg, elevation_deg, sight_roll_deg }: Camera, [north, east, down]: Vector): Vector {
  const [ahead, right] = turned(north, east, azimuth_deg);
  const [forward, below] = turned(ahead, -down, elevation_deg);
  return [forward, ...turned(right, -below, sight_roll_deg)];
}

/** The parts of a vector along two axes turned by an angle. */
function turned(x: number, y: number, angle_deg: number): [number, number] {
  const angle = (angle_deg * Math.PI) / 180;
  return [x * Math.cos(angle) + y * Math.sin(angle), y * Math.cos(angle) - x * Math.sin(angle)];
}

/** Pixels of the picture, its corner 0, 0, and of one metre there; null for what is behind the camera. */
export function pixelOf(camera: Camera, place: Place, { width_px, height_px }: Size): { x_px: number; y_px: number; per_m: number } | null {
  const [forward, right, down] = seenAlong(camera, wayTo(camera, place));
  if (forward <= 0) return null;
  const per_m = width_px / (2 * Math.tan((camera.hfov_deg * Math.PI) / 360)) / forward;
  return { x_px: width_px / 2 + right * per_m, y_px: height_px / 2 + down * per_m, per_m };
}

/** Half the box's side on the screen at least; else a sigma of the position, of which seen from the same camera most
 * cancels out. */
const HALF_ON_SCREEN_PX = 14;

/** The box round an alert's mover in a picture; null where nobody knows, or it lies outside. */
export function moverBox(alert: Alert, utc_ns: bigint, metadata: Uint8Array, size: Size, scale: number): Box | null {
  const [camera, place] = [cameraSaid(metadata), moverAt(alert, utc_ns)];
  const at = camera && place && pixelOf(camera, place, size);
  if (!at || at.x_px < 0 || at.y_px < 0 || at.x_px > size.width_px || at.y_px > size.height_px) return null;
  const half_px = Math.max(HALF_ON_SCREEN_PX / scale, sigmaOf(alert.position_cov_m2) * at.per_m);
  return { id: alert.id, shape: "square", kind: alert.mover, x_px: at.x_px, y_px: at.y_px, half_px };
}
