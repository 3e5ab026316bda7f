/** Day, dark or red: by choice, else by the sun over the night's ground. */

export const THEMES = ["day", "dark", "red"] as const;
export type Theme = (typeof THEMES)[number];
export const CHOICES = ["sun", ...THEMES] as const;
export type Choice = (typeof CHOICES)[number];

const KEPT = "apacheta.theme";
/** The sun's upper edge on the horizon with the usual refraction, degrees (Meeus, Astronomical Algorithms, ch. 15). */
export const SUNRISE_DEG = -0.833;

const sin = (deg: number): number => Math.sin((deg * Math.PI) / 180);
const cos = (deg: number): number => Math.cos((deg * Math.PI) / 180);
const asin = (x: number): number => (Math.asin(x) * 180) / Math.PI;
const atan2 = (y: number, x: number): number => (Math.atan2(y, x) * 180) / Math.PI;

/** Altitude of the sun's middle in degrees, without refraction. Astronomical Almanac, low precision: 0.01 degrees
 * between 1950 and 2050. */
export function sunAltitude(lat_deg: number, lon_deg: number, utc_ms: number): number {
  const days = utc_ms / 86_400_000 - 10_957.5;
  const anomaly_deg = 357.528 + 0.9856003 * days;
  const longitude_deg = 280.46 + 0.9856474 * days + 1.915 * sin(anomaly_deg) + 0.02 * sin(2 * anomaly_deg);
  const tilt_deg = 23.439 - 4e-7 * days;
  const ascension_deg = atan2(cos(tilt_deg) * sin(longitude_deg), cos(longitude_deg));
  const declination_deg = asin(sin(tilt_deg) * sin(longitude_deg));
  const sidereal_deg = 280.46062 + 360.98564737 * days;
  const hour_deg = sidereal_deg + lon_deg - ascension_deg;
  return asin(sin(lat_deg) * sin(declination_deg) + cos(lat_deg) * cos(declination_deg) * cos(hour_deg));
}

/** The theme to show. Red is a choice: it costs legibility, and who needs night eyes knows. Unknown sun: dark. */
export function themeOf(choice: Choice, sun_deg: number | null): Theme {
  if (choice !== "sun") return choice;
  return sun_deg !== null && sun_deg > SUNRISE_DEG ? "day" : "dark";
}

export function keptChoice(store: Pick<Storage, "getItem">): Choice {
  const kept = store.getItem(KEPT);
  return CHOICES.find((choice) => choice === kept) ?? "sun";
}

export function keepChoice(store: Pick<Storage, "setItem">, choice: Choice): void {
  store.setItem(KEPT, choice);
}
