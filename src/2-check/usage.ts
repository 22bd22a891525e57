/** Which items use which: exported are the functions that no other item uses. */
import type { Item } from "../1-parse/ast.ts";
import { childrenOf, type Node as SyntaxNode } from "../1-parse/walk.ts";

/** The names of the items that no other item calls; of a cycle of calls that nothing else enters, the first. */
export function uncalled(items: readonly Item[]): ReadonlySet<string> {
  const calls = new Map<string, ReadonlySet<string>>();
  for (const item of items) if ("name" in item) calls.set(item.name.text, calledBy(item));
  const called = new Set([...calls].flatMap(([name, others]) => [...others].filter((other) => other !== name)));
  const roots = new Set<string>();
  const reached = new Set<string>();
  const start = (root: string): void => {
    roots.add(root);
    const pending = [root];
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      if (reached.has(name)) continue;
      reached.add(name);
      pending.push(...(calls.get(name) ?? []));
    }
  };
  for (const name of calls.keys()) if (!called.has(name)) start(name);
  for (const name of calls.keys()) if (!reached.has(name)) start(name);
  return roots;
}

/** The names that an item's text calls. */
function calledBy(item: Item): ReadonlySet<string> {
  const names = new Set<string>();
  const pending: SyntaxNode[] = [item];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    pending.push(...childrenOf(node));
    if ("kind" in node && node.kind === "call") names.add(node.callee.text);
  }
  return names;
}
