/** Why an alert was raised, in the page's language; the log keeps the rule's own words. */
import type { Alert } from "../wire";
import type { Words } from "../words";

const INNER_LINE = /^inner_line_(\d+)_m$/;

/** What a rule found, with the alert's own figures; null for a rule that the catalogue has no sentence for. */
export function whyText({ rule, line, probability }: Pick<Alert, "rule" | "line" | "probability">, words: Words): string | null {
  if (!words.has(`page.why.${rule}`)) return null;
  return words.t(`page.why.${rule}`, { line: lineText(line, words), probability: words.number(probability, 2) });
}

/** A line or zone by its code: the border, the own side, or a line so far within the border. */
export function lineText(line: string, words: Words): string {
  const at_m = INNER_LINE.exec(line)?.[1];
  if (at_m !== undefined) return words.t("page.line.inner", { distance: words.distance(Number(at_m)) });
  return words.named("line", line);
}
