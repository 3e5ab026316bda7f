/** Web Mercator: the world is the unit square, x from the antimeridian eastward, y from the north down. */

import type { LonLat } from "../wire";

export type Bounds = [west: number, south: number, east: number, north: number];
export type Point = [x_px: number, y_px: number];

/** The middle of the picture in the unit square, its zoom (world 512 * 2^zoom px wide), and its size. */
export interface View {
  x: number;
  y: number;
  zoom: number;
  width_px: number;
  height_px: number;
}

export interface TileAt {
  z: number;
  x: number;
  y: number;
  left_px: number;
  top_px: number;
  size_px: number;
}

const WORLD_PX = 512;
const EQUATOR_M = 2 * Math.PI * 6378137;

export const xOf = (lon_deg: number): number => (lon_deg + 180) / 360;
export const yOf = (lat_deg: number): number => (1 - Math.asinh(Math.tan((lat_deg * Math.PI) / 180)) / Math.PI) / 2;
export const lonOf = (x: number): number => x * 360 - 180;
export const latOf = (y: number): number => (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI;
export const worldPx = (zoom: number): number => WORLD_PX * 2 ** zoom;

/** Ground metres under one pixel at a latitude. */
export function metresPerPixel(lat_deg: number, zoom: number): number {
  return (EQUATOR_M * Math.cos((lat_deg * Math.PI) / 180)) / worldPx(zoom);
}

export function project(view: View, [lon_deg, lat_deg]: LonLat): Point {
  const world = worldPx(view.zoom);
  return [
    (xOf(lon_deg) - view.x) * world + view.width_px / 2,
    (yOf(lat_deg) - view.y) * world + view.height_px / 2,
  ];
}

export function unproject(view: View, [x_px, y_px]: Point): LonLat {
  const world = worldPx(view.zoom);
  return [
    lonOf(view.x + (x_px - view.width_px / 2) / world),
    latOf(view.y + (y_px - view.height_px / 2) / world),
  ];
}

/** The view of this size that holds the bounds with a margin on each side. */
export function viewOf([west, south, east, north]: Bounds, width_px: number, height_px: number, margin_px = 0): View {
  const [left, right, top, bottom] = [xOf(west), xOf(east), yOf(north), yOf(south)];
  const wide_px = Math.max(1, width_px - 2 * margin_px);
  const high_px = Math.max(1, height_px - 2 * margin_px);
  const world = Math.min(wide_px / (right - left), high_px / (bottom - top));
  return { x: (left + right) / 2, y: (top + bottom) / 2, zoom: Math.log2(world / WORLD_PX), width_px, height_px };
}

/** The view moved so that it shows nothing beyond the bounds; in a direction in which it shows more, their middle. */
export function keptWithin(view: View, [west, south, east, north]: Bounds): View {
  const world = worldPx(view.zoom);
  const x = between(xOf(west), xOf(east), view.width_px / 2 / world, view.x);
  const y = between(yOf(north), yOf(south), view.height_px / 2 / world, view.y);
  return { ...view, x, y };
}

const between = (low: number, high: number, half: number, at: number): number =>
  high - low < 2 * half ? (low + high) / 2 : Math.max(low + half, Math.min(high - half, at));

/** The view with another zoom in which what lies under `at` stays under it. */
export function zoomedAt(view: View, at: Point, zoom: number): View {
  const offset = [at[0] - view.width_px / 2, at[1] - view.height_px / 2] as const;
  const shrink = 1 / worldPx(view.zoom) - 1 / worldPx(zoom);
  return { ...view, zoom, x: view.x + offset[0] * shrink, y: view.y + offset[1] * shrink };
}

/** The tiles (256 px at a whole zoom) that cover the view, at the zoom where they are scaled least. */
export function tilesOf(view: View, most_z = 18): TileAt[] {
  const z = Math.max(0, Math.min(most_z, Math.round(view.zoom + 1)));
  const count = 2 ** z;
  const size_px = worldPx(view.zoom) / count;
  const [left, top] = [view.x * count - view.width_px / 2 / size_px, view.y * count - view.height_px / 2 / size_px];
  const tiles: TileAt[] = [];
  for (let y = Math.max(0, Math.floor(top)); y < Math.min(count, top + view.height_px / size_px); y += 1)
    for (let x = Math.max(0, Math.floor(left)); x < Math.min(count, left + view.width_px / size_px); x += 1)
      tiles.push({ z, x, y, left_px: (x - left) * size_px, top_px: (y - top) * size_px, size_px });
  return tiles;
}

export function insideBounds([lon, lat]: LonLat, [west, south, east, north]: Bounds): boolean {
  return lon >= west && lon <= east && lat >= south && lat <= north;
}
