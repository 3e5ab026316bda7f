/** Chooses who draws: WebGL 2 where there is one, a 2D canvas otherwise. */

import type { Graphics } from "../graphics";
import { CanvasMap } from "./canvas_map";
import type { Hand, Start } from "./hand";

export const terrainUrl = (): string => new URL("/api/terrain.pmtiles", location.href).href;
const RELIEF_URL = "/api/relief/{z}/{x}/{y}.png";

/** In software a frame of WebGL takes as long as fifty of the canvas, and the watch needs the processor: the flat map is
 * then drawn by canvas, and WebGL only on demand. `?map=webgl` or `?map=canvas` in the address decides against what the machine would get. */
export function startsWithWebGl(kind: Graphics, query: string): boolean {
  const asked = new URLSearchParams(query).get("map");
  if (kind === "none" || asked === "canvas") return false;
  return kind === "hardware" || asked === "webgl";
}

/** A drawn map. MapLibre is fetched only when it can be used; where it fails to start, the canvas draws. */
export async function openMap(start: Start, webgl: boolean): Promise<Hand> {
  if (!webgl) return new CanvasMap(start, RELIEF_URL);
  try {
    const { glMap } = await import("./gl");
    return await glMap(start, terrainUrl());
  } catch {
    start.host.replaceChildren();
    return new CanvasMap(start, RELIEF_URL);
  }
}
