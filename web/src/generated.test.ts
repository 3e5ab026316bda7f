import { expect, it } from "vitest";
import { called } from "./generated";
import type { Night } from "./wire";
import { Words } from "./words";

const SENTENCES = {
  "page.generated.pass": "Paso generado {seed}",
  "page.generated.authority": "Ejercicio de Apacheta",
  "page.generated.patrol": "patrulla {village}",
  "page.generated.goal": "borde de {village}",
};
const words = new Words("es", SENTENCES, true);
const place = (name: string) => ({ name, lon_deg: 0, lat_deg: 0 });
const night = (name: string, authority: string) =>
  ({ name, authority, patrols: [place("patrol Salar Viejo"), place("Norte")], goals: [place("edge of Salar Viejo")] }) as Night;

it("what our generator names is called in the page's language", () => {
  const shown = called(night("generated pass 7", "Apacheta exercise"), words);
  expect([shown.name, shown.authority]).toEqual(["Paso generado 7", "Ejercicio de Apacheta"]);
  expect([...shown.patrols, ...shown.goals].map(({ name }) => name)).toEqual(["patrulla Salar Viejo", "Norte", "borde de Salar Viejo"]);
});

it("what a person has named keeps its name", () => {
  const own = night("patrol sector", "Apacheta exercise");
  expect(called(own, words)).toBe(own);
  expect(called(night("generated pass 7", "Ministerio"), words).authority).toBe("Ministerio");
});
