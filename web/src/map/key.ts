/** The legend: what each switch shows, with a sample of every sign. */

import type { Night } from "../wire";
import type { Layer } from "./looks";

export interface Sample {
  /** A look, or an icon. */
  look?: string;
  icon?: string;
  /** Key of its words, with values. */
  word: string;
  values?: Record<string, string | number>;
}

const looks = (...pairs: (readonly [look: string, word: string])[]): Sample[] => pairs.map(([look, word]) => ({ look, word }));
const icons = (...pairs: (readonly [icon: string, word: string])[]): Sample[] => pairs.map(([icon, word]) => ({ icon, word }));

/** The samples of a layer in this night; none where its name says enough. */
export function samplesOf(layer: Layer, night: Night, interval_m: number | null): Sample[] {
  switch (layer) {
    case "contours":
      return interval_m === null ? [] : [{ look: "contour-main", word: "page.map.contours_every", values: { interval: interval_m } }];
    case "border":
      return borderSamples(night);
    case "zones":
      return [...new Set(night.zones.map(({ kind }) => kind))].map((kind) => ({ look: `zone-${kind}`, word: `page.map.zone_${kind}` }));
    case "roads":
      return looks(["road", "page.map.road"]);
    case "plan":
      return looks(["tour", "page.map.tour"]);
    case "places":
      return icons(["base", "page.map.base"], ["relay", "page.map.relay"], ["patrol", "page.map.patrol"], ["goal", "page.map.goal"]);
    case "sights":
      return looks(["sight", "page.map.sight_now"], ["sight-stale", "page.map.sight_stale"]);
    case "flown":
      return looks(["flown", "page.map.flown_way"]);
    case "movers":
      return moverSamples();
    case "aircraft":
      return icons(["aircraft-good", "page.link.good"], ["aircraft-late", "page.link.late"], ["aircraft-lost", "page.link.lost"]);
    case "alerts":
      return alertSamples();
    default:
      return [];
  }
}

function borderSamples({ border, keep_in }: Night): Sample[] {
  if (border === null) return keep_in.length > 2 ? looks(["keep-in", "keep_in"]) : [];
  return [
    { look: "border", word: "page.map.border" },
    { look: "border-band", word: "page.map.band", values: { accuracy: Math.round(border.accuracy_m) } },
    { look: "standoff", word: "page.map.standoff" },
    { look: "keep-in", word: "page.map.keep_in" },
    { look: "watch-line", word: "page.map.watch_line" },
  ];
}

function moverSamples(): Sample[] {
  const kinds = ["person", "vehicle", "animal", "unknown"] as const;
  return [
    ...icons(...kinds.map((kind) => [`mover-${kind}`, `page.mover.${kind}`] as const), ["mover-person-tentative", "page.map.tentative"]),
    ...looks(["ellipse", "page.map.ellipse"], ["speed", "page.map.vector"]),
  ];
}

function alertSamples(): Sample[] {
  const severities = ["high", "medium", "low"] as const;
  return icons(
    ...severities.map((severity) => [`alert-${severity}-open`, `page.severity.${severity}`] as const),
    ["alert-high-confirmed", "page.standing.confirmed"],
    ["alert-medium-dismissed", "page.standing.dismissed"],
  );
}
