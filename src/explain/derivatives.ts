/** The simplified derivatives of a result by every name: what a textbook derives by hand. */
import { differentiate } from "../4-differentiate/differentiate.ts";
import { eraseMarks } from "../4-differentiate/marks.ts";
import { activeSources } from "./backward.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import type { Graph, Node } from "../ir/graph.ts";
import type { Source, Step, Steps } from "./steps.ts";
import { isStep } from "./steps.ts";
import { tidy } from "./tidy.ts";

export interface Derivative {
  readonly of: Step;
  readonly by: Source;
  /** A gradient for a scalar result, else a jacobian, of the result's shape followed by that of `by`. */
  readonly node: Node;
}

export interface Derivatives {
  /** In the order given. */
  readonly derivatives: readonly Derivative[];
  /** Simplified definitions by their nodes: the user's names, in the order of the text. */
  readonly definitions: ReadonlyMap<Node, readonly string[]>;
}

/** What derivatives are taken by: variables, and definitions that depend on one and on which a result depends. */
export function differentiable({ steps, subject }: Steps, result: Step): readonly Source[] {
  const active = activeSources(steps);
  const reached = new Set<Source>();
  const pending: Source[] = [...result.sources];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    if (reached.has(at)) continue;
    reached.add(at);
    if (isStep(at)) pending.push(...at.sources);
  }
  const named = steps.filter((step) => step.named && step !== result);
  return [...named, ...subject.variables].filter((source) => active.has(source) && reached.has(source));
}

/**
 * The derivative of each pair, simplified together with all definitions. `steps` are those of the named kind.
 * `keepNames`: what a definition computes is not looked into.
 */
export function derivativesOf(
  { steps }: Steps,
  pairs: readonly { readonly of: Step; readonly by: Source }[],
  b: GraphBuilder,
  { keepNames }: { readonly keepNames: boolean },
): Derivatives {
  const named = steps.filter((step) => step.named);
  const requests = pairs.map(({ of, by }) => {
    const scalar = of.node.shape.length === 0;
    return scalar
      ? b.create("gradient", [of.node, by.node], {})
      : b.create("jacobian", [of.node, by.node], { batch: 0 });
  });
  const nodes = [...requests, ...named.map(({ node }) => node)];
  const graph: Graph = {
    parameters: [],
    outputs: nodes.map((node, k) => ({ name: String(k), node, updates: null })),
    requirements: [],
  };
  const differentiated = differentiate(graph, b);
  const { outputs } = keepNames ? differentiated : eraseMarks(differentiated, b);
  const found = tidy(
    outputs.map(({ node }) => node),
    b,
  );
  const definitions = new Map<Node, string[]>();
  const learn = (node: Node, name: string): void => {
    const known = definitions.get(node);
    if (known === undefined) definitions.set(node, [name]);
    else known.push(name);
  };
  named.forEach((step, k) => {
    const node = found[requests.length + k];
    // What became a number or a variable is written as such.
    if (node.operands.length === 0) return;
    learn(node, step.name);
    if (node.primitive === "mark") learn(node.operands[0], step.name);
  });
  return { derivatives: pairs.map((pair, k) => ({ ...pair, node: found[k] })), definitions };
}
