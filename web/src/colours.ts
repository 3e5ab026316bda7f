/** Every colour of the page but the map's own (map/palette.ts), by theme. Pairs and limits are checked by colours.test.ts. */
import type { Theme } from "./theme";

export interface Colours {
  /** Grounds. */
  paper: string;
  panel: string;
  raised: string;
  /** Texts, and lines between them. */
  ink: string;
  soft: string;
  rule: string;
  /** Of a control. */
  edge: string;
  accent: string;
  accent_ink: string;
  high: string;
  medium: string;
  low: string;
  good: string;
  loud: string;
  loud_ink: string;
}

export const COLOURS: Readonly<Record<Theme, Colours>> = {
  day: {
    paper: "#eef0f2",
    panel: "#fafbfc",
    raised: "#e3e8ed",
    ink: "#1b1e23",
    soft: "#4c535c",
    rule: "#cdd2d8",
    edge: "#727a84",
    accent: "#0b5394",
    accent_ink: "#ffffff",
    high: "#a81c14",
    medium: "#7d4600",
    low: "#3d4f66",
    good: "#17603a",
    loud: "#f2c230",
    loud_ink: "#1b1e23",
  },
  dark: {
    paper: "#0d1013",
    panel: "#14181c",
    raised: "#1f262d",
    ink: "#e4e6e9",
    soft: "#a1a8b1",
    rule: "#2a3138",
    edge: "#6c7681",
    accent: "#79b8f2",
    accent_ink: "#0d1013",
    high: "#ff8177",
    medium: "#ffb454",
    low: "#a9c3dd",
    good: "#66cf95",
    loud: "#e9b824",
    loud_ink: "#16130a",
  },
  red: {
    paper: "#050000",
    panel: "#0b0101",
    raised: "#1c0303",
    ink: "#ff453a",
    soft: "#f0372c",
    rule: "#3a0806",
    edge: "#bd231a",
    accent: "#ff453a",
    accent_ink: "#0b0101",
    high: "#ff453a",
    medium: "#f0372c",
    low: "#f0372c",
    good: "#f0372c",
    loud: "#ff453a",
    loud_ink: "#0b0101",
  },
};

/** A theme as a style attribute: all within the element has its colours, `--accent-ink` for accent_ink. */
export function cssOf(theme: Theme): string {
  const names = Object.entries(COLOURS[theme]).map(([name, colour]) => `--${name.replace("_", "-")}: ${colour}`);
  return [`color-scheme: ${theme === "day" ? "light" : "dark"}`, ...names].join("; ");
}

/** Pictures are looked at in the dark, whatever lies round them. */
export const behindPictures = (theme: Theme): Theme => (theme === "red" ? "red" : "dark");
