/** Decoded pictures on a canvas. */

import type { Size } from "./boxes";

/** Draws the picture on the canvas, which takes its size; what comes back is that size. */
export function paint(canvas: HTMLCanvasElement, frame: VideoFrame): Size {
  const { displayWidth: width_px, displayHeight: height_px } = frame;
  if (canvas.width !== width_px) canvas.width = width_px;
  if (canvas.height !== height_px) canvas.height = height_px;
  canvas.getContext("2d", { alpha: false })?.drawImage(frame, 0, 0, width_px, height_px);
  return { width_px, height_px };
}
