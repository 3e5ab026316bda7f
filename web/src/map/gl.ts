/** The map drawn by MapLibre over the terrain tiles. Loaded only where there is WebGL 2. */

import * as maplibregl from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import { PMTiles, Protocol } from "pmtiles";
import { SIGN_PX } from "../signs";
import type { Theme } from "../theme";
import type { LonLat } from "../wire";
import { calm, MARGIN_PX, MOST_ZOOM, PITCH_DEG, type Hand, type SeenPicture, type Start } from "./hand";
import { iconPixels, iconsOf } from "./icons";
import type { Layer, Part } from "./looks";
import { keptWithin, latOf, lonOf, viewOf, type Bounds, type Point } from "./mercator";
import { paletteOf } from "./palette";
import type { Shape } from "./shapes";
import { ANDES_M, layerIds, SEEN, styleOf, tint } from "./style";

maplibregl.setWorkerUrl(workerUrl);
type PaintName = Parameters<maplibregl.Map["setPaintProperty"]>[1];
const protocol = new Protocol();
maplibregl.addProtocol("pmtiles", protocol.tile);

/** Icons are drawn this much finer than they are shown. */
const ICON_RATIO = 3;
const GLIDE_MS = 400;

export async function glMap(start: Start, terrain_url: string): Promise<Hand> {
  const bounds = start.terrain ? await terrainBounds(terrain_url) : null;
  const url = bounds === null ? null : `pmtiles://${terrain_url}`;
  const map = new maplibregl.Map({
    container: start.host,
    style: styleOf(paletteOf(start.theme), url, bounds ?? start.bounds),
    ...cameraOf(start),
    attributionControl: false,
    keyboard: false,
    doubleClickZoom: false,
    dragRotate: false,
    pitchWithRotate: false,
    maxZoom: MOST_ZOOM,
    maxPitch: 75,
    fadeDuration: 0,
    renderWorldCopies: false,
  });
  map.touchZoomRotate.disableRotation();
  map.getCanvas().tabIndex = -1;
  await map.once("load");
  return new GlMap(map, start, bounds !== null);
}

/** What MapLibre takes a container for that is not shown yet. */
const UNSEEN_PX = [400, 300] as const;

function cameraOf({ at, first, bounds, host }: Start): Partial<maplibregl.MapOptions> {
  if (at !== null) return { center: at.centre, zoom: at.zoom };
  const [width_px, height_px] = [host.clientWidth || UNSEEN_PX[0], host.clientHeight || UNSEEN_PX[1]];
  const { x, y, zoom } = keptWithin(viewOf(first, width_px, height_px, MARGIN_PX), bounds);
  return { center: [lonOf(x), latOf(y)], zoom };
}

/** Where the terrain archive lies; null when it cannot be read: then the lines alone are drawn. */
async function terrainBounds(url: string): Promise<Bounds | null> {
  const archive = new PMTiles(url);
  protocol.add(archive);
  try {
    const { minLon, minLat, maxLon, maxLat } = await archive.getHeader();
    return [minLon, minLat, maxLon, maxLat];
  } catch {
    return null;
  }
}

class GlMap implements Hand {
  readonly engine = "webgl";
  private heights_amsl_m = ANDES_M;
  private removed = false;
  private hidden = new Set<Layer>();

  constructor(
    private readonly map: maplibregl.Map,
    private readonly start: Start,
    private readonly terrain: boolean,
  ) {
    this.drawIcons(start.theme);
    this.listen();
  }

  private listen(): void {
    const { map, start: { events } } = this;
    map.on("move", (event) => events.moved("originalEvent" in event && event.originalEvent !== undefined));
    map.on("movestart", () => events.busy());
    map.on("click", ({ point }) => events.clicked([point.x, point.y]));
    map.on("render", () => {
      if (!map.isMoving() && this.grounded()) events.idle();
    });
    map.on("webglcontextlost", () => {
      if (!this.removed) events.lost();
    });
  }

  /** MapLibre's own `idle` never comes while aircraft move. */
  private grounded = (): boolean => !this.terrain || this.map.isSourceLoaded("relief");

  private drawIcons(theme: Theme): void {
    for (const [name, icon] of iconsOf(paletteOf(theme))) {
      const pixels = iconPixels(icon, ICON_RATIO);
      if (this.map.hasImage(name)) this.map.updateImage(name, pixels);
      else this.map.addImage(name, pixels, { pixelRatio: (ICON_RATIO * SIGN_PX) / 20 });
    }
  }

  set(part: Part, shapes: readonly Shape[]): void {
    const source = this.map.getSource<maplibregl.GeoJSONSource>(part);
    source?.setData({ type: "FeatureCollection", features: [...shapes] });
  }

  seen(picture: SeenPicture | null): void {
    const source = this.map.getSource<maplibregl.CanvasSource>(SEEN);
    if (picture === null) return this.removeSeen();
    if (source === undefined) return this.addSeen(picture);
    source.setCoordinates(corners(picture.bounds));
    source.play();
    this.map.once("render", () => source.pause());
  }

  private addSeen({ canvas, bounds }: SeenPicture): void {
    this.map.addSource(SEEN, { type: "canvas", canvas, coordinates: corners(bounds), animate: false });
    const below = this.map.getLayer("outside") ? "outside" : "contour/line";
    this.map.addLayer(
      { id: SEEN, type: "raster", source: SEEN, paint: { "raster-resampling": "nearest", "raster-fade-duration": 0 } },
      below,
    );
    if (this.hidden.has("seen")) this.show("seen", false);
  }

  private removeSeen(): void {
    if (this.map.getSource(SEEN) === undefined) return;
    this.map.removeLayer(SEEN);
    this.map.removeSource(SEEN);
  }

  theme(theme: Theme): void {
    const { layers, sky } = styleOf(paletteOf(theme), this.terrain ? "" : null, this.start.bounds);
    for (const layer of layers)
      for (const [name, value] of Object.entries(layer.paint ?? {}))
        this.map.setPaintProperty(layer.id, name as PaintName, value as never);
    if (sky) this.map.setSky(sky);
    this.start.theme = theme;
    this.relief(...this.heights_amsl_m);
    this.drawIcons(theme);
  }

  relief(low_amsl_m: number, high_amsl_m: number): void {
    this.heights_amsl_m = [low_amsl_m, high_amsl_m];
    if (!this.terrain) return;
    this.map.setPaintProperty("tint", "color-relief-color", tint(paletteOf(this.start.theme), low_amsl_m, high_amsl_m));
  }

  show(layer: Layer, on: boolean): void {
    if (on) this.hidden.delete(layer);
    else this.hidden.add(layer);
    for (const id of layerIds(layer, paletteOf(this.start.theme)))
      if (this.map.getLayer(id)) this.map.setLayoutProperty(id, "visibility", on ? "visible" : "none");
  }

  tilt(on: boolean): void {
    this.map.setTerrain(on ? { source: "relief3d", exaggeration: 1 } : null);
    if (on) this.map.dragRotate.enable();
    else this.map.dragRotate.disable();
    this.map.easeTo({ pitch: on ? PITCH_DEG : 0, bearing: 0, duration: this.glide_ms() });
  }

  fit(bounds: Bounds): void {
    this.map.fitBounds(bounds, { padding: MARGIN_PX, duration: this.glide_ms() });
  }

  moveTo(at: LonLat, zoom = this.map.getZoom()): void {
    this.map.easeTo({ center: at, zoom, duration: this.glide_ms() });
  }

  panBy(dx_px: number, dy_px: number): void {
    this.map.panBy([dx_px, dy_px], { duration: this.glide_ms() / 2 });
  }

  zoomBy(steps: number): void {
    this.map.easeTo({ zoom: this.map.getZoom() + steps, duration: this.glide_ms() / 2 });
  }

  centre = (): LonLat => this.map.getCenter().toArray();
  zoom = (): number => this.map.getZoom();
  bearing = (): number => this.map.getBearing();

  project(at: LonLat): Point {
    const { x, y } = this.map.project(at);
    return [x, y];
  }

  unproject = (at: Point): LonLat => this.map.unproject(at).toArray();

  remove(): void {
    this.removed = true;
    this.map.remove();
  }

  private glide_ms = (): number => (calm() ? 0 : GLIDE_MS);
}

function corners([west, south, east, north]: Bounds): maplibregl.Coordinates {
  return [[west, north], [east, north], [east, south], [west, south]];
}
