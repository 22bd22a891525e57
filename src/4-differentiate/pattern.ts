/**
 * Which entries of a Jacobian can be nonzero, entry by entry: every entry of every node between the argument and the result
 * knows the set of the argument's entries that a derivative can flow to it from. For shapes without symbols.
 */
import type { GraphBuilder } from "../ir/builder.ts";
import * as dims from "../ir/dim.ts";
import { is, topological } from "../ir/expressions.ts";
import { recordOf } from "../ir/facts.ts";
import type { AnyNode, Loop, Node, PrimitiveName, SparsityPattern } from "../ir/graph.ts";
import { evaluate } from "../ir/interpreter.ts";
import { partOperands } from "../ir/loop-parts.ts";
import { ColumnSets } from "./column-sets.ts";
import { reach } from "./reach.ts";

/** The set of each entry of a node, row-major; null: no derivative flows to any of them. */
type Sets = Int32Array | null;

/** So much is looked at before what is left counts as depending on all that its operands depend on. */
const patience = 2e7;

/** The pattern of dy/dx as a matrix: a row an entry of y, a column an entry of x. */
export function patternOf(b: GraphBuilder, y: Node, x: Node): SparsityPattern {
  const columnCount = sizeOf(x);
  const sets = new ColumnSets(columnCount);
  const own = Int32Array.from({ length: columnCount }, (_, column) => sets.single(column));
  const [found] = new Tracer(b, sets).run([y], new Map([[x, own]]));
  const starts = [0];
  const columns: number[] = [];
  for (let row = 0; row < sizeOf(y); row++) {
    for (const column of sets.columnsOf(found?.[row] ?? 0)) columns.push(column);
    starts.push(columns.length);
  }
  return { rowCount: sizeOf(y), columnCount, starts, columns };
}

/** The number of entries of a node without symbols. */
export function sizeOf(node: Node): number {
  return shapeOf(node).reduce((product, size) => product * size, 1);
}

function shapeOf({ shape }: Node): readonly number[] {
  return shape.map((dim) => {
    const size = dims.constantOf(dim);
    if (size === null) throw new Error("internal: a pattern of a shape that is not known");
    return size;
  });
}

class Tracer {
  readonly b: GraphBuilder;
  readonly sets: ColumnSets;
  readonly #constants = new Map<Node, Float64Array | null>();
  #work = 0;

  constructor(b: GraphBuilder, sets: ColumnSets) {
    this.b = b;
    this.sets = sets;
  }

  /** The sets of the roots, given those of some nodes. */
  run(roots: readonly Node[], given: ReadonlyMap<Node, Int32Array>): readonly Sets[] {
    const known = new Map<Node, readonly Sets[]>();
    for (const node of reach(this.b, roots, new Set(given.keys()))) {
      const own = given.get(node);
      const of = (k: number): Sets => known.get(node.operands[k])?.[0] ?? null;
      if (own !== undefined) known.set(node, [own]);
      else if (is(node, "loop")) known.set(node, this.#loop(node, node.operands.map((_, k) => of(k)))); // prettier-ignore
      else if (is(node, "loop_result")) known.set(node, [known.get(node.operands[0])?.[node.attributes.index] ?? null]);
      else known.set(node, [this.#node(node as AnyNode, node.operands.map((_, k) => of(k)))]); // prettier-ignore
    }
    return roots.map((root) => known.get(root)?.[0] ?? null);
  }

  #node(node: AnyNode, operands: readonly Sets[]): Int32Array {
    this.#work += sizeOf(node);
    if (this.isTired()) return this.everything(node, operands);
    return (rules[node.primitive] as Rule<PrimitiveName>)(this, node, operands);
  }

  /** Counts work that a node takes beyond its entries; whether there is patience left for it. */
  affords(more: number): boolean {
    if (this.#work + more > patience) return false;
    this.#work += more;
    return true;
  }

  isTired(): boolean {
    return this.#work + this.sets.work > patience;
  }

  /** Every entry depends on all that the operands depend on. */
  everything(node: Node, operands: readonly Sets[]): Int32Array {
    return new Int32Array(sizeOf(node)).fill(this.sets.unionOf(allOf(operands)));
  }

  /** The values of a node that is the same whatever the parameters are; null for others. */
  constantOf(node: Node): Float64Array | null {
    const known = this.#constants.get(node);
    if (known !== undefined) return known;
    const made = topological([node]);
    const isFixed = made.every(({ primitive }) => !varying.has(primitive));
    const graph = { parameters: [], outputs: [{ name: "constant", node, updates: null }], requirements: [] };
    const affordable = made.reduce((sum, n) => sum + sizeOf(n), 0);
    const value = isFixed && this.affords(affordable) ? evaluate(graph, new Map(), { dims: new Map() }).get("constant") : undefined; // prettier-ignore
    const found = value?.data ?? null;
    this.#constants.set(node, found);
    return found;
  }

  /** Round by round. Where data decides how many there are, a carry may be that of any. */
  #loop(node: Node<"loop">, operands: readonly Sets[]): readonly Sets[] {
    const { record } = node.attributes;
    const parts = partOperands(record, operands);
    const trip = dims.constantOf(record.trip);
    const outputs = [...record.carries, ...record.stackedOutputs];
    const everywhere = (): readonly Sets[] => {
      const all = this.sets.unionOf(allOf(operands));
      return outputs.map((output, k) => {
        const rounds = k < record.carries.length ? 1 : (trip ?? 0);
        return new Int32Array(rounds * sizeOf(output)).fill(all);
      });
    };
    if (trip === null || !Number.isSafeInteger(trip * outputs.length) || !this.affords(trip)) return everywhere();
    const isCertain = !record.counted && record.condition === null;
    const stacked = record.stackedOutputs.map((output) => new Int32Array(trip * sizeOf(output)));
    let carries = parts.carries;
    const ends = carries.map((sets) => sets);
    for (let k = 0; k < trip; k++) {
      if (this.isTired()) return everywhere();
      const t = record.reverse ? trip - 1 - k : k;
      const results = this.run([...record.next, ...record.stackedOutputs], bindings(record, carries, parts, t));
      carries = results.slice(0, record.next.length);
      carries.forEach((sets, c) => (ends[c] = isCertain ? sets : this.#either(ends[c], sets)));
      stacked.forEach((rows, s) => {
        const row = results[record.next.length + s];
        if (row !== null) rows.set(row, t * row.length);
      });
    }
    return [...ends, ...stacked];
  }

  #either(p: Sets, q: Sets): Sets {
    if (p === null || q === null) return p ?? q;
    return p.map((set, k) => this.sets.union(set, q[k]));
  }
}

/** What a round of a loop reads that a derivative can flow from. */
function bindings(
  record: Loop,
  carries: readonly Sets[],
  parts: { readonly stacked: readonly Sets[]; readonly invariants: readonly Sets[] },
  t: number,
): ReadonlyMap<Node, Int32Array> {
  const found = new Map<Node, Int32Array>();
  const bind = (node: Node, sets: Sets): void => {
    if (sets?.some((set) => set !== 0)) found.set(node, sets);
  };
  record.carries.forEach((node, k) => {
    bind(node, carries[k]);
  });
  record.stackedInputs.forEach((node, k) => {
    const size = sizeOf(node);
    bind(node, parts.stacked[k]?.subarray(t * size, (t + 1) * size) ?? null);
  });
  record.invariants.forEach((node, k) => {
    bind(node, parts.invariants[k]);
  });
  return found;
}

const varying: ReadonlySet<PrimitiveName> = new Set(["parameter", "random", "loop", "gradient", "jvp", "jacobian"]);

function* allOf(operands: readonly Sets[]): Generator<number> {
  for (const sets of operands) if (sets !== null) yield* sets;
}

/** The sets of a node, given those of its operands. */
type Rule<P extends PrimitiveName> = (
  tracer: Tracer,
  node: AnyNode & { readonly primitive: P },
  operands: readonly Sets[],
) => Int32Array;

/** No derivative flows through it. */
const none: Rule<PrimitiveName> = (_, node) => new Int32Array(sizeOf(node));

/** An entry depends on what the entries in its place depend on. */
const elementwise: Rule<PrimitiveName> = ({ sets }, node, operands) => {
  const active = operands.filter((own) => own !== null);
  if (active.length === 1) return active[0];
  return Int32Array.from({ length: sizeOf(node) }, (_, k) => active.reduce((union, own) => sets.union(union, own[k]), 0)); // prettier-ignore
};

/** Entries go elsewhere: their sets go along. */
const moves: Rule<PrimitiveName> = ({ b }, node, operands) => {
  const { meaning } = recordOf(b, node);
  if (meaning === null) throw new Error(`internal: ${node.primitive} moves nothing`);
  const values = node.operands.map((operand, k) => {
    const size = sizeOf(operand);
    return { element: node.element, shape: shapeOf(operand), data: Float64Array.from(operands[k] ?? new Int32Array(size)), error: new Float64Array(size) }; // prettier-ignore
  });
  const at = { shape: shapeOf(node), element: node.element, dims: new Map<string, number>(), unitRoundoff: 2 ** -53 };
  return Int32Array.from(meaning(values, node.attributes, at).data);
};

/** An entry depends on all entries that `cellOf` sends to it. */
function gathered(sets: ColumnSets, size: number, own: Int32Array, cellOf: (entry: number) => number): Int32Array {
  const cells = Array.from({ length: size }, () => new Set<number>());
  own.forEach((set, entry) => {
    const cell = cellOf(entry);
    if (set !== 0 && cell >= 0) cells[cell].add(set);
  });
  return Int32Array.from(cells, (cell) => sets.unionOf(cell));
}

const reduces: Rule<"reduce_sum" | "reduce_product" | "reduce_max" | "reduce_min"> = ({ sets }, node, [own]) => {
  const shape = shapeOf(node.operands[0]);
  const gone = new Set(node.attributes.axes.map((axis) => axis + shape.length));
  const steps = stridesOf(shape.map((size, axis) => (gone.has(axis) ? 1 : size)));
  const strides = steps.map((stride, axis) => (gone.has(axis) ? 0 : stride));
  const position = positions(shape, strides);
  return gathered(sets, sizeOf(node), own ?? new Int32Array(position.length), (entry) => position[entry]);
};

/** Matrices in the last two axes: every entry of a result depends on all of its matrices. */
const matrices: Rule<PrimitiveName> = ({ sets }, node, operands) => {
  const count = shapeOf(node.operands[0]).slice(0, -2).reduce((product, size) => product * size, 1); // prettier-ignore
  const result = new Int32Array(sizeOf(node));
  const part = (all: Int32Array, k: number): Int32Array => all.subarray((k * all.length) / count, ((k + 1) * all.length) / count); // prettier-ignore
  for (let k = 0; k < count; k++) part(result, k).fill(sets.unionOf(allOf(operands.map((own) => own && part(own, k)))));
  return result;
};

/** Total by type; loops and their results are the tracer's own. */
const rules: { readonly [P in PrimitiveName]: Rule<P> } = {
  constant: none,
  dimension: none,
  parameter: none,
  iota: none,
  table: none,
  random: none,
  stop_gradient: none,
  gradient: none,
  jvp: none,
  jacobian: none,
  sign: none,
  floor: none,
  ceil: none,
  round: none,
  equal: none,
  less: none,
  less_equal: none,
  not: none,
  and: none,
  or: none,
  is_nan: none,
  is_finite: none,
  floor_divide: none,
  argmax: none,
  argmin: none,
  lu: none,
  determinant_sign: none,
  loop: none,
  loop_result: none, // prettier-ignore

  mark: elementwise,
  add: elementwise,
  subtract: elementwise,
  divide: elementwise,
  negate: elementwise,
  power: elementwise,
  power_integer: elementwise,
  maximum: elementwise,
  minimum: elementwise,
  atan2: elementwise,
  hypot: elementwise,
  modulo: elementwise,
  abs: elementwise,
  stored: elementwise,
  sqrt: elementwise,
  cbrt: elementwise,
  exp: elementwise,
  expm1: elementwise,
  log: elementwise,
  log1p: elementwise,
  log2: elementwise,
  log10: elementwise,
  sin: elementwise,
  cos: elementwise,
  tan: elementwise,
  asin: elementwise,
  acos: elementwise,
  atan: elementwise,
  sinh: elementwise,
  cosh: elementwise,
  tanh: elementwise,
  asinh: elementwise,
  acosh: elementwise,
  atanh: elementwise,
  erf: elementwise,
  erfc: elementwise,
  sigmoid: elementwise,
  softplus: elementwise,
  convert: elementwise, // prettier-ignore
  multiply: (tracer, node, operands) => {
    const factors = node.operands.map((operand) => tracer.constantOf(operand));
    const either = elementwise(tracer, node, operands);
    if (factors.every((factor) => factor === null)) return either;
    return either.map((set, k) => (factors.some((factor) => factor?.[k] === 0) ? 0 : set));
  },
  select: (tracer, node, [, then, otherwise]) => {
    const condition = tracer.constantOf(node.operands[0]);
    if (condition === null) return elementwise(tracer, node, [then, otherwise]);
    return Int32Array.from(condition, (is, k) => (is === 0 ? otherwise : then)?.[k] ?? 0);
  },

  broadcast: moves,
  reshape: moves,
  transpose: moves,
  slice: moves,
  pad: moves,
  concat: moves,
  window: moves,
  fold: ({ sets }, node, [own]) => {
    const { axis, stride, dilation } = node.attributes;
    const from = shapeOf(node.operands[0]);
    const k = from.length + axis;
    const length = shapeOf(node)[k - 1];
    const inner = from.slice(k + 1).reduce((product, size) => product * size, 1);
    const [count, size] = [from[k - 1], from[k]];
    return gathered(sets, sizeOf(node), own ?? new Int32Array(0), (entry) => {
      const [rest, post] = [Math.floor(entry / inner), entry % inner];
      const [outer, j] = [Math.floor(rest / size), rest % size];
      const at = (outer % count) * stride + j * dilation;
      return at < length ? (Math.floor(outer / count) * length + at) * inner + post : -1;
    });
  },

  reduce_sum: reduces,
  reduce_product: reduces,
  reduce_max: reduces,
  reduce_min: reduces,
  contract: (tracer, node, operands) => {
    const { left, right, result } = node.attributes;
    const labels = [left, right];
    const shapes = node.operands.map(shapeOf);
    const lead = shapeOf(node).length - result.length;
    const sizeOfLabel = new Map(labels.flatMap((own, k) => own.map((label, axis) => [label, shapes[k][shapes[k].length - own.length + axis]] as const))); // prettier-ignore
    const summed = [...sizeOfLabel.keys()].filter((label) => !result.includes(label));
    const extent = (label: string): number => sizeOfLabel.get(label) ?? 1;
    const summedShape = summed.map(extent);
    const terms = summedShape.reduce((product, size) => product * size, 1);
    const size = sizeOf(node);
    if (!tracer.affords(size * terms)) return tracer.everything(node, operands);
    // Where each operand is read, for each cell of the result and for each term of its sum.
    const places = shapes.map((shape, k) => {
      const strides = stridesOf(shape);
      const own = shape.length - labels[k].length;
      const along = (label: string): number => {
        const axis = labels[k].indexOf(label);
        return axis < 0 ? 0 : strides[own + axis];
      };
      const batch = Array.from({ length: lead }, (_, axis) => (axis < lead - own ? 0 : strides[axis - (lead - own)]));
      return {
        cell: positions(shapeOf(node), [...batch, ...result.map(along)]),
        term: positions(summedShape, summed.map(along)),
      };
    });
    const factors = node.operands.map((operand) => tracer.constantOf(operand));
    return Int32Array.from({ length: size }, (_, cell) => {
      const met = new Set<number>();
      for (let term = 0; term < terms; term++) {
        const at = places.map((place) => place.cell[cell] + place.term[term]);
        if (factors.some((factor, k) => factor?.[at[k]] === 0)) continue;
        operands.forEach((own, k) => met.add(own?.[at[k]] ?? 0));
      }
      return tracer.sets.unionOf(met);
    });
  },

  solve: matrices,
  determinant: matrices,
  log_determinant: matrices,
  cofactor: matrices,
  cholesky: matrices,
  triangular_solve: matrices, // prettier-ignore

  gather: (tracer, node, [own]) => {
    const [x, indices] = node.operands;
    const { batch } = node.attributes;
    const { outer, length, inner } = around(shapeOf(x), batch);
    const choices = sizeOf(indices) / outer;
    const chosen = tracer.constantOf(indices);
    const all = own ?? new Int32Array(sizeOf(x));
    const anyRow = chosen === null ? gathered(tracer.sets, outer * inner, all, (entry) => Math.floor(entry / (length * inner)) * inner + (entry % inner)) : null; // prettier-ignore
    return Int32Array.from({ length: sizeOf(node) }, (_, k) => {
      const [rest, post] = [Math.floor(k / inner), k % inner];
      const pre = Math.floor(rest / choices);
      if (anyRow !== null) return anyRow[pre * inner + post];
      return all[(pre * length + (chosen?.[rest] ?? 0)) * inner + post] ?? 0;
    });
  },
  scatter_add: (tracer, node, [, own]) => {
    const [indices, updates] = node.operands;
    const { outer, length, inner } = around(shapeOf(node), node.attributes.batch);
    const choices = sizeOf(indices) / outer;
    const chosen = tracer.constantOf(indices);
    const all = own ?? new Int32Array(sizeOf(updates));
    const preOf = (entry: number): number => Math.floor(entry / (choices * inner));
    if (chosen !== null) {
      return gathered(tracer.sets, sizeOf(node), all, (entry) => {
        const row = chosen[Math.floor(entry / inner)];
        return (preOf(entry) * length + row) * inner + (entry % inner);
      });
    }
    const anyRow = gathered(tracer.sets, outer * inner, all, (entry) => preOf(entry) * inner + (entry % inner));
    return Int32Array.from({ length: sizeOf(node) }, (_, k) => anyRow[Math.floor(k / (length * inner)) * inner + (k % inner)]); // prettier-ignore
  },
};

/** The axis `axis` with what lies before and behind it. */
function around(
  shape: readonly number[],
  axis: number,
): { readonly outer: number; readonly length: number; readonly inner: number } {
  const product = (sizes: readonly number[]): number => sizes.reduce((p, size) => p * size, 1);
  return { outer: product(shape.slice(0, axis)), length: shape[axis], inner: product(shape.slice(axis + 1)) };
}

function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

/** The address of each entry of a shape, row-major, by these strides. */
function positions(shape: readonly number[], strides: readonly number[]): Int32Array {
  let found = Int32Array.of(0);
  shape.forEach((size, axis) => {
    const before = found;
    found = new Int32Array(before.length * size);
    before.forEach((at, k) => {
      for (let i = 0; i < size; i++) found[k * size + i] = at + i * strides[axis];
    });
  });
  return found;
}
