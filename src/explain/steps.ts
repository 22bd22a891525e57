/**
 * The computation graph as a reader follows it: variables, then one step after the other, each a formula over those
 * before. A step is a node of the graph together with what is no step of its own: constants, views (slices, transposes,
 * broadcasts), conditions, and the insides of calls of library functions.
 */
import type { GraphBuilder } from "../ir/builder.ts";
import { is, topological } from "../ir/expressions.ts";
import type { Node, PrimitiveName } from "../ir/graph.ts";
import { visitPending } from "../ir/visit.ts";
import { substitute } from "../ir/substitute.ts";
import { operandsOf } from "./node-formula.ts";
import type { Subject, Variable } from "./subject.ts";

export interface Step {
  readonly name: string;
  /** True where the user gave the name. */
  readonly named: boolean;
  /** The node in the subject's graph: a mark, or what is computed. */
  readonly node: Node;
  /** What it computes, over the handles of its sources and variables. */
  readonly body: Node;
  /** Stands for its value in later steps: a mark over the body that derivatives do not pass. */
  readonly handle: Node;
  /** The steps and variables that the body reads, in the order of the formula, each once. */
  readonly sources: readonly Source[];
}

export type Source = Step | Variable;

export interface Steps {
  readonly subject: Subject;
  /** In topological order. */
  readonly steps: readonly Step[];
  /** The steps of the results; a result that is a variable is one too. */
  readonly results: readonly Step[];
  /** Names of handles, variables and, inside the step itself, bodies. */
  readonly nameOf: (node: Node) => string | null;
}

export function isStep(source: Source): source is Step {
  return "handle" in source;
}

/** The node that stands for a source in the formulas of others. */
export function handleOf(source: Source): Node {
  return isStep(source) ? source.handle : source.node;
}

/** Views are read through; what they show is a step. */
const views: ReadonlySet<PrimitiveName> = new Set<PrimitiveName>(["broadcast", "reshape", "convert", "transpose", "slice", "stop_gradient"]); // prettier-ignore

export interface StepOptions {
  /** Only what the user named is a step, so that formulas are as in the text. */
  readonly namedOnly: boolean;
}

/** Cuts the subject's graph into steps. */
export function stepsOf(subject: Subject, b: GraphBuilder, { namedOnly }: StepOptions): Steps {
  const roots = subject.results.map(({ node }) => node);
  const varying = dependents(roots);
  const variables = new Map<Node, Variable>(subject.variables.map((variable) => [variable.node, variable]));
  const isCut = (node: Node): boolean => {
    if (variables.has(node) || is(node, "mark")) return true;
    // Of a loop its results are values.
    if (is(node, "loop")) return false;
    return !namedOnly && node.element === "real" && varying.has(node) && !views.has(node.primitive);
  };
  const inner = (node: Node): readonly Node[] => insideOf(subject, node);
  const names = new Names(subject);
  const steps = new Map<Node, Step>();
  const resultNames = new Map(subject.results.map(({ name, node }) => [node, name]));
  const add = (node: Node, cuts: readonly Node[]): Step => {
    const sources = cuts.flatMap((cut): Source[] => {
      const source = variables.get(cut) ?? steps.get(cut);
      return source === undefined ? [] : [source];
    });
    const handles = new Map(sources.map((source) => [source.node, handleOf(source)]));
    const [body] = substitute(b, [computed(node)], handles);
    const own = is(node, "mark") ? (subject.nameOf(node) ?? node.attributes.name) : (resultNames.get(node) ?? null);
    const name = own === null ? names.invent() : names.unique(own);
    const handle = b.mark(b.create("stop_gradient", [body], {}), name);
    const step: Step = { name, named: own !== null, node, body, handle, sources };
    steps.set(node, step);
    return step;
  };
  const cutsOf = new Map<Node, readonly Node[]>();
  const sourcesOf = (node: Node): readonly Node[] => {
    const known = cutsOf.get(node);
    if (known !== undefined) return known;
    const found = variables.has(node) ? [] : cutsBelow(node, isCut, inner);
    cutsOf.set(node, found);
    return found;
  };
  const results = subject.results.map(({ node }) => {
    for (const cut of sourcesOf(node)) {
      visitPending(
        cut,
        (n) => variables.has(n) || steps.has(n),
        (n) => add(n, sourcesOf(n)),
        // What stands first in a formula is computed first.
        (n) => [...sourcesOf(n)].reverse(),
      );
    }
    const known = steps.get(node);
    if (known !== undefined) return known;
    // A result that is an argument itself is a step of its own, which copies it.
    return add(node, variables.has(node) ? [node] : sourcesOf(node));
  });
  const known = new Map<Node, string>();
  for (const { name, node } of subject.variables) known.set(node, name);
  for (const step of steps.values()) known.set(step.handle, step.name);
  return { subject, steps: [...steps.values()], results, nameOf: (node) => known.get(node) ?? null };
}

/** What a definition computes: below its mark, unless that is a name for something already named. */
function computed(node: Node): Node {
  return is(node, "mark") ? node.operands[0] : node;
}

/** What a node's formula consists of: the arguments of a library call, or its operands. */
function insideOf(subject: Subject, node: Node): readonly Node[] {
  const call = subject.calls.get(node);
  if (call === undefined) return operandsOf(node);
  return call.arguments.flatMap(({ value }) => (value === null || typeof value === "string" ? [] : [value]));
}

/** The steps and variables that a step's formula meets first, in its order, each once. */
function cutsBelow(
  node: Node,
  isCut: (node: Node) => boolean,
  inner: (node: Node) => readonly Node[],
): readonly Node[] {
  const seen = new Set<Node>();
  const found: Node[] = [];
  const head = computed(node);
  const pending =
    head !== node && isCut(head) && (is(head, "mark") || is(head, "parameter")) ? [head] : [...inner(head)].reverse();
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    if (isCut(at)) found.push(at);
    else pending.push(...[...inner(at)].reverse());
  }
  return found;
}

/** Nodes that depend on a parameter. */
function dependents(roots: readonly Node[]): ReadonlySet<Node> {
  const found = new Set<Node>();
  for (const node of topological(roots)) {
    if (is(node, "parameter") || node.operands.some((operand) => found.has(operand))) found.add(node);
  }
  return found;
}

class Names {
  readonly #taken: Set<string>;
  readonly #given = new Set<string>();
  #count = 0;

  constructor(subject: Subject) {
    this.#taken = new Set(subject.taken);
    for (const { name } of subject.variables) this.#given.add(name);
  }

  /** `name`, numbered where a step has it already: a function that is called twice defines its names twice. */
  unique(name: string): string {
    let text = name;
    for (let k = 2; this.#given.has(text); k++) text = `${name}#${k}`;
    this.#given.add(text);
    return text;
  }

  /** u1, u2, ... */
  invent(): string {
    for (;;) {
      const text = `u${++this.#count}`;
      if (!this.#taken.has(text)) return this.unique(text);
    }
  }
}
