/** Heights of the sector from the terrain tiles (terrarium), as one grid in Web Mercator. */

import type { PMTiles } from "pmtiles";
import type { LonLat } from "../wire";
import type { Field, GridPoint } from "./contours";
import { latOf, lonOf, xOf, yOf, type Bounds } from "./mercator";

/** A field of heights above mean sea level and where it lies: whole pixels of the world at `zoom`. */
export interface Heights {
  field: Field;
  left_px: number;
  top_px: number;
  world_px: number;
}

const TILE_PX = 512;
/** Contours of a sector need no more points than a screen can show. */
const MOST_PX = 1600;

export const heightOf = (red: number, green: number, blue: number): number => red * 256 + green + blue / 256 - 32768;

/** Where a grid point lies: grid values sit in the middles of pixels. */
export function placeOf({ left_px, top_px, world_px }: Heights, [col, row]: GridPoint): LonLat {
  return [lonOf((left_px + col + 0.5) / world_px), latOf((top_px + row + 0.5) / world_px)];
}

/** The finest zoom of the archive at which the bounds fit into MOST_PX. */
export function fittingZoom([west, south, east, north]: Bounds, min_zoom: number, max_zoom: number): number {
  const side = Math.max(xOf(east) - xOf(west), yOf(south) - yOf(north));
  const zoom = Math.floor(Math.log2(MOST_PX / (side * TILE_PX)));
  return Math.max(min_zoom, Math.min(max_zoom, zoom));
}

/** Reads the tiles that touch the bounds; NaN where the archive holds none. */
export async function heightsOf(archive: PMTiles): Promise<Heights> {
  const header = await archive.getHeader();
  const bounds: Bounds = [header.minLon, header.minLat, header.maxLon, header.maxLat];
  const zoom = fittingZoom(bounds, header.minZoom, header.maxZoom);
  const heights = emptyHeights(bounds, zoom);
  const { left_px, top_px, field } = heights;
  for (let y = Math.floor(top_px / TILE_PX); y * TILE_PX < top_px + field.rows; y += 1)
    for (let x = Math.floor(left_px / TILE_PX); x * TILE_PX < left_px + field.cols; x += 1) {
      const tile = await archive.getZxy(zoom, x, y);
      if (tile !== undefined) place(heights, await pixelsOf(tile.data), x * TILE_PX, y * TILE_PX);
    }
  return heights;
}

function emptyHeights([west, south, east, north]: Bounds, zoom: number): Heights {
  const world_px = TILE_PX * 2 ** zoom;
  const [left_px, top_px] = [Math.ceil(xOf(west) * world_px), Math.ceil(yOf(north) * world_px)];
  const cols = Math.max(2, Math.floor(xOf(east) * world_px) - left_px);
  const rows = Math.max(2, Math.floor(yOf(south) * world_px) - top_px);
  return { field: { values: new Float32Array(rows * cols).fill(NaN), rows, cols }, left_px, top_px, world_px };
}

/** RGBA of a tile, untouched by colour management and premultiplication. */
async function pixelsOf(png: ArrayBuffer): Promise<ImageData> {
  const bitmap = await createImageBitmap(new Blob([png], { type: "image/png" }), {
    colorSpaceConversion: "none",
    premultiplyAlpha: "none",
  });
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const brush = canvas.getContext("2d", { willReadFrequently: true });
  if (brush === null) throw new Error("no 2D canvas");
  brush.drawImage(bitmap, 0, 0);
  return brush.getImageData(0, 0, bitmap.width, bitmap.height);
}

function place({ field, left_px, top_px }: Heights, tile: ImageData, x_px: number, y_px: number): void {
  const step = tile.width / TILE_PX;
  for (let row = Math.max(0, y_px - top_px); row < Math.min(field.rows, y_px - top_px + TILE_PX); row += 1)
    for (let col = Math.max(0, x_px - left_px); col < Math.min(field.cols, x_px - left_px + TILE_PX); col += 1) {
      const line = Math.floor((row + top_px - y_px) * step) * tile.width;
      const at = 4 * (line + Math.floor((col + left_px - x_px) * step));
      const [red, green, blue] = tile.data.subarray(at, at + 3) as unknown as [number, number, number];
      field.values[row * field.cols + col] = heightOf(red, green, blue);
    }
}
