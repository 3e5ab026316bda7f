/** The looks as a MapLibre style. There is no `glyphs`: the map draws its letters from the page's own fonts. */

import type { Feature, FeatureCollection } from "geojson";
import type { ExpressionSpecification, LayerSpecification, SourceSpecification, StyleSpecification } from "maplibre-gl";
import { looksOf, PARTS, type Layer, type Look } from "./looks";
import type { Bounds } from "./mercator";
import type { Palette } from "./palette";

/** Heights of the tint until those of the sector are known. */
export const ANDES_M: readonly [low_amsl_m: number, high_amsl_m: number] = [0, 6000];
export const SEEN = "seen";

const FONT = ["sans-serif"];
const BOLD = ["Map Bold", "sans-serif"];
const NOTHING: FeatureCollection = { type: "FeatureCollection", features: [] };

/** Background, terrain (when there is a URL), seen ground's place, and a layer or more for every look. */
export function styleOf(palette: Palette, terrain_url: string | null, bounds: Bounds): StyleSpecification {
  const parts = PARTS.map((part): [string, SourceSpecification] => [part, { type: "geojson", data: NOTHING }]);
  return {
    version: 8,
    sources: { ...(terrain_url === null ? {} : terrainSources(terrain_url, bounds)), ...Object.fromEntries(parts) },
    layers: [
      { id: "background", type: "background", paint: { "background-color": palette.ground } },
      ...(terrain_url === null ? [] : terrainLayers(palette)),
      ...looksOf(palette).flatMap(layersOf),
    ],
    sky: { "sky-color": palette.ground, "horizon-color": palette.ground, "fog-color": palette.ground },
  };
}

/** Two, for MapLibre wants the relief's and the 3D ground's apart; one for what lies outside the terrain. */
function terrainSources(url: string, bounds: Bounds): StyleSpecification["sources"] {
  const heights = { type: "raster-dem", url, encoding: "terrarium", tileSize: 512 } as const;
  return { relief: heights, relief3d: heights, outside: { type: "geojson", data: outside(bounds) } } as StyleSpecification["sources"];
}

/** The world less the bounds: beyond its edges the terrain is smeared. */
export function outside([west, south, east, north]: Bounds): Feature {
  const world = [[-180, -85], [180, -85], [180, 85], [-180, 85], [-180, -85]];
  const hole = [[west, south], [west, north], [east, north], [east, south], [west, south]];
  return { type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [world, hole] } };
}

function terrainLayers(palette: Palette): LayerSpecification[] {
  const { shadow, light, strength } = palette.shade;
  return [
    { id: "tint", type: "color-relief", source: "relief",
      paint: { "color-relief-color": tint(palette, ...ANDES_M), "color-relief-opacity": 1 } },
    { id: "shade", type: "hillshade", source: "relief",
      paint: {
        "hillshade-method": "standard", "hillshade-exaggeration": strength, "hillshade-shadow-color": shadow,
        "hillshade-highlight-color": light, "hillshade-accent-color": shadow, "hillshade-illumination-direction": 315,
      } },
    { id: "outside", type: "fill", source: "outside", paint: { "fill-color": palette.ground, "fill-antialias": false } },
  ];
}

type Tint = ExpressionSpecification;

/** The palette's five colours spread evenly between two heights. */
export function tint(palette: Palette, low_amsl_m: number, high_amsl_m: number): Tint {
  const step_m = (high_amsl_m - low_amsl_m) / (palette.tint.length - 1);
  const stops = palette.tint.flatMap((colour, k) => [low_amsl_m + k * step_m, colour]);
  return ["interpolate", ["linear"], ["elevation"], ...stops] as unknown as Tint;
}

/** Layers that belong to a switch, for turning them on and off. */
export function layerIds(layer: Layer, palette: Palette): string[] {
  if (layer === "terrain") return ["tint", "shade"];
  if (layer === "seen") return [SEEN];
  return looksOf(palette).filter((look) => look.layer === layer).flatMap((look) => layersOf(look).map(({ id }) => id));
}

/** Fill, casing, line, then sign and words, in this order. */
export function layersOf(look: Look): LayerSpecification[] {
  const base = {
    source: look.part,
    filter: ["==", ["get", "look"], look.id] as ["==", ["get", string], string],
    ...(look.from_zoom === undefined ? {} : { minzoom: look.from_zoom }),
  };
  const layers: LayerSpecification[] = [];
  if (look.fill)
    layers.push({ ...base, id: `${look.id}/fill`, type: "fill",
      paint: { "fill-color": look.fill.colour, "fill-opacity": look.fill.opacity, "fill-antialias": false } });
  if (look.casing) layers.push({ ...base, id: `${look.id}/casing`, type: "line", layout: ROUND, paint: linePaint(look.casing) });
  if (look.line) layers.push({ ...base, id: `${look.id}/line`, type: "line", layout: ROUND, paint: linePaint(look.line) });
  if (look.icon || look.text) layers.push({ ...base, id: `${look.id}/sign`, type: "symbol", ...signOf(look) });
  return layers;
}

const ROUND = { "line-join": "round" } as const;

function linePaint({ colour, width_px, dash, opacity = 1 }: NonNullable<Look["line"]>): Record<string, unknown> {
  return {
    "line-color": colour, "line-width": width_px, "line-opacity": opacity, ...(dash ? { "line-dasharray": dash } : {}),
  };
}

type Sign = Pick<Extract<LayerSpecification, { type: "symbol" }>, "layout" | "paint">;
/** What must be read: the corner of the words that lies near the sign, and how far off in letters' heights, the best first.
 * Four lines are five high: beside, below and above do not touch each other, and the first that is free is taken. */
const CROWD: (string | [number, number])[] = [
  "left", [1.5, 0], "right", [-1.5, 0], "top", [0, 3.3], "bottom", [0, -3.3],
  "top-left", [1.5, 3.3], "top-right", [-1.5, 3.3], "bottom-left", [1.5, -3.3], "bottom-right", [-1.5, -3.3],
];
const WHERE: Record<NonNullable<Look["text"]>["where"], NonNullable<Sign["layout"]>> = {
  below: { "text-anchor": "top", "text-offset": [0, 1.1] },
  right: { "text-variable-anchor": ["left", "right", "top", "bottom"], "text-radial-offset": 1.5, "text-justify": "auto" },
  middle: { "text-anchor": "center" },
  along: { "symbol-placement": "line", "symbol-spacing": 320, "text-max-angle": 30 },
};

function signOf({ icon, text }: Look): Sign {
  const layout = { ...(icon && iconLayout(icon)), ...(text && textLayout(text, icon !== undefined)) };
  return { layout, paint: text ? { "text-color": text.colour, "text-halo-color": text.halo, "text-halo-width": 1.6 } : {} };
}

function iconLayout({ size }: NonNullable<Look["icon"]>): NonNullable<Sign["layout"]> {
  return {
    "icon-image": ["get", "icon"], "icon-size": size, "icon-rotate": ["coalesce", ["get", "heading_deg"], 0],
    "icon-rotation-alignment": "map", "icon-pitch-alignment": "viewport", "icon-allow-overlap": true, "icon-ignore-placement": true,
  };
}

function textLayout({ size_px, where, bold, crowd }: NonNullable<Look["text"]>, optional: boolean): NonNullable<Sign["layout"]> {
  return {
    "text-field": ["get", "label"], "text-font": bold ? BOLD : FONT, "text-size": size_px, "text-line-height": 1.25,
    "text-optional": optional, "text-allow-overlap": crowd ?? false, "text-max-width": 30, ...(crowd ? { "text-variable-anchor-offset": CROWD, "text-justify": "auto" } : WHERE[where]),
  };
}
