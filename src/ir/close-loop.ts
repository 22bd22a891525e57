/** Loops from open bodies: expressions that mention whatever is in sight become closed graphs. */
import type { GraphBuilder } from "./builder.ts";
import { constant, isNonNegative, subtract, type Dim } from "./dim.ts";
import { is, topological } from "./expressions.ts";
import type { Loop, Node } from "./graph.ts";
import { isInside, rangesOf } from "./index-range.ts";
import { lift } from "./lift.ts";
import { FreshParameters, depends, dependents } from "./loop-parts.ts";
import { substitute } from "./substitute.ts";

/** What a loop does, over nodes of the graph around it. */
export interface OpenLoop {
  readonly trip: Dim;
  /** Counts 0 .. trip - 1. */
  readonly index: Node<"parameter">;
  readonly carries: readonly OpenCarry[];
  /** What each round yields. */
  readonly outputs: readonly Node[];
  /** See Loop. */
  readonly condition: Node | null;
  /** The number of rounds, an index scalar; null where `trip` says it. */
  readonly count: Node | null;
}

export interface OpenCarry {
  readonly parameter: Node<"parameter">;
  readonly initial: Node;
  readonly next: Node;
}

/** Thrown where a derivative in the body is taken by a name outside that carries depend on too. */
export class CarriedName extends Error {
  override readonly name = "CarriedName";
  /** The name as its mark or parameter has it. */
  readonly by: string;
  readonly request: Node;

  constructor(request: Node, by: string) {
    super(`a derivative by ${by}, which earlier rounds depend on`);
    this.request = request;
    this.by = by;
  }
}

/**
 * The loop as a node. What the body has of the graph around it and does not change from round to round becomes an
 * invariant, as large an expression as possible; what changes with the index alone and reads memory (`x[t]`, random
 * numbers) is read for all rounds outside and becomes a stacked input.
 * @throws CarriedName
 */
export function closeLoop(
  b: GraphBuilder,
  open: OpenLoop,
  onReplace: (from: Node, to: Node) => void = () => undefined,
): Node<"loop"> {
  const roots = [
    ...open.carries.map((c) => c.next),
    ...open.outputs,
    ...(open.condition === null ? [] : [open.condition]),
  ];
  const { varying, names } = varyingNodes(open, roots);
  const fresh = new FreshParameters(b, [open.index, ...open.carries.map((c) => c.parameter)]);
  const stacked = new Map<Node, Node<"parameter">>();
  const stackedOperands: Node[] = [];
  for (const node of readForAllRounds(open, roots, varying)) {
    const every = b.create("iota", [], { size: open.trip });
    const [lifted] = lift(b, [node], new Map([[open.index, every]]), [open.trip], { onLift: onReplace, draws: true });
    stackedOperands.push(lifted);
    stacked.set(node, fresh.create(is(node, "random") ? "random" : "slice", node.shape, node.element, boundOf(node)));
  }
  const invariants = new Map<Node, Node<"parameter">>();
  for (const node of boundary(roots, varying, names, stacked)) {
    const name = is(node, "parameter") || is(node, "mark") ? node.attributes.name : "invariant";
    invariants.set(node, fresh.create(name, node.shape, node.element, boundOf(node)));
  }
  const bodies = substitute(b, roots, new Map([...stacked, ...invariants]), onReplace);
  const count = open.carries.length;
  const end = count + open.outputs.length;
  const record: Loop = {
    trip: open.trip,
    counted: open.count !== null,
    condition: open.condition === null ? null : bodies[end],
    reverse: false,
    recompute: false,
    index: open.index,
    carries: open.carries.map((c) => c.parameter),
    stackedInputs: [...stacked.values()],
    invariants: [...invariants.values()],
    next: bodies.slice(0, count),
    stackedOutputs: bodies.slice(count, end),
  };
  const operands = [...open.carries.map((c) => c.initial), ...stackedOperands, ...invariants.keys()];
  return b.create("loop", [...operands, ...(open.count === null ? [] : [open.count])], { record });
}

/**
 * What changes from round to round, and what derivatives in the body must find there: the way to the names outside that
 * they are taken by.
 */
function varyingNodes(
  open: OpenLoop,
  roots: readonly Node[],
): { readonly varying: ReadonlySet<Node>; readonly names: ReadonlySet<Node> } {
  const parameters = open.carries.map((c) => c.parameter);
  // Draws of the body are new in each round. So are names that it gives itself, as those of a function's arguments,
  // whatever they name. What is older than the index comes from outside.
  const inBody = topological(roots).filter((node) => node.id > open.index.id);
  const draws = inBody.filter((node) => is(node, "random"));
  const own = inBody.filter((node) => is(node, "mark"));
  const names = new Set<Node>();
  for (;;) {
    const varying = dependents(roots, [open.index, ...parameters, ...draws, ...own, ...names]);
    const before = names.size;
    for (const node of varying) {
      const isRequest = is(node, "gradient") || is(node, "jvp") || is(node, "jacobian");
      if (isRequest && !varying.has(node.operands[1])) names.add(node.operands[1]);
    }
    if (names.size > before) continue;
    for (const name of names) requireOneRound(open, name, varying);
    return { varying, names };
  }
}

/** A derivative by a name outside is that of one round: it may not reach the name through earlier rounds. */
function requireOneRound(open: OpenLoop, name: Node, varying: ReadonlySet<Node>): void {
  const starts = depends(open.carries.map((c) => c.initial), [name]); // prettier-ignore
  const changes = depends(open.carries.map((c) => c.next), [name]); // prettier-ignore
  let moved = open.carries.filter((_, k) => starts[k] || changes[k]);
  for (;;) {
    const further = depends(open.carries.map((c) => c.next), moved.map((c) => c.parameter)); // prettier-ignore
    const all = open.carries.filter((c, k) => moved.includes(c) || further[k]);
    if (all.length === moved.length) break;
    moved = all;
  }
  const carried = moved.map((c) => c.parameter);
  for (const node of varying) {
    if (node.operands.at(1) !== name || !["gradient", "jvp", "jacobian"].includes(node.primitive)) continue;
    if (!depends([node.operands[0]], carried)[0]) continue;
    throw new CarriedName(node, is(name, "mark") || is(name, "parameter") ? name.attributes.name : "this");
  }
}

/** The nodes that `closeLoop` reads for all rounds outside. */
function readForAllRounds(open: OpenLoop, roots: readonly Node[], varying: ReadonlySet<Node>): readonly Node[] {
  const carried = dependents(roots, open.carries.map((c) => c.parameter)); // prettier-ignore
  const nodes = topological(roots);
  const ranges = rangesOf(nodes);
  const found: Node[] = [];
  for (const node of nodes) {
    if (!varying.has(node)) continue;
    if (is(node, "random")) found.push(node);
    if (!is(node, "gather")) continue;
    const [x, i] = node.operands;
    if (varying.has(x) || !varying.has(i) || carried.has(i) || topological([i]).some((n) => found.includes(n)))
      continue;
    // Rounds that may not run must not read outside of the tensor.
    const isSafe = open.count === null || isInside(ranges.get(i) ?? null, x.shape[node.attributes.batch]);
    if (isSafe) found.push(node);
  }
  return found;
}

/** What the varying nodes read, and roots that do not vary; literals stay in the body. */
function boundary(
  roots: readonly Node[],
  varying: ReadonlySet<Node>,
  names: ReadonlySet<Node>,
  stacked: ReadonlyMap<Node, unknown>,
): readonly Node[] {
  const found = new Set<Node>();
  const seen = new Set<Node>();
  const pending = [...roots];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (seen.has(node) || stacked.has(node)) continue;
    seen.add(node);
    if (names.has(node)) found.add(node);
    else if (varying.has(node)) pending.push(...node.operands);
    else if (!isLiteral(node)) found.add(node);
  }
  return [...found].sort((p, q) => p.id - q.id);
}

/** Made of numbers and dims alone. */
function isLiteral(node: Node): boolean {
  return topological([node]).every(
    ({ primitive, operands }) => operands.length > 0 || (primitive !== "parameter" && primitive !== "random"),
  );
}

function boundOf(node: Node): Dim | null {
  if (node.element !== "index") return null;
  const range = rangesOf(topological([node])).get(node) ?? null;
  if (range === null || isNonNegative(range.low) !== true) return null;
  return subtract(range.high, constant(-1));
}
