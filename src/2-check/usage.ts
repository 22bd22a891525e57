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

/** The names of functions that lead back to themselves through what they call (and of those that stand between two such). */
export function cyclesOf(items: readonly Item[]): ReadonlySet<string> {
  const calls = new Map<string, ReadonlySet<string>>();
  for (const item of items) if (item.kind === "fn") calls.set(item.name.text, calledBy(item));
  const callers = new Map<string, string[]>([...calls.keys()].map((name) => [name, []]));
  for (const [name, others] of calls) for (const other of others) callers.get(other)?.push(name);
  // What calls nothing that is left is on no cycle, nor is what nothing left calls.
  const left = new Set(calls.keys());
  const peel = (next: (name: string) => Iterable<string>, before: (name: string) => Iterable<string>): void => {
    const open = new Map<string, number>();
    for (const name of left) open.set(name, [...next(name)].filter((other) => left.has(other)).length);
    const pending = [...left].filter((name) => open.get(name) === 0);
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      left.delete(name);
      for (const other of before(name)) {
        const count = (open.get(other) ?? 0) - 1;
        open.set(other, count);
        if (count === 0 && left.has(other)) pending.push(other);
      }
    }
  };
  const callsOf = (name: string): Iterable<string> => calls.get(name) ?? [];
  const callersOf = (name: string): Iterable<string> => callers.get(name) ?? [];
  peel(callsOf, callersOf);
  peel(callersOf, callsOf);
  return left;
}
