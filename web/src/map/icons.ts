/** The signs of the map: shape says what and how, colour only repeats it. Paths in a square of 24. */

import { SEVERITY_SIGNS, SIGN_PX } from "../signs";
import type { Palette } from "./palette";

interface Icon {
  path: string;
  fill: string | null;
  stroke: string;
  /** A second path in the halo's or the sign's colour over the first. */
  mark?: { path: string; colour: string };
  dash?: number[];
}

const WING = "M12 1.5 L15 10 L22.5 15.5 L22.5 17.5 L14 15.5 L13.4 20 L16 22 L8 22 L10.6 20 L10 15.5 L1.5 17.5 L1.5 15.5 L9 10 Z";
const DIAMOND = SEVERITY_SIGNS.medium;
const CIRCLE = SEVERITY_SIGNS.low;
const SQUARE = "M4.5 4.5 H19.5 V19.5 H4.5 Z";
const DOT = "M12 8 A4 4 0 1 1 11.99 8 Z";
const HEX = "M12 2.5 L20.2 7.25 V16.75 L12 21.5 L3.8 16.75 V7.25 Z";
const BANG = "M12 8 V14.5 M12 17 V18.6";
const BANG_HIGH = "M12 6.5 V13.5 M12 16 V17.6";
const CHECK = "M7.5 12.5 L11 16 L16.5 8.5";
const CROSS = "M8 8 L16 16 M16 8 L8 16";
const QUESTION = "M9.5 9.5 A2.6 2.6 0 1 1 12 12.4 V14 M12 16.2 V17.4";
const HOUSE = "M3.5 11.5 L12 4 L20.5 11.5 V20.5 H3.5 Z";
const MAST = "M12 9 L17 21.5 H7 Z M12 9 V5 M7.5 8.5 A6 6 0 0 1 7.5 1.5 M16.5 8.5 A6 6 0 0 0 16.5 1.5";
const PEOPLE = "M8 4.5 A2.6 2.6 0 1 1 7.99 4.5 Z M16 4.5 A2.6 2.6 0 1 1 15.99 4.5 Z M3 19.5 C3 13 6 11.5 8 11.5 C10 11.5 12 12.6 12 15 C12 12.6 14 11.5 16 11.5 C18 11.5 21 13 21 19.5 Z";
const FLAG = "M6 22 V2.5 L19 7.5 L6 12.5";

/** Every icon by its name: `aircraft-{good,late,lost}`, `mover-{kind}[-tentative]`,
 * `alert-{severity}-{open,confirmed,dismissed}[-selected]`, places and `point`. */
export function iconsOf(p: Palette): Map<string, Icon> {
  const icons = new Map<string, Icon>(Object.entries(places(p)));
  icons.set("aircraft-good", { path: WING, fill: p.link.good, stroke: p.halo });
  icons.set("aircraft-late", { path: WING, fill: p.halo, stroke: p.link.late });
  icons.set("aircraft-lost", { path: WING, fill: p.halo, stroke: p.link.lost, dash: [2.5, 2], mark: { path: CROSS, colour: p.link.lost } });
  for (const [name, icon] of [...movers(p), ...alerts(p)]) icons.set(name, icon);
  return icons;
}

function places(p: Palette): Record<string, Icon> {
  return {
    base: { path: HOUSE, fill: p.ink, stroke: p.halo },
    relay: { path: MAST, fill: null, stroke: p.ink },
    patrol: { path: PEOPLE, fill: p.keep_in, stroke: p.halo },
    goal: { path: FLAG, fill: p.soft, stroke: p.soft },
    point: { path: CIRCLE, fill: p.halo, stroke: p.ink },
  };
}

function* movers(p: Palette): Generator<[string, Icon]> {
  const shapes = { person: [CIRCLE, p.mover], vehicle: [SQUARE, p.vehicle], animal: [HEX, p.animal], unknown: [DIAMOND, p.mover] } as const;
  for (const [kind, [path, colour]] of Object.entries(shapes)) {
    const mark = kind === "unknown" ? { mark: { path: QUESTION, colour: p.halo } } : {};
    yield [`mover-${kind}`, { path, fill: colour, stroke: p.halo, ...mark }];
    yield [`mover-${kind}-tentative`, { path, fill: p.halo, stroke: colour, dash: [3, 2.5], mark: { path: DOT, colour } }];
  }
}

function* alerts(p: Palette): Generator<[string, Icon]> {
  for (const severity of ["high", "medium", "low"] as const) {
    const [path, colour] = [SEVERITY_SIGNS[severity], p.severity[severity]];
    const bang = severity === "high" ? BANG : BANG_HIGH;
    yield [`alert-${severity}-open`, { path, fill: colour, stroke: p.halo, mark: { path: bang, colour: p.halo } }];
    yield [`alert-${severity}-confirmed`, { path, fill: p.halo, stroke: colour, mark: { path: CHECK, colour } }];
    yield [`alert-${severity}-dismissed`, { path, fill: p.halo, stroke: p.decided, mark: { path: CROSS, colour: p.decided } }];
  }
}

/** Draws an icon with its middle at the origin, `size` times 24 px. */
export function drawIcon(brush: CanvasRenderingContext2D, icon: Icon, size: number): void {
  brush.save();
  brush.scale(size, size);
  brush.translate(-SIGN_PX / 2, -SIGN_PX / 2);
  brush.lineJoin = brush.lineCap = "round";
  paint(brush, icon);
  if (icon.mark) stroke(brush, icon.mark.path, icon.mark.colour, 2.4);
  brush.restore();
}

function paint(brush: CanvasRenderingContext2D, { path, fill, stroke: colour, dash }: Icon): void {
  if (fill === null) return stroke(brush, path, colour, 1.8);
  brush.fillStyle = fill;
  brush.fill(new Path2D(path));
  brush.setLineDash(dash ?? []);
  stroke(brush, path, colour, 1.7);
  brush.setLineDash([]);
}

function stroke(brush: CanvasRenderingContext2D, path: string, colour: string, width: number): void {
  brush.strokeStyle = colour;
  brush.lineWidth = width;
  brush.stroke(new Path2D(path));
}

/** The icon as pixels for a texture, with room for its outline. */
export function iconPixels(icon: Icon, ratio: number): ImageData {
  const side = Math.ceil((SIGN_PX + 4) * ratio);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const brush = canvas.getContext("2d", { willReadFrequently: true });
  if (brush === null) throw new Error("no 2D canvas");
  brush.translate(side / 2, side / 2);
  drawIcon(brush, icon, ratio);
  return brush.getImageData(0, 0, side, side);
}
