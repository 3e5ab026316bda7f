import { expect, test } from "vitest";
import type { Track } from "../wire";
import { boxesOf, frameOf, pathOf, shapeOf } from "./boxes";

const FRAME = { width_px: 640, height_px: 512 };

function track(col_px: number, row_px: number, more: Partial<Track> = {}): Track {
  return {
    id: "t1", kind: "person", confirmed: true, lat_deg: -32, lon_deg: -70, cov_m2: [1, 0, 1], speed_m_s: 1,
    course_deg: 90, col_px, row_px, alert: null, ...more,
  };
}

test("a mark stands on the same place of a picture of another size", () => {
  const [box] = boxesOf([track(319.5, 255.5)], FRAME, { width_px: 1280, height_px: 1024 }, 1);
  expect([box?.x_px, box?.y_px]).toEqual([640, 512]);
});

test("the middle of the first pixel is half a pixel in", () => {
  const [box] = boxesOf([track(0, 511)], FRAME, FRAME, 1);
  expect([box?.x_px, box?.y_px]).toEqual([0.5, 511.5]);
});

test("a mark is as large on the screen at every scale", () => {
  const halves = [0.25, 1, 8].map((scale) => (boxesOf([track(9, 9)], FRAME, FRAME, scale)[0]?.half_px ?? 0) * scale);
  expect(new Set(halves).size).toBe(1);
});

test("what has left the frame has no mark", () => {
  const tracks = [track(-1, 5), track(640, 5), track(5, 512), track(5, -3), track(639, 511)];
  expect(boxesOf(tracks, FRAME, FRAME, 1)).toHaveLength(1);
});

test("confirmed, unconfirmed and alert differ by shape, not by colour alone", () => {
  expect(shapeOf({ confirmed: true, alert: null })).toBe("square");
  expect(shapeOf({ confirmed: false, alert: null })).toBe("corners");
  expect(shapeOf({ confirmed: false, alert: "a" })).toBe("diamond");
  const paths = [{}, { confirmed: false }, { alert: "a" }].map((m) => boxesOf([track(9, 9, m)], FRAME, FRAME, 1)[0]!);
  expect(new Set(paths.map(pathOf)).size).toBe(3);
});

test("of a frame whose size nobody tells the picture's own pixels count", () => {
  expect(frameOf(null, FRAME)).toEqual(FRAME);
  expect(frameOf({ width_px: null, height_px: null }, FRAME)).toEqual(FRAME);
  expect(frameOf({ width_px: 320, height_px: 256 }, FRAME)).toEqual({ width_px: 320, height_px: 256 });
});
