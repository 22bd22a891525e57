/** The emitted module as the checks call it: values by the names of the graphs' parameters and outputs. */
import type { CheckedFunction, CheckedInput, CheckedModel, DerivativeKind } from "../2-check/checked.ts";
import type { LoweredModel } from "../3-lower/lowered.ts";
import { entryName } from "../7-emit/typescript/functions.ts";
import { capacities } from "../7-emit/typescript/model-context.ts";
import { upperFirst } from "../7-emit/typescript/names.ts";
import { planSolution } from "../ir/dim-solve.ts";
import type { Graph, Node } from "../ir/graph.ts";
import { sizeOf, type Tensor } from "./sample.ts";

/** The exports of an emitted module. */
export type Module = Readonly<Record<string, unknown>>;
export type Precision = "f32" | "f64";

/** Where a program is checked: values by the names of arguments, inputs, parameters and hypers. */
export interface Point {
  readonly sizes: ReadonlyMap<string, number>;
  readonly values: ReadonlyMap<string, Tensor>;
}

/** Results by the names of the graph's outputs, row-major. */
export type Outputs = ReadonlyMap<string, ArrayLike<number>>;

export function valueAt(point: Point, name: string): Tensor {
  const value = point.values.get(name);
  if (value === undefined) throw new Error(`internal: no value of ${name}`);
  return value;
}

/** The point with another value in one place. */
export function withValue(point: Point, name: string, tensor: Tensor): Point {
  return { ...point, values: new Map([...point.values, [name, tensor]]) };
}

type Callable = (...args: readonly unknown[]) => unknown;

function callable(module: Module, name: string): Callable {
  const found = module[name];
  if (typeof found !== "function") throw new Error(`internal: the module exports no function ${name}`);
  return found as Callable;
}

/** A value as the module takes it. */
function held(node: Node<"parameter">, { data }: Tensor, precision: Precision): unknown {
  if (node.attributes.held === "number") return node.element === "bool" ? data[0] !== 0 : data[0];
  if (node.element === "index") return Int32Array.from(data);
  if (node.element === "bool") return Uint8Array.from(data);
  return precision === "f32" ? Float32Array.from(data) : Float64Array.from(data);
}

function entriesOf(value: unknown): ArrayLike<number> {
  if (typeof value === "number") return [value];
  if (typeof value === "boolean") return [value ? 1 : 0];
  if (ArrayBuffer.isView(value)) return value as unknown as ArrayLike<number>;
  throw new Error("internal: a result of the module is neither a number nor an array");
}

function member(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) {
    throw new Error(`internal: the module's result has no ${key}`);
  }
  return (value as Readonly<Record<string, unknown>>)[key];
}

export class FunctionPort {
  readonly #module: Module;
  readonly #f: CheckedFunction;
  readonly #precision: Precision;

  constructor(module: Module, f: CheckedFunction, precision: Precision) {
    this.#module = module;
    this.#f = f;
    this.#precision = precision;
  }

  /** One entry point. jvp and hvp read their direction as `v.x`. */
  call(kind: DerivativeKind, wrt: readonly string[], graph: Graph, point: Point): Outputs {
    const take = ({ name, node }: CheckedInput, from = name): unknown =>
      held(node, valueAt(point, from), this.#precision);
    const args: unknown[] = this.#f.inputs.map((input) => take(input));
    if (kind === "jvp" || kind === "hvp") {
      const moved = this.#f.inputs.filter(({ name }) => wrt.includes(name));
      args.push(Object.fromEntries(moved.map((input) => [input.name, take(input, `v.${input.name}`)])));
    }
    const arrays = this.#f.inputs.filter(({ node }) => node.attributes.held === "array");
    const { unsolved } = planSolution(arrays.map(({ name, node }) => ({ name, shape: node.shape })));
    if (unsolved.length > 0) args.push(Object.fromEntries(unsolved.map((s) => [s, point.sizes.get(s) ?? 0])));
    const result = callable(this.#module, entryName(this.#f.name, kind))(...args);
    const root = kind === "value" ? { value: result } : result;
    return new Map(
      graph.outputs.map(({ name }) => [name, entriesOf(name.split(".").reduce<unknown>(member, root))] as const),
    );
  }
}

/** A model created for the sizes of a point. */
export class ModelPort {
  readonly #lowered: LoweredModel;
  readonly #m: CheckedModel;
  readonly #precision: Precision;
  readonly #model: unknown;
  #out: unknown = undefined;

  /** @throws RangeError where the model refuses the sizes. */
  constructor(module: Module, lowered: LoweredModel, precision: Precision, point: Pick<Point, "sizes">, seed: number) {
    const m = lowered.checked;
    const sizes = capacities(m).map((symbol) => [symbol, Math.max(1, point.sizes.get(symbol) ?? 1)] as const);
    const name = `create${upperFirst(m.name)}`;
    const trains = m.loss !== null;
    this.#model = callable(
      module,
      trains ? `${name}Trainer` : name,
    )({ ...Object.fromEntries(sizes), ...(trains ? { seed } : {}) });
    this.#lowered = lowered;
    this.#m = m;
    this.#precision = precision;
  }

  /** The live array of a parameter. */
  parameter(path: string): Float32Array | Float64Array {
    const array = member(member(this.#model, "params"), path);
    if (array instanceof Float32Array || array instanceof Float64Array) return array;
    throw new Error(`internal: the parameter ${path} is no array of reals`);
  }

  /** Writes the parameters and hypers of a point. */
  set(point: Point): void {
    for (const { path } of this.#m.parameters) this.parameter(path).set(valueAt(point, path).data);
    const hyper = member(this.#model, "hyper") as Record<string, number>;
    for (const { name } of this.#m.hypers) {
      const value = point.values.get(name);
      if (value !== undefined) hyper[name] = value.data[0];
    }
  }

  /** The inputs of an entry point as the module takes them: calls with them read the live parameters. */
  batch(kind: "forward" | "evaluate" | "gradient", point: Point): unknown {
    const { inputs, targets } = this.#m;
    const reads = new Set(this.#graph(kind).parameters.map(({ attributes }) => attributes.name));
    const given = kind === "forward" ? [...inputs, ...targets.filter((t) => reads.has(t.node.attributes.name))] : [...inputs, ...targets]; // prettier-ignore
    return Object.fromEntries(
      given.map(({ name, node }) => [name, held(node, valueAt(point, name), this.#precision)] as const),
    );
  }

  call(kind: "forward" | "evaluate" | "gradient", batch: unknown): Outputs {
    const method = member(this.#model, kind) as Callable;
    const options = kind === "gradient" && this.#out !== undefined ? { out: this.#out } : undefined;
    const result = options === undefined ? method(batch) : method(batch, options);
    if (kind === "gradient") this.#out = result;
    const lossName = this.#m.loss?.name ?? "loss";
    return new Map(
      this.#graph(kind).outputs.map(({ name }) => {
        if (name === "loss") return [name, entriesOf(member(result, lossName))];
        const key = name.slice(name.indexOf(".") + 1);
        return [name, entriesOf(member(kind === "gradient" ? member(result, "gradient") : result, key))];
      }),
    );
  }

  #graph(kind: "forward" | "evaluate" | "gradient"): Graph {
    const entry = this.#lowered.entries.find((e) => e.kind === kind);
    if (entry === undefined) throw new Error(`internal: ${this.#m.name} has no ${kind}`);
    return entry.graph;
  }
}

/** Copies, so that later calls do not change them. */
export function copied(outputs: Outputs): Outputs {
  return new Map([...outputs].map(([name, entries]) => [name, new Float64Array(entries)]));
}

export function allFinite(outputs: Outputs): boolean {
  for (const entries of outputs.values()) {
    for (let k = 0; k < entries.length; k++) if (!Number.isFinite(entries[k])) return false;
  }
  return true;
}

/** The sizes of an output's axes. */
export function tensorLike(tensor: Tensor, data: Float64Array): Tensor {
  if (data.length !== sizeOf(tensor.shape)) throw new Error("internal: entries do not fit a shape");
  return { shape: tensor.shape, data };
}
