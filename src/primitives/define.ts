/** Makers of records for families of primitives that differ in a function, a formula and a range only. */
import type { GraphBuilder } from "../ir/builder.ts";
import type { AttributesOf, ElementType, Node, PrimitiveName, TensorType } from "../ir/graph.ts";
import type { Derivative, Domain, ElementwiseName, Facts, PrimitiveRecord } from "../ir/primitive.ts";
import { ShapeFault } from "../ir/primitive.ts";
import { elementwise } from "./evaluate.ts";
import type { Bounds, Scalar } from "./evaluate.ts";
import { requireElement, requireSameShape } from "./shapes.ts";

/** The result carries no derivative. */
export const none: { readonly kind: "none" } = { kind: "none" };
/** The differentiation pass has a file for it. */
export const structural: { readonly kind: "structural" } = { kind: "structural" };
export const printNothing = (): string => "";

type PartialRule<P extends PrimitiveName> = (
  b: GraphBuilder,
  operands: readonly Node[],
  result: Node<P>,
) => Node | null;

/** One partial derivative an operand. */
export function partials<P extends PrimitiveName>(...list: readonly PartialRule<P>[]): Derivative<P> {
  return { kind: "partials", partials: list };
}

/** Linear in all real operands together. */
export function linear<P extends PrimitiveName>(
  transpose: (b: GraphBuilder, cotangent: Node, node: Node<P>, operand: number) => Node | null,
): Derivative<P> {
  return { kind: "transpose", joint: true, transpose };
}

/** Linear in each operand alone. */
export function bilinear<P extends PrimitiveName>(
  transpose: (b: GraphBuilder, cotangent: Node, node: Node<P>, operand: number) => Node | null,
): Derivative<P> {
  return { kind: "transpose", joint: false, transpose };
}

/** What records say unless they say otherwise. */
export const plain = {
  commutative: false,
  associative: false,
  identity: null,
  code: null,
  domain: null,
} as const;

/** Element types: operands that all have one of `allowed`; the result has `gives`, or the operands' own. */
interface Elements {
  readonly allowed: readonly ElementType[];
  readonly gives: ElementType | null;
}

const REAL: Elements = { allowed: ["real"], gives: null };
export const NUMBER: Elements = { allowed: ["real", "index"], gives: null };
export const TO_BOOL: Elements = { allowed: ["real", "index", "bool"], gives: "bool" };
export const BOOL: Elements = { allowed: ["bool"], gives: null };

interface ElementwiseSpec<P extends PrimitiveName> {
  readonly arity: number;
  readonly elements?: Elements;
  readonly print?: (attributes: AttributesOf[P]) => string;
  /** In f64, within an ulp or two. */
  readonly fn: (attributes: AttributesOf[P]) => Scalar;
  readonly bounds?: Bounds | ((attributes: AttributesOf[P]) => Bounds);
  readonly derivative: Derivative<P>;
  readonly facts: (operands: readonly Facts[], attributes: AttributesOf[P]) => Facts;
  readonly commutative?: boolean;
  readonly associative?: boolean;
  readonly identity?: number;
  readonly domain: Domain;
}

/** The result is exact, but may be rounded where the program stores it. */
export const STORED: Bounds = { roundings: 0 };
/** Roundings of an operation that IEEE specifies (the emitted program's, and this evaluation's). */
export const EXACT: Bounds = { roundings: 2 };
/** Roundings of a function within 2 ulp of the correctly rounded result, evaluated here within an ulp. */
export const CLOSE: Bounds = { roundings: 8 };

/** A record for an elementwise primitive: operands of equal shape and type. */
export function elementwiseRecord<P extends PrimitiveName & ElementwiseName>(
  name: P,
  spec: ElementwiseSpec<P>,
): PrimitiveRecord<P> {
  const { bounds = CLOSE } = spec;
  const boundsOf = typeof bounds === "function" ? bounds : (): Bounds => bounds;
  return {
    ...plain,
    name,
    arity: spec.arity,
    print: spec.print ?? printNothing,
    shape: (operands) => sameType(name, spec.elements ?? REAL, operands),
    meaning: (operands, attributes, at) => elementwise(spec.fn(attributes), boundsOf(attributes), operands, at),
    derivative: spec.derivative,
    facts: spec.facts,
    commutative: spec.commutative ?? false,
    associative: spec.associative ?? false,
    identity: spec.identity ?? null,
    code: name,
    domain: spec.domain,
  };
}

/** How primitives are called in messages to users. */
const spoken: Partial<Record<PrimitiveName, string>> = {
  add: "`+`",
  subtract: "`-`",
  multiply: "`*`",
  divide: "`/`",
  negate: "`-`",
  power: "`^`",
  power_integer: "`^`",
  equal: "`==`",
  less: "`<`",
  less_equal: "`<=`",
  not: "`not`",
  and: "`and`",
  or: "`or`",
  modulo: "mod",
  floor_divide: "div",
  is_nan: "isnan",
  is_finite: "isfinite",
};

/** The name of a primitive as users know it. */
export function say(name: PrimitiveName): string {
  return spoken[name] ?? name;
}

function sameType(name: PrimitiveName, elements: Elements, operands: readonly TensorType[]): TensorType {
  const [first, ...others] = operands;
  for (const operand of operands) requireElement(operand, elements.allowed, say(name));
  for (const other of others) {
    requireSameShape(first.shape, other.shape);
    if (other.element !== first.element) {
      throw new ShapeFault(`${say(name)} wants two operands of one type, found ${first.element} and ${other.element}`);
    }
  }
  return { element: elements.gives ?? first.element, shape: first.shape };
}
