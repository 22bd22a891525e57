/** What every rule of differentiation needs at hand. */
import type { GraphBuilder } from "../ir/builder.ts";
import { FactTable } from "../ir/facts.ts";
import type { Node } from "../ir/graph.ts";
import { Supports } from "./support.ts";

export interface Context {
  readonly b: GraphBuilder;
  /** With open ends attained: what rounding makes infinite (1/sigmoid(-800)) needs its guard. */
  readonly facts: FactTable;
  readonly supports: Supports;
  /** What the differentiated value reads whichever branches are taken; a guard of these would protect nothing. */
  readonly unconditional: ReadonlySet<Node>;
}

/** `body`: for the body of a loop, whose parameters may be infinite. */
export function createContext(
  b: GraphBuilder,
  options: { readonly body?: boolean; readonly roots?: readonly Node[] } = {},
): Context {
  const unconditional = unconditionalNodes(options.roots ?? []);
  return { b, unconditional, facts: new FactTable(b, { ...options, rounded: true }), supports: new Supports(b) };
}

/** All that `roots` are computed from, but for what only branches of a select read. */
function unconditionalNodes(roots: readonly Node[]): ReadonlySet<Node> {
  const reached = new Set<Node>();
  const pending = [...roots];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (reached.has(node)) continue;
    reached.add(node);
    pending.push(...(node.primitive === "select" ? node.operands.slice(0, 1) : node.operands));
  }
  return reached;
}
