/** One person's way through the queue: what is selected, opened, marked and about to be answered. */
import { msOf } from "../instant";
import type { Command } from "../keys";
import type { LiveState } from "../live.svelte";
import type { Alert, DecisionRequest, Reason } from "../wire";
import type { Desk } from "./desk.svelte";
import { inOrder, queueOf, standingOf } from "./queue";

export const CONFIRM_REASONS: readonly Reason[] = ["person", "vehicle"];
export const DISMISS_REASONS: readonly Reason[] = ["animal", "lawful", "rock", "not_there", "duplicate", "other"];
/** All that a person may say who has not opened the evidence. */
export const UNSEEN_REASONS: readonly Reason[] = ["unseen"];

export type Answering = "confirmed" | "dismissed" | "bulk" | null;

export class Triage {
  /** The evidence pane of the selected alert is open. */
  showing = $state(false);
  answering = $state<Answering>(null);
  /** The note field is asked to take the keyboard: raised by one each time. */
  note_asked = $state(0);
  private notes = $state.raw<Record<string, string>>({});
  private opened = $state.raw<Record<string, true>>({});
  private marks = $state.raw<ReadonlySet<string>>(new Set());
  /** The alert with whose answer nothing waited any more: next goes on from there with what comes to wait. */
  private last_answered: string | null = null;

  constructor(
    private readonly live: LiveState,
    private readonly desk: Desk,
  ) {}

  get queue() {
    return queueOf(Object.values(this.live.present.alerts), this.live.present.decisions);
  }

  /** How many alerts wait for a person. */
  get waiting(): number {
    const { high, medium, low } = this.queue.left;
    return high + medium + low;
  }

  get selected(): Alert | null {
    const id = this.live.selected_alert;
    return id === null ? null : (this.live.present.alerts[id] ?? null);
  }

  get note(): string {
    return (this.selected && this.notes[this.selected.id]) ?? "";
  }

  set note(text: string) {
    if (this.selected) this.notes = { ...this.notes, [this.selected.id]: text };
  }

  /** The reasons to choose from now, in the order of their numbers. */
  get reasons(): readonly Reason[] {
    if (this.answering === "confirmed") return CONFIRM_REASONS;
    return this.answered.some((id) => this.isOpened(id)) ? DISMISS_REASONS : UNSEEN_REASONS;
  }

  /** The alerts that an answer is about now. */
  get answered(): string[] {
    if (this.answering === "bulk") return this.marked;
    return this.selected === null ? [] : [this.selected.id];
  }

  isOpened(alert: string): boolean {
    return alert in this.opened;
  }

  isMarked(alert: string): boolean {
    return this.marks.has(alert);
  }

  isOpen(alert: string): boolean {
    return standingOf(this.live.present.decisions[alert]) === "open";
  }

  /** Marked alerts that still wait and are not under way. */
  get marked(): string[] {
    return [...this.marks].filter((id) => this.isOpen(id) && this.desk.posts[id]?.state !== "sending");
  }

  select(alert: string | null): void {
    if (alert !== this.live.selected_alert) this.showing = false;
    this.live.selected_alert = alert;
    this.answering = null;
    this.last_answered = null;
  }

  mark(alert: string): void {
    this.putMarks([alert], !this.isMarked(alert));
  }

  /** Mark all that waits of an incident; where all of it is marked, let go of it. */
  markIncident(incident: string): void {
    const members = Object.values(this.live.present.alerts).filter((alert) => alert.incident === incident);
    const waiting = members.map(({ id }) => id).filter((id) => this.isOpen(id));
    this.putMarks(waiting, !waiting.every((id) => this.isMarked(id)));
  }

  private putMarks(alerts: readonly string[], on: boolean): void {
    const others = [...this.marks].filter((id) => !alerts.includes(id));
    this.marks = new Set(on ? [...others, ...alerts] : others);
  }

  /** The selected alert's picture or clip was on the screen. */
  evidenceOpened(): void {
    if (this.selected) this.opened = { ...this.opened, [this.selected.id]: true };
  }

  /** Do what a key or a button asks for. False when there is nothing to do it to. */
  run(command: Command): boolean {
    switch (command) {
      case "next":
        return this.step(1);
      case "previous":
        return this.step(-1);
      case "bulk":
        return this.marked.length > 0 && this.ask("bulk");
      case "cancel":
        return this.answering !== null ? this.ask(null) : this.unselect();
    }
    return this.selected !== null && this.runOn(this.selected, command);
  }

  private runOn(alert: Alert, command: Command): boolean {
    switch (command) {
      case "open":
        this.showing = !this.showing;
        return true;
      case "confirm":
        return this.ask("confirmed");
      case "dismiss":
        return this.ask("dismissed");
      case "note":
        this.note_asked++;
        return true;
      case "mark":
        this.mark(alert.id);
        return true;
      case "mark_incident":
        this.markIncident(alert.incident);
        return true;
      case "undo":
        return this.takeBack(alert);
      case "replay_alert":
        this.live.seek(msOf(alert.from_utc_ns));
        return true;
      default:
        return false;
    }
  }

  /** Answer with the reason of that number, 1 first. False when nothing is being answered, or it has no such number. */
  choose(number: number): boolean {
    const reason = this.reasons[number - 1];
    const { answered } = this;
    if (this.answering === null || reason === undefined || answered.length === 0) return false;
    const state = this.answering === "confirmed" ? "confirmed" : "dismissed";
    for (const alert of answered) this.answer(alert, state, reason);
    this.goOn(answered);
    return true;
  }

  /** An entry of its own for each alert. Of one dismissed whose evidence was not opened the log says so, and no more. */
  private answer(alert: string, state: "confirmed" | "dismissed", reason: Reason): void {
    const is_unseen = state === "dismissed" && !this.isOpened(alert);
    void this.post({ alert, state, reason: is_unseen ? "unseen" : reason, note: this.notes[alert] ?? "" });
  }

  /** The log keeps both: the decision and that it was taken back. */
  private takeBack({ id }: Alert): boolean {
    if (this.isOpen(id)) return false;
    void this.post({ alert: id, state: "open", reason: "", note: this.note });
    return true;
  }

  /** What is durable is marked no longer; what failed stays marked, so that it can be sent again with the others. */
  private async post(request: DecisionRequest): Promise<void> {
    await this.desk.decide(request);
    if (!(request.alert in this.desk.posts)) this.putMarks([request.alert], false);
  }

  /** After an answer: the next alert that waits, or the same when none does, or when it was not among the answered. */
  private goOn(answered: readonly string[]): void {
    this.answering = null;
    if (this.selected !== null && !answered.includes(this.selected.id)) return;
    const waiting = this.firstWaiting(inOrder(this.queue));
    if (waiting !== undefined) this.select(waiting.id);
    else this.last_answered = this.live.selected_alert;
  }

  private step(by: 1 | -1): boolean {
    const order = inOrder(this.queue);
    if (order.length === 0) return false;
    const at = order.findIndex(({ id }) => id === this.live.selected_alert);
    const to = at < 0 ? 0 : Math.min(order.length - 1, Math.max(0, at + by));
    const waiting = by === 1 && this.isAtEnd(order) ? this.firstWaiting(order) : undefined;
    this.select((waiting ?? order[to]!).id);
    return true;
  }

  /** Whether nothing follows the selected alert: it was the last to be answered, or is the last that was reviewed. */
  private isAtEnd(order: readonly Alert[]): boolean {
    const id = this.live.selected_alert;
    return id !== null && (id === this.last_answered || (id === order.at(-1)?.id && !this.isOpen(id)));
  }

  /** What waits first for an answer that is not under way. */
  private firstWaiting(order: readonly Alert[]): Alert | undefined {
    return order.find(({ id }) => this.isOpen(id) && !(id in this.desk.posts));
  }

  private ask(what: Answering): true {
    this.answering = what;
    return true;
  }

  private unselect(): boolean {
    const had = this.live.selected_alert !== null;
    this.select(null);
    return had;
  }
}
