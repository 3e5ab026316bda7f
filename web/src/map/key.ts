/** The legend: what each switch shows, with a sample of every sign. */

import type { Night } from "../wire";
import type { Layer } from "./looks";

export interface Sample {
  /** A look, or an icon. */
  look?: string;
  icon?: string;
  /** Key of its words among the map's, with values. */
  word: string;
  values?: Record<string, string | number>;
}

const looks = (...pairs: (readonly [look: string, word: string])[]): Sample[] => pairs.map(([look, word]) => ({ look, word }));
const icons = (...pairs: (readonly [icon: string, word: string])[]): Sample[] => pairs.map(([icon, word]) => ({ icon, word }));

/** The samples of a layer in this night; none where its name says enough. */
export function samplesOf(layer: Layer, night: Night, interval_m: number | null): Sample[] {
  switch (layer) {
    case "contours":
      return interval_m === null ? [] : [{ look: "contour-main", word: "contours_every", values: { interval: interval_m } }];
    case "border":
      return borderSamples(night);
    case "zones":
      return [...new Set(night.zones.map(({ kind }) => kind))].map((kind) => ({ look: `zone-${kind}`, word: `zone_${kind}` }));
    case "roads":
      return looks(["road", "road"]);
    case "plan":
      return looks(["tour", "tour"]);
    case "places":
      return icons(["base", "base"], ["relay", "relay"], ["patrol", "patrol"], ["goal", "goal"]);
    case "sights":
      return looks(["sight", "sight_now"], ["sight-stale", "sight_stale"]);
    case "flown":
      return looks(["flown", "flown_way"]);
    case "movers":
      return moverSamples();
    case "aircraft":
      return icons(["aircraft-good", "link_good"], ["aircraft-late", "link_late"], ["aircraft-lost", "link_lost"]);
    case "alerts":
      return alertSamples();
    default:
      return [];
  }
}

function borderSamples({ border, keep_in }: Night): Sample[] {
  if (border === null) return keep_in.length > 2 ? looks(["keep-in", "keep_in"]) : [];
  return [
    { look: "border", word: "border" },
    { look: "border-band", word: "band", values: { accuracy: Math.round(border.accuracy_m) } },
    { look: "standoff", word: "standoff" },
    { look: "keep-in", word: "keep_in" },
    { look: "watch-line", word: "watch_line" },
  ];
}

function moverSamples(): Sample[] {
  const kinds = ["person", "vehicle", "animal", "unknown"] as const;
  return [
    ...icons(...kinds.map((kind) => [`mover-${kind}`, `kind_${kind}`] as const), ["mover-person-tentative", "tentative"]),
    ...looks(["ellipse", "ellipse"], ["speed", "vector"]),
  ];
}

function alertSamples(): Sample[] {
  const severities = ["high", "medium", "low"] as const;
  return icons(
    ...severities.map((severity) => [`alert-${severity}-open`, `severity_${severity}`] as const),
    ["alert-high-confirmed", "alert_confirmed"],
    ["alert-medium-dismissed", "alert_dismissed"],
  );
}
