/** The map drawn by a 2D canvas, for machines without WebGL 2. */

import type { Theme } from "../theme";
import type { LonLat } from "../wire";
import { drawLooks, drawnOf, type Drawing } from "./draw";
import { listenToGestures } from "./gestures";
import { MARGIN_PX, MOST_ZOOM, type Hand, type SeenPicture, type Start } from "./hand";
import type { Layer, Part } from "./looks";
import { keptWithin, latOf, lonOf, project, tilesOf, unproject, viewOf, worldPx, xOf, yOf, zoomedAt, type Bounds, type Point, type View } from "./mercator";
import { paletteOf } from "./palette";
import { ReliefTiles, tinted } from "./relief";
import type { Shape } from "./shapes";

const LEAST_ZOOM = 4;

export class CanvasMap implements Hand {
  readonly engine = "canvas";
  private readonly canvas = document.createElement("canvas");
  private readonly brush: CanvasRenderingContext2D;
  private readonly tiles: ReliefTiles;
  private readonly drawing: Drawing;
  private readonly hidden = new Set<Layer>();
  private readonly ended = new AbortController();
  private readonly size: ResizeObserver;
  private seen_picture: SeenPicture | null = null;
  private view: View;
  private asked = 0;

  constructor(
    private readonly start: Start,
    relief_url: string,
  ) {
    // Kept in memory, not with the graphics: where those are software, a drawing there takes fifty times as long.
    const brush = this.canvas.getContext("2d", { willReadFrequently: true });
    if (brush === null) throw new Error("no 2D canvas");
    this.brush = brush;
    this.tiles = new ReliefTiles(relief_url, () => this.ask());
    this.view = this.firstView();
    this.drawing = { origin: [this.view.x, this.view.y], parts: new Map() };
    start.host.append(this.canvas);
    this.size = new ResizeObserver(() => this.resize());
    this.size.observe(start.host);
    this.listen();
  }

  private firstView(): View {
    const { at, first, bounds, host } = this.start;
    const view = keptWithin(viewOf(first, host.clientWidth, host.clientHeight, MARGIN_PX), bounds);
    return at === null ? view : { ...view, x: xOf(at.centre[0]), y: yOf(at.centre[1]), zoom: at.zoom };
  }

  private listen(): void {
    const { host, events } = this.start;
    const moves = {
      drag: (dx: number, dy: number): void => this.shift(-dx, -dy, true),
      zoomAt: (at: Point, steps: number): void => this.go(zoomedAt(this.view, at, bounded(this.view.zoom + steps)), true),
      click: (at: Point): void => events.clicked(at),
    };
    listenToGestures(host, moves, this.ended.signal);
  }

  set(part: Part, shapes: readonly Shape[]): void {
    this.drawing.parts.set(part, drawnOf(shapes, this.drawing.origin));
    this.ask();
  }

  seen(picture: SeenPicture | null): void {
    this.seen_picture = picture;
    this.ask();
  }

  theme(theme: Theme): void {
    this.start.theme = theme;
    this.ask();
  }

  relief(): void {
    // Relief tiles come shaded; their heights are not known here.
  }

  show(layer: Layer, on: boolean): void {
    if (on) this.hidden.delete(layer);
    else this.hidden.add(layer);
    this.ask();
  }

  fit(bounds: Bounds): void {
    const { width_px, height_px } = this.view;
    this.go(viewOf(bounds, width_px, height_px, MARGIN_PX));
  }

  moveTo([lon, lat]: LonLat, zoom = this.view.zoom): void {
    this.go({ ...this.view, x: xOf(lon), y: yOf(lat), zoom: bounded(zoom) });
  }

  panBy(dx_px: number, dy_px: number): void {
    this.shift(dx_px, dy_px, false);
  }

  zoomBy(steps: number): void {
    this.go({ ...this.view, zoom: bounded(this.view.zoom + steps) });
  }

  tilt(): void {
    // A canvas stays flat.
  }

  centre = (): LonLat => [lonOf(this.view.x), latOf(this.view.y)];
  zoom = (): number => this.view.zoom;
  bearing = (): number => 0;
  project = (at: LonLat): Point => project(this.view, at);
  unproject = (at: Point): LonLat => unproject(this.view, at);

  remove(): void {
    this.ended.abort();
    this.size.disconnect();
    cancelAnimationFrame(this.asked);
    this.canvas.remove();
  }

  private shift(dx_px: number, dy_px: number, by_hand: boolean): void {
    const world = worldPx(this.view.zoom);
    this.go({ ...this.view, x: this.view.x + dx_px / world, y: this.view.y + dy_px / world }, by_hand);
  }

  private go(view: View, by_hand = false): void {
    this.view = view;
    this.start.events.busy();
    this.start.events.moved(by_hand);
    this.ask();
  }

  private resize(): void {
    const { clientWidth: width_px, clientHeight: height_px } = this.start.host;
    this.canvas.width = Math.round(width_px * devicePixelRatio);
    this.canvas.height = Math.round(height_px * devicePixelRatio);
    if (this.view.width_px < 2 || this.view.height_px < 2) this.view = this.firstView();
    this.go({ ...this.view, width_px, height_px });
  }

  private ask(): void {
    cancelAnimationFrame(this.asked);
    this.asked = requestAnimationFrame(() => this.draw());
  }

  private draw(): void {
    const { brush, view, start } = this;
    const palette = paletteOf(start.theme);
    brush.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    brush.fillStyle = palette.ground;
    brush.fillRect(0, 0, view.width_px, view.height_px);
    if (start.terrain && !this.hidden.has("terrain")) this.drawRelief(palette.tint[4]);
    if (this.seen_picture && !this.hidden.has("seen")) this.drawSeen(this.seen_picture);
    drawLooks(brush, view, this.drawing, palette, this.hidden, devicePixelRatio);
    if (!this.tiles.waiting) start.events.idle();
  }

  private drawRelief(colour: string): void {
    const { brush, view } = this;
    for (const tile of tilesOf(view)) {
      const piece = this.tiles.piece(tile);
      if (piece === null) continue;
      const { image, left, top, side } = piece;
      const [w, h] = [image.naturalWidth, image.naturalHeight];
      const at = [Math.floor(tile.left_px), Math.floor(tile.top_px)] as const;
      const px = Math.ceil(tile.size_px) + 1;
      brush.drawImage(tinted(image, colour), left * w, top * h, side * w, side * h, ...at, px, px);
    }
  }

  private drawSeen({ canvas, bounds: [west, south, east, north] }: SeenPicture): void {
    const [left, top] = this.project([west, north]);
    const [right, bottom] = this.project([east, south]);
    this.brush.imageSmoothingEnabled = false;
    this.brush.drawImage(canvas, left, top, right - left, bottom - top);
    this.brush.imageSmoothingEnabled = true;
  }
}

const bounded = (zoom: number): number => Math.max(LEAST_ZOOM, Math.min(MOST_ZOOM, zoom));
