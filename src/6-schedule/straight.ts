/**
 * Straight-line scheduling of small graphs: every entry of every small tensor is a scalar expression of its own. At most
 * one symbolic dim (a batch, say) may occur; it becomes a loop over rows, and reductions over it become accumulators.
 * There are no temporaries in memory: parameters are loaded on entry and results stored on exit.
 */
import * as dims from "../ir/dim.ts";
import type { Dim, Shape } from "../ir/dim.ts";
import type { AnyNode, Graph, GraphOutput, Node } from "../ir/graph.ts";
import type { Combine, Kernel, Program, ProgramOutput, Scalar } from "../ir/program.ts";
import { Access, type Place } from "./access.ts";
import type { Block } from "./blocks.ts";
import { shareInPlace } from "./batches.ts";
import { KernelBuilder } from "./blocks.ts";
import { bufferOf, labelOf, parameterBuffers, resultBuffers, type ScheduleOptions } from "./buffers.ts";
import { operationsOf } from "./cost.ts";
import { isElementary } from "./materialize.ts";
import { rowLayout, staticSize, type RowLayout } from "./layout.ts";
import type { Names, TakenNames } from "./names.ts";
import type { Target } from "./session.ts";
import { smallGraph, type SmallGraph } from "./small-graphs.ts";
import { combineOf, elementwiseScalar, neutral } from "./spell.ts";

/** The program of a small graph, or null where the graph is too large or has shapes that do not unroll. */
export function scheduleStraight(graph: Graph, options: ScheduleOptions): Program | null {
  const small = smallGraph(graph);
  if (small === null) return null;
  const places = new Map(graph.parameters.map((p) => [p as Node, placeOfParameter(p)]));
  const ends = graph.outputs.map((output): StraightEnd => {
    const { name, updates } = output;
    if (options.held(output) === "number") return { kind: "numbers", names: [name.split(".").join("_")] };
    return { kind: "array", target: { buffer: updates ?? `result.${name}`, row: null } };
  });
  const straight = new Straight(graph, small, ends, {
    options,
    placeOf: (node) => places.get(node) ?? null,
    taken: new Set(options.taken),
  });
  if (straight.repeatsCalls()) return null;
  const kernel = straight.kernel();
  const outputs = graph.outputs.map(({ name, node, updates }, k): ProgramOutput => {
    const end = ends[k];
    if (end.kind === "numbers") return { name, kind: "number", value: straight.names(k)[0], element: node.element };
    return { name, kind: updates === null ? "array" : "update", buffer: end.target.buffer };
  });
  const buffers = [...parameterBuffers(graph), ...resultBuffers(graph, options)];
  const parameters = graph.parameters.map((p) => p.attributes.name);
  return { parameters, buffers, steps: [kernel], outputs, arena: { slots: [], slotOf: new Map() } };
}

function placeOfParameter(p: Node<"parameter">): Place {
  const { name, held } = p.attributes;
  return held === "number" ? { kind: "number", name } : { kind: "buffer", buffer: bufferOf(p) };
}

/** Where an output goes: each of its entries to a number named close to these, or to an array. */
export type StraightEnd =
  { readonly kind: "numbers"; readonly names: readonly string[] } | { readonly kind: "array"; readonly target: Target };

/** What straight-line code finds around it. */
export interface Surroundings {
  readonly options: ScheduleOptions;
  readonly placeOf: (node: Node) => Place | null;
  /** Entries of parameters that are numbers of the entry point, by name; absent: they are read from their place. */
  readonly numbersOf?: (parameter: Node) => readonly string[] | null;
  /** Names that locals may not have. */
  readonly taken: TakenNames;
}

/** A graph as one piece of code in place. */
export class Straight {
  readonly #graph: Graph;
  readonly #nodes: readonly AnyNode[];
  readonly #symbol: Dim | null;
  readonly #layouts: ReadonlyMap<Node, RowLayout>;
  readonly #ends: readonly StraightEnd[];
  readonly #around: Surroundings;
  readonly #kernel: KernelBuilder;
  readonly #access: Access;
  /** The names that outputs are delivered under. */
  readonly #delivered = new Map<number, readonly string[]>();
  /** How many loops over rows must have ended before the node is known. */
  readonly #levels = new Map<Node, number>();
  /** Nodes that are the same in every row. */
  readonly #known = new Map<Node, readonly Scalar[]>();

  /** `ends`: where each output of the graph goes. */
  constructor(
    graph: Graph,
    { nodes, symbol, layouts }: SmallGraph,
    ends: readonly StraightEnd[],
    around: Surroundings,
  ) {
    this.#graph = graph;
    this.#nodes = nodes;
    this.#symbol = symbol;
    this.#layouts = layouts;
    this.#ends = ends;
    this.#around = around;
    this.#kernel = new KernelBuilder(around.taken);
    this.#access = new Access(this.#kernel.scalars, around.placeOf);
    for (const node of nodes) {
      const below = Math.max(0, ...node.operands.map((o) => this.#levels.get(o) ?? 0));
      this.#levels.set(node, below + (this.#sumsRows(node) ? 1 : 0));
    }
  }

  get #levelCount(): number {
    return 1 + Math.max(0, ...this.#levels.values());
  }

  /** Whether several loops over rows would compute the same elementary function: then it is worth storing. */
  repeatsCalls(): boolean {
    const met = new Set<Node>();
    for (let level = 0; level < this.#levelCount; level++) {
      const { sums, outputs } = this.#rootsOf(level);
      for (const node of this.#rowNodes([...sums, ...outputs.map((o) => o.node)])) {
        if (met.has(node) && isElementary(node)) return true;
        met.add(node);
      }
    }
    return false;
  }

  /** The names under which the entries of output `k` are delivered. */
  names(k: number): readonly string[] {
    return this.#delivered.get(k) ?? [];
  }

  /** Makes the names that the code declares those of the entry point, so that no later one has them. */
  keepNames(names: Names): void {
    for (const name of this.#kernel.own) names.locals.add(name);
  }

  kernel(): Kernel {
    for (let level = 0; level < this.#levelCount; level++) {
      for (const node of this.#nodes) {
        if (this.#levels.get(node) !== level || this.#isRow(node) || this.#known.has(node)) continue;
        this.#known.set(
          node,
          this.#entries(node, (o) => this.#known.get(o) ?? [], null),
        );
      }
      this.#loopOverRows(level);
    }
    this.#graph.outputs.forEach((output, k) => {
      this.#output(output, k);
    });
    const { inlinedCalls } = this.#around.options;
    const { body, values } = this.#kernel.finish({ inlinedCalls, share: shareInPlace });
    return {
      kind: "kernel",
      label: "all",
      comment: [],
      body,
      values,
      nest: null,
      inline: true,
      operations: this.#nodes.reduce((sum, node) => dims.add(sum, operationsOf(node)), dims.constant(0)),
    };
  }

  #layout(node: Node): RowLayout {
    const layout = this.#layouts.get(node);
    if (layout === undefined) throw new Error("internal: a node without layout");
    return layout;
  }

  #isRow(node: Node): boolean {
    return this.#layout(node).axis !== null;
  }

  /** A reduction or contraction whose sum runs over the rows. */
  #sumsRows(node: AnyNode): boolean {
    if (this.#isRow(node)) return false;
    return isSum(node) && node.operands.some((o) => this.#isRow(o));
  }

  /** What the loop over rows of a level computes. */
  #rootsOf(level: number): { readonly sums: readonly AnyNode[]; readonly outputs: readonly GraphOutput[] } {
    return {
      sums: this.#nodes.filter((n) => this.#sumsRows(n) && this.#levels.get(n) === level + 1),
      outputs: this.#graph.outputs.filter((o) => this.#isRow(o.node) && this.#levels.get(o.node) === level),
    };
  }

  /** The loop over rows that feeds the sums of the next level and stores the outputs of this one. */
  #loopOverRows(level: number): void {
    if (this.#symbol === null) return;
    const { sums, outputs } = this.#rootsOf(level);
    if (sums.length === 0 && outputs.length === 0) return;
    const { root, scalars } = this.#kernel;
    const accumulators = sums.map((node) => this.#accumulators(node));
    const hint = dims.symbolsOf(this.#symbol).size === 1 ? "row" : "i";
    const { block, variable } = this.#kernel.loop(root, hint, scalars.dim(dims.constant(0)), scalars.dim(this.#symbol));
    const rows = new Map<Node, readonly Scalar[]>();
    const needed = this.#rowNodes([...sums, ...outputs.map((o) => o.node)]);
    const entriesOf = (o: Node): readonly Scalar[] => rows.get(o) ?? this.#known.get(o) ?? [];
    for (const node of this.#nodes) {
      if (needed.has(node) && this.#isRow(node)) rows.set(node, this.#entries(node, entriesOf, variable));
    }
    sums.forEach((node, k) => {
      const terms = this.#entries(node, entriesOf, variable);
      terms.forEach((term, e) => {
        this.#kernel.accumulate(block, accumulators[k][e], combineOf(node), term);
      });
      this.#known.set(node, accumulators[k]);
    });
    for (const output of outputs) this.#store(block, output, entriesOf(output.node), variable);
  }

  #accumulators(node: AnyNode): readonly Scalar[] {
    const count = staticSize(this.#layout(node));
    const name = this.#around.options.nameOf(node) ?? "sum";
    return Array.from({ length: count }, (_, e) =>
      this.#kernel.declare(
        this.#kernel.root,
        count === 1 ? name : `${name}_${e}`,
        neutral(combineOf(node), node.element),
        node.element,
      ),
    );
  }

  /** Row nodes below `roots`. */
  #rowNodes(roots: readonly Node[]): ReadonlySet<Node> {
    const seen = new Set<Node>();
    const pending = [...roots];
    for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
      if (seen.has(node)) continue;
      seen.add(node);
      pending.push(...node.operands.filter((o) => this.#isRow(o)));
    }
    return seen;
  }

  /** Every entry of a node over its static axes, in row-major order; for a sum over rows, the term of one row. */
  #entries(node: AnyNode, of: (operand: Node) => readonly Scalar[], row: Scalar | null): readonly Scalar[] {
    const entries = this.#compute(node, of, row);
    const name = node.primitive === "parameter" ? labelOf(node.attributes.name) : this.#around.options.nameOf(node);
    const isNumber = node.primitive === "parameter" && (entries.length === 0 || entries[0].kind === "argument");
    if (name !== null && !isNumber && !this.#sumsRows(node)) {
      entries.forEach((s, e) => {
        this.#kernel.hint(s, entries.length === 1 ? name : `${name}_${e}`);
      });
    }
    return entries;
  }

  #compute(node: AnyNode, of: (operand: Node) => readonly Scalar[], row: Scalar | null): readonly Scalar[] {
    const { scalars } = this.#kernel;
    const layout = this.#layout(node);
    const count = staticSize(layout);
    const each = (entry: (at: readonly number[], e: number) => Scalar): readonly Scalar[] =>
      Array.from({ length: count }, (_, e) => entry(unravel(e, layout.sizes), e));
    const operand = (k: number, at: readonly number[]): Scalar => {
      const { sizes } = this.#layout(node.operands[k]);
      return of(node.operands[k])[ravel(at, sizes)];
    };
    switch (node.primitive) {
      case "constant":
        return [scalars.number(node.attributes.value, node.attributes.element)];
      case "dimension":
        return [scalars.dim(node.attributes.dim)];
      case "parameter":
        return this.#parameter(node, row);
      case "iota":
        return each((at) => (row === null ? scalars.dim(dims.constant(at[0])) : row));
      case "table":
        return node.attributes.values.map((value) => scalars.dim(dims.constant(value)));
      case "random":
        return each((at) => {
          const [seed, step] = node.operands.map((o) => of(o)[0]);
          return scalars.random(
            seed,
            step,
            node.attributes.site,
            this.#access.address(node.shape, this.#position(node.shape, at, row)),
          );
        });
      case "mark":
      case "stop_gradient":
        return of(node.operands[0]);
      case "broadcast": {
        const { axes } = node.attributes;
        const lead = node.operands[0].shape.length - axes.length;
        const rank = node.shape.length;
        return each((at) => operand(0, [...at.slice(0, lead), ...axes.map((axis) => at[rank + axis])]));
      }
      case "reshape":
        // The row axis stays where it is among equal products of static sizes, so the order is the same.
        return of(node.operands[0]);
      case "transpose": {
        const { permutation } = node.attributes;
        const rank = node.shape.length;
        const lead = rank - permutation.length;
        return each((at) => {
          const from = at.slice();
          permutation.forEach((axis, k) => (from[rank + axis] = at[lead + k]));
          return operand(0, from);
        });
      }
      case "slice": {
        const { axes } = node.attributes;
        const lead = node.shape.length - axes.length;
        return each((at) =>
          operand(
            0,
            at.map((i, k) => (k < lead ? i : known(axes[k - lead].start) + i * axes[k - lead].step)),
          ),
        );
      }
      case "pad": {
        const { axes } = node.attributes;
        const lead = node.shape.length - axes.length;
        const from = this.#layout(node.operands[0]);
        const zero = scalars.number(0, node.element);
        return each((at) => {
          const inner: number[] = at.slice(0, lead);
          for (const [k, axis] of axes.entries()) {
            const offset = at[lead + k] - known(axis.low);
            const position = offset / (axis.interior + 1);
            if (!Number.isInteger(position) || position < 0 || position >= from.sizes[lead + k]) return zero;
            inner.push(position);
          }
          return operand(0, inner);
        });
      }
      case "concat": {
        const axis = node.shape.length + node.attributes.axis;
        return each((at) => {
          let along = at[axis];
          for (const k of node.operands.keys()) {
            const size = this.#layout(node.operands[k]).sizes[axis];
            if (along < size) return operand(k, at.map((i, n) => (n === axis ? along : i))); // prettier-ignore
            along -= size;
          }
          throw new Error("internal: concat past its end");
        });
      }
      case "reduce_sum":
      case "reduce_product":
      case "reduce_max":
      case "reduce_min":
        return this.#reduce(node, count, of);
      case "argmax":
      case "argmin":
        return this.#search(node, of);
      case "contract":
        return this.#contract(node, count, of);
      case "gather":
        return this.#gather(node, of, each);
      default:
        return each((_, e) => elementwiseScalar(scalars, node, node.operands.map((o) => of(o)[e]))); // prettier-ignore
    }
  }

  #reduce(
    node: AnyNode & { readonly attributes: { readonly axes: readonly number[] } },
    count: number,
    of: (operand: Node) => readonly Scalar[],
  ): readonly Scalar[] {
    // prettier-ignore
    const [x] = node.operands;
    const { sizes } = this.#layout(x);
    const reduced = new Set(node.attributes.axes.map((axis) => x.shape.length + axis));
    const groups: Scalar[][] = Array.from({ length: count }, () => []);
    of(x).forEach((s, e) => {
      const kept = unravel(e, sizes).filter((_, k) => !reduced.has(k));
      groups[ravel(kept, this.#layout(node).sizes)].push(s);
    });
    return groups.map((group) => this.#combine(combineOf(node), group, node));
  }

  #contract(node: Node<"contract">, count: number, of: (operand: Node) => readonly Scalar[]): readonly Scalar[] {
    const { scalars } = this.#kernel;
    const [x, y] = node.operands;
    const { left, right, result } = node.attributes;
    const sizes = new Map<string, number>();
    const note = (n: Node, labels: readonly string[]): number => {
      const lead = n.shape.length - labels.length;
      labels.forEach((label, k) => sizes.set(label, this.#layout(n).sizes[lead + k]));
      return lead;
    };
    const leadX = note(x, left);
    const leadY = note(y, right);
    const lead = node.shape.length - result.length;
    const summed = [...sizes.keys()].filter((label) => !result.includes(label));
    const inner = summed.map((label) => sizes.get(label) ?? 1);
    return Array.from({ length: count }, (_, e) => {
      const at = unravel(e, this.#layout(node).sizes);
      const where = new Map(result.map((label, k) => [label, at[lead + k]]));
      const products = Array.from({ length: inner.reduce((p, n) => p * n, 1) }, (_unused, s) => {
        unravel(s, inner).forEach((i, k) => where.set(summed[k], i));
        const entry = (n: Node, own: number, labels: readonly string[]): Scalar => {
          const batch = at.slice(lead - own, lead);
          const position = [...batch, ...labels.map((label) => where.get(label) ?? 0)];
          return of(n)[ravel(position, this.#layout(n).sizes)];
        };
        return scalars.operation("multiply", [entry(x, leadX, left), entry(y, leadY, right)], "real");
      });
      return this.#combine("add", products, node);
    });
  }

  #combine(combine: Combine, group: readonly Scalar[], node: Node): Scalar {
    const { scalars } = this.#kernel;
    const [first, ...rest] = group;
    if (group.length === 0) return scalars.number(neutral(combine, node.element), node.element);
    return rest.reduce((sum, s) => scalars.operation(combine, [sum, s], node.element), first);
  }

  /** The first position of the largest (smallest) entry; a NaN counts as larger (smaller) than all others. */
  #search(node: Node<"argmax"> | Node<"argmin">, of: (operand: Node) => readonly Scalar[]): readonly Scalar[] {
    const { scalars } = this.#kernel;
    const [x] = node.operands;
    const { sizes } = this.#layout(x);
    const axis = x.shape.length + node.attributes.axis;
    const own = this.#layout(node);
    return Array.from({ length: staticSize(own) }, (_, e) => {
      const at = unravel(e, own.sizes);
      let best: Scalar | null = null;
      let position = scalars.dim(dims.constant(0));
      for (let k = 0; k < sizes[axis]; k++) {
        const s = of(x)[ravel([...at.slice(0, axis), k, ...at.slice(axis)], sizes)];
        const better: Scalar | null = best === null ? null : beats(this.#kernel, node.primitive === "argmax", s, best);
        position = better === null ? position : scalars.choose(better, scalars.dim(dims.constant(k)), position);
        best = better === null || best === null ? s : scalars.choose(better, s, best);
      }
      return position;
    });
  }

  #gather(
    node: Node<"gather">,
    of: (operand: Node) => readonly Scalar[],
    each: (entry: (at: readonly number[], e: number) => Scalar) => readonly Scalar[],
  ): readonly Scalar[] {
    const { scalars } = this.#kernel;
    const [x, i] = node.operands;
    const { batch } = node.attributes;
    const indexSizes = this.#layout(i).sizes;
    const fixed = (places: readonly number[]): Scalar[] => places.map((p) => scalars.dim(dims.constant(p)));
    return each((at) => {
      const chosen = of(i)[ravel(at.slice(0, i.shape.length), indexSizes)];
      return this.#access.read(x, [...fixed(at.slice(0, batch)), chosen, ...fixed(at.slice(i.shape.length))]);
    });
  }

  /** A position as scalars; `row` stands for the symbolic axis. */
  #position(shape: Shape, at: readonly number[], row: Scalar | null): readonly Scalar[] {
    const { axis } = rowLayout(shape, this.#symbol) ?? { axis: null };
    return at.map((i, k) => (k === axis && row !== null ? row : this.#kernel.scalars.dim(dims.constant(i))));
  }

  #parameter(node: Node<"parameter">, row: Scalar | null): readonly Scalar[] {
    const numbers = this.#around.numbersOf?.(node) ?? null;
    if (numbers !== null) return numbers.map((name) => this.#kernel.scalars.argument(name, node.element));
    const layout = this.#layout(node);
    return Array.from({ length: staticSize(layout) }, (_, e) =>
      this.#access.read(node, this.#position(node.shape, unravel(e, layout.sizes), row)),
    );
  }

  #store(block: Block, output: GraphOutput, entries: readonly Scalar[], row: Scalar | null): void {
    const end = this.#ends[this.#graph.outputs.indexOf(output)];
    if (end.kind === "numbers") throw new Error("internal: rows do not end as numbers");
    const { sizes } = this.#layout(output.node);
    entries.forEach((s, e) => {
      const at = this.#position(output.node.shape, unravel(e, sizes), row);
      const address = this.#access.rowAddress(output.node.shape, at, end.target);
      this.#kernel.store(block, end.target.buffer, address, s);
    });
  }

  #output(output: GraphOutput, k: number): void {
    const end = this.#ends[k];
    const entries = this.#known.get(output.node) ?? [];
    if (end.kind === "array") {
      if (!this.#isRow(output.node)) this.#store(this.#kernel.root, output, entries, null);
      return;
    }
    const names = end.names.map((name) => this.#kernel.name(name));
    names.forEach((name, e) => {
      this.#kernel.deliver(name, entries[e]);
    });
    this.#delivered.set(k, names);
  }
}

/** `s` is chosen over `best`: larger (smaller), or the first NaN. */
function beats({ scalars }: KernelBuilder, larger: boolean, s: Scalar, best: Scalar): Scalar {
  const order = larger ? [best, s] : [s, best];
  const better = scalars.operation("less", order, "bool");
  if (s.element !== "real") return better;
  const nan = scalars.operation("is_nan", [s], "bool");
  const first = scalars.operation("not", [scalars.operation("is_nan", [best], "bool")], "bool");
  return scalars.operation("or", [better, scalars.operation("and", [nan, first], "bool")], "bool");
}

function isSum(node: AnyNode): boolean {
  return node.primitive === "contract" || node.primitive.startsWith("reduce_");
}

/** Positions along every axis; the symbolic axis (of size 1 here) stays 0. */
function unravel(index: number, sizes: readonly number[]): number[] {
  const at = new Array<number>(sizes.length);
  for (let k = sizes.length - 1; k >= 0; k--) {
    at[k] = index % sizes[k];
    index = Math.floor(index / sizes[k]);
  }
  return at;
}

function ravel(at: readonly number[], sizes: readonly number[]): number {
  return at.reduce((flat, i, k) => flat * sizes[k] + (sizes[k] === 1 ? 0 : i), 0);
}

function known(dim: Dim): number {
  return dims.constantOf(dim) ?? 0;
}
