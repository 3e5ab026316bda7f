/** What only the map has colours for, and those of the page that it shows too. In red nothing is white, green or blue:
 * the eye keeps its night sight. */

import { COLOURS, type Colours } from "../colours";
import type { Theme } from "../theme";

export interface Palette {
  ground: string;
  /** Terrain from the lowest height of the sector to the highest. */
  tint: readonly [string, string, string, string, string];
  shade: { shadow: string; light: string; strength: number };
  contour: string;
  /** The heights written on them. */
  contour_text: string;
  halo: string;
  ink: string;
  soft: string;
  border: string;
  keep_in: string;
  zone: { village: string; forbidden: string; priority: string };
  road: string;
  line: string;
  tour: string;
  link: { good: string; late: string; lost: string };
  sight: string;
  mover: string;
  vehicle: string;
  animal: string;
  severity: { high: string; medium: string; low: string };
  decided: string;
  /** From the freshest class to the oldest, with opacities. */
  seen: readonly (readonly [colour: string, opacity: number])[];
}

const DAY: Palette = {
  ground: "#e8e4da",
  tint: ["#c9d3b8", "#dcd9b6", "#e3d0a8", "#d6bd9f", "#f4efe9"],
  shade: { shadow: "#54473b", light: "#fffaf0", strength: 0.42 },
  contour: "#8a6f4e",
  contour_text: "#5a4428",
  halo: "#fffdf8",
  ...shared(COLOURS.day),
  border: "#8a1764",
  keep_in: "#2d5f2e",
  zone: { village: "#6a5130", forbidden: "#a3341f", priority: "#8a5a00" },
  road: "#6b5844",
  line: "#8a1764",
  tour: "#3d5a80",
  link: { good: "#0b4f9c", late: "#8a5200", lost: "#a01515" },
  sight: "#0b4f9c",
  mover: "#7a1fa0",
  vehicle: "#7a1fa0",
  animal: "#5d5348",
  decided: "#555c61",
  seen: [["#005f5c", 0.6], ["#0a7f7a", 0.52], ["#2a9a93", 0.46], ["#5bb3ab", 0.42], ["#8ac8c0", 0.38], ["#b4d9d3", 0.36]],
};

const DARK: Palette = {
  ground: "#12161a",
  tint: ["#1b2423", "#27302b", "#3a3a30", "#4a4438", "#6b655a"],
  shade: { shadow: "#04070a", light: "#8d8777", strength: 0.5 },
  contour: "#85796a",
  contour_text: "#f0e6d4",
  halo: "#0b0e11",
  ...shared(COLOURS.dark),
  border: "#ef8fd0",
  keep_in: "#8fd08a",
  zone: { village: "#d8bb88", forbidden: "#ff8d74", priority: "#f0c060" },
  road: "#b79f83",
  line: "#ef8fd0",
  tour: "#9db6da",
  link: { good: "#79bfff", late: "#ffbe55", lost: "#ff7d74" },
  sight: "#79bfff",
  mover: "#e0a8ff",
  vehicle: "#e0a8ff",
  animal: "#c4b7a6",
  decided: "#a2a9ad",
  seen: [["#5eead4", 0.52], ["#3fcbb6", 0.46], ["#2aa898", 0.42], ["#1f877c", 0.4], ["#1a695f", 0.4], ["#164e48", 0.42]],
};

const RED: Palette = {
  ground: "#0a0201",
  tint: ["#100302", "#180503", "#210704", "#2b0a06", "#3d0f09"],
  shade: { shadow: "#030000", light: "#8a2415", strength: 0.5 },
  contour: "#6e1a0f",
  contour_text: "#ff453a",
  halo: "#0a0201",
  ...shared(COLOURS.red),
  border: "#ff3a22",
  keep_in: "#b03322",
  zone: { village: "#8f2a1c", forbidden: "#d53c28", priority: "#b83524" },
  road: "#7d2418",
  line: "#d93a26",
  tour: "#9a2c1d",
  link: { good: "#ff4f38", late: "#d8402b", lost: "#b43422" },
  sight: "#e2432e",
  mover: "#ff4f38",
  vehicle: "#ff4f38",
  animal: "#a33020",
  decided: "#9a2c1d",
  seen: [["#ff4f38", 0.62], ["#ec4631", 0.58], ["#d43d2b", 0.55], ["#b93525", 0.52], ["#a02d1f", 0.5], ["#892619", 0.48]],
};

/** What means the same on the map and beside it. */
function shared({ ink, soft, high, medium, low }: Colours): Pick<Palette, "ink" | "soft" | "severity"> {
  return { ink, soft, severity: { high, medium, low } };
}

const PALETTES: Record<Theme, Palette> = { day: DAY, dark: DARK, red: RED };

export const paletteOf = (theme: Theme): Palette => PALETTES[theme];
