/** How each kind of thing looks: one table, drawn by WebGL and by canvas alike, from the lowest to the highest. */

import type { Palette } from "./palette";

export const LAYERS = [
  "terrain", "contours", "seen", "border", "zones", "roads", "plan", "places", "sights", "flown", "movers", "aircraft", "alerts",
] as const;
export type Layer = (typeof LAYERS)[number];

/** What changes together, and so is handed to the map together. */
export const PARTS = [
  "contours", "standoff", "ground", "plan", "sights", "flown", "movers", "alerts", "aircraft", "measure",
] as const;
export type Part = (typeof PARTS)[number];

export interface Look {
  id: string;
  part: Part;
  /** The switch that shows it; null for what is always there. */
  layer: Layer | null;
  fill?: { colour: string; opacity: number };
  line?: { colour: string; width_px: number; dash?: number[]; opacity?: number };
  casing?: { colour: string; width_px: number; opacity?: number };
  /** Draws the icon that the feature names, turned by its `heading_deg`. */
  icon?: { size: number };
  text?: { colour: string; halo: string; size_px: number; where: "below" | "right" | "middle" | "along"; bold?: boolean; crowd?: boolean };
  from_zoom?: number;
}

export function looksOf(palette: Palette): Look[] {
  return [...groundLooks(palette), ...planLooks(palette), ...liveLooks(palette), ...measureLooks(palette)];
}

function groundLooks(p: Palette): Look[] {
  const text = { halo: p.halo, size_px: 11, where: "middle" } as const;
  const zone = (id: string, colour: string, dash?: number[]): Look => ({
    id, part: "ground", layer: "zones",
    fill: { colour, opacity: 0.12 },
    line: { colour, width_px: 1.5, ...(dash && { dash }) },
    text: { ...text, colour: p.soft },
  });
  const fine = { colour: p.contour, width_px: 0.6, opacity: 0.55 };
  const thick = { colour: p.contour, width_px: 1.1, opacity: 0.75 };
  return [
    { id: "contour", part: "contours", layer: "contours", line: fine, from_zoom: 11.2 },
    { id: "contour-main", part: "contours", layer: "contours", line: thick,
      text: { colour: p.contour_text, halo: p.halo, size_px: 10, where: "along" } },
    zone("zone-village", p.zone.village),
    zone("zone-no_look", p.zone.forbidden, [3, 2]),
    zone("zone-no_fly", p.zone.forbidden, [6, 2]),
    zone("zone-no_overfly", p.zone.forbidden, [1, 1.5]),
    zone("zone-priority", p.zone.priority, [6, 2, 1, 2]),
    { id: "road", part: "ground", layer: "roads", line: { colour: p.road, width_px: 1.6 },
      casing: { colour: p.halo, width_px: 3.4, opacity: 0.7 } },
    { id: "keep-in", part: "ground", layer: "border", line: { colour: p.keep_in, width_px: 1.6, dash: [5, 2, 1, 2] } },
    { id: "standoff", part: "standoff", layer: "border", line: { colour: p.border, width_px: 1.2, dash: [2, 2.5] },
      text: { colour: p.border, halo: p.halo, size_px: 10, where: "along" } },
    { id: "border-band", part: "ground", layer: "border", fill: { colour: p.border, opacity: 0.22 } },
    { id: "border", part: "ground", layer: "border", line: { colour: p.border, width_px: 2.2, dash: [5, 1.6, 1, 1.6] },
      casing: { colour: p.halo, width_px: 4.6, opacity: 0.75 },
      text: { colour: p.border, halo: p.halo, size_px: 11, where: "along", bold: true } },
    { id: "watch-line", part: "ground", layer: "border", line: { colour: p.line, width_px: 1.2, dash: [1, 2] } },
    { id: "goal", part: "ground", layer: "places", icon: { size: 0.7 }, from_zoom: 11.6,
      text: { colour: p.soft, halo: p.halo, size_px: 10, where: "below" } },
    { id: "place", part: "ground", layer: "places", icon: { size: 1 }, text: { colour: p.ink, halo: p.halo, size_px: 11, where: "below" } },
  ];
}

function planLooks(p: Palette): Look[] {
  return [{ id: "tour", part: "plan", layer: "plan", line: { colour: p.tour, width_px: 1, dash: [4, 3], opacity: 0.8 } }];
}

function liveLooks(p: Palette): Look[] {
  const ring = (id: string, colour: string): Look => ({
    id, part: "movers", layer: "movers", fill: { colour, opacity: 0.14 }, line: { colour, width_px: 1.2 },
  });
  return [
    { id: "sight", part: "sights", layer: "sights", fill: { colour: p.sight, opacity: 0.13 },
      casing: { colour: p.halo, width_px: 3, opacity: 0.5 }, line: { colour: p.sight, width_px: 1.4 } },
    { id: "sight-stale", part: "sights", layer: "sights", line: { colour: p.decided, width_px: 1.2, dash: [2, 2] } },
    { id: "sight-ray", part: "sights", layer: "sights", line: { colour: p.sight, width_px: 0.9, dash: [2, 3], opacity: 0.8 } },
    { id: "flown", part: "flown", layer: "flown", casing: { colour: p.halo, width_px: 3.4, opacity: 0.5 },
      line: { colour: p.link.good, width_px: 1.7, opacity: 0.85 } },
    ring("ellipse", p.mover),
    { id: "ellipse-tentative", part: "movers", layer: "movers", line: { colour: p.animal, width_px: 1, dash: [2, 2] } },
    { id: "speed", part: "movers", layer: "movers", casing: { colour: p.halo, width_px: 3.2, opacity: 0.6 },
      line: { colour: p.mover, width_px: 1.6 } },
    { id: "mover", part: "movers", layer: "movers", icon: { size: 0.75 },
      text: { colour: p.mover, halo: p.halo, size_px: 10, where: "right" } },
    { id: "alert-ellipse", part: "alerts", layer: "alerts", fill: { colour: p.severity.high, opacity: 0.16 },
      line: { colour: p.severity.high, width_px: 1.8 } },
    { id: "alert-track", part: "alerts", layer: "alerts", casing: { colour: p.halo, width_px: 5, opacity: 0.8 },
      line: { colour: p.severity.high, width_px: 2.4 } },
    { id: "alert", part: "alerts", layer: "alerts", icon: { size: 1.05 },
      text: { colour: p.ink, halo: p.halo, size_px: 11, where: "below", bold: true } },
    { id: "aircraft", part: "aircraft", layer: "aircraft", icon: { size: 1.25 },
      text: { colour: p.ink, halo: p.halo, size_px: 11, where: "right", bold: true, crowd: true } },
  ];
}

function measureLooks(p: Palette): Look[] {
  return [
    { id: "measure", part: "measure", layer: null, casing: { colour: p.halo, width_px: 4.6 },
      line: { colour: p.ink, width_px: 2, dash: [3, 1.5] }, text: { colour: p.ink, halo: p.halo, size_px: 12, where: "along", bold: true } },
    { id: "measure-point", part: "measure", layer: null, icon: { size: 0.6 } },
  ];
}
