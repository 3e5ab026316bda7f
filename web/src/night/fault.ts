/** What failed, in the page's language: by its code, with its values. The account keeps the core's own words. */
import type { Fault } from "../wire";
import type { Values, Words } from "../words";

/** The report's sentence, else the page's own; the core's words where the catalogue has none, or too few values came. */
export function faultText({ code, text, values }: Pick<Fault, "code" | "text" | "values">, words: Words): string {
  const said = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, wordOf(value, words)]));
  return words.filled(`report.fault.${code}`, said) ?? words.filled(`page.fault.${code}`, said) ?? text;
}

const wordOf = (value: unknown, words: Words): Values[string] =>
  typeof value === "number" ? words.number(value, Number.isInteger(value) ? 0 : 1) : String(value);
