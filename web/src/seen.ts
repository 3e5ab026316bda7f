/** Ground seen and when: the grid of /api/seen, and the cells that come after it. */

/** Header `Apacheta-Grid`: rows from the north, equal in Mercator y; degrees. */
export interface Grid {
  rows: number;
  cols: number;
  west: number;
  south: number;
  east: number;
  north: number;
  epoch_utc_ns: string;
}

export interface Seen {
  grid: Grid | null;
  /** Row-major, seconds from the epoch at which a cell was last seen, -1 for never. */
  values: Int32Array;
  /** Another one after every change: the values change in place. */
  version: number;
}

const NO_CONTENT = 204;
export const NOTHING_SEEN: Seen = { grid: null, values: new Int32Array(0), version: 0 };

/** The seen ground from the console, which is none where no ground is accounted; null when it cannot be had. Throws when
 * the body does not fit its header. */
export async function fetchSeen(): Promise<Seen | null> {
  const answer = await fetch("/api/seen");
  if (answer.status === NO_CONTENT) return NOTHING_SEEN;
  const header = answer.headers.get("Apacheta-Grid");
  if (!answer.ok || header === null) return null;
  const grid = JSON.parse(header) as Grid;
  return { grid, values: secondsOf(await inflated(await answer.arrayBuffer(), grid), grid), version: 0 };
}

/** The body as it is, or inflated where the browser has not done so for a Content-Encoding. */
async function inflated(body: ArrayBuffer, grid: Grid): Promise<ArrayBuffer> {
  if (body.byteLength === 4 * grid.rows * grid.cols) return body;
  const stream = new Blob([body]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer();
}

/** Little-endian int32 from bytes; RangeError when there are not rows x cols of them. */
export function secondsOf(body: ArrayBuffer, grid: Grid): Int32Array {
  const cells = grid.rows * grid.cols;
  if (body.byteLength !== 4 * cells) throw new RangeError(`${body.byteLength} bytes for ${cells} cells`);
  const view = new DataView(body);
  return Int32Array.from({ length: cells }, (_, at) => view.getInt32(4 * at, true));
}

/** The ground with cells seen at an instant. Cells outside the grid are left out; an older instant never wins. */
export function marked(seen: Seen, cells: readonly number[], utc_ns: string): Seen {
  if (seen.grid === null) return seen;
  const second = Number((BigInt(utc_ns) - BigInt(seen.grid.epoch_utc_ns)) / 1_000_000_000n);
  for (const cell of cells) {
    const before = seen.values[cell];
    if (before !== undefined && second > before) seen.values[cell] = second;
  }
  return { ...seen, version: seen.version + 1 };
}
