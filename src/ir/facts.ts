/** Propagates what is known of every element of a node through a graph, by the rules of the primitives' records. */
import type { GraphBuilder } from "./builder.ts";
import type { Node, PrimitiveName } from "./graph.ts";
import type { Facts, PrimitiveRecord } from "./primitive.ts";
import { visitPending } from "./visit.ts";

/** Nothing is known: any number, infinite or not. */
export const unknownFacts: Facts = {
  lower: -Infinity,
  upper: Infinity,
  lowerOpen: false,
  upperOpen: false,
  integer: false,
  finite: false,
};

/**
 * The record of a node's primitive, for callers that pass it that node's own operands and attributes: what ties the
 * record's type parameter to the node is lost in the table's union and restored here.
 */
export function recordOf(b: GraphBuilder, node: Node): PrimitiveRecord<PrimitiveName> {
  return b.table[node.primitive] as unknown as PrimitiveRecord<PrimitiveName>;
}

export interface FactOptions {
  /**
   * Closes open ends: rounding attains them (sigmoid(100) is 1, exp(-1000) is 0). What is finite under these facts is
   * finite in floating-point arithmetic, overflow aside.
   */
  readonly rounded?: boolean;
  /**
   * Takes the numbers of entries that are computed with to be 1 and more: the mean over an empty axis is NaN anyway, and so
   * is whatever else is divided by its length.
   */
  readonly nonEmpty?: boolean;
  /** Parameters may be infinite: true in the body of a loop, whose carries are any numbers. */
  readonly body?: boolean;
}

/** Facts of nodes, computed on demand and remembered. */
export class FactTable {
  readonly #b: GraphBuilder;
  readonly #options: FactOptions;
  readonly #known = new Map<Node, Facts>();

  constructor(b: GraphBuilder, options: FactOptions = {}) {
    this.#b = b;
    this.#options = options;
  }

  /** What holds of every element of `node`. */
  of(node: Node): Facts {
    const known = this.#known.get(node);
    if (known !== undefined) return known;
    visitPending(
      node,
      (n) => this.#known.has(n),
      (n) => this.#known.set(n, this.#compute(n)),
    );
    return this.#known.get(node) ?? unknownFacts;
  }

  #compute(node: Node): Facts {
    if (node.primitive === "parameter" && this.#options.body === true && node.element === "real") return unknownFacts;
    const operands = node.operands.map((operand) => this.#known.get(operand) ?? unknownFacts);
    const shapes = node.operands.map((operand) => operand.shape);
    const known = recordOf(this.#b, node).facts(operands, node.attributes, shapes);
    const isLength = this.#options.nonEmpty === true && node.primitive === "dimension";
    const facts = isLength ? { ...known, lower: Math.max(known.lower, 1) } : known;
    if (this.#options.rounded !== true || (!facts.lowerOpen && !facts.upperOpen)) return facts;
    return {
      ...facts,
      lowerOpen: facts.lowerOpen && !Number.isFinite(facts.lower),
      upperOpen: facts.upperOpen && !Number.isFinite(facts.upper),
    };
  }
}

/** No element is zero. */
export function excludesZero(facts: Facts): boolean {
  return isPositive(facts) || isNegative(facts);
}

/** Every element is greater than zero. */
export function isPositive({ lower, lowerOpen }: Facts): boolean {
  return lower > 0 || (lower === 0 && lowerOpen);
}

/** Every element is less than zero. */
export function isNegative({ upper, upperOpen }: Facts): boolean {
  return upper < 0 || (upper === 0 && upperOpen);
}
