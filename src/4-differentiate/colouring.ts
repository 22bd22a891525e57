/**
 * Groups of columns that one pass finds together. Columns of a Jacobian share a colour where no row has entries in both
 * (Curtis, Powell and Reid, 1974). Of a matrix that equals its transpose an entry stands in two places, and it is enough
 * that one of them can be read: a star colouring of its graph (Coleman and Moré, Estimation of sparse Hessian matrices and
 * graph coloring problems, 1984; the greedy algorithm is that of Gebremedhin, Manne and Pothen, What color is your
 * Jacobian?, 2005).
 */
import type { SparsityPattern } from "../ir/graph.ts";

export interface Colouring {
  readonly count: number;
  /** The colour of each column. */
  readonly colours: readonly number[];
}

/** A colouring takes no more comparisons than this: larger patterns get a colour a column. */
const patience = 5e7;

/** Rows as columns. */
export function transposed({ rowCount, columnCount, starts, columns }: SparsityPattern): SparsityPattern {
  const lists = Array.from({ length: columnCount }, (): number[] => []);
  for (let row = 0; row < rowCount; row++) {
    for (let k = starts[row]; k < starts[row + 1]; k++) lists[columns[k]].push(row);
  }
  return fromRows(lists, rowCount);
}

/** The pattern with these columns in its rows. */
export function fromRows(rows: readonly (readonly number[])[], columnCount: number): SparsityPattern {
  const starts = [0];
  for (const row of rows) starts.push(starts[starts.length - 1] + row.length);
  return { rowCount: rows.length, columnCount, starts, columns: rows.flat() };
}

export function rowsOf({ starts, columns }: SparsityPattern): readonly (readonly number[])[] {
  return starts.slice(0, -1).map((start, row) => columns.slice(start, starts[row + 1]));
}

/** The entries that the pattern and its transpose have in common. */
export function symmetricPart(pattern: SparsityPattern): SparsityPattern {
  const other = rowsOf(transposed(pattern)).map((columns) => new Set(columns));
  return fromRows(
    rowsOf(pattern).map((columns, row) => columns.filter((column) => other[row].has(column))),
    pattern.columnCount,
  );
}

/** Colours such that no row has two entries of one colour. */
export function columnColouring(pattern: SparsityPattern): Colouring {
  const rows = rowsOf(pattern);
  const holders = rowsOf(transposed(pattern));
  // A full row tells all its columns apart.
  const work = rows.reduce((sum, row) => sum + row.length ** 2, 0);
  if (work > patience || rows.some((row) => row.length === pattern.columnCount)) return apart(pattern.columnCount);
  return best(holders, (column, forbid) => {
    for (const row of holders[column]) for (const other of rows[row]) forbid(other);
  });
}

/**
 * Colours of a symmetric pattern such that neighbours differ and no path of four columns has only two colours: for each
 * entry (i, j), i ≠ j, column j is the only one of its colour in row i, or column i the only one of its colour in row j.
 */
export function starColouring(pattern: SparsityPattern): Colouring {
  const neighbours = rowsOf(pattern).map((row, k) => row.filter((column) => column !== k));
  const work = neighbours.reduce((sum, row) => sum + row.length * row.reduce((s, other) => s + neighbours[other].length, 0), 0); // prettier-ignore
  if (work > patience) return apart(pattern.columnCount);
  return best(neighbours, (column, forbid, colourOf) => {
    for (const w of neighbours[column]) {
      forbid(w);
      const own = colourOf(w);
      for (const x of neighbours[w]) {
        if (x === column || colourOf(x) < 0) continue;
        // column, w, x are a path: column may not have x's colour where w is not settled, or where a fourth has w's.
        if (own < 0 || neighbours[x].some((y) => y !== w && colourOf(y) === own)) forbid(x);
      }
    }
  });
}

function apart(count: number): Colouring {
  return { count, colours: Array.from({ length: count }, (_, column) => column) };
}

/** Gives each column the least colour that is not forbidden: that of another column. */
type Forbid = (column: number, forbid: (other: number) => void, colourOf: (other: number) => number) => void;

/** The better one of two orders: as the columns stand, which suits bands, and those with most neighbours first. */
function best(weights: readonly (readonly number[])[], forbidAll: Forbid): Colouring {
  const natural = weights.map((_, column) => column);
  const heavyFirst = natural.slice().sort((p, q) => weights[q].length - weights[p].length || p - q);
  const [first, second] = [greedy(natural, forbidAll), greedy(heavyFirst, forbidAll)];
  return second.count < first.count ? second : first;
}

function greedy(order: readonly number[], forbidAll: Forbid): Colouring {
  const colours = new Array<number>(order.length).fill(-1);
  /** The column for which a colour was forbidden last. */
  const forbidden = new Array<number>(order.length).fill(-1);
  let count = 0;
  for (const column of order) {
    const forbid = (other: number): void => {
      if (colours[other] >= 0) forbidden[colours[other]] = column;
    };
    forbidAll(column, forbid, (other) => colours[other]);
    let colour = 0;
    while (forbidden[colour] === column) colour++;
    colours[column] = colour;
    count = Math.max(count, colour + 1);
  }
  return { count, colours };
}
