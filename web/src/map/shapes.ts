/** GeoJSON as the looks expect it. */

import type { Feature, Geometry } from "geojson";
import type { LonLat } from "../wire";

export interface Properties {
  look: string;
  icon?: string;
  heading_deg?: number;
  label?: string;
  /** What a click on it picks. */
  pick?: string;
}

export type Shape = Feature<Geometry, Properties>;

const shape = (geometry: Geometry, properties: Properties): Shape => ({ type: "Feature", geometry, properties });

export const point = (at: LonLat, properties: Properties): Shape => shape({ type: "Point", coordinates: at }, properties);

export const line = (chain: readonly LonLat[], properties: Properties): Shape =>
  shape({ type: "LineString", coordinates: chain.map(plain) }, properties);

/** A polygon of one ring, closed if it is not. */
export const ring = (corners: readonly LonLat[], properties: Properties): Shape => polygon([corners], properties);

export const polygon = (rings: readonly (readonly LonLat[])[], properties: Properties): Shape =>
  shape({ type: "Polygon", coordinates: rings.map(closed) }, properties);

/** A worker takes no proxies, and the page's state may hand some out. */
const plain = ([lon, lat]: LonLat): LonLat => [lon, lat];

function closed(ring: readonly LonLat[]): LonLat[] {
  const corners = ring.map(plain);
  const [first, last] = [corners[0], corners.at(-1)];
  const open = first !== undefined && last !== undefined && (first[0] !== last[0] || first[1] !== last[1]);
  return open ? [...corners, first] : corners;
}
