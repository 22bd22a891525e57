/** What a name or expression stands for while a file is checked. */
import type { Span } from "../diagnostics/diagnostic.ts";
import type { Dim } from "../ir/dim.ts";
import type { Node } from "../ir/graph.ts";

export type Value =
  /**
   * A run-time tensor. `bound`: an index tensor holds 0 .. bound - 1, where known.
   * `ratio`: it is a quotient of dims (`n / 2`), which stands for a dim where one is wanted and the division is exact.
   */
  | { readonly kind: "tensor"; readonly node: Node; readonly bound: Dim | null; readonly ratio?: Ratio }
  /** A compile-time integer: a literal, const or dim. Becomes an index scalar where a tensor is wanted. */
  | { readonly kind: "dim"; readonly dim: Dim }
  | { readonly kind: "flag"; readonly value: boolean }
  | { readonly kind: "text"; readonly value: string }
  /** `[a, b]` where a shape, an axis or a list of tensors is wanted. */
  | { readonly kind: "list"; readonly elements: readonly Value[]; readonly span: Span }
  /** The default of `axis` in reductions. */
  | { readonly kind: "all" }
  /** Several results. */
  | { readonly kind: "tuple"; readonly values: readonly Value[]; readonly names: readonly (string | null)[] }
  /** Depends on something faulty: silent. */
  | { readonly kind: "faulty" };

export interface Ratio {
  readonly numerator: Dim;
  readonly denominator: Dim;
}

export type TensorValue = Extract<Value, { kind: "tensor" }>;

export const faulty = { kind: "faulty" } as const satisfies Value;

/** A tensor of which nothing more is known. */
export function tensor(node: Node, bound: Dim | null = null): TensorValue {
  return { kind: "tensor", node, bound };
}

/** An integer known at compile time. */
export function dimValue(dim: Dim): Value {
  return { kind: "dim", dim };
}

export function flag(value: boolean): Value {
  return { kind: "flag", value };
}
