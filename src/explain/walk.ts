/** The forward and the backward pass at a point, node by node and edge by edge, in numbers and formulas. */
import type { GraphBuilder } from "../ir/builder.ts";
import type { Graph, Node } from "../ir/graph.ts";
import { evaluate } from "../ir/interpreter.ts";
import type { Value } from "../ir/value.ts";
import { constantOf, evaluate as sizeOf, product } from "../ir/dim.ts";
import { backward, type Edge, type Gradient } from "./backward.ts";
import type { Point } from "./given.ts";
import { definitionsOf, writeLocals, writtenDerivatives, type Written, type WrittenDerivative } from "./overview.ts";
import { stepsOf, type Source, type Step } from "./steps.ts";
import type { Subject, Variable } from "./subject.ts";

export interface WalkedStep extends Written {
  readonly step: Step;
  readonly value: Value;
}

export interface WalkedEdge extends Written {
  readonly edge: Edge;
  readonly upstream: Value;
  readonly local: Value;
  readonly downstream: Value;
}

export interface Walk {
  readonly subject: Subject;
  readonly variables: readonly { readonly variable: Variable; readonly value: Value }[];
  readonly steps: readonly WalkedStep[];
  readonly results: readonly Step[];
  /** Null where the result is no scalar of reals: there is no one gradient to pass back. */
  readonly backward: {
    readonly result: Step;
    readonly edges: readonly WalkedEdge[];
    readonly gradients: readonly { readonly gradient: Gradient; readonly value: Value }[];
  } | null;
  /** The simplified derivatives; no value where it would have more than a million entries. */
  readonly derivatives: readonly (WrittenDerivative & { readonly value: Value | null })[];
}

const maxEntries = 1_000_000;

/**
 * Walks the subject's graph, unsimplified, at a point. All numbers are the reference interpreter's.
 * @throws RangeError where data is out of range (an index that no axis has).
 */
export function walk(subject: Subject, point: Point, b: GraphBuilder): Walk {
  const steps = stepsOf(subject, b, { namedOnly: false });
  const [result] = steps.results;
  const isScalar = result.node.element === "real" && result.node.shape.length === 0;
  const pass = isScalar && steps.results.length === 1 ? backward(steps, result, b) : null;
  const named = stepsOf(subject, b, { namedOnly: true });
  const derivatives = writtenDerivatives(named, b);

  const wanted = new Set<Node>();
  for (const { handle } of steps.steps) wanted.add(handle);
  for (const edge of pass?.edges ?? []) wanted.add(edge.downstream);
  for (const { node } of pass?.gradients ?? []) wanted.add(node);
  // A linear edge's local derivative is a formula of the upstream gradient, and has no number of its own.
  for (const { kind, local } of pass?.edges ?? []) if (kind === "factor") wanted.add(local);
  for (const { node } of derivatives) if (entries(node, point) <= maxEntries) wanted.add(node);
  for (const { node } of subject.variables) wanted.add(node);
  const valueOf = evaluated([...wanted], subject, point);

  const locals = writeLocals(
    steps,
    (pass?.edges ?? []).map(({ local }) => local),
    pass?.upstreams ?? new Map(),
    b,
  );
  const gradientOf = new Map<Source, Node>(pass?.gradients.map(({ of, node }) => [of, node]));
  return {
    subject,
    variables: subject.variables.map((variable) => ({ variable, value: valueOf(variable.node) })),
    steps: definitionsOf(steps).map((written) => ({ ...written, value: valueOf(written.step.handle) })),
    results: steps.results,
    backward: pass && {
      result: pass.result,
      edges: pass.edges.map((edge, k) => ({
        edge,
        ...locals[k],
        upstream: valueOf(gradientOf.get(edge.from) ?? edge.downstream),
        local: valueOf(edge.kind === "factor" ? edge.local : edge.downstream),
        downstream: valueOf(edge.downstream),
      })),
      gradients: pass.gradients.map((gradient) => ({ gradient, value: valueOf(gradient.node) })),
    },
    derivatives: derivatives.map((d) => ({ ...d, value: wanted.has(d.node) ? valueOf(d.node) : null })),
  };
}

function entries(node: Node, { dims }: Point): number {
  const count = product(node.shape);
  return constantOf(count) ?? sizeOf(count, dims);
}

/** The values of nodes over the subject's variables. */
function evaluated(nodes: readonly Node[], subject: Subject, point: Point): (node: Node) => Value {
  const graph: Graph = {
    parameters: [...subject.variables.map(({ node }) => node), ...subject.seeds.map(([node]) => node)],
    outputs: nodes.map((node, k) => ({ name: String(k), node, updates: null })),
    requirements: [],
  };
  const values = evaluate(graph, point.values, { dims: point.dims });
  const index = new Map(nodes.map((node, k) => [node, String(k)]));
  return (node) => {
    const value = values.get(index.get(node) ?? "");
    if (value === undefined) throw new Error("internal: a value of the walk is missing");
    return value;
  };
}
