/** Groups stored nodes into kernels: sums with the elementwise work on their results, and elementwise work of one shape. */
import { shapesEqual } from "../ir/dim.ts";
import type { Shape } from "../ir/dim.ts";
import { is, topological } from "../ir/expressions.ts";
import type { Graph, Node } from "../ir/graph.ts";
import { hasChecks, type IndexCheck } from "./index-checks.ts";
import type { Part } from "./joins.ts";
import { roleOf, type Role } from "./materialize.ts";

export interface Group {
  readonly kind:
    "map" | "value" | "check" | Extract<Role, "sum" | "search" | "scatter" | "concat" | "routine" | "loop">;
  readonly shape: Shape;
  /** What is summed, searched, scattered or joined; null for elementwise work alone. */
  readonly lead: Node | null;
  /** Elementwise nodes of the same shape, operands before users; each is stored. */
  readonly members: Node[];
  /** Of a `check`: what is refused. */
  readonly checks: readonly IndexCheck[];
}

/** What an expression reads: at its own position (identity), or elsewhere. */
interface Reads {
  readonly here: ReadonlySet<Node>;
  readonly elsewhere: ReadonlySet<Node>;
}

/** Who reads a node, at its own position or elsewhere (both: two entries). */
interface Reader {
  readonly node: Node;
  readonly elsewhere: boolean;
}

export interface Grouping {
  readonly groups: readonly Group[];
  /** Stored tensors whose update must wait for the end, since their old value is still read after it is known. */
  readonly deferred: ReadonlySet<string>;
  /** What is computed before a check: the call may still be refused, so that nothing of the caller's takes it yet. */
  readonly early: ReadonlySet<Node>;
  /** For each group what its expressions read from storage. */
  readonly reads: ReadonlyMap<Group, ReadonlySet<Node>>;
}

/** Kernels in an order in which everything is computed before it is read. `joined`: what loops leave behind in parts. */
export function formGroups(
  graph: Graph,
  stored: ReadonlySet<Node>,
  checks: readonly IndexCheck[],
  joined: ReadonlyMap<Node, readonly Part[]>,
): Grouping {
  // One value may be written over several stored tensors.
  const updates = new Map<Node, Node[]>();
  const parameters = new Map(graph.parameters.map((p) => [p.attributes.name, p]));
  for (const output of graph.outputs) {
    const parameter = output.updates === null ? undefined : parameters.get(output.updates);
    if (parameter !== undefined) append(updates, output.node, parameter);
  }
  const groups: Group[] = [];
  const place = new Map<Node, number>();
  const reads = new Map<Node, Reads>();
  const readers = new Map<Node, Reader[]>();
  /** Where what the caller sees may be written: after the last check. */
  let afterChecks = 0;
  // Who chooses by a subscript that is checked comes after the check.
  const checked = new Map<Node, number>();
  const check = (index: Node): void => {
    const own = checks.filter((c) => c.index === index);
    if (own.length === 0) return;
    afterChecks = groups.push({ kind: "check", shape: index.shape, lead: null, members: [], checks: own });
    checked.set(index, afterChecks - 1);
  };
  for (const { index } of checks) if (!stored.has(index) && !checked.has(index)) check(index);
  const refusing = new Set([...stored].filter((node) => is(node, "loop") && hasChecks([node])));
  const early = neededBy([...checks.map((c) => c.index), ...refusing], stored);
  const ordered = updatesLast(graph, stored, updates);
  const nodes = [...ordered.filter((n) => early.has(n)), ...ordered.filter((n) => !early.has(n))];
  const delivered = new Set(graph.outputs.map((o) => o.node));
  for (const [k, node] of nodes.entries()) {
    if (k > 0) check(nodes[k - 1]);
    const own = readsOf(node, stored, checked);
    reads.set(node, own);
    for (const d of own.here) append(readers, d, { node, elsewhere: false });
    for (const d of own.elsewhere) append(readers, d, { node, elsewhere: true });
    const role = roleOf(node);
    const parts = joined.get(node);
    if (role === "result" || parts !== undefined) {
      const loops = parts?.map(({ result }) => result.operands[0]) ?? node.operands;
      place.set(node, Math.max(...loops.map((loop) => place.get(loop) ?? 0)));
      continue;
    }
    if (role === "loop") {
      const made = groups.push({ kind: role, shape: node.shape, lead: node, members: [], checks: [] });
      place.set(node, made - 1);
      if (refusing.has(node)) afterChecks = made;
      continue;
    }
    if (role === "sum" || role === "search" || role === "scatter" || role === "concat" || role === "routine") {
      place.set(node, groups.push({ kind: role, shape: node.shape, lead: node, members: [], checks: [] }) - 1);
      continue;
    }
    if (node.shape.length === 0) {
      place.set(node, groups.push({ kind: "value", shape: node.shape, lead: null, members: [node], checks: [] }) - 1);
      continue;
    }
    const written = updates.get(node) ?? [];
    let earliest = delivered.has(node) && !early.has(node) ? afterChecks : 0;
    for (const d of own.elsewhere) earliest = Math.max(earliest, (checked.get(d) ?? place.get(d) ?? -1) + 1);
    for (const d of own.here) earliest = Math.max(earliest, place.get(d) ?? 0);
    for (const parameter of written) {
      for (const reader of readers.get(parameter) ?? []) {
        if (reader.node === node) continue;
        earliest = Math.max(earliest, (place.get(reader.node) ?? 0) + (reader.elsewhere ? 1 : 0));
      }
    }
    const large = inlinedSize(node, stored) > largestEpilogue;
    let chosen = earliest;
    while (chosen < groups.length && !canJoin(groups[chosen], node, large)) chosen++;
    if (chosen >= groups.length)
      chosen = groups.push({ kind: "map", shape: node.shape, lead: null, members: [], checks: [] }) - 1;
    groups[chosen].members.push(node);
    place.set(node, chosen);
  }
  return { groups, early, deferred: deferredUpdates(updates, readers, place), reads: storageReads(groups, reads) };
}

/**
 * Operations a result beyond which work does not move into the kernel of a sum: it would be written out for every cell
 * of the register tile, and costs more code than it saves memory traffic.
 */
const largestEpilogue = 8;

function canJoin(group: Group, node: Node, large: boolean): boolean {
  if (group.kind !== "map" && (group.kind !== "sum" || large)) return false;
  return group.shape.length > 0 && shapesEqual(group.shape, node.shape);
}

function append<T>(lists: Map<Node, T[]>, node: Node, item: T): void {
  const known = lists.get(node);
  if (known === undefined) lists.set(node, [item]);
  else known.push(item);
}

/** How many elementwise nodes the expression of `node` holds. */
function inlinedSize(node: Node, stored: ReadonlySet<Node>): number {
  const seen = new Set<Node>();
  const pending = [node];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (seen.has(next) || (next !== node && stored.has(next))) continue;
    if (roleOf(next) === "elementwise" && next.shape.length > 0) seen.add(next);
    pending.push(...next.operands);
  }
  return seen.size;
}

/** What may refuse the call, and all that it is computed from: it comes before everything else. */
function neededBy(refusing: readonly Node[], stored: ReadonlySet<Node>): ReadonlySet<Node> {
  return new Set(topological(refusing).filter((node) => stored.has(node)));
}

/** Topological order in which what only feeds the update of a stored tensor comes after everything else. */
function updatesLast(
  graph: Graph,
  stored: ReadonlySet<Node>,
  updates: ReadonlyMap<Node, readonly Node[]>,
): readonly Node[] {
  const nodes = [...stored].sort((a, b) => a.id - b.id);
  // Outputs that are parameters or literals themselves are copied.
  for (const node of new Set(graph.outputs.map((o) => o.node))) if (!stored.has(node)) nodes.push(node);
  const users = new Map<Node, Node[]>();
  for (const node of nodes) {
    const { here, elsewhere } = readsOf(node, stored);
    for (const d of [...here, ...elsewhere]) append(users, d, node);
  }
  const returned = new Set(graph.outputs.filter((o) => o.updates === null).map((o) => o.node));
  const last = new Set<Node>();
  for (const node of nodes.slice().reverse()) {
    const readers = users.get(node) ?? [];
    if (returned.has(node)) continue;
    if (readers.length === 0 && !updates.has(node)) continue;
    if (readers.every((r) => last.has(r) && roleOf(r) === "elementwise" && shapesEqual(r.shape, node.shape)))
      last.add(node);
  }
  return [...nodes.filter((n) => !last.has(n)), ...nodes.filter((n) => last.has(n))];
}

/** The stored nodes and parameters that the expression of `node` reads; what was `checked` counts as elsewhere. */
function readsOf(node: Node, stored: ReadonlySet<Node>, checked: ReadonlyMap<Node, number> = new Map()): Reads {
  const here = new Set<Node>();
  const elsewhere = new Set<Node>();
  const seen = new Set<string>();
  const elementwise = roleOf(node) === "elementwise";
  const pending = node.operands.map((o) => ({ at: o, same: elementwise }));
  if (roleOf(node) === "source") pending.push({ at: node, same: true });
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { at, same } = next;
    const key = `${at.id}${same ? "=" : ""}`;
    if (seen.has(key)) continue;
    seen.add(key);
    if ((stored.has(at) && at !== node) || at.primitive === "parameter") {
      (same && at.shape.length > 0 && !checked.has(at) ? here : elsewhere).add(at);
      continue;
    }
    const keeps = same && roleOf(at) === "elementwise";
    for (const o of at.operands) pending.push({ at: o, same: keeps });
  }
  return { here, elsewhere };
}

function deferredUpdates(
  updates: ReadonlyMap<Node, readonly Node[]>,
  readers: ReadonlyMap<Node, readonly Reader[]>,
  place: ReadonlyMap<Node, number>,
): ReadonlySet<string> {
  const deferred = new Set<string>();
  for (const [node, parameters] of updates) {
    const when = place.get(node) ?? 0;
    for (const parameter of parameters) {
      if (!is(parameter, "parameter")) continue;
      for (const { node: reader, elsewhere } of readers.get(parameter) ?? []) {
        const at = place.get(reader) ?? 0;
        const crossing = at === when && elsewhere && node.shape.length > 0;
        if (at > when || crossing) deferred.add(parameter.attributes.name);
      }
    }
  }
  return deferred;
}

function storageReads(
  groups: readonly Group[],
  reads: ReadonlyMap<Node, Reads>,
): ReadonlyMap<Group, ReadonlySet<Node>> {
  return new Map(
    groups.map((group) => {
      if (group.kind === "check") return [group, new Set(group.checks.map((c) => c.index))];
      const nodes = group.lead === null ? group.members : [group.lead, ...group.members];
      const all = nodes.flatMap((n) => [...(reads.get(n)?.here ?? []), ...(reads.get(n)?.elsewhere ?? [])]);
      const own = new Set(nodes);
      return [group, new Set(all.filter((n) => !own.has(n)))];
    }),
  );
}
