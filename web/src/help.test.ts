import { describe, expect, it } from "vitest";
import { CONFIRM_REASONS, DISMISS_REASONS, UNSEEN_REASONS } from "./alerts/triage.svelte";
import { HELP } from "./help";
import { commandOf, digitOf, KEYS, keyOf, shortcutsOf } from "./keys";
import { MAP_KEYS, mapCommandOf } from "./map/keys";
import { VIDEO_KEYS, videoCommandOf } from "./video/keys";

const plain = { ctrlKey: false, metaKey: false, altKey: false, target: null };
const NAMED = ["Enter", "Escape", "Tab", "Backspace", "Delete", "Home", "End", "PageUp", "PageDown", "Insert", "F1"];
const ARROWS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];
/** Every key that a keyboard has, as the browser names it; capitals mean what small letters mean. */
const ALL = [...Array.from({ length: 95 }, (_, at) => String.fromCharCode(32 + at)), ...ARROWS, ...NAMED].filter((key) => !/^[A-Z]$/.test(key));

const mostReasons = Math.max(...[CONFIRM_REASONS, DISMISS_REASONS, UNSEEN_REASONS].map((reasons) => reasons.length));
const isNumber = (key: string) => (digitOf({ ...plain, key }) ?? Infinity) <= mostReasons;
const WORKS: Record<string, (key: string) => boolean> = {
  "page.help.everywhere": (key) => commandOf({ ...plain, key }) !== null || isNumber(key),
  "page.help.map": (key) => mapCommandOf({ ...plain, key }) !== null,
  "page.help.video": (key) => videoCommandOf({ ...plain, key }, true) !== null,
};

describe("the help", () => {
  it.each(HELP)("$title lists the keys that work there, and no other", ({ title, rows }) => {
    const listed = rows.flatMap(({ keys }) => keys);
    expect(listed.toSorted()).toEqual(ALL.filter(WORKS[title]!).toSorted());
  });

  it("has as many parts as there are tables of keys", () => {
    expect(HELP.map(({ title }) => title)).toEqual(Object.keys(WORKS));
  });
});

describe("a key", () => {
  it.each([["page", KEYS], ["map", MAP_KEYS], ["video", VIDEO_KEYS]] as const)("of the %s means one thing", (_, rows) => {
    const keys = rows.flatMap((row) => row.keys as string[]);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("means the same as a capital, for Caps Lock is easily pressed at night", () => {
    expect(commandOf({ ...plain, key: "D" })).toBe("dismiss");
    expect(videoCommandOf({ ...plain, key: "L" }, true)).toBe("live");
  });

  it("with a modifier belongs to the browser", () => {
    for (const held of ["ctrlKey", "altKey", "metaKey"] as const) {
      expect(commandOf({ ...plain, key: "d", [held]: true })).toBeNull();
      expect(mapCommandOf({ ...plain, key: "ArrowLeft", [held]: true })).toBeNull();
      expect(videoCommandOf({ ...plain, key: "b", [held]: true }, true)).toBeNull();
    }
  });

  it("that moves a video in time is the timeline's while that moves it; the others stay the pane's", () => {
    expect(videoCommandOf({ ...plain, key: "b" }, false)).toBeNull();
    expect(videoCommandOf({ ...plain, key: "+" }, false)).toBe("zoom_in");
  });

  it("is shown on its button as it stands in the table", () => {
    expect([keyOf("open"), keyOf("cancel")]).toEqual(["e", "Esc"]);
    expect(shortcutsOf(VIDEO_KEYS, "pause")).toBe("Space");
  });
});
