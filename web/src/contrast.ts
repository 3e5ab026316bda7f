/** For the tests: how bright colours are, and how well one is seen on another (WCAG 2.2). */

export type Rgb = [r: number, g: number, b: number];

/** The channels of `#rrggbb`, 0 to 255. */
export const channelsOf = (colour: string): Rgb => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)) as Rgb;

/** Relative luminance, 0 to 1. */
export function luminance(colour: string): number {
  const linear = channelsOf(colour).map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
  const [r, g, b] = linear as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** The contrast ratio, 1 to 21. */
export function contrast(one: string, other: string): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}
