/** Where words stand on a canvas: none on another, none under the pane's controls. */

import type { Look } from "./looks";
import type { Point, View } from "./mercator";

export type Text = NonNullable<Look["text"]>;
/** Of its sign: to the right 1, to the left -1; below 1, above -1, a line's height further off 2 and -2. */
export type Side = readonly [across: -1 | 0 | 1, down: -2 | -1 | 0 | 1 | 2];

export interface Word {
  text: Text;
  label: string;
  at: Point;
  side: Side;
  angle_rad: number;
}

export type Box = [left: number, top: number, right: number, bottom: number];
/** How wide a line of that text is, in pixels. */
export type WidthOf = (line: string, text: Text) => number;

const SIDE_OF: Record<Text["where"], Side> = { right: [1, 0], below: [0, 1], middle: [0, 0], along: [0, 0] };
/** What must be read has a choice of sides, the best first; cut short, also of those further off. */
const SIDES: readonly Side[] = [[1, 0], [-1, 0], [0, 1], [0, -1], [1, 1], [-1, 1], [1, -1], [-1, -1]];
const FAR_SIDES: readonly Side[] = [[0, 2], [0, -2], [1, 2], [-1, 2], [1, -2], [-1, -2]];
const ASIDE_PX = 16;
const BELOW_PX = 12;
export const LINE_HEIGHT = 1.25;

export const sideOf = (text: Text): Side => SIDE_OF[text.where];

/** The words that are written, those of the higher looks first; each with its box. */
export function placed(words: readonly Word[], view: View, widthOf: WidthOf): { word: Word; box: Box }[] {
  const taken = controlsOf(view);
  return words.toReversed().flatMap((word) => {
    const seen = choicesOf(word).map((one) => ({ word: one, box: boxOf(one, widthOf) })).filter(({ box }) => isSeen(box, view));
    const free = seen.find(({ box }) => !taken.some((other) => shared(other, box) > 0));
    const best = free ?? (word.text.crowd ? leastCovering(seen, taken) : undefined);
    if (best === undefined) return [];
    taken.push(best.box);
    return [best];
  });
}

/** What must be read on every side, then its first line alone on every side; else where it is. */
function choicesOf(word: Word): Word[] {
  if (!word.text.crowd) return [word];
  const short = { ...word, label: word.label.split("\n")[0]! };
  const onSides = (one: Word, sides: readonly Side[]): Word[] => sides.map((side) => ({ ...one, side }));
  return [...onSides(word, SIDES), ...onSides(short, [...SIDES, ...FAR_SIDES])];
}

function leastCovering<T extends { box: Box }>(choices: readonly T[], taken: readonly Box[]): T | undefined {
  const covers = ({ box }: T): number => taken.reduce((sum, other) => sum + shared(other, box), 0);
  return choices.toSorted((one, other) => covers(one) - covers(other))[0];
}

/** Where the pane's own controls lie: tools on the left, whom to follow at the right. */
const controlsOf = ({ width_px, height_px }: View): Box[] => [
  [0, 0, 52, height_px],
  [width_px - 150, 0, width_px, 50],
];

const isSeen = ([left, top, right, bottom]: Box, { width_px, height_px }: View): boolean =>
  right > 0 && bottom > 0 && left < width_px && top < height_px;

/** The area that two boxes share. */
function shared(a: Box, b: Box): number {
  const across = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const down = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  return across > 0 && down > 0 ? across * down : 0;
}

function boxOf(word: Word, widthOf: WidthOf): Box {
  const { label, text, at: [x, y], angle_rad } = word;
  const lines = label.split("\n");
  const wide = Math.max(...lines.map((line) => widthOf(line, text)));
  const high = lines.length * text.size_px * LINE_HEIGHT;
  const [cos, sin] = [Math.abs(Math.cos(angle_rad)), Math.abs(Math.sin(angle_rad))];
  const [w, h] = [wide * cos + high * sin, wide * sin + high * cos];
  const [dx, dy] = [word.side[0] * (ASIDE_PX + w / 2), downOf(word, h)];
  return [x + dx - w / 2, y + dy - h / 2, x + dx + w / 2, y + dy + h / 2];
}

/** How far below its sign the middle of a word of that height stands. */
export function downOf({ side: [across, down] }: Word, high_px: number): number {
  const beside_px = (down * high_px) / 2;
  return across === 0 ? Math.sign(down) * (BELOW_PX - high_px / 2) + 2 * beside_px : beside_px;
}

/** How far to the right of its sign a word begins, or with a minus ends. */
export const acrossOf = ({ side: [across] }: Word): number => across * ASIDE_PX;
