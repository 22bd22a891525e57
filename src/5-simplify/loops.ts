/**
 * Loops as wholes: those that run the same rounds become one, what nothing reads is dropped, and what does not change from
 * round to round leaves the body. Derivatives make loops that repeat what the loop they came from computes.
 */
import type { GraphBuilder } from "../ir/builder.ts";
import { equal } from "../ir/dim.ts";
import { is, topological } from "../ir/expressions.ts";
import type { Graph, Loop, Node } from "../ir/graph.ts";
import {
  FreshParameters,
  allParameters,
  bodyParameters,
  bodyResults,
  bodyRoots,
  dependents,
  partOperands,
  withRoots,
} from "../ir/loop-parts.ts";
import { substitute } from "../ir/substitute.ts";
import { visitPending } from "../ir/visit.ts";
import { sumsOutside } from "./loop-sums.ts";

type OnReplace = (from: Node, to: Node) => void;

/**
 * The graph with its loops tidied, those in the bodies of others too. Marks and requests must be gone. `isSimple`: bodies are
 * in their normal form, so that sums over rounds show.
 */
export function tidyLoops(
  graph: Graph,
  b: GraphBuilder,
  onReplace: OnReplace = () => undefined,
  isSimple = false,
): Graph {
  const roots = graph.outputs.map((output) => output.node);
  const nodes = new Tidy(b, onReplace, isSimple).run(roots);
  if (nodes.every((node, k) => node === roots[k])) return graph;
  return { ...graph, outputs: graph.outputs.map((output, k) => ({ ...output, node: nodes[k] })) };
}

class Tidy {
  readonly #b: GraphBuilder;
  readonly #onReplace: OnReplace;
  readonly #isSimple: boolean;

  constructor(b: GraphBuilder, onReplace: OnReplace, isSimple: boolean) {
    this.#b = b;
    this.#onReplace = onReplace;
    this.#isSimple = isSimple;
  }

  run(roots: readonly Node[]): readonly Node[] {
    const loops = topological(roots).filter((node) => is(node, "loop"));
    if (loops.length === 0) return roots;
    return this.#rebuild(this.#merged(roots, loops), (loop, used) => this.#tidied(loop, used));
  }

  /** Loops over the same body parameters become one that gives the results of all of them. */
  #merged(roots: readonly Node[], loops: readonly Node<"loop">[]): readonly Node[] {
    const groups: Node<"loop">[][] = [];
    for (const loop of loops) {
      const group = groups.find(
        (members) => members.every((member) => canMerge(this.#b, member, loop)) && !waitsFor(loop, members, groups),
      );
      if (group === undefined) groups.push([loop]);
      else group.push(loop);
    }
    if (groups.length === loops.length) return roots;
    const groupOf = new Map(groups.flatMap((group) => group.map((loop) => [loop as Node, group] as const)));
    const done = new Map<Node, Node>();
    const unions = new Map<readonly Node<"loop">[], { readonly union: Union; readonly loop: Node<"loop"> }>();
    const operandsOf = (node: Node): Node[] => node.operands.map((o) => done.get(o) ?? o);
    const unite = (group: readonly Node<"loop">[]): { readonly union: Union; readonly loop: Node<"loop"> } => {
      const [first, ...rest] = group;
      const union = new Union(this.#b, first, operandsOf(first));
      for (const loop of rest) union.add(loop, operandsOf(loop));
      return { union, loop: union.loop() };
    };
    const visit = (node: Node): void => {
      const [source] = node.operands;
      if (is(node, "loop")) {
        const group = groupOf.get(node) ?? [node];
        const made = unions.get(group) ?? unite(group);
        unions.set(group, made);
        done.set(node, made.loop);
      } else if (is(node, "loop_result") && is(source, "loop")) {
        const made = unions.get(groupOf.get(source) ?? []);
        if (made === undefined) throw new Error("internal: a result of a loop that was not merged");
        done.set(node, made.union.result(made.loop, source, node.attributes.index));
      } else done.set(node, this.#b.withOperands(node, operandsOf(node)));
      this.#note(node, done.get(node));
    };
    const neededBy = (node: Node): readonly Node[] =>
      is(node, "loop") ? (groupOf.get(node) ?? [node]).flatMap((loop) => loop.operands) : node.operands;
    for (const root of roots) visitPending(root, (node) => done.has(node), visit, neededBy);
    return roots.map((root) => done.get(root) ?? root);
  }

  #note(from: Node, to: Node | undefined): void {
    if (to !== undefined && to !== from) this.#onReplace(from, to);
  }

  /** Every loop exchanged; `used`: the results that are read. */
  #rebuild(
    roots: readonly Node[],
    exchange: (loop: Node<"loop">, used: ReadonlySet<number>) => (index: number, operands: readonly Node[]) => Node,
  ): readonly Node[] {
    const used = new Map<Node, Set<number>>();
    for (const node of topological(roots)) {
      if (!is(node, "loop_result")) continue;
      const [loop] = node.operands;
      used.set(loop, (used.get(loop) ?? new Set<number>()).add(node.attributes.index));
    }
    const results = new Map<Node, (index: number, operands: readonly Node[]) => Node>();
    const done = new Map<Node, Node>();
    const visit = (node: Node): void => {
      const operands = node.operands.map((o) => done.get(o) ?? o);
      if (is(node, "loop")) {
        results.set(node, exchange(node, used.get(node) ?? new Set()));
        done.set(node, node);
        return;
      }
      const [source] = node.operands;
      const result = is(node, "loop_result") ? results.get(source) : undefined;
      const rebuilt =
        is(node, "loop_result") && result !== undefined
          ? result(node.attributes.index, source.operands.map((o) => done.get(o) ?? o)) // prettier-ignore
          : this.#b.withOperands(node, operands);
      this.#note(node, rebuilt);
      done.set(node, rebuilt);
    };
    for (const root of roots) visitPending(root, (node) => done.has(node), visit);
    return roots.map((root) => done.get(root) ?? root);
  }

  /** The loop without what is not `used` and with its body tidied; gives its results over rebuilt operands. */
  #tidied(loop: Node<"loop">, used: ReadonlySet<number>): (index: number, operands: readonly Node[]) => Node {
    const b = this.#b;
    const { record } = loop.attributes;
    const kept = keptCarries(record, used);
    const count = record.carries.length;
    // A carry that stays what it was is an invariant.
    const constant = record.carries.map((p, k) => record.next[k] === p);
    const carried = [...kept].filter((k) => !constant[k]);
    const outputs = [...used].filter((k) => k >= count).sort((p, q) => p - q);
    const slim: Loop = {
      ...record,
      carries: carried.map((k) => record.carries[k]),
      next: carried.map((k) => record.next[k]),
      stackedOutputs: outputs.map((k) => record.stackedOutputs[k - count]),
    };
    const roots = this.run(bodyRoots(slim));
    const tidy = withRoots(slim, roots);
    const reached = new Set(topological(bodyRoots(tidy)));
    const isRead = (p: Node): boolean => reached.has(p);
    const invariants = record.invariants.map((p, k) => [p, k] as const).filter(([p]) => isRead(p));
    const stacked = record.stackedInputs.map((p, k) => [p, k] as const).filter(([p]) => isRead(p));
    const still = record.carries.map((p, k) => [p, k] as const).filter(([p, k]) => constant[k] && isRead(p));
    const built = new Map<string, (index: number) => Node>();
    const build = (operands: readonly Node[]): ((index: number) => Node) => {
      const key = operands.map(({ id }) => id).join();
      const known = built.get(key);
      if (known !== undefined) return known;
      const parts = partOperands(record, operands);
      const given = [
        ...carried.map((k) => parts.carries[k]),
        ...stacked.map(([, k]) => parts.stacked[k]),
        ...invariants.map(([, k]) => parts.invariants[k]),
        ...still.map(([, k]) => parts.carries[k]),
        ...parts.count,
      ];
      const fixed = [...invariants, ...still].map(([p]) => p);
      const node = hoisted(b, given, { ...tidy, stackedInputs: stacked.map(([p]) => p), invariants: fixed });
      const split = this.#isSimple ? sumsOutside(b, node) : null;
      const results = split ?? ((place: number): Node => b.create("loop_result", [node], { index: place }));
      built.set(key, results);
      return results;
    };
    return (index, operands) => {
      if (index < count && constant[index]) return operands[index];
      const place = index < count ? carried.indexOf(index) : carried.length + outputs.indexOf(index);
      return build(operands)(place);
    };
  }
}

/** The carries that results which are read depend on, in order. */
function keptCarries(record: Loop, used: ReadonlySet<number>): ReadonlySet<number> {
  const count = record.carries.length;
  const kept = new Set([...used].filter((k) => k < count));
  for (;;) {
    const roots = [...kept].map((k) => record.next[k]);
    const outputs = record.stackedOutputs.filter((_, k) => used.has(count + k));
    const reached = new Set(
      topological([...roots, ...outputs, ...(record.condition === null ? [] : [record.condition])]),
    );
    const before = kept.size;
    record.carries.forEach((p, k) => reached.has(p) && kept.add(k));
    if (kept.size === before) return new Set([...kept].sort((p, q) => p - q));
  }
}

/** Whether a loop depends on any of `members`, when each of the groups is one loop. */
function waitsFor(loop: Node<"loop">, members: readonly Node[], groups: readonly (readonly Node<"loop">[])[]): boolean {
  const groupOf = new Map(groups.flatMap((group) => group.map((member) => [member as Node, group] as const)));
  const seen = new Set<readonly Node[]>();
  const pending = [...loop.operands];
  while (pending.length > 0) {
    for (const node of topological(pending.splice(0))) {
      const group = groupOf.get(node);
      if (group === undefined || seen.has(group)) continue;
      if (group === members) return true;
      seen.add(group);
      pending.push(...group.flatMap((member) => member.operands));
    }
  }
  return false;
}

/** Whether two loops run the same rounds and have something in common. */
function canMerge(b: GraphBuilder, earlier: Node<"loop">, later: Node<"loop">): boolean {
  const [p, q] = [earlier.attributes.record, later.attributes.record];
  const alike = p.index === q.index && equal(p.trip, q.trip) && p.reverse === q.reverse && p.condition === q.condition;
  if (!alike || p.counted !== q.counted) return false;
  if (partOperands(p, earlier.operands).count.at(0) !== partOperands(q, later.operands).count.at(0)) return false;
  const shared = new Union(b, earlier).shares(later);
  const condition = new Set(q.condition === null ? [] : topological([q.condition]));
  if (bodyParameters(q).some((node) => condition.has(node) && !shared.has(node))) return false;
  return shared.size > 0;
}

/** One loop that computes what several do, put together one by one. */
class Union {
  readonly #b: GraphBuilder;
  readonly #record: Loop;
  readonly #carries = new Map<Node<"parameter">, { readonly operand: Node; readonly next: Node }>();
  readonly #stacked = new Map<Node<"parameter">, Node>();
  readonly #invariants = new Map<Node<"parameter">, Node>();
  readonly #outputs = new Set<Node>();
  readonly #count: readonly Node[];
  /** Of each loop, its carries and stacked outputs as the union has them. */
  readonly #results = new Map<Node, readonly Node[]>();

  constructor(b: GraphBuilder, first: Node<"loop">, operands: readonly Node[] = first.operands) {
    this.#b = b;
    this.#record = first.attributes.record;
    this.#count = partOperands(this.#record, operands).count;
    this.add(first, operands);
  }

  /** The parameters of a loop that mean the same in the union: those over the same operand that go on alike. */
  shares({ attributes: { record }, operands }: Node<"loop">, given = operands): ReadonlySet<Node> {
    const parts = partOperands(record, given);
    const shared = new Set<Node>();
    record.stackedInputs.forEach((p, k) => this.#stacked.get(p) === parts.stacked[k] && shared.add(p));
    record.invariants.forEach((p, k) => this.#invariants.get(p) === parts.invariants[k] && shared.add(p));
    record.carries.forEach((p, k) => {
      const known = this.#carries.get(p);
      if (known?.operand === parts.carries[k] && known.next === record.next[k]) shared.add(p);
    });
    for (;;) {
      const own = bodyParameters(record).filter((p) => !shared.has(p));
      const strange = record.carries.filter((p, k) => shared.has(p) && topological([record.next[k]]).some((n) => own.some((o) => o === n))); // prettier-ignore
      if (strange.length === 0) return shared;
      for (const p of strange) shared.delete(p);
    }
  }

  add(loop: Node<"loop">, operands: readonly Node[]): void {
    const { record } = loop.attributes;
    const shared = this.shares(loop, operands);
    const known = [...this.#carries.keys(), ...this.#stacked.keys(), ...this.#invariants.keys()];
    const fresh = new FreshParameters(this.#b, [record.index, ...known, ...bodyParameters(record)]);
    const taken = new Set(known.map((p) => p.attributes.name));
    const renamed = new Map<Node, Node>();
    const own = (p: Node<"parameter">): Node<"parameter"> => {
      const { name, bound } = p.attributes;
      if (shared.has(p) || !taken.has(name)) return p;
      const other = fresh.create(name, p.shape, p.element, bound);
      renamed.set(p, other);
      return other;
    };
    const parameters = partOperands(record, bodyParameters(record).map(own));
    const bodies = substitute(this.#b, bodyResults(record), renamed);
    const parts = partOperands(record, operands);
    parameters.carries.forEach((p, k) => this.#carries.set(p, { operand: parts.carries[k], next: bodies[k] }));
    parameters.stacked.forEach((p, k) => this.#stacked.set(p, parts.stacked[k]));
    parameters.invariants.forEach((p, k) => this.#invariants.set(p, parts.invariants[k]));
    const outputs = bodies.slice(record.carries.length);
    for (const node of outputs) this.#outputs.add(node);
    this.#results.set(loop, [...parameters.carries, ...outputs]);
  }

  loop(): Node<"loop"> {
    const initial = [...this.#carries.values()].map(({ operand }) => operand);
    const operands = [...initial, ...this.#stacked.values(), ...this.#invariants.values(), ...this.#count];
    return this.#b.create("loop", operands, {
      record: {
        ...this.#record,
        carries: [...this.#carries.keys()],
        next: [...this.#carries.values()].map(({ next }) => next),
        stackedInputs: [...this.#stacked.keys()],
        invariants: [...this.#invariants.keys()],
        stackedOutputs: [...this.#outputs],
      },
    });
  }

  /** Result `index` of one of the loops. */
  result(union: Node<"loop">, loop: Node<"loop">, index: number): Node {
    const own = this.#results.get(loop)?.[index];
    const isCarry = index < loop.attributes.record.carries.length;
    const all: readonly (Node | undefined)[] = isCarry ? [...this.#carries.keys()] : [...this.#outputs];
    const place = all.indexOf(own);
    return this.#b.create("loop_result", [union], { index: isCarry ? place : this.#carries.size + place });
  }
}

/** The loop with what its rounds all compute alike computed once, outside. Views of invariants cost nothing where they are. */
function hoisted(b: GraphBuilder, operands: readonly Node[], record: Loop): Node<"loop"> {
  const roots = bodyRoots(record);
  const varying = dependents(roots, [record.index, ...record.carries, ...record.stackedInputs]);
  const alike = dependents(roots, record.invariants);
  const found = new Set<Node>();
  const take = (node: Node): void => {
    if (!alike.has(node) || varying.has(node)) return;
    let base = node;
    while (views.has(base.primitive)) base = base.operands[0];
    if (!is(base, "parameter")) found.add(base);
  };
  for (const node of varying) node.operands.forEach(take);
  roots.forEach(take);
  if (found.size === 0) return b.create("loop", operands, { record });
  const fresh = new FreshParameters(b, allParameters(record));
  const given = partOperands(record, operands);
  const outside = new Map<Node, Node>(record.invariants.map((p, k) => [p, given.invariants[k]]));
  const nodes = [...found].sort((p, q) => p.id - q.id);
  const values = substitute(b, nodes, outside);
  const parameters = nodes.map((node) => fresh.create("invariant", node.shape, node.element));
  const body = substitute(b, roots, new Map(nodes.map((node, k) => [node, parameters[k]])));
  const read = new Set(topological(body));
  const kept = record.invariants.map((p, k) => [p, given.invariants[k]] as const).filter(([p]) => read.has(p));
  return b.create(
    "loop",
    [...given.carries, ...given.stacked, ...kept.map(([, operand]) => operand), ...values, ...given.count],
    { record: { ...withRoots(record, body), invariants: [...kept.map(([p]) => p), ...parameters] } },
  );
}

const views: ReadonlySet<string> = new Set(["broadcast", "transpose", "slice", "reshape"]);
