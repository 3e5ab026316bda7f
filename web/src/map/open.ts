/** Chooses who draws: WebGL 2 where there is one, a 2D canvas otherwise. */

import { CanvasMap } from "./canvas_map";
import type { Hand, Start } from "./hand";

export const terrainUrl = (): string => new URL("/api/terrain.pmtiles", location.href).href;
const RELIEF_URL = "/api/relief/{z}/{x}/{y}.png";

export function hasWebGl2(): boolean {
  const context = document.createElement("canvas").getContext("webgl2");
  context?.getExtension("WEBGL_lose_context")?.loseContext();
  return context !== null;
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
