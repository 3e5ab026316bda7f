/** Where the marks of movers stand on a picture, in its pixels as shown, and which shape each has. */

import type { Track } from "../wire";

/** square: confirmed. corners: unconfirmed. diamond: an alert was raised about it. */
export type Shape = "square" | "corners" | "diamond";

export interface Box {
  id: string;
  shape: Shape;
  kind: string;
  x_px: number;
  y_px: number;
  half_px: number;
}

export interface Size {
  width_px: number;
  height_px: number;
}

/** Half the mark's side on the screen: large enough to see, and to leave a walker free inside. */
const HALF_ON_SCREEN_PX = 14;

/** A size of which nothing may be known. */
export type SizeIfKnown = { [side in keyof Size]: number | null } | null;

/** The pixels that tracks are given in: where nobody says, those of the picture. */
export const frameOf = (said: SizeIfKnown, picture: Size): Size => ({
  width_px: said?.width_px ?? picture.width_px,
  height_px: said?.height_px ?? picture.height_px,
});

/**
 * `frame`: the pixels that tracks are given in; `picture`: those of the decoded picture; `scale`: screen pixels to one
 * of the picture. Tracks that have left the frame are left out; column 0 is the middle of the first pixel.
 */
export function boxesOf(tracks: Track[], frame: Size, picture: Size, scale: number): Box[] {
  const across = picture.width_px / frame.width_px;
  const down = picture.height_px / frame.height_px;
  return tracks.filter((t) => isInside(t, frame)).map((t) => ({
    id: t.id,
    shape: shapeOf(t),
    kind: t.kind,
    x_px: (t.col_px + 0.5) * across,
    y_px: (t.row_px + 0.5) * down,
    half_px: HALF_ON_SCREEN_PX / scale,
  }));
}

export function shapeOf(track: Pick<Track, "confirmed" | "alert">): Shape {
  if (track.alert !== null) return "diamond";
  return track.confirmed ? "square" : "corners";
}

function isInside(track: Track, frame: Size): boolean {
  const { col_px: col, row_px: row } = track;
  return col >= -0.5 && row >= -0.5 && col <= frame.width_px - 0.5 && row <= frame.height_px - 0.5;
}

/** The mark's outline as an SVG path. */
export function pathOf({ shape, x_px: x, y_px: y, half_px: h }: Box): string {
  if (shape === "square") return `M${x - h} ${y - h}h${2 * h}v${2 * h}h${-2 * h}z`;
  if (shape === "diamond") return `M${x} ${y - 1.3 * h}L${x + 1.3 * h} ${y}L${x} ${y + 1.3 * h}L${x - 1.3 * h} ${y}z`;
  const corners = [[-1, -1], [1, -1], [1, 1], [-1, 1]] as const;
  return corners.map(([i, j]) => `M${x + i * h} ${y + j * h * 0.4}V${y + j * h}H${x + i * h * 0.4}`).join("");
}
