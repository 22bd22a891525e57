/** Checks of a function: every derivative that the file asks for. */
import type { CheckedFunction, CheckedInput, DerivativeKind } from "../2-check/checked.ts";
import type { LoweredFunction } from "../3-lower/lowered.ts";
import { patternsOf } from "../7-emit/typescript/functions.ts";
import type { SparsityPattern } from "../ir/graph.ts";
import type { Value } from "../ir/value.ts";
import { bounded, compare, compareSingle, outputOf, shapeOf, type DerivativeRow, type Probe } from "./checks.ts";
import type { CheckContext, ItemReport, ValueRow } from "./item.ts";
import { allFinite, FunctionPort, valueAt, withValue, type Outputs, type Point } from "./port.ts";
import { interpreted, sizesFor, valueFor } from "./points.ts";
import { heldFunction, holdStops, interpretedEntry } from "./stops.ts";
import {
  chooseDirection,
  chooseEntries,
  distributionNames,
  Draws,
  entriesToCheck,
  placeOf,
  sizeOf,
  type Distribution,
} from "./sample.ts";

type Entry = LoweredFunction["entries"][number];

/** An entry point with what both modules and the interpreter make of it. */
interface Evaluated {
  readonly entry: Entry;
  readonly double: Outputs;
  readonly single: Outputs;
  readonly reference: ReadonlyMap<string, Value>;
}

export function checkFunction(context: CheckContext, lowered: LoweredFunction): ItemReport {
  const { checked } = lowered;
  const report = { name: checked.name, kind: "function", span: checked.span } as const;
  const found = findPoint(context, lowered);
  if (found === null) return { ...report, point: null, derivatives: [], values: [] };
  const { point, port } = found;
  const single = new FunctionPort(context.single, checked, "f32");
  const rows: DerivativeRow[] = [];
  const values = new Map<string, ValueRow>();
  for (const entry of lowered.entries) {
    const { kind, wrt, graph } = entry;
    const evaluated: Evaluated = {
      entry,
      double: port.call(kind, wrt, graph, point),
      single: single.call(kind, wrt, graph, point),
      reference: bounded(context.session.settled(graph), inputsOf(checked, point), point.sizes),
    };
    rows.push(...new FunctionCheck(context, lowered, point, port, evaluated).rows());
    for (const { name } of graph.outputs) {
      if (!name.startsWith("value")) continue;
      values.set(`${kind} ${name}`, { entry: kind, output: name, ...valueOf(evaluated, name) });
    }
  }
  return { ...report, point, derivatives: rows, values: [...values.values()] };
}

function valueOf({ single, double, reference }: Evaluated, name: string): Pick<ValueRow, "shape" | "single"> {
  const value = reference.get(name);
  if (value === undefined) throw new Error(`internal: no value of ${name}`);
  return {
    shape: value.shape,
    single: compareSingle(outputOf(single, name), outputOf(double, name), value),
  };
}

/** Values for the interpreter by parameter name, directions among them. */
export function inputsOf(f: CheckedFunction, point: Point): ReadonlyMap<string, Value> {
  const all = f.inputs.flatMap(({ name, node }) => {
    const direction = point.values.get(`v.${name}`);
    const own = [[name, interpreted(node, valueAt(point, name))] as const];
    return direction === undefined ? own : [...own, [`v.${name}`, interpreted(node, direction)] as const];
  });
  return new Map(all);
}

/** A point by one distribution; null where no sizes fit. */
export function samplePoint(context: CheckContext, f: CheckedFunction, how: Distribution): Point | null {
  const sizes = sizesFor(f.inputs, f.requirements, context.given);
  if (sizes === null) return null;
  const values = f.inputs.flatMap((input) => {
    const own = [[input.name, valueFor(input, sizes, context.given, context.seed, how)] as const];
    if (input.node.element !== "real") return own;
    const direction = { name: `v.${input.name}`, node: input.node };
    return [...own, [direction.name, valueFor(direction, sizes, context.given, context.seed, "normal")] as const];
  });
  return { sizes, values: new Map(values) };
}

/** A point where all results are finite; else one where the values are. */
function findPoint(context: CheckContext, lowered: LoweredFunction): { point: Point; port: FunctionPort } | null {
  const port = new FunctionPort(context.double, lowered.checked, "f64");
  let second: Point | null = null;
  for (const how of distributionNames) {
    const point = samplePoint(context, lowered.checked, how);
    if (point === null) return null;
    try {
      const results = lowered.entries.map(({ kind, wrt, graph }) => port.call(kind, wrt, graph, point));
      if (results.every(allFinite)) return { point, port };
      const values = results.flatMap((outputs) => [...outputs].filter(([name]) => name.startsWith("value")));
      if (allFinite(new Map(values.map(([name, entries], k) => [`${k}${name}`, entries])))) second ??= point;
    } catch (error) {
      // An index that is computed may be out of range here.
      if (!(error instanceof RangeError)) throw error;
    }
  }
  return second === null ? null : { point: second, port };
}

class FunctionCheck {
  readonly #context: CheckContext;
  readonly #lowered: LoweredFunction;
  readonly #point: Point;
  readonly #port: FunctionPort;
  readonly #at: Evaluated;

  constructor(context: CheckContext, lowered: LoweredFunction, point: Point, port: FunctionPort, at: Evaluated) {
    this.#context = context;
    this.#lowered = lowered;
    this.#point = point;
    this.#port = port;
    this.#at = at;
  }

  rows(): readonly DerivativeRow[] {
    const { kind, wrt, graph } = this.#at.entry;
    const inputs = this.#lowered.checked.inputs.filter(({ name }) => wrt.includes(name));
    const results = graph.outputs.map(({ name }) => name).filter((name) => name.startsWith("value"));
    switch (kind) {
      case "value":
        return [];
      case "gradient":
        return inputs.map((x) => this.#matrix(`gradient.${x.name}`, "value", x));
      case "jacobian":
      case "sparse_jacobian":
        return results.flatMap((y) => inputs.map((x) => this.#matrix(`jacobian${y.slice(5)}.${x.name}`, y, x)));
      case "jvp":
        return results.map((y) => this.#directional(`tangent${y.slice(5)}`, y, inputs, this.#own()));
      case "hessian":
      case "sparse_hessian":
        return [
          ...inputs.map((x) => this.#matrix(`gradient.${x.name}`, "value", x)),
          ...inputs.flatMap((x) => inputs.map((y) => this.#matrix(`hessian.${x.name}.${y.name}`, `gradient.${x.name}`, y))), // prettier-ignore
        ];
      case "hvp": {
        const gradient = this.#gradient(wrt);
        return [
          ...gradient.rows(inputs),
          ...inputs.map((x) => this.#directional(`hvp.${x.name}`, `gradient.${x.name}`, inputs, gradient.run)),
        ];
      }
    }
  }

  /** The entry point itself, as a function of the point. */
  #own(): (point: Point) => Outputs {
    const { kind, wrt, graph } = this.#at.entry;
    return this.#held(kind, wrt) ?? ((point) => this.#port.call(kind, wrt, graph, point));
  }

  /** An entry point with what the user stops held where it is, by the interpreter; null where nothing is stopped. */
  #held(kind: DerivativeKind, wrt: readonly string[]): ((point: Point) => Outputs) | null {
    const { checked } = this.#lowered;
    const { session } = this.#context;
    const roots = checked.results.map(({ node }) => node);
    const held = holdStops(
      session,
      roots,
      checked.inputs.map(({ node }) => node),
    );
    if (held === null) return null;
    const { sizes } = this.#point;
    const values = held.valuesAt(inputsOf(checked, this.#point), sizes);
    const run = interpretedEntry(session, heldFunction(checked, held), kind, wrt, sizes);
    return (point) => run(new Map([...inputsOf(checked, point), ...values]));
  }

  /**
   * The gradient that second derivatives are the differences of: the module's own, or the interpreter's where the file asks for none,
   * which is then held against differences of the value here.
   */
  #gradient(wrt: readonly string[]): {
    readonly run: (point: Point) => Outputs;
    readonly rows: (inputs: readonly CheckedInput[]) => readonly DerivativeRow[];
  } {
    const { checked, entries } = this.#lowered;
    const emitted = entries.find(
      (e) => (e.kind === "gradient" || e.kind === "hessian") && wrt.every((name) => e.wrt.includes(name)),
    );
    const held = this.#held("gradient", wrt);
    if (emitted !== undefined) {
      const { kind, wrt: by, graph } = emitted;
      return { run: held ?? ((point) => this.#port.call(kind, by, graph, point)), rows: () => [] };
    }
    const interpreted = interpretedEntry(this.#context.session, checked, "gradient", wrt, this.#point.sizes);
    const run = held ?? ((point: Point) => interpreted(inputsOf(checked, point)));
    const rows = (inputs: readonly CheckedInput[]): readonly DerivativeRow[] => {
      const derivatives = run(this.#point);
      return inputs.map((x) => {
        const probes = this.#probes(x, outputOf(derivatives, `gradient.${x.name}`), 1, "value", this.#own());
        const shape = shapeOf(x.node.shape, this.#point.sizes);
        return compare({ entry: "gradient (of hvp)", of: "value", by: x.name, shape }, probes, this.#context.tolerance);
      });
    };
    return { run, rows };
  }

  /** A derivative of shape y.shape + x.shape. */
  #matrix(output: string, of: string, x: CheckedInput): DerivativeRow {
    const reference = this.#reference(output);
    const pattern = patternsOf(this.#context.session.settled(this.#at.entry.graph)).get(output);
    const own = outputOf(this.#at.double, output);
    const [derivative, shape] = pattern === undefined ? [own, reference.shape] : [dense(pattern, own), [pattern.rowCount, pattern.columnCount]]; // prettier-ignore
    const count = sizeOf(shapeOf(x.node.shape, this.#point.sizes));
    const rows = count === 0 ? 0 : sizeOf(shape) / count;
    const probes = this.#probes(x, derivative, rows, of, this.#own());
    const entry = output.startsWith("gradient") ? "gradient" : this.#at.entry.kind;
    const row = compare({ entry, of, by: x.name, shape }, probes, this.#context.tolerance);
    return { ...row, single: this.#single(output, reference) };
  }

  *#probes(
    x: CheckedInput,
    derivative: ArrayLike<number>,
    rows: number,
    of: string,
    run: (point: Point) => Outputs,
  ): Generator<Probe> {
    const value = valueAt(this.#point, x.name);
    const count = value.data.length;
    // An entry of x counts by the largest derivative of any result.
    const weight = Array.from({ length: count }, (_, j) => {
      let most = 0;
      for (let i = 0; i < rows; i++) most = Math.max(most, Math.abs(derivative[i * count + j]));
      return most;
    });
    const draws = new Draws(this.#context.seed, `entries of ${x.name}`);
    const whole = [...(rows === 1 ? [] : [rows]), count];
    const middle = outputOf(run(this.#point), of);
    const inputs = this.#lowered.checked.inputs.filter(({ name }) => this.#at.entry.wrt.includes(name));
    const total = inputs.reduce((sum, { name }) => sum + valueAt(this.#point, name).data.length, 0);
    const most = entriesToCheck(this.#context.samples, total);
    for (const j of chooseEntries(weight, most, draws)) {
      yield {
        scale: scaleOf(value.data[j]),
        line: (t) => {
          const data = value.data.slice();
          data[j] += t;
          return outputOf(run(withValue(this.#point, x.name, { ...value, data })), of);
        },
        middle,
        derivative: Array.from({ length: rows }, (_, i) => derivative[i * count + j]),
        place: (i) => this.#place(i * count + j, derivative.length, x, whole),
      };
    }
    if (count <= most) return;
    // No entry can hide from a direction through all of them.
    const direction = chooseDirection(count, draws);
    yield {
      scale: 1,
      line: (t) => {
        const data = value.data.map((entry, j) => entry + t * direction[j]);
        return outputOf(run(withValue(this.#point, x.name, { ...value, data })), of);
      },
      middle,
      derivative: Array.from({ length: rows }, (_, i) =>
        direction.reduce((sum, d, j) => sum + d * derivative[i * count + j], 0),
      ),
      place: () => null,
    };
  }

  /** In the axes of the derivative: those of y, then those of x. */
  #place(index: number, size: number, x: CheckedInput, whole: readonly number[]): readonly number[] {
    const xShape = valueAt(this.#point, x.name).shape;
    if (whole.length === 1) return placeOf(index, xShape);
    const count = sizeOf(xShape);
    for (const value of this.#at.reference.values()) {
      if (value.data.length === size && value.shape.length >= xShape.length) return placeOf(index, value.shape);
    }
    return [Math.floor(index / count), ...placeOf(index % count, xShape)];
  }

  /** A derivative along v, of the shape of y. */
  #directional(
    output: string,
    of: string,
    inputs: readonly CheckedInput[],
    run: (point: Point) => Outputs,
  ): DerivativeRow {
    const reference = this.#reference(output);
    const moved = (t: number): Point => {
      let point = this.#point;
      for (const { name } of inputs) {
        const [value, direction] = [valueAt(point, name), valueAt(this.#point, `v.${name}`)];
        const data = value.data.map((entry, j) => entry + t * direction.data[j]);
        point = withValue(point, name, { ...value, data });
      }
      return point;
    };
    const probe: Probe = {
      scale: 1,
      line: (t) => outputOf(run(moved(t)), of),
      middle: outputOf(run(this.#point), of),
      derivative: outputOf(this.#at.double, output),
      place: (k) => placeOf(k, reference.shape),
    };
    const by = `v of ${inputs.map(({ name }) => name).join(", ")}`;
    const row = compare({ entry: this.#at.entry.kind, of, by, shape: reference.shape }, [probe], this.#context.tolerance); // prettier-ignore
    return { ...row, single: this.#single(output, reference) };
  }

  #reference(output: string): Value {
    const reference = this.#at.reference.get(output);
    if (reference === undefined) throw new Error(`internal: no value of ${output}`);
    return reference;
  }

  #single(output: string, reference: Value): DerivativeRow["single"] {
    return compareSingle(outputOf(this.#at.single, output), outputOf(this.#at.double, output), reference);
  }
}

/** The whole matrix, zeros where the pattern has no entry. */
function dense(pattern: SparsityPattern, entries: ArrayLike<number>): Float64Array {
  const { rowCount, columnCount, starts, columns } = pattern;
  const all = new Float64Array(rowCount * columnCount);
  for (let row = 0; row < rowCount; row++) {
    for (let k = starts[row]; k < starts[row + 1]; k++) all[row * columnCount + columns[k]] = entries[k];
  }
  return all;
}

/** Steps are relative to large coordinates. */
export function scaleOf(coordinate: number): number {
  return Math.max(1, Math.abs(coordinate));
}
