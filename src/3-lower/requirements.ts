/** Which requirements on dims an entry point has: those of what it computes. */
import { distinct, type CheckedRequirement } from "../2-check/checked.ts";
import { subtract, symbolsOf } from "../ir/dim.ts";
import { is, topological } from "../ir/expressions.ts";
import type { GraphRequirement, Node } from "../ir/graph.ts";
import { bodyRoots } from "../ir/loop-parts.ts";

/**
 * The requirements that the nodes `reached` by an entry point need: those of its subscripts and calls, and those without
 * which one of its tensors would have a negative size. One whose nodes no entry point computes (`all`: what any of them
 * reaches) is everybody's: the wish for it is known, the place is not.
 */
export function requirementsOf(
  requirements: readonly CheckedRequirement[],
  reached: ReadonlySet<Node>,
  all: ReadonlySet<Node>,
): readonly GraphRequirement[] {
  if (requirements.length === 0) return requirements;
  const sizes = new Set<string>();
  for (const { shape } of reached) {
    for (const dim of shape) if (symbolsOf(dim).size > 0) sizes.add(dim.key);
  }
  const direct = requirements.filter(({ neededBy }) => {
    const nodes = [...neededBy].filter((node) => all.has(node));
    return nodes.length === 0 || nodes.some((node) => reached.has(node));
  });
  const known = new Set(direct.map(({ key }) => key));
  const ofSizes = requirements.filter(({ requirement: { left, relation, right }, key }) => {
    return relation === ">=" && !known.has(key) && sizes.has(subtract(left, right).key);
  });
  return distinct([...direct, ...ofSizes]);
}

/** The nodes that compute `roots`, those in the bodies of loops among them. */
export function reachedFrom(roots: readonly Node[]): ReadonlySet<Node> {
  const reached = new Set<Node>();
  const pending: (readonly Node[])[] = [roots];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    for (const node of topological(at)) {
      if (reached.has(node)) continue;
      reached.add(node);
      if (is(node, "loop")) pending.push(bodyRoots(node.attributes.record));
    }
  }
  return reached;
}
