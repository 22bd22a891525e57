/** What is explained: a function or a model as one marked graph, with everything in the user's names. */
import type { CheckedFunction, CheckedModel } from "../2-check/checked.ts";
import { substitute } from "../ir/substitute.ts";
import { differentiate } from "../4-differentiate/differentiate.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import { constant, is, topological } from "../ir/expressions.ts";
import type { GraphRequirement, Node } from "../ir/graph.ts";
import type { LibraryCall, Origins } from "../ir/origins.ts";
import { symbolsOf, type Dim } from "../ir/dim.ts";

export interface Variable {
  readonly name: string;
  readonly node: Node<"parameter">;
  /** What it is to the program; derivatives are taken by arguments and parameters of reals. */
  readonly role: "argument" | "input" | "target" | "parameter" | "frozen" | "state" | "hyper";
  /** Where no value is given: a number, or the value of a node over the seed; null where one must be given. */
  readonly initial: number | Node | null;
}

export interface Subject {
  readonly name: string;
  readonly kind: "function" | "model";
  readonly doc: string | null;
  /** In the order of the text. */
  readonly variables: readonly Variable[];
  /** What it gives; the first is differentiated, if it is a scalar. */
  readonly results: readonly { readonly name: string; readonly node: Node }[];
  readonly requirements: readonly GraphRequirement[];
  /** Calls of library functions by their results. */
  readonly calls: ReadonlyMap<Node, LibraryCall>;
  /** The user's name of a node. */
  readonly nameOf: (node: Node) => string | null;
  /** Names of variables, dims and definitions, which invented names keep clear of. */
  readonly taken: ReadonlySet<string>;
  /** Seeds of random draws, with the values they have here. */
  readonly seeds: readonly (readonly [Node<"parameter">, number])[];
}

/** True for a variable that derivatives are taken by. */
export function isDifferentiated({ role, node }: Variable): boolean {
  return node.element === "real" && (role === "argument" || role === "parameter");
}

/** A function: its arguments and results. */
export function functionSubject(f: CheckedFunction, b: GraphBuilder, origins: Origins): Subject {
  const variables = f.inputs.map(({ name, node }): Variable => ({ name, node, role: "argument", initial: null }));
  const several = f.results.length > 1;
  const results = f.results.map(({ name, node }, k) => {
    const own = is(node, "mark") ? origins.nameOf(node) : null;
    return { name: own ?? name ?? (several ? `${f.name}.${k}` : f.name), node };
  });
  return complete(
    { name: f.name, kind: "function", doc: f.doc, variables, results, requirements: f.requirements, seeds: [] },
    new Map(),
    b,
    origins,
  );
}

/** A model as `evaluate` computes it (dropout does nothing): its loss, or its outputs where it has none. */
export function modelSubject(m: CheckedModel, b: GraphBuilder, origins: Origins): Subject {
  const variables: Variable[] = [
    ...m.inputs.map(({ name, node }): Variable => ({ name, node, role: "input", initial: null })),
    ...m.targets.map(({ name, node }): Variable => ({ name, node, role: "target", initial: null })),
    ...m.parameters.map(({ path, node, initial, frozen }): Variable => ({
      name: path,
      node,
      role: frozen ? "frozen" : "parameter",
      initial,
    })),
    ...m.states.map(({ path, node, initial }): Variable => ({ name: path, node, role: "state", initial })),
    ...m.hypers.map(({ name, node, initial }): Variable => ({ name, node, role: "hyper", initial })),
  ];
  const roots = m.loss === null ? m.outputs : [m.loss];
  const results = roots.map(({ name, node }) => ({
    name: is(node, "mark") ? (origins.nameOf(node) ?? name) : name,
    node,
  }));
  const mode = new Map<Node, Node>([[m.training, constant(b, 0, "bool")]]);
  const seeds = [
    [m.seed, 0],
    [m.step, 1],
  ] as const;
  return complete(
    { name: m.name, kind: "model", doc: m.doc, variables, results, requirements: m.requirements, seeds },
    mode,
    b,
    origins,
  );
}

/** Settles the mode and the derivatives that the program itself asks for; carries the library calls along. */
function complete(
  subject: Omit<Subject, "calls" | "nameOf" | "taken">,
  mode: ReadonlyMap<Node, Node>,
  b: GraphBuilder,
  origins: Origins,
): Subject {
  const replaced = new Map<Node, Node>();
  const onReplace = (from: Node, to: Node): void => {
    origins.merge(from, to);
    replaced.set(from, to);
  };
  const roots = subject.results.map(({ node }) => node);
  const settled = substitute(b, roots, mode, onReplace);
  const graph = {
    parameters: [],
    outputs: settled.map((node, k) => ({ name: String(k), node, updates: null })),
    requirements: [],
  };
  const { outputs } = differentiate(graph, b, { onReplace });
  const latest = (node: Node): Node => {
    let at = node;
    for (let next = replaced.get(at); next !== undefined && next !== at; next = replaced.get(at)) at = next;
    return at;
  };
  const calls = new Map<Node, LibraryCall>();
  for (const [node, call] of origins.libraryCalls) {
    const given = call.arguments.map((argument) => {
      const { value } = argument;
      return value === null || typeof value === "string" ? argument : { ...argument, value: latest(value) };
    });
    const result = latest(node);
    if (isClosed(result, given)) calls.set(result, { ...call, arguments: given });
  }
  const reached = topological(outputs.map(({ node }) => node));
  const used = new Set(reached);
  const variables = subject.variables.filter(
    ({ node, role }) => role === "argument" || role === "input" || used.has(node),
  );
  const taken = new Set([
    ...variables.map(({ name }) => name),
    ...subject.results.map(({ name }) => name),
    ...reached.flatMap((node) => origins.nameOf(node) ?? []),
    ...reached.flatMap((node) => node.shape.flatMap((dim: Dim) => [...symbolsOf(dim)])),
  ]);
  return {
    ...subject,
    variables,
    results: subject.results.map((result, k) => ({ ...result, node: outputs[k].node })),
    calls,
    nameOf: (node) => origins.nameOf(node),
    taken,
  };
}

/** True if a call's result depends on no variable or definition but through arguments that are nodes. */
function isClosed(result: Node, given: LibraryCall["arguments"]): boolean {
  const seen = new Set<Node>();
  for (const { value } of given) if (value !== null && typeof value !== "string") seen.add(value);
  if (seen.has(result)) return false;
  const pending = [result];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    if (is(node, "mark") || (is(node, "parameter") && node.element === "real")) return false;
    pending.push(...node.operands);
  }
  return true;
}
