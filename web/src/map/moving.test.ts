import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Alert, Decision, Fix, LonLat, Sight, Tracks } from "../wire";
import { Words } from "../words";
import { coordinates } from "./coordinates";
import { Dirty } from "./dirty";
import { pickAt } from "./hit";
import { legsOf, scaleBar, scaleText, totalM } from "./measure";
import { aircraftShapes, alertShapes, linkOf, moverShapes, sightShapes } from "./moving";
import { startsWithWebGl } from "./open";
import { point } from "./shapes";
import { withFixes, type Trails } from "./trails";

const T0 = 1_782_093_600_000_000_000n;
const after = (s: number): bigint => T0 + BigInt(Math.round(s * 1e9));
const SENTENCES = {
  "page.map.who": "{aircraft} {percent} %",
  "page.map.heights": "{agl} AGL, {amsl} AMSL",
  "page.map.mover": "{kind} {speed} m/s",
  "page.mover.unknown": "sin clase",
  "page.link.late": "enlace atrasado",
  "page.severity.high": "Alta",
  "page.standing.dismissed": "Descartada",
  "page.compass.s": "S",
  "page.compass.w": "O",
};
const words = new Words("es", SENTENCES, true);

const fix = (s: number, more: Partial<Fix> = {}): Fix => ({
  kind: "fix", utc_ns: String(after(s)), aircraft: "A1", lat_deg: -19.5, lon_deg: -66.8 + s / 1e4, alt_hae_m: 4850, alt_amsl_m: 4812.4,
  alt_agl_m: 312.4, heading_deg: 40, ground_speed_m_s: 20, battery_fraction: 0.78, phase: "tour", link: "good", sigma_h_m: 2, ...more,
});
const alert = (id: string, more: Partial<Alert> = {}): Alert => ({
  kind: "alert", utc_ns: String(T0), id, incident: id, rule: "zone_entry", line: "", stream: "A1", tracks: [], probability: 0.97, mover: "person",
  reason: "", position: { lat_deg: -19.5, lon_deg: -66.8, alt_hae_m: 4500 }, position_cov_m2: [100, 0, 100],
  evidence: { still_sha256: null, chip_sha256: null, track: [["1", -66.81, -19.5], ["2", -66.8, -19.5]] },
  severity: "high", from_utc_ns: "0", to_utc_ns: "1", ...more,
});

describe("aircraft", () => {
  test("a silent aircraft's link is late, then lost, whatever it last said", () => {
    expect([0, 1.9, 2.1, 10.1].map((s) => linkOf(fix(0), after(s)))).toEqual(["good", "good", "late", "lost"]);
    expect(linkOf(fix(0, { link: "lost" }), after(0))).toBe("lost");
  });

  test("carry heights, battery and link as words, and unknown ground as a dash", () => {
    const [shape] = aircraftShapes([fix(0, { alt_agl_m: null, link: "late" })], T0, words);
    expect(shape!.properties.label).toBe("A1 78 %\nenlace atrasado\n– AGL, 4\u202f812 AMSL");
    expect(shape!.properties.icon).toBe("aircraft-late");
  });

  test("a battery that nobody tells of is left out, not zero", () => {
    const [shape] = aircraftShapes([fix(0, { battery_fraction: null, phase: null, ground_speed_m_s: null })], T0, words);
    expect(shape!.properties.label).toBe("A1\n312 AGL, 4\u202f812 AMSL");
  });

  test("a trail keeps ten minutes, thins out, and forgets what a replay has not reached", () => {
    let trails: Trails = {};
    for (let s = 0; s <= 900; s += 0.5) trails = withFixes(trails, [fix(s)]);
    const trail = trails["A1"]!;
    expect(trail.length).toBeLessThanOrEqual(402);
    expect(trail.length).toBeGreaterThan(240);
    expect(trail[0]!.utc_ns).toBeGreaterThanOrEqual(after(300));
    expect(trail.at(-1)!.utc_ns).toBe(after(900));
    expect(withFixes(trails, [fix(500)])["A1"]!.at(-1)!.utc_ns).toBe(after(500));
  });

  test("a fix twice is one point", () => {
    expect(withFixes(withFixes({}, [fix(1)]), [fix(1)])["A1"]).toHaveLength(1);
  });
});

describe("what cameras see", () => {
  const sight: Sight = {
    kind: "sight", utc_ns: String(T0), stream: "A1", frame: 1, ring: [[-66.8, -19.5], [-66.79, -19.5], [-66.79, -19.49]], centre: null,
    slant_range_m: null, gsd_m: null, sigma_m: null, why_not: "",
  };

  test("a footprint is shown as stale after two seconds, and not at all after a minute or without a ring", () => {
    const looks = (s: number, ring = sight.ring): (string | undefined)[] => sightShapes([{ ...sight, ring }], after(s)).map(({ properties }) => properties.look);
    expect([looks(1), looks(2.5), looks(61), looks(0, [])]).toEqual([["sight"], ["sight-stale"], [], []]);
  });

  test("tracks vanish when nothing is heard, and an unconfirmed one bears no word", () => {
    const track = { id: "t", kind: "yeti", confirmed: false, lat_deg: -19.5, lon_deg: -66.8, cov_m2: [9, 0, 9] as [number, number, number], speed_m_s: 1.4, course_deg: 90, col_px: 1, row_px: 1, alert: "a" };
    const looks: Tracks = { kind: "tracks", utc_ns: String(T0), stream: "A1", frame: 1, tracks: [track, { ...track, confirmed: true }] };
    expect(moverShapes([looks], after(11), words)).toEqual([]);
    const shapes = moverShapes([looks], after(1), words);
    expect(shapes.map(({ properties }) => properties.icon ?? properties.look)).toEqual([
      "ellipse-tentative", "mover-unknown-tentative", "ellipse", "speed", "mover-unknown",
    ]);
    expect(shapes[1]!.properties.label).toBeUndefined();
    expect(shapes[4]!.properties.label).toBe("sin clase 1,4 m/s");
    expect(shapes[4]!.properties.pick).toBe("a");
  });
});

describe("alerts", () => {
  const decided: Decision = { kind: "decision", utc_ns: "1", alert: "b", state: "dismissed", by: "operator", reason: "animal", note: "", index: 3 };

  test("the selected one lies on top with its ellipse and its track", () => {
    const shapes = alertShapes([alert("a"), alert("b")], { b: decided }, "a", words.t);
    expect(shapes.map(({ properties }) => properties.look)).toEqual(["alert-ellipse", "alert-track", "alert", "alert"]);
    expect(shapes.map(({ properties }) => properties.pick)).toEqual([undefined, undefined, "b", "a"]);
    expect(shapes[2]!.properties.icon).toBe("alert-high-dismissed");
  });

  test("a decision that was taken back leaves the alert open", () => {
    const [shape] = alertShapes([alert("b")], { b: { ...decided, state: "open" } }, null, words.t);
    expect(shape!.properties.icon).toBe("alert-high-open");
  });

  test("a click picks the nearest within reach, the upper of two in one place, and nothing else", () => {
    const at = (x: number, y: number, pick?: string) => point([x, y], { look: "alert", ...(pick === undefined ? {} : { pick }) });
    const shapes = [at(10, 10, "under"), at(10, 10, "over"), at(40, 10, "far"), at(11, 10)];
    const flat = (place: LonLat): LonLat => place;
    expect(pickAt(shapes, flat, [12, 10])).toBe("over");
    expect(pickAt(shapes, flat, [33, 10])).toBe("far");
    expect(pickAt(shapes, flat, [90, 90])).toBeNull();
  });
});

describe("measuring", () => {
  test("legs with bearings, true and magnetic: east of true north the compass shows less", () => {
    const legs = legsOf([[-66.8, -19.5], [-66.8, -19.4], [-66.7, -19.4]], 6);
    expect(legs[0]!.true_deg).toBeCloseTo(0, 6);
    expect(legs[0]!.magnetic_deg).toBeCloseTo(354, 6);
    expect(legs[1]!.magnetic_deg).toBeCloseTo(84.02, 1);
    expect(totalM(legs)).toBeCloseTo(11068.6 + 10503.2, -2);
  });

  test("an unknown declination gives no magnetic bearing, and one point no leg", () => {
    expect(legsOf([[0, 0], [1, 0]], null)[0]!.magnetic_deg).toBeNull();
    expect(legsOf([[0, 0]], 3)).toEqual([]);
  });

  test("the scale bar is round and fits", () => {
    for (const metres_per_px of [0.02, 0.7, 19, 38.2, 400]) {
      const { length_m, width_px } = scaleBar(metres_per_px, 110);
      expect(width_px).toBeLessThanOrEqual(110.000001);
      expect(width_px).toBeGreaterThan(110 / 2.6);
      expect(["1", "2", "5"]).toContain(String(length_m).replace(/[0.]|e.*/g, ""));
    }
  });

  test("lengths and places are written as the reader's language writes them", () => {
    expect([scaleText(500, words), scaleText(2000, words)]).toEqual(["500 m", "2 km"]);
    expect(coordinates("degrees", [-66.8, -19.5], words)).toBe("19,50000° S  66,80000° O");
    expect(coordinates("utm", [-66.8, 85], words)).toBe("–");
    expect(coordinates("mgrs", [-66.8, -19.5], words)).toMatch(/^19K [A-Z]{2} \d{5} \d{5}$/);
  });
});

test("the machine's graphics choose the hand, and the address may choose otherwise", () => {
  expect(startsWithWebGl("hardware", "")).toBe(true);
  expect(startsWithWebGl("software", "")).toBe(false);
  expect(startsWithWebGl("software", "?map=webgl")).toBe(true);
  expect(startsWithWebGl("none", "?map=webgl")).toBe(false);
  expect(startsWithWebGl("hardware", "?map=canvas")).toBe(false);
});

describe("redrawing", () => {
  let frames: (() => void)[] = [];
  beforeEach(() => {
    frames = [];
    vi.stubGlobal("requestAnimationFrame", (frame: () => void) => frames.push(frame));
    vi.stubGlobal("cancelAnimationFrame", () => (frames = []));
  });
  afterEach(() => vi.unstubAllGlobals());
  const run = (): void => frames.splice(0).forEach((frame) => frame());

  test("many changes between two frames are one redraw of each part", () => {
    const drawn: string[][] = [];
    const dirty = new Dirty<string>((parts) => drawn.push([...parts]), () => true, 0);
    dirty.add("movers", "aircraft");
    dirty.add("movers");
    expect(frames).toHaveLength(1);
    run();
    run();
    expect(drawn).toEqual([["movers", "aircraft"]]);
  });

  test("a map that draws seldom draws the first change at once, and what follows together a second later", () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    const drawn: string[][] = [];
    const dirty = new Dirty<string>((parts) => drawn.push([...parts]), () => true, 1000);
    dirty.add("aircraft");
    run();
    dirty.add("movers");
    dirty.add("sights");
    run();
    expect(drawn).toEqual([["aircraft"]]);
    vi.advanceTimersByTime(1000);
    run();
    expect(drawn).toEqual([["aircraft"], ["movers", "sights"]]);
    dirty.add("movers");
    dirty.stop();
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  test("nothing is drawn while hidden, and all of it when seen again", () => {
    const drawn: string[][] = [];
    let visible = false;
    const dirty = new Dirty<string>((parts) => drawn.push([...parts]), () => visible, 0);
    dirty.add("movers");
    run();
    expect(drawn).toEqual([]);
    visible = true;
    dirty.ask();
    run();
    expect(drawn).toEqual([["movers"]]);
  });
});
