/** Distances and bearings between places that were clicked, and the scale bar. */

import { wayBetween } from "../places";
import type { LonLat } from "../wire";
import type { Words } from "../words";
import { line, point, type Shape } from "./shapes";

/** One geodesic; bearings at its start, 0 to 360, magnetic null where the declination is not known. */
export interface Leg {
  distance_m: number;
  true_deg: number;
  magnetic_deg: number | null;
}

export function legsOf(places: readonly LonLat[], declination_deg: number | null): Leg[] {
  return places.slice(1).map(([lon, lat], k) => {
    const [lon0, lat0] = places[k] as LonLat;
    const { distance_m, bearing_deg } = wayBetween({ lat_deg: lat0, lon_deg: lon0 }, { lat_deg: lat, lon_deg: lon });
    return { distance_m, true_deg: bearing_deg, magnetic_deg: magnetic(bearing_deg, declination_deg) };
  });
}

/** Declination counts eastward: magnetic = true - declination. */
function magnetic(true_deg: number, declination_deg: number | null): number | null {
  return declination_deg === null ? null : (((true_deg - declination_deg) % 360) + 360) % 360;
}

export const totalM = (legs: readonly Leg[]): number => legs.reduce((sum, { distance_m }) => sum + distance_m, 0);

export function measureShapes(places: readonly LonLat[], words: Words): Shape[] {
  const legs = legsOf(places, null);
  return [
    ...legs.map(({ distance_m }, k) => line(places.slice(k, k + 2), { look: "measure", label: words.distance(distance_m) })),
    ...places.map((at) => point(at, { look: "measure-point", icon: "point" })),
  ];
}

/** The longest round length (1, 2, 5 times a power of ten metres) not wider than `most_px`, and its width. */
export function scaleBar(metres_per_px: number, most_px: number): { length_m: number; width_px: number } {
  const most_m = metres_per_px * most_px;
  const power = 10 ** Math.floor(Math.log10(most_m));
  const length_m = power * ([5, 2, 1].find((step) => step * power <= most_m) ?? 1);
  return { length_m, width_px: length_m / metres_per_px };
}

/** The round length of a scale bar: metres below one kilometre, kilometres from there on. */
export const scaleText = (length_m: number, words: Words): string =>
  length_m < 1000 ? `${words.number(length_m)} m` : `${words.number(length_m / 1000)} km`;
