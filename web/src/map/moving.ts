/** What moves and what is reported, as shapes, at one instant. */

import type { Alert, Decision, Fix, LonLat, Sight, Track, Tracks } from "../wire";
import type { Translate, Words } from "../words";
import { ahead, ellipseRing } from "./ellipse";
import { line, point, ring, type Shape } from "./shapes";
import type { Trails } from "./trails";

/** A picture older than this is no picture of now. */
export const STALE_S = 2;
/** Nothing heard for so long: the link counts as lost, whatever it last said; a mover is no longer shown. */
export const SILENT_S = 10;
/** The vector shows where a mover is after this time. */
const VECTOR_S = 60;

export const ageS = (utc_ns: string, now_utc_ns: bigint): number => Number(now_utc_ns - BigInt(utc_ns)) / 1e9;

/** The link as it is now: what the last fix said, or worse with its age. */
export function linkOf(fix: Fix, now_utc_ns: bigint): NonNullable<Fix["link"]> {
  const age_s = ageS(fix.utc_ns, now_utc_ns);
  if (fix.link === "lost" || age_s > SILENT_S) return "lost";
  return fix.link === "late" || age_s > STALE_S ? "late" : "good";
}

export function aircraftShapes(fixes: readonly Fix[], now_utc_ns: bigint, words: Words): Shape[] {
  return fixes.map((fix) => {
    const link = linkOf(fix, now_utc_ns);
    const label = aircraftLabel(fix, link, words);
    return point([fix.lon_deg, fix.lat_deg], {
      look: "aircraft", icon: `aircraft-${link}`, heading_deg: fix.heading_deg, label,
    });
  });
}

/** Short lines: who and its battery where it is known, the link where it is not good, and both heights. */
function aircraftLabel(fix: Fix, link: NonNullable<Fix["link"]>, words: Words): string {
  const { t } = words;
  const charge = fix.battery_fraction;
  const who = charge === null ? fix.aircraft : t("page.map.who", { aircraft: fix.aircraft, percent: words.number(100 * charge) });
  const heights = t("page.map.heights", { agl: words.number(fix.alt_agl_m), amsl: words.number(fix.alt_amsl_m) });
  return [who, ...(link === "good" ? [] : [t(`page.link.${link}`)]), heights].join("\n");
}

export function flownShapes(trails: Trails): Shape[] {
  return Object.values(trails)
    .filter((trail) => trail.length > 1)
    .map((trail) => line(trail.map(({ at }) => at), { look: "flown" }));
}

/** Footprints; a stale one is dashed and empty, and without a position there is none. */
export function sightShapes(sights: readonly Sight[], now_utc_ns: bigint): Shape[] {
  return sights.flatMap((sight) => {
    const age_s = ageS(sight.utc_ns, now_utc_ns);
    if (sight.ring.length < 3 || age_s > 30 * STALE_S) return [];
    return [ring(sight.ring, { look: age_s > STALE_S ? "sight-stale" : "sight" })];
  });
}

/** From each aircraft to the middle of what its camera sees. */
export function rayShapes(pairs: readonly (readonly [Fix, Sight])[], now_utc_ns: bigint): Shape[] {
  return pairs.flatMap(([fix, { centre, utc_ns }]) =>
    centre === null || ageS(utc_ns, now_utc_ns) > STALE_S
      ? []
      : [line([[fix.lon_deg, fix.lat_deg], [centre.lon_deg, centre.lat_deg]], { look: "sight-ray" })],
  );
}

export function moverShapes(looks: readonly Tracks[], now_utc_ns: bigint, words: Words): Shape[] {
  const fresh = looks.filter(({ utc_ns }) => ageS(utc_ns, now_utc_ns) <= SILENT_S).flatMap(({ tracks }) => tracks);
  return fresh.flatMap((track) => trackShapes(track, words));
}

function trackShapes(track: Track, words: Words): Shape[] {
  const at: LonLat = [track.lon_deg, track.lat_deg];
  const kind = ["person", "vehicle", "animal"].includes(track.kind) ? track.kind : "unknown";
  const around = ellipseRing(at, track.cov_m2);
  if (!track.confirmed)
    return [ring(around, { look: "ellipse-tentative" }), point(at, { look: "mover", icon: `mover-${kind}-tentative` })];
  const label = words.t("page.map.mover", { kind: words.t(`page.mover.${kind}`), speed: words.number(track.speed_m_s, 1) });
  return [
    ring(around, { look: "ellipse" }),
    line([at, ahead(at, track.course_deg, track.speed_m_s * VECTOR_S)], { look: "speed" }),
    point(at, { look: "mover", icon: `mover-${kind}`, label, ...(track.alert === null ? {} : { pick: track.alert }) }),
  ];
}

/** The selected alert last, so that it lies on top, with its ellipse and its track. */
export function alertShapes(
  alerts: readonly Alert[],
  decisions: Readonly<Record<string, Decision>>,
  selected: string | null,
  t: Translate,
): Shape[] {
  const chosen = alerts.filter((alert) => alert.id === selected);
  const others = alerts.filter((alert) => alert.id !== selected);
  return [...chosen.flatMap(evidenceShapes), ...[...others, ...chosen].map((alert) => alertShape(alert, decisions, selected, t))];
}

function evidenceShapes({ position, position_cov_m2, evidence }: Alert): Shape[] {
  const way = evidence.track.map(([, lon, lat]): LonLat => [lon, lat]);
  const around = ellipseRing([position.lon_deg, position.lat_deg], position_cov_m2);
  return [ring(around, { look: "alert-ellipse" }), ...(way.length > 1 ? [line(way, { look: "alert-track" })] : [])];
}

function alertShape(
  { id, severity, position }: Alert,
  decisions: Readonly<Record<string, Decision>>,
  selected: string | null,
  t: Translate,
): Shape {
  const state = decisions[id]?.state;
  const answer = state === "confirmed" || state === "dismissed" ? state : "open";
  const word = answer === "open" ? t(`page.severity.${severity}`) : t(`page.standing.${answer}`);
  const label = id === selected || answer === "open" ? { label: word } : {};
  return point([position.lon_deg, position.lat_deg], { look: "alert", icon: `alert-${severity}-${answer}`, pick: id, ...label });
}
