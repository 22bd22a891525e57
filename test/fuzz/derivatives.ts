/** Derivatives of the program's functions: forward against reverse mode, and against differences where they are smooth. */
import { differentiate } from "../../src/4-differentiate/differentiate.ts";
import { eraseMarks } from "../../src/4-differentiate/marks.ts";
import * as dims from "../../src/ir/dim.ts";
import * as e from "../../src/ir/expressions.ts";
import type { Graph, Node } from "../../src/ir/graph.ts";
import { evaluate } from "../../src/ir/interpreter.ts";
import type { Value } from "../../src/ir/value.ts";
import type { GraphBuilder } from "../../src/ir/builder.ts";
import { Fault, type Entry, type Frontend } from "./compiled.ts";
import type { Point } from "./judge.ts";
import { drawn, requirementsHold } from "./values.ts";

/** A parameter beside the graph's own. */
function extra(b: GraphBuilder, name: string, of: Node): Node<"parameter"> {
  const held = of.shape.length === 0 ? "number" : "array";
  return b.create("parameter", [], { name, type: { element: "real", shape: of.shape }, bound: null, held });
}

function inner(b: GraphBuilder, x: Node, y: Node): Node {
  const product = e.mul(b, x, y);
  return product.shape.length === 0 ? product : e.reduceSum(b, product, e.allAxes(product));
}

/** `isCut`: the program stops gradients, so that differences are another thing. */
export function judgeDerivatives({ builder: b }: Frontend, entry: Entry, at: Point, isCut: boolean): void {
  const { graph } = entry;
  const xs = graph.parameters.filter((p) => p.element === "real");
  const ys = graph.outputs.filter((o) => o.node.element === "real");
  if (xs.length === 0 || ys.length === 0 || !requirementsHold(graph, at.symbols)) return;
  if (graph.parameters.some((p) => p.shape.some((size) => dims.evaluate(size, at.symbols) < 0))) return;
  // The sum of all results, each entry with a weight of its own.
  const weights = ys.map((y, k) => extra(b, `w.${String(k)}`, y.node));
  const total = ys.map((y, k) => inner(b, y.node, weights[k])).reduce((p, q) => e.add(b, p, q));
  const vs = xs.map((x) => extra(b, `v.${x.attributes.name}`, x));
  const forward = xs.map((x, k): Node => b.create("jvp", [total, x, vs[k]], {})).reduce((p, q) => e.add(b, p, q));
  const reverse = xs.map((x, k) => inner(b, b.create("gradient", [total, x], {}), vs[k])).reduce((p, q) => e.add(b, p, q)); // prettier-ignore
  const parameters = [...graph.parameters, ...weights, ...vs];
  const plainly = (outputs: Graph["outputs"]): Graph =>
    eraseMarks(differentiate({ parameters, outputs, requirements: [] }, b), b);
  const both = plainly([
    { name: "forward", node: forward, updates: null },
    { name: "reverse", node: reverse, updates: null },
  ]);
  const inputs = new Map(parameters.map((p) => [p.attributes.name, drawn(p, at.seed, "plain", at.symbols)]));
  const values = outcome(both, inputs, at);
  if (values === null) return;
  const [f, r] = [entryOf(values, "forward"), entryOf(values, "reverse")];
  const apart = Math.abs(f.value - r.value);
  if (Number.isFinite(f.value) && Number.isFinite(r.value) && apart > f.error + r.error) {
    throw new Fault("forward and reverse", `${entry.label}: forward mode gives ${String(f.value)}, reverse mode ${String(r.value)} (bound ${String(f.error + r.error)})`); // prettier-ignore
  }
  if (isCut || !Number.isFinite(f.value) || !Number.isFinite(f.error)) return;
  const whole = plainly([{ name: "total", node: total, updates: null }]);
  if (meetsTie(whole, inputs, at)) return;
  const sample = (t: number): { readonly value: number; readonly error: number } | null => {
    const moved = new Map(inputs);
    for (const { attributes } of xs) {
      const [x, v] = [inputs.get(attributes.name), inputs.get(`v.${attributes.name}`)];
      if (x === undefined || v === undefined) return null;
      moved.set(attributes.name, { ...x, data: x.data.map((value, k) => value + t * v.data[k]) });
    }
    const found = outcome(whole, moved, at);
    return found === null ? null : entryOf(found, "total");
  };
  judgeDifferences(entry.label, f, sample);
}

interface Bounded {
  readonly value: number;
  readonly error: number;
}

/**
 * Central differences at steps h, h/2 and h/4 and Richardson's extrapolation, judged where they show a smooth function: they
 * converge, and the slopes on both sides come together.
 */
function judgeDifferences(label: string, derivative: Bounded, sample: (t: number) => Bounded | null): void {
  const h = 2 ** -9;
  const at0 = sample(0);
  const central: number[] = [];
  const sides: number[] = [];
  let noise = 0;
  for (const step of [h, h / 2, h / 4]) {
    const [above, below] = [sample(step), sample(-step)];
    if (at0 === null || above === null || below === null) return;
    central.push((above.value - below.value) / (2 * step));
    sides.push(Math.abs(above.value - 2 * at0.value + below.value) / step);
    noise = (above.error + below.error + 2 * at0.error) / step;
  }
  if (!central.every(Number.isFinite) || !sides.every(Number.isFinite) || !Number.isFinite(noise)) return;
  const [wide, narrow] = [Math.abs(central[1] - central[0]), Math.abs(central[2] - central[1])];
  if (narrow > 0.5 * wide + noise || sides[2] > 0.6 * sides[1] + noise || sides[1] > 0.6 * sides[0] + noise) return;
  const extrapolated = (4 * central[2] - central[1]) / 3;
  const bound = 3 * narrow + 2 * noise + derivative.error + 1e-9 * Math.abs(extrapolated);
  if (bound > 0.01 * (1 + Math.abs(extrapolated))) return;
  if (Math.abs(extrapolated - derivative.value) > bound) {
    throw new Fault("differences", `${label}: the derivative is ${String(derivative.value)}, differences give ${String(extrapolated)} (bound ${String(bound)})`); // prettier-ignore
  }
}

/**
 * Whether a comparison finds two equal numbers: which branch is differentiated there is agreed upon, and need not be what
 * differences tell (x [x != 0] is x, and its derivative at 0 is 0).
 */
function meetsTie(graph: Graph, inputs: ReadonlyMap<string, Value>, { symbols }: Point): boolean {
  const values = new Map<Node, Value>();
  let found = false;
  const observe = (node: Node, value: Value): void => {
    values.set(node, value);
    if (node.primitive !== "equal" && node.primitive !== "less" && node.primitive !== "less_equal") return;
    const [x, y] = node.operands.map((operand) => values.get(operand));
    if (x?.element === "real" && y?.data.some((v, k) => v === x.data[k]) === true) found = true;
  };
  try {
    evaluate(graph, inputs, { dims: symbols, observe });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return found;
}

function outcome(
  graph: Graph,
  inputs: ReadonlyMap<string, Value>,
  { symbols }: Point,
): ReadonlyMap<string, Value> | null {
  try {
    return evaluate(graph, inputs, { dims: symbols });
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function entryOf(values: ReadonlyMap<string, Value>, name: string): Bounded {
  const value = values.get(name);
  if (value === undefined) throw new Error(`no value of ${name}`);
  return { value: value.data[0], error: value.error[0] };
}
