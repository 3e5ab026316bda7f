/** What stands still through a watch, as shapes. */

import type { LonLat, Night, Place } from "../wire";
import type { Translate } from "../words";
import type { ContourLine } from "./lines.worker";
import type { Bounds } from "./mercator";
import { line, point, polygon, ring, type Shape } from "./shapes";

/** Where this watch is at work, with room to look beyond: bases, aircraft, alerts. Without any, all of the sector. */
export function worked({ bounds, bases }: Night, now: readonly LonLat[]): Bounds {
  const places = [...bases.map(({ lon_deg, lat_deg }): LonLat => [lon_deg, lat_deg]), ...now];
  if (places.length < 2) return bounds;
  const [lons, lats] = [places.map(([lon]) => lon), places.map(([, lat]) => lat)];
  const [west, south, east, north] = [min(lons), min(lats), max(lons), max(lats)];
  return [west - ROOM_DEG, south - ROOM_DEG, east + ROOM_DEG, north + ROOM_DEG];
}

/** About two kilometres. */
const ROOM_DEG = 0.02;
const min = (numbers: readonly number[]): number => numbers.reduce((one, other) => Math.min(one, other));
const max = (numbers: readonly number[]): number => numbers.reduce((one, other) => Math.max(one, other));

/** Border, keep-in, zones, roads, lines and places. */
export function groundShapes(night: Night, t: Translate): Shape[] {
  return [
    ...night.zones.map((zone) => ring(zone.ring, { look: `zone-${zone.kind}`, label: zone.name })),
    ...named(night.roads, "road"),
    ...(night.keep_in.length > 2 ? [ring(night.keep_in, { look: "keep-in" })] : []),
    ...borderShapes(night, t),
    ...named(night.lines, "watch-line"),
    ...places(night.goals, "goal", "goal"),
    ...places(night.relays, "place", "relay"),
    ...places(night.patrols, "place", "patrol"),
    ...places(night.bases, "place", "base"),
  ];
}

function borderShapes({ border }: Night, t: Translate): Shape[] {
  if (border === null) return [];
  return [
    ...border.band.map((rings) => polygon(rings, { look: "border-band" })),
    ...border.chains.map((chain) => line(chain, { look: "border", label: t("page.map.border") })),
  ];
}

function named(things: Night["roads"], look: string): Shape[] {
  return things.flatMap((thing) => thing.chains.map((chain) => line(chain, { look })));
}

function places(those: readonly Place[], look: string, icon: string): Shape[] {
  return those.map(({ name, lon_deg, lat_deg }) => point([lon_deg, lat_deg], { look, icon, label: name }));
}

export function standoffShapes(lines: readonly LonLat[][], distance_m: number, t: Translate): Shape[] {
  const label = t("page.map.standoff_label", { distance: Math.round(distance_m) });
  return lines.map((chain) => line(chain, { look: "standoff", label }));
}

export function contourShapes(lines: readonly ContourLine[]): Shape[] {
  return lines.map(({ main, line: chain, height_amsl_m }) =>
    main ? line(chain, { look: "contour-main", label: `${height_amsl_m}` }) : line(chain, { look: "contour" }),
  );
}

/** The planned tours; a dotted way for each. */
export function planShapes(night: Night): Shape[] {
  return night.tours.map(({ points }) => line(points.map(([lon, lat]): LonLat => [lon, lat]), { look: "tour" }));
}

/** A place on the own side: where a base stands, or a corner of keep-in. */
export function ownSide(night: Night): LonLat | null {
  const base = night.bases[0];
  return base !== undefined ? [base.lon_deg, base.lat_deg] : (night.keep_in[0] ?? null);
}
