import { describe, expect, it } from "vitest";
import { LiveState } from "../live.svelte";
import type { Alert, Decision, DecisionRequest, Severity } from "../wire";
import { Desk, type Answer } from "./desk.svelte";
import { inOrder, queueOf, standingOf } from "./queue";
import { DISMISS_REASONS, Triage } from "./triage.svelte";

const ns = (s: number) => `${BigInt(1_795_304_400 + s) * 1_000_000_000n}`;
const alert = (id: string, severity: Severity, at_s: number, incident = id) =>
  ({ kind: "alert", id, severity, incident, utc_ns: ns(at_s), from_utc_ns: ns(at_s - 5) }) as Alert;
const decision = (alert: string, state: Decision["state"], reason = "", index = 1) =>
  ({ kind: "decision", alert, state, reason, index, utc_ns: ns(index), by: "operator", note: "" }) as Decision;

describe("the queue", () => {
  const alerts = [alert("l", "low", 0), alert("h2", "high", 9), alert("m", "medium", 1), alert("h1", "high", 5)];

  it("puts the severe first, and of these the one that waits longest", () => {
    expect(inOrder(queueOf(alerts, {})).map(({ id }) => id)).toEqual(["h1", "h2", "m", "l"]);
  });

  it("is the same whatever order the alerts came in", () => {
    expect(inOrder(queueOf(alerts.toReversed(), {}))).toEqual(inOrder(queueOf(alerts, {})));
  });

  it("moves what is reviewed to the end, the latest first, and counts what is left", () => {
    const queue = queueOf(alerts, { h1: decision("h1", "confirmed"), m: decision("m", "dismissed", "rock") });
    expect(inOrder(queue).map(({ id }) => id)).toEqual(["h2", "l", "h1", "m"]);
    expect(queue.left).toEqual({ high: 1, medium: 0, low: 1 });
  });

  it("shows alerts of one incident together; it is as severe as what waits in it", () => {
    const one = [alert("a", "low", 0, "i"), alert("b", "high", 3, "i"), alert("c", "medium", 1)];
    expect(inOrder(queueOf(one, {})).map(({ id }) => id)).toEqual(["b", "a", "c"]);
    const after = queueOf(one, { b: decision("b", "confirmed") });
    expect(inOrder(after).map(({ id }) => id)).toEqual(["c", "a", "b"]);
    expect(after.reviewed).toEqual([]);
  });

  it("what was taken back or never reviewed waits; dismissed unseen is a state of its own", () => {
    expect(standingOf(undefined)).toBe("open");
    expect(standingOf(decision("a", "open"))).toBe("open");
    expect(standingOf(decision("a", "unreviewed"))).toBe("open");
    expect(standingOf(decision("a", "dismissed", "unseen"))).toBe("unseen");
    expect(standingOf(decision("a", "dismissed", "rock"))).toBe("dismissed");
  });
});

/** A desk over a console that answers as the test says, one call after the other. */
function room(...answers: (Answer | Error)[]) {
  const live = new LiveState(async () => ({ fixes: [] }));
  for (const one of [alert("h1", "high", 5), alert("h2", "high", 9), alert("m", "medium", 1)]) live.receive(one, 0);
  const sent: { request: DecisionRequest; key: string }[] = [];
  const kept = new Map<string, string>();
  const store = { getItem: (k: string) => kept.get(k) ?? null, setItem: (k: string, v: string) => void kept.set(k, v) };
  const send = async (request: DecisionRequest, key: string): Promise<Answer> => {
    sent.push({ request, key });
    const answer = answers.shift() ?? { index: 100 + sent.length };
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const desk = new Desk(live, store, send);
  return { live, desk, triage: new Triage(live, desk), sent, store, send };
}

const settled = () => new Promise((done) => setTimeout(done));

describe("a decision", () => {
  const request: DecisionRequest = { alert: "h1", state: "confirmed", reason: "person", note: "" };

  it("is shown only when the console says that it is durable", async () => {
    const { live, desk } = room();
    const done = desk.decide(request);
    expect(live.decisions["h1"]).toBeUndefined();
    expect(desk.posts["h1"]!.state).toBe("sending");
    await done;
    expect(live.decisions["h1"]!.state).toBe("confirmed");
    expect(desk.posts).toEqual({});
  });

  it("that nobody answered stays, and is sent again under the same key", async () => {
    const { live, desk, sent } = room(new Error("network"));
    await desk.decide(request);
    expect(desk.posts["h1"]).toMatchObject({ state: "failed", refusal: null });
    expect(live.decisions["h1"]).toBeUndefined();
    await desk.retry("h1");
    expect(sent[1]!.key).toBe(sent[0]!.key);
    expect(live.decisions["h1"]!.state).toBe("confirmed");
  });

  it("that was refused says why, and can be given up", async () => {
    const { desk } = room({ refusal: { code: "unknown_alert", text: "no such alert" } });
    await desk.decide(request);
    expect(desk.posts["h1"]!.refusal?.code).toBe("unknown_alert");
    desk.discard("h1");
    expect(desk.posts).toEqual({});
  });

  it("that failed outlives a reload of the page", async () => {
    const { live, desk, store, send, sent } = room(new Error("network"));
    await desk.decide(request);
    const reloaded = new Desk(live, store, send);
    await reloaded.retry("h1");
    expect(sent[1]!.key).toBe(sent[0]!.key);
  });

  it("that failed and is then made otherwise is another decision", async () => {
    const { desk, sent } = room(new Error("network"));
    await desk.decide(request);
    await desk.decide({ ...request, reason: "vehicle" });
    expect(sent[1]!.key).not.toBe(sent[0]!.key);
  });

  it("is not sent twice while it is under way", async () => {
    const { desk, sent } = room();
    const first = desk.decide(request);
    expect(await desk.decide({ ...request, state: "dismissed", reason: "rock" })).toBe(false);
    await first;
    expect(sent.length).toBe(1);
  });
});

describe("triage by keyboard", () => {
  it("next and previous walk the queue and stop at its ends", () => {
    const { triage, live } = room();
    const visited = ["next", "next", "next", "next", "previous"].map((command) => {
      triage.run(command as "next");
      return live.selected_alert;
    });
    expect(visited).toEqual(["h1", "h2", "m", "m", "h2"]);
  });

  it("confirm and a number send the reason, and go on to the next that waits", async () => {
    const { triage, live, sent } = room();
    triage.run("next");
    triage.note = "two people, one mule";
    triage.run("confirm");
    expect(triage.choose(1)).toBe(true);
    await settled();
    expect(sent[0]!.request).toEqual({ alert: "h1", state: "confirmed", reason: "person", note: "two people, one mule" });
    expect(live.selected_alert).toBe("h2");
  });

  it("after the last answer next reaches what comes to wait later, and from there walks on", async () => {
    const { triage, live } = room();
    for (const id of ["h1", "h2", "m"]) {
      triage.select(id);
      triage.run("dismiss");
      triage.choose(1);
      await settled();
    }
    expect([triage.waiting, live.selected_alert]).toEqual([0, "m"]);
    live.receive(alert("h3", "high", 20), 0);
    triage.run("next");
    expect(live.selected_alert).toBe("h3");
    triage.run("next");
    expect(live.selected_alert).toBe("h2");
    triage.run("next");
    expect(live.selected_alert).toBe("h1");
  });

  it("after the last answer next walks what is reviewed while nothing waits", async () => {
    const { triage, live } = room();
    live.receive(decision("m", "confirmed", "person"), 0);
    for (const id of ["h1", "h2"]) {
      triage.select(id);
      triage.run("dismiss");
      triage.choose(1);
    }
    await settled();
    expect([triage.waiting, live.selected_alert]).toEqual([0, "h2"]);
    triage.run("next");
    expect(live.selected_alert).toBe("h1");
  });

  it("at the end of what is reviewed next goes back to what waits, and stays where nothing does", () => {
    const { triage, live } = room();
    live.receive(decision("h1", "confirmed", "person"), 0);
    triage.select("h1");
    triage.run("next");
    expect(live.selected_alert).toBe("h2");
    for (const id of ["h2", "m"]) live.receive(decision(id, "confirmed", "person"), 0);
    triage.select("m");
    triage.run("next");
    expect(live.selected_alert).toBe("m");
  });

  it("without having opened the evidence there is one reason to dismiss: unseen", async () => {
    const { triage, sent } = room();
    triage.run("next");
    triage.run("dismiss");
    expect(triage.reasons).toEqual(["unseen"]);
    expect(triage.choose(2)).toBe(false);
    triage.evidenceOpened();
    expect(triage.reasons).toEqual(DISMISS_REASONS);
    triage.choose(3);
    await settled();
    expect(sent[0]!.request.reason).toBe("rock");
  });

  it("dismisses an incident at once: every alert by an entry of its own, and unseen where nobody opened its evidence", async () => {
    const { triage, live, sent } = room();
    for (const id of ["i1", "i2", "i3"]) live.receive(alert(id, "high", 0, "i"), 0);
    live.receive(decision("i3", "confirmed", "person"), 0);
    triage.select("i1");
    triage.note = "the same flock";
    triage.evidenceOpened();
    expect([triage.run("mark_incident"), triage.run("bulk")]).toEqual([true, true]);
    expect(triage.reasons).toEqual(DISMISS_REASONS);
    triage.choose(1);
    await settled();
    expect(sent.map(({ request }) => request)).toEqual([
      { alert: "i1", state: "dismissed", reason: "animal", note: "the same flock" },
      { alert: "i2", state: "dismissed", reason: "unseen", note: "" },
    ]);
    expect([triage.marked, live.selected_alert]).toEqual([[], "h1"]);
  });

  it("offers no reason but unseen for marked alerts of which none was opened", () => {
    const { triage } = room();
    for (const id of ["h1", "m"]) triage.mark(id);
    triage.run("bulk");
    expect(triage.reasons).toEqual(["unseen"]);
    expect(triage.choose(2)).toBe(false);
  });

  it("marks what waits of an incident, and lets go of it the second time", () => {
    const { triage, live } = room();
    for (const id of ["i1", "i2"]) live.receive(alert(id, "high", 0, "i"), 0);
    triage.select("i2");
    triage.run("mark_incident");
    expect(triage.marked).toEqual(["i1", "i2"]);
    triage.run("mark_incident");
    expect(triage.marked).toEqual([]);
  });

  it("of several dismissed at once one that fails is said and stays marked, and hides no other", async () => {
    const { triage, live, desk, sent } = room({ index: 7 }, new Error("network"), { refusal: { code: "disk_full", text: "" } });
    for (const id of ["h1", "h2", "m"]) triage.mark(id);
    triage.run("bulk");
    triage.choose(1);
    await settled();
    expect(live.decisions["h1"]).toMatchObject({ state: "dismissed", reason: "unseen", index: 7 });
    expect([desk.posts["h2"]?.refusal, desk.posts["m"]?.refusal?.code]).toEqual([null, "disk_full"]);
    expect(triage.marked).toEqual(["h2", "m"]);
    triage.run("bulk");
    triage.choose(1);
    await settled();
    expect(sent.slice(3).map(({ key }) => key)).toEqual(sent.slice(1, 3).map(({ key }) => key));
    expect([desk.posts, triage.marked]).toEqual([{}, []]);
  });

  it("undo takes a decision back without a reason, and does nothing to what is open", async () => {
    const { triage, live, sent } = room();
    triage.run("next");
    expect(triage.run("undo")).toBe(false);
    live.receive(decision("h1", "dismissed", "rock"), 0);
    expect(triage.run("undo")).toBe(true);
    await settled();
    expect(sent[0]!.request).toMatchObject({ alert: "h1", state: "open", reason: "" });
  });

  it("a number means nothing while nothing is being answered", () => {
    const { triage, sent } = room();
    triage.run("next");
    expect(triage.choose(1)).toBe(false);
    expect(sent).toEqual([]);
  });
});
