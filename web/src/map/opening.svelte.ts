/** Which hand draws the map, and when another takes its place. */

import { untrack } from "svelte";
import type { LiveState } from "../live.svelte";
import type { Theme } from "../theme";
import type { LonLat, Night } from "../wire";
import { worked } from "./ground";
import type { Events, Hand, Start } from "./hand";
import { graphics } from "../graphics";
import { openMap, startsWithWebGl } from "./open";
import type { Sheet } from "./sheet.svelte";

/** What an opening needs of its pane. */
export interface Pane {
  host: () => HTMLElement;
  theme: () => Theme;
  moved: Events["moved"];
  clicked: Events["clicked"];
  /** Another hand is there: it is shown what the last one showed. */
  opened: (hand: Hand) => void;
  /** The graphics are gone, and 3D with them. */
  lost: () => void;
}

export class Opening {
  kind = $state(graphics());
  webgl = $state(false);
  /** The ground that was asked for is drawn. */
  ready = $state(false);
  failed = $state(false);
  private left: Start["at"] = null;
  private left_bounds = "";

  constructor(
    private readonly live: LiveState,
    private readonly sheet: Sheet,
    private readonly pane: Pane,
  ) {
    this.webgl = this.isWebGlFirst;
  }

  /** Whether this machine draws by WebGL also what is flat. */
  get isWebGlFirst(): boolean {
    return startsWithWebGl(this.kind, location.search);
  }

  /** To be called while the pane is made: opens the map when a night is there, and again when the graphics were lost: as
   * it was left, or anew over another ground. */
  follow(): void {
    $effect(() => {
      const [night, with_webgl] = [this.live.night, this.webgl];
      if (night === null) return;
      if (`${night.bounds}` !== this.left_bounds) this.left = null;
      this.left_bounds = `${night.bounds}`;
      let ended = false;
      untrack(() => this.open(night, with_webgl, () => ended)).catch(() => (this.failed = true));
      return () => {
        ended = true;
        this.close();
      };
    });
  }

  private close(): void {
    const { sheet } = this;
    this.left = sheet.hand && { centre: sheet.hand.centre(), zoom: sheet.hand.zoom() };
    sheet.hand?.remove();
    sheet.hand = null;
  }

  private async open(night: Night, with_webgl: boolean, closed: () => boolean): Promise<void> {
    const hand = await openMap(this.startOf(night), with_webgl);
    if (closed()) return hand.remove();
    this.sheet.begin(night, hand);
    this.pane.opened(hand);
  }

  private startOf(night: Night): Start {
    const { pane, left } = this;
    const first = worked(night, this.placesNow());
    return { host: pane.host(), theme: pane.theme(), bounds: night.bounds, first, at: left, terrain: night.terrain, events: this.events };
  }

  private placesNow(): LonLat[] {
    const { fixes, alerts } = this.live;
    return [...Object.values(fixes), ...alerts.map(({ position }) => position)].map(({ lon_deg, lat_deg }) => [lon_deg, lat_deg]);
  }

  private get events(): Events {
    const { moved, clicked } = this.pane;
    return { moved, clicked, idle: () => (this.ready = true), busy: () => (this.ready = false), lost: () => this.lose() };
  }

  private lose(): void {
    [this.kind, this.webgl] = ["none", false];
    this.pane.lost();
  }
}
