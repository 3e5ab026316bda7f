/** Lines of equal value over a grid, by marching squares. */

export type GridPoint = [col: number, row: number];

/** Values in rows from the top, NaN where there is none. */
export interface Field {
  values: Float32Array;
  rows: number;
  cols: number;
}

/** The lines of one level in grid coordinates, joined; a closed line ends where it began. */
export function isolines(field: Field, level: number): GridPoint[][] {
  const links = crossings(field, level);
  const lines: GridPoint[][] = [];
  for (const [edge, ends] of links) if (ends.length === 1) lines.push(walk(field, level, links, edge));
  for (const edge of links.keys()) lines.push(closed(walk(field, level, links, edge)));
  return lines.filter((line) => line.length > 1);
}

/** Edges of cells that the level crosses (2 * cell, + 1 for the one downward), each with its neighbours. */
function crossings({ values, rows, cols }: Field, level: number): Map<number, number[]> {
  const links = new Map<number, number[]>();
  for (let row = 0; row < rows - 1; row += 1)
    for (let col = 0; col < cols - 1; col += 1) {
      const at = row * cols + col;
      const [a, b] = [values[at] as number, values[at + 1] as number];
      const [c, d] = [values[at + cols + 1] as number, values[at + cols] as number];
      const sides = (+(a > level) << 3) | (+(b > level) << 2) | (+(c > level) << 1) | +(d > level);
      if (sides === 0 || sides === 15 || Number.isNaN(a + b + c + d)) continue;
      const edges = [2 * at, 2 * (at + 1) + 1, 2 * (at + cols), 2 * at + 1] as const;
      for (const [from, to] of segments(sides, (a + b + c + d) / 4 > level)) link(links, edges[from], edges[to]);
    }
  return links;
}

type Side = 0 | 1 | 2 | 3;
/** Which sides of a cell (0 top, 1 right, 2 bottom, 3 left) are joined, by which corners lie above. */
const JOINED: readonly (readonly (readonly [Side, Side])[])[] = [
  [], [[2, 3]], [[1, 2]], [[1, 3]], [[0, 1]], [], [[0, 2]], [[0, 3]],
  [[0, 3]], [[0, 2]], [], [[0, 1]], [[1, 3]], [[1, 2]], [[2, 3]], [],
];
const APART: readonly (readonly [Side, Side])[] = [[0, 1], [2, 3]];
const TOGETHER: readonly (readonly [Side, Side])[] = [[0, 3], [1, 2]];

/** At a saddle the middle decides which corners hang together. */
function segments(sides: number, middle_above: boolean): readonly (readonly [Side, Side])[] {
  if (sides === 5) return middle_above ? TOGETHER : APART;
  if (sides === 10) return middle_above ? APART : TOGETHER;
  return JOINED[sides] ?? [];
}

function link(links: Map<number, number[]>, a: number, b: number): void {
  for (const [from, to] of [[a, b], [b, a]] as const) {
    const ends = links.get(from);
    if (ends === undefined) links.set(from, [to]);
    else ends.push(to);
  }
}

/** The line from one edge to its end, or until it comes back to itself; what it passes leaves `links`. */
function walk(field: Field, level: number, links: Map<number, number[]>, start: number): GridPoint[] {
  const line: GridPoint[] = [];
  for (let edge: number | undefined = start; edge !== undefined; ) {
    const ends: number[] = links.get(edge) ?? [];
    links.delete(edge);
    line.push(crossing(field, level, edge));
    edge = ends.find((end) => links.has(end));
  }
  return line;
}

const closed = (line: GridPoint[]): GridPoint[] => [...line, line[0] as GridPoint];

function crossing({ values, cols }: Field, level: number, edge: number): GridPoint {
  const at = edge >> 1;
  const [col, row] = [at % cols, Math.floor(at / cols)];
  const near = values[at] as number;
  const far = values[edge % 2 === 0 ? at + 1 : at + cols] as number;
  const part = (level - near) / (far - near);
  return edge % 2 === 0 ? [col + part, row] : [col, row + part];
}

/** The field averaged over 3 by 3 cells: the noise of a height model would fray every line. */
export function smoothed({ values, rows, cols }: Field): Field {
  const out = new Float32Array(values.length);
  const row_at = (row: number): number => Math.max(0, Math.min(rows - 1, row)) * cols;
  const col_at = (col: number): number => Math.max(0, Math.min(cols - 1, col));
  for (let row = 0; row < rows; row += 1)
    for (let col = 0; col < cols; col += 1) {
      let sum = 0;
      for (let dr = -1; dr <= 1; dr += 1)
        for (let dc = -1; dc <= 1; dc += 1) sum += values[row_at(row + dr) + col_at(col + dc)] as number;
      out[row * cols + col] = sum / 9;
    }
  return { values: out, rows, cols };
}

/** Fewer points, none of the left-out ones further than `tolerance` from the line (Douglas and Peucker). */
export function simplified<P extends readonly [number, number]>(line: readonly P[], tolerance: number): P[] {
  const keep = new Uint8Array(line.length);
  keep[0] = keep[line.length - 1] = 1;
  const spans: [number, number][] = [[0, line.length - 1]];
  for (let span = spans.pop(); span !== undefined; span = spans.pop()) {
    const [first, last] = span;
    const [far, distance] = farthest(line, first, last);
    if (distance <= tolerance) continue;
    keep[far] = 1;
    spans.push([first, far], [far, last]);
  }
  return line.filter((_, k) => keep[k] === 1);
}

function farthest(line: readonly (readonly [number, number])[], first: number, last: number): [number, number] {
  let [far, most] = [first, 0];
  for (let k = first + 1; k < last; k += 1) {
    const distance = toSegment(line[k]!, line[first]!, line[last]!);
    if (distance > most) [far, most] = [k, distance];
  }
  return [far, most];
}

/** Distance of a point from a segment, in the unit of both. */
export function toSegment(
  [px, py]: readonly [number, number],
  [ax, ay]: readonly [number, number],
  [bx, by]: readonly [number, number],
): number {
  const [dx, dy] = [bx - ax, by - ay];
  const length2 = dx * dx + dy * dy;
  const part = length2 > 0 ? Math.max(0, Math.min(1, ((px - ax) * dx + (py - ay) * dy) / length2)) : 0;
  return Math.hypot(px - ax - part * dx, py - ay - part * dy);
}

/** Whole steps between two heights that leave about `wanted` lines: 10, 20, 50, 100, ... m. */
export function interval(low_m: number, high_m: number, wanted = 40): number {
  const rough = Math.max(1, (high_m - low_m) / wanted);
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= rough) ?? 10 * power;
}
