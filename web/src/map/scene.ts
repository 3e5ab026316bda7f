/** The shapes of each part, from the page's state at one instant. */

import { called } from "../generated";
import type { LiveState } from "../live.svelte";
import type { Fix, LonLat, Sight } from "../wire";
import type { Words } from "../words";
import { contourShapes, groundShapes, planShapes, standoffShapes } from "./ground";
import type { ContourLine } from "./lines.worker";
import type { Part } from "./looks";
import { measureShapes } from "./measure";
import { aircraftShapes, alertShapes, flownShapes, moverShapes, rayShapes, sightShapes } from "./moving";
import type { Shape } from "./shapes";
import type { Trails } from "./trails";

/** What the pane itself knows besides the page's state. */
export interface Own {
  contours: readonly ContourLine[];
  standoff: readonly LonLat[][];
  trails: Trails;
  measured: readonly LonLat[];
}

/** Parts that change as time goes by, even when nothing arrives. */
export const AGEING: readonly Part[] = ["aircraft", "sights", "movers"];

export const instantOf = (live: LiveState): bigint => live.replay_utc_ns ?? live.now_utc_ns;

/** How far from the border line the standoff line runs: the line itself may be wrong. */
export const standoffM = ({ night }: LiveState): number =>
  night?.border ? night.border.standoff_m + night.border.accuracy_m : 0;

export function shapesOf(part: Part, live: LiveState, own: Own, words: Words): Shape[] {
  const [night, now] = [live.night, instantOf(live)];
  switch (part) {
    case "contours":
      return contourShapes(own.contours);
    case "standoff":
      return standoffShapes(own.standoff, standoffM(live), words.t);
    case "ground":
      return night === null ? [] : groundShapes(called(night, words), words.t);
    case "plan":
      return night === null ? [] : planShapes(night);
    case "sights":
      return [...sightShapes(Object.values(live.sights), now), ...rayShapes(pairsOf(live), now)];
    case "flown":
      return flownShapes(own.trails);
    case "movers":
      return moverShapes(Object.values(live.tracks), now, words);
    case "alerts":
      return alertShapes(live.alerts, live.decisions, live.selected_alert, words.t);
    case "aircraft":
      return aircraftShapes(Object.values(live.fixes), now, words);
    case "measure":
      return measureShapes(own.measured, words);
  }
}

/** Each aircraft with what its camera sees. */
function pairsOf({ night, fixes, sights }: LiveState): [Fix, Sight][] {
  return (night?.aircraft ?? []).flatMap(({ id, stream }): [Fix, Sight][] => {
    const [fix, sight] = [fixes[id], sights[stream]];
    return fix && sight ? [[fix, sight]] : [];
  });
}
