/** The looks drawn with a 2D canvas. */

import type { Geometry, Position } from "geojson";
import { SIGN_PX } from "../signs";
import type { LonLat } from "../wire";
import { drawIcon, iconsOf } from "./icons";
import { acrossOf, downOf, LINE_HEIGHT, placed, sideOf, type Side, type Text, type Word } from "./labels";
import { looksOf, type Layer, type Look, type Part } from "./looks";
import { project, worldPx, xOf, yOf, type Point, type View } from "./mercator";
import type { Palette } from "./palette";
import type { Shape } from "./shapes";

type Brush = CanvasRenderingContext2D;

/** Paths hold world coordinates times this, from an origin near by: a canvas computes in single precision. */
const FINE = 2 ** 25;

export interface Drawing {
  /** Where paths begin, in the unit square. */
  origin: Point;
  parts: Map<Part, Map<string, Drawn>>;
}

interface Drawn {
  path: Path2D;
  shapes: readonly Shape[];
}

/** Shapes grouped by look, each group with one path, so that a frame costs no geometry. */
export function drawnOf(shapes: readonly Shape[], origin: Point): Map<string, Drawn> {
  const groups = new Map<string, Shape[]>();
  for (const shape of shapes) {
    const same = groups.get(shape.properties.look);
    if (same) same.push(shape);
    else groups.set(shape.properties.look, [shape]);
  }
  return new Map([...groups].map(([look, those]) => [look, { path: pathOf(those, origin), shapes: those }]));
}

function pathOf(shapes: readonly Shape[], [x0, y0]: Point): Path2D {
  const path = new Path2D();
  for (const { geometry } of shapes)
    for (const chain of chainsOf(geometry))
      chain.forEach(([lon, lat], k) => {
        const [x, y] = [(xOf(lon as number) - x0) * FINE, (yOf(lat as number) - y0) * FINE];
        if (k === 0) path.moveTo(x, y);
        else path.lineTo(x, y);
      });
  return path;
}

function chainsOf(geometry: Geometry): Position[][] {
  if (geometry.type === "LineString") return [geometry.coordinates];
  return geometry.type === "Polygon" ? geometry.coordinates : [];
}

/** Draws everything that is not hidden; words last, those of the higher looks first where room is short. */
export function drawLooks(brush: Brush, view: View, drawing: Drawing, palette: Palette, hidden: ReadonlySet<Layer>, ratio: number): void {
  const icons = iconsOf(palette);
  const words: Word[] = [];
  for (const look of looksOf(palette)) {
    const drawn = drawing.parts.get(look.part)?.get(look.id);
    const seen = look.layer === null || !hidden.has(look.layer);
    if (drawn === undefined || !seen || view.zoom < (look.from_zoom ?? 0)) continue;
    drawPaths(brush, view, look, drawn.path, drawing.origin, ratio);
    for (const shape of drawn.shapes) {
      drawSign(brush, view, look, shape, icons);
      if (look.text) words.push(...wordsOf(view, look, shape));
    }
  }
  writeWords(brush, words, view);
}

function drawPaths(brush: Brush, view: View, look: Look, path: Path2D, [x0, y0]: Point, ratio: number): void {
  const scale = worldPx(view.zoom) / FINE;
  brush.save();
  const [left, top] = [(x0 - view.x) * worldPx(view.zoom), (y0 - view.y) * worldPx(view.zoom)];
  brush.setTransform(ratio * scale, 0, 0, ratio * scale, ratio * (left + view.width_px / 2), ratio * (top + view.height_px / 2));
  brush.lineJoin = "round";
  if (look.fill) {
    brush.globalAlpha = look.fill.opacity;
    brush.fillStyle = look.fill.colour;
    brush.fill(path, "evenodd");
  }
  for (const stroke of [look.casing, look.line]) if (stroke) strokePath(brush, path, stroke, scale);
  brush.restore();
}

function strokePath(brush: Brush, path: Path2D, { colour, width_px, dash = [], opacity = 1 }: NonNullable<Look["line"]>, scale: number): void {
  brush.globalAlpha = opacity;
  brush.strokeStyle = colour;
  brush.lineWidth = width_px / scale;
  brush.setLineDash(dash.map((part) => (part * width_px) / scale));
  brush.stroke(path);
}

function drawSign(brush: Brush, view: View, look: Look, { geometry, properties }: Shape, icons: ReturnType<typeof iconsOf>): void {
  const icon = icons.get(properties.icon ?? "");
  if (!look.icon || icon === undefined || geometry.type !== "Point") return;
  const [x, y] = project(view, geometry.coordinates as LonLat);
  brush.save();
  brush.translate(x, y);
  brush.rotate(((properties.heading_deg ?? 0) * Math.PI) / 180);
  drawIcon(brush, icon, (look.icon.size * 20) / SIGN_PX);
  brush.restore();
}

function wordsOf(view: View, { text }: Look, { geometry, properties: { label } }: Shape): Word[] {
  if (!text || label === undefined) return [];
  const side = sideOf(text);
  const flat = (at: Point): Word[] => [{ text, label, at, side, angle_rad: 0 }];
  if (geometry.type === "Point") return flat(project(view, geometry.coordinates as LonLat));
  const chain = (chainsOf(geometry)[0] ?? []).map((at) => project(view, at as LonLat));
  if (text.where !== "along") return flat(middleOf(chain));
  const place = along(chain, view);
  return place === null ? [] : [{ text, label, side, ...place }];
}

const middleOf = (corners: readonly Point[]): Point => {
  const sum = corners.slice(1).reduce(([x, y], [dx, dy]) => [x + dx, y + dy] as Point, [0, 0]);
  return [sum[0] / (corners.length - 1), sum[1] / (corners.length - 1)];
};

/** A shorter piece of line bears no words. */
const ROOM_PX = 220;

/** The middle of the longest piece of a line that lies in the view, and its angle, never upside down. */
function along(chain: readonly Point[], { width_px, height_px }: View): { at: Point; angle_rad: number } | null {
  const inside = chain.map(([x, y]) => x > 40 && y > 20 && x < width_px - 40 && y < height_px - 20);
  let [from, length] = [0, 0];
  for (let k = 0, begin = 0; k <= chain.length; k += 1) {
    if (k < chain.length && inside[k]) continue;
    if (k - begin > length) [from, length] = [begin, k - begin];
    begin = k + 1;
  }
  const piece = chain.slice(from, from + length);
  const long_px = piece.slice(1).reduce((sum, [x, y], k) => sum + Math.hypot(x - piece[k]![0], y - piece[k]![1]), 0);
  if (length < 2 || long_px < ROOM_PX) return null;
  const k = from + Math.floor((length - 1) / 2);
  const [[x0, y0], [x1, y1]] = [chain[k] as Point, chain[k + 1] as Point];
  const angle = Math.atan2(y1 - y0, x1 - x0);
  const upright = Math.abs(angle) > Math.PI / 2 ? angle + Math.PI : angle;
  return { at: [(x0 + x1) / 2, (y0 + y1) / 2], angle_rad: upright };
}

const fontOf = ({ bold, size_px }: Text): string => `${bold ? 600 : 400} ${size_px}px sans-serif`;

function writeWords(brush: Brush, words: readonly Word[], view: View): void {
  const widthOf = (line: string, text: Text): number => {
    brush.font = fontOf(text);
    return brush.measureText(line).width;
  };
  for (const { word } of placed(words, view, widthOf)) write(brush, word);
}

const ALIGNED: Record<Side[0], CanvasTextAlign> = { [1]: "left", [0]: "center", [-1]: "right" };

function write(brush: Brush, word: Word): void {
  const { label, text, at, side, angle_rad } = word;
  const lines = label.split("\n");
  const step = text.size_px * LINE_HEIGHT;
  const first = downOf(word, lines.length * step) - ((lines.length - 1) * step) / 2;
  brush.save();
  brush.translate(...at);
  brush.rotate(angle_rad);
  brush.font = fontOf(text);
  brush.textBaseline = "middle";
  brush.textAlign = ALIGNED[side[0]];
  brush.lineJoin = "round";
  [brush.lineWidth, brush.strokeStyle, brush.fillStyle] = [3.2, text.halo, text.colour];
  lines.forEach((part, k) => {
    const place = [acrossOf(word), first + k * step] as const;
    brush.strokeText(part, ...place);
    brush.fillText(part, ...place);
  });
  brush.restore();
}
