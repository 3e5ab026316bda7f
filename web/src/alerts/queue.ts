/** The order in which alerts are shown: what waits for a person first, by severity and then by how long it waits. */
import { msOf } from "../instant";
import type { Alert, Decision, Severity } from "../wire";

/** Where an alert stands. `unseen`: dismissed without anybody having opened its evidence. */
export type Standing = "open" | "confirmed" | "dismissed" | "unseen";

/** Alerts about one course of events. */
export interface Incident {
  id: string;
  severity: Severity;
  /** Its first alert's instant. */
  since_utc_ms: number;
  alerts: Alert[];
}

export interface Queue {
  /** With at least one alert left to review: most severe first, and of these the one that waits longest. */
  open: Incident[];
  /** The others, latest first. */
  reviewed: Incident[];
  /** Alerts left to review, by severity. */
  left: Record<Severity, number>;
}

const RANK: Record<Severity, number> = { high: 0, medium: 1, low: 2 };

/** `unreviewed`: nobody has looked at it yet, so it still waits for a person. */
export function standingOf(decision: Decision | undefined): Standing {
  if (decision === undefined || decision.state === "open" || decision.state === "unreviewed") return "open";
  return decision.state === "dismissed" && decision.reason === "unseen" ? "unseen" : decision.state;
}

export function queueOf(alerts: readonly Alert[], decisions: Readonly<Record<string, Decision>>): Queue {
  const isOpen = (alert: Alert) => standingOf(decisions[alert.id]) === "open";
  const incidents = incidentsOf(alerts, isOpen);
  return {
    open: incidents.filter((one) => one.alerts.some(isOpen)).sort(moreUrgent),
    reviewed: incidents.filter((one) => !one.alerts.some(isOpen)).sort((a, b) => b.since_utc_ms - a.since_utc_ms),
    left: countOf(alerts.filter(isOpen)),
  };
}

/** The alerts in the order of the queue, as next and previous walk them. */
export const inOrder = (queue: Queue): Alert[] => [...queue.open, ...queue.reviewed].flatMap(({ alerts }) => alerts);

function incidentsOf(alerts: readonly Alert[], isOpen: (alert: Alert) => boolean): Incident[] {
  const groups = new Map<string, Alert[]>();
  for (const alert of alerts) groups.set(alert.incident, [...(groups.get(alert.incident) ?? []), alert]);
  return [...groups].map(([id, members]) => incidentOf(id, members, isOpen));
}

/** An incident is as severe as what is still open in it; its open alerts come first. */
function incidentOf(id: string, members: Alert[], isOpen: (alert: Alert) => boolean): Incident {
  const open = members.filter(isOpen);
  const severity = (open.length > 0 ? open : members).map((alert) => alert.severity).sort(bySeverity)[0]!;
  const since_utc_ms = Math.min(...members.map((alert) => msOf(alert.utc_ns)));
  const alerts = members.toSorted((a, b) => Number(isOpen(b)) - Number(isOpen(a)) || moreUrgentAlert(a, b));
  return { id, severity, since_utc_ms, alerts };
}

const bySeverity = (one: Severity, other: Severity): number => RANK[one] - RANK[other];

const moreUrgent = (one: Incident, other: Incident): number =>
  bySeverity(one.severity, other.severity) || one.since_utc_ms - other.since_utc_ms || one.id.localeCompare(other.id);

const moreUrgentAlert = (one: Alert, other: Alert): number =>
  bySeverity(one.severity, other.severity) || msOf(one.utc_ns) - msOf(other.utc_ns) || one.id.localeCompare(other.id);

function countOf(alerts: Alert[]): Record<Severity, number> {
  const left: Record<Severity, number> = { high: 0, medium: 0, low: 0 };
  for (const alert of alerts) left[alert.severity]++;
  return left;
}
