/** Random well-typed graphs: every kind of node, views of views, sums of joins, gathers by computed indices. */
import type { GraphBuilder } from "../../src/ir/builder.ts";
import * as dims from "../../src/ir/dim.ts";
import type { Dim } from "../../src/ir/dim.ts";
import * as e from "../../src/ir/expressions.ts";
import type { Graph, Node } from "../../src/ir/graph.ts";
import { tensor } from "../../src/ir/interpreter.ts";
import type { Value } from "../../src/ir/value.ts";
import { graphOf, parameter } from "../5-simplify/support.ts";
import { generator } from "../primitives/harness.ts";

const d = dims.constant;

export interface RandomGraph {
  readonly graph: Graph;
  /** Every node of the recipe, in order: a failure is narrowed down to one of them. */
  readonly nodes: readonly Node[];
}

type Unary = (b: GraphBuilder, x: Node) => Node;
type Binary = (b: GraphBuilder, x: Node, y: Node) => Node;

const unary: readonly Unary[] = [
  e.neg, e.abs, e.sin, e.cos, e.tanh, e.sigmoid, e.softplus, e.floor, e.sign, e.stopGradient,
  (b, x) => e.mul(b, x, 1.5), (b, x) => e.add(b, x, -0.25), (b, x) => e.exp(b, e.tanh(b, x)), (b, x) => e.powInt(b, e.tanh(b, x), 2),
  (b, x) => e.sqrt(b, e.add(b, e.abs(b, x), 0.5)), (b, x) => e.log(b, e.add(b, e.mul(b, x, x), 1)), (b, x) => b.mark(x, "u"),
]; // prettier-ignore

const binary: readonly Binary[] = [
  e.add, e.sub, e.mul, e.max, e.min,
  (b, x, y) => e.div(b, x, e.add(b, e.abs(b, y), 1)),
  (b, x, y) => e.select(b, e.less(b, x, y), x, e.mul(b, y, 2)),
  (b, x, y) => e.select(b, e.or(b, e.lessEqual(b, x, e.like(b, 0, x)), e.not(b, e.equalTo(b, x, y))), y, 0),
]; // prettier-ignore

/** The graph of a seed, with up to `count` nodes chosen at random, and with derivatives if they are wanted. */
export function randomGraph(b: GraphBuilder, seed: number, count: number): RandomGraph {
  return new Recipe(b, seed).cook(count);
}

class Recipe {
  readonly #b: GraphBuilder;
  readonly #next: () => number;
  readonly #reals: Node[] = [];
  readonly #indices: { readonly node: Node; readonly bound: number }[] = [];
  /** Sizes of axes; two symbols and small numbers. */
  readonly #dims: readonly Dim[];

  constructor(b: GraphBuilder, seed: number) {
    this.#b = b;
    this.#next = generator(seed * 7919 + 13);
    for (let k = 0; k < 4; k++) this.#next();
    const all = [d(2), d(3), d(1), d(5), dims.symbol("n"), dims.symbol("m")];
    this.#dims = this.#chance(0.3) ? all.slice(0, 4) : this.#chance(0.5) ? all.slice(0, 5) : all;
  }

  cook(count: number): RandomGraph {
    const b = this.#b;
    for (let k = 0; k < 3; k++) this.#reals.push(this.#parameter(`x${k}`, 1 + this.#below(3)));
    if (this.#chance(0.5)) this.#reals.push(parameter(b, "c", []));
    const rows = this.#pick(this.#dims);
    this.#indices.push({ node: indexParameter(b, "i", [rows], 3), bound: 3 });
    const parameters = this.#reals.length;
    for (let k = 0; k < count; k++) {
      const made = this.#make();
      if (made !== null) this.#reals.push(made);
    }
    const nodes = this.#reals.slice(parameters);
    const outputs: Record<string, Node> = {};
    const last = nodes.at(-1) ?? this.#reals[0];
    outputs.y = last;
    for (let k = 0; k < 2; k++) outputs[`y${k}`] = this.#pick(this.#reals);
    const [x] = this.#reals;
    const loss = e.reduceSum(b, last, e.allAxes(last));
    outputs.g = b.create("gradient", [loss, x], {});
    const v = b.create("parameter", [], { name: "v", type: { element: "real", shape: x.shape }, bound: null, held: x.shape.length === 0 ? "number" : "array" }); // prettier-ignore
    if (this.#chance(0.4)) outputs.h = b.create("jvp", [outputs.g, x, v], {});
    return { graph: this.#chance(0.4) ? this.#updating(graphOf(outputs), nodes) : graphOf(outputs), nodes };
  }

  /** Some parameters are written over, as a training step writes weights. */
  #updating(graph: Graph, nodes: readonly Node[]): Graph {
    const b = this.#b;
    const arrays = graph.parameters.filter((p) => p.element === "real" && p.attributes.held === "array" && p.attributes.name !== "v"); // prettier-ignore
    const updates = arrays.flatMap((p, k) => {
      const fitting = nodes.filter((n) => n.element === "real" && dims.shapesEqual(n.shape, p.shape));
      const gradient = graph.outputs.find((o) => o.name === "g");
      if (k === 0 && gradient !== undefined && dims.shapesEqual(gradient.node.shape, p.shape)) fitting.push(e.sub(b, p, e.mul(b, gradient.node, 0.1))); // prettier-ignore
      if (fitting.length === 0 || this.#chance(0.3)) return [];
      return [{ name: `u${k}`, node: this.#pick(fitting), updates: p.attributes.name }];
    });
    const outputs = [...graph.outputs, ...updates];
    return { ...graphOf(Object.fromEntries(outputs.map((o) => [o.name, o.node]))), outputs };
  }

  #parameter(name: string, rank: number): Node {
    const shape = Array.from({ length: rank }, () => this.#pick(this.#dims));
    return this.#b.create("parameter", [], { name, type: { element: "real", shape }, bound: null, held: "array" });
  }

  #below(n: number): number {
    return Math.floor(this.#next() * n);
  }

  #chance(p: number): boolean {
    return this.#next() < p;
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#below(list.length)];
  }

  /** Prefers what was made last, so that chains grow. */
  #real(): Node {
    return this.#chance(0.5) ? this.#reals[this.#reals.length - 1] : this.#pick(this.#reals);
  }

  #make(): Node | null {
    const b = this.#b;
    const x = this.#real();
    const rank = x.shape.length;
    const axis = rank === 0 ? 0 : -1 - this.#below(rank);
    switch (this.#below(17)) {
      case 0:
      case 1:
        return this.#pick(unary)(b, x);
      case 2:
      case 3:
      case 4:
        return this.#pick(binary)(b, x, this.#partner(x));
      case 5: {
        if (rank === 0) return null;
        const axes = e.allAxes(x).filter((a) => a === axis || this.#chance(0.3));
        // The largest of nothing is -Infinity: where an axis may be empty, only sums and products are tried.
        const extremes = x.shape.every((s) => dims.constantOf(s) !== null) ? [e.reduceMax, e.reduceMin] : [];
        const reduce = this.#pick([e.reduceSum, e.reduceSum, e.reduceProduct, ...extremes]);
        const bounded = reduce === e.reduceProduct ? e.tanh(b, x) : x;
        const sum = reduce(b, bounded, axes, this.#chance(0.3));
        return this.#chance(0.5) || sum.shape.length !== rank - axes.length ? sum : e.add(b, e.unreduce(b, sum, axes, x.shape), x); // prettier-ignore
      }
      case 6:
      case 7:
        return this.#product(x);
      case 8:
        return rank < 2 ? null : e.transpose(b, x, this.#shuffled(e.allAxes(x)));
      case 9:
        return this.#reshape(x);
      case 10: {
        // An axis of known size is cut; a symbolic one is turned around.
        if (rank === 0) return null;
        return e.slice(b, x, x.shape.map((size) => this.#cut(size))); // prettier-ignore
      }
      case 11: {
        if (rank === 0) return null;
        const edge = (): { low: Dim; high: Dim; interior: number } => {
          const interior = this.#chance(0.2) ? 1 : 0;
          return { low: d(this.#below(3)), high: d(this.#below(2)), interior };
        };
        return this.#known(e.pad(b, x, x.shape.map((s) => (dims.constantOf(s) === null || dims.constantOf(s) === 0 ? { low: d(0), high: d(0), interior: 0 } : edge())))); // prettier-ignore
      }
      case 12:
        if (rank === 0) return null;
        return this.#known(b.create("concat", [x, this.#pick(unary)(b, x)], { axis }));
      case 13:
        return this.#gather(x);
      case 14:
        return this.#scatter(x);
      case 15:
        return this.#window(x);
      default: {
        if (rank === 0) return null;
        const shape = [...(this.#chance(0.3) ? [this.#pick(this.#dims)] : []), ...x.shape];
        return shape.length > 4 ? null : e.broadcastTo(b, x, shape);
      }
    }
  }

  /** Another tensor of the shape of x, or one that broadcasts to it. */
  #partner(x: Node): Node {
    const b = this.#b;
    const candidates = this.#reals.filter((y) => y.shape.length <= x.shape.length);
    for (let round = 0; round < 4; round++) {
      const y = this.#pick(candidates);
      try {
        return e.broadcastTo(b, y, x.shape);
      } catch {
        // Another one may fit.
      }
    }
    return this.#pick(unary)(b, x);
  }

  #product(x: Node): Node | null {
    const b = this.#b;
    if (x.shape.length === 0) return null;
    const y = this.#real();
    if (y.shape.length === 0) return null;
    // Contract an axis that both have, if there is one; else the outer product of vectors.
    for (let i = 0; i < x.shape.length; i++) {
      for (let j = 0; j < y.shape.length; j++) {
        if (!dims.equal(x.shape[i], y.shape[j])) continue;
        const left = x.shape.map((_, k) => (k === i ? "k" : `x${k}`));
        const right = y.shape.map((_, k) => (k === j ? "k" : `y${k}`));
        const free = [...left, ...right].filter((label) => label !== "k");
        if (free.length > 3) continue;
        return this.#shrunk(e.contract(b, [x, left], [y, right], this.#shuffled(free)));
      }
    }
    if (x.shape.length > 1 || y.shape.length > 1) return null;
    return this.#shrunk(e.contract(b, [x, ["i"]], [y, ["j"]], ["i", "j"]));
  }

  /** Keeps numbers of products small. */
  #shrunk(x: Node): Node {
    return this.#chance(0.5) ? e.tanh(this.#b, x) : x;
  }

  #reshape(x: Node): Node | null {
    const b = this.#b;
    const sizes = x.shape.map((s) => dims.constantOf(s));
    switch (this.#below(4)) {
      case 0:
        return e.reshape(b, x, [dims.product(x.shape)]);
      case 1:
        return e.reshape(
          b,
          x,
          [...x.shape, d(1)].slice(0, 4).length === x.shape.length + 1 ? [...x.shape, d(1)] : x.shape,
        );
      case 2: {
        if (x.shape.length < 2) return null;
        const k = this.#below(x.shape.length - 1);
        return e.reshape(b, x, [
          ...x.shape.slice(0, k),
          dims.multiply(x.shape[k], x.shape[k + 1]),
          ...x.shape.slice(k + 2),
        ]);
      }
      default: {
        const k = sizes.findIndex((s) => s !== null && s > 1);
        const size = sizes[k] ?? 1;
        if (k < 0 || x.shape.length > 3) return null;
        const first = [2, 3, 5].find((p) => size % p === 0) ?? size;
        return e.reshape(b, x, [...x.shape.slice(0, k), d(first), d(size / first), ...x.shape.slice(k + 1)]);
      }
    }
  }

  #cut(size: Dim): { start: Dim; size: Dim; step: number } {
    const whole = { start: d(0), size, step: 1 };
    const known = dims.constantOf(size);
    if (this.#chance(0.4)) return whole;
    if (known === null) return { start: dims.subtract(size, d(1)), size, step: -1 };
    if (known === 0) return whole;
    const start = this.#below(known);
    const step = this.#pick([1, 2, -1, -2]);
    const most = step > 0 ? Math.ceil((known - start) / step) : Math.floor(start / -step) + 1;
    return { start: d(start), size: d(1 + this.#below(most)), step };
  }

  /** Graphs whose tensors grow are left at four axes and a few hundred entries. */
  #known(x: Node): Node | null {
    const entries = x.shape.reduce((p, s) => p * (dims.constantOf(s) ?? 4), 1);
    return entries > 400 ? null : x;
  }

  #gather(x: Node): Node | null {
    const b = this.#b;
    if (x.shape.length === 0 || x.shape.length > 3) return null;
    const size = dims.constantOf(x.shape[0]);
    if (size === null || size === 0) return null;
    const { node } = this.#pick(this.#indices);
    if (this.#chance(0.3) && x.shape.length > 1) {
      const last = dims.constantOf(x.shape[x.shape.length - 1]);
      if (last !== null && last > 0 && x.shape.length === 2) {
        return b.create("gather", [x, b.create(this.#pick(["argmax", "argmin"] as const), [x], { axis: -1 })], {
          batch: 1,
        });
      }
    }
    const inside = e.modulo(b, node, e.like(b, size, node));
    return this.#known(b.create("gather", [x, inside], { batch: 0 }));
  }

  #scatter(x: Node): Node | null {
    const { node, bound } = this.#pick(this.#indices);
    if (x.shape.length === 0 || !dims.equal(x.shape[0], node.shape[0])) return null;
    return this.#b.create("scatter_add", [node, x], { batch: 0, size: d(bound) });
  }

  #window(x: Node): Node | null {
    const b = this.#b;
    const size = dims.constantOf(x.shape[x.shape.length - 1] ?? d(0));
    if (size === null || size < 3 || x.shape.length > 3) return null;
    const window = b.create("window", [x], { axis: -1, count: d(size - 1), size: d(2), stride: 1, dilation: 1 });
    return this.#chance(0.5) ? window : e.reduceMax(b, window, [-1]);
  }

  #shuffled<T>(list: readonly T[]): T[] {
    const rest = [...list];
    const result: T[] = [];
    while (rest.length > 0) result.push(...rest.splice(this.#below(rest.length), 1));
    return result;
  }
}

function indexParameter(b: GraphBuilder, name: string, shape: readonly Dim[], bound: number): Node {
  return b.create("parameter", [], { name, type: { element: "index", shape }, bound: d(bound), held: "array" });
}

/** Values of a graph's parameters at sizes of its symbols. */
export function randomInputs(
  graph: Graph,
  seed: number,
  symbols: Readonly<Record<string, number>>,
): Readonly<Record<string, Value>> {
  const next = generator(seed);
  const bound = new Map(Object.entries(symbols));
  return Object.fromEntries(
    graph.parameters.map((p): [string, Value] => {
      const shape = p.shape.map((s) => dims.evaluate(s, bound));
      const size = shape.reduce((q, s) => q * s, 1);
      const draw = (): number => {
        if (p.element === "index") return Math.floor(next() * 3);
        // Ties and zeros are frequent.
        return next() < 0.2 ? Math.round(next() * 4 - 2) : next() * 4 - 2;
      };
      return [p.attributes.name, tensor(shape, Array.from({ length: size }, draw), p.element)];
    }),
  );
}
