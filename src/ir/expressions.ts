/**
 * Short names for building graphs: what rules, lowering and differentiation write formulas with.
 *
 * Operands of the arithmetic have equal shapes, or are scalars that are broadcast to the other operand's shape. A plain
 * number stands for a constant of the other operand's element type. Nothing here recurses on the depth of a graph.
 */
import { constant as dimConstant, constantOf, equal, printShape, shapesEqual } from "./dim.ts";
import type { Dim, Shape } from "./dim.ts";
import type { GraphBuilder } from "./builder.ts";
import type { AttributesOf, ElementType, Node, None, PadAxis, PrimitiveName, SliceAxis } from "./graph.ts";
import { ShapeFault } from "./primitive.ts";

/** A node, or a number that becomes a constant. */
export type Term = Node | number;

/** Primitives without attributes. */
export type PlainName = {
  [P in PrimitiveName]: None extends AttributesOf[P] ? P : never;
}[PrimitiveName];

/** A scalar literal. */
export function constant(b: GraphBuilder, value: number, element: ElementType = "real"): Node<"constant"> {
  return b.create("constant", [], { value, element });
}

/** The constant `value` in every entry of a tensor of the shape of `node` (and its element type, unless given). */
export function like(b: GraphBuilder, value: number, node: Node, element: ElementType = node.element): Node {
  return broadcastTo(b, constant(b, value, element), node.shape);
}

/** Zeros of the shape and element type of `node`. */
export function zerosLike(b: GraphBuilder, node: Node): Node {
  return like(b, 0, node);
}

/** The value `dim` as an index scalar. */
export function dimension(b: GraphBuilder, dim: Dim): Node {
  const value = constantOf(dim);
  return value === null ? b.create("dimension", [], { dim }) : constant(b, value, "index");
}

/** A scalar: no axes. */
export function isScalar(node: Node): boolean {
  return node.shape.length === 0;
}

/** A primitive without attributes over operands of equal shape; scalars and numbers are broadcast. */
export function apply(b: GraphBuilder, primitive: PlainName, ...terms: readonly Term[]): Node {
  return b.create(primitive, align(b, terms), {});
}

/** Makes the terms nodes of one shape. A number takes the element type of the last node that is not bool. */
function align(b: GraphBuilder, terms: readonly Term[]): Node[] {
  let model: Node | null = null;
  let element: ElementType = "real";
  for (const term of terms) {
    if (typeof term === "number") continue;
    if (term.element !== "bool") element = term.element;
    if (model === null || isScalar(model)) model = term;
  }
  const shape = model?.shape ?? [];
  return terms.map((term) => {
    const node = typeof term === "number" ? constant(b, term, element) : term;
    return isScalar(node) ? broadcastTo(b, node, shape) : node;
  });
}

type Unary = (b: GraphBuilder, x: Term) => Node;
type Binary = (b: GraphBuilder, x: Term, y: Term) => Node;
const unary =
  (primitive: PlainName): Unary =>
  (b, x) =>
    apply(b, primitive, x);
const binary =
  (primitive: PlainName): Binary =>
  (b, x, y) =>
    apply(b, primitive, x, y);

export const add = binary("add");
export const sub = binary("subtract");
export const mul = binary("multiply");
export const div = binary("divide");
export const pow = binary("power");
export const max = binary("maximum");
export const min = binary("minimum");
export const hypot = binary("hypot");
export const atan2 = binary("atan2");
export const modulo = binary("modulo");
export const floorDivide = binary("floor_divide");
export const neg = unary("negate");
export const abs = unary("abs");
export const sign = unary("sign");
export const stored = unary("stored");
export const floor = unary("floor");
export const sqrt = unary("sqrt");
export const exp = unary("exp");
export const expm1 = unary("expm1");
export const log = unary("log");
export const log1p = unary("log1p");
export const sin = unary("sin");
export const cos = unary("cos");
export const sinh = unary("sinh");
export const cosh = unary("cosh");
export const tanh = unary("tanh");
export const sigmoid = unary("sigmoid");
export const softplus = unary("softplus");
export const equalTo = binary("equal");
export const less = binary("less");
export const lessEqual = binary("less_equal");
export const not = unary("not");
export const and = binary("and");
export const or = binary("or");
export const isNaN = unary("is_nan");
export const stopGradient = unary("stop_gradient");

/** x^exponent for an integer; x itself for 1 and ones for 0. */
export function powInt(b: GraphBuilder, x: Node, exponent: number): Node {
  if (exponent === 1) return x;
  return exponent === 0 ? like(b, 1, x) : b.create("power_integer", [x], { exponent });
}

/** `x` where the condition holds, elsewhere `y`. */
export function select(b: GraphBuilder, condition: Node, x: Term, y: Term): Node {
  return apply(b, "select", condition, x, y);
}

/** `x` as numbers of another element type (bool to index to real). */
export function convert(b: GraphBuilder, x: Node, to: ElementType): Node {
  return x.element === to ? x : b.create("convert", [x], { to });
}

/**
 * `x` broadcast to `shape` by NumPy's rule: axes are aligned at the end, size-1 axes are stretched.
 * @throws ShapeFault where a size is neither 1 nor the one wanted.
 */
export function broadcastTo(b: GraphBuilder, x: Node, shape: Shape): Node {
  if (shapesEqual(x.shape, shape)) return x;
  const lead = shape.length - x.shape.length;
  if (lead < 0) throw new ShapeFault(`${printShape(x.shape)} has more axes than ${printShape(shape)}`);
  const axes: number[] = [];
  const kept: Dim[] = [];
  x.shape.forEach((dim, k) => {
    const axis = k - x.shape.length;
    if (equal(dim, shape[lead + k])) {
      axes.push(axis);
      kept.push(dim);
    } else if (constantOf(dim) !== 1) {
      throw new ShapeFault(`${printShape(x.shape)} and ${printShape(shape)} differ on axis ${axis}`);
    }
  });
  return b.create("broadcast", [reshape(b, x, kept)], { shape, axes });
}

/** The adjoint of `broadcastTo`: sums `x` over the axes along which `shape` would be stretched. */
export function sumTo(b: GraphBuilder, x: Node, shape: Shape): Node {
  if (shapesEqual(x.shape, shape)) return x;
  const lead = x.shape.length - shape.length;
  if (lead < 0) throw new ShapeFault(`${printShape(shape)} has more axes than ${printShape(x.shape)}`);
  const axes: number[] = [];
  x.shape.forEach((dim, k) => {
    if (k < lead || (constantOf(shape[k - lead]) === 1 && constantOf(dim) !== 1)) axes.push(k - x.shape.length);
  });
  return reshape(b, reduceSum(b, x, axes), shape);
}

/** The same entries, in row-major order, under another shape. */
export function reshape(b: GraphBuilder, x: Node, shape: Shape): Node {
  return shapesEqual(x.shape, shape) ? x : b.create("reshape", [x], { consumed: x.shape.length, shape });
}

/** Result axis k - n is axis `permutation[k]` (negative) of x, for the last n axes. */
export function transpose(b: GraphBuilder, x: Node, permutation: readonly number[]): Node {
  const trivial = permutation.every((axis, k) => axis === k - permutation.length);
  return trivial ? x : b.create("transpose", [x], { permutation });
}

/** One entry an axis, for the last axes of x. */
export function slice(b: GraphBuilder, x: Node, axes: readonly SliceAxis[]): Node {
  return b.create("slice", [x], { axes });
}

/** Zeros around (or negative: cropping) and between the cells of the last axes of x. */
export function pad(b: GraphBuilder, x: Node, axes: readonly PadAxis[]): Node {
  return b.create("pad", [x], { axes });
}

function reduction(primitive: "reduce_sum" | "reduce_product" | "reduce_max" | "reduce_min") {
  return (b: GraphBuilder, x: Node, axes: readonly number[], keep = false): Node => {
    const sorted = [...axes].sort((p, q) => p - q);
    const reduced = sorted.length === 0 ? x : b.create(primitive, [x], { axes: sorted });
    return keep ? keepAxes(b, reduced, sorted) : reduced;
  };
}

/** Reductions over negative axes; with `keep` the axes stay, of size 1. */
export const reduceSum = reduction("reduce_sum");
export const reduceProduct = reduction("reduce_product");
export const reduceMax = reduction("reduce_max");
export const reduceMin = reduction("reduce_min");

/** Negative axes of all of a node's shape, ascending. */
export function allAxes(node: Node): number[] {
  return node.shape.map((_, k) => k - node.shape.length);
}

/** Puts back axes (negative, ascending, counted in the result) of size 1 where a reduction took them. */
export function keepAxes(b: GraphBuilder, reduced: Node, axes: readonly number[]): Node {
  const rank = reduced.shape.length + axes.length;
  const rest = [...reduced.shape];
  const shape: Dim[] = [];
  for (let axis = -rank; axis < 0; axis++) {
    const dim = axes.includes(axis) ? dimConstant(1) : rest.shift();
    if (dim !== undefined) shape.push(dim);
  }
  return reshape(b, reduced, shape);
}

/** Stretches what a reduction over `axes` gave back to the shape it came from. */
export function unreduce(b: GraphBuilder, reduced: Node, axes: readonly number[], shape: Shape): Node {
  const kept = shape.map((_, k) => k - shape.length).filter((axis) => !axes.includes(axis));
  return axes.length === 0 ? reduced : b.create("broadcast", [reduced], { shape, axes: kept });
}

/** The sum over labels absent from `result` of the product of both operands. */
export function contract(
  b: GraphBuilder,
  [x, left]: readonly [Node, readonly string[]],
  [y, right]: readonly [Node, readonly string[]],
  result: readonly string[],
): Node {
  return b.create("contract", [x, y], { left, right, result });
}

/**
 * The matrix product with NumPy's rules: [.., n, k] @ [.., k, m]; a vector on either side loses its axis; leading
 * axes broadcast.
 */
export function matmul(b: GraphBuilder, x: Node, y: Node): Node {
  if (isScalar(x) || isScalar(y)) throw new ShapeFault("`@` needs tensors on both sides; use `*` for a scalar");
  const rows = x.shape.length > 1 ? ["n"] : [];
  const columns = y.shape.length > 1 ? ["m"] : [];
  const xLead = x.shape.slice(0, -1 - rows.length);
  const yLead = y.shape.slice(0, -1 - columns.length);
  const rank = Math.max(xLead.length, yLead.length);
  const left: string[] = [];
  const right: string[] = [];
  const result: string[] = [];
  const xShape: Dim[] = [];
  const yShape: Dim[] = [];
  for (let k = 0; k < rank; k++) {
    const p = fromEnd(xLead, k - rank);
    const q = fromEnd(yLead, k - rank);
    const label = `b${k}`;
    result.push(label);
    // An axis of size 1 against a larger one is dropped, so that only the other operand carries the label.
    if (p !== undefined && (q === undefined || constantOf(p) !== 1 || constantOf(q) === 1)) {
      left.push(label);
      xShape.push(p);
    }
    if (q !== undefined && (p === undefined || constantOf(q) !== 1 || constantOf(p) === 1)) {
      right.push(label);
      yShape.push(q);
    }
  }
  return contract(
    b,
    [reshape(b, x, [...xShape, ...x.shape.slice(xLead.length)]), [...left, ...rows, "k"]],
    [reshape(b, y, [...yShape, ...y.shape.slice(yLead.length)]), [...right, "k", ...columns]],
    [...result, ...rows, ...columns],
  );
}

function fromEnd(shape: Shape, axis: number): Dim | undefined {
  return shape.length + axis < 0 ? undefined : shape.at(axis);
}

/** The number that every entry of a node is, looking through broadcast, reshape and convert; null if there is none. */
export function constantValue(node: Node): number | null {
  let at = node;
  while (at.primitive === "broadcast" || at.primitive === "reshape" || at.primitive === "convert") at = at.operands[0];
  if (at.primitive === "constant") return (at as Node<"constant">).attributes.value;
  if (at.primitive === "dimension") return constantOf((at as Node<"dimension">).attributes.dim);
  return null;
}

/** Narrows a node to a primitive. */
export function is<P extends PrimitiveName>(node: Node, primitive: P): node is Node<P> {
  return node.primitive === primitive;
}

/** Every node that the roots depend on, themselves included, operands first (ascending id). Loop bodies are not entered. */
export function topological(roots: Iterable<Node>): Node[] {
  const seen = new Set<Node>(roots);
  const stack = [...seen];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    for (const operand of node.operands) {
      if (seen.has(operand)) continue;
      seen.add(operand);
      stack.push(operand);
    }
  }
  return [...seen].sort((p, q) => p.id - q.id);
}

/** How often each of the nodes is an operand of another of them. */
export function useCounts(nodes: readonly Node[]): Map<Node, number> {
  const counts = new Map<Node, number>(nodes.map((node) => [node, 0]));
  for (const node of nodes) for (const operand of node.operands) counts.set(operand, (counts.get(operand) ?? 0) + 1);
  return counts;
}
