import { describe, expect, it } from "vitest";
import { keepLanguage, keptLanguage, utcTime, WordMissing, Words } from "./words";

const SENTENCES = {
  "page.greeting": "Hay {count} de {all}, {count}",
  "page.time.ago": "hace {span}",
  "page.time.days": "{count} días",
  "page.compass.n": "N",
  "page.compass.s": "S",
  "page.compass.e": "E",
  "page.compass.w": "O",
};
const spanish = new Words("es", SENTENCES, true);
const english = new Words("en", SENTENCES, true);

describe("sentences", () => {
  it("fill every place, as often as it stands there", () => {
    expect(spanish.t("page.greeting", { count: 2, all: "3" })).toBe("Hay 2 de 3, 2");
  });

  it("that are missing throw where one develops, and name the key", () => {
    expect(() => spanish.t("page.nowhere")).toThrow(WordMissing);
    expect(() => spanish.t("page.nowhere")).toThrow("page.nowhere");
    expect(() => spanish.t("page.greeting", { count: 2 })).toThrow("{all}");
  });

  it("that are missing show their key at night, and the page goes on", () => {
    const lenient = new Words("es", SENTENCES, false);
    expect(lenient.t("page.nowhere")).toBe("page.nowhere");
    expect(lenient.t("page.greeting", { count: 2 })).toBe("Hay 2 de –, 2");
  });

  it("are filled where they are known and every place gets a value, else there is none", () => {
    expect(spanish.filled("page.greeting", { count: 2, all: "3" })).toBe("Hay 2 de 3, 2");
    expect(spanish.filled("page.compass.n", {})).toBe("N");
    expect(spanish.filled("page.greeting", { count: 2 })).toBeNull();
    expect(spanish.filled("page.nowhere", {})).toBeNull();
  });

  it("a code without a word stands for itself", () => {
    expect(spanish.named("compass", "w")).toBe("O");
    expect(spanish.named("compass", "up")).toBe("up");
    expect(spanish.named("compass", "up", "towards the zenith")).toBe("towards the zenith");
  });
});

describe("numbers", () => {
  it("are written as the language writes them, and as the report does", () => {
    expect(spanish.number(-12345.678, 1)).toBe("−12\u202f345,7");
    expect(english.number(-12345.678, 1)).toBe("−12,345.7");
    expect(spanish.number(1234)).toBe("1\u202f234");
  });

  it("unknown is a dash, never a zero", () => {
    for (const nothing of [null, undefined, NaN, Infinity]) {
      expect(spanish.number(nothing)).toBe("–");
      expect(spanish.distance(nothing)).toBe("–");
      expect(spanish.bearing(nothing)).toBe("–");
      expect(spanish.ago(nothing)).toBe("–");
    }
    expect(spanish.bytes(null)).toBe("–");
    expect(utcTime(null)).toBe("–");
  });

  it("distances change their unit at ten kilometres", () => {
    expect(spanish.distance(9999)).toBe("9\u202f999 m");
    expect(spanish.distance(9999.6)).toBe("10,0 km");
  });

  it("a bearing is three digits and never 360", () => {
    expect(spanish.bearing(7)).toBe("007°");
    expect(spanish.bearing(359.6)).toBe("000°");
    expect(spanish.bearing(-90)).toBe("270°");
  });

  it("a position carries its hemispheres", () => {
    expect(spanish.position(-16.5, -68.15)).toBe("16,50000° S  68,15000° O");
  });

  it("disk space changes its unit at ten gigabytes", () => {
    expect(spanish.bytes(9.4e9)).toBe("9\u202f400 MB");
    expect(english.bytes(12.4e9)).toBe("12 GB");
  });
});

describe("times", () => {
  it("a span of two days or more is whole days: nobody counts 216 hours", () => {
    expect([172_799, 172_800, 259_199, 777_600].map((s) => spanish.span(s))).toEqual(["47 h 59 min", "2 días", "2 días", "9 días"]);
  });

  it("a span grows from seconds to hours", () => {
    expect([119, 120, 3599, 3600, 3900, -5].map((s) => spanish.span(s))).toEqual([
      "119 s",
      "2 min",
      "59 min",
      "1 h 00 min",
      "1 h 05 min",
      "0 s",
    ]);
  });

  it("an instant is shown in UTC", () => {
    expect(spanish.utc("1795304467000000000")).toBe(new Date(1795304467000).toISOString().slice(11, 19));
    expect(spanish.ago(12)).toBe("hace 12 s");
  });
});

describe("the language", () => {
  it("is Spanish until another was chosen here", () => {
    const kept = new Map<string, string>();
    const store = { getItem: (k: string) => kept.get(k) ?? null, setItem: (k: string, v: string) => void kept.set(k, v) };
    expect(keptLanguage(store)).toBe("es");
    keepLanguage(store, "en");
    expect(keptLanguage(store)).toBe("en");
    kept.forEach((_, key) => kept.set(key, "fr"));
    expect(keptLanguage(store)).toBe("es");
  });
});
