/** What the pane asks of a map, whether WebGL or canvas draws it. */

import type { Theme } from "../theme";
import type { LonLat } from "../wire";
import type { Layer, Part } from "./looks";
import type { Bounds, Point } from "./mercator";
import type { Shape } from "./shapes";

/** Ground seen: pixels in Web Mercator with their edges. */
export interface SeenPicture {
  canvas: HTMLCanvasElement;
  bounds: Bounds;
}

export interface Hand {
  readonly engine: "webgl" | "canvas";
  set(part: Part, shapes: readonly Shape[]): void;
  /** Draws the seen ground; null takes it away. */
  seen(picture: SeenPicture | null): void;
  theme(theme: Theme): void;
  show(layer: Layer, on: boolean): void;
  /** The lowest and highest ground of the sector: the tint spreads between them. */
  relief(low_amsl_m: number, high_amsl_m: number): void;
  fit(bounds: Bounds): void;
  centre(): LonLat;
  zoom(): number;
  moveTo(at: LonLat, zoom?: number): void;
  panBy(dx_px: number, dy_px: number): void;
  zoomBy(steps: number): void;
  tilt(on: boolean): void;
  /** Degrees from north of what is up. */
  bearing(): number;
  project(at: LonLat): Point;
  unproject(at: Point): LonLat;
  remove(): void;
}

export interface Events {
  /** The view is another now; `by_hand` when the person moved it. */
  moved(by_hand: boolean): void;
  clicked(at: Point): void;
  /** The ground that was asked for is drawn, and nothing is on its way; what is live never ends. */
  idle(): void;
  busy(): void;
  /** The graphics are gone; another hand must draw. */
  lost(): void;
}

export interface Start {
  host: HTMLElement;
  theme: Theme;
  bounds: Bounds;
  /** What is shown first. */
  first: Bounds;
  /** Where another hand left off; null shows what is first. */
  at: { centre: LonLat; zoom: number } | null;
  terrain: boolean;
  events: Events;
}

export const MARGIN_PX = 28;
export const MOST_ZOOM = 18;
/** The pitch of the 3D view. */
export const PITCH_DEG = 62;

export const calm = (): boolean => matchMedia("(prefers-reduced-motion: reduce)").matches;
