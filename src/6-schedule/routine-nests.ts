/** Kernels that call routines of the support code: loops over the batch around calls on one matrix. */
import * as dims from "../ir/dim.ts";
import type { Dim, Shape } from "../ir/dim.ts";
import { is } from "../ir/expressions.ts";
import type { AnyNode, Node } from "../ir/graph.ts";
import type { ArrayPart, Scalar } from "../ir/program.ts";
import type { Access } from "./access.ts";
import type { Block, KernelBuilder } from "./blocks.ts";
import type { NestContext } from "./nests.ts";
import { behind, routineOperands } from "./routines.ts";
import type { ScalarBuilder } from "./scalars.ts";

const zero = dims.constant(0);

/** Whether a node is made from the diagonal of its last operand, the factors of a matrix. */
export function isDiagonalReduction(node: AnyNode): boolean {
  return ["determinant", "log_determinant", "determinant_sign"].includes(node.primitive);
}

/** The product of the pivots and of the permutations' sign, or the sum of their logarithms. */
export function diagonalTerms(
  node: AnyNode,
  scalars: ScalarBuilder,
  access: Access,
): { readonly reduced: Shape; readonly term: (cell: readonly Scalar[], at: readonly Scalar[]) => Scalar } {
  const factors = node.operands[node.operands.length - 1];
  const term = (cell: readonly Scalar[], [k]: readonly Scalar[]): Scalar => {
    const pivot = access.read(factors, [...cell, k, k]);
    if (node.primitive === "determinant") return pivot;
    if (node.primitive === "determinant_sign") return scalars.operation("sign", [pivot], "real");
    return scalars.operation("log", [scalars.operation("abs", [pivot], "real")], "real");
  };
  return { reduced: [factors.shape[factors.shape.length - 1]], term };
}

/** The calls that compute a node, in loops over its batch. */
export function buildRoutine(kernel: KernelBuilder, access: Access, node: AnyNode, context: NestContext): void {
  const { scalars, root } = kernel;
  const targets = context.targetsOf(node);
  const target = targets.at(0);
  if (target === undefined) return;
  const batch = node.shape.slice(0, -2);
  overAll(kernel, root, batch, (block, at) => {
    const written = (buffer: string, start: Scalar): ArrayPart => ({ buffer, start, written: true });
    const first = [...at, scalars.dim(zero), scalars.dim(zero)];
    const own = written(target.buffer, access.rowAddress(node.shape, first, target));
    const operands = routineOperands(node).map((operand) => partOf(operand, at, scalars, access, context));
    const sizes = (...of: readonly Dim[]): readonly Scalar[] => of.map((size) => scalars.dim(size));
    const [n, count] = node.shape.slice(-2);
    switch (node.primitive) {
      case "lu": {
        const size = node.operands[0].shape[node.operands[0].shape.length - 1];
        kernel.call(block, node.attributes.complete ? "luComplete" : "luPartial", [own, ...operands], sizes(size));
        return;
      }
      case "cholesky":
        kernel.call(block, "choleskyFactor", [own, ...operands], sizes(n));
        return;
      case "solve":
        kernel.call(block, node.attributes.transposed ? "luSolveTransposed" : "luSolve", [own, ...operands], sizes(n, count)); // prettier-ignore
        return;
      case "triangular_solve":
        kernel.call(block, node.attributes.transposed ? "triangularSolveTransposed" : "triangularSolve", [own, ...operands], sizes(n, count)); // prettier-ignore
        return;
      case "cofactor": {
        const work = context.workOf(node) ?? "";
        const [factors, ...directions] = operands;
        const slot = (k: number): ArrayPart => written(work, scalars.dim(dims.product([dims.constant(k), n, n])));
        directions.forEach((direction, k) => {
          kernel.call(block, "moveDirection", [slot(k + 1), factors, direction], sizes(n));
        });
        kernel.call(block, "cofactorMinors", [own, slot(0), factors], sizes(n, dims.constant(directions.length)));
        kernel.call(block, "cofactorsBack", [own, factors, slot(0)], sizes(n));
        return;
      }
      default:
        throw new Error(`internal: no routine for ${node.primitive}`);
    }
  });
  for (const copy of targets.slice(1)) {
    overAll(kernel, root, node.shape, (block, at) => {
      const from = scalars.load(target.buffer, access.rowAddress(node.shape, at, target), node.element);
      kernel.store(block, copy.buffer, access.rowAddress(node.shape, at, copy), from);
    });
  }
}

/** Loops over `shape`. */
function overAll(
  kernel: KernelBuilder,
  root: Block,
  shape: Shape,
  body: (block: Block, at: readonly Scalar[]) => void,
): void {
  let block = root;
  const at = shape.map((size): Scalar => {
    if (dims.constantOf(size) === 1) return kernel.scalars.dim(zero);
    const loop = kernel.loop(block, "i", kernel.scalars.dim(zero), kernel.scalars.dim(size));
    block = loop.block;
    return loop.variable;
  });
  body(block, at);
}

/** Where the matrix of `operand` begins that belongs to the entry `lead` of the batch. */
function partOf(
  operand: Node,
  lead: readonly Scalar[],
  scalars: ScalarBuilder,
  access: Access,
  context: NestContext,
): ArrayPart {
  let { placeOf } = context;
  let at: readonly Scalar[] = [...lead, scalars.dim(zero), scalars.dim(zero)];
  let flat: Scalar | null = null;
  for (let node = operand; ;) {
    const place = placeOf(node);
    if (place?.kind === "buffer") {
      const start = access.inRow(node.shape, flat ?? access.address(node.shape, at), place);
      return { buffer: place.buffer, start, written: false };
    }
    if (place?.kind === "alias") {
      // The graph around a loop's body has it: what is one row there is all here.
      if (flat !== null) flat = access.inRow(node.shape, flat, { row: place.row });
      if (place.row !== null) at = [scalars.argument(place.row, "index"), ...at];
      ({ placeOf } = place.frame);
      node = place.node;
      continue;
    }
    const next = behind(node);
    if (next === null) throw new Error(`internal: a matrix of ${node.primitive} without storage`);
    if (is(node, "broadcast")) {
      const { axes, shape } = node.attributes;
      const from = at;
      const outer = from.slice(0, node.shape.length - shape.length);
      at = [...outer, ...axes.map((axis) => from[node.shape.length + axis])];
    } else if (is(node, "reshape")) {
      flat ??= access.address(node.shape, at);
    }
    node = next;
  }
}
