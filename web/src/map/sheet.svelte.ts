/** What the map draws, and when: each part anew once what it shows has changed, and what ages as time goes by. */

import type { LiveState } from "../live.svelte";
import type { Theme } from "../theme";
import type { LonLat, Night } from "../wire";
import type { Words } from "../words";
import { Dirty } from "./dirty";
import { ownSide } from "./ground";
import type { Hand } from "./hand";
import { pickAt } from "./hit";
import { askLines } from "./lines";
import { PARTS, type Part } from "./looks";
import type { Point } from "./mercator";
import { terrainUrl } from "./open";
import { paletteOf } from "./palette";
import { AGEING, instantOf, shapesOf, standoffM, type Own } from "./scene";
import { SeenPainter } from "./seen_picture";
import { withFixes } from "./trails";

/** Ages of seen ground are drawn anew this often; news of seen ground every second. */
const AGES_EVERY_NS = 5_000_000_000n;
const TICK_MS = 1000;

/** What the sheet is told by its pane. */
export interface Around {
  words: () => Words;
  theme: () => Theme;
  visible: () => boolean;
  /** The aircraft were drawn where they are now. */
  moved: () => void;
}

export class Sheet {
  /** Who draws; null while there is no map. */
  hand = $state.raw<Hand | null>(null);
  /** Between contours; null before there are any. */
  interval_m = $state<number | null>(null);
  private readonly own: Own = { contours: [], standoff: [], trails: {}, measured: [] };
  private readonly painter = new SeenPainter();
  private readonly dirty = new Dirty<Part>((parts) => this.redraw(parts), () => this.around.visible());
  private painted = "";

  constructor(
    private readonly live: LiveState,
    private readonly around: Around,
  ) {}

  /** Draw all of the night with this hand. */
  begin(night: Night, hand: Hand): void {
    [this.hand, this.painted] = [hand, ""];
    this.dirty.add(...PARTS);
    this.paintSeen();
    void this.addContours(night, hand);
    void this.addStandoff(night);
  }

  /** To be called while the pane is made: notes what changes. */
  follow(): void {
    const { live, dirty } = this;
    $effect(() => {
      void this.around.words();
      dirty.add(...PARTS);
    });
    $effect(() => {
      void Object.values(live.fixes);
      dirty.add("aircraft", "flown", "sights");
    });
    $effect(() => {
      void Object.values(live.sights);
      dirty.add("sights");
    });
    $effect(() => {
      void Object.values(live.tracks);
      dirty.add("movers");
    });
    $effect(() => {
      void [...live.alerts, ...Object.values(live.decisions), live.selected_alert];
      dirty.add("alerts");
    });
    $effect(() => {
      void live.replay_utc_ns;
      dirty.add(...AGEING, "flown");
    });
  }

  /** Let it age, and wake it when the pane can be seen again; what comes back ends that. */
  run(pane: Element): () => void {
    const tick = setInterval(() => this.age(), TICK_MS);
    const wake = (): void => this.dirty.ask();
    const sight = new IntersectionObserver(wake);
    sight.observe(pane);
    document.addEventListener("visibilitychange", wake);
    return () => {
      clearInterval(tick);
      sight.disconnect();
      document.removeEventListener("visibilitychange", wake);
      this.dirty.stop();
    };
  }

  measure(places: readonly LonLat[]): void {
    this.own.measured = places;
    this.dirty.add("measure");
  }

  /** Draw the seen ground, where it is due. */
  paintSeen(): void {
    const [now, theme] = [instantOf(this.live), this.around.theme()];
    const due = `${this.live.seen.version} ${theme} ${now / AGES_EVERY_NS}`;
    if (this.hand === null || due === this.painted || !this.around.visible()) return;
    this.hand.seen(this.painter.paint(this.live.seen, now, paletteOf(theme)));
    this.painted = due;
  }

  /** The alert at a place on the map; null where there is none. */
  alertAt(at: Point): string | null {
    const { hand, live, own } = this;
    if (hand === null) return null;
    const shapes = (["movers", "alerts"] as const).flatMap((part) => shapesOf(part, live, own, this.around.words()));
    return pickAt(shapes, (place) => hand.project(place), at);
  }

  private age(): void {
    this.dirty.add(...AGEING);
    this.paintSeen();
  }

  private redraw(parts: ReadonlySet<Part>): void {
    const { hand, live, own } = this;
    if (hand === null) return;
    if (parts.has("flown")) own.trails = withFixes(own.trails, Object.values(live.fixes));
    for (const part of parts) hand.set(part, shapesOf(part, live, own, this.around.words()));
    if (parts.has("aircraft")) this.around.moved();
  }

  private async addContours(night: Night, to: Hand): Promise<void> {
    const answer = night.terrain ? await askLines({ what: "contours", url: terrainUrl() }) : null;
    if (answer === null) return;
    [this.own.contours, this.interval_m] = [answer.lines, answer.interval_m];
    if (this.hand === to) to.relief(answer.low_amsl_m, answer.high_amsl_m);
    this.dirty.add("contours");
  }

  private async addStandoff({ border, bounds, ...night }: Night): Promise<void> {
    const side = ownSide({ border, bounds, ...night });
    if (border === null || side === null) return;
    const question = { what: "standoff", chains: border.chains, own: side, distance_m: standoffM(this.live), bounds } as const;
    this.own.standoff = (await askLines($state.snapshot(question) as typeof question))?.lines ?? [];
    this.dirty.add("standoff");
  }
}
