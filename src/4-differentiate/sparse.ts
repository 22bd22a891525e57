/**
 * Sparse Jacobians and Hessians: the entries that can be nonzero, in the order of compressed sparse rows. One pass a colour
 * finds the sums of columns (or rows) of a colour, and each entry is read from the sum in which it stands alone.
 */
import type { GraphBuilder } from "../ir/builder.ts";
import * as dims from "../ir/dim.ts";
import { add, constant, convert, equalTo, like, modulo, mul, reshape } from "../ir/expressions.ts";
import { addLeading, lift } from "../ir/lift.ts";
import type { Graph, GraphOutput, Node, SparseRequest, SparsityPattern } from "../ir/graph.ts";
import { columnColouring, rowsOf, starColouring, symmetricPart, transposed, type Colouring } from "./colouring.ts";
import { createContext } from "./context.ts";
import { forward } from "./forward.ts";
import { patternOf } from "./pattern.ts";
import { sizeOf } from "./pattern-rules.ts";
import { reverse } from "./reverse.ts";

/**
 * The graph with the entries of a derivative in the place of every output that asks for them; their pattern goes with the
 * output. Requests for dense derivatives are answered already.
 * @throws TooManyEntries where a pattern has more entries than `limit`.
 */
export function sparseDerivatives(graph: Graph, b: GraphBuilder, limit: number): Graph {
  const outputs = graph.outputs.map((output): GraphOutput => {
    const { sparse, node } = output;
    return sparse === undefined || !("by" in sparse) ? output : { ...output, ...entriesOf(b, node, sparse, limit) };
  });
  return { ...graph, outputs };
}

function entriesOf(
  b: GraphBuilder,
  y: Node,
  { by: x, symmetric }: SparseRequest,
  limit: number,
): { readonly node: Node; readonly sparse: SparsityPattern } {
  const found = patternOf(b, y, x, limit);
  const pattern = symmetric ? symmetricPart(found) : found;
  const plan = planOf(pattern, symmetric);
  const sums = sumsOf(b, y, x, plan);
  const size = dims.constant(plan.sources.length);
  if (sums === null) return { node: addLeading(b, constant(b, 0), [size]), sparse: pattern };
  const flat = reshape(b, sums, [dims.product(sums.shape)]);
  const isAll = sizeOf(flat) === plan.sources.length && plan.sources.every((source, k) => source === k);
  return { node: isAll ? flat : b.create("gather", [flat, table(b, plan.sources)], { batch: 0 }), sparse: pattern };
}

/** How entries are found: in forward passes over columns, or in reverse ones over rows. */
interface Plan {
  readonly isForward: boolean;
  readonly colouring: Colouring;
  /** Where each entry stands in the sums, which have a row a colour. */
  readonly sources: readonly number[];
}

/** How the entries of a pattern are found; of a symmetric matrix each may be read in two places. */
export function planOf(pattern: SparsityPattern, symmetric: boolean): Plan {
  const byColumn = columnColouring(pattern);
  if (symmetric) {
    const byStars = starColouring(pattern);
    if (byStars.count < byColumn.count)
      return { isForward: true, colouring: byStars, sources: symmetricSources(pattern, byStars) };
  }
  const byRow = columnColouring(transposed(pattern));
  const isForward = byColumn.count <= byRow.count;
  const colouring = isForward ? byColumn : byRow;
  const { colours } = colouring;
  const sources = entries(pattern, (row, column) =>
    isForward ? colours[column] * pattern.rowCount + row : colours[row] * pattern.columnCount + column,
  );
  return { isForward, colouring, sources };
}

/** Row i of the sum of j's colour where no other column of that colour has an entry in it; else row j of that of i's. */
function symmetricSources(pattern: SparsityPattern, { colours }: Colouring): readonly number[] {
  const rows = rowsOf(pattern);
  const counts = rows.map((columns) => {
    const count = new Map<number, number>();
    for (const column of columns) count.set(colours[column], (count.get(colours[column]) ?? 0) + 1);
    return count;
  });
  return entries(pattern, (row, column) => {
    const isAlone = counts[row].get(colours[column]) === 1;
    return isAlone ? colours[column] * pattern.rowCount + row : colours[row] * pattern.rowCount + column;
  });
}

function entries(pattern: SparsityPattern, of: (row: number, column: number) => number): readonly number[] {
  return rowsOf(pattern).flatMap((columns, row) => columns.map((column) => of(row, column)));
}

/** The sums of the derivative's columns (forward) or rows of each colour, [colours, ..]; null where it is 0. */
function sumsOf(b: GraphBuilder, y: Node, x: Node, { isForward, colouring }: Plan): Node | null {
  const context = createContext(b, { roots: [y] });
  const { count, colours } = colouring;
  const { shape } = isForward ? x : y;
  const along = (direction: Node): Node | null =>
    (isForward ? forward(context, [y], new Map([[x, direction]])) : reverse(context, [[y, direction]], [x]))[0];
  if (colours.length === 0) return null;
  const leading = [dims.constant(count)];
  if (count === 1) {
    const found = along(like(b, 1, isForward ? x : y));
    return found === null ? null : reshape(b, found, [...leading, ...found.shape]);
  }
  const direction = b.mark(addLeading(b, constant(b, 0), shape), "direction");
  const found = along(direction);
  if (found === null) return null;
  const both = [...leading, ...shape];
  const own = reshape(b, table(b, colours), shape);
  const number = b.create("broadcast", [b.create("iota", [], { size: leading[0] })], { shape: both, axes: [-both.length] }); // prettier-ignore
  const seeds = convert(b, equalTo(b, number, addLeading(b, own, leading)), "real");
  const [lifted] = lift(b, [found], new Map([[direction, seeds]]), leading);
  // An expression without the direction in it is zero, being linear.
  return lifted === found ? null : lifted;
}

/** Integers as an expression where a short one says them: one after the other, or the same ones again and again. */
function table(b: GraphBuilder, values: readonly number[]): Node {
  const size = dims.constant(values.length);
  const step = values.length > 1 ? values[1] - values[0] : 0;
  const integer = (value: number): Node => addLeading(b, constant(b, value, "index"), [size]);
  if (values.every((value, k) => value === values[0] + k * step)) {
    if (step === 0) return integer(values.at(0) ?? 0);
    const steps = step === 1 ? b.create("iota", [], { size }) : mul(b, b.create("iota", [], { size }), integer(step));
    return values[0] === 0 ? steps : add(b, steps, integer(values[0]));
  }
  const period = values.indexOf(0, 1);
  if (period > 1 && values.every((value, k) => value === k % period)) return modulo(b, b.create("iota", [], { size }), period); // prettier-ignore
  return b.create("table", [], { values });
}
