/**
 * Graph -> emitted module -> numbers, beside the reference interpreter. What a module computes is judged by the
 * interpreter's running error bound, never by a constant.
 */
import type { CheckedFunction } from "../../src/2-check/checked.ts";
import type { Span } from "../../src/diagnostics/diagnostic.ts";
import { differentiate } from "../../src/4-differentiate/differentiate.ts";
import { eraseMarks } from "../../src/4-differentiate/marks.ts";
import { simplify } from "../../src/5-simplify/simplify.ts";
import { NestCache } from "../../src/6-schedule/nest-cache.ts";
import { schedule } from "../../src/6-schedule/schedule.ts";
import { emitModule, textOf, type ModuleParts } from "../../src/7-emit/typescript/module.ts";
import { heldAs, isReserved, takenNames } from "../../src/7-emit/typescript/identifiers.ts";
import { inlinedCalls } from "../../src/7-emit/typescript/kernels.ts";
import { load } from "../../src/evaluate.ts";
import type { GraphBuilder } from "../../src/ir/builder.ts";
import * as dims from "../../src/ir/dim.ts";
import { planSolution } from "../../src/ir/dim-solve.ts";
import type { ElementType, Graph, Node } from "../../src/ir/graph.ts";
import { evaluate } from "../../src/ir/interpreter.ts";
import { printGraph } from "../../src/ir/printer.ts";
import type { Value } from "../../src/ir/value.ts";
import { verify } from "../../src/ir/verifier.ts";
import { primitives } from "../../src/primitives/index.ts";

export type Precision = "f32" | "f64";

/** Every way to schedule and emit. */
export const variants = (["f64", "f32"] as const).flatMap((precision) =>
  [true, false].map((unroll) => ({ precision, unroll })),
);

export interface Variant {
  readonly precision: Precision;
  readonly unroll: boolean;
}

const span: Span = { source: { path: "test.nn", text: "" }, start: 0, end: 0 };

/** What stands between lowering and scheduling. */
export function prepared(graph: Graph, b: GraphBuilder): Graph {
  const onExhausted = (rule: string): void => {
    throw new Error(`rules went in a circle or ran out of fuel at ${rule}`);
  };
  const steps = [
    (g: Graph) => simplify(g, b, { onExhausted }),
    (g: Graph) => differentiate(g, b),
    (g: Graph) => eraseMarks(g, b),
    (g: Graph) => simplify(g, b, { onExhausted }),
  ];
  return steps.reduce((g, step) => {
    const next = step(g);
    verify(next, primitives);
    return next;
  }, graph);
}

/** Derivative requests answered, nothing rewritten. */
export function plainly(graph: Graph, b: GraphBuilder): Graph {
  return eraseMarks(differentiate(graph, b), b);
}

export interface Built {
  readonly code: string;
  /** Outputs by name. Numbers and bools come as arrays of one. */
  readonly call: (inputs: ReadonlyMap<string, Value>, symbols: Readonly<Record<string, number>>) => Record<string, ArrayLike<number>>; // prettier-ignore
}

/** Schedules, emits and loads one graph as the function `f`. Its outputs are returned by their names. */
export function build(graph: Graph, { precision, unroll }: Variant): Built {
  const inputs = graph.parameters.map((node) => ({ name: node.attributes.name, node, span }));
  const outputs = graph.outputs.map((o) => ({ ...o, name: `value.${o.name}` }));
  const named: Graph = { ...graph, outputs };
  const program = schedule(named, {
    held: heldAs(true),
    nameOf: () => null,
    lineOf: () => null,
    nests: new NestCache(),
    reserved: isReserved,
    unroll,
    inlinedCalls: inlinedCalls(precision),
    taken: takenNames(inputs, named, heldAs(true)),
  });
  // What is written over a parameter's array is read there after the call.
  const updates = graph.outputs.flatMap((o) => (o.updates === null ? [] : [{ name: o.name, parameter: o.updates }]));
  const shown = { ...program, outputs: program.outputs.filter((o) => o.kind !== "update") };
  const checked: CheckedFunction = {
    name: "f",
    doc: null,
    span,
    inputs,
    results: graph.outputs.map((o) => ({ name: o.name, node: o.node })),
    requirements: graph.requirements,
    wanted: [{ kind: "value", wrt: [] }],
  };
  const parts: ModuleParts = {
    functions: [{ checked, entries: [{ kind: "value", wrt: [], program: shown, patterns: new Map() }] }],
    models: [],
    precision,
    header: ["test"],
  };
  const code = textOf(emitModule(parts, "js").code);
  const exports = loaded(code);
  const f = exports.f as (...args: readonly unknown[]) => Record<string, number | boolean | ArrayLike<number>>;
  const arrays = inputs.filter((i) => i.node.attributes.held === "array");
  const { unsolved } = planSolution(arrays.map((i) => ({ name: i.name, shape: i.node.shape })));
  return {
    code,
    call: (values, symbols) => {
      const args: unknown[] = graph.parameters.map((p) =>
        argument(p, valueNamed(values, p.attributes.name), precision),
      );
      if (unsolved.length > 0) args.push(Object.fromEntries(unsolved.map((s) => [s, symbols[s]])));
      const results = f(...args);
      const returned = Object.entries(results).map(([name, r]) => [name, typeof r === "object" ? r : [Number(r)]]);
      const updated = updates.map(({ name, parameter }) => [name, args[graph.parameters.findIndex((p) => p.attributes.name === parameter)]]); // prettier-ignore
      return Object.fromEntries([...returned, ...updated]) as Record<string, ArrayLike<number>>;
    },
  };
}

function loaded(code: string): Record<string, unknown> {
  try {
    return load(code);
  } catch (error) {
    throw new Error(`the module does not load: ${String(error)}\n${code}`, { cause: error });
  }
}

function valueNamed(values: ReadonlyMap<string, Value>, name: string): Value {
  const value = values.get(name);
  if (value === undefined) throw new Error(`no value for ${name}`);
  return value;
}

function argument(p: Node<"parameter">, { data }: Value, precision: Precision): unknown {
  if (p.attributes.held === "number") return p.element === "bool" ? data[0] !== 0 : data[0];
  return arrayOf(p.element, precision, data);
}

/** The typed array in which modules hold elements of a type. */
export function arrayOf(element: ElementType, precision: Precision, data: Iterable<number>): ArrayLike<number> {
  if (element === "index") return Int32Array.from(data);
  if (element === "bool") return Uint8Array.from(data);
  return precision === "f32" ? Float32Array.from(data) : Float64Array.from(data);
}

/** Inputs as a module of this precision holds them: reals rounded to f32. */
export function rounded(graph: Graph, inputs: ReadonlyMap<string, Value>, precision: Precision): Map<string, Value> {
  const result = new Map(inputs);
  if (precision === "f64") return result;
  for (const { attributes, element } of graph.parameters) {
    const value = inputs.get(attributes.name);
    if (value === undefined || element !== "real") continue;
    // A plain number is a double, and may be rounded where it is stored.
    if (attributes.held === "number")
      result.set(attributes.name, { ...value, error: value.data.map((x) => Math.abs(x - Math.fround(x))) });
    else result.set(attributes.name, { ...value, data: value.data.map(Math.fround) });
  }
  return result;
}

/** The first place where computed numbers are not the wanted ones within their error bounds, or null. */
export function difference(
  computed: ArrayLike<number>,
  wanted: Value,
  more: Float64Array | null = null,
): string | null {
  if (computed.length !== wanted.data.length) {
    return `${computed.length} elements instead of ${wanted.data.length}`;
  }
  for (let k = 0; k < computed.length; k++) {
    const bound = wanted.error[k] + (more?.[k] ?? 0);
    const [x, y] = [computed[k], wanted.data[k]];
    if (bound === Infinity || Number.isNaN(bound) || x === y || (Number.isNaN(x) && Number.isNaN(y))) continue;
    if (!(Math.abs(x - y) <= bound)) return `[${k}] is ${x} instead of ${y} (bound ${bound})`;
  }
  return null;
}

/** The modules of one graph: as lowered, and as the compiler simplifies it, in every variant. */
export class Agreement {
  readonly #graph: Graph;
  /** Derivative requests answered, nothing rewritten. */
  readonly #plain: Graph;
  readonly #forms: readonly { readonly graph: Graph; readonly variant: Variant; readonly built: Built }[];

  constructor(graph: Graph, b: GraphBuilder, which: readonly Variant[] = variants) {
    this.#graph = graph;
    this.#plain = plainly(graph, b);
    const simplified = prepared(graph, b);
    const same = simplified.outputs.every((o, k) => o.node === this.#plain.outputs[k].node);
    this.#forms = (same ? [this.#plain] : [this.#plain, simplified]).flatMap((form) =>
      which.map((variant) => ({ graph: form, variant, built: build(form, variant) })),
    );
  }

  /** The first thing that goes wrong, or null. */
  fault(given: Readonly<Record<string, Value>>, symbols: Readonly<Record<string, number>> = {}): string | null {
    const inputs = new Map(Object.entries(given));
    const bound = new Map(Object.entries(symbols));
    const evaluated = new Map<string, ReadonlyMap<string, Value>>();
    const evaluateOnce = (key: string, graph: Graph, own: ReadonlyMap<string, Value>, unitRoundoff: number) => {
      const known = evaluated.get(key) ?? evaluate(graph, own, { dims: bound, unitRoundoff });
      evaluated.set(key, known);
      return known;
    };
    for (const { graph, variant, built } of this.#forms) {
      const own = rounded(graph, inputs, holdsArrays(graph) ? variant.precision : "f64");
      const form = graph === this.#plain ? "plain" : "simplified";
      const unitRoundoff = variant.precision === "f32" && holdsArrays(graph) ? 2 ** -24 : 2 ** -53;
      const report = (what: string): string => described(this.#graph, own, variant, `${form}: ${what}`, built.code);
      let results: Record<string, ArrayLike<number>>;
      try {
        results = built.call(own, symbols);
      } catch (error) {
        // A subscript out of range is refused by both.
        if (error instanceof RangeError && refuses(graph, own, bound)) continue;
        return report(`threw ${String(error)}`);
      }
      if (refuses(graph, own, bound)) return report("accepted a subscript out of range");
      const values = evaluateOnce(`${form} ${variant.precision}`, graph, own, unitRoundoff);
      const plain = evaluateOnce(`exact ${variant.precision}`, this.#plain, own, 2 ** -53);
      for (const { name } of graph.outputs) {
        const value = valueNamed(values, name);
        const gap = difference(results[name], value);
        if (gap !== null) return report(`${name}${gap}`);
        const other = valueNamed(plain, name);
        if (graph === this.#plain || other.data.some((x) => !Number.isFinite(x))) continue;
        const apart = difference(results[name], other, value.error);
        if (apart !== null) return report(`${name}${apart}, unsimplified`);
      }
    }
    return null;
  }

  /** Throws with the graph, the inputs and the emitted code where a module and the interpreter differ. */
  check(inputs: Readonly<Record<string, Value>>, symbols: Readonly<Record<string, number>> = {}): void {
    const fault = this.fault(inputs, symbols);
    if (fault !== null) throw new Error(fault);
  }
}

/** Whether the interpreter refuses the inputs. */
function refuses(graph: Graph, inputs: ReadonlyMap<string, Value>, bound: ReadonlyMap<string, number>): boolean {
  try {
    evaluate(graph, inputs, { dims: bound });
    return false;
  } catch (error) {
    if (error instanceof RangeError) return true;
    throw error;
  }
}

/** Checks a graph at one point. */
export function expectAgreement(
  graph: Graph,
  b: GraphBuilder,
  inputs: Readonly<Record<string, Value>>,
  symbols: Readonly<Record<string, number>> = {},
  which: readonly Variant[] = variants,
): void {
  new Agreement(graph, b, which).check(inputs, symbols);
}

function holdsArrays(graph: Graph): boolean {
  return graph.parameters.some((p) => p.attributes.held === "array") || graph.outputs.some((o) => o.node.shape.length > 0); // prettier-ignore
}

function described(
  graph: Graph,
  inputs: ReadonlyMap<string, Value>,
  { precision, unroll }: Variant,
  what: string,
  code: string,
): string {
  const given = [...inputs].map(
    ([name, v]) => `${name}: [${v.shape.join(", ")}] ${[...v.data].slice(0, 40).join(" ")}`,
  );
  const how = `${precision}${unroll ? " unrolled" : ""}`;
  return `${how} ${what}\n${printGraph(graph, () => null)}\n${given.join("\n")}\n${code}`;
}

/** Dims from numbers and names of symbols. */
export function shapeOf(...sizes: readonly (number | string)[]): dims.Dim[] {
  return sizes.map((size) => (typeof size === "number" ? dims.constant(size) : dims.symbol(size)));
}
