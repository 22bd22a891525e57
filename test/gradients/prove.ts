/**
 * The checks that every function goes through at one point: forward against reverse mode, both against the complex step (and
 * extrapolated differences where there are kinks), order two against the complex step through the first derivative, lifting
 * against single calls, and the simplified graph against the plain one.
 *
 * Tolerances come from the interpreter's running error bounds, which hold the condition of the computation: a comparison whose
 * tolerance is above 1e-7 of what it compares is not counted.
 */
import * as dims from "../../src/ir/dim.ts";
import * as e from "../../src/ir/expressions.ts";
import type { GraphBuilder } from "../../src/ir/builder.ts";
import type { Graph, Node } from "../../src/ir/graph.ts";
import { evaluate, tensor } from "../../src/ir/interpreter.ts";
import type { Value } from "../../src/ir/value.ts";
import { createContext } from "../../src/4-differentiate/context.ts";
import { forward } from "../../src/4-differentiate/forward.ts";
import { lift } from "../../src/ir/lift.ts";
import { eraseMarks } from "../../src/4-differentiate/marks.ts";
import { reverse } from "../../src/4-differentiate/reverse.ts";
import { simplify } from "../../src/5-simplify/simplify.ts";
import { evaluateComplex, isAnalytic } from "./continuation.ts";
import type { ComplexValue } from "./continuation.ts";
import { RATIO, ridders, STEPS } from "./differences.ts";
import { isEmitted, Twins } from "./twin.ts";

/** A function of real tensors: a node, the parameters it is differentiated by, and further ones that stay. */
export interface Subject {
  readonly y: Node;
  readonly xs: readonly Node<"parameter">[];
  readonly others: readonly Node<"parameter">[];
  /** Draws the entries of the parameters (of `xs` and `others`). */
  readonly draw: (node: Node<"parameter">, next: () => number) => Value;
  /** The derivative takes stop_gradient for a constant, so that it is not that of the values. */
  readonly stops?: boolean;
}

export interface Findings {
  /** Comparisons whose tolerance is at most 1e-7 of what they compare. */
  readonly comparisons: number;
  readonly faults: readonly string[];
}

/** What the symbol of the row of `dimension` stands for. */
const symbols: ReadonlyMap<string, number> = new Map([["n", 3]]);
const unit = 2 ** -53;
const step = 2 ** -300;
const lifted = 3;

/** Counts comparisons, and keeps those that failed. */
class Ledger implements Findings {
  comparisons = 0;
  readonly faults: string[] = [];

  /** |found - wanted| <= bound. */
  compare(what: string, found: number, wanted: number, bound: number): void {
    const scale = Math.max(Math.abs(found), Math.abs(wanted));
    if (bound <= 1e-7 * scale || (scale === 0 && bound < 1e-300)) this.comparisons++;
    if (Object.is(found, wanted) || found === wanted || Math.abs(found - wanted) <= bound) return;
    this.faults.push(`${what}: ${found} instead of ${wanted}, beyond ${bound}`);
  }
}

/** The derivatives of a subject as graphs: made once, evaluated at many points. */
export class Proof {
  readonly #b: GraphBuilder;
  readonly #subject: Subject;
  readonly #vs: readonly Node<"parameter">[];
  readonly #w: Node<"parameter">;
  /** J v, Jᵀ w and d(Jᵀ w)/dx v. */
  readonly #tangent: Node;
  readonly #cotangents: readonly Node[];
  readonly #seconds: readonly Node[];
  readonly #plain: Graph;
  readonly #simplified: Graph;
  readonly #lifted: Graph;
  readonly #names: readonly string[];
  readonly #analytic: boolean;

  constructor(b: GraphBuilder, subject: Subject) {
    const { xs } = subject;
    this.#b = b;
    const y = subject.y.element === "real" ? subject.y : e.convert(b, subject.y, "real");
    this.#subject = { ...subject, y };
    this.#vs = xs.map((x, k) => like(b, x, `direction${k}`));
    this.#w = like(b, y, "cotangent");
    const context = createContext(b, { roots: [y] });
    const seeds = new Map<Node, Node>(xs.map((x, k) => [x, this.#vs[k]]));
    const orZeros = (nodes: readonly (Node | null)[], models: readonly Node[]): Node[] =>
      nodes.map((node, k) => node ?? e.zerosLike(b, models[k]));
    [this.#tangent] = orZeros(forward(context, [y], seeds), [y]);
    this.#cotangents = orZeros(reverse(context, [[y, this.#w]], xs), xs);
    const second = createContext(b, { roots: this.#cotangents });
    this.#seconds = orZeros(forward(second, this.#cotangents, seeds), xs);
    const outputs = [y, this.#tangent, ...this.#cotangents, ...this.#seconds];
    this.#names = outputs.map((_, k) => `o${k}`);
    const parameters = [...xs, ...subject.others, ...this.#vs, this.#w];
    this.#plain = this.#graph(parameters, outputs);
    this.#simplified = simplify(this.#plain, b);
    this.#analytic = isAnalytic([y]);
    const leading = [dims.constant(lifted)];
    const real = parameters.filter((p) => p.element === "real");
    const many = new Map<Node, Node<"parameter">>(
      real.map((p) => [p, like(b, p, `many.${p.attributes.name}`, leading)]),
    );
    const all = lift(b, outputs, many, leading);
    this.#lifted = this.#graph(
      parameters.map((p) => many.get(p) ?? p),
      all,
    );
  }

  #graph(parameters: readonly Node<"parameter">[], outputs: readonly Node[]): Graph {
    return {
      parameters,
      outputs: outputs.map((node, k) => ({ name: this.#names[k], node, updates: null })),
      requirements: [],
    };
  }

  /** All checks at a point drawn from `next`. */
  check(next: () => number): Findings {
    const ledger = new Ledger();
    const { xs } = this.#subject;
    const inputs = this.#draw(next);
    const [y, tangent, ...rest] = this.#run(this.#plain, inputs);
    const cotangents = rest.slice(0, xs.length);
    const seconds = rest.slice(xs.length);
    this.#innerProducts(ledger, inputs, tangent, cotangents);
    this.#complexSteps(ledger, inputs, tangent, cotangents, seconds);
    if (!this.#analytic && this.#subject.stops !== true)
      this.#differences(ledger, inputs, tangent, cotangents, seconds);
    this.#simplification(ledger, inputs, [y, tangent, ...rest]);
    this.#lifting(ledger, inputs, next);
    return ledger;
  }

  #draw(next: () => number): ReadonlyMap<Node<"parameter">, Value> {
    const { xs, others, draw } = this.#subject;
    const inputs = new Map<Node<"parameter">, Value>();
    for (const p of [...xs, ...others]) inputs.set(p, draw(p, next));
    for (const p of [...this.#vs, this.#w]) inputs.set(p, uniform(p, next));
    return inputs;
  }

  /** The value and both orders in emitted f32 code against the f64 twin, at so many points; null where modules cannot hold them. */
  twins(points: number, next: () => number): Findings | null {
    if (!isEmitted(this.#simplified)) return null;
    const twins = new Twins(this.#b, eraseMarks(this.#simplified, this.#b));
    const all = Array.from({ length: points }, () => {
      return twins.check(new Map([...this.#draw(next)].map(([p, value]) => [p.attributes.name, value])));
    });
    return {
      comparisons: all.reduce((sum, { comparisons }) => sum + comparisons, 0),
      faults: all.flatMap(({ faults }) => faults),
    };
  }

  #run(
    graph: Graph,
    inputs: ReadonlyMap<Node<"parameter">, Value>,
    observe?: (node: Node, value: Value) => void,
  ): readonly Value[] {
    const named = new Map([...inputs].map(([p, value]) => [p.attributes.name, value]));
    const found = evaluate(graph, named, observe === undefined ? { dims: symbols } : { dims: symbols, observe });
    return this.#names.map((name) => found.get(name) ?? missing());
  }

  /** <w, J v> = <Jᵀ w, v> */
  #innerProducts(
    ledger: Ledger,
    inputs: ReadonlyMap<Node<"parameter">, Value>,
    tangent: Value,
    cotangents: readonly Value[],
  ): void {
    const ahead = inner(tangent, inputs.get(this.#w) ?? missing());
    const back = cotangents
      .map((c, k) => inner(c, inputs.get(this.#vs[k]) ?? missing()))
      .reduce((p, q) => ({ value: p.value + q.value, bound: p.bound + q.bound, size: p.size + q.size }), nothing);
    ledger.compare("<w, J v> against <Jᵀ w, v>", ahead.value, back.value, ahead.bound + back.bound + 4 * unit * (ahead.size + back.size)); // prettier-ignore
  }

  #complexSteps(
    ledger: Ledger,
    inputs: ReadonlyMap<Node<"parameter">, Value>,
    tangent: Value,
    cotangents: readonly Value[],
    seconds: readonly Value[],
  ): void {
    const { y, xs } = this.#subject;
    const along = xs.map((_, k) => inputs.get(this.#vs[k]) ?? missing());
    const [first] = this.#complexStep([y], inputs, along);
    compareAll(ledger, "J v against the complex step", tangent, first);
    this.#complexStep(this.#cotangents, inputs, along).forEach((found, k) => {
      compareAll(ledger, `d(Jᵀ w)/dx v, part ${k}, against the complex step`, seconds[k], found);
    });
    // Each entry of Jᵀ w by its own unit direction, where there are few.
    const w = inputs.get(this.#w) ?? missing();
    xs.forEach((_, k) => {
      if (cotangents[k].data.length > 6) return;
      cotangents[k].data.forEach((found, cell) => {
        const direction = along.map((v, j) => tensor(v.shape, v.data.map((_, i) => (j === k && i === cell ? 1 : 0)))); // prettier-ignore
        const [column] = this.#complexStep([y], inputs, direction);
        const wanted = column.reduce((sum, v, i) => sum + v * w.data[i], 0);
        const size = column.reduce((sum, v, i) => sum + Math.abs(v * w.data[i]), 0);
        const bound = tolerance(found, cotangents[k].error[cell]) + unit * (column.length + 16) * size;
        ledger.compare(`Jᵀ w, part ${k}, entry ${cell}, against the complex step`, found, wanted, bound);
      });
    });
  }

  /** Im f(x + ih v) / h of each root. */
  #complexStep(
    roots: readonly Node[],
    inputs: ReadonlyMap<Node<"parameter">, Value>,
    along: readonly Value[],
  ): readonly Float64Array[] {
    const { xs } = this.#subject;
    const bindings = new Map<Node, ComplexValue>([...inputs].map(([p, re]) => [p, { re, im: null }]));
    xs.forEach((x, k) => {
      const v = along[k];
      bindings.set(x, { re: inputs.get(x) ?? missing(), im: tensor(v.shape, v.data.map((d) => d * step)) }); // prettier-ignore
    });
    const values = evaluateComplex(roots, bindings, symbols, this.#subject.stops);
    return values.map(({ re, im }) => im?.data.map((v) => v / step) ?? new Float64Array(re.data.length));
  }

  /** Orders one and two against differences, along one direction. */
  #differences(
    ledger: Ledger,
    inputs: ReadonlyMap<Node<"parameter">, Value>,
    tangent: Value,
    cotangents: readonly Value[],
    seconds: readonly Value[],
  ): void {
    const { xs } = this.#subject;
    const moved = (t: number): Moved => {
      const at = new Map(inputs);
      xs.forEach((x, k) => {
        const [value, v] = [inputs.get(x) ?? missing(), inputs.get(this.#vs[k]) ?? missing()];
        at.set(x, tensor(value.shape, value.data.map((entry, i) => entry + t * v.data[i]))); // prettier-ignore
      });
      const decisions: number[] = [];
      const observe = (node: Node, value: Value): void => {
        if (isDecision(node)) decisions.push(...value.data);
      };
      return { values: this.#run(this.#plain, at, observe), decisions: decisions.join() };
    };
    // Steps are shared by all entries: f is evaluated once for each.
    const seen = new Map<number, Moved>();
    const at = (t: number): Moved => {
      const known = seen.get(t) ?? moved(t);
      seen.set(t, known);
      return known;
    };
    // Differences say nothing across a kink: no choice may change within the step.
    const first = [1e-3, 1e-4].find((h) => [h, -h].every((t) => at(t).decisions === at(0).decisions));
    if (first === undefined) return;
    const last = first / RATIO ** STEPS;
    const compare = (what: string, found: Value, of: (values: readonly Value[]) => Value): void => {
      found.data.forEach((entry, i) => {
        // The extremum of no entries is infinite: it has no differences.
        if (!Number.isFinite(of(at(0).values).data[i])) return;
        const { value, error } = ridders((t) => of(at(t).values).data[i], first);
        // What rounding makes of the difference at the smallest step, beside the extrapolation's own estimate.
        const noise = of(at(0).values).error[i] / last;
        ledger.compare(`${what}, entry ${i}, against differences`, entry, value, 1e-7 * Math.abs(value) + 4 * error + noise + 8 * found.error[i]); // prettier-ignore
      });
    };
    compare("J v", tangent, ([y]) => y);
    cotangents.forEach((_, k) => {
      compare(`d(Jᵀ w)/dx v, part ${k}`, seconds[k], (values) => values[2 + k]);
    });
  }

  #simplification(ledger: Ledger, inputs: ReadonlyMap<Node<"parameter">, Value>, plain: readonly Value[]): void {
    this.#run(this.#simplified, inputs).forEach((value, k) => {
      value.data.forEach((entry, i) => {
        const bound = value.error[i] + plain[k].error[i];
        ledger.compare(`simplified output ${k}, entry ${i}`, entry, plain[k].data[i], bound);
      });
    });
  }

  /** Lifted by a batch dimension against a loop of single calls: the same bits. */
  #lifting(ledger: Ledger, inputs: ReadonlyMap<Node<"parameter">, Value>, next: () => number): void {
    const { xs, others, draw } = this.#subject;
    const real = [...xs, ...others, ...this.#vs, this.#w].filter((p) => p.element === "real");
    const points = Array.from({ length: lifted }, () => {
      const at = new Map(inputs);
      for (const p of real) at.set(p, this.#vs.includes(p) || p === this.#w ? uniform(p, next) : draw(p, next));
      return at;
    });
    const batch = new Map<string, Value>();
    for (const p of this.#plain.parameters) {
      const own = inputs.get(p) ?? missing();
      if (!real.includes(p)) batch.set(p.attributes.name, own);
      else {
        const entries = points.flatMap((at) => [...(at.get(p) ?? missing()).data]);
        batch.set(`many.${p.attributes.name}`, tensor([lifted, ...own.shape], entries));
      }
    }
    const found = evaluate(this.#lifted, batch, { dims: symbols });
    points.forEach((at, k) => {
      this.#run(this.#plain, at).forEach((single, j) => {
        const together = found.get(this.#names[j]) ?? missing();
        // What does not vary has no leading axis.
        const offset = together.shape.length > single.shape.length ? k * single.data.length : 0;
        single.data.forEach((entry, i) => {
          ledger.compare(`lifted output ${j}, call ${k}, entry ${i}`, together.data[offset + i], entry, 0);
        });
      });
    });
  }
}

function like(b: GraphBuilder, x: Node, name: string, leading: dims.Shape = []): Node<"parameter"> {
  const type = { element: "real", shape: [...leading, ...x.shape] } as const;
  return b.create("parameter", [], { name, type, bound: null, held: "array" });
}

/** Entries in [-1, 1). */
export function uniform(p: Node, next: () => number, low = -1, high = 1): Value {
  const shape = p.shape.map((dim) => dims.evaluate(dim, symbols));
  const size = shape.reduce((product, n) => product * n, 1);
  return tensor(shape, Array.from({ length: size }, () => low + (high - low) * next())); // prettier-ignore
}

/** The outputs of a graph at a moved point, and every choice that was made on the way. */
interface Moved {
  readonly values: readonly Value[];
  readonly decisions: string;
}

/** Truth values, integers, and step functions: where one of these changes lies a kink or a jump. */
function isDecision(node: Node): boolean {
  return node.element !== "real" || ["sign", "floor", "ceil", "round", "floor_divide"].includes(node.primitive);
}

interface Inner {
  readonly value: number;
  readonly bound: number;
  readonly size: number;
}
const nothing: Inner = { value: 0, bound: 0, size: 0 };

function inner(x: Value, y: Value): Inner {
  return [...x.data].reduce<Inner>((sum, v, k) => {
    const term = v * y.data[k];
    const bound = sum.bound + x.error[k] * Math.abs(y.data[k]);
    return { value: sum.value + term, bound, size: sum.size + x.data.length * Math.abs(term) };
  }, nothing);
}

/** The running bound, for the rounding errors of both sides; at least a few units in the last place. */
function tolerance(found: number, error: number): number {
  return 8 * error + 64 * unit * Math.abs(found);
}

function compareAll(ledger: Ledger, what: string, found: Value, wanted: Float64Array): void {
  found.data.forEach((entry, i) => {
    ledger.compare(`${what}, entry ${i}`, entry, wanted[i], tolerance(entry, found.error[i]));
  });
}

function missing(): never {
  throw new Error("a value is missing");
}
