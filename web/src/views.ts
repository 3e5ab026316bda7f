/** The views of the page. Where there is room, alerts stay beside each of them, and map and video are one. */
export const VIEWS = ["alerts", "map", "video", "night"] as const;
export type View = (typeof VIEWS)[number];
/** From this width on there is room. */
export const ROOMY = "(min-width: 761px)";
