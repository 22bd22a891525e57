/**
 * The rewriting engine: brings nodes to the normal form under a set of local rules, operands first.
 *
 * Normal forms are remembered, so that a shared node is rewritten once, and again after a pass over the whole graph only
 * where that changed something. Nothing recurses on the depth of the graph.
 */
import { is } from "../ir/expressions.ts";
import type { AnyNode, Loop, Node, PrimitiveName } from "../ir/graph.ts";
import type { Rule, RuleContext, SimplifyOptions } from "./rule.ts";

/** How often rules may still fire, over the whole graph and its loop bodies. */
export interface Fuel {
  left: number;
}

/** Rules by the primitives that they look at, in the order given. */
export function indexRules(
  rules: readonly Rule[],
  disable: ReadonlySet<string> = new Set(),
): ReadonlyMap<PrimitiveName, readonly Rule[]> {
  const index = new Map<PrimitiveName, Rule[]>();
  for (const rule of rules) {
    if (disable.has(rule.name)) continue;
    for (const primitive of rule.on) {
      const known = index.get(primitive);
      if (known === undefined) index.set(primitive, [rule]);
      else known.push(rule);
    }
  }
  return index;
}

export class Engine {
  readonly #context: RuleContext;
  readonly #rules: ReadonlyMap<PrimitiveName, readonly Rule[]>;
  readonly #options: SimplifyOptions;
  readonly #fuel: Fuel;
  readonly #simplifyBody: (record: Loop) => Loop;
  readonly #normal = new Map<Node, Node>();
  /** Nodes whose normal form is that of another node. */
  readonly #next = new Map<Node, Node>();

  constructor(
    context: RuleContext,
    rules: ReadonlyMap<PrimitiveName, readonly Rule[]>,
    options: SimplifyOptions,
    fuel: Fuel,
    simplifyBody: (record: Loop) => Loop,
  ) {
    this.#context = context;
    this.#rules = rules;
    this.#options = options;
    this.#fuel = fuel;
    this.#simplifyBody = simplifyBody;
  }

  /** The node to which no rule applies any more, nor to anything that it is made of. */
  normalize(root: Node): Node {
    const pending: Node[] = [root];
    while (pending.length > 0) {
      const node = pending[pending.length - 1];
      if (this.#normal.has(node)) {
        pending.pop();
        continue;
      }
      const waiting = this.#step(node);
      if (waiting.length === 0) pending.pop();
      else pending.push(...waiting);
    }
    return this.#normal.get(root) ?? root;
  }

  /** Settles the normal form of a node, or tells which nodes' are wanted first. */
  #step(node: Node): readonly Node[] {
    const next = this.#next.get(node);
    if (next !== undefined) {
      const settled = this.#normal.get(next);
      if (settled === undefined) return this.#wait([next]);
      this.#normal.set(node, settled);
      return [];
    }
    const waiting = node.operands.filter((operand) => !this.#normal.has(operand));
    if (waiting.length > 0) return this.#wait(waiting);
    const rebuilt = this.#rebuild(
      node,
      node.operands.map((operand) => this.#normal.get(operand) ?? operand),
    );
    const rewritten = rebuilt === node ? this.#rewrite(node as AnyNode) : rebuilt;
    if (rewritten === null || rewritten === node) {
      this.#normal.set(node, node);
      return [];
    }
    this.#options.onReplace?.(node, rewritten);
    this.#next.set(node, rewritten);
    return [node];
  }

  // What has a next form and no normal one yet waits further down: waiting for it here would go round for ever.
  #wait(nodes: readonly Node[]): readonly Node[] {
    for (const node of nodes) {
      if (!this.#next.has(node) || this.#normal.has(node)) continue;
      this.#options.onExhausted?.("circle");
      this.#normal.set(node, node);
    }
    return nodes;
  }

  #rebuild(node: Node, operands: readonly Node[]): Node {
    const { b } = this.#context;
    if (!is(node, "loop")) return b.withOperands(node, operands);
    const record = this.#simplifyBody(node.attributes.record);
    return record === node.attributes.record ? b.withOperands(node, operands) : b.create("loop", operands, { record });
  }

  #rewrite(node: AnyNode): Node | null {
    for (const rule of this.#rules.get(node.primitive) ?? []) {
      const after = rule.apply(node, this.#context);
      if (after === null || after === node) continue;
      if (this.#fuel.left <= 0) {
        this.#options.onExhausted?.(rule.name);
        return null;
      }
      this.#fuel.left--;
      this.#options.trace?.({ rule: rule.name, before: node, after });
      return after;
    }
    return null;
  }
}
