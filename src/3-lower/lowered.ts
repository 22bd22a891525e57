/**
 * What lowering delivers: one graph an entry point of the generated module.
 *
 * Names of graph parameters and outputs are paths that the emitter turns into the module's API:
 * functions have parameters `x` and `v.x`, outputs `value` or `value.h`, `gradient.x`, `tangent` or `tangent.h`,
 * `jacobian.x` or `jacobian.h.x`, `hessian.x.y`, `hvp.x`; models have the parameters that checked.ts lists, outputs
 * `outputs.p`, `loss`, `metrics.m`, `gradient.h.W`, and outputs that update stored tensors.
 */
import type { CheckedFunction, CheckedModel, DerivativeKind } from "../2-check/checked.ts";
import type { Graph } from "../ir/graph.ts";

export interface LoweredFunction {
  readonly checked: CheckedFunction;
  readonly entries: readonly {
    readonly kind: DerivativeKind;
    readonly wrt: readonly string[];
    readonly graph: Graph;
  }[];
}

export type ModelEntry = "initial" | "initialOptimizer" | "forward" | "evaluate" | "gradient" | "step" | "apply";

export interface LoweredModel {
  readonly checked: CheckedModel;
  readonly entries: readonly { readonly kind: ModelEntry; readonly graph: Graph }[];
}

export interface LoweredFile {
  readonly functions: readonly LoweredFunction[];
  readonly models: readonly LoweredModel[];
}
