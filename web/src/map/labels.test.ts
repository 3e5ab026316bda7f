import { describe, expect, it } from "vitest";
import { placed, type Box, type Word } from "./labels";
import type { Text } from "./labels";

const VIEW = { x: 0.5, y: 0.5, zoom: 12, width_px: 900, height_px: 600 };
const TEXT: Text = { colour: "", halo: "", size_px: 10, where: "right", crowd: true };
const widthOf = (line: string): number => 6 * line.length;
const aircraft = (x: number, y: number, label = "A1 · 78 %\n412 m s. suelo\n5 212 m s. n. m."): Word => ({
  text: TEXT, label, at: [x, y], side: [1, 0], angle_rad: 0,
});
const boxesOf = (words: Word[]): Box[] => placed(words, VIEW, widthOf).map(({ box }) => box);
const overlaps = (boxes: Box[]): number =>
  boxes.flatMap((a, k) => boxes.slice(k + 1).filter((b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3])).length;

describe("labels of aircraft", () => {
  it("stand to the right of a lone one, whole", () => {
    const [only] = placed([aircraft(400, 300)], VIEW, widthOf);
    expect([only!.word.side, only!.box[0]]).toEqual([[1, 0], 416]);
  });

  it.each([
    ["beside each other", [[400, 300], [440, 300], [480, 300]]],
    ["above each other", [[400, 300], [400, 320], [400, 340]]],
    ["at one place", [[400, 300], [402, 301], [399, 302], [401, 303]]],
    ["at the edge", [[880, 300], [885, 310], [870, 320]]],
  ] as [string, [number, number][]][])("do not cover each other: %s", (_, places) => {
    const boxes = boxesOf(places.map(([x, y]) => aircraft(x, y)));
    expect([boxes.length, overlaps(boxes)]).toEqual([places.length, 0]);
  });

  it("where there is no room for all of it, it is said who it is", () => {
    const crowd = Array.from({ length: 12 }, (_, k) => aircraft(400 + k, 300));
    const labels = placed(crowd, VIEW, widthOf).map(({ word }) => word.label);
    expect(labels).toHaveLength(12);
    expect(labels.filter((label) => label === "A1 · 78 %").length).toBeGreaterThan(0);
  });
});

it("other words give way to them", () => {
  const village: Word = { text: { ...TEXT, where: "below", crowd: false }, label: "Ñuñoa", at: [460, 290], side: [0, 1], angle_rad: 0 };
  expect(placed([village, aircraft(400, 300)], VIEW, widthOf).map(({ word }) => word.label)).not.toContain("Ñuñoa");
  expect(placed([village], VIEW, widthOf)).toHaveLength(1);
});
