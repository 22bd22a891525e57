/**
 * A loop cut into segments: an outer loop over the segments, whose body runs the rounds of one, and a loop over the rounds
 * that are left. The outer one computes its rounds again in reverse mode, so that of all rounds those of one segment are
 * kept at a time, and of each segment the carries that it starts with: about 2 sqrt(T) rows for T rounds at the price of
 * running them once more (Griewank and Walther, Evaluating Derivatives, ch. 12.2; Chen et al., Training Deep Nets with
 * Sublinear Memory Cost, 2016).
 */
import type { GraphBuilder } from "./builder.ts";
import * as dims from "./dim.ts";
import type { Dim } from "./dim.ts";
import { add, constant, dimension, equalTo, floorDivide, is, max, min, mul, reshape, select, slice, sub, topological } from "./expressions.ts"; // prettier-ignore
import type { Loop, Node } from "./graph.ts";
import { FreshParameters, allParameters, bodyRoots, partOperands, unbounded, withRoots } from "./loop-parts.ts";
import { substitute } from "./substitute.ts";

export interface SegmentedLoop {
  /** The last of its loops. */
  readonly loop: Node<"loop">;
  /** What result `index` of the loop is now. */
  readonly result: (index: number) => Node;
}

/** How a number of rounds is cut. */
interface Cut {
  /** Rounds of a segment. */
  readonly length: Dim;
  /** Segments. */
  readonly count: Dim;
  /** Rounds in all segments, and after them. */
  readonly whole: Dim;
  readonly rest: Dim;
}

/**
 * The loop `record` over `operands` in segments of about sqrt(trip) rounds; null where that keeps no less: of up to four
 * rounds, of any number of them, and of loops that run backwards.
 */
export function segmentLoop(
  b: GraphBuilder,
  record: Loop,
  operands: readonly Node[],
  onReplace: (from: Node, to: Node) => void = () => undefined,
): SegmentedLoop | null {
  if (record.reverse || dims.equal(record.trip, unbounded)) return null;
  const cut = cutOf(record.trip);
  if (cut === null) return null;
  const main = segments(b, record, operands, cut, onReplace);
  const carries = record.carries.length;
  const rows = (index: number): Node => {
    const stacked = b.create("loop_result", [main], { index: main.attributes.record.carries.length + index - carries });
    return reshape(b, stacked, [cut.whole, ...stacked.shape.slice(2)]);
  };
  if (dims.constantOf(cut.rest) === 0) {
    return {
      loop: main,
      result: (index) => (index < carries ? b.create("loop_result", [main], { index }) : rows(index)),
    };
  }
  const rest = remainder(b, record, operands, cut, main, onReplace);
  return {
    loop: rest,
    result: (index) => {
      const last = b.create("loop_result", [rest], { index });
      return index < carries ? last : b.create("concat", [rows(index), last], { axis: -last.shape.length });
    },
  };
}

/** Segments of ceil(sqrt(trip)) rounds; of a known number of rounds as many that none are left, if there is such a number near. */
function cutOf(trip: Dim): Cut | null {
  const rounds = dims.constantOf(trip);
  let length = dims.root(trip);
  if (rounds !== null) {
    if (rounds <= 4) return null;
    const root = dims.constantOf(length) ?? 1;
    const kept = (s: number): number => s + rounds / s;
    const near = Array.from({ length: 2 * root }, (_, k) => k + 1).filter((s) => rounds % s === 0);
    const best = near.reduce((p, q) => (kept(q) <= kept(p) ? q : p));
    if (kept(best) <= 2.5 * root) length = dims.constant(best);
  }
  const count = dims.floorDivide(trip, length);
  const whole = dims.multiply(count, length);
  return { length, count, whole, rest: dims.subtract(trip, whole) };
}

/** The loop over the segments. Where a condition may end a segment early it has one more carry: how many rounds there were. */
function segments(
  b: GraphBuilder,
  record: Loop,
  operands: readonly Node[],
  { length, count, whole }: Cut,
  onReplace: (from: Node, to: Node) => void,
): Node<"loop"> {
  const given = partOperands(record, operands);
  const fresh = new FreshParameters(b, allParameters(record));
  const { name } = record.index.attributes;
  const like = (p: Node<"parameter">): Node<"parameter"> =>
    fresh.create(p.attributes.name, p.shape, p.element, p.attributes.bound);
  const segment = fresh.create(`${name} segment`, [], "index", count);
  const within = fresh.create(`${name} within`, [], "index", length);
  const carries = record.carries.map(like);
  const invariants = record.invariants.map(like);
  const stacked = record.stackedInputs.map((p) =>
    fresh.create(p.attributes.name, [length, ...p.shape], p.element, p.attributes.bound),
  );
  const limit = given.count.map(() => fresh.create("rounds", [], "index", dims.add(record.trip, dims.constant(1))));
  const counters = record.condition === null ? [] : ["round", "round"].map((base) => fresh.create(base, [], "index"));
  const [outerCounter, innerCounter] = [counters.slice(0, 1), counters.slice(1)];
  const first = mul(b, segment, dimension(b, length));

  const bound = dims.add(dims.subtract(whole, length), dims.constant(1));
  const body = shifted(b, record, within, { outside: first, bound, fresh, onReplace });
  const inner = b.create(
    "loop",
    [
      ...[...carries, ...outerCounter],
      ...stacked,
      ...[...invariants, ...body.operands],
      ...limit.map((rounds) => min(b, sub(b, rounds, first), dimension(b, length))),
    ],
    {
      record: {
        ...body.record,
        trip: length,
        index: within,
        carries: [...record.carries, ...innerCounter],
        next: [...body.record.next, ...innerCounter.map((n) => add(b, n, 1))],
      },
    },
  );
  const result = (index: number): Node => b.create("loop_result", [inner], { index });
  const next = [...carries, ...outerCounter].map((_, k) => result(k));
  const outer: Loop = {
    trip: count,
    counted: record.counted,
    // As long as no segment has ended early.
    condition: outerCounter.length === 0 ? null : equalTo(b, outerCounter[0], first),
    reverse: false,
    recompute: true,
    index: segment,
    carries: [...carries, ...outerCounter],
    stackedInputs: stacked,
    invariants: [...invariants, ...limit],
    next,
    stackedOutputs: record.stackedOutputs.map((_, k) => result(next.length + k)),
  };
  const parts = given.stacked.map((x) => {
    const rows = rowsOf(b, x, dims.constant(0), whole);
    return reshape(b, rows, [count, length, ...x.shape.slice(1)]);
  });
  const started = given.count.map((rounds) => {
    const above = add(b, rounds, dimension(b, dims.subtract(length, dims.constant(1))));
    return min(b, floorDivide(b, above, dimension(b, length)), dimension(b, count));
  });
  const zeros = outerCounter.map(() => constant(b, 0, "index"));
  return b.create(
    "loop",
    [...[...given.carries, ...zeros], ...parts, ...[...given.invariants, ...given.count], ...started],
    { record: outer },
  );
}

/** The loop over the rounds after all segments. */
function remainder(
  b: GraphBuilder,
  record: Loop,
  operands: readonly Node[],
  { whole, rest }: Cut,
  main: Node<"loop">,
  onReplace: (from: Node, to: Node) => void,
): Node<"loop"> {
  const given = partOperands(record, operands);
  const fresh = new FreshParameters(b, allParameters(record));
  const index = fresh.create(`${record.index.attributes.name} rest`, [], "index", rest);
  const bound = dims.add(whole, dims.constant(1));
  const body = shifted(b, record, index, { outside: dimension(b, whole), bound, fresh, onReplace });
  const result = (k: number): Node => b.create("loop_result", [main], { index: k });
  let rounds = given.count.map((n) => max(b, sub(b, n, dimension(b, whole)), 0));
  if (record.condition !== null) {
    const isOver = equalTo(b, result(record.carries.length), dimension(b, whole));
    rounds = [select(b, isOver, rounds.at(0) ?? dimension(b, rest), constant(b, 0, "index"))];
  }
  return b.create(
    "loop",
    [
      ...record.carries.map((_, k) => result(k)),
      ...given.stacked.map((x) => rowsOf(b, x, whole, rest)),
      ...[...given.invariants, ...body.operands],
      ...rounds,
    ],
    { record: { ...body.record, trip: rest, index, counted: rounds.length > 0 } },
  );
}

/** The body with its index counted from `outside`, which is below `bound`; `operands`: of the invariants that it has besides. */
function shifted(
  b: GraphBuilder,
  record: Loop,
  index: Node<"parameter">,
  from: {
    readonly outside: Node;
    readonly bound: Dim;
    readonly fresh: FreshParameters;
    readonly onReplace: (from: Node, to: Node) => void;
  },
): { readonly record: Loop; readonly operands: readonly Node[] } {
  const roots = bodyRoots(record);
  if (!topological(roots).includes(record.index)) return { record, operands: [] };
  const { outside, bound, fresh, onReplace } = from;
  // Symbols outside of the body leave it the code of plain numbers.
  const isNumber = is(outside, "constant");
  const first = isNumber ? null : fresh.create("first", [], "index", bound);
  const at = add(b, first ?? outside, index);
  const body = withRoots(record, substitute(b, roots, new Map([[record.index, at]]), onReplace));
  if (first === null) return { record: body, operands: [] };
  return { record: { ...body, invariants: [...record.invariants, first] }, operands: [outside] };
}

/** Rows `start` .. of a stacked tensor, `size` of them. */
function rowsOf(b: GraphBuilder, x: Node, start: Dim, size: Dim): Node {
  if (dims.equal(size, x.shape[0])) return x;
  const others = x.shape.slice(1).map((n) => ({ start: dims.constant(0), size: n, step: 1 }));
  return slice(b, x, [{ start, size, step: 1 }, ...others]);
}
