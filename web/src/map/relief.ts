/** Relief tiles for the canvas map: asked for once each, the nearest coarser one shown meanwhile. */

import type { TileAt } from "./mercator";

const MOST_KEPT = 256;
/** How much coarser a stand-in may be. */
const MOST_UP = 6;

type Image = HTMLImageElement | "missing" | "asked";
export interface Piece {
  image: HTMLImageElement;
  /** The part of the image, in parts of its side. */
  left: number;
  top: number;
  side: number;
}

const tints = new WeakMap<HTMLImageElement, { colour: string; canvas: HTMLCanvasElement }>();

/** The tile with a colour multiplied in: what is white becomes that colour, red stays red, nothing stays nothing. */
export function tinted(image: HTMLImageElement, colour: string): HTMLCanvasElement {
  const known = tints.get(image);
  if (known?.colour === colour) return known.canvas;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const brush = canvas.getContext("2d", { willReadFrequently: true });
  if (brush === null) throw new Error("no 2D canvas");
  brush.drawImage(image, 0, 0);
  brush.globalCompositeOperation = "multiply";
  brush.fillStyle = colour;
  brush.fillRect(0, 0, canvas.width, canvas.height);
  brush.globalCompositeOperation = "destination-in";
  brush.drawImage(image, 0, 0);
  tints.set(image, { colour, canvas });
  return canvas;
}

export class ReliefTiles {
  private readonly images = new Map<string, Image>();

  /** `template` with {z}, {x}, {y}; `arrived` is called when another tile can be drawn. */
  constructor(
    private readonly template: string,
    private readonly arrived: () => void,
  ) {}

  get waiting(): boolean {
    return [...this.images.values()].includes("asked");
  }

  /** The best there is for a tile now; asks for the tile itself, or for a coarser one where it is missing. */
  piece({ z, x, y }: TileAt): Piece | null {
    for (let up = 0; up <= Math.min(z, MOST_UP); up += 1) {
      const image = this.image(z - up, x >> up, y >> up, up === 0 || this.missing(z, x, y, up));
      if (image === null) continue;
      const parts = 2 ** up;
      return { image, left: (x % parts) / parts, top: (y % parts) / parts, side: 1 / parts };
    }
    return null;
  }

  /** Whether all finer tiles are known to be missing, so that this one is wanted for good. */
  private missing(z: number, x: number, y: number, up: number): boolean {
    return Array.from({ length: up }, (_, k) => this.images.get(`${z - k}/${x >> k}/${y >> k}`)).every((it) => it === "missing");
  }

  private image(z: number, x: number, y: number, ask: boolean): HTMLImageElement | null {
    const key = `${z}/${x}/${y}`;
    const known = this.images.get(key);
    if (known === undefined && ask) this.ask(key);
    return known instanceof HTMLImageElement ? known : null;
  }

  private ask(key: string): void {
    const [z, x, y] = key.split("/") as [string, string, string];
    const image = new Image();
    this.keep(key, "asked");
    image.onload = () => this.keep(key, image);
    image.onerror = () => this.keep(key, "missing");
    image.src = this.template.replace("{z}", z).replace("{x}", x).replace("{y}", y);
  }

  private keep(key: string, image: Image): void {
    this.images.set(key, image);
    const oldest = this.images.keys().next().value;
    if (this.images.size > MOST_KEPT && oldest !== undefined) this.images.delete(oldest);
    if (image !== "asked") this.arrived();
  }
}
