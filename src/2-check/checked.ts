/**
 * What checking delivers: every exported function and model as typed graph fragments.
 *
 * Checking elaborates the syntax tree straight into graph nodes, so that shapes come from one place, the primitives' own
 * shape rules; names, kinds, calls and declared types are checked on the way. Functions and layers are templates that
 * are elaborated at each call with the shapes of its arguments.
 */
import type { Span } from "../diagnostics/diagnostic.ts";
import type { Dim, Shape } from "../ir/dim.ts";
import type { GraphRequirement, Node } from "../ir/graph.ts";

export interface CheckedFile {
  readonly functions: readonly CheckedFunction[];
  readonly models: readonly CheckedModel[];
}

/** An input as declared: its parameter node tells name, type, bound and whether it is a plain number. */
export interface CheckedInput {
  readonly name: string;
  readonly node: Node<"parameter">;
  readonly span: Span;
}

/** A requirement with the nodes that need it; none: no tensor came of what asked for it. */
export interface CheckedRequirement extends GraphRequirement {
  readonly neededBy: ReadonlySet<Node>;
  /** Equal for requirements that say the same: n >= 1 and n - 1 >= 0. */
  readonly key: string;
}

export type DerivativeKind =
  "value" | "gradient" | "jvp" | "jacobian" | "hessian" | "hvp" | "sparse_jacobian" | "sparse_hessian";

export interface CheckedFunction {
  readonly name: string;
  readonly doc: string | null;
  readonly span: Span;
  /** Parameter nodes are named as the arguments are. */
  readonly inputs: readonly CheckedInput[];
  /** `name` is null for a single result; several have the returned names or `result0`, ... */
  readonly results: readonly { readonly name: string | null; readonly node: Node }[];
  readonly requirements: readonly GraphRequirement[];
  /** What the file's `derive` lines ask for, or the default; `wrt`: names of the inputs to differentiate by. */
  readonly wanted: readonly { readonly kind: DerivativeKind; readonly wrt: readonly string[] }[];
}

/** A stored tensor of a model: a trained or frozen parameter, or state. */
export interface CheckedTensor {
  /** `h.W` */
  readonly path: string;
  /** Named `params.<path>`, `state.<path>` or `optimizer.<path of the parameter>.<name>`; `held` is "array". */
  readonly node: Node<"parameter">;
  readonly shape: readonly number[];
  /** Over `seed` alone (through random nodes); null for a frozen parameter without an initializer. */
  readonly initial: Node | null;
  readonly span: Span;
}

/**
 * A model as one fragment. Its parameter nodes are named `inputs.x`, `targets.y`, `params.h.W`, `state.h.mean`,
 * `hyper.lr`, `optimizer.h.W.m`, `gradient.h.W` (the optimizer's view of a gradient), and the scalars `seed`, `step`
 * (index: the number of the step, counted from 1; initial values are drawn at 0) and `training` (bool: false in `forward`
 * and `evaluate`).
 */
export interface CheckedModel {
  readonly name: string;
  readonly doc: string | null;
  readonly span: Span;
  readonly inputs: readonly CheckedInput[];
  readonly targets: readonly CheckedInput[];
  readonly parameters: readonly (CheckedTensor & { readonly frozen: boolean })[];
  readonly states: readonly (CheckedTensor & { readonly next: Node | null })[];
  /** The `hyper`s, and the optimizer arguments that `train` gives as plain numbers. */
  readonly hypers: readonly { readonly name: string; readonly initial: number; readonly node: Node<"parameter"> }[];
  readonly outputs: readonly { readonly name: string; readonly node: Node; readonly span: Span }[];
  readonly loss: { readonly name: string; readonly node: Node; readonly span: Span } | null;
  readonly metrics: readonly { readonly name: string; readonly node: Node; readonly span: Span }[];
  readonly train: CheckedOptimizer | null;
  readonly requirements: readonly CheckedRequirement[];
  readonly seed: Node<"parameter">;
  readonly step: Node<"parameter">;
  readonly training: Node<"parameter">;
}

export interface CheckedOptimizer {
  readonly name: string;
  readonly span: Span;
  /** One an unfrozen parameter. */
  readonly updates: readonly {
    readonly parameter: string;
    /** `gradient.<path>`: after clipping, if `clipNorm` is given. */
    readonly gradient: Node<"parameter">;
    readonly next: Node;
    readonly states: readonly (CheckedTensor & { readonly next: Node })[];
  }[];
  /** A bound on the norm over all gradients together; null: no clipping. */
  readonly clipNorm: Node | null;
}

/** The capacity options of a model and the `dims` of a function: symbols in the shapes of inputs, in order. */
export type Symbols = readonly string[];

/** For error messages: `[batch, 784]`. */
export type { Dim, Shape };

/** The first of those that say the same. */
export function distinct(requirements: readonly CheckedRequirement[]): readonly CheckedRequirement[] {
  const known = new Set<string>();
  return requirements.filter(({ key }) => known.size < known.add(key).size);
}
