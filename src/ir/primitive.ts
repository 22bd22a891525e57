/** What every primitive declares, once. The table over all of them is total by type (primitives/index.ts). */
import type { GraphBuilder } from "./builder.ts";
import type { Shape } from "./dim.ts";
import type { AttributesOf, ElementType, Node, PrimitiveName, TensorType } from "./graph.ts";
import type { Value } from "./value.ts";

/** Thrown by shape rules; the checker turns it into a diagnostic at the user's expression. */
export class ShapeFault extends Error {
  override readonly name = "ShapeFault";
}

/**
 * What is known of every element of a result, in exact arithmetic: an interval (open ends are not attained), whether it
 * is an integer, and whether it is finite whatever finite values the graph's parameters have.
 */
export interface Facts {
  readonly lower: number;
  readonly upper: number;
  readonly lowerOpen: boolean;
  readonly upperOpen: boolean;
  readonly integer: boolean;
  readonly finite: boolean;
}

/**
 * One rule serves both modes: forward mode applies it to tangents, reverse mode multiplies by partials or transposes.
 *
 * - `partials`: elementwise; entry k builds d result / d operand k (null: the constant 0).
 * - `transpose`: linear in operand k (alone, or jointly with the other real operands if `joint`); `transpose` maps the
 *   cotangent of the result to that of operand k; null where operand k carries no derivative (an index).
 * - `tangent`: an expression linear in the tangents (null entries are zero); reverse mode transposes that expression. Where
 *   the primitive is itself linear in an operand, `transpose` says how: the expression may use the primitive again.
 * - `structural`: handled by the differentiation pass (loop, loop_result, derivative requests).
 * - `none`: the result carries no derivative.
 */
export type Derivative<P extends PrimitiveName> =
  | {
      readonly kind: "partials";
      readonly partials: readonly ((b: GraphBuilder, operands: readonly Node[], result: Node<P>) => Node | null)[];
    }
  | {
      readonly kind: "transpose";
      readonly joint: boolean;
      readonly transpose: (b: GraphBuilder, cotangent: Node, node: Node<P>, operand: number) => Node | null;
    }
  | {
      readonly kind: "tangent";
      readonly tangent: (b: GraphBuilder, node: Node<P>, tangents: readonly (Node | null)[]) => Node;
      /** The cotangent of an operand that the primitive is linear in, null for the others. */
      readonly transpose?: (b: GraphBuilder, cotangent: Node, node: Node<P>, operand: number) => Node | null;
    }
  | { readonly kind: "structural" }
  | { readonly kind: "none" };

/** Scalar operations that every target spells; an elementwise primitive is one of them. */
export type ScalarOperation = ElementwiseName;

export type ElementwiseName =
  | "add" | "subtract" | "multiply" | "divide" | "negate" | "power" | "power_integer" | "maximum" | "minimum"
  | "atan2" | "hypot" | "modulo" | "floor_divide" | "abs" | "sign" | "floor" | "ceil" | "round" | "stored" | "sqrt" | "cbrt"
  | "exp" | "expm1" | "log" | "log1p" | "log2" | "log10" | "sin" | "cos" | "tan" | "asin" | "acos" | "atan"
  | "sinh" | "cosh" | "tanh" | "asinh" | "acosh" | "atanh" | "erf" | "erfc" | "sigmoid" | "softplus"
  | "equal" | "less" | "less_equal" | "not" | "and" | "or" | "is_nan" | "is_finite" | "select" | "convert"; // prettier-ignore

/** What a reference evaluation is told of its result. */
export interface Evaluation {
  readonly shape: readonly number[];
  readonly element: ElementType;
  /** The values of the symbolic dims. */
  readonly dims: ReadonlyMap<string, number>;
  /** The relative error that one rounding of the emitted program may make: 2^-53, or 2^-24 where it may store f32. */
  readonly unitRoundoff: number;
  /** The bound holds whatever the signs of zeros are: rewriting keeps numbers, not these. */
  readonly freeZeros?: boolean;
}

/** Where random tests sample operands, and points that are always tried. */
export interface Domain {
  /** One interval an operand. */
  readonly intervals: readonly (readonly [low: number, high: number])[];
  /** One tuple of operands each: ties, zeros, infinities, ends of the domain. */
  readonly special: readonly (readonly number[])[];
}

export interface PrimitiveRecord<P extends PrimitiveName> {
  readonly name: P;
  readonly arity: number | "any";
  /** How attributes print, for example `axes=[-1]`; empty when there are none. */
  readonly print: (attributes: AttributesOf[P]) => string;
  /** Result type from operand types; throws ShapeFault. Extra leading dims are a batch. */
  readonly shape: (operands: readonly TensorType[], attributes: AttributesOf[P]) => TensorType;
  /** Reference evaluation with a running error bound. Null for primitives that the interpreter walks itself. */
  readonly meaning: ((operands: readonly Value[], attributes: AttributesOf[P], result: Evaluation) => Value) | null;
  readonly derivative: Derivative<P>;
  /** `shapes`: those of the operands, where known; with them the facts of reductions are sharper. */
  readonly facts: (operands: readonly Facts[], attributes: AttributesOf[P], shapes?: readonly Shape[]) => Facts;
  readonly commutative: boolean;
  readonly associative: boolean;
  /** The operand value that leaves the other unchanged, or null. */
  readonly identity: number | null;
  /** Elementwise: the scalar operation that computes one element. */
  readonly code: ElementwiseName | null;
  readonly domain: Domain | null;
}

export type PrimitiveTable = { readonly [P in PrimitiveName]: PrimitiveRecord<P> };
