/** Decisions on their way to the log. None counts before the console says that it is durable; none that failed is lost. */
import { nsOf } from "../instant";
import type { LiveState } from "../live.svelte";
import type { Decision, DecisionRequest } from "../wire";

/** Why a decision was not written: a code that the catalogue may know, and the console's own English for a code without words. */
export interface Refusal {
  code: string;
  text: string;
}

export interface Post {
  request: DecisionRequest;
  /** Idempotency-Key: the same for every attempt, so that what was written and not answered is written once. */
  key: string;
  state: "sending" | "failed";
  /** What was said against it; null when nobody answered. */
  refusal: Refusal | null;
}

/** The console's answer: the index of the entry, or why not. */
export type Answer = { index: number | null } | { refusal: Refusal | null };
export type Send = (request: DecisionRequest, key: string) => Promise<Answer>;

const KEPT = "apacheta.posts";
const ANSWER_WITHIN_MS = 10_000;

/** The decisions of this page that are not durable yet, by alert. Kept over a reload of the page. */
export class Desk {
  posts = $state.raw<Record<string, Post>>({});

  constructor(
    private readonly live: LiveState,
    private readonly store: Pick<Storage, "getItem" | "setItem">,
    private readonly send: Send = postDecision,
  ) {
    const kept = JSON.parse(store.getItem(KEPT) ?? "{}") as Record<string, Post>;
    for (const [alert, post] of Object.entries(kept)) this.posts = { ...this.posts, [alert]: { ...post, state: "failed" } };
  }

  /** Send a decision. One that is under way for the same alert goes first: then nothing is done, and false comes back. */
  async decide(request: DecisionRequest): Promise<boolean> {
    const before = this.posts[request.alert];
    if (before?.state === "sending") return false;
    const key = before !== undefined && isSame(before.request, request) ? before.key : crypto.randomUUID();
    await this.attempt({ request, key, state: "sending", refusal: null });
    return true;
  }

  async retry(alert: string): Promise<void> {
    const post = this.posts[alert];
    if (post?.state === "failed") await this.attempt({ ...post, state: "sending", refusal: null });
  }

  /** Give up a decision that failed. */
  discard(alert: string): void {
    if (this.posts[alert]?.state === "failed") this.put(alert, null);
  }

  private async attempt(post: Post): Promise<void> {
    const { alert } = post.request;
    this.put(alert, post);
    const answer = await this.send(post.request, post.key).catch((): Answer => ({ refusal: null }));
    if ("refusal" in answer) return this.put(alert, { ...post, state: "failed", refusal: answer.refusal });
    this.put(alert, null);
    if (answer.index !== null) this.live.present.decide(this.durable(post.request, answer.index));
  }

  /** The decision as it stands in the log, until the core's own message says the same. */
  private durable(request: DecisionRequest, index: number): Decision {
    const utc_ns = `${nsOf(this.live.now_utc_ms ?? Date.now())}`;
    return { kind: "decision", utc_ns, by: "operator", index, ...request };
  }

  private put(alert: string, post: Post | null): void {
    const { [alert]: _, ...others } = this.posts;
    this.posts = post === null ? others : { ...others, [alert]: post };
    this.store.setItem(KEPT, JSON.stringify(this.posts));
  }
}

/** Whether two requests ask for the same: then what failed may have been written, and is asked for under its key. */
const isSame = (one: DecisionRequest, other: DecisionRequest): boolean =>
  one.alert === other.alert && one.state === other.state && one.reason === other.reason && one.note === other.note;

/** POST /api/decisions. Rejects when nobody answers in time. */
export async function postDecision(request: DecisionRequest, key: string): Promise<Answer> {
  const answer = await fetch("/api/decisions", {
    method: "POST",
    headers: { "Content-Type": "application/json", "Idempotency-Key": key },
    body: JSON.stringify(request),
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  });
  const body = (await answer.json().catch(() => ({}))) as { index?: number; code?: string; text?: string };
  if (answer.ok) return { index: body.index ?? null };
  return { refusal: { code: body.code ?? "", text: body.text ?? String(answer.status) } };
}
