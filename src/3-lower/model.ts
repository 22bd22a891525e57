/** The entry points of a model: initial values, forward, evaluate, gradient, step and apply. */
import type { CheckedModel, CheckedOptimizer, CheckedTensor } from "../2-check/checked.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import { add, constant, div, min, mul, sqrt, sumTo } from "../ir/expressions.ts";
import type { Graph, GraphOutput, Node } from "../ir/graph.ts";
import type { Origins } from "../ir/origins.ts";
import { closeGraph, returned, updated } from "./graph.ts";
import type { LoweredModel, ModelEntry } from "./lowered.ts";
import { reachedFrom, requirementsOf } from "./requirements.ts";
import { substitute } from "../ir/substitute.ts";

type Replacement = readonly [Node, Node];

/** Every entry point that the model's statements allow: the loss brings evaluate and gradient, `train` step and apply. */
export function lowerModel(m: CheckedModel, b: GraphBuilder, origins: Origins): LoweredModel {
  const everything = reachedFrom(resultsOf(m));
  const graph = (
    outputs: readonly GraphOutput[],
    training: boolean | null,
    more: readonly Replacement[] = [],
    isOfLoss = true,
  ): Graph => {
    const merge = (from: Node, to: Node): void => {
      origins.merge(from, to);
    };
    const roots = outputs.map((output) => output.node);
    // Gradients take their places first: they hold the training flag themselves.
    const complete = substitute(b, roots, new Map(more), merge);
    const mode: Replacement[] = training === null ? [] : [[m.training, constant(b, training ? 1 : 0, "bool")]];
    const nodes = substitute(b, complete, new Map(mode), merge);
    return closeGraph(
      outputs.map((output, k) => ({ ...output, node: nodes[k] })),
      parametersOf(m),
      // Of the nodes as they were checked: those that take their places are others.
      requirementsOf(m.requirements, reachedFrom([...roots, ...more.map(([, node]) => node)]), everything),
      isOfLoss,
    );
  };

  const entries: { kind: ModelEntry; graph: Graph }[] = [
    { kind: "initial", graph: graph(initialValues([...m.parameters, ...m.states]), null) },
    {
      kind: "forward",
      graph: graph(
        m.outputs.map((o) => returned(`outputs.${o.name}`, o.node)),
        false,
        [],
        false,
      ),
    },
  ];
  if (m.loss !== null) {
    const loss = returned("loss", m.loss.node);
    const metrics = m.metrics.map((metric) => returned(`metrics.${metric.name}`, metric.node));
    const gradients = gradientsOf(m, m.loss.node, b);
    entries.push({ kind: "evaluate", graph: graph([loss, ...metrics], false) });
    entries.push({
      kind: "gradient",
      graph: graph([loss, ...[...gradients].map(([p, g]) => returned(`gradient.${p}`, g))], true),
    });
    if (m.train !== null) {
      const optimizer = m.train.updates.flatMap((u) => u.states);
      entries.push({ kind: "initialOptimizer", graph: graph(initialValues(optimizer), null) });
      const states = m.states.flatMap((s) => (s.next === null ? [] : [updated(s.node, s.next)]));
      const taken = m.train.updates.map((u): Replacement => [u.gradient, gradientFor(gradients, u.parameter)]);
      const given = m.train.updates.map((u): Replacement => [u.gradient, u.gradient]);
      const step = [loss, ...updatesOf(m, m.train), ...states];
      entries.push({ kind: "step", graph: graph(step, true, clipped(b, m.train, taken)) });
      entries.push({ kind: "apply", graph: graph(updatesOf(m, m.train), true, clipped(b, m.train, given)) });
    }
  }
  return { checked: m, entries };
}

function initialValues(stored: readonly CheckedTensor[]): readonly GraphOutput[] {
  return stored.flatMap((t) => (t.initial === null ? [] : [updated(t.node, t.initial)]));
}

function gradientsOf(m: CheckedModel, loss: Node, b: GraphBuilder): ReadonlyMap<string, Node> {
  const trained = m.parameters.filter((p) => !p.frozen);
  return new Map(trained.map((p) => [p.path, b.create("gradient", [loss, p.node], {})]));
}

function gradientFor(gradients: ReadonlyMap<string, Node>, path: string): Node {
  const gradient = gradients.get(path);
  if (gradient === undefined) throw new Error(`internal: no gradient of ${path}`);
  return gradient;
}

function updatesOf(m: CheckedModel, train: CheckedOptimizer): readonly GraphOutput[] {
  return train.updates.flatMap((u) => {
    const parameter = m.parameters.find((p) => p.path === u.parameter);
    if (parameter === undefined) throw new Error(`internal: no parameter ${u.parameter}`);
    return [updated(parameter.node, u.next), ...u.states.map((s) => updated(s.node, s.next))];
  });
}

/**
 * Scales all gradients by min(1, c / (norm + 1e-6)), the norm being over all of them together
 * (torch.nn.utils.clip_grad_norm_).
 */
function clipped(b: GraphBuilder, train: CheckedOptimizer, gradients: readonly Replacement[]): readonly Replacement[] {
  if (train.clipNorm === null) return gradients;
  const squares = gradients.map(([, g]) => sumTo(b, mul(b, g, g), []));
  const norm = sqrt(
    b,
    squares.reduce((s, t) => add(b, s, t), constant(b, 0)),
  );
  const ratio = div(b, train.clipNorm, add(b, norm, constant(b, 1e-6)));
  const scale = min(b, constant(b, 1), ratio);
  return gradients.map(([placeholder, g]) => [placeholder, mul(b, g, scale)]);
}

/** All that the statements of a model compute with each call. */
function resultsOf(m: CheckedModel): readonly Node[] {
  return [
    ...m.outputs.map((output) => output.node),
    ...(m.loss === null ? [] : [m.loss.node]),
    ...m.metrics.map((metric) => metric.node),
    ...m.states.flatMap((s) => (s.next === null ? [] : [s.next])),
    ...(m.train?.updates ?? []).flatMap((u) => [u.next, ...u.states.map((s) => s.next)]),
  ];
}

function parametersOf(m: CheckedModel): readonly Node<"parameter">[] {
  const optimizer = m.train?.updates ?? [];
  return [
    ...m.inputs.map((i) => i.node),
    ...m.targets.map((t) => t.node),
    ...m.parameters.map((p) => p.node),
    ...m.states.map((s) => s.node),
    ...optimizer.flatMap((u) => u.states.map((s) => s.node)),
    ...m.hypers.map((h) => h.node),
    ...optimizer.map((u) => u.gradient),
    m.seed,
    m.step,
  ];
}
