/** The shapes of severities, in a square of 24: who sees no colour sees these. */
import type { Severity } from "./wire";

export const SIGN_PX = 24;
export const SEVERITY_SIGNS: Readonly<Record<Severity, string>> = {
  high: "M12 2 L22.5 21 L1.5 21 Z",
  medium: "M12 1.5 L22.5 12 L12 22.5 L1.5 12 Z",
  low: "M12 3 A9 9 0 1 1 11.99 3 Z",
};
