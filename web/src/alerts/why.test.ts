import { describe, expect, it } from "vitest";
import type { Alert } from "../wire";
import { Words } from "../words";
import { lineText, whyText } from "./why";

const SENTENCES = {
  "page.line.own_side": "lado propio vigilado",
  "page.line.border": "la frontera",
  "page.line.inner": "a {distance} hacia adentro de la frontera",
  "page.why.zone_entry": "La traza está en el {line} con probabilidad {probability}.",
  "page.why.line_crossing": "Cruzó hacia adentro ({line}); está más allá con probabilidad {probability}.",
};
const words = new Words("es", SENTENCES, true);
const alert = (rule: string, line: string, probability: number) => ({ rule, line, probability, reason: "crossed" }) as Alert;

describe("why an alert was raised", () => {
  it("is said in the page's language, from the alert's own rule and figures", () => {
    expect(whyText(alert("zone_entry", "own_side", 0.954), words)).toBe("La traza está en el lado propio vigilado con probabilidad 0,95.");
    expect(whyText(alert("line_crossing", "border", 0.98), words)).toBe(
      "Cruzó hacia adentro (la frontera); está más allá con probabilidad 0,98.",
    );
  });

  it("of a rule that the page does not know is not said", () => {
    expect(whyText(alert("loitering", "own_side", 0.9), words)).toBeNull();
  });
});

it("a line is called by how far within the border it runs; of an unknown one the name is shown", () => {
  expect(lineText("inner_line_1200_m", words)).toBe("a 1\u202f200 m hacia adentro de la frontera");
  expect(lineText("border", words)).toBe("la frontera");
  expect(lineText("creek", words)).toBe("creek");
});
