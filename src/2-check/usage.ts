/** Which items use which: exported are the functions that no other item uses. */
import type { Item } from "../1-parse/ast.ts";
import { childrenOf, type Node as SyntaxNode } from "../1-parse/walk.ts";

/** The names that an item's text calls. */
export function calledBy(item: Item): ReadonlySet<string> {
  const names = new Set<string>();
  const pending: SyntaxNode[] = [item];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    pending.push(...childrenOf(node));
    if ("kind" in node && node.kind === "call") names.add(node.callee.text);
  }
  return names;
}
