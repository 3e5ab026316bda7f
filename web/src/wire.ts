/** What comes over the wires of docs/page.md, field for field. Times are UTC nanoseconds as decimal strings. */

export type UtcNs = string;
export type LonLat = [lon: number, lat: number];
export type Severity = "high" | "medium" | "low";
export type AlertState = "open" | "confirmed" | "dismissed" | "unreviewed";
export type Reason =
  | "person"
  | "vehicle"
  | "animal"
  | "lawful"
  | "rock"
  | "not_there"
  | "duplicate"
  | "unseen"
  | "other";

export interface Place {
  name: string;
  lon_deg: number;
  lat_deg: number;
}

export interface Night {
  apacheta: string;
  name: string;
  watch: string;
  exercise: boolean;
  authority: string;
  purpose: string;
  start_utc_ns: UtcNs;
  /** Null for a watch that goes on until somebody ends it. */
  end_utc_ns: UtcNs | null;
  mandate_to_utc_ns: UtcNs;
  bounds: [west: number, south: number, east: number, north: number];
  grid_north_deg: number | null;
  declination_deg: number | null;
  border: {
    chains: LonLat[][];
    accuracy_m: number;
    standoff_m: number;
    source: string;
    band: LonLat[][][];
  } | null;
  keep_in: LonLat[];
  zones: { kind: string; name: string; ring: LonLat[] }[];
  bases: Place[];
  relays: Place[];
  patrols: Place[];
  goals: Place[];
  roads: { name: string; chains: LonLat[][] }[];
  lines: { name: string; chains: LonLat[][] }[];
  aircraft: {
    id: string;
    type: string | null;
    base: string | null;
    stream: string;
    width_px: number | null;
    height_px: number | null;
    hfov_deg: number | null;
  }[];
  tours: {
    aircraft: string;
    slot: string;
    launch_utc_ns: UtcNs;
    points: [lon: number, lat: number, alt_amsl_m: number][];
  }[];
  planned_km2: number | null;
  terrain: boolean;
  live: boolean;
}

interface Message {
  utc_ns: UtcNs;
}

export interface Fix extends Message {
  kind: "fix";
  aircraft: string;
  lat_deg: number;
  lon_deg: number;
  alt_hae_m: number;
  alt_amsl_m: number;
  alt_agl_m: number | null;
  heading_deg: number;
  ground_speed_m_s: number | null;
  battery_fraction: number | null;
  phase: string | null;
  /** Null in the past, of which it is not kept. */
  link: "good" | "late" | "lost" | null;
  sigma_h_m: number | null;
}

export interface Sight extends Message {
  kind: "sight";
  stream: string;
  frame: number;
  ring: LonLat[];
  centre: { lat_deg: number; lon_deg: number; alt_hae_m: number; alt_amsl_m: number } | null;
  slant_range_m: number | null;
  gsd_m: number | null;
  sigma_m: number | null;
  why_not: string;
}

export interface Track {
  id: string;
  kind: string;
  confirmed: boolean;
  lat_deg: number;
  lon_deg: number;
  cov_m2: [ee: number, en: number, nn: number];
  speed_m_s: number;
  course_deg: number;
  col_px: number;
  row_px: number;
  alert: string | null;
}

export interface Tracks extends Message {
  kind: "tracks";
  stream: string;
  frame: number;
  tracks: Track[];
}

export interface SeenCells extends Message {
  kind: "seen";
  cells: number[];
  seen_km2: number;
}

export interface Alert extends Message {
  kind: "alert";
  id: string;
  incident: string;
  rule: "zone_entry" | "line_crossing";
  line: string;
  stream: string;
  tracks: string[];
  position: { lat_deg: number; lon_deg: number; alt_hae_m: number };
  position_cov_m2: [ee: number, en: number, nn: number];
  probability: number;
  mover: string;
  reason: string;
  evidence: {
    still_sha256: string | null;
    chip_sha256: string | null;
    track: [utc_ns: UtcNs, lon: number, lat: number][];
  };
  severity: Severity;
  from_utc_ns: UtcNs;
  to_utc_ns: UtcNs;
}

export interface Decision extends Message {
  kind: "decision";
  alert: string;
  state: AlertState;
  by: string;
  reason: Reason | string;
  note: string;
  index: number | null;
}

export interface Health extends Message {
  kind: "health";
  processes: { name: string; state: "up" | "starting" | "down"; restarts: number; rss_mb: number | null }[];
  streams: {
    stream: string;
    state: "live" | "stale" | "lost";
    last_utc_ns: UtcNs | null;
    lag_s: number | null;
    frames: number;
    dropped: number;
    damaged: number;
    clock_offset_s: number | null;
  }[];
  disk_free_bytes: number;
  real_time_factor: number | null;
}

export interface Log extends Message {
  kind: "log";
  tree_size: number;
  root_hash: string;
  checkpoint_sha256: string;
  checkpoint_utc_ns: UtcNs;
}

export interface Fault extends Message {
  kind: "fault";
  code: string;
  text: string;
  values: Record<string, unknown>;
}

export interface End extends Message {
  kind: "end";
  report: string | null;
}

export interface Snapshot extends Message {
  kind: "snapshot";
  aircraft: Fix[];
  sights: Sight[];
  tracks: Tracks[];
  alerts: Alert[];
  decisions: Decision[];
  health: Health | null;
  log: Log | null;
  /** Null where no ground is accounted. */
  seen_km2: number | null;
  /** Null where no core has told yet what it watches: then `utc_ns` is the console's own clock, and not the night's. */
  simulated: boolean | null;
}

export type LiveMessage =
  | Snapshot
  | Fix
  | Sight
  | Tracks
  | SeenCells
  | Alert
  | Decision
  | Health
  | Log
  | Fault
  | End;

export interface DecisionRequest {
  alert: string;
  state: "confirmed" | "dismissed" | "open";
  /** Taking a decision back has none. */
  reason: Reason | "";
  note: string;
}
