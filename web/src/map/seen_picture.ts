/** Ground seen as a canvas, one pixel a cell. */

import type { Seen } from "../seen";
import { packed, seenPixels } from "./ages";
import type { SeenPicture } from "./hand";
import type { Palette } from "./palette";

export class SeenPainter {
  private readonly canvas = document.createElement("canvas");

  /** The picture at an instant; null before there is a grid. The canvas is the same every time. */
  paint(seen: Seen, now_utc_ns: bigint, palette: Palette): SeenPicture | null {
    const { grid } = seen;
    const brush = this.canvas.getContext("2d", { willReadFrequently: true });
    if (grid === null || brush === null) return null;
    if (this.canvas.width !== grid.cols) this.canvas.width = grid.cols;
    if (this.canvas.height !== grid.rows) this.canvas.height = grid.rows;
    const pixels = seenPixels(seen, now_utc_ns, palette.seen.map(([colour, opacity]) => packed(colour, opacity)));
    brush.putImageData(new ImageData(new Uint8ClampedArray(pixels.buffer), grid.cols, grid.rows), 0, 0);
    return { canvas: this.canvas, bounds: [grid.west, grid.south, grid.east, grid.north] };
  }
}
