/**
 * Finds what a textbook derives by hand. Local rules bring every node to a normal form; the algebra of sums and products
 * looks at whole expressions; both alternate until nothing changes.
 */
import type { GraphBuilder } from "../ir/builder.ts";
import {
  add,
  constant as dimConstant,
  constantOf,
  isNonNegative,
  substitute,
  subtract,
  symbol as dimSymbol,
  symbolsOf,
} from "../ir/dim.ts";
import type { Dim, Requirement } from "../ir/dim.ts";
import { is, topological } from "../ir/expressions.ts";
import { FactTable } from "../ir/facts.ts";
import type { Graph, Loop, Node } from "../ir/graph.ts";
import { bodyRoots, withRoots } from "../ir/loop-parts.ts";
import { Views } from "../ir/views.ts";
import { simplifyAlgebra } from "./algebra.ts";
import { sizesAt } from "./axes.ts";
import { Engine, indexRules } from "./engine.ts";
import type { Fuel } from "./engine.ts";
import type { RuleContext, SimplifyOptions } from "./rule.ts";
import { rules } from "./rules/index.ts";

/** Rounds of local rules and algebra; three settle all that is known, more would be a circle. */
const maxRounds = 12;

/**
 * An equal graph that costs less. Marks and stop_gradient are crossed by no rule; derivative requests keep the names that
 * they differentiate by.
 */
export function simplify(graph: Graph, b: GraphBuilder, options: SimplifyOptions = {}): Graph {
  return simplifier(b, options)(graph);
}

/**
 * `simplify` for several graphs of one builder: what they share is brought to its normal form once. Fuel is for each
 * graph anew.
 */
export function simplifier(b: GraphBuilder, options: SimplifyOptions = {}): (graph: Graph) => Graph {
  const fuel: Fuel = { left: 0 };
  const known = new Map<string, Simplifier>();
  return (graph) => {
    const roots = graph.outputs.map((output) => output.node);
    const reached = topological(roots);
    fuel.left = options.fuel ?? 2000 + 50 * reached.length;
    const axes = axesOf(graph, reached, options);
    const shared = known.get(axes.key) ?? new Simplifier(b, options, fuel, axes.hasEntries, false);
    known.set(axes.key, shared);
    const nodes = shared.run(roots);
    return { ...graph, outputs: graph.outputs.map((output, k) => ({ ...output, node: nodes[k] })) };
  };
}

function idsOf(nodes: readonly Node[]): string {
  return nodes.map(({ id }) => id).join(",");
}

/** What is known of the axes of a graph; of equal keys it is the same. */
interface Axes {
  readonly key: string;
  readonly hasEntries: (size: Dim) => boolean;
}

function axesOf(graph: Graph, nodes: readonly Node[], options: SimplifyOptions): Axes {
  if (options.axesHaveEntries === true) return { key: "", hasEntries: () => true };
  // Where nothing is summed over symbolic axes nothing depends on what is known of them: the key is that of most graphs.
  const isFree = graph.symbolsFromOne === true || !nodes.some(sumsOverSymbols);
  const named = isFree ? null : graph.requirements.flatMap(({ requirement }) => symbolFromOne(requirement));
  const least = (symbol: string): boolean => named === null || named.includes(symbol);
  const hasEntries = (size: Dim): boolean => {
    const moved = [...symbolsOf(size)].filter(least).map((s) => [s, add(dimSymbol(s), dimConstant(1))] as const);
    return isNonNegative(subtract(substitute(size, new Map(moved)), dimConstant(1))) === true;
  };
  return { key: named === null ? "*" : [...new Set(named)].sort().join(","), hasEntries };
}

/** The symbol that a requirement says to be at least 1. */
function symbolFromOne({ left, relation, right }: Requirement): readonly string[] {
  const least = constantOf(right);
  if (relation !== ">=" || least === null || least < 1) return [];
  return [...symbolsOf(left)].filter((symbol) => left.key === dimSymbol(symbol).key);
}

function sumsOverSymbols(node: Node): boolean {
  const isSymbolic = (size: Dim): boolean => constantOf(size) === null;
  if (is(node, "reduce_sum")) return sizesAt(node.operands[0].shape, node.attributes.axes).some(isSymbolic);
  if (is(node, "contract")) {
    const { left, right, result } = node.attributes;
    const { shape } = node.operands[0];
    const lead = shape.length - left.length;
    return left.some((label, k) => right.includes(label) && !result.includes(label) && isSymbolic(shape[lead + k]));
  }
  return is(node, "loop");
}

class Simplifier {
  readonly #b: GraphBuilder;
  readonly #options: SimplifyOptions;
  readonly #fuel: Fuel;
  readonly #context: RuleContext;
  readonly #engine: Engine;
  readonly #bodies = new Map<Loop, Loop>();
  /** Lists of roots that nothing changes any more, by their ids. */
  readonly #settled = new Set<string>();
  readonly #disable: ReadonlySet<string>;
  readonly #hasEntries: (size: Dim) => boolean;

  constructor(
    b: GraphBuilder,
    options: SimplifyOptions,
    fuel: Fuel,
    hasEntries: (size: Dim) => boolean,
    body: boolean,
  ) {
    this.#b = b;
    this.#hasEntries = hasEntries;
    this.#options = options;
    this.#fuel = fuel;
    this.#disable = options.disable ?? new Set();
    this.#context = {
      b,
      facts: new FactTable(b, { body }),
      rounded: new FactTable(b, { body, rounded: true }),
      nonEmpty: new FactTable(b, { body, rounded: true, nonEmpty: true }),
      hasEntries,
      views: new Views(b),
    };
    this.#engine = new Engine(this.#context, indexRules(rules, this.#disable), options, fuel, (record) =>
      this.#body(record),
    );
  }

  /** The roots in normal form, themselves where they are in it already. */
  run(roots: readonly Node[]): readonly Node[] {
    if (this.#settled.has(idsOf(roots))) return roots;
    const nodes = this.#normalForm(roots);
    if (this.#fuel.left > 0) this.#settled.add(idsOf(nodes));
    return nodes;
  }

  #normalForm(roots: readonly Node[]): readonly Node[] {
    let nodes = roots.map((root) => this.#engine.normalize(root));
    for (let round = 0; round < maxRounds; round++) {
      const exchanged = this.#algebra(nodes);
      if (exchanged === nodes) return nodes;
      nodes = exchanged.map((root) => this.#engine.normalize(root));
    }
    return nodes;
  }

  #algebra(roots: readonly Node[]): readonly Node[] {
    const found = simplifyAlgebra(this.#context, roots, this.#disable);
    if (found.size === 0) return roots;
    const replacements = new Map<Node, Node>();
    for (const [before, { node: after, row }] of found) {
      if (this.#fuel.left <= 0) {
        this.#options.onExhausted?.(row);
        break;
      }
      this.#fuel.left--;
      this.#options.trace?.({ rule: row, before, after });
      this.#options.onReplace?.(before, after);
      replacements.set(before, after);
    }
    return replacements.size === 0 ? roots : exchange(this.#b, roots, replacements);
  }

  /** A body is a closed graph of its own: nothing of what is known outside holds of its parameters. */
  #body(record: Loop): Loop {
    const known = this.#bodies.get(record);
    if (known !== undefined) return known;
    const roots = bodyRoots(record);
    const nodes = new Simplifier(this.#b, this.#options, this.#fuel, this.#hasEntries, true).run(roots);
    const result = nodes.every((node, k) => node === roots[k]) ? record : withRoots(record, nodes);
    this.#bodies.set(record, result);
    this.#bodies.set(result, result);
    return result;
  }
}

/** Puts replacements in, also where one is part of another. */
function exchange(b: GraphBuilder, roots: readonly Node[], replacements: ReadonlyMap<Node, Node>): readonly Node[] {
  const done = new Map<Node, Node>();
  const entered = new Set<Node>();
  const pending = [...roots];
  while (pending.length > 0) {
    const node = pending[pending.length - 1];
    if (done.has(node)) {
      pending.pop();
      continue;
    }
    const replacement = replacements.get(node);
    const parts = replacement === undefined ? node.operands : [replacement];
    // Replacements that are part of each other would go round: what is being replaced already stays.
    const waiting = entered.has(node) ? [] : parts.filter((part) => !done.has(part));
    entered.add(node);
    if (waiting.length > 0) {
      pending.push(...waiting);
      continue;
    }
    pending.pop();
    const operands = node.operands.map((operand) => done.get(operand) ?? operand);
    const settled = replacement === undefined ? undefined : done.get(replacement);
    done.set(node, settled ?? b.withOperands(node, operands));
  }
  return roots.map((root) => done.get(root) ?? root);
}
