/** The reference interpreter: evaluates a graph in f64, with a bound on the error that an emitted program may make. */
import * as dims from "./dim.ts";
import type { ElementType, Graph, Loop, Node } from "./graph.ts";
import { is, topological, useCounts } from "./expressions.ts";
import { bodyResults, partOperands } from "./loop-parts.ts";
import { primitives } from "../primitives/index.ts";
import type { Evaluation, PrimitiveRecord } from "./primitive.ts";
import type { Value } from "./value.ts";

export interface EvaluateOptions {
  /** The values of symbolic dims. */
  readonly dims: ReadonlyMap<string, number>;
  /** 2^-53 (default), or 2^-24 where the emitted program may round to f32. */
  readonly unitRoundoff?: number;
  /** Bounds hold for rewritten forms too, in which a zero may have the other sign (1/-0, atan2(-0, -1)). */
  readonly freeZeros?: boolean;
  /** Called with each node's value, operands first; nodes of loop bodies once a round. */
  readonly observe?: (node: Node, value: Value) => void;
}

/** A value without error, from numbers in row-major order (bools as 0 and 1). */
export function tensor(shape: readonly number[], data: Iterable<number>, element: ElementType = "real"): Value {
  const cells = Float64Array.from(data);
  const size = shape.reduce((product, n) => product * n, 1);
  if (cells.length !== size) throw new RangeError(`[${shape.join(", ")}] has ${size} entries, not ${cells.length}`);
  return { element, shape, data: cells, error: new Float64Array(size) };
}

/** A value of one entry without axes. */
export function scalar(x: number, element: ElementType = "real"): Value {
  return tensor([], [x], element);
}

/**
 * The values of the graph's outputs, by name. Nothing is stored back: `updates` of outputs are the caller's business.
 * @throws RangeError for a missing input, one of another shape or type, or an index out of range; Error for a derivative
 *   request (differentiation replaces these first).
 */
export function evaluate(
  graph: Graph,
  inputs: ReadonlyMap<string, Value>,
  options: EvaluateOptions,
): ReadonlyMap<string, Value> {
  const bindings = new Map<Node, Value>();
  for (const parameter of graph.parameters) {
    const { name } = parameter.attributes;
    const value = inputs.get(name);
    if (value === undefined) throw new RangeError(`input ${name} is missing`);
    bindings.set(parameter, checked(parameter, value, options));
  }
  const run = new Interpreter(options);
  const roots = graph.outputs.map((output) => output.node);
  const values = run.evaluate(plan(roots), roots, bindings);
  return new Map(graph.outputs.map((output, k) => [output.name, values[k]]));
}

function checked(parameter: Node<"parameter">, value: Value, options: EvaluateOptions): Value {
  const shape = sizes(parameter, options.dims);
  const fits = value.shape.length === shape.length && shape.every((size, k) => value.shape[k] === size);
  if (!fits) {
    const { name } = parameter.attributes;
    throw new RangeError(`input ${name} is [${shape.join(", ")}], not [${value.shape.join(", ")}]`);
  }
  if (value.element !== parameter.element) {
    throw new RangeError(`input ${parameter.attributes.name} holds ${parameter.element}, not ${value.element} values`);
  }
  return value;
}

function sizes(node: Node, symbols: ReadonlyMap<string, number>): number[] {
  return node.shape.map((dim) => dims.evaluate(dim, symbols));
}

/** The order of evaluation, and how often each value is needed. */
interface Plan {
  readonly nodes: readonly Node[];
  readonly uses: ReadonlyMap<Node, number>;
}

function plan(roots: readonly Node[]): Plan {
  const nodes = topological(roots);
  const uses = useCounts(nodes);
  for (const root of roots) uses.set(root, (uses.get(root) ?? 0) + 1);
  return { nodes, uses };
}

class Interpreter {
  readonly #options: EvaluateOptions;
  readonly #unitRoundoff: number;
  readonly #freeZeros: boolean;
  readonly #plans = new Map<Loop | Node, Plan>();

  constructor(options: EvaluateOptions) {
    this.#options = options;
    this.#unitRoundoff = options.unitRoundoff ?? 2 ** -53;
    this.#freeZeros = options.freeZeros ?? false;
  }

  /** The values of the roots; `bindings` gives those of parameters. Values that nothing needs any more are dropped. */
  evaluate({ nodes, uses }: Plan, roots: readonly Node[], bindings: ReadonlyMap<Node, Value>): Value[] {
    const values = new Map<Node, readonly Value[]>();
    const left = new Map(uses);
    for (const node of nodes) {
      const operands = node.operands.map((operand) => read(values, operand));
      const results = this.#node(node, operands, bindings);
      if (!is(node, "loop")) this.#options.observe?.(node, results[0]);
      values.set(node, results);
      for (const operand of node.operands) {
        const count = (left.get(operand) ?? 0) - 1;
        left.set(operand, count);
        if (count === 0) values.delete(operand);
      }
    }
    return roots.map((root) => read(values, root)[0]);
  }

  #node(node: Node, operands: readonly (readonly Value[])[], bindings: ReadonlyMap<Node, Value>): readonly Value[] {
    if (is(node, "loop")) return this.#loop(node.attributes.record, operands.map(first)); // prettier-ignore
    if (is(node, "loop_result")) return [operands[0][node.attributes.index]];
    if (is(node, "parameter")) {
      const value = bindings.get(node);
      if (value === undefined) throw new Error(`parameter ${node.attributes.name} is not one of the graph's`);
      return [value];
    }
    // The table's rows take the attributes of their own primitive, which is the node's.
    const record = primitives[node.primitive] as PrimitiveRecord<typeof node.primitive>;
    if (record.meaning === null) throw new Error(`${node.primitive} cannot be evaluated: it must be replaced first`);
    const at: Evaluation = {
      shape: sizes(node, this.#options.dims),
      element: node.element,
      dims: this.#options.dims,
      unitRoundoff: this.#unitRoundoff,
      freeZeros: this.#freeZeros,
    };
    return [record.meaning(operands.map(first), node.attributes, at)];
  }

  /** Bodies and conditions run many times: their order is found once. */
  #planOf(of: Loop | Node, roots: readonly Node[]): Plan {
    const known = this.#plans.get(of) ?? plan(roots);
    this.#plans.set(of, known);
    return known;
  }

  #holds(condition: Node, bindings: ReadonlyMap<Node, Value>): boolean {
    const [value] = this.evaluate(this.#planOf(condition, [condition]), [condition], bindings);
    return value.data[0] !== 0;
  }

  #loop(record: Loop, operands: readonly Value[]): readonly Value[] {
    const roots = bodyResults(record);
    const body = this.#planOf(record, roots);
    const trip = dims.evaluate(record.trip, this.#options.dims);
    const carryCount = record.carries.length;
    const { carries: initial, stacked, invariants, count } = partOperands(record, operands);
    const rounds = record.counted ? Math.min(trip, count[0].data[0]) : trip;
    let carries = initial;
    const stacks = record.stackedOutputs.map((output) => {
      const shape = [trip, ...sizes(output, this.#options.dims)];
      return tensor(shape, new Float64Array(shape.reduce((product, n) => product * n, 1)), output.element);
    });
    for (let round = 0; round < rounds; round++) {
      const t = record.reverse ? rounds - 1 - round : round;
      const bindings = new Map<Node, Value>([[record.index, scalar(t, "index")]]);
      record.carries.forEach((carry, k) => bindings.set(carry, carries[k]));
      record.stackedInputs.forEach((input, k) => bindings.set(input, entry(stacked[k], t)));
      record.invariants.forEach((input, k) => bindings.set(input, invariants[k]));
      if (record.condition !== null && !this.#holds(record.condition, bindings)) break;
      const values = this.evaluate(body, roots, bindings);
      carries = values.slice(0, carryCount);
      stacks.forEach((stack, k) => {
        const value = values[carryCount + k];
        stack.data.set(value.data, t * value.data.length);
        stack.error.set(value.error, t * value.data.length);
      });
    }
    return [...carries, ...stacks];
  }
}

function first(values: readonly Value[]): Value {
  return values[0];
}

function read(values: ReadonlyMap<Node, readonly Value[]>, node: Node): readonly Value[] {
  const value = values.get(node);
  if (value === undefined) throw new Error(`%${node.id} is used before it is evaluated`);
  return value;
}

/** Entry t along the first axis. */
function entry(x: Value, t: number): Value {
  const shape = x.shape.slice(1);
  const size = shape.reduce((product, n) => product * n, 1);
  return {
    ...x,
    shape,
    data: x.data.subarray(t * size, (t + 1) * size),
    error: x.error.subarray(t * size, (t + 1) * size),
  };
}
