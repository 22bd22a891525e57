/** A small differentiator over the rules of the primitives, independent of the compiler's, and numeric differences. */
import type { GraphBuilder } from "../../src/ir/builder.ts";
import * as dims from "../../src/ir/dim.ts";
import * as e from "../../src/ir/expressions.ts";
import type { AttributesOf, ElementType, Node, PrimitiveName } from "../../src/ir/graph.ts";
import { evaluate, tensor } from "../../src/ir/interpreter.ts";
import type { PrimitiveRecord } from "../../src/ir/primitive.ts";
import type { Value } from "../../src/ir/value.ts";
import { primitives } from "../../src/primitives/index.ts";

export type AnyRecord = PrimitiveRecord<PrimitiveName>;

/** The record of a primitive, with attributes untyped enough to loop over the table. */
export function recordOf(name: PrimitiveName): AnyRecord {
  return primitives[name] as AnyRecord;
}

export const shapeOf = (...sizes: readonly (number | string)[]): dims.Dim[] =>
  sizes.map((size) => (typeof size === "number" ? dims.constant(size) : dims.symbol(size)));

export function parameter(
  b: GraphBuilder,
  name: string,
  sizes: readonly (number | string)[],
  element: ElementType = "real",
): Node<"parameter"> {
  // prettier-ignore
  const type = { element, shape: shapeOf(...sizes) };
  return b.create("parameter", [], { name, type, bound: null, held: "array" });
}

/** A deterministic source of numbers in [0, 1) (a linear congruential generator modulo 2^32). */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Evaluates one node for values of parameters. */
export function valueOf(
  node: Node,
  inputs: Readonly<Record<string, Value>>,
  symbols: Readonly<Record<string, number>> = {},
  unitRoundoff = 2 ** -53,
): Value {
  // prettier-ignore
  const parameters = e.topological([node]).filter((n): n is Node<"parameter"> => e.is(n, "parameter"));
  const graph = { parameters, outputs: [{ name: "y", node, updates: null }], requirements: [] };
  const given = new Map(Object.entries(inputs));
  const result = evaluate(graph, given, { dims: new Map(Object.entries(symbols)), unitRoundoff }).get("y");
  if (result === undefined) throw new Error("no result");
  return result;
}

/** The tangent of one node by its rule; null tangents are zero. */
export function pushForward(b: GraphBuilder, node: Node, tangents: readonly (Node | null)[]): Node {
  const { derivative } = recordOf(node.primitive);
  const zero = e.zerosLike(b, node);
  switch (derivative.kind) {
    case "partials":
      return tangents.reduce<Node>((sum, tangent, k) => {
        const partial = tangent === null ? null : derivative.partials[k](b, node.operands, node);
        return tangent === null || partial === null ? sum : e.add(b, sum, e.mul(b, tangent, partial));
      }, zero);
    case "transpose": {
      if (derivative.joint) {
        const filled = tangents.map((tangent, k) => {
          const operand = node.operands[k];
          if (operand.element !== "real") return operand;
          return tangent ?? e.zerosLike(b, operand);
        });
        return b.withOperands(node, filled);
      }
      return tangents.reduce<Node>((sum, tangent, k) => {
        const moved = tangent === null ? null : b.withOperands(node, node.operands.with(k, tangent));
        return moved === null ? sum : e.add(b, sum, moved);
      }, zero);
    }
    case "tangent":
      return derivative.tangent(b, node, tangents);
    case "none":
      return zero;
    case "structural":
      throw new Error("structural");
  }
}

/** The cotangents of the operands of one node; null where none flows, or is not `needed`. */
export function pullBack(
  b: GraphBuilder,
  node: Node,
  cotangent: Node,
  needed: readonly boolean[] = node.operands.map(() => true),
): (Node | null)[] {
  const { derivative } = recordOf(node.primitive);
  const real = (k: number): boolean => node.operands[k].element === "real";
  switch (derivative.kind) {
    case "partials":
      return node.operands.map((_, k) => {
        const partial = real(k) ? derivative.partials[k](b, node.operands, node) : null;
        return partial === null ? null : e.mul(b, cotangent, partial);
      });
    case "transpose":
      return node.operands.map((_, k) => (real(k) ? derivative.transpose(b, cotangent, node, k) : null));
    case "tangent": {
      const linear = node.operands.map((_, k) => derivative.transpose?.(b, cotangent, node, k) ?? null);
      const tangents = node.operands.map((x, k) => (needed[k] && linear[k] === null ? freshLike(b, x, `t${k}`) : null));
      if (tangents.every((tangent) => tangent === null)) return linear;
      const expression = derivative.tangent(b, node, tangents);
      return tangents.map((tangent, k) => (tangent === null ? linear[k] : reverse(b, expression, tangent, cotangent)));
    }
    case "none":
      return node.operands.map(() => null);
    case "structural":
      throw new Error("structural");
  }
}

function freshLike(b: GraphBuilder, x: Node, name: string): Node<"parameter"> {
  const type = { element: x.element, shape: x.shape };
  return b.create("parameter", [], { name, type, bound: null, held: "array" });
}

/** cotangent^T dy/dx by the rules, or null where y does not depend on x. */
export function reverse(b: GraphBuilder, y: Node, x: Node, cotangent: Node): Node | null {
  const order = e.topological([y]);
  const depends = new Set<Node>([x]);
  for (const node of order) if (node.operands.some((operand) => depends.has(operand))) depends.add(node);
  const adjoints = new Map<Node, Node>([[y, cotangent]]);
  for (const node of order.reverse()) {
    const adjoint = adjoints.get(node);
    if (adjoint === undefined || node === x || !depends.has(node)) continue;
    const needed = node.operands.map((operand) => depends.has(operand));
    pullBack(b, node, adjoint, needed).forEach((part, k) => {
      const operand = node.operands[k];
      if (part === null || !depends.has(operand)) return;
      const sum = adjoints.get(operand);
      adjoints.set(operand, sum === undefined ? part : e.add(b, sum, part));
    });
  }
  return adjoints.get(x) ?? null;
}

/** Forward mode through a whole expression. */
export function forward(b: GraphBuilder, y: Node, x: Node, tangent: Node): Node {
  const tangents = new Map<Node, Node>([[x, tangent]]);
  for (const node of e.topological([y])) {
    const parts = node.operands.map((operand) => tangents.get(operand) ?? null);
    if (node !== x && parts.some((part) => part !== null)) tangents.set(node, pushForward(b, node, parts));
  }
  return tangents.get(y) ?? e.zerosLike(b, y);
}

/** Five-point central difference of a scalar function; the error is of order h^4. */
export function difference(fn: (x: number) => number, x: number, h = 1e-3): number {
  return (8 * (fn(x + h) - fn(x - h)) - (fn(x + 2 * h) - fn(x - 2 * h))) / (12 * h);
}

/** A value with random entries in the interval. */
export function randomValue(next: () => number, shape: readonly number[], low = -1, high = 1): Value {
  const size = shape.reduce((product, n) => product * n, 1);
  return tensor(
    shape,
    Array.from({ length: size }, () => low + (high - low) * next()),
  );
}

/** Attributes to try an elementwise primitive with. */
export function attributesFor(name: PrimitiveName): readonly AttributesOf[PrimitiveName][] {
  if (name === "power_integer") return [-3, -1, 0, 1, 2, 3, 5].map((exponent) => ({ exponent }));
  if (name === "convert") return [{ to: "real" }];
  return [{}];
}
