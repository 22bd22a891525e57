/** Taking loops apart and putting them together. */
import type { GraphBuilder } from "./builder.ts";
import { constant, type Dim, type Shape } from "./dim.ts";
import type { ElementType, Loop, Node } from "./graph.ts";

/** The number of rounds of a loop that only its condition ends. */
export const unbounded = constant(Number.MAX_SAFE_INTEGER);

/** The operands of a loop by their role. */
export function partOperands<T>(
  record: Loop,
  operands: readonly T[],
): { carries: T[]; stacked: T[]; invariants: T[]; count: T[] } {
  const c = record.carries.length;
  const s = c + record.stackedInputs.length;
  const end = s + record.invariants.length;
  return {
    carries: operands.slice(0, c),
    stacked: operands.slice(c, s),
    invariants: operands.slice(s, end),
    count: operands.slice(end),
  };
}

/** Everything that the body computes: the next carries, the stacked outputs, the condition. */
export function bodyRoots(record: Loop): readonly Node[] {
  return [...bodyResults(record), ...(record.condition === null ? [] : [record.condition])];
}

/** The record with other nodes for what its body computes, in the order of `bodyRoots`. */
export function withRoots(record: Loop, roots: readonly Node[]): Loop {
  const count = record.next.length;
  const end = count + record.stackedOutputs.length;
  return {
    ...record,
    next: roots.slice(0, count),
    stackedOutputs: roots.slice(count, end),
    condition: record.condition === null ? null : roots[end],
  };
}

/** Everything that a round computes: the next carries, then the stacked outputs. */
export function bodyResults(record: Loop): Node[] {
  return [...record.next, ...record.stackedOutputs];
}

/** Every parameter of the body. */
export function allParameters(record: Loop): Node<"parameter">[] {
  return [record.index, ...bodyParameters(record)];
}

/** Every parameter of the body but the index, in the order of the loop's operands. */
export function bodyParameters(record: Loop): Node<"parameter">[] {
  return [...record.carries, ...record.stackedInputs, ...record.invariants];
}

/** Names new parameters of a body so that no two of it are the same. */
export class FreshParameters {
  readonly #b: GraphBuilder;
  readonly #used: Set<string>;

  constructor(b: GraphBuilder, used: Iterable<Node<"parameter">>) {
    this.#b = b;
    this.#used = new Set([...used].map((p) => p.attributes.name));
  }

  create(base: string, shape: Shape, element: ElementType = "real", bound: Dim | null = null): Node<"parameter"> {
    let name = base;
    for (let k = 2; this.#used.has(name); k++) name = `${base}.${k}`;
    this.#used.add(name);
    return this.#b.create("parameter", [], { name, type: { element, shape }, bound, held: "array" });
  }
}

/**
 * Which carries vary when the operands do for which `varies` holds: those themselves, and those whose next value depends
 * on what varies. `dependsOn` tells which results of a round depend on which of its parameters.
 */
export function varyingCarries(
  record: Loop,
  varies: readonly boolean[],
  dependsOn: (results: readonly Node[], parameters: readonly Node[]) => readonly boolean[],
): boolean[] {
  const parts = partOperands(record, varies);
  const parameters = bodyParameters(record);
  const active = [...parts.carries];
  for (;;) {
    const all = [...active, ...parts.stacked, ...parts.invariants];
    const moving = parameters.filter((_, k) => all[k]);
    const next = dependsOn(record.next, moving);
    const more = active.map((is, k) => is || next[k]);
    if (more.every((is, k) => is === active[k])) return active;
    more.forEach((is, k) => (active[k] = is));
  }
}

/** Whether the results depend on any of the parameters at all. */
export function depends(results: readonly Node[], parameters: readonly Node[]): readonly boolean[] {
  const found = dependents(results, parameters);
  return results.map((result) => found.has(result));
}

/** What `roots` are made of that depends on one of `sources`, in ascending order. */
export function dependents(roots: readonly Node[], sources: readonly Node[]): Set<Node> {
  const seen = new Set<Node>();
  const stack = [...roots];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    stack.push(...node.operands);
  }
  const found = new Set<Node>(sources.filter((source) => seen.has(source)));
  const ordered = new Set<Node>();
  for (const node of [...seen].sort((p, q) => p.id - q.id)) {
    if (found.has(node) || node.operands.some((operand) => ordered.has(operand))) ordered.add(node);
  }
  return ordered;
}
