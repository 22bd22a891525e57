/**
 * The backward pass over the steps: for every edge from a step to what it reads, the upstream gradient (of the result by
 * the step), the local one (of the step by what it reads) and the downstream one, their product (Griewank and Walther,
 * Evaluating Derivatives, ch. 3.2).
 */
import { createContext, type Context } from "../4-differentiate/context.ts";
import { reverse } from "../4-differentiate/reverse.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import { add, is, like, topological } from "../ir/expressions.ts";
import { recordOf } from "../ir/facts.ts";
import type { Node } from "../ir/graph.ts";
import { shapesEqual } from "../ir/dim.ts";
import { handleOf, isStep, type Source, type Step, type Steps } from "./steps.ts";
import { isDifferentiated } from "./subject.ts";

export interface Edge {
  readonly from: Step;
  readonly to: Source;
  /**
   * `factor`: downstream = upstream * local, entry by entry (or with a scalar upstream). `linear`: the local derivative
   * of tensors has more axes than either; `local` is then the downstream gradient itself, as a formula of the upstream.
   */
  readonly kind: "factor" | "linear";
  readonly local: Node;
  readonly downstream: Node;
  /** True if the step depends on the source on another way too, so that the local derivative is a partial one. */
  readonly partial: boolean;
}

export interface Gradient {
  readonly of: Source;
  /** The sum of `edges`' downstream gradients; 1 for the result itself. */
  readonly node: Node;
  /** In the order in which the pass meets them. */
  readonly edges: readonly Edge[];
}

export interface Backward {
  readonly result: Step;
  /** In the order of the pass, the steps nearest to the result first. */
  readonly edges: readonly Edge[];
  /** The result's own first, then each when its last edge is done. */
  readonly gradients: readonly Gradient[];
  /** The names of upstream gradients in the formulas of linear edges. */
  readonly upstreams: ReadonlyMap<Node, string>;
}

/** `dL/dx` */
export function derivativeName(y: string, x: string, partial = false): string {
  return partial ? `∂${y}/∂${x}` : `d${y}/d${x}`;
}

/** The backward pass from a scalar result to every variable that derivatives are taken by. */
export function backward({ steps }: Steps, result: Step, b: GraphBuilder): Backward {
  const context = createContext(b);
  const active = activeSources(steps);
  const sums = new Map<Source, Node>([[result, like(b, 1, result.body, "real")]]);
  const into = new Map<Source, Edge[]>();
  const edges: Edge[] = [];
  const upstreams = new Map<Node, string>();
  const order: Source[] = [result];
  const left = new Map<Source, number>();
  for (const step of steps) {
    for (const source of step.sources) if (active.has(source)) left.set(source, (left.get(source) ?? 0) + 1);
  }
  for (const step of [...steps].reverse()) {
    const upstream = sums.get(step);
    const reads = step.sources.filter((source) => active.has(source));
    const settle = (source: Source): void => {
      const open = (left.get(source) ?? 0) - 1;
      left.set(source, open);
      if (open === 0 && sums.has(source) && source !== result) order.push(source);
    };
    if (upstream === undefined) {
      reads.forEach(settle);
      continue;
    }
    const downstream = reverse(context, [[step.body, upstream]], reads.map(handleOf));
    const locals = localDerivatives(context, step, reads, derivativeName(result.name, step.name), upstreams);
    reads.forEach((source, k) => {
      const down = downstream[k];
      const local = locals[k];
      if (down !== null && local !== null) {
        const edge: Edge = { from: step, to: source, ...local, downstream: down, partial: isPartial(step, source) };
        edges.push(edge);
        into.set(source, [...(into.get(source) ?? []), edge]);
        const before = sums.get(source);
        sums.set(source, before === undefined ? down : add(b, before, down));
      }
      settle(source);
    });
  }
  const gradients = order.flatMap((of): Gradient[] => {
    const node = sums.get(of);
    return node === undefined ? [] : [{ of, node, edges: into.get(of) ?? [] }];
  });
  return { result, edges, gradients, upstreams };
}

/** The local derivatives of a step by what it reads; null where it does not depend on it. */
export function localDerivatives(
  context: Context,
  step: Step,
  reads: readonly Source[],
  upstreamName: string,
  upstreams: Map<Node, string>,
): readonly (Pick<Edge, "kind" | "local"> | null)[] {
  const { b } = context;
  const ones = reverse(context, [[step.body, like(b, 1, step.body, "real")]], reads.map(handleOf));
  return reads.map((source, k) => {
    const local = ones[k];
    if (local === null) return null;
    const handle = handleOf(source);
    if (step.body.shape.length === 0 || isElementwise(b, step.body, handle)) return { kind: "factor", local };
    const { element, shape } = step.body;
    const seed = b.create("parameter", [], {
      name: upstreamName,
      type: { element, shape },
      bound: null,
      held: "array",
    });
    upstreams.set(seed, upstreamName);
    const [pulled] = reverse(context, [[step.body, seed]], [handle]);
    return pulled === null ? null : { kind: "linear", local: pulled };
  });
}

/** True if each entry of the body depends on the one entry of the handle at the same place. */
function isElementwise(b: GraphBuilder, body: Node, handle: Node): boolean {
  if (!shapesEqual(body.shape, handle.shape)) return false;
  const dependent = new Set<Node>([handle]);
  for (const node of topological([body])) {
    if (node === handle || !node.operands.some((operand) => dependent.has(operand))) continue;
    const entrywise = recordOf(b, node).code !== null || is(node, "mark") || is(node, "stop_gradient");
    if (!entrywise) return false;
    dependent.add(node);
  }
  return true;
}

/** True if the step reads something else that depends on the source. */
export function isPartial(step: Step, source: Source): boolean {
  const seen = new Set<Source>();
  const pending: Source[] = step.sources.filter((other) => other !== source);
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    if (!isStep(at)) continue;
    if (at.sources.includes(source)) return true;
    pending.push(...at.sources);
  }
  return false;
}

/** Reals that depend on a variable that derivatives are taken by, and these variables. */
export function activeSources(steps: readonly Step[]): ReadonlySet<Source> {
  const active = new Set<Source>();
  const isActive = (source: Source): boolean => (isStep(source) ? active.has(source) : isDifferentiated(source));
  for (const step of steps) {
    for (const source of step.sources) if (isActive(source)) active.add(source);
    if (step.body.element === "real" && step.sources.some(isActive)) active.add(step);
  }
  return active;
}
