/** Looks for inputs at which a program's numbers go wrong, and says which expression is the first to. */
import type { Diagnostic, Span } from "../../diagnostics/diagnostic.ts";
import { diagnostic } from "../../diagnostics/report.ts";
import { preludeFiles } from "../../2-check/prelude.generated.ts";
import { is, topological } from "../../ir/expressions.ts";
import type { Graph, Node } from "../../ir/graph.ts";
import { evaluate } from "../../ir/interpreter.ts";
import type { Origins } from "../../ir/origins.ts";
import type { Value } from "../../ir/value.ts";
import { hazards, type Effect, type Entry, type Hazard, type Users } from "./rules.ts";

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
  /** Of one or more entry points, differentiated and simplified. */
  readonly values: readonly Graph[];
  /** The gradient, of a tensor a directional derivative; null where the program has none. */
  readonly gradient: () => Graph | null;
  readonly origins: Origins;
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

/** Unit roundoff of f32, in whose terms digits are counted. */
const unitRoundoff = 2 ** -24;
/** An output that has lost half of its digits. */
const half = 2 ** -12;

/** One warning an expression, with an input that shows it. */
export function findHazards({ item, span: own, values, gradient, origins, trials }: Subject): readonly Diagnostic[] {
  const searches = values.map((graph) => new Search(graph, gradient, origins, own));
  if (searches.every(({ done }) => done)) return [];
  const warnings = new Map<string, Diagnostic>();
  for (const trial of trials) {
    for (const search of searches) {
      for (const { candidate, entry } of search.at(trial)) {
        const { hazard, node, span } = candidate;
        const key = `${hazard.code} ${span.source.path} ${span.start} ${span.end}`;
        if (warnings.has(key)) continue;
        const at = trial.text(search.parametersOf(node));
        const help = hazard.help(node, search.users);
        warnings.set(key, diagnostic(hazard.code, { item, what: hazard.what(entry), at }, span, { help }));
      }
    }
    if (searches.every(({ done }) => done)) break;
  }
  return [...warnings.values()].sort((p, q) => p.span.start - q.span.start);
}

class Search {
  readonly users: Users;
  readonly #graph: Graph;
  readonly #gradient: () => Graph | null;
  readonly #open: Map<Node, readonly Candidate[]>;

  constructor(graph: Graph, gradient: () => Graph | null, origins: Origins, own: Span) {
    const nodes = withBodies(graph.outputs.map(({ node }) => node));
    const users = new Map<Node, Node[]>();
    for (const node of nodes) {
      for (const operand of new Set(node.operands)) {
        const known = users.get(operand);
        if (known === undefined) users.set(operand, [node]);
        else known.push(node);
      }
    }
    this.users = users;
    this.#graph = graph;
    this.#gradient = gradient;
    this.#open = new Map();
    for (const node of nodes) {
      for (const hazard of hazards) {
        if (!hazard.primitives.includes(node.primitive) || !hazard.applies(node, users)) continue;
        // A whole that a rewrite made has no place of its own.
        const span = [hazard.whole?.(node, users) ?? node, node]
          .map((at) => placeOf(at, origins, own))
          .find((at) => at !== null && hazard.written.test(at.source.text.slice(at.start, at.end)));
        if (span == null) continue;
        this.#open.set(node, [...(this.#open.get(node) ?? []), { node, hazard, span }]);
      }
    }
  }

  /** Nothing is left to be shown. */
  get done(): boolean {
    return this.#open.size === 0;
  }

  /** The candidates that go wrong at an input and reach a result; they are not looked for again. */
  at(trial: Trial): readonly Found[] {
    if (this.done) return [];
    const found: Found[] = [];
    const wrong = new Set<Node>();
    const last = new Map<Node, Value>();
    const needed = new Set([...this.#open.keys()].flatMap(({ operands }) => operands));
    const observe = (node: Node, value: Value): void => {
      if (needed.has(node)) last.set(node, value);
      if (value.element === "real" && !value.data.every(Number.isFinite)) wrong.add(node);
      const operands = node.operands.map((operand) => last.get(operand));
      for (const candidate of this.#open.get(node) ?? []) {
        if (trial.far && !candidate.hazard.far) continue;
        const shown = happens(candidate, operands, value);
        if (shown !== null) found.push({ candidate, ...shown });
      }
    };
    const options = { dims: trial.sizes, unitRoundoff };
    try {
      const outputs = [...evaluate(this.#graph, trial.inputs, { ...options, observe }).values()];
      const first = new Map<string, Found>();
      for (const f of found) first.set(`${f.candidate.node.id} ${f.effect}`, first.get(`${f.candidate.node.id} ${f.effect}`) ?? f); // prettier-ignore
      const shown = this.#confirmed([...first.values()], outputs, wrong, () => {
        const gradient = this.#gradient();
        return gradient === null ? [] : [...evaluate(gradient, trial.inputs, options).values()];
      });
      for (const { candidate } of shown) this.#open.delete(candidate.node);
      return shown;
    } catch (error) {
      // An index that is computed may be out of range here.
      if (!(error instanceof RangeError)) throw error;
      return [];
    }
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
    if (outputs.some(lossy)) shown.push(...of("digits"));
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
      const users = this.users.get(at) ?? [];
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
    const { next, stackedOutputs } = node.attributes.record;
    return [...withBodies([...next, ...stackedOutputs]), node];
  });
}

function notFinite({ element, data }: Value): boolean {
  return element === "real" && !data.every(Number.isFinite);
}

function lossy({ element, data, error }: Value): boolean {
  if (element !== "real") return false;
  return data.some((x, k) => x !== 0 && Number.isFinite(x) && error[k] > half * Math.abs(x));
}

/** The first entry at which the hazard happens; all operands are finite there. */
function happens(
  { hazard }: Candidate,
  operands: readonly (Value | undefined)[],
  value: Value,
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
    };
    const effect = hazard.effect(entry);
    if (effect !== null) return { effect, entry };
  }
  return null;
}
