/** Names that our own generator gives, in the page's language. What a person has named keeps its name. */
import type { Night, Place } from "./wire";
import type { Words } from "./words";

/** The generator's own words: app/exercise.py, sim/world. Only a sector so named has places that it named. */
const PASS = /^generated pass (\d+)$/;
const AUTHORITY = "Apacheta exercise";
const PATROL = "patrol ";
const GOAL = "edge of ";

/** The night as it is called here. */
export function called(night: Night, { t }: Words): Night {
  const seed = PASS.exec(night.name)?.[1];
  if (seed === undefined) return night;
  const authority = night.authority === AUTHORITY ? t("page.generated.authority") : night.authority;
  const patrols = night.patrols.map(renamed(PATROL, (village) => t("page.generated.patrol", { village })));
  const goals = night.goals.map(renamed(GOAL, (village) => t("page.generated.goal", { village })));
  return { ...night, name: t("page.generated.pass", { seed }), authority, patrols, goals };
}

const renamed =
  (prefix: string, name: (rest: string) => string) =>
  (place: Place): Place =>
    place.name.startsWith(prefix) ? { ...place, name: name(place.name.slice(prefix.length)) } : place;
