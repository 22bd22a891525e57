/** Looks for inputs at which a program's numbers go wrong, and says which expression is the first to. */
import type { Diagnostic, Span } from "../../diagnostics/diagnostic.ts";
import { diagnostic } from "../../diagnostics/report.ts";
import { preludeFiles } from "../../2-check/prelude.generated.ts";
import { is, topological } from "../../ir/expressions.ts";
import type { Graph, Node } from "../../ir/graph.ts";
import { bodyRoots } from "../../ir/loop-parts.ts";
import { evaluate } from "../../ir/interpreter.ts";
import type { Origins } from "../../ir/origins.ts";
import type { Value } from "../../ir/value.ts";
import type { Effect, Entry, Hazard, Surroundings } from "./hazard.ts";
import { hazards } from "./rules.ts";

/** One input to try. */
export interface Trial {
  readonly inputs: ReadonlyMap<string, Value>;
  readonly sizes: ReadonlyMap<string, number>;
  /** Far from where inputs usually are: only hazards that are looked for there count. */
  readonly far: boolean;
  /** The input in a few words, of those that the parameters named reach. */
  readonly text: (parameters: ReadonlySet<string>) => string;
}

export interface Subject {
  readonly item: string;
  /** Of the item's definition. */
  readonly span: Span;
  /** What it computes, simplified. */
  readonly value: Graph;
  /** The gradient, of a tensor a directional derivative; null where the program has none. */
  readonly gradient: () => Graph | null;
  readonly origins: Origins;
  /** Parameters that training moves. */
  readonly trained: ReadonlySet<Node>;
  /** Of the arithmetic in whose terms digits are counted: 2^-24, or 2^-53 of functions of numbers alone. */
  readonly unitRoundoff: number;
  readonly trials: Iterable<Trial>;
}

interface Candidate {
  readonly node: Node;
  readonly hazard: Hazard;
  readonly span: Span;
}

interface Found {
  readonly candidate: Candidate;
  readonly effect: Effect;
  readonly entry: Entry;
}

/** One warning an expression, with an input that shows it. */
export function findHazards(subject: Subject): readonly Diagnostic[] {
  const search = new Search(subject);
  if (search.isDone()) return [];
  const warnings = new Map<string, Diagnostic>();
  for (const trial of subject.trials) {
    for (const { candidate, entry } of search.at(trial)) {
      const { hazard, node, span } = candidate;
      const key = `${hazard.code} ${span.source.path} ${span.start} ${span.end}`;
      if (warnings.has(key)) continue;
      const at = trial.text(search.parametersOf(node));
      const help = hazard.help(node, search.around);
      warnings.set(key, diagnostic(hazard.code, { item: subject.item, what: hazard.what(entry), at }, span, { help }));
    }
    if (search.isDone()) break;
  }
  return [...warnings.values()].sort((p, q) => p.span.start - q.span.start);
}

class Search {
  readonly around: Surroundings;
  readonly #graph: Graph;
  readonly #subject: Subject;
  readonly #open: Map<Node, readonly Candidate[]>;

  constructor(subject: Subject) {
    const graph = subject.value;
    const nodes = withBodies(graph.outputs.map(({ node }) => node));
    const users = new Map<Node, Node[]>();
    for (const node of nodes) {
      for (const operand of new Set(node.operands)) {
        const known = users.get(operand);
        if (known === undefined) users.set(operand, [node]);
        else known.push(node);
      }
    }
    this.around = { users, trained: subject.trained };
    this.#graph = graph;
    this.#subject = subject;
    this.#open = new Map();
    for (const node of nodes) {
      for (const hazard of hazards) {
        if (!hazard.primitives.includes(node.primitive) || !hazard.applies(node, this.around)) continue;
        const span = this.#spanOf(node, hazard);
        if (span !== null) this.#open.set(node, [...(this.#open.get(node) ?? []), { node, hazard, span }]);
      }
    }
  }

  /** Where the user wrote it; null where nobody did: rewrites made it, or the library. */
  #spanOf(node: Node, { whole, written }: Hazard): Span | null {
    const { origins, span: own } = this.#subject;
    // A whole that a rewrite made has no place of its own.
    const places = [whole?.(node, this.around) ?? node, node].map((at) => placeOf(at, origins, own));
    return places.find((at) => at !== null && written.test(at.source.text.slice(at.start, at.end))) ?? null;
  }

  /** Nothing is left to be shown. */
  isDone(): boolean {
    return this.#open.size === 0;
  }

  /** The candidates that go wrong at an input and reach a result; they are not looked for again. */
  at(trial: Trial): readonly Found[] {
    const open = [...this.#open.values()].flat().filter(({ hazard }) => !trial.far || hazard.far === true);
    if (open.length === 0) return [];
    try {
      // What nothing happens to is looked at no further than that.
      const part = this.#partOf(open.map(({ node }) => node));
      if (part !== null && this.#observed(part, open, trial).found.length === 0) return [];
      const { found, wrong, outputs } = this.#observed(this.#graph, open, trial);
      const first = new Map<string, Found>();
      for (const f of found) first.set(`${f.candidate.node.id} ${f.effect}`, first.get(`${f.candidate.node.id} ${f.effect}`) ?? f); // prettier-ignore
      const shown = this.#confirmed([...first.values()], outputs, wrong, () => {
        const gradient = this.#subject.gradient();
        return gradient === null ? [] : this.#evaluated(gradient, trial);
      });
      for (const { candidate } of shown) this.#open.delete(candidate.node);
      return shown;
    } catch (error) {
      // An index that is computed may be out of range here.
      if (!(error instanceof RangeError)) throw error;
      return [];
    }
  }

  /** The graph as far as some of its nodes; null where they stand in a loop. */
  #partOf(nodes: readonly Node[]): Graph | null {
    const outer = new Set(topological(this.#graph.outputs.map(({ node }) => node)));
    if (!nodes.every((node) => outer.has(node))) return null;
    return { ...this.#graph, outputs: nodes.map((node, k) => ({ name: String(k), node, updates: null })) };
  }

  #evaluated(graph: Graph, trial: Trial, observe?: (node: Node, value: Value) => void): readonly Value[] {
    const { unitRoundoff } = this.#subject;
    const options = { dims: trial.sizes, unitRoundoff, ...(observe && { observe }) };
    return [...evaluate(graph, trial.inputs, options).values()];
  }

  /** What happens to candidates, and the nodes that are not finite. */
  #observed(
    graph: Graph,
    candidates: readonly Candidate[],
    trial: Trial,
  ): { readonly found: readonly Found[]; readonly wrong: ReadonlySet<Node>; readonly outputs: readonly Value[] } {
    const found: Found[] = [];
    const wrong = new Set<Node>();
    const last = new Map<Node, Value>();
    const needed = new Set(candidates.flatMap(({ node }) => node.operands));
    const outputs = this.#evaluated(graph, trial, (node, value) => {
      if (needed.has(node)) last.set(node, value);
      if (notFinite(value)) wrong.add(node);
      const operands = node.operands.map((operand) => last.get(operand));
      for (const candidate of candidates) {
        if (candidate.node !== node) continue;
        const shown = happens(candidate, operands, value, this.#subject.unitRoundoff);
        if (shown !== null) found.push({ candidate, ...shown });
      }
    });
    return { found, wrong, outputs };
  }

  #confirmed(
    found: readonly Found[],
    outputs: readonly Value[],
    wrong: ReadonlySet<Node>,
    derivatives: () => readonly Value[],
  ): readonly Found[] {
    const of = (effect: Effect): readonly Found[] => found.filter((f) => f.effect === effect);
    if (found.length === 0) return [];
    const shown: Found[] = [];
    const half = Math.sqrt(this.#subject.unitRoundoff);
    if (outputs.some((output) => lossy(output, half))) shown.push(...of("digits"));
    const values = of("value");
    if (outputs.some(notFinite)) {
      const reaching = values.filter(({ candidate }) => this.#reaches(candidate.node, wrong));
      return [...shown, ...reaching];
    }
    const inGradient = of("gradient").length > 0 ? of("gradient") : values;
    if (inGradient.length > 0 && derivatives().some(notFinite)) shown.push(...inGradient);
    return shown;
  }

  /** Through values that are not finite to a result; what a guard does not select stops there. */
  #reaches(node: Node, wrong: ReadonlySet<Node>): boolean {
    const results = new Set(this.#graph.outputs.map((output) => output.node));
    const seen = new Set([node]);
    for (const at of seen) {
      if (results.has(at)) return true;
      const users = this.around.users.get(at) ?? [];
      // The results of a loop's body are read where the loop's are.
      if (users.length === 0) return true;
      for (const user of users) if (wrong.has(user) || is(user, "loop")) seen.add(user);
    }
    return false;
  }

  /** The names of the graph's parameters that a node depends on. */
  parametersOf(node: Node): ReadonlySet<string> {
    const names = new Set(this.#graph.parameters.map(({ attributes }) => attributes.name));
    const reached = topological([node]).flatMap((p) => (is(p, "parameter") ? [p.attributes.name] : []));
    const own = reached.filter((name) => names.has(name));
    return own.length === 0 ? names : new Set(own);
  }
}

/** Where a node stands in the user's text: in the item if it does; null for what the library computes, which is its own business. */
function placeOf(node: Node, origins: Origins, own: Span): Span | null {
  const spans = origins.spansOf(node);
  if (spans.some(({ source }) => libraryPaths.has(source.path))) return null;
  const after = spans.filter(({ source, start }) => source.path === own.source.path && start >= own.start);
  return after.at(0) ?? spans.at(0) ?? null;
}

const libraryPaths: ReadonlySet<string> = new Set(preludeFiles.map(({ path }) => path));

function withBodies(roots: readonly Node[]): readonly Node[] {
  return topological(roots).flatMap((node) => {
    if (!is(node, "loop")) return [node];
    return [...withBodies(bodyRoots(node.attributes.record)), node];
  });
}

function notFinite({ element, data }: Value): boolean {
  return element === "real" && !data.every(Number.isFinite);
}

/** Some entry may have a relative error above `half`. */
function lossy({ element, data, error }: Value, half: number): boolean {
  if (element !== "real") return false;
  return data.some((x, k) => x !== 0 && Number.isFinite(x) && error[k] > half * Math.abs(x));
}

/** The first entry at which the hazard happens; all operands are finite there. */
function happens(
  { hazard }: Candidate,
  operands: readonly (Value | undefined)[],
  value: Value,
  unit: number,
): { readonly effect: Effect; readonly entry: Entry } | null {
  for (let k = 0; k < value.data.length; k++) {
    const numbers = operands.map((operand) => operand?.data[k] ?? NaN);
    if (!numbers.every(Number.isFinite)) continue;
    const relative = operands.map((operand, j) => (operand?.error[k] ?? Infinity) / Math.abs(numbers[j]));
    const entry: Entry = {
      operands: numbers,
      value: value.data[k],
      lost: value.error[k] / Math.abs(value.data[k]),
      before: Math.max(...relative),
      unit,
    };
    const effect = hazard.effect(entry);
    if (effect !== null) return { effect, entry };
  }
  return null;
}
